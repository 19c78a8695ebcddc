//! `guiju fiber`: the fixed form on the shipped campus, and what is wrong with files that are not of that form.

#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot read its own files has failed

mod common;

use common::{guiju, json, place};
use std::path::Path;

const ANSWERS: &str = r#"{"name":"trading-hall","dist":366000,"edge_disjoint_2":768000,"edge_disjoint_3":-1,"node_disjoint_2":768000,"k_shortest":[366000,395000,395000],"min_hops_then_length":[3,452000]}
{"name":"backup-room","dist":200000,"edge_disjoint_2":474000,"edge_disjoint_3":-1,"node_disjoint_2":474000,"k_shortest":[200000,247000,274000],"min_hops_then_length":[2,200000]}
{"name":"neighbours","dist":120000,"edge_disjoint_2":241500,"edge_disjoint_3":526500,"node_disjoint_2":241500,"k_shortest":[120000,121500,285000],"min_hops_then_length":[1,120000]}
"#;

#[test]
fn the_shipped_campus_is_answered_line_by_line() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/fiber");
    let all = ["fiber", "solve", "--graph", "campus.txt", "--queries", "queries.txt", "--k", "3"];
    let (code, text) = guiju(&examples, &[&all[..], &["--json"]].concat());
    assert_eq!((code, text.as_str()), (Some(0), ANSWERS));
    let (code, text) = guiju(&examples, &[&all[..], &["--lang", "en"]].concat());
    assert_eq!(code, Some(0));
    assert!(text.contains("trading-hall: 0 → 7\n  shortest: 366000\n"), "{text}");
}

#[test]
fn no_way_is_minus_one_and_no_way_at_all_is_nought() {
    let folder = place(&[("g", "4 2\n0 1 0\n0 1 7\n"), ("q", "far 0 3\nsame 2 2\ntwo 1 0\n")]);
    let (code, text) = guiju(folder.path(), &["fiber", "solve", "--graph", "g", "--queries", "q", "--json"]);
    let expected = r#"{"name":"far","dist":-1,"edge_disjoint_2":-1,"edge_disjoint_3":-1,"node_disjoint_2":-1,"k_shortest":[],"min_hops_then_length":[-1,-1]}
{"name":"same","dist":0,"edge_disjoint_2":0,"edge_disjoint_3":0,"node_disjoint_2":0,"k_shortest":[0],"min_hops_then_length":[0,0]}
{"name":"two","dist":0,"edge_disjoint_2":7,"edge_disjoint_3":-1,"node_disjoint_2":7,"k_shortest":[0,7],"min_hops_then_length":[1,0]}
"#;
    assert_eq!((code, text.as_str()), (Some(0), expected));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let place = place(&[
        ("good", "2 1\n0 1 5\n"),
        ("ask", "a 0 1\n"),
        ("form", "2 1\n0 1 -5\n"),
        ("node", "2 1\n0 2 5\n"),
        ("count", "2 2\n0 1 5\n"),
        ("large", "99999999999 1\n"),
        ("bad", "a 0 1\nb 0 5\n"),
        ("short", "a 0 1\nb 0\n"),
    ]);
    let folder = place.path();
    for (graph, queries, code, line) in [
        ("form", "ask", "G7202", "line 2"),
        ("node", "ask", "G7203", "line 2"),
        ("count", "ask", "G7204", "line 2"),
        ("large", "ask", "G7205", "line 1"),
        ("good", "bad", "G7203", "line 2"),
        ("good", "short", "G7202", "line 2"),
        ("gone", "ask", "G7003", "gone"),
    ] {
        let all = ["fiber", "solve", "--graph", graph, "--queries", queries, "--lang", "en"];
        let (exit, text) = guiju(folder, &all);
        assert!(exit == Some(3) && text.contains(code) && text.contains(line), "{graph} {queries}: {text}");
        assert_eq!(json(folder, &all, 3)["findings"][0]["code"], code);
    }
    let (exit, _) = guiju(folder, &["fiber", "solve", "--graph", "good", "--queries", "ask", "--k", "100001"]);
    assert_eq!(exit, Some(2));
}
