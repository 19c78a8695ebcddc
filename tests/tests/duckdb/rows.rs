//! Rows that rules find, and rows that DuckDB finds.

use crate::{
    condition::{Said, whole},
    table::{self, Column},
    value::{KINDS, TODAY, pick},
};
use arrow_array::{StringArray, cast::AsArray, types::Int32Type};
use guiju::core::effect;
use guiju::{
    Epoch, Moment, Project,
    project::has_errors,
    run::{RunOptions, run},
    store::{EffectFilter, Store, View},
};
use guiju_examples::random::Random;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

/// Conditions over each table, one event each: together they are one plan.
const CONDITIONS: usize = 40;

/// Keys by the number of their condition.
type Found = Vec<Vec<i64>>;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// A table in `folder`, and conditions over it.
fn case(folder: &Path, seed: u64) -> (Vec<Column>, Vec<Said>) {
    let dice = &mut Random::new(seed);
    let columns = (0..dice.between(1, 8)).map(|n| Column { name: format!("c{n}"), kind: pick(dice, &KINDS) });
    let columns: Vec<Column> = columns.collect();
    let rows = pick(dice, &[0, 1, 2, 17, 100, 1_000]);
    table::write(&folder.join("t.parquet"), dice, &columns, rows);
    let conditions = (0..CONDITIONS).map(|_| whole(dice, &columns)).collect();
    (columns, conditions)
}

/// What a run over the table publishes.
fn ours(folder: &Path, conditions: &[Said]) -> Found {
    let mut text =
        "language 1\n\nrulebook r \"r\" {\n  owner \"tests\"\n}\n\nsource t from lake table \"t\" {\n  key id\n}\n\n\
                    sink tasks to desk\n"
            .to_owned();
    for (n, condition) in conditions.iter().enumerate() {
        let _ = write!(
            text,
            "\nevent e{n} \"e{n}\" {{\n  on t\n  when {}\n  task \"found\"\n  to tasks\n}}\n",
            condition.rule
        );
    }
    fs::write(folder.join("r.gj"), &text).unwrap();
    let config = "connections:\n  lake: { kind: files, path: . }\n  desk: { kind: csv, path: out.csv }\nstore: store\n";
    fs::write(folder.join("guiju.yaml"), config).unwrap();
    let project = Project::open(&[folder.join("r.gj")], Some(&folder.join("guiju.yaml")));
    let checked = project.check();
    let errors: Vec<_> = checked.findings.iter().filter(|found| has_errors(std::slice::from_ref(found))).collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
    let epoch = Epoch::link(Arc::new(checked.program.unwrap()), &project.calendars, |_| true).unwrap();
    let mut store = Store::open(&project.config.store).unwrap();
    let at = Moment::Day(i32::try_from(TODAY).unwrap());
    let options = RunOptions { at, run: None, clock: || 1, dry: false, on: None, deliver: true };
    run(&project, &epoch, Some(&mut store), &options, &mut ()).unwrap_or_else(|found| panic!("{found:#?}\n{text}"));
    drop(store);
    keys(&folder.join("store"), conditions.len())
}

fn keys(store: &Path, conditions: usize) -> Found {
    let mut found: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for batch in View::open(store).unwrap().effects(&EffectFilter::default()).unwrap() {
        let rules = batch.column_by_name(effect::RULE).unwrap().as_dictionary::<Int32Type>().clone();
        let rules = rules.downcast_dict::<StringArray>().unwrap();
        let keys = batch.column_by_name(effect::KEY).unwrap().as_string::<i32>().clone();
        for (rule, key) in rules.into_iter().zip(&keys) {
            let number = rule.unwrap().rsplit_once(".e").unwrap().1.parse().unwrap();
            found.entry(number).or_default().push(key.unwrap().parse().unwrap());
        }
    }
    found.values_mut().for_each(|keys| keys.sort_unstable());
    (0..conditions).map(|n| found.remove(&n).unwrap_or_default()).collect()
}

/// What DuckDB finds, for every table.
fn theirs(home: &Path, folders: &[PathBuf], cases: &[(Vec<Column>, Vec<Said>)]) -> Vec<Found> {
    let scratch = tempfile::tempdir().unwrap();
    let (ask, answer) = (scratch.path().join("ask"), scratch.path().join("answer"));
    let lines = folders.iter().zip(cases).map(|(folder, (columns, conditions))| {
        let columns: Vec<String> = ["id".to_owned()].into_iter().chain(columns.iter().map(Column::sql)).collect();
        let conditions: Vec<&str> = conditions.iter().map(|said| said.sql.as_str()).collect();
        serde_json::json!({ "table": folder.join("t.parquet"), "columns": columns, "conditions": conditions })
            .to_string()
    });
    fs::write(&ask, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/duckdb/evaluate.py");
    let output = Command::new(home.join("bin/python")).arg(script).args([&ask, &answer]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer = fs::read_to_string(answer).unwrap();
    answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn random_rules_over_random_tables_find_duckdb_s_rows() {
    let Some(home) = std::env::var_os("GUIJU_PEERS").map(PathBuf::from) else {
        println!("!!! SKIPPED: GUIJU_PEERS is not set; `cargo xtask test duckdb` installs DuckDB and sets it");
        return;
    };
    let (tables, first) = (number("GUIJU_DUCKDB_TABLES", 25), number("GUIJU_DUCKDB_SEED", 1));
    let scratch = tempfile::tempdir().unwrap();
    let seeds = first..first + tables;
    let folders: Vec<PathBuf> = seeds.clone().map(|seed| scratch.path().join(seed.to_string())).collect();
    let mut cases = Vec::new();
    for (folder, seed) in folders.iter().zip(seeds.clone()) {
        fs::create_dir(folder).unwrap();
        cases.push(case(folder, seed));
    }
    let answers = theirs(&home, &folders, &cases);
    let (mut wrong, mut rows) = (Vec::new(), 0);
    for (((folder, seed), (columns, conditions)), theirs) in folders.iter().zip(seeds).zip(&cases).zip(&answers) {
        for ((said, ours), theirs) in conditions.iter().zip(ours(folder, conditions)).zip(theirs) {
            rows += theirs.len();
            if ours != *theirs {
                let kinds: Vec<_> = columns.iter().map(|column| (&column.name, column.kind)).collect();
                let missing: Vec<_> = theirs.iter().filter(|key| !ours.contains(key)).take(3).collect();
                let extra: Vec<_> = ours.iter().filter(|key| !theirs.contains(key)).take(3).collect();
                let what = format!("{}\n    {}\n    missing {missing:?}, extra {extra:?}", said.rule, said.sql);
                wrong.push(format!("GUIJU_DUCKDB_SEED={seed}, {kinds:?}:\n    {what}"));
            }
        }
    }
    println!("{} conditions over {tables} tables, {rows} rows found", cases.len() * CONDITIONS);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert!(rows > cases.len() * CONDITIONS, "hardly anything is found");
}
