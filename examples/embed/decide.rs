//! Rules inside a program: one customer in, tasks out, and why.
//!
//! `cargo run -p guiju-examples --example decide`
#![allow(clippy::print_stdout)] // it shows something

use guiju::{
    Decider, Epoch, Moment, Project,
    core::{Cells, Reason},
    decide::{Builder, Column, Datum, RowView},
    lang::{
        finding::Finding,
        time::{Civil, Zone},
        value::Value,
    },
};
use std::{path::Path, sync::Arc};

/// A customer as this program has them anyway. Nothing is copied for a decision: the rules read the fields in place.
struct Customer {
    id: i64,
    name: &'static str,
    level: &'static str,
    desk: &'static str,
    cd_maturity: Option<i32>,
    /// In fen: the column is `decimal(18,2)`.
    cd_balance: i128,
}

/// Which column is which field, looked up once.
struct Columns {
    id: Column,
    name: Column,
    level: Column,
    desk: Column,
    cd_maturity: Column,
    cd_balance: Column,
}

impl Columns {
    fn of(decider: &Decider) -> Option<Self> {
        Some(Self {
            id: decider.column("customer_id")?,
            name: decider.column("name")?,
            level: decider.column("level")?,
            desk: decider.column("branch_desk")?,
            cd_maturity: decider.column("cd_maturity")?,
            cd_balance: decider.column("cd_balance")?,
        })
    }
}

struct Seen<'a>(&'a Customer, &'a Columns);

impl RowView for Seen<'_> {
    fn datum(&self, column: usize) -> Datum<'_> {
        let Self(customer, columns) = self;
        match column {
            c if c == columns.id.index() => Datum::Whole(customer.id.into()),
            c if c == columns.name.index() => Datum::Text(customer.name),
            c if c == columns.level.index() => Datum::Text(customer.level),
            c if c == columns.desk.index() => Datum::Text(customer.desk),
            c if c == columns.cd_maturity.index() => {
                customer.cd_maturity.map_or(Datum::Missing, |d| Datum::Whole(d.into()))
            }
            c if c == columns.cd_balance.index() => Datum::Whole(customer.cd_balance),
            _ => Datum::Missing,
        }
    }
}

fn main() -> Result<(), String> {
    let said = |findings: Vec<Finding>| findings.iter().map(|f| f.code.to_string()).collect::<Vec<_>>().join(" ");
    // The rulebooks, checked once; a decider for the rows of one source, with the table that its rules look managers up in.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let project = Project::open(&[root.join("rulebooks")], Some(&root.join("examples/guiju.yaml")));
    let checked = project.check();
    let program = Arc::new(checked.program.ok_or_else(|| said(checked.findings))?);
    let epoch = Epoch::link(program, &project.calendars, |_| true).map_err(said)?;
    let decider = Decider::of(&epoch, "customer_care.customers")
        .and_then(|builder| builder.read(&project))
        .and_then(Builder::build)
        .map_err(said)?;
    let columns = Columns::of(&decider).ok_or("the source has other columns")?;
    println!(
        "{} rules are decided row by row, {} need the whole table",
        decider.rules().count(),
        decider.left_out().len()
    );

    // What every thread has of its own: a scratch, and the memory of the customers it serves.
    let (mut scratch, mut memory) = (decider.scratch(), Cells::default());
    let friday = Civil::new(2026, 11, 20).ok_or("a date")?.days();
    let today = Moment::Day(friday);
    let wang = Customer {
        id: 10_001,
        name: "王建国",
        level: "V6",
        desk: "客服台",
        cd_maturity: Some(friday + 4),
        cd_balance: 60_000_000,
    };
    let seen = Seen(&wang, &columns);
    let mut references = Vec::new();
    for decision in decider.decide_with(&mut scratch, &seen, today, &mut memory).iter() {
        println!(
            "{}: {} ({}, {})",
            decision.rule,
            decision.task,
            decision.assignee.unwrap_or("-"),
            decision.priority.unwrap_or("-")
        );
        references.push(decision.reference);
    }
    let again = decider.decide_with(&mut scratch, &seen, today, &mut memory).len();
    println!("asked again the same day: {again} tasks");

    // Why, and what would have turned it.
    for reference in &references {
        let explanation = decider.explain(reference, &seen).map_err(said)?;
        for reason in &explanation.reasons {
            tell(reason, 1);
        }
    }
    Ok(())
}

fn tell(reason: &Reason, depth: usize) {
    let text = |value: &Value| guiju::run::canonical_text(value, &Zone::utc());
    let leaves: Vec<String> = reason.leaves.iter().map(|(name, value)| format!("{name} = {}", text(value))).collect();
    let answer = reason.truth.map_or("unknown".to_owned(), |truth| truth.to_string());
    println!("{:indent$}{}: {answer}   {}", "", reason.clause, leaves.join(", "), indent = 2 * depth);
    for part in &reason.parts {
        tell(part, depth + 1);
    }
}
