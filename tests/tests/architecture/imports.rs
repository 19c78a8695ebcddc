//! Who may import whom, in this workspace and outside it.

use crate::{code, none, root, sources};
use serde_json::Value;
use std::process::Command;

/// ARCHITECTURE.md's table: a crate, and the crates of this workspace that it may depend on, tests included.
/// The last two see everything: they test and show the whole.
const TABLE: &[(&str, &[&str])] = &[
    ("guiju-grammar", &[]),
    ("guiju-lang", &["guiju-grammar"]),
    ("guiju-eval", &["guiju-lang", "guiju-wide"]),
    ("guiju-core", &["guiju-lang"]),
    ("guiju-mot", &["guiju-grammar", "guiju-lang", "guiju-eval", "guiju-core"]),
    ("guiju-spark", &["guiju-lang"]),
    ("guiju-feed", &[]),
    ("guiju-fiber", &[]),
    ("guiju-native", &["guiju-feed"]),
    ("guiju-mapped", &[]),
    ("guiju-wide", &[]),
    ("guiju-connect", &["guiju-lang", "guiju-feed", "guiju-mapped"]),
    (
        "guiju",
        &[
            "guiju-grammar",
            "guiju-lang",
            "guiju-eval",
            "guiju-core",
            "guiju-mot",
            "guiju-spark",
            "guiju-connect",
            "guiju-feed",
            "guiju-fiber",
            "guiju-native",
        ],
    ),
    ("guiju-allocator", &[]),
    ("guiju-cli", &["guiju", "guiju-allocator"]),
    ("guiju-serve", &["guiju"]),
    ("guiju-lsp", &["guiju"]),
    ("guiju-xtask", &[]),
    ("guiju-examples", &["guiju"]),
    ("guiju-bench", &["guiju-examples", "guiju", "guiju-allocator"]),
    ("guiju-tests", &["*"]),
    ("guiju-fuzz", &["*"]),
];

/// Crates from outside that only some of ours may touch, and why.
const KEPT: &[(&str, &[&str], &str)] = &[
    ("pest", &["guiju-grammar"], "its pairs and rules never leave the grammar"),
    ("pest_derive", &["guiju-grammar"], "its pairs and rules never leave the grammar"),
    (
        "parquet",
        &["guiju-connect", "guiju", "guiju-tests", "guiju-examples", "guiju-bench"],
        "file formats are the shell's affair",
    ),
    ("csv", &["guiju-connect", "guiju", "guiju-tests", "guiju-examples"], "file formats are the shell's affair"),
    ("calamine", &["guiju-connect"], "file formats are the shell's affair"),
    ("zip", &["guiju-connect"], "what is unpacked is counted, in one place"),
    ("rusqlite", &["guiju-connect", "guiju", "guiju-tests"], "the core does no I/O"),
    ("postgres-protocol", &["guiju-connect"], "databases are the shell's affair"),
    ("mysql_common", &["guiju-connect"], "databases are the shell's affair"),
    ("tokio", &["guiju-serve"], "the engine is synchronous"),
    ("clap", &["guiju-cli"], "only the command line reads arguments"),
    ("indicatif", &["guiju-cli"], "only the command line draws"),
    ("rhai", &["guiju-eval", "guiju-bench"], "one sandbox, in one place; a peer to measure against"),
    ("fastlib", &["guiju-native"], "a peer to measure against, not a part"),
    ("cel", &["guiju-bench"], "a peer to measure against, not a part"),
    ("minijinja", &["guiju", "guiju-lang"], "reads template files; renders what `guiju new` writes"),
    (
        "memmap2",
        &["guiju-mapped", "guiju-native"],
        "a mapping is sound only for files that never change; memory for machine code",
    ),
    ("notify", &["guiju"], "files are watched in one place"),
    ("serde_yaml", &["guiju-connect"], "archived upstream: one module, easy to replace"),
    ("roxmltree", &["guiju-feed"], "templates of feeds are the only XML that is read as XML"),
    ("libfuzzer-sys", &["guiju-fuzz"], "never part of a product"),
];

/// Crates that argue for unsafe code in their own `Cargo.toml`; each piece is allowed where it stands, with its reason.
const ARGUED: &[&str] = &["guiju-allocator", "guiju-mapped", "guiju-native", "guiju-wide"];

#[test]
fn the_import_table_holds() {
    none(&violations(&metadata()));
}

#[test]
fn every_crate_inherits_the_workspace_lints() {
    for package in packages(&metadata()) {
        let manifest = std::fs::read_to_string(text(package, "manifest_path")).unwrap();
        if ARGUED.contains(&text(package, "name")) {
            assert!(manifest.contains("unsafe_code = \"deny\"") && manifest.contains("undocumented_unsafe_blocks"));
            continue;
        }
        assert!(inherits_lints(&manifest), "`{}` does not inherit the workspace's lints", text(package, "name"));
    }
}

#[test]
fn yaml_has_one_door() {
    let users: Vec<String> = sources("engine")
        .into_iter()
        .filter(|(_, text)| code::words(&code::only(text)).any(|(_, word)| word == "serde_yaml"))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert_eq!(users, ["engine/connect/src/yaml.rs"]);
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn violations(metadata: &Value) -> Vec<String> {
    let ours: Vec<&str> = packages(metadata).map(|package| text(package, "name")).collect();
    let mut found = Vec::new();
    if ours.len() < 2 {
        found.push("the workspace has no crates to look at".to_owned());
    }
    for package in packages(metadata) {
        let name = text(package, "name");
        let Some((_, allowed)) = TABLE.iter().find(|(row, _)| *row == name) else {
            found.push(format!("`{name}` is not in the import table"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let import = text(dependency, "name");
            if ours.contains(&import) && !allowed.contains(&import) && !allowed.contains(&"*") {
                found.push(format!("`{name}` may not import `{import}`"));
            }
            if let Some((_, owners, why)) = KEPT.iter().find(|(kept, ..)| *kept == import)
                && !owners.contains(&name)
            {
                found.push(format!("`{name}` may not import `{import}`: {why}"));
            }
            if text(dependency, "source").starts_with("git+") {
                found.push(format!("`{name}` takes `{import}` from a repository, not from the registry"));
            }
        }
    }
    found
}

fn inherits_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim);
    lines.any(|line| line == "[lints]") && lines.next() == Some("workspace = true")
}

#[test]
fn a_wrong_import_is_seen() {
    let sample = |name: &str, import: &str| {
        let other = |name: &str| serde_json::json!({ "name": name, "dependencies": [] });
        let package = serde_json::json!({ "name": name, "dependencies": [{ "name": import, "kind": null }] });
        violations(
            &serde_json::json!({ "packages": [package, other("guiju-connect"), other("guiju-lang"), other("guiju")] }),
        )
    };
    assert_eq!(sample("guiju-mot", "guiju-connect"), ["`guiju-mot` may not import `guiju-connect`"]);
    assert_eq!(sample("guiju-grammar", "guiju-lang"), ["`guiju-grammar` may not import `guiju-lang`"]);
    assert_eq!(sample("guiju-eval", "guiju"), ["`guiju-eval` may not import `guiju`"]);
    assert_eq!(sample("guiju-lang", "pest").len(), 1);
    assert_eq!(sample("guiju-mot", "tokio").len(), 1);
    assert_eq!(sample("guiju-unknown", "regex"), ["`guiju-unknown` is not in the import table"]);
    none(&sample("guiju-mot", "guiju-lang"));
    none(&sample("guiju-tests", "guiju-connect"));
    assert_eq!(violations(&serde_json::json!({})).len(), 1, "nothing to look at is not a pass");
}

#[test]
fn a_crate_with_lints_of_its_own_is_seen() {
    assert!(inherits_lints("[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"));
    assert!(!inherits_lints("[package]\nname = \"a\"\n"));
    assert!(!inherits_lints("[lints.rust]\nunsafe_code = \"allow\"\n"));
}
