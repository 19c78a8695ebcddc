//! Input that is bad before a run or goes bad in the middle of it: a finding that names it, nothing published, nothing delivered;
//! and when the input is good again the same run does everything, once.
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot set up its files has failed

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use guiju::{
    Epoch, Moment, Project,
    feed::{Progress, Watch},
    lang::finding::Finding,
    run::{RunOptions, RunReport, run},
    store::{EffectFilter, Store, View},
};
use parquet::arrow::ArrowWriter;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// In each of two files: several batches, and more effects than wait before the first are written.
const PEOPLE: i64 = 30_000;
const DAY: i32 = 20_779;

const RULES: &str = r#"language 1

rulebook care "care" {
  owner "tests"
}

source people from lake table "people" {
  key id
  column id is integer required
  column amount is integer required
}

source managers from lake table "managers" {
  key id
  column id is integer required
  column manager is text
}

sink tasks to desk {
  deliver at least once
}

event rich "rich" {
  on people
  when amount > 10
  assign to managers.manager or else "desk"
  once per id every 30d
  task "call"
  to tasks
}
"#;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::create_dir(desk.path("people")).unwrap();
        let config =
            "connections:\n  lake: { kind: files, path: . }\n  desk: { kind: csv, path: out.csv }\nstore: store\n";
        fs::write(desk.path("guiju.yaml"), config).unwrap();
        fs::write(desk.path("care.gj"), RULES).unwrap();
        for part in 0..2 {
            people(&desk.part(part), part, |amounts| Arc::new(Int64Array::from(amounts)));
        }
        managers(&desk.path("managers.parquet"), &[(1, "M1"), (2, "M2")]);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn part(&self, part: i64) -> PathBuf {
        self.path(&format!("people/part-{part}.parquet"))
    }

    /// One day's run; `middle` happens after the first people have been read.
    fn run(&self, middle: &mut dyn FnMut()) -> Result<RunReport, Vec<Finding>> {
        self.run_on(DAY, &mut Middle(Some(middle)))
    }

    fn run_on(&self, day: i32, watch: &mut dyn Watch) -> Result<RunReport, Vec<Finding>> {
        let project = Project::open(&[self.path("care.gj")], Some(&self.path("guiju.yaml")));
        let checked = project.check();
        let Some(program) = checked.program else { return Err(checked.findings) };
        let epoch = Epoch::link(Arc::new(program), &project.calendars, |_| true).unwrap();
        let mut store = Store::open(&project.config.store).unwrap();
        let options = RunOptions { at: Moment::Day(day), run: None, clock: || 1, dry: false, on: None, deliver: true };
        run(&project, &epoch, Some(&mut store), &options, watch)
    }

    /// The run is refused because of this file, and nothing has come of it.
    fn refused(&self, what: &str, file: &str, middle: &mut dyn FnMut()) {
        let findings = self.run(middle).expect_err(what);
        assert!(format!("{findings:?}").contains(file), "{what}: {findings:?}");
        // What the check refuses does not come as far as the store.
        if self.path("store").exists() {
            let view = View::open(self.path("store")).unwrap();
            assert!(view.effects(&EffectFilter::default()).unwrap().is_empty(), "{what}: effects are published");
            assert!(view.runs(9).unwrap().is_empty(), "{what}: the run is in the history");
        }
        assert!(!self.path("out.csv").exists(), "{what}: something is delivered");
    }

    /// All there are, once, also when the run is repeated.
    fn works(&self, what: &str) {
        let new = |report: &RunReport| report.rules.values().map(|count| count.new).sum::<u64>();
        assert_eq!(new(&self.run(&mut || ()).expect(what)), tasks(), "{what}");
        assert_eq!(new(&self.run(&mut || ()).expect(what)), 0, "{what}");
        let lines = fs::read_to_string(self.path("out.csv")).unwrap().lines().count() as u64;
        assert_eq!(lines, tasks() + 1, "{what}: with a header");
    }
}

fn tasks() -> u64 {
    (0..2 * PEOPLE).filter(|id| id % 40 > 10).count() as u64
}

struct Middle<'a>(Option<&'a mut dyn FnMut()>);

impl Watch for Middle<'_> {
    fn progress(&mut self, progress: &Progress<'_>) {
        if progress.source.ends_with("people")
            && let Some(middle) = self.0.take()
        {
            middle();
        }
    }
}

/// Another program that wants to write to the desk's database all the time.
struct Beside {
    database: PathBuf,
    tried: u32,
}

impl Watch for Beside {
    fn progress(&mut self, _: &Progress<'_>) {
        let database = rusqlite::Connection::open(&self.database).unwrap();
        database.execute_batch("BEGIN IMMEDIATE; ROLLBACK").expect("nobody else holds it");
        self.tried += 1;
    }
}

fn people(path: &Path, part: i64, amounts: impl Fn(Vec<Option<i64>>) -> ArrayRef) {
    let ids = part * PEOPLE..(part + 1) * PEOPLE;
    let amounts = amounts(ids.clone().map(|id| Some(id % 40)).collect());
    write(path, [("id", Arc::new(Int64Array::from_iter_values(ids)) as ArrayRef), ("amount", amounts)]);
}

fn managers(path: &Path, rows: &[(i64, &str)]) {
    let ids = Int64Array::from_iter_values(rows.iter().map(|(id, _)| *id));
    let names = StringArray::from_iter_values(rows.iter().map(|(_, name)| *name));
    write(path, [("id", Arc::new(ids) as ArrayRef), ("manager", Arc::new(names))]);
}

fn write(path: &Path, columns: [(&str, ArrayRef); 2]) {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Half of a file, in its place.
fn truncate(path: &Path) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
}

fn reals(amounts: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(amounts.into_iter().flatten().map(|n| n as f64)))
}

/// One row in the last part has no amount, which it must have.
fn poisoned(mut amounts: Vec<Option<i64>>) -> ArrayRef {
    amounts[PEOPLE as usize - 3] = None;
    Arc::new(Int64Array::from(amounts))
}

/// What happens to a file, in words and in deed.
type Spoil<'a> = (&'a str, &'a dyn Fn(&Path));

#[test]
fn bad_before_the_run() {
    let desk = Desk::new();
    let good = fs::read(desk.part(1)).unwrap();
    let spoil: [Spoil<'_>; 5] = [
        ("truncated", &|path| truncate(path)),
        ("gone, and an empty file in its place", &|path| fs::write(path, "").unwrap()),
        ("another type", &|path| people(path, 1, reals)),
        ("a poison row", &|path| people(path, 1, poisoned)),
        ("no Parquet at all", &|path| fs::write(path, "id,amount\n1,2\n").unwrap()),
    ];
    for (what, spoil) in spoil {
        spoil(&desk.part(1));
        desk.refused(what, "part-1.parquet", &mut || ());
        fs::write(desk.part(1), &good).unwrap();
    }
    let relation = desk.path("managers.parquet");
    let good = fs::read(&relation).unwrap();
    truncate(&relation);
    desk.refused("half a relation", "managers.parquet", &mut || ());
    fs::remove_file(&relation).unwrap();
    desk.refused("no relation", "managers", &mut || ());
    fs::write(&relation, good).unwrap();
    desk.works("good again");
}

#[test]
fn bad_in_the_middle_of_a_run() {
    let spoil: [Spoil<'_>; 3] = [
        ("truncated in its place", &|path| truncate(path)),
        ("replaced by other rows", &|path| {
            people(&path.with_extension("new"), 0, |amounts| Arc::new(Int64Array::from(amounts)));
            fs::rename(path.with_extension("new"), path).unwrap();
        }),
        ("replaced by another type", &|path| {
            people(&path.with_extension("new"), 1, reals);
            fs::rename(path.with_extension("new"), path).unwrap();
        }),
    ];
    for (what, spoil) in spoil {
        let desk = Desk::new();
        let part = desk.part(1);
        let good = fs::read(&part).unwrap();
        desk.refused(what, "part-1.parquet", &mut || spoil(&part));
        fs::write(&part, good).unwrap();
        desk.works(what);
    }
}

/// What is open can be read to its end even if its name is gone: all rows or a finding, never some of them.
#[test]
fn a_source_that_disappears_in_the_middle_of_a_run() {
    let desk = Desk::new();
    let (people, aside) = (desk.path("people"), desk.path("aside"));
    match desk.run(&mut || fs::rename(&people, &aside).unwrap()) {
        Ok(report) => assert_eq!(report.rules.values().map(|count| count.new).sum::<u64>(), tasks()),
        Err(findings) => {
            assert!(format!("{findings:?}").contains("people/part-"), "{findings:?}");
            fs::rename(&aside, &people).unwrap();
            desk.works("there again");
        }
    }
    let gone = Desk::new();
    let people = gone.path("people");
    fs::rename(&people, gone.path("aside")).unwrap();
    gone.refused("gone before the run", "people", &mut || ());
    fs::rename(gone.path("aside"), &people).unwrap();
    gone.works("there again");
}

/// The first of a key's rows counts, the others are said: never two tasks.
#[test]
fn a_relation_with_a_key_twice() {
    let desk = Desk::new();
    managers(&desk.path("managers.parquet"), &[(11, "first"), (12, "M"), (11, "second"), (11, "third")]);
    let report = desk.run(&mut || ()).unwrap();
    assert!(report.findings.iter().any(|finding| finding.code.0 == 3103), "{:?}", report.findings);
    let of = |id: &str| {
        let out = fs::read_to_string(desk.path("out.csv")).unwrap();
        let lines = out.lines().filter(|line| line.split(',').any(|cell| cell == id)).map(str::to_owned);
        lines.collect::<Vec<_>>()
    };
    assert!(of("11").len() == 1 && of("11")[0].contains("first"), "{:?}", of("11"));
    let lines = fs::read_to_string(desk.path("out.csv")).unwrap().lines().count() as u64;
    assert_eq!(lines, tasks() + 1);
}

#[test]
fn a_database_is_left_to_others_while_sources_are_read() {
    let desk = Desk::new();
    let config =
        "connections:\n  lake: { kind: files, path: . }\n  desk: { kind: sqlite, path: out.db }\nstore: store\n";
    fs::write(desk.path("guiju.yaml"), config).unwrap();
    desk.run_on(DAY, &mut ()).unwrap();
    let mut beside = Beside { database: desk.path("out.db"), tried: 0 };
    // The cool-downs are over.
    desk.run_on(DAY + 31, &mut beside).unwrap();
    assert!(beside.tried > 4);
    let database = rusqlite::Connection::open(desk.path("out.db")).unwrap();
    let ids = "SELECT count(*), count(DISTINCT effect_id) FROM effects";
    let counts: (i64, i64) = database.query_row(ids, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(counts, (2 * tasks() as i64, 2 * tasks() as i64));
}
