//! `guiju backtest`, `guiju replay`: what the server took, played once more.

use super::{
    history::store,
    plan::{compared, nothing_recorded, set},
    run::bad_day,
};
use crate::{
    Exit,
    args::{Backtest, Common, Replay},
    clock,
    output::Out,
};
use guiju::{
    core::{effect, id::EffectId},
    epoch::Moment,
    lang::{
        finding::{At, Finding, Sources, codes},
        time::Zone,
    },
    run::task,
    serve::{Candidate, Set, Span, journal, played, recorded},
};
use serde_json::{Value, json};

pub(crate) fn run(args: &Backtest, common: &Common, out: &Out) -> Exit {
    match backtested(args, common, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn backtested(args: &Backtest, common: &Common, out: &Out) -> Result<Exit, Exit> {
    let set = set(&args.candidate, common);
    let (project, view) = store(&set.paths, common, out)?;
    let fail = |found: &[Finding], exit| out.fail(found, &project.sources, exit);
    let candidate =
        Candidate::on_disk(&set).map_err(|refused| out.fail(&refused.findings, &refused.sources, Exit::Wrong))?;
    let books = &candidate.program().rulebooks;
    let zone = books.first().and_then(|book| Zone::named(&book.zone).ok()).unwrap_or_else(Zone::utc);
    let instant = |text: &Option<String>, otherwise: i64| match text.as_deref() {
        None => Ok(otherwise),
        Some(day) => match clock::moment(Some(day), &zone) {
            Some(Moment::Instant(at)) => Ok(at),
            Some(Moment::Day(day)) => Ok(zone.instant(day, 0).unwrap_or(otherwise)),
            None => Err(fail(&[bad_day(Some(day))], Exit::Usage)),
        },
    };
    let span = Span { from: instant(&args.from, Span::ALL.from)?, to: instant(&args.to, Span::ALL.to)? };
    let records = recorded(&view);
    let Some(first) = records.first() else { return Err(fail(&[nothing_recorded()], Exit::Failed)) };
    let was = journal(&view, first.seq, span).map_err(|error| fail(&[error.into()], Exit::Failed))?;
    let is = played(candidate, &records, span).map_err(|found| fail(&found, Exit::Failed))?;
    Ok(compared(&was, &is, &records, out))
}

pub(crate) fn replay(args: &Replay, common: &Common, out: &Out) -> Exit {
    match replayed(args, common, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn replayed(args: &Replay, common: &Common, out: &Out) -> Result<Exit, Exit> {
    let (project, view) = store(&args.paths, common, out)?;
    let failed = |finding: Finding| out.fail(&[finding], &project.sources, Exit::Failed);
    let unknown = || Finding::new(codes::cli::SERVE_NO_SUCH_EFFECT, At::Nowhere).name("id", &args.id);
    let id: EffectId = args.id.parse().map_err(|_| failed(unknown()))?;
    let found = view.effect_with_origin(id).map_err(|error| failed(error.into()))?;
    let origin = found.ok_or_else(|| failed(unknown()))?;
    let records: Vec<_> = recorded(&view).into_iter().filter(|recorded| recorded.seq <= origin.seq).collect();
    if records.last().is_none_or(|last| last.seq < origin.seq) {
        return Err(failed(nothing_recorded()));
    }
    let published = task(&origin.row, 0, &Zone::default());
    let tenant = published[effect::RULE].as_str().and_then(|rule| rule.split_once('/')).map(|(of, _)| of.to_owned());
    let set = Set { paths: args.paths.clone(), config: common.config.clone(), tenant };
    let bundle = view.epoch(origin.epoch).map_err(|error| failed(error.into()))?.unwrap_or_default();
    let candidate = Candidate::of_texts(&set, &bundle.files)
        .map_err(|refused| out.fail(&refused.findings, &refused.sources, Exit::Wrong))?;
    let mut again = Value::Null;
    let done = candidate.play(&records, &mut |_, batch| {
        let rows = (0..batch.num_rows()).map(|row| task(batch, row, &Zone::default()));
        if let Some(found) = rows.into_iter().find(|row| row[effect::EFFECT_ID] == published[effect::EFFECT_ID]) {
            again = found;
        }
    });
    done.map_err(|found| out.fail(&found, &Sources::new(), Exit::Failed))?;
    let same = again == published;
    out.document(&json!({
        "ok": same, "set": origin.epoch.to_string(), "published": published, "again": again,
    }));
    out.say(format!("{} {}", out.pick("set", "规则集"), origin.epoch.short()));
    for (name, value) in published.as_object().into_iter().flatten() {
        let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        out.say(format!("  {name}: {}", shown(value)));
        if again[name] != *value {
            out.say(format!("  {} {}", out.pick("  now:", "  这次："), shown(&again[name])));
        }
    }
    out.say(if same {
        out.pick("came to the same once more", "重放结果完全一致")
    } else {
        out.pick(
            "did not come to the same: what was taken before is kept no more, or lookups are others by now",
            "重放结果不同：更早的数据已不再保存，或查找表已经变了",
        )
    });
    Ok(if same { Exit::Well } else { Exit::Failed })
}
