//! Rulebooks to measure with, and the rows they are asked about.

use guiju::{
    Decider, Project,
    decide::{Datum, RowView},
};
use std::{fmt::Write as _, path::Path, sync::Arc};

const SOURCES: &str = r#"
source customers from lake table "customers" {
  key customer_id
  column customer_id is integer required
  column name is text required
  column level is text required
  column branch is text required
  column churn_score is integer
  column ret_1y is real
  column total_asset is decimal(18, 2) required
  column cd_maturity is date
}

sink tasks to desk {
  deliver at least once
}
"#;

/// The condition of four parts, in our words and in the peers'.
pub(crate) const FOUR: &str =
    "total_asset >= 50万 and level = \"V7\" and churn_score between 70 and 84 and ret_1y > 0.25";
pub(crate) const FOUR_IN_PEERS: &str =
    "total_asset >= 500000.0 && level == \"V7\" && churn_score >= 70 && churn_score <= 84 && ret_1y > 0.25";

/// A rulebook with one event for each condition.
pub(crate) fn rulebook<'a>(conditions: impl Iterator<Item = String> + 'a) -> String {
    let mut text = format!("language 1\n\nrulebook bench \"度量\" {{\n  owner \"bench\"\n}}\n{SOURCES}");
    for (n, condition) in conditions.enumerate() {
        let _ = write!(
            text,
            "\nevent rule{n} \"规则 {n}\" {{\n  on customers\n  when {condition}\n  priority high\n  assign to branch\n  \
             once per customer every 30d\n  expires after 5d\n  task \"请联系{{name}}：资产{{total_asset:万元}}，规则 {n}\"\n  to tasks\n}}\n"
        );
    }
    text
}

/// Two rules for each branch: a row matches two of however many there are.
pub(crate) fn by_branch(n: usize) -> String {
    let condition =
        |i: usize| format!("branch = \"B{:04}\" and level in [\"V6\", \"V7\"] and total_asset > {}", i / 2, i % 7);
    rulebook((0..n).map(condition))
}

/// Rules that no value of a column tells apart: a row matches the last two.
pub(crate) fn by_amount(n: usize) -> String {
    let condition = move |i: usize| format!("total_asset > {}万 and churn_score > {}", 10 * (n - 1 - i), i % 50);
    rulebook((0..n).map(condition))
}

/// A file system's worth of one rulebook, checked.
pub(crate) fn checked(folder: &Path, text: &str) -> (Project, guiju::lang::hir::Program) {
    std::fs::write(folder.join("guiju.yaml"), "connections: {}\n").expect("a writable folder");
    std::fs::write(folder.join("bench.gj"), text).expect("a writable folder");
    let project = Project::open(&[folder.join("bench.gj")], Some(&folder.join("guiju.yaml")));
    let checked = project.check();
    let program = checked.program.unwrap_or_else(|| panic!("{:?}", checked.findings));
    (project, program)
}

pub(crate) fn decider(program: guiju::lang::hir::Program) -> Decider {
    let built = Decider::of_program(&Arc::new(program), &[], "customers").and_then(guiju::decide::Builder::build);
    built.unwrap_or_else(|f| panic!("{f:?}"))
}

/// A row as an embedder has it: a struct of its own.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) level: &'static str,
    pub(crate) branch: String,
    pub(crate) churn_score: i64,
    pub(crate) ret_1y: f64,
    /// In fen.
    pub(crate) total_asset: i128,
}

impl Customer {
    /// The n-th of so many branches' customers; all four parts hold for each.
    pub(crate) fn nth(n: usize, branches: usize) -> Self {
        let number = i64::try_from(n).unwrap_or_default();
        Self {
            id: 10_000 + number,
            name: format!("客户{n}"),
            level: "V7",
            branch: format!("B{:04}", n * 7919 % branches.max(1)),
            churn_score: 70 + number % 15,
            ret_1y: 0.3 + (number % 10) as f64 / 100.0,
            total_asset: 60_000_000 + i128::from(number),
        }
    }
}

impl RowView for Customer {
    fn datum(&self, column: usize) -> Datum<'_> {
        match column {
            0 => Datum::Whole(self.id.into()),
            1 => Datum::Text(&self.name),
            2 => Datum::Text(self.level),
            3 => Datum::Text(&self.branch),
            4 => Datum::Whole(self.churn_score.into()),
            5 => Datum::Real(self.ret_1y),
            6 => Datum::Whole(self.total_asset),
            _ => Datum::Missing,
        }
    }
}
