//! More and more rules, of which a row wants two.

use crate::{
    measure::{Case, Limits, medians},
    rules::{Customer, by_amount, by_branch, checked, decider},
};
use guiju::{Decider, Moment};
use std::hint::black_box;

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
const TODAY: i32 = 20_777;

fn case(name: &'static str, decider: &Decider, rows: Vec<Customer>, times: usize) -> Case {
    let (decider, mut scratch) = (decider.clone(), decider.scratch());
    Case::new(name, times, move |times| {
        for n in 0..times {
            let decisions = decider.decide(&mut scratch, black_box(&rows[n % rows.len()]), Moment::Day(TODAY));
            assert_eq!(black_box(decisions.len()), 2);
        }
    })
}

pub(crate) fn report(limits: &mut Limits) {
    let folder = tempfile::tempdir().expect("a folder");
    let load = |text: &str| decider(checked(folder.path(), text).1);
    let deciders = SIZES.map(|n| load(&by_branch(n)));
    assert!(deciders.iter().all(|decider| decider.unindexed() == 0), "every rule names its branch");
    // Sixteen rows of five branches, whatever the number of rules; then rows of all branches, whose rules no cache holds.
    let few = || (0..16).map(|n| Customer::nth(n, 5)).collect::<Vec<_>>();
    let all = |rules: usize| (0..4_096).map(|n| Customer::nth(n, rules / 2)).collect::<Vec<_>>();
    let mut cases: Vec<Case> = deciders.iter().map(|decider| case("few", decider, few(), 40_000)).collect();
    cases.extend(deciders.iter().zip(SIZES).map(|(decider, n)| case("all", decider, all(n), 40_000)));
    let times = medians(&mut cases);
    let (few, all) = times.split_at(SIZES.len());
    println!("    a row that wants two of N rules, each naming a branch");
    for (n, (few, all)) in SIZES.iter().zip(few.iter().zip(all)) {
        println!("      N = {n:>6}   rows of five branches {few:>8.1} ns   rows of all branches {all:>8.1} ns");
    }
    limits.at_most("10,000 rules to 10 rules, rows of five branches, %", 100.0 * few[3] / few[0], 125.0);
    println!("    N rules that name no value: every rule is a candidate of every row, the last two hold");
    for n in [10, 100, 1_000] {
        let decider = load(&by_amount(n));
        assert_eq!(decider.unindexed(), n);
        // More than the last two amounts, less than the one before.
        let rows =
            (0..16).map(|i| Customer { total_asset: 15_000_000 + i, churn_score: 60, ..Customer::nth(0, 1) }).collect();
        let mut one = [case("candidates", &decider, rows, 200_000 / n)];
        let time = medians(&mut one)[0];
        println!("      N = {n:>6}   {time:>8.1} ns a row   {:>6.1} ns a candidate", time / n as f64);
    }
}
