//! `guiju letters`: effects that were refused for good, or that nobody knows to have arrived.

use super::history::{moment, store};
use crate::{
    Exit,
    args::{Common, Letters, LettersWhat},
    output::Out,
};
use guiju::{
    Project,
    core::effect,
    lang::{
        finding::{Arg, At, Finding, codes},
        time::Zone,
    },
    run::task,
    store::{EffectBatches, Ledger, StoreError, View},
};
use serde_json::{Value, json};

/// Uncertain effects are named up to here; of a file that was interrupted there may be very many.
const NAMED: usize = 100;

pub(crate) fn run(args: &Letters, common: &Common, out: &Out) -> Exit {
    let (project, view) = match store(&args.project, common, out) {
        Ok(both) => both,
        Err(exit) => return exit,
    };
    let done = match &args.what {
        None => list(&view, out),
        Some(what) => decide(what, &view, &project, out),
    };
    done.unwrap_or_else(|finding| out.fail(&[*finding], &project.sources, Exit::Failed))
}

fn list(view: &View, out: &Out) -> Result<Exit, Box<Finding>> {
    let stored = |error: StoreError| Box::new(Finding::from(error));
    let mut all = Vec::new();
    for dead in view.dead().map_err(stored)? {
        let tasks = tasks(view.dead_batches(&dead).map_err(stored)?, 1).map_err(stored)?;
        let letter = format!("d{}", dead.id);
        say(&letter, &dead.sink, dead.at, &dead.reason, &tasks, out);
        all.push(json!({
            "letter": letter, "sink": dead.sink, "reason": dead.reason, "at": moment(dead.at), "again": dead.again,
            "effects": tasks,
        }));
    }
    for uncertain in view.uncertain().map_err(stored)? {
        let rows = usize::try_from(uncertain.rows).unwrap_or(usize::MAX).min(NAMED);
        let tasks = tasks(view.uncertain_batches(&uncertain).map_err(stored)?, rows).map_err(stored)?;
        let letter = format!("u{}", uncertain.id);
        let words = format!("{}: {}", out.pick("uncertain", "不确定"), uncertain.rows);
        say(&letter, &uncertain.sink, uncertain.at, &words, &tasks, out);
        all.push(json!({
            "letter": letter, "sink": uncertain.sink, "at": moment(uncertain.at), "rows": uncertain.rows,
            "effects": tasks,
        }));
    }
    if all.is_empty() {
        out.say(out.pick("nothing", "没有"));
    }
    out.document(&json!({ "ok": true, "letters": all }));
    Ok(Exit::Well)
}

/// The first effects of these.
fn tasks(batches: EffectBatches, rows: usize) -> Result<Vec<Value>, StoreError> {
    let mut all = Vec::new();
    for batch in batches {
        let batch = batch?;
        all.extend((0..batch.num_rows()).take(rows - all.len()).map(|row| task(&batch, row, &Zone::default())));
        if all.len() >= rows {
            break;
        }
    }
    Ok(all)
}

fn say(letter: &str, sink: &str, at: i64, why: &str, tasks: &[Value], out: &Out) {
    out.say(format!("{letter}  {sink}  {}  {why}", moment(at)));
    for task in tasks {
        let text = |name: &str| task[name].as_str().unwrap_or_default();
        out.say(format!("    {}  {}  {}", text(effect::EFFECT_ID), text(effect::RULE), text(effect::KEY)));
    }
}

fn decide(what: &LettersWhat, view: &View, project: &Project, out: &Out) -> Result<Exit, Box<Finding>> {
    let stored = |error: StoreError| Box::new(Finding::from(error));
    let mut ledger = Ledger::open(view.home()).map_err(stored)?;
    let (letters, mark) = match what {
        LettersWhat::Send { letters } => (letters, 'd'),
        LettersWhat::Arrived { letters } | LettersWhat::Lost { letters } => (letters, 'u'),
    };
    for letter in letters {
        let number: Option<i64> = letter.strip_prefix(mark).and_then(|number| number.parse().ok());
        let done = match (what, number) {
            (_, None) => false,
            (LettersWhat::Send { .. }, Some(id)) => ledger.send_again(id).map_err(stored)?,
            (LettersWhat::Arrived { .. }, Some(id)) => ledger.decide(id, true).map_err(stored)?,
            (LettersWhat::Lost { .. }, Some(id)) => ledger.decide(id, false).map_err(stored)?,
        };
        if !done {
            let finding = Finding::new(codes::cli::NO_SUCH_LETTER, At::Nowhere);
            return Ok(out.fail(&[finding.arg("id", Arg::Name(letter.clone()))], &project.sources, Exit::Usage));
        }
        out.say(letter);
    }
    out.document(&json!({ "ok": true, "letters": letters }));
    Ok(Exit::Well)
}
