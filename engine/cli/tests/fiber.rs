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

/// The repository's examples in a folder of their own, where commands may write.
fn campus() -> tempfile::TempDir {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/fiber");
    let folder = place(&[]);
    let to = folder.path().join("examples/fiber");
    std::fs::create_dir_all(to.join("campus")).unwrap();
    for place in ["", "campus"] {
        for entry in std::fs::read_dir(from.join(place)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::copy(&path, to.join(place).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    folder
}

#[test]
fn every_command_of_the_reference_does_what_it_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dsl-grammar/reference/fiber.md");
    let folder = campus();
    let mut commands = 0;
    for line in std::fs::read_to_string(page).unwrap().lines() {
        let Some(command) = line.strip_prefix("    guiju ") else { continue };
        let (command, expected) = match command.split_once(" # ") {
            Some((command, "refused")) => (command, Some(1)),
            Some((_, other)) => panic!("{other}"),
            None => (command, Some(0)),
        };
        let args: Vec<&str> = command.split_whitespace().collect();
        let (code, text) = guiju(folder.path(), &args);
        assert_eq!(code, expected, "{line}\n{text}");
        commands += 1;
    }
    assert!(commands > 12, "{commands}");
    let drawing = std::fs::read_to_string(folder.path().join("pair.svg")).unwrap();
    assert!(drawing.contains("K303 · 5") && drawing.contains("K501 · 3") && drawing.contains("J7-105"));
    assert!(folder.path().join("traced/ports.csv").exists());
}

#[test]
fn a_route_goes_down_to_cores_and_ports() {
    let folder = campus();
    let ask = |more: &[&str], exit| {
        let base = ["fiber", "route", "--plant", "examples/fiber/campus"];
        json(folder.path(), &[&base, more].concat(), exit)
    };
    let answer = ask(&["--from", "J3-201/A07/ODF2/12", "--to", "J7-105", "--pairs"], 0);
    assert_eq!(answer["quality"]["is"], "optimal");
    let route = &answer["routes"][0][0];
    assert_eq!((&route["length_mm"], &route["loss_mdb"]), (&365_900.into(), &680.into()));
    let hops: Vec<(&str, u64)> = route["hops"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hop| (hop["cable"].as_str().unwrap(), hop["cores"][0].as_u64().unwrap()))
        .collect();
    assert_eq!(hops, [("K311", 3), ("K303", 5)]);
    assert_eq!(route["hops"][1]["to_ports"][0], "J7-105/A01/ODF1/K303-05");
    assert_eq!(route["patches"].as_array().unwrap().len(), 6);

    // The binding ducts, and what each would give.
    let answer = ask(&["--from", "J3-201", "--to", "J7-105", "--avoid", "duct:D17", "--avoid", "D13"], 1);
    assert_eq!(answer["quality"]["is"], "proved infeasible");
    let would = answer["refused"]["would_route"].as_array().unwrap();
    let would: Vec<(&str, u64)> = would
        .iter()
        .map(|one| (one["if"]["allowed"]["duct"].as_str().unwrap(), one["longer_mm"].as_u64().unwrap()))
        .collect();
    assert_eq!(would, [("D17", 0), ("D13", 17_100)]);
    let (code, text) = guiju(
        folder.path(),
        &[
            "fiber",
            "route",
            "--plant",
            "examples/fiber/campus",
            "--from",
            "J3-201",
            "--to",
            "J7-105",
            "--avoid",
            "D17",
            "--avoid",
            "D13",
            "--lang",
            "zh",
        ],
    );
    assert!(code == Some(1) && text.contains("允许使用 管道 D13即可：+17.1 m"), "{text}");

    // A pair whose ends have one cable each says which ones.
    let answer = ask(&["--from", "J3-201/A07/ODF2", "--to", "J7-105/A07/ODF2", "--apart", "ducts"], 1);
    assert_eq!(answer["refused"]["would_route"][0]["if"]["both_use"], serde_json::json!(["K311", "K711"]));
    let answer = ask(&["--from", "J3-201", "--to", "J7-105", "--apart-from", "C-1001", "--apart", "ducts"], 0);
    assert_eq!(answer["routes"][0][0]["length_mm"], 368_500);
    let answer = ask(&["--from", "J3-201", "--to", "J7-105", "--steps", "0"], 1);
    assert_eq!(answer["quality"]["is"], "timed out");
}

#[test]
fn what_cannot_be_asked_is_a_finding() {
    let folder = campus();
    let base = ["fiber", "route", "--plant", "examples/fiber/campus", "--from", "J3-201", "--to", "J7-105"];
    for (more, code) in [
        (&["--avoid", "D99"][..], "G7260"),
        (&["--via", "J5", "--avoid", "J5"], "G7261"),
        (&["--avoid", "J7-105"], "G7261"),
        (&["--prefer", "length,length"], "G7262"),
        (&["--apart", "most", "--via", "J5"], "G7263"),
        (&["--loss", "six"], "G7271"),
        (&["--reserve", "o", "--hold", "soon"], "G7271"),
        (&["--class", "OM9"], "G7260"),
    ] {
        let answer = json(folder.path(), &[&base, more].concat(), 3);
        assert_eq!(answer["findings"][0]["code"], code, "{more:?} {answer}");
    }
    let used =
        ["fiber", "route", "--plant", "examples/fiber/campus", "--from", "J3-201/A01/ODF1/K303-01", "--to", "J7-105"];
    assert_eq!(json(folder.path(), &used, 3)["findings"][0]["code"], "G7264");
    std::fs::write(folder.path().join("none.yaml"), "cabels: []").unwrap();
    for (plant, code) in [("none.yaml", "G7241"), ("examples", "G7240"), ("nowhere.yaml", "G5101")] {
        let answer = json(folder.path(), &["fiber", "check", "--plant", plant], 3);
        assert_eq!(answer["findings"][0]["code"], code, "{plant}: {answer}");
    }
}

#[test]
fn an_order_is_reserved_once_and_others_plan_around_it() {
    let folder = campus();
    let at = |args: &[&str], exit| json(folder.path(), &[&["fiber"], args, &["--ledger", "orders"]].concat(), exit);
    let reserve = |order, exit| {
        at(
            &[
                "route",
                "--plant",
                "examples/fiber/campus",
                "--from",
                "J2-301",
                "--to",
                "J3-301",
                "--class",
                "OM4",
                "--reserve",
                order,
            ],
            exit,
        )
    };
    let first = reserve("o1", 0);
    assert_eq!(
        (&first["reserved"]["new"], &first["reserved"]["cores"]),
        (&true.into(), &serde_json::json!([["K201", 12]]))
    );
    let again = reserve("o1", 0);
    assert_eq!((&again["reserved"]["new"], &again["reserved"]["cores"]), (&false.into(), &first["reserved"]["cores"]));
    // It was the last core of the only cable of this class.
    let second = reserve("o2", 1);
    let would: Vec<&serde_json::Value> =
        second["refused"]["would_route"].as_array().unwrap().iter().map(|one| &one["if"]).collect();
    assert!(would.contains(&&serde_json::json!({ "free_core_of": ["K201"] })), "{would:?}");
    assert_eq!(at(&["capacity", "--plant", "examples/fiber/campus"], 0)["cables"]["K201"]["held"], 1);
    assert_eq!(
        json(folder.path(), &["fiber", "advance", "o1", "retired", "--ledger", "orders"], 3)["findings"][0]["code"],
        "G7267"
    );
    assert_eq!(
        json(folder.path(), &["fiber", "advance", "o9", "patched", "--ledger", "orders"], 3)["findings"][0]["code"],
        "G7266"
    );
    assert_eq!(at(&["advance", "o1", "released"], 0)["state"], "released");
    assert_eq!(reserve("o2", 0)["reserved"]["new"], true);
    // What is planned holds nothing; when it is to be held, its cores must still be free.
    let plan =
        ["route", "--plant", "examples/fiber/campus", "--from", "J5-101/A01/ODF1", "--to", "J5-201", "--plan", "o3"];
    assert_eq!(at(&plan, 0)["reserved"]["state"], "planned");
    let other = [
        "route",
        "--plant",
        "examples/fiber/campus",
        "--from",
        "J5-101/A01/ODF1",
        "--to",
        "J5-201",
        "--reserve",
        "o4",
        "--hold",
        "1s",
    ];
    assert_eq!(at(&other, 0)["reserved"]["cores"], serde_json::json!([["K511", 1]]));
    assert_eq!(at(&["advance", "o3", "reserved"], 3)["findings"][0]["code"], "G7265");
    // A hold whose time is over holds nothing, though nobody has written so.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(at(&["capacity", "--plant", "examples/fiber/campus"], 0)["cables"]["K511"]["held"], 0);
    assert_eq!(at(&["advance", "o3", "reserved"], 0)["state"], "reserved");
    let history = at(&["orders", "o1"], 0);
    let states: Vec<&str> =
        history["history"].as_array().unwrap().iter().map(|past| past["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["reserved", "released"]);
    assert_eq!(at(&["orders"], 0)["orders"].as_array().unwrap().len(), 4);
}
