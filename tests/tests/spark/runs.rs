//! Whole rulebooks: a run on Spark and a run here leave the same effects, and one after the other doubles none.

use crate::home::{Cluster, home, thorough};
use arrow_array::Array;
use guiju::{
    core::effect,
    eval::value_at,
    lang::value::Value,
    store::{EffectFilter, View},
};
use guiju_tests::command::{Said, guiju};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A project of its own, with a configuration whose paths are these.
fn project(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("guiju.yaml"), config).unwrap();
    folder
}

/// Every column of every effect, in the order of their ids: a store has them in the order in which they were written, and many are
/// written while a table is still being read.
fn effects(store: &Path) -> Vec<Vec<(String, Value)>> {
    let view = View::open(store).unwrap();
    let mut rows = Vec::new();
    for batch in view.effects(&EffectFilter::default()).unwrap() {
        let schema = batch.schema();
        for row in 0..batch.num_rows() {
            let cells = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
                let value = match column.as_any().downcast_ref::<arrow_array::FixedSizeBinaryArray>() {
                    Some(ids) => Value::text(&format!("{:?}", ids.value(row))),
                    None => value_at(column, row),
                };
                (field.name().clone(), value)
            });
            rows.push(cells.collect::<Vec<_>>());
        }
    }
    rows.sort_by_cached_key(|row| format!("{:?}", row.iter().find(|(name, _)| name == effect::EFFECT_ID)));
    rows
}

fn say(folder: &Path, args: &[&str]) -> Said {
    guiju(folder, "en_US.UTF-8", args)
}

fn new_tasks(said: &Said) -> u64 {
    assert_eq!(said.exit, Some(0), "{}", said.text);
    serde_json::from_str::<serde_json::Value>(&said.text).unwrap()["new"].as_u64().unwrap()
}

/// Runs the days on Spark into one store and here into another; then here again over the first. Gives the effects.
fn both(folder: &Path, cluster: &Cluster, days: &[&str], rest: &[&str]) -> usize {
    let config = fs::read_to_string(folder.join("guiju.yaml")).unwrap();
    let other = config.replace("out/", "here/");
    assert_ne!(config, other);
    fs::write(folder.join("here.yaml"), other).unwrap();
    for day in days {
        let own = [&["run", "--json", "--config", "here.yaml", "--today", day], rest].concat();
        let here = new_tasks(&say(folder, &own));
        let mut there = vec!["run", "--json", "--config", "guiju.yaml", "--today", day];
        there.extend(cluster.arguments.iter().map(String::as_str));
        there.extend(rest);
        assert_eq!(new_tasks(&say(folder, &there)), here, "{day}");
        let again = [&["run", "--json", "--config", "guiju.yaml", "--today", day], rest].concat();
        assert_eq!(new_tasks(&say(folder, &again)), 0, "{day}");
    }
    let (there, here) = (effects(&folder.join("out/store")), effects(&folder.join("here/store")));
    assert_eq!(there.len(), here.len());
    let differ: Vec<_> = there.iter().zip(&here).filter(|(a, b)| a != b).take(3).collect();
    assert!(differ.is_empty(), "{differ:#?}");
    here.len()
}

fn shipped(cluster: &Cluster, days: &[&str]) {
    let root = workspace();
    let config = fs::read_to_string(root.join("examples/guiju.yaml")).unwrap();
    let config = config
        .replace("path: data ", &format!("path: {} ", root.join("examples/data").display()))
        .replace("[../rulebooks/", &format!("[{}/", root.join("rulebooks").display()));
    let folder = project(&config);
    let found = both(folder.path(), cluster, days, &[root.join("rulebooks").to_str().unwrap()]);
    assert!(found >= 109, "only {found} tasks");
}

fn benchmark(home: &Path, lake: &Path, days: &[&str]) -> usize {
    let lake = lake.display();
    let config = format!(
        "connections:\n  lake: {{ kind: files, path: {lake} }}\n  relations: {{ kind: parquet, path: {lake}/rel.parquet }}\n  \
         desk: {{ kind: sqlite, path: out/desk.db }}\nstore: out/store\n"
    );
    let folder = project(&config);
    fs::copy(workspace().join("examples/mot101/mot101.gj"), folder.path().join("mot101.gj")).unwrap();
    both(folder.path(), &Cluster::local(home), days, &["mot101.gj"])
}

#[test]
fn the_shipped_rulebooks_act_alike_on_a_master_with_two_workers() {
    let Some(home) = home() else { return };
    shipped(&Cluster::standalone(&home), &["2026-11-20"]);
}

/// A second day meets the first one's cool-downs.
#[test]
fn the_shipped_rulebooks_act_alike_day_after_day() {
    let Some(home) = home().filter(|_| thorough()) else { return };
    shipped(&Cluster::local(&home), &["2026-11-20", "2026-11-23", "2026-12-31"]);
}

#[test]
fn the_benchmark_s_hundred_and_one_events_act_alike() {
    let Some(home) = home() else { return };
    let lake = tempfile::tempdir().unwrap();
    let rows = if thorough() { 200_000 } else { 4_000 };
    guiju_bench::table::write(lake.path(), rows).unwrap();
    let days: &[&str] = if thorough() { &["2026-11-22", "2026-11-25"] } else { &["2026-11-22"] };
    let found = benchmark(&home, lake.path(), days);
    assert!(found * 2 > rows, "only {found} tasks");
}

/// The data of `GUIJU_BENCH`.
#[test]
fn given_data_act_alike() {
    let Some(home) = home().filter(|_| thorough()) else { return };
    let Some(given) = std::env::var_os("GUIJU_BENCH").map(PathBuf::from) else {
        println!("!!! SKIPPED: GUIJU_BENCH names no folder of data");
        return;
    };
    let lake = tempfile::tempdir().unwrap();
    // As `bench-mot` names them.
    for (name, from) in [("customers", "data/customers/part-00.parquet"), ("rel", "data/rel_1m.parquet")] {
        fs::copy(given.join(from), lake.path().join(format!("{name}.parquet"))).unwrap();
    }
    let found = benchmark(&home, lake.path(), &["2026-11-22"]);
    println!("{found} tasks");
}

/// Scripts, patterns and means in a stage that calls the engine; several files with odd names, and every key twice.
#[test]
fn what_sql_cannot_say_is_computed_by_the_engine_on_the_workers() {
    let Some(home) = home() else { return };
    let root = workspace();
    let folder = project(&format!(
        "connections:\n  lake: {{ kind: files, path: 湖 }}\n  desk: {{ kind: sqlite, path: out/desk.db }}\nstore: out/store\ncalendars: [{}]\n",
        root.join("rulebooks/calendars/sse.yaml").display()
    ));
    let people = folder.path().join("湖/people");
    fs::create_dir_all(&people).unwrap();
    for name in ["一 a%b.parquet", "b+2.parquet"] {
        fs::copy(root.join("examples/data/customers.parquet"), people.join(name)).unwrap();
    }
    let managers = fs::read_to_string(root.join("examples/data/managers.csv")).unwrap();
    fs::write(folder.path().join("湖/managers.csv"), format!("{managers}10001,M999,x,2025-12-25\n")).unwrap();
    fs::copy(root.join("tests/tests/spark/stages.gj"), folder.path().join("stages.gj")).unwrap();
    let job = folder.path().join("job");
    let export = say(
        folder.path(),
        &[
            "export",
            "spark",
            "--json",
            "--config",
            "guiju.yaml",
            "--today",
            "2026-11-20",
            "--to",
            job.to_str().unwrap(),
            "stages.gj",
        ],
    );
    assert_eq!(export.exit, Some(0), "{}", export.text);
    let said: serde_json::Value = serde_json::from_str(&export.text).unwrap();
    let staged = said["findings"].as_array().unwrap().iter().filter(|f| f["code"] == "G7141").count();
    assert_eq!(staged, 3, "{}", export.text);
    let found = both(folder.path(), &Cluster::local(&home), &["2026-11-20"], &["stages.gj"]);
    assert!(found > 20, "only {found} tasks");
}
