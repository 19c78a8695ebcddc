//! Killed at each moment of a publication, among them those between the journal's commit and a sink's, and between a sink's commit
//! and the journal's knowledge of it.

use crate::desk::{DAYS, Desk, lake};
use guiju::{
    Epoch, Moment, Project,
    lang::time::Civil,
    run::{RunOptions, run},
    store::{PublishStep, Store},
};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// And which time: there are two segments, and two sinks are delivered to.
const MOMENTS: [(PublishStep, usize); 9] = [
    (PublishStep::Written, 1),
    (PublishStep::Synced, 0),
    (PublishStep::Renamed, 0),
    (PublishStep::Named, 0),
    (PublishStep::Recorded, 0),
    (PublishStep::Committed, 0),
    (PublishStep::Delivered, 0),
    (PublishStep::Delivered, 1),
    (PublishStep::Delivered, 9),
];

/// Not a test of its own: the process that dies. Does nothing unless started by the test below.
#[test]
fn child() {
    let Some(folder) = std::env::var_os("GUIJU_KILL_FOLDER").map(PathBuf::from) else { return };
    let number = |name: &str| std::env::var(name).unwrap().parse::<usize>().unwrap();
    let (step, nth) = MOMENTS[number("GUIJU_KILL_MOMENT")];
    let project = Project::open(&[folder.join("care.gj")], Some(&folder.join("guiju.yaml")));
    let program = project.check().program.expect("the rulebook is right");
    let epoch = Epoch::link(Arc::new(program), &project.calendars, |_| true).unwrap();
    let mut store = Store::open(&project.config.store).unwrap();
    let met = AtomicUsize::new(0);
    store.observe(move |at| {
        if at == step && met.fetch_add(1, Ordering::Relaxed) == nth {
            std::process::abort();
        }
    });
    let [year, month, day] = [0, 1, 2].map(|part| DAYS[number("GUIJU_KILL_DAY")].split('-').nth(part).unwrap());
    let date = Civil::new(year.parse().unwrap(), month.parse().unwrap(), day.parse().unwrap()).unwrap();
    let options =
        RunOptions { at: Moment::Day(date.days()), run: None, clock: || 1, dry: false, on: None, deliver: true };
    run(&project, &epoch, Some(&mut store), &options, &mut ()).unwrap();
}

/// Whether it came to its end.
fn runs(folder: &Path, day: usize, moment: usize) -> bool {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["moments::child", "--exact", "--nocapture"]).env("GUIJU_KILL_FOLDER", folder);
    command.env("GUIJU_KILL_DAY", day.to_string()).env("GUIJU_KILL_MOMENT", moment.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

#[test]
fn killed_at_every_moment_of_a_publication() {
    let lake = lake(3_000);
    let never = MOMENTS.len() - 1;
    let twin = Desk::over(lake.path());
    for day in 0..DAYS.len() {
        assert!(runs(twin.path(), day, never), "nobody is delivered to nine times");
    }
    for (moment, what) in MOMENTS[..never].iter().enumerate() {
        let desk = Desk::over(lake.path());
        for day in 0..DAYS.len() {
            assert!(!runs(desk.path(), day, moment), "{what:?} was never reached on day {day}");
            // Again, and then once more for nothing.
            assert!(runs(desk.path(), day, never) && runs(desk.path(), day, never), "after {what:?}, day {day}");
        }
        desk.is_like(&twin, &format!("{what:?}"));
    }
}
