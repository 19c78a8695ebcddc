//! What a changed set has to show before it is put in force.

use crate::{
    ENGLISH, desk,
    operate::{Server, json, said, until},
    pieces, put, rulebook,
};
use guiju_tests::command::guiju_as;
use std::{fs, os::unix::fs::MetadataExt, os::unix::fs::PermissionsExt, path::Path};

fn gated(gates: &str) -> tempfile::TempDir {
    let desk = desk();
    let config = desk.path().join("guiju.yaml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(config, format!("{text}gates: {gates}\n")).unwrap();
    fs::create_dir(desk.path().join("next")).unwrap();
    desk
}

fn last(folder: &Path) -> serde_json::Value {
    json(folder, &["status", "desk.gj"])["status"]["last"].clone()
}

fn set(folder: &Path) -> String {
    let status = json(folder, &["status", "desk.gj"]);
    status["status"]["set"].as_str().unwrap_or_else(|| panic!("{status:#}")).to_owned()
}

#[test]
fn too_many_other_effects_keep_a_set_out() {
    let desk = gated("{ effects: 5%, hours: 60000 }");
    let folder = desk.path();
    let server = Server::start(folder);
    pieces().iter().take(20).enumerate().for_each(|(number, text)| put(folder, number, text));
    until(folder, &["status", "desk.gj"], |status| status["status"]["sources"][0]["files"] == 20);
    let first = set(folder);
    fs::write(folder.join("desk.gj"), rulebook(1_000_000)).unwrap();
    until(folder, &["status", "desk.gj"], |status| status["status"]["last"]["ok"] == false);
    assert!(last(folder)["told"]["en"]["text"].as_str().unwrap().contains("error[G7176]"));
    fs::write(folder.join("next/desk.gj"), rulebook(1_000_001)).unwrap();
    let refused = said(folder, &["apply", "next"]);
    assert!(refused.exit == Some(1) && refused.text.contains("error[G7176]"), "{}", refused.text);
    assert_eq!(set(folder), first);
    fs::write(folder.join("next/desk.gj"), rulebook(501)).unwrap();
    let done = said(folder, &["apply", "next"]);
    assert_eq!(done.exit, Some(0), "{}", done.text);
    // The way back is never shut.
    assert_eq!(said(folder, &["rollback", "desk.gj"]).exit, Some(0));
    assert_eq!(set(folder), first);
    drop(server);
}

#[test]
fn tests_that_see_too_little_keep_a_set_out() {
    let desk = gated("{ coverage: 10 }");
    let folder = desk.path();
    let refused = said(folder, &["serve", "--once", "desk.gj"]);
    assert!(refused.exit == Some(3) && refused.text.contains("error[G7175]"), "{}", refused.text);
}

#[test]
fn a_second_person_has_to_agree() {
    const NOBODY: u32 = 65_534;
    let desk = gated("{ approval: second }");
    let folder = desk.path();
    if fs::metadata(folder).unwrap().uid() != 0 {
        println!("SKIPPED: only the system's own account can act as somebody else");
        return;
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
    let server = Server::start(folder);
    until(folder, &["status", "desk.gj"], |status| status["ok"] == true);
    // Who may write here may ask.
    fs::set_permissions(folder.join("store/control"), fs::Permissions::from_mode(0o777)).unwrap();
    let first = set(folder);
    fs::write(folder.join("desk.gj"), rulebook(600)).unwrap();
    until(folder, &["status", "desk.gj"], |status| status["status"]["last"]["ok"] == false);
    assert!(last(folder)["told"]["en"]["text"].as_str().unwrap().contains("error[G7180]"));
    fs::write(folder.join("next/desk.gj"), rulebook(700)).unwrap();
    let waits = said(folder, &["apply", "next", "--reason", "quieter"]);
    assert!(waits.exit == Some(1) && waits.text.contains("error[G7177]"), "{}", waits.text);
    let hash = waits.text.split("the set `").nth(1).unwrap().split('`').next().unwrap().to_owned();
    let approve = ["apply", "desk.gj", "--approve", &hash];
    let same = said(folder, &approve);
    assert!(same.exit == Some(1) && same.text.contains("error[G7178]"), "{}", same.text);
    let other = guiju_as(NOBODY, folder, ENGLISH, &["apply", "desk.gj", "--approve", "ffff"]);
    assert!(other.exit == Some(1) && other.text.contains("error[G7179]"), "{}", other.text);
    assert_eq!(set(folder), first);
    let done = guiju_as(NOBODY, folder, ENGLISH, &approve);
    assert_eq!(done.exit, Some(0), "{}", done.text);
    assert!(set(folder).starts_with(&hash));
    let change = &json(folder, &["history", "desk.gj"])["changes"][0];
    assert_eq!((change["approver"].as_str(), change["author"].as_str()), (Some("nobody"), Some("root")));
    assert_eq!(change["reason"].as_str(), Some("quieter"));
    drop(server);
}
