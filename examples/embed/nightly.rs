//! The nightly run inside a program: tables in, tasks in the store, once, however often it is repeated.
//!
//! `cargo run -p guiju-examples --example nightly`
#![allow(clippy::print_stdout)] // it shows something

use guiju::{
    Epoch, Moment, Project,
    lang::{finding::Finding, time::Civil},
    run::{RunOptions, run},
    store::{EffectFilter, Store},
};
use std::{path::Path, sync::Arc};

fn main() -> Result<(), String> {
    let said = |findings: Vec<Finding>| findings.iter().map(|f| f.code.to_string()).collect::<Vec<_>>().join(" ");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let project = Project::open(&[root.join("rulebooks")], Some(&root.join("examples/guiju.yaml")));
    let checked = project.check();
    let program = Arc::new(checked.program.ok_or_else(|| said(checked.findings))?);
    let epoch = Epoch::link(program, &project.calendars, |_| true).map_err(said)?;

    let mut store = Store::temporary().map_err(|e| e.to_string())?;
    let friday = Civil::new(2026, 11, 20).ok_or("a date")?.days();
    // The logical day is an input; the clock is for the history only, and this program has none. Its sinks are its own business.
    let options = RunOptions { at: Moment::Day(friday), run: None, clock: || 0, dry: false, on: None, deliver: false };
    for attempt in ["first", "repeated"] {
        let report = run(&project, &epoch, Some(&mut store), &options, &mut ()).map_err(said)?;
        let (new, already) = report.rules.values().fold((0, 0), |(n, a), count| (n + count.new, a + count.already));
        println!("{attempt}: run {}, {new} new tasks, {already} were there", report.run);
    }

    // Whatever was published can be asked for, as Arrow batches.
    let mut rows = 0;
    for batch in store.effects(&EffectFilter::default()).map_err(|e| e.to_string())? {
        rows += batch.num_rows();
    }
    println!("in the journal: {rows}");
    Ok(())
}
