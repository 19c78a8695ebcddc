//! `guiju run`

use super::list::shown_copy;
use crate::{
    Exit,
    args::{Common, Run},
    clock, interrupt,
    output::Out,
    progress::Bar,
};
use guiju::{
    core::id::RunId,
    lang::{
        finding::{Arg, At, Finding, codes},
        hir::Program,
        time::Zone,
    },
    run::{self, RunOptions, RunReport},
    store::Store,
};
use serde_json::json;
use std::{collections::BTreeSet, time::Instant};
use unicode_width::UnicodeWidthStr;

pub(crate) fn run(args: &Run, common: &Common, out: &Out) -> Exit {
    let done = if args.watch { super::watch::watched(args, common, out) } else { ran(args, common, out) };
    match done {
        Ok(exit) | Err(exit) => exit,
    }
}

pub(crate) fn bad_day(text: Option<&str>) -> Finding {
    Finding::new(codes::cli::BAD_DAY, At::Nowhere).arg("text", Arg::Name(text.unwrap_or_default().to_owned()))
}

fn ran(args: &Run, common: &Common, out: &Out) -> Result<Exit, Exit> {
    let began = Instant::now();
    let (project, program) = super::checked(&args.paths, common, out)?;
    let out = &out.beside(&project.config);
    let fail = |found: &[Finding], exit| Err(out.fail(found, &project.sources, exit));
    let zone = program.rulebooks.first().and_then(|book| Zone::named(&book.zone).ok()).unwrap_or_else(Zone::utc);
    let Some(at) = clock::moment(args.today.as_deref(), &zone) else {
        return fail(&[bad_day(args.today.as_deref())], Exit::Usage);
    };
    let named = match args.run_id.as_deref().map(RunId::new).transpose() {
        Ok(named) => named,
        Err(error) => {
            let finding =
                Finding::new(codes::cli::BAD_RUN_ID, At::Nowhere).arg("reason", Arg::Plain(error.to_string()));
            return fail(&[finding], Exit::Usage);
        }
    };
    let tenant = match tenant_of(&program, args.tenant.as_deref()) {
        Ok(tenant) => tenant,
        Err(finding) => return fail(&[finding], Exit::Usage),
    };
    let epoch = super::linked(&project, program, out, |rule| rule.head.id.tenant == tenant)?;
    interrupt::watch();
    let mut store = if args.dry {
        None
    } else {
        match Store::open(&project.config.store) {
            Ok(store) => Some(store),
            Err(error) => return fail(&[error.into()], Exit::Failed),
        }
    };
    let on = args.cluster.cluster();
    let options = RunOptions { at, run: named, clock: clock::now, dry: args.dry, on, deliver: true };
    let mut bar = Bar::new(out);
    let report = run::run(&project, &epoch, store.as_mut(), &options, &mut bar);
    bar.finish();
    match report {
        Ok(report) => {
            out.findings(&report.findings, &project.sources);
            let undelivered = guiju::project::has_errors(&report.findings);
            summary(&report, args.dry, began, &project, out);
            Ok(if undelivered { Exit::Failed } else { Exit::Well })
        }
        Err(found) => fail(&found, if interrupt::requested() { Exit::Interrupted } else { Exit::Failed }),
    }
}

/// A run belongs to one tenant: the one named, or the only one there is.
pub(super) fn tenant_of(program: &Program, named: Option<&str>) -> Result<String, Finding> {
    let all: BTreeSet<&str> = program.rules.iter().map(|rule| rule.head.id.tenant.as_str()).collect();
    let known = || Arg::Names(all.iter().map(|tenant| (*tenant).to_owned()).collect());
    match (named, all.len()) {
        (Some(named), _) if all.contains(named) => Ok(named.to_owned()),
        (Some(named), _) => {
            let finding = Finding::new(codes::cli::NO_SUCH_TENANT, At::Nowhere);
            Err(finding.arg("tenant", Arg::Name(named.to_owned())).arg("known", known()))
        }
        (None, 0 | 1) => Ok(all.first().map_or_else(|| "default".to_owned(), |tenant| (*tenant).to_owned())),
        (None, _) => Err(Finding::new(codes::cli::TENANT_NEEDED, At::Nowhere).arg("known", known())),
    }
}

fn summary(report: &RunReport, dry: bool, began: Instant, project: &guiju::Project, out: &Out) {
    let seconds = began.elapsed().as_secs_f64();
    let total = |pick: fn(&guiju::store::RuleCount) -> u64| report.rules.values().map(pick).sum::<u64>();
    out.document(&json!({
        "ok": !guiju::project::has_errors(&report.findings),
        "run": report.run.as_str(),
        "dry": dry,
        "seconds": (seconds * 1000.0).round() / 1000.0,
        "sources": report.reads.iter().map(|read| json!({
            "source": read.source, "rows": read.rows, "version": read.version, "copy": read.taken.map(shown_copy),
        })).collect::<Vec<_>>(),
        "rules": report.rules.iter().map(|(rule, count)| json!({ "rule": rule, "new": count.new, "already": count.already, "doubled": count.doubled })).collect::<Vec<_>>(),
        "new": total(|c| c.new),
        "already": total(|c| c.already),
        "deliveries": report.deliveries.iter().map(|sent| json!({
            "sink": sent.sink, "path": sent.delivered.path.display().to_string(),
            "written": sent.delivered.written, "already": sent.delivered.already,
        })).collect::<Vec<_>>(),
        "findings": out.findings_json(&report.findings, &project.sources),
    }));
    let width = report.rules.keys().map(|rule| rule.width()).max().unwrap_or(0);
    let (new, already) = (out.pick("new", "新任务"), out.pick("already", "已有"));
    out.say(format!("{}  {new:>8}  {already:>8}", " ".repeat(width)));
    for (rule, count) in &report.rules {
        let pad = " ".repeat(width.saturating_sub(rule.width()));
        out.say(format!("{rule}{pad}  {:>8}  {:>8}", count.new, count.already));
    }
    for (read, taken) in report.reads.iter().filter_map(|read| Some((read, read.taken?))) {
        let (copy, rows) = (shown_copy(taken), out.pick("rows, copy of", "行，副本取于"));
        out.say(format!("← {}{}{} {rows} {copy}", read.source, out.pick(": ", "："), read.rows));
    }
    for sent in &report.deliveries {
        let (to, rows) = (sent.delivered.path.display(), sent.delivered.written);
        out.say(format!("→ {} {to}{}{rows}", sent.sink, out.pick(": ", "：")));
    }
    let rows: u64 = report.reads.iter().map(|read| read.rows).sum();
    let (run, new) = (report.run.as_str(), total(|c| c.new));
    out.say(match out.lang {
        guiju::lang::finding::Lang::En => {
            format!("run {run}{}: {rows} rows read, {new} new tasks, {seconds:.2} s", if dry { " (dry)" } else { "" })
        }
        guiju::lang::finding::Lang::Zh => {
            format!(
                "运行 {run}{}：读取 {rows} 行，新任务 {new} 个，用时 {seconds:.2} 秒",
                if dry { "（试算）" } else { "" }
            )
        }
    });
}
