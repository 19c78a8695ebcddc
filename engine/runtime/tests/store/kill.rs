//! Killed at any moment, the store is consistent and the run can be repeated without doubling. Real processes, real kills.

use crate::{
    desk::{day_text, published, run},
    place::{Place, home},
};
use guiju::store::{PublishStep, Store};
use std::{
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

const CUSTOMERS: u32 = 3_000;
const STEPS: [PublishStep; 6] = [
    PublishStep::Written,
    PublishStep::Synced,
    PublishStep::Renamed,
    PublishStep::Named,
    PublishStep::Recorded,
    PublishStep::Committed,
];

fn customers() -> Vec<String> {
    (0..CUSTOMERS).map(|n| format!("C{n:06}")).collect()
}

/// Not a test of its own: the process that is killed. Does nothing unless started by the tests below.
#[test]
fn child() {
    let Ok(folder) = std::env::var("GUIJU_KILL_FOLDER") else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u32>().ok());
    let day = number("GUIJU_KILL_DAY").expect("a day");
    let mut store = match std::env::var("GUIJU_KILL_URL") {
        Ok(url) => Store::open(home(Path::new(&folder), &url)).expect("opens"),
        Err(_) => Store::open(folder).expect("opens"),
    };
    if let (Some(step), Some(nth)) = (number("GUIJU_KILL_STEP"), number("GUIJU_KILL_NTH")) {
        let met = AtomicU32::new(0);
        store.observe(move |at| {
            if at == STEPS[step as usize] && met.fetch_add(1, Ordering::Relaxed) == nth {
                std::process::abort();
            }
        });
    }
    run(&mut store, &day_text(day), day, &customers()).expect("publishes");
}

fn spawn(place: &Place, day: u32, abort: Option<(u32, u32)>) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["kill::child", "--exact", "--nocapture"]).env("GUIJU_KILL_FOLDER", place.folder());
    command.envs(place.url().map(|url| ("GUIJU_KILL_URL", url)));
    command.env("GUIJU_KILL_DAY", day.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some((step, nth)) = abort {
        command.env("GUIJU_KILL_STEP", step.to_string()).env("GUIJU_KILL_NTH", nth.to_string());
    }
    command.spawn().expect("starts")
}

/// After a kill on `day`: everything of the run is there or nothing; repeated, it is there once; the cool-down holds.
fn check(place: &Place, day: u32, what: &str) -> bool {
    let mut store = place.open();
    store.verify().expect(what);
    let count = |store: &Store, rule: &str, day: u32| {
        published(store)
            .iter()
            .filter(|((r, _, d), _)| r == rule && *d == i64::from(day))
            .map(|(_, n)| n)
            .sum::<usize>()
    };
    let all = CUSTOMERS as usize;
    let was_there = count(&store, "eager", day);
    assert!(was_there == 0 || was_there == all, "{what}: half a run is visible: {was_there}");
    assert_eq!(
        store.runs(1).expect(what).first().map(|r| r.run.clone()) == Some(day_text(day)),
        was_there == all,
        "{what}"
    );
    for _ in 0..2 {
        run(&mut store, &day_text(day), day, &customers()).expect(what);
        assert!(published(&store).values().all(|&n| n == 1), "{what}: an effect is there twice");
        assert_eq!(count(&store, "eager", day), all, "{what}");
        // Day 1 fires, day 4 is within its seven days, day 9 is not.
        assert_eq!(count(&store, "calm", day), if day == 4 { 0 } else { all }, "{what}: cool-down");
    }
    store.verify().expect(what);
    let files = std::fs::read_dir(place.folder().join("segments")).expect("folder").count() as u64;
    assert_eq!(store.sizes().expect(what).segments, files, "{what}: files that no run owns");
    was_there == all
}

fn abort_at_every_step(new: impl Fn() -> Place, next: impl Fn(&Place) -> Place) {
    for (number, step) in (0..).zip(STEPS) {
        let mut place = new();
        for day in [1, 4, 9] {
            let nths = if step == PublishStep::Written { vec![0, 2] } else { vec![0] };
            for nth in nths {
                let status = spawn(&place, day, Some((number, nth))).wait().expect("ends");
                assert!(!status.success(), "{step:?} #{nth} was never reached");
            }
            place = next(&place);
            let there = check(&place, day, &format!("aborted at {step:?}, day {day}"));
            assert_eq!(there, step == PublishStep::Committed, "{step:?}: visible exactly when committed");
        }
    }
}

#[test]
fn aborted_at_every_step() {
    abort_at_every_step(Place::file, Place::again);
}

/// Whoever takes over has nothing of the one who was killed but the database.
#[test]
fn aborted_at_every_step_and_taken_over_by_another_machine() {
    if Place::postgres().is_some() {
        abort_at_every_step(|| Place::postgres().expect("a database"), Place::elsewhere);
    }
}

#[test]
fn killed_at_random_moments() {
    kill_at_random_moments(Place::file);
}

#[test]
fn killed_at_random_moments_on_a_server() {
    if Place::postgres().is_some() {
        kill_at_random_moments(|| Place::postgres().expect("a database"));
    }
}

fn kill_at_random_moments(new: impl Fn() -> Place) {
    let place = new();
    let begun = Instant::now();
    assert!(spawn(&place, 1, None).wait().expect("ends").success());
    let whole = begun.elapsed();
    check(&place, 1, "not killed");

    let (mut seed, mut killed, mut there, mut runs) = (0x9E37_79B9_7F4A_7C15_u64, 0, 0, 0);
    let begun = Instant::now();
    // A round takes about a quarter of a second; a busy machine does fewer of them.
    while runs < 90 && (begun.elapsed() < Duration::from_secs(15) || killed == 0 && runs < 30) {
        let place = new();
        for day in [1, 4, 9] {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let wait = whole.mul_f64((seed >> 40) as f64 / f64::from(1 << 24));
            let mut child = spawn(&place, day, None);
            std::thread::sleep(wait);
            // SIGKILL; it may have ended before.
            child.kill().expect("kills");
            killed += u32::from(!child.wait().expect("ends").success());
            there += u32::from(check(&place, day, &format!("run {runs}, day {day}, after {wait:?}")));
            runs += 1;
        }
    }
    eprintln!("{runs} runs, {killed} killed midway, {there} visible afterwards");
    assert!(killed > 0, "no child was killed midway: {whole:?} per run");
}
