//! Columns that only tasks need are read for the rows that get one, and for no others; what comes out is what a file gives that has to
//! be read from the beginning.
#![allow(clippy::unwrap_used)] // a test that cannot set up its files has failed

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use guiju::{
    Epoch, Moment, Project,
    lang::finding::Finding,
    run::{RunOptions, run},
    store::Store,
};
use parquet::{
    arrow::ArrowWriter,
    file::{
        properties::WriterProperties,
        reader::{FileReader, SerializedFileReader},
    },
};
use std::{fmt::Write as _, fs, path::Path, sync::Arc};

const ROWS: i64 = 1_000;
const GROUP: i64 = 128;
const TODAY: i32 = 20_779;

const RULES: &str = r#"language 1

rulebook care "care" {
  owner "tests"
}

source people from lake table "people" {
  key id
  column id is integer required
  column amount is integer
  column branch is integer required
  column name is text required
  column note is text
}

source managers from lake table "managers" {
  key branch
  column branch is integer required
  column manager is text required
}

sink tasks to desk {
  deliver at least once
}

event some "some" {
  on people
  when amount > 900 or amount in [3, 130, 131]
  assign to managers.manager
  task "{name}: {note or else "-"}"
  to tasks
}

event best "best" {
  on people
  when amount > 100
  keep top 2 per branch by amount
  task "{name}"
  to tasks
}

event rich "rich" {
  on people
  when amount in top 1%
  once per id every 30d
  task "{note or else name}"
  to tasks
}

event all "all" {
  on people
  when amount is missing
  task "without an amount"
  to tasks
}
"#;

fn rows() -> RecordBatch {
    let ids = || 0..ROWS;
    let note = |n: i64| (n % 3 > 0).then(|| format!("note {n} {}", "x".repeat((n % 50) as usize)));
    let columns: [(&str, ArrayRef, bool); 5] = [
        ("id", Arc::new(Int64Array::from_iter_values(ids())), false),
        ("amount", Arc::new(ids().map(|n| (n % 10 > 0).then_some(n)).collect::<Int64Array>()), true),
        ("branch", Arc::new(Int64Array::from_iter_values(ids().map(|n| n % 7))), false),
        ("name", Arc::new(StringArray::from_iter_values(ids().map(|n| format!("name {}", n % 11)))), false),
        ("note", Arc::new(ids().map(note).collect::<StringArray>()), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn as_parquet(path: &Path) {
    let groups = WriterProperties::builder().set_max_row_group_row_count(Some(GROUP as usize)).build();
    let file = fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, rows().schema(), Some(groups)).unwrap();
    writer.write(&rows()).unwrap();
    writer.close().unwrap();
}

fn as_csv(path: &Path) {
    let rows = rows();
    let cell = |column: usize, row: usize| {
        let value = guiju::eval::value_at(rows.column(column), row);
        guiju::run::canonical_text(&value, &guiju::lang::time::Zone::utc())
    };
    let mut text = "id,amount,branch,name,note\n".to_owned();
    for row in 0..rows.num_rows() {
        let cells: Vec<String> = (0..5)
            .map(|column| if rows.column(column).is_null(row) { String::new() } else { cell(column, row) })
            .collect();
        writeln!(text, "{}", cells.join(",")).unwrap();
    }
    fs::write(path, text).unwrap();
}

struct Desk(tempfile::TempDir);

impl Desk {
    fn new(people: &dyn Fn(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let config =
            "connections:\n  lake: { kind: files, path: . }\n  desk: { kind: csv, path: out.csv }\nstore: store\n";
        fs::write(path("guiju.yaml"), config).unwrap();
        fs::write(path("care.gj"), RULES).unwrap();
        fs::write(path("managers.csv"), "branch,manager\n1,M1\n2,M2\n3,M3\n").unwrap();
        people(folder.path());
        Self(folder)
    }

    /// What the sink holds after a run of the events with these names.
    fn run(&self, wanted: &[&str]) -> Result<Vec<String>, Vec<Finding>> {
        let project = Project::open(&[self.0.path().join("care.gj")], Some(&self.0.path().join("guiju.yaml")));
        let checked = project.check();
        let program = checked.program.unwrap_or_else(|| unreachable!("{:?}", checked.findings));
        let chosen = |rule: &guiju::lang::hir::Rule| wanted.contains(&rule.head.id.name.as_str());
        let epoch = Epoch::link(Arc::new(program), &project.calendars, chosen).unwrap();
        let mut store = Store::open(self.0.path().join("store")).unwrap();
        let options =
            RunOptions { at: Moment::Day(TODAY), run: None, clock: || 1, dry: false, on: None, deliver: true };
        run(&project, &epoch, Some(&mut store), &options, &mut ())?;
        let written = fs::read_to_string(self.0.path().join("out.csv")).unwrap();
        let mut lines: Vec<String> = written.lines().map(str::to_owned).collect();
        lines.sort();
        Ok(lines)
    }
}

#[test]
fn what_comes_late_is_what_comes_at_once() {
    let events = ["some", "best", "rich", "all"];
    let late = Desk::new(&|folder| as_parquet(&folder.join("people.parquet"))).run(&events).unwrap();
    let at_once = Desk::new(&|folder| as_csv(&folder.join("people.csv"))).run(&events).unwrap();
    assert_eq!(late.len(), 1 + 92 + 14 + 10 + 100, "{late:#?}");
    assert_eq!(late, at_once);
}

#[test]
fn where_nobody_gets_a_task_nothing_else_is_read() {
    let spoilt = |folder: &Path| {
        let path = folder.join("people.parquet");
        as_parquet(&path);
        let reader = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        // The notes of every row group but the first two, and the last.
        let groups = reader.metadata().num_row_groups();
        for group in 2..groups - 1 {
            let (begin, length) = reader.metadata().row_group(group).column(4).byte_range();
            bytes[begin as usize..(begin + length) as usize].fill(0xff);
        }
        fs::write(&path, bytes).unwrap();
    };
    assert_eq!(Desk::new(&spoilt).run(&["some"]).unwrap().len(), 1 + 92, "rows 3, 131 and those above 900");
    let findings = Desk::new(&spoilt).run(&["best", "rich"]).map(|_| ());
    let findings = findings.expect_err("a note is needed that cannot be read");
    assert_eq!(findings[0].code.0 / 1000, 5, "of data: {findings:?}");
}
