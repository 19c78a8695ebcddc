//! `guiju bundle`: sets in one file, signed by those who answer for them.

use super::plan::set;
use crate::{
    Exit,
    args::{
        Candidate as Given, Common,
        bundle::{Bundle as Args, BundleCommand},
    },
    output::Out,
};
use guiju::{
    Project,
    lang::finding::{At, Finding, Sources, codes},
    serve::{Candidate, Set},
    signed::{self, Bundle, Key},
};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(args: &Args, common: &Common, out: &Out) -> Exit {
    let done = match &args.command {
        BundleCommand::Key { to } => Key::create(to).map(|key| {
            out.document(&json!({ "ok": true, "key": key.public() }));
            out.say(key.public());
            Exit::Well
        }),
        BundleCommand::Create { candidate, to } => return create(candidate, to, common, out),
        BundleCommand::Sign { bundle, key } => sign(bundle, key, out),
        BundleCommand::Verify { bundle } => return verify(bundle, common, out),
    };
    done.unwrap_or_else(|finding| out.fail(&[finding], &Sources::new(), Exit::Failed))
}

fn create(given: &Given, to: &Path, common: &Common, out: &Out) -> Exit {
    let candidate = match Candidate::on_disk(&set(given, common)) {
        Ok(candidate) => candidate,
        Err(refused) => return out.fail(&refused.findings, &refused.sources, Exit::Wrong),
    };
    let set = candidate.hash().to_string();
    let bundle = Bundle { set: set.clone(), files: candidate.texts(), signatures: Vec::new() };
    match bundle.write(to) {
        Ok(()) => {
            out.document(&json!({ "ok": true, "set": set }));
            out.say(set);
            Exit::Well
        }
        Err(finding) => out.fail(&[finding], &Sources::new(), Exit::Failed),
    }
}

fn sign(path: &Path, key: &Path, out: &Out) -> Result<Exit, Finding> {
    let mut bundle = Bundle::read(path)?;
    let key = Key::read(key)?;
    bundle.sign(&key);
    bundle.write(path)?;
    out.document(&json!({ "ok": true, "set": bundle.set, "key": key.public() }));
    out.say(format!("{} {}", out.pick("signed:", "已签名："), bundle.set));
    Ok(Exit::Well)
}

/// The set in a bundle, which has the hash that it says.
pub(super) fn opened(path: &Path, common: &Common, out: &Out) -> Result<(Bundle, Candidate), Exit> {
    let alone = |finding| out.fail(&[finding], &Sources::new(), Exit::Failed);
    let bundle = Bundle::read(path).map_err(alone)?;
    let set = Set { paths: Vec::new(), config: common.config.clone(), tenant: None };
    let candidate = Candidate::of_texts(&set, &bundle.files)
        .map_err(|refused| out.fail(&refused.findings, &refused.sources, Exit::Wrong))?;
    if candidate.hash().to_string() != bundle.set {
        let finding = Finding::new(codes::cli::BUNDLE_OTHER, At::Nowhere).name("set", candidate.hash().to_string());
        return Err(out.fail(&[finding.name("said", &bundle.set)], &Sources::new(), Exit::Wrong));
    }
    Ok((bundle, candidate))
}

fn verify(path: &Path, common: &Common, out: &Out) -> Exit {
    let (bundle, candidate) = match opened(path, common, out) {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let trust = Project::open(&[], common.config.as_deref()).config.trust;
    let good = signed::good(&trust, candidate.hash(), &bundle.signatures);
    let keys: Vec<&str> = good.iter().map(|signature| signature.key.as_str()).collect();
    let ok = !trust.keys.is_empty() && keys.len() >= trust.signatures;
    out.document(&json!({ "ok": ok, "set": bundle.set, "keys": keys, "needed": trust.signatures }));
    out.say(format!("{} {}", out.pick("set", "规则集"), bundle.set));
    keys.iter().for_each(|key| out.say(format!("  {} {key}", out.pick("signed by", "签名者"))));
    if !ok {
        let words = out.pick("not signed by those whom guiju.yaml trusts", "没有 guiju.yaml 里受信任的足够签名");
        out.say(words);
    }
    if ok { Exit::Well } else { Exit::Wrong }
}
