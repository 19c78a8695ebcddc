//! What was taken is played once more: by a plan, a backtest, a shadow, a replay.

use crate::{
    ENGLISH, desk,
    operate::{Server, json, said, until},
    pieces, put, rulebook,
};
use guiju_tests::command::guiju;
use std::{collections::BTreeMap, fs, path::Path};

fn served(folder: &Path) {
    let said = guiju(folder, ENGLISH, &["serve", "--plain", "--quiet", "0", "--once", "desk.gj"]);
    assert_eq!(said.exit, Some(0), "{}", said.text);
}

/// Whether each rule came to the same.
pub(crate) fn backtest(folder: &Path) -> BTreeMap<String, bool> {
    rules(&json(folder, &["backtest", "desk.gj"]))
}

fn rules(said: &serde_json::Value) -> BTreeMap<String, bool> {
    let same = |of: &serde_json::Value| ["gone", "new", "changed"].iter().all(|kind| of[kind][0] == 0);
    let all = said["effects"].as_array().unwrap_or_else(|| panic!("{said:#}"));
    all.iter().map(|of| (of["rule"].as_str().unwrap().to_owned(), same(of))).collect()
}

#[test]
fn what_was_taken_comes_to_the_same_and_other_rules_to_what_they_would_have_done() {
    let desk = desk();
    let folder = desk.path();
    let pieces = pieces();
    let nothing = said(folder, &["plan", "desk.gj"]);
    assert_eq!(nothing.exit, Some(3), "{}", nothing.text);
    pieces.iter().take(20).enumerate().for_each(|(number, text)| put(folder, number, text));
    served(folder);
    let same = backtest(folder);
    assert!(same.len() == 3 && same.values().all(|same| *same), "{same:?}");

    // A plan says what the change means, what becomes of windows, and which effects there would have been.
    fs::create_dir(folder.join("next")).unwrap();
    fs::write(folder.join("next/desk.gj"), rulebook(700)).unwrap();
    let plan = json(folder, &["plan", "next", "--hours", "1000000"]);
    assert_eq!((&plan["ok"], &plan["recorded"]["whole"]), (&true.into(), &true.into()), "{plan:#}");
    assert_eq!(plan["difference"].as_array().unwrap().len(), 1);
    assert!(plan["fates"]["kept"].as_array().unwrap().len() > 3 && plan["fates"]["dropped"] == serde_json::json!([]));
    let by_rule = rules(&plan);
    assert!(by_rule["default/desk.steady"] && by_rule["default/desk.calm"] && !by_rule["default/desk.changing"]);
    let changing = plan["effects"].as_array().unwrap().iter().find(|of| of["rule"] == "default/desk.changing").unwrap();
    let count = |of: &str| changing[of].as_u64().unwrap();
    assert!(count("after") < count("before") && changing["gone"][0] == count("before") - count("after"));
    // All that are left say something else: the text names the limit.
    assert_eq!(changing["changed"][0], count("after"));
    // A set whose windows are others says so, and changes nothing.
    fs::write(folder.join("next/desk.gj"), rulebook(700).replace("count() over 10m", "count() over 5m")).unwrap();
    let plan = said(folder, &["plan", "next"]);
    assert!(plan.exit == Some(1) && plan.text.contains("G7165") && plan.text.contains("dropped"), "{}", plan.text);

    // A decision comes about once more, byte for byte.
    for task in json(folder, &["list", "tasks", "--limit", "3"])["rows"].as_array().unwrap() {
        let id = task["effect_id"].as_str().unwrap();
        let again = json(folder, &["replay", id, "desk.gj"]);
        assert_eq!(again["again"], again["published"]);
        assert_eq!(again["published"]["task"], task["task"]);
    }
    let unknown = said(folder, &["replay", "00000000000000000000000000000000", "desk.gj"]);
    assert!(unknown.exit == Some(3) && unknown.text.contains("G7173"), "{}", unknown.text);

    // In the shadow: what counts is what was taken since; windows are as full as those in force.
    fs::write(folder.join("next/desk.gj"), rulebook(500).replace("\"over 500\"", "\"more than 500\"")).unwrap();
    assert_eq!(said(folder, &["shadow", "report", "desk.gj"]).exit, Some(3));
    assert_eq!(said(folder, &["shadow", "start", "next"]).exit, Some(0));
    let server = Server::start(folder);
    // What is taken before it listens is not followed.
    until(folder, &["shadow", "report", "desk.gj"], |report| report["live"] == true);
    pieces.iter().enumerate().skip(20).take(10).for_each(|(number, text)| put(folder, number, text));
    until(folder, &["status", "desk.gj"], |status| status["status"]["sources"][0]["files"] == 30);
    // It follows as fast as it can.
    let report = until(folder, &["shadow", "report", "desk.gj"], |report| report["rows"] == 300);
    assert_eq!(report["live"], true, "{report:#}");
    let by_rule = rules(&report);
    assert!(by_rule["default/desk.steady"] && by_rule["default/desk.calm"] && !by_rule["default/desk.changing"]);
    let changing =
        report["effects"].as_array().unwrap().iter().find(|of| of["rule"] == "default/desk.changing").unwrap();
    assert_eq!(changing["changed"][0], changing["before"], "{report:#}");
    let promoted = said(folder, &["shadow", "promote", "desk.gj", "--reason", "wording"]);
    assert_eq!(promoted.exit, Some(0), "{}", promoted.text);
    let last = &json(folder, &["history", "desk.gj"])["changes"][0];
    assert_eq!((last["origin"].as_str(), last["reason"].as_str()), (Some("apply"), Some("wording")));
    assert_eq!(said(folder, &["shadow", "stop", "desk.gj"]).exit, Some(3), "it has left the shadow");
    drop(server);
}

/// What the set in the shadow remembers it has from the one in force, and not from what is kept of the inputs; it goes on over starts.
#[test]
fn a_shadow_follows_the_live_inputs_from_what_is_remembered() {
    let desk = desk();
    let folder = desk.path();
    let pieces = pieces();
    pieces.iter().take(30).enumerate().for_each(|(number, text)| put(folder, number, text));
    served(folder);
    // Nothing is left of what was recorded: only the memories of the set in force know of it.
    fs::remove_dir_all(folder.join("store/inputs")).unwrap();
    fs::create_dir(folder.join("next")).unwrap();
    // One rule says something else, one has a window of its own.
    let next = rulebook(500).replace("\"over 500\"", "\"more than 500\"");
    let next = next.replace("over 10m > 500", "over 10m > 500 and count() over 7m >= 1");
    fs::write(folder.join("next/desk.gj"), next).unwrap();
    let server = Server::start(folder);
    until(folder, &["status", "desk.gj"], |status| status["ok"] == true);
    assert_eq!(said(folder, &["shadow", "start", "next"]).exit, Some(0));
    let live = |report: &serde_json::Value| report["live"] == true;
    let report = until(folder, &["shadow", "report", "desk.gj"], live);
    assert_eq!((&report["rows"], &report["effects"]), (&0.into(), &serde_json::json!([])));
    let empty = report["began_empty"].as_array().unwrap();
    assert!(empty.len() == 1 && empty[0].as_str().unwrap().contains("over 7m"), "{report:#}");
    let taken = |files: u64| until(folder, &["status", "desk.gj"], |s| s["status"]["sources"][0]["files"] == files);
    let more = |from: usize, to: usize| {
        pieces.iter().enumerate().take(to).skip(from).for_each(|(number, text)| put(folder, number, text));
        taken(to as u64)
    };
    more(30, 45);
    let first = json(folder, &["shadow", "report", "desk.gj"]);
    // Started again, it goes on counting.
    drop(server);
    let server = Server::start(folder);
    until(folder, &["status", "desk.gj"], |status| status["ok"] == true);
    until(folder, &["shadow", "report", "desk.gj"], live);
    more(45, pieces.len());
    let report = json(folder, &["shadow", "report", "desk.gj"]);
    let rows_of = |report: &serde_json::Value| report["rows"].as_u64().unwrap();
    assert_eq!((rows_of(&first), rows_of(&report)), (450, (pieces.len() as u64 - 31) * 30 + 1), "{report:#}");
    let of = |report: &serde_json::Value, rule: &str| {
        let all = report["effects"].as_array().unwrap();
        all.iter()
            .find(|of| of["rule"] == format!("default/desk.{rule}"))
            .cloned()
            .unwrap_or_else(|| panic!("{report:#}"))
    };
    for rule in ["steady", "calm"] {
        let is = of(&report, rule);
        assert!(is["before"].as_u64().unwrap() > of(&first, rule)["before"].as_u64().unwrap());
        assert_eq!(is["before"], is["after"], "{is:#}");
    }
    assert_eq!(rules(&report).into_values().collect::<Vec<_>>(), [true, false, true], "{report:#}");
    let changing = of(&report, "changing");
    assert_eq!(changing["changed"][0], changing["before"]);
    // What it says and the journal are one.
    let effects = crate::journal(folder).len() as u64;
    assert!(
        report["effects"].as_array().unwrap().iter().map(|of| of["before"].as_u64().unwrap()).sum::<u64>() < effects
    );

    // One that cannot run (its configuration has become another since, or its file was written by somebody else) says why, and the set in
    // force goes on.
    let broken = serde_json::json!({ "files": [["desk.gj", "event {"]], "tenant": null, "after": 0, "at": 5 });
    fs::write(folder.join("store/shadow.json"), broken.to_string()).unwrap();
    let ended = until(folder, &["shadow", "report", "desk.gj"], |report| report["ok"] == false);
    assert!(ended["findings"].to_string().contains("desk.gj"), "{ended:#}");
    assert_eq!(said(folder, &["shadow", "report", "desk.gj"]).exit, Some(3));
    put(folder, pieces.len(), &pieces[0]);
    taken(pieces.len() as u64 + 1);
    assert_eq!(said(folder, &["shadow", "stop", "desk.gj"]).exit, Some(0));
    assert!(!folder.join("store/shadow-report.json").exists());
    drop(server);
}
