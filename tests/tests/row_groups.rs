//! Parts of a Parquet file where no rule can act are not read; who asks about them still gets an answer.
#![allow(clippy::unwrap_used)] // a test that cannot set up its files has failed

use arrow_array::{ArrayRef, Date32Array, Int64Array, RecordBatch};
use guiju::{
    Epoch, Moment, Project,
    core::Verdict,
    explain::{Question, explain},
    run::{RunOptions, RunReport, default_run, run},
};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};
use std::{fs, sync::Arc};

/// In each of three row groups, whose amounts and days follow each other.
const GROUP: i64 = 100;
const TODAY: i32 = 20_779;

const HEAD: &str = r#"language 1

rulebook care "care" {
  owner "tests"
}

source people from lake table "people" {
  key id
  column id is integer required
  column amount is integer
  column due is date
}

sink tasks to desk {
  deliver at least once
}
"#;

fn event(name: &str, when: &str) -> String {
    format!("\nevent {name} \"{name}\" {{\n  on people\n  when {when}\n  task \"call\"\n  to tasks\n}}\n")
}

struct Desk(tempfile::TempDir);

impl Desk {
    fn new(events: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let config =
            "connections:\n  lake: { kind: files, path: . }\n  desk: { kind: csv, path: out.csv }\nstore: store\n";
        fs::write(path("guiju.yaml"), config).unwrap();
        let events: String = events.iter().map(|(name, when)| event(name, when)).collect();
        fs::write(path("care.gj"), format!("{HEAD}{events}")).unwrap();
        let ids = || 0..3 * GROUP;
        let columns: [(&str, ArrayRef, bool); 3] = [
            ("id", Arc::new(Int64Array::from_iter_values(ids())), false),
            ("amount", Arc::new(ids().map(|n| (n % 10 > 0).then_some(n)).collect::<Int64Array>()), true),
            ("due", Arc::new(Date32Array::from_iter_values(ids().map(|n| TODAY + n as i32 - 150))), true),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let groups = WriterProperties::builder().set_max_row_group_row_count(Some(GROUP as usize)).build();
        let file = fs::File::create(path("people.parquet")).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(groups)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        Self(folder)
    }

    fn project(&self) -> (Project, Epoch) {
        let project = Project::open(&[self.0.path().join("care.gj")], Some(&self.0.path().join("guiju.yaml")));
        let checked = project.check();
        let program = checked.program.unwrap_or_else(|| unreachable!("{:?}", checked.findings));
        let epoch = Epoch::link(Arc::new(program), &project.calendars, |_| true).unwrap();
        (project, epoch)
    }

    /// Rows read, and rows found by each event.
    fn run(&self) -> (u64, Vec<u64>) {
        let (project, epoch) = self.project();
        let options = RunOptions { at: Moment::Day(TODAY), run: None, clock: || 1, dry: true, on: None, deliver: true };
        let RunReport { reads, rules, .. } = run(&project, &epoch, None, &options, &mut ()).unwrap();
        (reads.iter().map(|read| read.rows).sum(), rules.values().map(|count| count.new).collect())
    }
}

#[test]
fn only_row_groups_where_some_rule_may_act_are_read() {
    let found = |events: &[(&str, &str)]| Desk::new(events).run();
    assert_eq!(found(&[("a", "amount >= 250")]), (100, vec![45]));
    assert_eq!(found(&[("a", "amount >= 250"), ("b", "amount < 20")]), (200, vec![45, 18]));
    assert_eq!(found(&[("a", "amount = 150 or amount in [151, 152]")]), (100, vec![2]));
    assert_eq!(found(&[("a", "due within next 7d")]), (100, vec![8]));
    assert_eq!(found(&[("a", "due < today - 100d and amount > 5")]), (100, vec![40]));
    assert_eq!(found(&[("a", "amount > 1000")]), (0, vec![0]), "nobody wants anything");
    assert_eq!(found(&[("a", "amount is missing")]), (300, vec![30]), "nothing is said about missing values");
    assert_eq!(found(&[("a", "amount >= 250 and amount in top 10%")]).0, 300, "who ranks wants all rows");
}

#[test]
fn a_row_that_is_not_read_is_explained() {
    let desk = Desk::new(&[("a", "amount >= 250")]);
    let (project, epoch) = desk.project();
    let rule = &epoch.program.rules[0].head.id;
    let at = Moment::Day(TODAY);
    let question = Question { rule, key: "7", at, run: default_run(&epoch, at).unwrap() };
    let answer = explain(&project, &epoch, None, &question, &mut ()).unwrap();
    assert_eq!(answer.unwrap().verdict, Verdict::DoesNot, "7 is in the first row group");
}
