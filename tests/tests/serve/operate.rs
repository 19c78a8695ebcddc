//! What an operator says to a running server, and what it says to him.

use crate::{ENGLISH, desk, pieces, put, rulebook};
use guiju_tests::command::{Said, guiju, start};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::Child,
    thread::sleep,
    time::{Duration, Instant},
};

/// Killed at the end, however the test ends.
pub(crate) struct Server(Child);

impl Server {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_at(folder, "desk.gj")
    }

    pub(crate) fn start_at(folder: &Path, rules: &str) -> Self {
        Self(start(folder, &["serve", "--plain", "--quiet", "0", rules]))
    }

    /// Whether it has not ended.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn said(folder: &Path, args: &[&str]) -> Said {
    guiju(folder, ENGLISH, args)
}

pub(crate) fn json(folder: &Path, args: &[&str]) -> Value {
    let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
    let said = said(folder, &args);
    serde_json::from_str(&said.text).unwrap_or_else(|error| panic!("{error}: {}", said.text))
}

/// Asks until it is so.
#[track_caller]
pub(crate) fn until(folder: &Path, args: &[&str], so: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let now = json(folder, args);
        if so(&now) {
            return now;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{args:?} {now:#}");
        sleep(Duration::from_millis(50));
    }
}

fn set(folder: &Path) -> String {
    json(folder, &["status", "desk.gj"])["status"]["set"].as_str().unwrap().to_owned()
}

fn changes(folder: &Path) -> Vec<Value> {
    json(folder, &["history", "desk.gj"])["changes"].as_array().unwrap().clone()
}

#[test]
fn what_a_command_puts_in_force_stays_until_the_files_become_others() {
    let desk = desk();
    let folder = desk.path();
    let pieces = pieces();
    assert_eq!(said(folder, &["status", "desk.gj"]).exit, Some(3), "there is no store");
    let server = Server::start(folder);
    put(folder, 0, &pieces[0]);
    let taken = |status: &Value| status["status"]["sources"][0]["files"] == 1 && status["ok"] == true;
    let status = until(folder, &["status", "desk.gj"], taken);
    let source = &status["status"]["sources"][0];
    assert_eq!((source["source"].as_str(), source["rows"].as_u64()), (Some("desk.trades"), Some(30)));
    assert_eq!((source["last_file"].as_str(), source["waiting"].as_u64()), (Some("0000.csv"), Some(0)));
    assert!(source["newest"].as_i64().unwrap() > 1_700_000_000_000_000);
    assert!(status["remembered"][0]["bytes"].as_u64().unwrap() > 0, "{status:#}");
    let first = set(folder);

    fs::write(folder.join("desk.gj"), rulebook(700)).unwrap();
    until(folder, &["status", "desk.gj"], |status| status["status"]["set"] != first.as_str());
    let second = set(folder);
    let history = changes(folder);
    assert_eq!((history.len(), history[0]["origin"].as_str()), (2, Some("files")));
    let part = &history[0]["difference"][0];
    assert_eq!((part["name"].as_str(), part["how"].as_str()), (Some("default/desk.changing"), Some("changed")));
    assert!(part["before"].to_string().contains("500") && part["after"].to_string().contains("700"), "{part}");
    assert!(!history[0]["fates"]["kept"].as_array().unwrap().is_empty());

    // Back with one command; what is on disk stays out, also for the next process.
    let back = said(folder, &["rollback", "desk.gj", "--reason", "too few", "--author", "Li"]);
    assert_eq!(back.exit, Some(0), "{}", back.text);
    assert_eq!(set(folder), first);
    let last = &changes(folder)[0];
    assert_eq!((last["origin"].as_str(), last["reason"].as_str()), (Some("rollback"), Some("too few")));
    assert!(last["author"].as_str().unwrap().starts_with("Li"));
    let held = until(folder, &["status", "desk.gj"], |status| status["status"]["held"].is_string());
    assert_eq!(held["status"]["held"].as_str(), Some(second.as_str()));
    let again = said(folder, &["rollback", "desk.gj"]);
    assert!(again.exit == Some(1) && again.text.contains("error[G7169]"), "{}", again.text);
    drop(server);
    assert_eq!(said(folder, &["status", "desk.gj"]).exit, Some(3), "nobody serves");
    let nobody = said(folder, &["rollback", "desk.gj"]);
    assert!(nobody.exit == Some(3) && nobody.text.contains("error[G7166]"), "{}", nobody.text);
    let server = Server::start(folder);
    until(folder, &["status", "desk.gj"], |status| status["ok"] == true);
    assert_eq!(set(folder), first);

    // A broken set is refused here, and one that the files hold next is not.
    fs::create_dir(folder.join("next")).unwrap();
    fs::write(folder.join("next/desk.gj"), "event {").unwrap();
    assert_eq!(said(folder, &["apply", "next"]).exit, Some(1));
    fs::write(folder.join("desk.gj"), rulebook(900)).unwrap();
    until(folder, &["status", "desk.gj"], |status| status["status"]["set"] != first.as_str());
    let third = set(folder);
    assert!(third != second);

    // Applied from elsewhere; a window that is full is not forgotten by accident, and is on demand.
    let narrow = rulebook(900).replace("max(amount) over 1h", "max(amount) over 2h");
    fs::write(folder.join("next/desk.gj"), narrow).unwrap();
    let refused = said(folder, &["apply", "next"]);
    assert!(refused.exit == Some(1) && refused.text.contains("error[G7165]"), "{}", refused.text);
    let trouble = said(folder, &["status", "desk.gj"]);
    assert!(trouble.exit == Some(3) && trouble.text.contains("G7165"), "{}", trouble.text);
    assert_eq!(set(folder), third);
    let done = said(folder, &["apply", "next", "--forget", "--reason", "two hours"]);
    assert!(done.exit == Some(0) && done.text.contains("begins empty"), "{}", done.text);
    assert_ne!(set(folder), third);
    // The way back: over what was there, not to and fro.
    assert_eq!(said(folder, &["rollback", "desk.gj"]).exit, Some(0));
    assert_eq!(set(folder), third);
    assert_eq!(said(folder, &["rollback", "desk.gj"]).exit, Some(0));
    assert_eq!(set(folder), first);
    assert_eq!(said(folder, &["rollback", "desk.gj", "--to", &second[..8]]).exit, Some(0));
    assert_eq!(set(folder), second);
    let text = said(folder, &["history", "desk.gj"]).text;
    assert!(text.contains("two hours") && text.contains("~ event default/desk.changing changed"), "{text}");
    drop(server);
}
