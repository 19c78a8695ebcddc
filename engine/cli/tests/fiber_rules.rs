//! Fibre routes in rulebooks: declared, checked against the plant's records, tested, and asked for.

#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot read its own files has failed

mod common;

use common::{guiju, json, place, write};
use std::{fs, path::Path};

const CONFIG: &str = "connections:\n  plants: { kind: files, path: plants }\n  db: { kind: sqlite, path: x.db }\n";

/// A folder with the shipped campus behind a connection, and these rules.
fn campus(rules: &str) -> tempfile::TempDir {
    let folder = place(&[("guiju.yaml", CONFIG), ("rules.gj", rules)]);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/fiber/campus");
    for entry in fs::read_dir(shipped).unwrap() {
        let entry = entry.unwrap();
        let name = format!("plants/campus/{}", entry.file_name().to_str().unwrap());
        write(folder.path(), &name, &fs::read_to_string(entry.path()).unwrap());
    }
    folder
}

const TOPOLOGY: &str = "topology plant of fiber from plants file \"campus\"\n";

/// A route with these clauses besides its ends.
fn route(clauses: &str) -> String {
    format!("{TOPOLOGY}route r {{\n  on plant\n  from \"J3-201\"\n  to \"J7-105\"\n  {clauses}\n}}\n")
}

/// The codes that `guiju check` finds, with what it says.
fn found(rules: &str) -> (Vec<String>, String) {
    let folder = campus(rules);
    let (_, text) = guiju(folder.path(), &["check", "--lang", "en"]);
    let codes = text.match_indices("[G").map(|(at, _)| text[at + 1..at + 6].to_owned()).collect();
    (codes, text)
}

#[test]
fn the_shipped_routes_are_right_and_their_tests_pass() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/fiber/campus.gj");
    let folder = campus(&fs::read_to_string(shipped).unwrap());
    let check = json(folder.path(), &["check"], 0);
    assert_eq!((check["findings"].as_array().map(Vec::len), &check["rules"]), (Some(0), &4.into()));
    let (_, rules) = guiju(folder.path(), &["list", "rules", "--json"]);
    assert!(rules.contains("campus.order_8812") && rules.contains("route"), "{rules}");
    let tests = json(folder.path(), &["test"], 0);
    assert_eq!((&tests["passed"], &tests["failed"]), (&2.into(), &0.into()), "{tests}");
    // With coverage, tests are played in another way.
    json(folder.path(), &["test", "--coverage"], 0);

    // The same answer as of the same request on the command line.
    let declared = json(folder.path(), &["fiber", "route", "--rule", "order_8812"], 0);
    let typed =
        ["--from", "J3-201/A07/ODF2/12", "--to", "J7-105", "--prefer", "hops,length,use", "--loss", "6", "--pairs"];
    let typed = json(folder.path(), &[&["fiber", "route", "--plant", "plants/campus"], &typed[..]].concat(), 0);
    assert_eq!(declared, typed);
    assert_eq!(declared["routes"][0][0]["hops"][1]["cable"], "K303");
    let pair = json(folder.path(), &["fiber", "route", "--rule", "campus.two_ways"], 0);
    assert_eq!(pair["routes"][0].as_array().map(Vec::len), Some(2));
    let refused = json(folder.path(), &["fiber", "route", "--rule", "cut_off"], 1);
    assert_eq!(refused["refused"]["would_route"][0]["if"]["allowed"]["duct"], "D17");

    // Other ends; and a reservation that holds as long as the rule says.
    let other = ["--from", "J1-101", "--to", "J2-301"];
    let other = json(folder.path(), &[&["fiber", "route", "--rule", "order_8812"], &other[..]].concat(), 0);
    assert_eq!(other["routes"][0][0]["hops"][0]["cable"], "K101");
    let reserve = ["fiber", "route", "--rule", "order_8812", "--reserve", "o1"];
    let (code, text) = guiju(folder.path(), &reserve);
    assert_eq!(code, Some(0), "{text}");
    let order = json(folder.path(), &["fiber", "orders", "o1"], 0);
    assert!(order.to_string().contains("until"), "{order}");

    // Rules come from one place.
    let (code, _) = guiju(folder.path(), &["fiber", "route", "--rule", "order_8812", "--avoid", "D17"]);
    assert_eq!(code, Some(2));
    let (code, text) = guiju(folder.path(), &["fiber", "route", "--rule", "order_8813", "--lang", "en"]);
    assert!(code != Some(0) && text.contains("G4021"), "{text}");
}

#[test]
fn names_are_those_of_the_records() {
    for (clauses, code, meant) in [
        ("avoid duct \"D171\"", "G2065", "D17"),
        ("via odf \"J5-101/A01/ODF\"", "G2065", "J5-101/A01/ODF1"),
        // A room is no frame.
        ("via odf \"J5-101\"", "G2065", "J5-101/A01/ODF1"),
        ("via duct \"D17\"", "G2065", ""),
        ("via cable \"K3O3\"", "G2065", "K303"),
        ("class \"G.652\"", "G2065", "G.652D"),
        ("owned by \"selv\"", "G2065", "self"),
    ] {
        let (codes, text) = found(&route(clauses));
        assert_eq!(codes, [code], "{clauses}: {text}");
        assert!(text.contains(meant), "{clauses}: {text}");
    }
    for (rules, code) in [
        (route("").replace("on plant", "on plnt"), "G2063"),
        (route("").replace("from plants", "from nowhere"), "G2064"),
        (route("").replace("from plants", "from db"), "G5010"),
        (route("").replace("file \"campus\"", "file \"../campus\""), "G5011"),
        (route("").replace("J7-105", "J7-106"), "G2065"),
    ] {
        let (mut codes, text) = found(&rules);
        // Nobody uses a topology whose name is misspelt.
        codes.retain(|code| code != "G2015");
        assert_eq!(codes, [code], "{text}");
    }
}

#[test]
fn rules_that_contradict_one_another_are_found() {
    let (codes, text) = found(&route("hold for 7d"));
    assert!(codes.is_empty(), "{text}");
    for (clauses, code) in [
        ("prefer shortest, fewest hops, shortest", "G2069"),
        ("via \"J5-101\"\n  avoid \"J5-101\"", "G2068"),
        // What lies in it, what lies in the duct, what is of another owner.
        ("via odf \"J5-101/A01/ODF1\"\n  avoid \"J5\"", "G2068"),
        ("via \"K103\"\n  avoid duct \"D11\"", "G2068"),
        ("via \"K103\"\n  owned by \"self\"", "G2068"),
        ("avoid \"J3\"", "G2068"),
        ("loss at most 5dB\n  loss at most 6dB", "G2067"),
        ("loss at most 5km", "G2072"),
        ("redundant 3 disjoint by duct", "G2071"),
        ("redundant 1 disjoint by cable", "G2071"),
        ("hold for 1 month", "G2174"),
    ] {
        let (codes, text) = found(&route(clauses));
        assert_eq!(codes, [code], "{clauses}: {text}");
    }
    assert_eq!(found(&route("").replace("J7-105", "J3-201")).0, ["G2070"]);
    assert_eq!(found(&route("").replace("to \"J7-105\"", "")).0, ["G2066"]);
}

#[test]
fn tests_say_what_the_route_is_instead() {
    for (expectation, failing) in [
        ("expect route r via \"K303\"", false),
        ("expect route r", false),
        ("expect no route r", true),
        ("expect route r via \"J5-101\"", true),
        ("expect route r from \"J1\" to \"J2\" via \"K101\"", false),
        // In this order.
        ("expect route r from \"J3-201\" to \"J8-102\" via \"J7-105\"", true),
        ("应有 路由 r 起点 \"J3-201\" 终点 \"J7-105\" 经由 \"K303\"", false),
    ] {
        let folder = campus(&format!("{}test \"t\" {{\n  {expectation}\n}}\n", route("avoid cable \"K503\"")));
        for coverage in [&["test"][..], &["test", "--coverage"]] {
            let (code, text) = guiju(folder.path(), &[coverage, &["--lang", "en"]].concat());
            assert_eq!(code, Some(i32::from(failing)), "{expectation}: {text}");
            assert_eq!(failing, text.contains("K30"), "{expectation}: {text}");
        }
    }
    // The route is another one once a rule changes: the test notices.
    let rules = format!("{}test \"t\" {{\n  expect route r via \"K303\"\n}}\n", route("avoid duct \"D17\""));
    let (code, text) = guiju(campus(&rules).path(), &["test", "--lang", "en"]);
    assert_eq!(code, Some(1), "{text}");
}

#[test]
fn the_page_s_rulebook_is_right_and_its_tests_pass() {
    let page = include_str!("../../../dsl-grammar/reference/fiber.md");
    let rulebooks: Vec<&str> =
        page.split("```guiju\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(text, _)| text)).collect();
    assert!(!rulebooks.is_empty());
    for text in rulebooks {
        let folder = campus(text);
        assert_eq!(json(folder.path(), &["check"], 0)["findings"].as_array().map(Vec::len), Some(0), "{text}");
        let tests = json(folder.path(), &["test"], 0);
        assert!(tests["passed"].as_u64() > Some(0) && tests["failed"] == 0, "{tests}");
    }
}
