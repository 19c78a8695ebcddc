//! Publications beside what the disk can commit: `cargo xtask bench-journal`.
//!
//! In turns on the same disk, for groups of 1 to 16,384 effects: our publication (effects as a Parquet segment, their ids looked up, rules'
//! cells, one transaction); the same segment's bytes appended to a file and synced (`fdatasync`), which is the raw ceiling; and the same
//! bytes as one row of a SQLite database with the journal's settings. A group is what is committed together: a server publishes whatever has
//! come since its last publication as one. The ratio that is asked for is effects a second against the raw ceiling *of the same group*; beside it
//! stands what a journal without groups could do at most, one sync for each effect.
#![allow(clippy::print_stdout, clippy::expect_used, missing_docs)]

#[path = "../tests/store/desk.rs"]
mod desk;

use desk::{effects, info, rule};
use guiju::store::{PublishStep, Store};
use guiju_core::{
    cell::{CellTable, CellValue},
    id::CellId,
};
use std::{
    fs::File,
    io::Write,
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

const GROUPS: [usize; 4] = [1, 32, 1_024, 16_384];
const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_millis(800);
const GOAL: f64 = 0.7;
/// The group that counts: about what comes within a hundredth of a second of a busy stream.
const STATED: usize = 1_024;

/// Commits a second, and bytes of each.
struct Rate {
    commits: f64,
    bytes: u64,
}

fn main() -> ExitCode {
    // Only `cargo bench` asks for measurements; tests of all targets merely build this.
    if !std::env::args().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    let base = std::env::var_os("GUIJU_BENCH_DISK").map_or_else(std::env::temp_dir, Into::into);
    println!("on {}; each figure the median of {ROUNDS} turns", base.display());
    let (mut reached, mut single) = (0.0, 0.0);
    for group in GROUPS {
        let mut all: Vec<[f64; 4]> = (0..ROUNDS)
            .map(|_| {
                let folder = tempfile::tempdir_in(&base).expect("a folder");
                let (own, syncs) = publications(folder.path(), group);
                let raw = appends(folder.path(), own.bytes);
                [own.commits, raw, rows(folder.path(), own.bytes), syncs]
            })
            .collect();
        let mut middle = |of: &dyn Fn(&[f64; 4]) -> f64| {
            all.sort_by(|a, b| of(a).total_cmp(&of(b)));
            of(&all[ROUNDS / 2])
        };
        let [own, raw, sqlite, syncs] = [0, 1, 2, 3].map(|at| middle(&|round: &[f64; 4]| round[at]));
        let ratio = middle(&|round: &[f64; 4]| round[0] / round[1]);
        if group == 1 {
            single = raw;
        }
        if group == STATED {
            reached = ratio;
        }
        println!(
            "  {group:>6} together: {own:>7.0} publications/s of {:.1} syncs, {:>9.0} effects/s   raw {raw:>7.0}/s: {ratio:.2}   one SQLite row {sqlite:>7.0}/s: {:.2}   one sync for each effect: {:.1}",
            syncs,
            own * group as f64,
            own / sqlite,
            own * group as f64 / single
        );
    }
    println!("{reached:.2} of the raw ceiling with {STATED} effects together, {GOAL} is asked for");
    if reached < GOAL { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Publications a second, the bytes of their segments, and how often each waits for the disk.
fn publications(folder: &Path, group: usize) -> (Rate, f64) {
    let mut store = Store::open(folder.join("store")).expect("a store");
    let syncs = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&syncs);
    // A segment, its folder, the transaction.
    store.observe(move |step| {
        if matches!(step, PublishStep::Synced | PublishStep::Named | PublishStep::Committed) {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let rule = rule("eager");
    let cell = CellId([7; 16]);
    let mut count = 0_usize;
    let mut publish = |store: &mut Store| {
        let keys: Vec<String> = (0..group).map(|n| format!("C{:09}", count * group + n)).collect();
        let mut table = CellTable::new();
        keys.iter().for_each(|key| table.put(key, CellValue::Time(5)));
        let batch = effects(&rule, 5, &keys, Some(desk::SINK));
        let mut info = info(&format!("serve-{count:09}"), 5, 1);
        info.occurrence = format!("serve-{count:09}");
        let begin = Instant::now();
        let mut publication = store.begin(info).expect("begins");
        publication.add_effects(&rule, &batch).expect("adds");
        publication.put_cell(&rule, cell, "", &table).expect("puts");
        assert_eq!(publication.commit(6).expect("commits").total.new, group as u64);
        count += 1;
        begin.elapsed()
    };
    // Files and pages that are only made once.
    for _ in 0..3 {
        publish(&mut store);
    }
    syncs.store(0, Ordering::Relaxed);
    let (mut spent, mut done) = (Duration::ZERO, 0_u64);
    // What makes the rows is not part of it.
    while spent < TIME {
        spent += publish(&mut store);
        done += 1;
    }
    let bytes = store.sizes().expect("sizes").segment_bytes / (done + 3);
    let rate = Rate { commits: done as f64 / spent.as_secs_f64(), bytes };
    (rate, syncs.load(Ordering::Relaxed) as f64 / done as f64)
}

fn content(bytes: u64) -> Vec<u8> {
    let mut state = 1_u64;
    (0..bytes)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect()
}

fn timed(mut commit: impl FnMut()) -> f64 {
    let (begin, mut done) = (Instant::now(), 0.0);
    while begin.elapsed() < TIME {
        commit();
        done += 1.0;
    }
    done / begin.elapsed().as_secs_f64()
}

/// Appended and synced.
fn appends(folder: &Path, bytes: u64) -> f64 {
    let mut file = File::create(folder.join("raw")).expect("a file");
    let content = content(bytes);
    timed(|| {
        file.write_all(&content).expect("a disk");
        file.sync_data().expect("a disk");
    })
}

/// A row for each.
fn rows(folder: &Path, bytes: u64) -> f64 {
    let db = rusqlite::Connection::open(folder.join("raw.db")).expect("a database");
    db.pragma_update(None, "journal_mode", "wal").expect("a setting");
    db.pragma_update(None, "synchronous", "full").expect("a setting");
    db.execute_batch("CREATE TABLE raw (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT").expect("a table");
    let mut insert = db.prepare("INSERT INTO raw (bytes) VALUES (?1)").expect("a statement");
    let content = content(bytes);
    timed(|| {
        insert.execute([&content]).expect("a row");
    })
}
