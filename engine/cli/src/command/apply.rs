//! `guiju apply`, `guiju rollback`: another set for the running server.

use super::{
    history::{say_fates, store},
    plan::set,
};
use crate::{
    Exit,
    args::{Apply, Common, Rollback, Wish},
    output::Out,
};
use guiju::{
    serve::{Ask, Candidate, Request, ask},
    signed::{Bundle, Signature},
    store::View,
};
use serde_json::json;
use std::{path::PathBuf, time::Duration};

pub(crate) fn apply(args: &Apply, common: &Common, out: &Out) -> Exit {
    let set = set(&args.candidate, common);
    if let Some(start) = &args.approve {
        return asked(&set.paths, Ask::Approve(start.clone()), &args.wish, false, common, out);
    }
    if let Some(path) = &args.bundle {
        return match super::bundle::opened(path, common, out) {
            Ok((Bundle { files, signatures, .. }, _)) => {
                let signed = Signed { what: Ask::Apply(files), signatures };
                asked_signed(&[], signed, &args.wish, args.forget, common, out)
            }
            Err(exit) => exit,
        };
    }
    // What is wrong is told here, in colours and at once.
    match Candidate::on_disk(&set) {
        Ok(candidate) => {
            let texts = candidate.texts();
            asked(&set.paths, Ask::Apply(texts), &args.wish, args.forget, common, out)
        }
        Err(refused) => out.fail(&refused.findings, &refused.sources, Exit::Wrong),
    }
}

pub(crate) fn rollback(args: &Rollback, common: &Common, out: &Out) -> Exit {
    asked(&args.paths, Ask::Rollback(args.to.clone()), &args.wish, true, common, out)
}

/// Asks the server that this project's store belongs to.
pub(super) fn asked(paths: &[PathBuf], what: Ask, wish: &Wish, forget: bool, common: &Common, out: &Out) -> Exit {
    asked_signed(paths, Signed { what, signatures: Vec::new() }, wish, forget, common, out)
}

/// What is asked, and who has signed it.
struct Signed {
    what: Ask,
    signatures: Vec<Signature>,
}

fn asked_signed(paths: &[PathBuf], what: Signed, wish: &Wish, forget: bool, common: &Common, out: &Out) -> Exit {
    match store(paths, common, out) {
        Ok((project, view)) => {
            let answer = answered(&view, what, wish, forget, out);
            answer.unwrap_or_else(|finding| out.fail(&[*finding], &project.sources, Exit::Failed))
        }
        Err(exit) => exit,
    }
}

fn answered(
    view: &View,
    Signed { what, signatures }: Signed,
    wish: &Wish,
    forget: bool,
    out: &Out,
) -> Result<Exit, Box<guiju::lang::finding::Finding>> {
    let (author, reason) = (wish.author.clone(), wish.reason.clone());
    let request = Request { ask: what, author, reason, forget, signatures };
    let answer = ask(view, &request, Duration::from_secs(wish.wait)).map_err(Box::new)?;
    let said = answer.told.said(out.lang);
    out.document(&json!({
        "ok": answer.ok, "set": answer.set, "already": answer.already, "fates": answer.fates, "findings": said.findings,
    }));
    if !said.text.is_empty() {
        out.say(said.text.trim_end());
    }
    let short = answer.set.get(..12).unwrap_or(&answer.set);
    let words = match (answer.ok, answer.already) {
        (true, true) => out.pick("in force already:", "本来就已启用："),
        (true, false) => out.pick("in force:", "已启用："),
        (false, _) => out.pick("nothing changed, in force:", "没有改动，启用中的仍是："),
    };
    out.say(format!("{words} {short}"));
    say_fates(&answer.fates, out, "  ");
    Ok(if answer.ok { Exit::Well } else { Exit::Wrong })
}
