//! Whole decisions through the facade, threads, loading.

use crate::{
    measure::{Case, Limits, median, medians, print},
    rules::{Customer, FOUR, by_branch, checked, decider, rulebook},
};
use guiju::{Decider, Epoch, Moment, core::Cells};
use std::{hint::black_box, sync::Arc, time::Instant};

const ROWS: usize = 16;
const TODAY: i32 = 20_777;

fn one_rule() -> Decider {
    let folder = tempfile::tempdir().expect("a folder");
    decider(checked(folder.path(), &rulebook(std::iter::once(FOUR.to_owned()))).1)
}

/// All that is in a decision, so that none of it is left out.
fn read(decisions: guiju::decide::Decisions<'_>) -> usize {
    decisions
        .iter()
        .map(|d| d.key.len() + d.task.len() + d.priority.map_or(0, str::len) + d.assignee.map_or(0, str::len))
        .sum()
}

pub(crate) fn cases() -> Vec<Case> {
    let decider = one_rule();
    let customers: Vec<Customer> = (0..ROWS).map(|n| Customer::nth(n, 1)).collect();
    let mut all = Vec::new();
    let (d, rows, mut scratch) = (decider.clone(), customers.clone(), decider.scratch());
    all.push(Case::new("a struct of the program's in, a task out", 100_000, move |times| {
        for n in 0..times {
            let decisions = d.decide(&mut scratch, black_box(&rows[n % ROWS]), Moment::Day(TODAY));
            assert!(black_box(read(decisions)) > 0);
        }
    }));
    let (d, rows, mut scratch, mut row) = (decider.clone(), customers.clone(), decider.scratch(), decider.row());
    let column = |name: &str| decider.column(name).expect("declared");
    let columns = ["customer_id", "name", "level", "branch", "churn_score", "ret_1y", "total_asset"].map(column);
    all.push(Case::new("a row filled column by column in, a task out", 100_000, move |times| {
        for n in 0..times {
            let c = black_box(&rows[n % ROWS]);
            row.clear();
            let asset = guiju::lang::value::Decimal { mantissa: c.total_asset, scale: 2 };
            let set = [
                row.set(columns[0], c.id),
                row.set(columns[1], &*c.name),
                row.set(columns[2], c.level),
                row.set(columns[3], &*c.branch),
                row.set(columns[4], c.churn_score),
                row.set(columns[5], c.ret_1y),
                row.set(columns[6], asset),
            ];
            assert!(set.iter().all(Result::is_ok));
            assert!(black_box(read(d.decide(&mut scratch, &row, Moment::Day(TODAY)))) > 0);
        }
    }));
    let (d, rows, mut scratch, mut cells) = (decider.clone(), customers.clone(), decider.scratch(), Cells::default());
    let mut day = TODAY;
    all.push(Case::new("the same with its cool-down, day after day", 100_000, move |times| {
        // The cool-down is over whenever a customer's turn comes again.
        for n in 0..times {
            day = if n % ROWS == 0 { day % 2_000_000 + 40 } else { day };
            let decisions = d.decide_with(&mut scratch, black_box(&rows[n % ROWS]), Moment::Day(day), &mut cells);
            black_box(read(decisions));
        }
    }));
    let (d, mut scratch) = (decider.clone(), decider.scratch());
    let rows: Vec<Customer> = customers.iter().map(|c| Customer { level: "V1", ..c.clone() }).collect();
    all.push(Case::new("a row that the rule does not want", 200_000, move |times| {
        for n in 0..times {
            assert!(d.decide(&mut scratch, black_box(&rows[n % ROWS]), Moment::Day(TODAY)).is_empty());
        }
    }));
    all
}

pub(crate) fn report(limits: &mut Limits) {
    let mut cases = cases();
    let times = medians(&mut cases);
    print("a decision through the facade: one rule of four conditions", &cases, &times);
    limits.at_most("a decision from a struct, ns", times[0], 500.0);
    limits.at_most("a decision from a row, ns", times[1], 500.0);
}

/// The same decider from one and from two threads.
pub(crate) fn threads(limits: &mut Limits) {
    let folder = tempfile::tempdir().expect("a folder");
    let decider = decider(checked(folder.path(), &by_branch(1_000)).1);
    let rows: Vec<Customer> = (0..64).map(|n| Customer::nth(n, 500)).collect();
    const TURNS: usize = 300_000;
    let work = || {
        let mut scratch = decider.scratch();
        for n in 0..TURNS {
            black_box(read(decider.decide(&mut scratch, &rows[n % rows.len()], Moment::Day(TODAY))));
        }
    };
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        let start = Instant::now();
        work();
        one.push(TURNS as f64 / start.elapsed().as_secs_f64());
        let start = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(work);
            scope.spawn(work);
        });
        two.push(2.0 * TURNS as f64 / start.elapsed().as_secs_f64());
    }
    let (one, two) = (median(one), median(two));
    println!("    threads sharing one decider of 1,000 rules");
    println!(
        "      one thread {:.2} million rows a second, two threads {:.2}: {:.2} times",
        one / 1e6,
        two / 1e6,
        two / one
    );
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    if processors > 1 {
        limits.at_most("one thread's share of two threads' rows, %", 100.0 * one / two, 65.0);
    }
}

/// From text to decisions so many times: what a profiler looks at.
pub(crate) fn load_only(times: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let (project, _) = checked(folder.path(), &by_branch(1_000));
    for _ in 0..times {
        black_box(decider(project.check().program.expect("right")));
    }
}

/// From text to decisions.
pub(crate) fn load(limits: &mut Limits) {
    let folder = tempfile::tempdir().expect("a folder");
    let text = by_branch(1_000);
    let (project, _) = checked(folder.path(), &text);
    let (mut check, mut build, mut link) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..9 {
        let start = Instant::now();
        let program = Arc::new(project.check().program.expect("right"));
        let middle = Instant::now();
        let built = Decider::of_program(&program, &[], "customers").and_then(guiju::decide::Builder::build);
        black_box(built.unwrap_or_else(|f| panic!("{f:?}")));
        let end = Instant::now();
        let ms = |from: Instant, to: Instant| (to - from).as_secs_f64() * 1e3;
        check.push(ms(start, middle));
        build.push(ms(middle, end));
        let epoch = Epoch::link(program, &[], |_| true).unwrap_or_else(|f| panic!("{f:?}"));
        link.push(ms(end, Instant::now()));
        drop(black_box(epoch));
    }
    let (check, build, link) = (median(check), median(build), median(link));
    println!("    loading 1,000 rules of {} KiB", text.len() / 1024);
    println!("      parsed and checked {check:.1} ms, compiled for decisions {build:.1} ms: {:.1} ms", check + build);
    println!("      linked for runs over tables instead {link:.1} ms");
    limits.at_most("1,000 checked rules to decisions, ms", build, 50.0);
    limits.target("text of 1,000 rules to decisions, ms", check + build, 50.0);
}
