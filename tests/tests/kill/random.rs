//! The command, killed with SIGKILL after random times, at a large size: `GUIJU_KILL_ROWS` people, for `GUIJU_KILL_SECONDS`.

use crate::desk::{DAYS, Desk, lake};
use guiju_tests::command::start;
use std::{
    path::Path,
    time::{Duration, Instant},
};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

fn arguments(day: &str) -> [&str; 5] {
    ["run", "--plain", "--today", day, "care.gj"]
}

/// Runs a day to its end; how long it took.
fn whole(folder: &Path, day: &str) -> Duration {
    let begun = Instant::now();
    assert!(start(folder, &arguments(day)).wait().unwrap().success(), "{day}");
    begun.elapsed()
}

#[test]
fn killed_at_random_moments_of_a_large_run() {
    let lake = lake(i64::try_from(number("GUIJU_KILL_ROWS", 50_000)).unwrap());
    let twin = Desk::over(lake.path());
    // Whatever must be built for it is built now.
    assert!(start(twin.path(), &["--version"]).wait().unwrap().success());
    let took = DAYS.map(|day| whole(twin.path(), day));
    // From now on, so that every round dies at other moments; told, so that one can be repeated.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    let first = number("GUIJU_KILL_SEED", now);
    println!("GUIJU_KILL_SEED={first}, whole runs take {took:.2?}");
    let mut seed = first;
    let mut draw = |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    let (begun, patience) = (Instant::now(), Duration::from_secs(number("GUIJU_KILL_SECONDS", 12)));
    let (mut rounds, mut started, mut killed) = (0, 0, 0);
    while killed == 0 || begun.elapsed() < patience {
        let desk = Desk::over(lake.path());
        let mut when = Vec::new();
        for (day, took) in DAYS.into_iter().zip(took) {
            // Who is repeated after a kill may be killed, too.
            for _ in 0..=draw(2) {
                let wait = took.mul_f64(draw(1_000) as f64 / 1_000.0);
                let mut child = start(desk.path(), &arguments(day));
                std::thread::sleep(wait);
                child.kill().unwrap();
                // It may have ended before.
                let died = !child.wait().unwrap().success();
                (started, killed) = (started + 1, killed + u32::from(died));
                when.push((day, wait, died));
            }
            whole(desk.path(), day);
        }
        desk.is_like(&twin, &format!("GUIJU_KILL_SEED={first}, round {rounds}, {when:?}"));
        rounds += 1;
        assert!(rounds < 60 || killed > 0, "no run was killed midway");
    }
    println!("{rounds} rounds of {} days, {started} runs started to be killed, {killed} killed midway", DAYS.len());
}
