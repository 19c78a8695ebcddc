//! What goes wrong around a server: a clock that jumps, a disk that is slow, a disk that is full.

use crate::{
    ENGLISH, desk,
    idle::{MINUTE, NINE, RULES},
    journal,
    operate::{Server, json, until},
    pieces, put, rulebook,
};
use guiju::{
    serve::{News, Options, Set, serve},
    store::Store,
};
use guiju_tests::command::guiju;
use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

#[track_caller]
fn wait(what: &str, so: impl Fn() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        sleep(Duration::from_millis(10));
    }
}

fn options(folder: &Path, clock: fn() -> i64, steady: fn() -> i64) -> Options {
    let set = Set { paths: vec![folder.join("desk.gj")], config: Some(folder.join("guiju.yaml")), tenant: None };
    Options { set, clock, steady, quiet: Duration::ZERO, once: false, forget: false }
}

static CLOCK: AtomicI64 = AtomicI64::new(NINE);
static STEADY: AtomicI64 = AtomicI64::new(0);

/// A clock that jumps forward by two hours would end every wait of an hour, and what answers it would be late for ever.
#[test]
fn a_clock_that_jumps_makes_no_time_pass() {
    let desk = desk();
    let folder = desk.path();
    fs::write(folder.join("desk.gj"), RULES).unwrap();
    let (rows, on) = (AtomicU64::new(0), AtomicBool::new(true));
    let passed: Mutex<Vec<i64>> = Mutex::default();
    let going = || on.load(Ordering::SeqCst);
    let minutes = |clock: i64, steady: i64| {
        STEADY.fetch_add(steady * MINUTE, Ordering::SeqCst);
        CLOCK.fetch_add(clock * MINUTE, Ordering::SeqCst);
        sleep(Duration::from_millis(400));
    };
    std::thread::scope(|scope| {
        let _end = Ends(&on);
        scope.spawn(|| {
            let options = options(folder, || CLOCK.load(Ordering::SeqCst), || STEADY.load(Ordering::SeqCst));
            let mut store = Store::open(folder.join("store")).unwrap();
            serve(&options, &mut store, &going, &mut |news| match news {
                News::Took { rows: more, .. } => drop(rows.fetch_add(more, Ordering::SeqCst)),
                News::Passed { until, .. } => passed.lock().unwrap().push(until),
                _ => {}
            })
            .unwrap();
        });
        put(folder, 1, "id,customer,at,amount\n1,A,2026-11-20T09:00:00Z,500\n");
        wait("the first row", || rows.load(Ordering::SeqCst) == 1);
        minutes(0, 0);
        // Forward by two hours, and right again before ten minutes have passed; then the machine is suspended for half an hour.
        minutes(120, 0);
        minutes(5, 5);
        minutes(-120, 0);
        minutes(30, 0);
        assert!(passed.lock().unwrap().is_empty(), "time passed that did not");
        // What answers the first row is not late.
        put(folder, 2, "id,customer,at,amount\n2,A,2026-11-20T09:05:00Z,5\n3,B,2026-11-20T09:05:00Z,500\n");
        wait("the answer", || rows.load(Ordering::SeqCst) == 3);
        // Time that really passes, in which nothing comes.
        minutes(0, 0);
        minutes(70, 70);
        wait("time passes", || !passed.lock().unwrap().is_empty());
    });
    let until = CLOCK.load(Ordering::SeqCst) - 10 * MINUTE;
    assert_eq!(passed.into_inner().unwrap(), [until]);
    let mut all: Vec<(String, String)> = journal(folder).into_iter().map(|(_, rule, task)| (rule, task)).collect();
    all.sort();
    // Only who was not answered for an hour, at the right time; nothing of the first row.
    let wanted = [("alone", "3 10:05"), ("held", "3 09:25"), ("last_row", "1"), ("last_row", "3")];
    let wanted: Vec<_> = wanted.map(|(rule, task)| (format!("default/desk.{rule}"), task.to_owned())).into();
    assert_eq!(all, wanted);
}

/// Effects of the rules that stay.
fn steady(folder: &Path) -> Vec<(Vec<u8>, String)> {
    let all = journal(folder).into_iter().filter(|(_, rule, _)| !rule.ends_with("changing"));
    all.map(|(id, _, task)| (id, task)).collect()
}

fn same_as_a_run(folder: &Path, files: usize) {
    let twin = desk();
    let all = pieces();
    all.iter().take(files).chain(all.last()).enumerate().for_each(|(at, text)| put(twin.path(), at, text));
    let said = guiju(twin.path(), ENGLISH, &["run", "--plain", "desk.gj"]);
    assert_eq!(said.exit, Some(0), "{}", said.text);
    let (got, wanted) = (steady(folder), steady(twin.path()));
    let (got, wanted) = ((got.len(), got.into_iter().collect::<BTreeSet<_>>()), wanted.into_iter().collect());
    assert!(got.1 == wanted, "{} lost, {} more", wanted.difference(&got.1).count(), got.1.difference(&wanted).count());
    assert_eq!(got.0, got.1.len(), "an effect is there twice");
}

#[test]
fn a_slow_disk_holds_up_the_stream_and_loses_nothing() {
    const FILES: usize = 16;
    let desk = desk();
    let folder = desk.path();
    let clock = || NINE;
    let (on, files, sets) = (AtomicBool::new(true), AtomicU64::new(0), AtomicU64::new(0));
    let going = || on.load(Ordering::SeqCst);
    let took = |news: &News<'_>| match news {
        News::Took { .. } => drop(files.fetch_add(1, Ordering::SeqCst)),
        News::Changed(..) => drop(sets.fetch_add(1, Ordering::SeqCst)),
        _ => {}
    };
    let all = pieces();
    let last = all.last().unwrap();
    let (began, mut asked) = (Instant::now(), Instant::now());
    put(folder, 0, &all[0]);
    std::thread::scope(|scope| {
        // However this ends, the server does.
        let _end = Ends(&on);
        scope.spawn(|| {
            let mut store = Store::open(folder.join("store")).unwrap();
            // Every wait for the disk takes a twentieth of a second.
            store.observe(|_| sleep(Duration::from_millis(50)));
            serve(&options(folder, clock, clock), &mut store, &going, &mut |news| took(&news)).unwrap();
        });
        wait("the first file", || files.load(Ordering::SeqCst) >= 1);
        assert!(began.elapsed() > Duration::from_millis(150), "the disk is not slow");
        // More come than the disk has time for.
        for (at, text) in all.iter().enumerate().take(FILES).skip(1) {
            put(folder, at, text);
            sleep(Duration::from_millis(20));
        }
        // Rules change all the same, and whoever asks gets an answer.
        fs::write(folder.join("desk.gj"), rulebook(700)).unwrap();
        wait("another set", || sets.load(Ordering::SeqCst) == 1);
        let status = json(folder, &["status", "desk.gj"]);
        assert!(status["running"] == true && status["status"]["last"]["ok"] == true, "{status:#}");
        asked = Instant::now();
    });
    assert!(asked.elapsed() < Duration::from_secs(15), "asked to end, it took {:?}", asked.elapsed());
    put(folder, FILES, last);
    let said = guiju(folder, ENGLISH, &["serve", "--plain", "--quiet", "0", "--once", "desk.gj"]);
    assert_eq!(said.exit, Some(0), "{}", said.text);
    same_as_a_run(folder, FILES);
}

/// Ends a server when the test does, also in the middle.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// A real full disk, where this user may mount one: the server stays, says why, and goes on when there is room.
#[test]
#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
fn a_full_disk_stops_nothing_for_good() {
    const FILES: usize = 30;
    let desk = desk();
    let folder = desk.path();
    let disk = folder.join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        eprintln!("SKIPPED: a_full_disk_stops_nothing_for_good needs the right to mount a small tmpfs");
        return;
    }
    let _unmount = Mounted(disk.clone());
    let config = fs::read_to_string(folder.join("guiju.yaml")).unwrap();
    fs::write(folder.join("guiju.yaml"), config.replace("store: store", "store: disk/store")).unwrap();
    std::os::unix::fs::symlink("disk/store", folder.join("store")).unwrap();
    let all = pieces();
    let server = RefCell::new(Server::start(folder));
    let taken = |status: &serde_json::Value| status["status"]["sources"][0]["files"].as_u64().unwrap_or(0);
    let status = || json(folder, &["status", "desk.gj"]);
    all.iter().take(3).enumerate().for_each(|(at, text)| put(folder, at, text));
    wait("the first files", || taken(&status()) == 3);
    // Somebody else's file takes all there is.
    let filler = disk.join("filler");
    let fill = || {
        let mut filled = fs::read(&filler).unwrap_or_default();
        loop {
            filled.resize(filled.len() + (64 << 10), 7);
            if fs::write(&filler, &filled).is_err() {
                return;
            }
        }
    };
    fill();
    all.iter().enumerate().take(FILES).skip(3).for_each(|(at, text)| put(folder, at, text));
    until(folder, &["status", "desk.gj"], |status| {
        // What was freed meanwhile is taken again.
        fill();
        assert!(server.borrow_mut().runs(), "it ended");
        status["ok"] == false && status.to_string().contains("G6006")
    });
    let before = taken(&status());
    assert!(before < FILES as u64, "{before}");
    fs::remove_file(&filler).unwrap();
    wait("it goes on", || taken(&status()) == FILES as u64 && status()["ok"] == true);
    put(folder, FILES, all.last().unwrap());
    wait("the last one", || taken(&status()) == FILES as u64 + 1);
    assert!(server.borrow_mut().runs());
    drop(server);
    same_as_a_run(folder, FILES);
    let same = crate::play::backtest(folder);
    assert_eq!(same.get("default/desk.steady"), Some(&true), "what was recorded is not what was taken: {same:?}");
}
