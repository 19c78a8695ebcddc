//! What can go wrong is a finding, and nothing is published.

use crate::home::{Cluster, home};
use guiju_tests::command::guiju;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

const RULES: &str = "language 1\n\nrulebook care \"care\"\n\nsource people from lake table \"people\" {\n  key id\n}\n\n\
    sink tasks to desk table \"tasks\"\n\nevent rich \"rich\" {\n  on people\n  when amount > 10\n  task \"{id}\"\n  to tasks\n}\n";

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config =
        "connections:\n  lake: { kind: files, path: . }\n  desk: { kind: sqlite, path: out/desk.db }\nstore: store\n";
    fs::write(folder.path().join("guiju.yaml"), config).unwrap();
    fs::write(folder.path().join("care.gj"), RULES).unwrap();
    fs::write(folder.path().join("people.csv"), "id,amount\n1,5\n2,50\n").unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    folder
}

/// Runs with these arguments; the code and its words in both languages must appear, and nothing else must have happened.
fn refused(folder: &Path, arguments: &[String], code: &str, words: [&str; 2]) {
    for (terminal, words) in ["en_US.UTF-8", "zh_CN.UTF-8"].into_iter().zip(words) {
        let mut args = vec!["run", "--plain", "--today", "2026-11-20"];
        args.extend(arguments.iter().map(String::as_str));
        args.push("care.gj");
        let said = guiju(folder, terminal, &args);
        assert_eq!(said.exit, Some(3), "{}", said.text);
        assert!(said.text.contains(code) && said.text.contains(words), "{}", said.text);
    }
    let said = guiju(folder, "en_US.UTF-8", &["list", "tasks", "--json", "care.gj"]);
    let tasks: serde_json::Value = serde_json::from_str(&said.text).unwrap();
    assert!(tasks["rows"].as_array().is_none_or(Vec::is_empty), "{}", said.text);
    assert_eq!(fs::read_dir(folder.join("out")).unwrap().count(), 0, "nothing is written before it is published");
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|&word| word.to_owned()).collect()
}

/// A program in the place of `spark-submit`; the job's folder is its last argument but the script's.
fn pretender(folder: &Path, does: &str) -> String {
    let path = folder.join("pretender");
    fs::write(&path, format!("#!/bin/sh\nfor out; do :; done\n{does}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[test]
fn no_spark_no_master_and_a_job_that_fails_are_findings() {
    let folder = project();
    let folder = folder.path();
    let gone = words(&["--on", "local[2]", "--spark-submit", "/nowhere/spark-submit"]);
    refused(folder, &gone, "G7142", ["cannot be started", "无法启动"]);
    let nobody = words(&["--on", "spark://127.0.0.1:1"]);
    refused(folder, &nobody, "G7144", ["no Spark master answers", "没有 Spark 主节点应答"]);
    let work = folder.join("work").display().to_string();
    let fails = pretender(folder, "echo 'java.lang.OutOfMemoryError: Caused by: heap' >&2; exit 1");
    let fails = words(&["--on", "local[2]", "--spark-work", &work, "--spark-submit", &fails]);
    refused(folder, &fails, "G7145", ["Caused by: heap", "Spark 作业失败"]);
    let old = pretender(
        folder,
        "mkdir -p $out; echo '{\"version\":\"3.4.1\",\"rows\":{},\"counts\":{}}' > $out/done.json; exit 1",
    );
    let old = words(&["--on", "local[2]", "--spark-work", &work, "--spark-submit", &old]);
    refused(folder, &old, "G7143", ["this is Spark 3.4.1", "这是 Spark 3.4.1"]);
}

/// A job dies after it has written a part of its answer; afterwards the same run succeeds.
#[test]
fn half_an_answer_is_none() {
    let Some(home) = home() else { return };
    let folder = project();
    let folder = folder.path();
    let cluster = Cluster::local(&home);
    let submit = cluster.submit.display();
    // The script is the last argument but one: it loses its end.
    let cut = format!(
        "for script; do case $script in *job.py) sed -i 's/^finish()$/raise RuntimeError(\"the driver is gone\")/' $script;; esac; done\nexec {submit} \"$@\""
    );
    let mut arguments = cluster.arguments.clone();
    let at = arguments.iter().position(|word| word == "--spark-submit").unwrap() + 1;
    arguments[at] = pretender(folder, &cut);
    arguments.extend(words(&["--spark-work", &folder.join("work").display().to_string()]));
    refused(folder, &arguments, "G7145", ["the driver is gone", "the driver is gone"]);
    let mut args = vec!["run", "--json", "--today", "2026-11-20"];
    args.extend(cluster.arguments.iter().map(String::as_str));
    args.push("care.gj");
    let said = guiju(folder, "en_US.UTF-8", &args);
    assert!(said.exit == Some(0) && said.text.contains("\"new\": 1"), "{}", said.text);
}
