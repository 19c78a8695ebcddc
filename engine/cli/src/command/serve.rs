//! `guiju serve`

use crate::{
    Exit,
    args::{Common, Serve},
    clock,
    command::history::moment,
    interrupt,
    output::Out,
};
use guiju::{
    lang::finding::{At, Finding, codes},
    project::{Project, has_errors},
    serve::{self, Fates, News, Options, Set},
    store::Store,
};
use serde_json::{Value, json};
use std::{
    sync::mpsc::{Sender, channel},
    time::Duration,
};

pub(crate) fn run(args: &Serve, common: &Common, out: &Out) -> Exit {
    match served(args, common, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn served(args: &Serve, common: &Common, out: &Out) -> Result<Exit, Exit> {
    // Where the store is, and nothing else: the set may be broken, and the last good one may not.
    let project = Project::open(&args.paths, common.config.as_deref());
    let out = &out.beside(&project.config);
    let mut store = Store::open(&project.config.store)
        .map_err(|error| out.fail(&[error.into()], &project.sources, Exit::Failed))?;
    interrupt::watch();
    let set = Set { paths: args.paths.clone(), config: common.config.clone(), tenant: args.tenant.clone() };
    let quiet = Duration::from_millis(args.quiet);
    let options =
        Options { set, clock: clock::now, steady: clock::steady, quiet, once: args.once, forget: args.forget };
    let going = || !interrupt::requested();
    let tidy = tidier();
    let done = serve::serve(&options, &mut store, &going, &mut |news| {
        tell(&news, out);
        if let (News::Started(..) | News::Changed(..) | News::Refused(_), Some(tidy)) = (&news, &tidy) {
            // Nobody listens: nothing is tidied, and nothing else follows from it.
            let _ = tidy.send(());
        }
    });
    match done {
        Ok(()) => {
            out.line(&json!({ "news": "stopped" }));
            Ok(Exit::Well)
        }
        Err(refused) => Err(out.fail(&refused.findings, &refused.sources, Exit::Failed)),
    }
}

/// After a set is read, checked and linked, twice what it needs is free memory: given back once nothing has changed for a moment, by a
/// thread of its own.
fn tidier() -> Option<Sender<()>> {
    let (sender, changes) = channel();
    let tidied = move || {
        while changes.recv().is_ok() {
            while changes.recv_timeout(Duration::from_millis(500)).is_ok() {}
            guiju_allocator::give_back();
        }
    };
    std::thread::Builder::new().name("guiju-tidy".to_owned()).spawn(tidied).ok().map(|_| sender)
}

fn tell(news: &News<'_>, out: &Out) {
    let findings = |all: &[Finding], sources| out.findings_json(all, sources);
    match news {
        News::Started(epoch, all, sources) => {
            out.findings(all, sources);
            out.line(&json!({ "news": "started", "set": epoch.to_string(), "findings": findings(all, sources) }));
            out.say(format!("{} {}", out.pick("in force:", "已启用："), epoch.short()));
        }
        News::FellBack(epoch, refused) => {
            let warning = [Finding::new(codes::cli::SERVE_LAST_GOOD, At::Nowhere)];
            out.findings(&refused.findings, &refused.sources);
            out.findings(&warning, &refused.sources);
            let all: Vec<Finding> = refused.findings.iter().chain(&warning).cloned().collect();
            let found = findings(&all, &refused.sources);
            out.line(&json!({ "news": "fell back", "set": epoch.to_string(), "findings": found }));
            out.say(format!("{} {}", out.pick("in force:", "已启用："), epoch.short()));
        }
        News::Changed(epoch, fates) => {
            let Fates { kept, moved, fresh, dropped } = fates;
            out.line(&json!({
                "news": "changed", "set": epoch.to_string(), "kept": kept, "moved": moved, "fresh": fresh,
                "dropped": dropped,
            }));
            out.say(format!("{} {}", out.pick("changed, in force:", "规则已更换："), epoch.short()));
            super::history::say_fates(fates, out, "  ");
        }
        News::Refused(refused) => {
            out.findings(&refused.findings, &refused.sources);
            let found = findings(&refused.findings, &refused.sources);
            out.line(&json!({ "news": "refused", "findings": found }));
            out.say(out.pick("not put in force; nothing changed", "未启用，原来的规则继续运行"));
        }
        News::Took { source, file, rows, effects } => {
            out.line(&json!({ "news": "took", "source": source, "file": file, "rows": rows, "effects": effects }));
            let (of, new) = (out.pick("rows", "行"), out.pick("new tasks", "个新任务"));
            out.say(format!("← {source} {file}: {rows} {of}, {effects} {new}"));
        }
        News::Passed { source, until, effects } => {
            let until = moment(*until);
            out.line(&json!({ "news": "passed", "source": source, "until": until, "effects": effects }));
            let (nothing, new) =
                (out.pick("nothing comes, until", "没有新数据，时间到"), out.pick("new tasks", "个新任务"));
            out.say(format!("← {source}: {nothing} {until}, {effects} {new}"));
        }
        News::Ran { job, run, due, rows, effects } => {
            let due = moment(*due);
            out.line(&json!({ "news": "ran", "job": job, "run": run, "due": due, "rows": rows, "effects": effects }));
            let (of, new) = (out.pick("rows", "行"), out.pick("new tasks", "个新任务"));
            out.say(format!("◷ {run}: {rows} {of}, {effects} {new}"));
        }
        News::Sent(sent) => {
            let (path, written) = (sent.delivered.path.display(), sent.delivered.written);
            out.line(&json!({ "news": "sent", "sink": sent.sink, "path": path.to_string(), "written": written }));
            out.say(format!("→ {} {path}: {written}", sent.sink));
        }
        News::Trouble(all, sources) => {
            out.findings(all, sources);
            let found: Value = findings(all, sources);
            out.line(&json!({ "news": "trouble", "ok": !has_errors(all), "findings": found }));
        }
    }
}
