//! `guiju shadow`: a changed set beside the one in force.

use super::{
    apply::asked,
    history::store,
    plan::{compared, say_diffs, set},
};
use crate::{
    Exit,
    args::{Candidate as Given, Common, Place, Promote, Shadow, ShadowWhat},
    clock,
    output::Out,
};
use guiju::{
    lang::finding::{At, Finding, Lang, codes},
    serve::{self, Ask, Candidate, Diff, Set, ShadowReport, Span, journal, recorded},
    store::View,
};
use serde_json::json;
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

pub(crate) fn run(args: &Shadow, common: &Common, out: &Out) -> Exit {
    let done = match &args.what {
        ShadowWhat::Start(given) => start(given, common, out),
        ShadowWhat::Report(place) => report(place, common, out),
        ShadowWhat::Promote(promote) => self::promote(promote, common, out),
        ShadowWhat::Stop(place) => stop(place, common, out),
    };
    done.unwrap_or_else(|exit| exit)
}

fn start(given: &Given, common: &Common, out: &Out) -> Result<Exit, Exit> {
    let set = set(given, common);
    let (project, view) = store(&set.paths, common, out)?;
    let candidate =
        Candidate::on_disk(&set).map_err(|refused| out.fail(&refused.findings, &refused.sources, Exit::Wrong))?;
    let started = serve::Shadow::start(&view, &candidate, set.tenant, clock::now());
    started.map_err(|finding| out.fail(&[finding], &project.sources, Exit::Failed))?;
    out.say(format!("{} {}", out.pick("in the shadow:", "影子运行："), candidate.hash().short()));
    out.document(&json!({ "ok": true, "set": candidate.hash().to_string() }));
    Ok(Exit::Well)
}

fn report(place: &Place, common: &Common, out: &Out) -> Result<Exit, Exit> {
    let (project, view) = store(&place.paths, common, out)?;
    let fail = |found: &[Finding]| out.fail(found, &project.sources, Exit::Failed);
    let shadow = serve::Shadow::of(&view).ok_or_else(|| fail(&[none()]))?;
    if view.is_held()
        && let Some(report) = followed(&view)
    {
        return Ok(say(&report, out));
    }
    let set = Set { paths: place.paths.clone(), config: common.config.clone(), tenant: shadow.tenant.clone() };
    let candidate = Candidate::of_texts(&set, &shadow.files)
        .map_err(|refused| out.fail(&refused.findings, &refused.sources, Exit::Wrong))?;
    let records = recorded(&view);
    let was = journal(&view, shadow.after + 1, Span::ALL).map_err(|error| fail(&[error.into()]))?;
    let is = shadow.acts(candidate, &records).map_err(|found| fail(&found))?;
    Ok(compared(&was, &is, &records, out))
}

/// How long a server may take to catch up with what it has just taken.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the server says, once it has followed all that was taken by now.
fn followed(view: &View) -> Option<ShadowReport> {
    let last = recorded(view).last().map_or(0, |last| last.seq);
    let until = Instant::now() + PATIENCE;
    loop {
        let report = ShadowReport::of(view);
        let is_there =
            report.as_ref().is_some_and(|report| report.told.is_some() || report.upto.max(report.since) >= last);
        if is_there || Instant::now() >= until {
            return report;
        }
        sleep(Duration::from_millis(50));
    }
}

fn say(report: &ShadowReport, out: &Out) -> Exit {
    let same = report.effects.iter().all(Diff::is_same);
    if let Some(told) = &report.told {
        let said = told.said(out.lang);
        out.document(&json!({ "ok": false, "set": report.set, "findings": said.findings }));
        out.say(&said.text);
        return Exit::Failed;
    }
    out.say(match out.lang {
        Lang::En => format!("effects over {} rows that were taken since, live", report.rows),
        Lang::Zh => format!("影子运行以来处理的 {} 行数据的效果（实时）", report.rows),
    });
    for window in &report.fresh {
        out.say(format!("  {} {window}", out.pick("began empty:", "从空开始：")));
    }
    say_diffs(&report.effects, out);
    out.document(&json!({
        "ok": true, "live": true, "same": same, "set": report.set, "rows": report.rows, "since": report.since,
        "upto": report.upto, "began_empty": report.fresh, "effects": report.effects,
    }));
    Exit::Well
}

fn promote(args: &Promote, common: &Common, out: &Out) -> Result<Exit, Exit> {
    let (project, view) = store(&args.paths, common, out)?;
    let shadow = serve::Shadow::of(&view).ok_or_else(|| out.fail(&[none()], &project.sources, Exit::Failed))?;
    let exit = asked(&args.paths, Ask::Apply(shadow.files), &args.wish, args.forget, common, out);
    if exit == Exit::Well {
        let stopped = serve::Shadow::stop(&view);
        stopped.map_err(|finding| out.fail(&[finding], &project.sources, Exit::Failed))?;
    }
    Ok(exit)
}

fn stop(place: &Place, common: &Common, out: &Out) -> Result<Exit, Exit> {
    let (project, view) = store(&place.paths, common, out)?;
    serve::Shadow::of(&view).ok_or_else(|| out.fail(&[none()], &project.sources, Exit::Failed))?;
    serve::Shadow::stop(&view).map_err(|finding| out.fail(&[finding], &project.sources, Exit::Failed))?;
    out.document(&json!({ "ok": true }));
    out.say(out.pick("stopped", "已停止"));
    Ok(Exit::Well)
}

fn none() -> Finding {
    Finding::new(codes::cli::SERVE_NO_SHADOW, At::Nowhere)
}
