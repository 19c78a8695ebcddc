//! `guiju shadow`: a changed set beside the one in force.

use super::{
    apply::asked,
    history::store,
    plan::{compared, set},
};
use crate::{
    Exit,
    args::{Candidate as Given, Common, Place, Promote, Shadow, ShadowWhat},
    clock,
    output::Out,
};
use guiju::{
    lang::finding::{At, Finding, codes},
    serve::{self, Ask, Candidate, Set, Span, journal, recorded},
};
use serde_json::json;

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
    let set = Set { paths: place.paths.clone(), config: common.config.clone(), tenant: shadow.tenant.clone() };
    let candidate = Candidate::of_texts(&set, &shadow.files)
        .map_err(|refused| out.fail(&refused.findings, &refused.sources, Exit::Wrong))?;
    let records = recorded(&view);
    let was = journal(&view, shadow.after + 1, Span::ALL).map_err(|error| fail(&[error.into()]))?;
    let is = shadow.acts(candidate, &records).map_err(|found| fail(&found))?;
    Ok(compared(&was, &is, &records, out))
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
