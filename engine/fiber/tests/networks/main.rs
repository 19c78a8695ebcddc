//! Real networks, beside networkx: `cargo xtask test networks` installs it. `GUIJU_NETWORKS` names the virtual environment; without it this
//! test says so and does nothing.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a test; what was skipped is said")]

use guiju_fiber::{
    solve::{Answer, solve},
    text::Problem,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

#[test]
fn real_networks_have_the_routes_that_networkx_finds() {
    let Some(home) = std::env::var_os("GUIJU_NETWORKS") else {
        println!("SKIPPED: GUIJU_NETWORKS names no virtual environment with networkx and topohub");
        return;
    };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("networks");
    fs::create_dir_all(&folder).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networks/ask.py");
    let mut ask = Command::new(Path::new(&home).join("bin/python"));
    let output = ask.arg(script).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut networks, mut asked) = (0, 0);
    for graph in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        if graph.extension().is_some_and(|extension| extension == "graph") {
            networks += 1;
            asked += compare(&graph);
        }
    }
    assert!(networks >= 10, "only {networks} networks");
    println!("{networks} networks, {asked} pairs");
    fs::remove_dir_all(folder).unwrap();
}

fn compare(graph: &Path) -> usize {
    let text = |extension: &str| fs::read_to_string(graph.with_extension(extension)).unwrap();
    let problem = Problem::read(&text("graph")).unwrap();
    let queries = problem.queries(&text("queries")).unwrap();
    let answers = text("answers");
    let mut expected = answers.lines();
    // Twice as many questions as the script's, so that landmarks are made.
    let all = [queries.as_slice(), &queries].concat();
    let mut told = 0;
    solve(&problem, &all, 8, |query, answer| {
        if told < queries.len() {
            assert_eq!(line(answer), expected.next().unwrap(), "{} {query:?}", graph.display());
        }
        told += 1;
        true
    })
    .unwrap();
    queries.len()
}

/// As the script writes it.
fn line(answer: &Answer) -> String {
    let or_none = |length: Option<u64>| length.map_or("-1".to_owned(), |length| length.to_string());
    let (hops, length) = answer.min_hops_then_length.unzip();
    let fixed = [answer.distance, answer.edge_disjoint_2, answer.edge_disjoint_3, answer.node_disjoint_2, hops, length];
    let all = fixed.map(or_none).into_iter().chain(answer.k_shortest.iter().map(u64::to_string));
    all.collect::<Vec<_>>().join(" ")
}
