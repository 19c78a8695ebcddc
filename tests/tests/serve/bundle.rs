//! Sets that have to be signed.

use crate::{
    desk,
    operate::{Server, json, said, until},
    rulebook,
};
use std::{fs, path::Path};

fn set(folder: &Path) -> String {
    json(folder, &["status", "desk.gj"])["status"]["set"].as_str().unwrap().to_owned()
}

fn well(folder: &Path, args: &[&str]) -> String {
    let said = said(folder, args);
    assert_eq!(said.exit, Some(0), "{args:?}: {}", said.text);
    said.text.trim().to_owned()
}

#[test]
fn what_is_not_signed_is_refused_wherever_it_comes_from() {
    let desk = desk();
    let folder = desk.path();
    let key = well(folder, &["bundle", "key", "--to", "li.key"]);
    let other = well(folder, &["bundle", "key", "--to", "wang.key"]);
    assert!(key.len() == 64 && key != other);
    let config = fs::read_to_string(folder.join("guiju.yaml")).unwrap();
    fs::write(folder.join("guiju.yaml"), format!("{config}trust: {{ keys: [\"{key}\"] }}\n")).unwrap();
    let start = said(folder, &["serve", "--plain", "--once", "desk.gj"]);
    assert!(start.exit == Some(3) && start.text.contains("G7230"), "{}", start.text);

    // Signed by somebody else, and then by the one who has to.
    let first = well(folder, &["bundle", "create", "desk.gj", "--to", "guiju.bundle"]);
    well(folder, &["bundle", "sign", "guiju.bundle", "--key", "wang.key"]);
    assert_eq!(said(folder, &["bundle", "verify", "guiju.bundle"]).exit, Some(1));
    well(folder, &["bundle", "sign", "guiju.bundle", "--key", "li.key"]);
    assert!(well(folder, &["bundle", "verify", "guiju.bundle"]).contains(&key));
    let _server = Server::start(folder);
    until(folder, &["status", "desk.gj"], |status| status["status"]["set"] == first.as_str());

    // Another set, on disk and applied.
    fs::create_dir(folder.join("next")).unwrap();
    fs::write(folder.join("next/desk.gj"), rulebook(700)).unwrap();
    let applied = said(folder, &["apply", "next"]);
    assert!(applied.exit == Some(1) && applied.text.contains("G7230"), "{}", applied.text);
    fs::write(folder.join("desk.gj"), rulebook(600)).unwrap();
    let last = |status: &serde_json::Value| status["status"]["last"]["told"]["en"]["text"].to_string();
    until(folder, &["status", "desk.gj"], |status| {
        last(status).contains("G7230") && status["status"]["last"]["origin"] == "files"
    });
    assert_eq!(set(folder), first);
    // It comes in with its signature, although the rulebooks stay as they are.
    let second = well(folder, &["bundle", "create", "desk.gj", "--to", "second"]);
    well(folder, &["bundle", "sign", "second", "--key", "li.key"]);
    fs::rename(folder.join("second"), folder.join("guiju.bundle")).unwrap();
    until(folder, &["status", "desk.gj"], |status| status["status"]["set"] == second.as_str());
    // Layout and comments are not signed.
    fs::write(folder.join("desk.gj"), format!("# as before\n{}", rulebook(600))).unwrap();
    // A bundle that was tampered with, and one that is right; and back to what was signed before.
    let third = well(folder, &["bundle", "create", "next", "--to", "third.bundle"]);
    well(folder, &["bundle", "sign", "third.bundle", "--key", "li.key"]);
    let text = fs::read_to_string(folder.join("third.bundle")).unwrap();
    fs::write(folder.join("false.bundle"), text.replace("> 700", "> 7")).unwrap();
    let refused = said(folder, &["apply", "--bundle", "false.bundle"]);
    assert!(refused.exit == Some(1) && refused.text.contains("G7231"), "{}", refused.text);
    well(folder, &["apply", "--bundle", "third.bundle"]);
    assert_eq!(set(folder), third);
    well(folder, &["rollback", "desk.gj"]);
    assert_eq!(set(folder), second);
    well(folder, &["rollback", "desk.gj", "--to", &first]);
    assert_eq!(set(folder), first);
}
