//! A server under load whose rules change all the time, and the ways in which files change.

use crate::{
    Draw, desk, journal,
    operate::{Server, json, said, until},
    pieces, put, put_as, rulebook,
};
use guiju::store::View;
use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

/// For how long; `cargo xtask soak` says half an hour.
fn seconds() -> u64 {
    std::env::var("GUIJU_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(15)
}

/// A stream without an end: some two and a half rows a second of its own time for twelve customers, some of them out of order.
struct Stream {
    draw: Draw,
    /// Milliseconds since 20 November.
    clock: i64,
    row: i64,
}

impl Stream {
    fn piece(&mut self, rows: i64) -> String {
        let mut text = String::from("id,customer,at,amount\n");
        for _ in 0..rows {
            self.clock += self.draw.below(800) as i64;
            let at = self.clock - if self.draw.below(5) == 0 { self.draw.below(25_000) as i64 } else { 0 };
            let (day, second, milli) = (20 + at / 86_400_000, at / 1_000 % 86_400, at % 1_000);
            let time = format!("{:02}:{:02}:{:02}.{milli:03}", second / 3_600, second / 60 % 60, second % 60);
            let (customer, cents) = (self.draw.below(12), self.draw.below(20_000));
            writeln!(text, "{},C{customer},2026-11-{day}T{time}Z,{}.{:02}", self.row, cents / 100, cents % 100)
                .unwrap();
            self.row += 1;
        }
        text
    }
}

/// Resident memory of the server, in KiB; nothing where the system does not say.
fn resident(folder: &Path) -> Option<u64> {
    let pid = json(folder, &["status", "desk.gj"])["status"]["pid"].as_u64()?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
}

#[test]
fn rules_change_all_the_time_under_load_and_no_row_is_lost_or_taken_twice() {
    let desk = desk();
    let folder = desk.path();
    fs::write(folder.join("desk.gj"), calmer(500)).unwrap();
    let server = Server::start(folder);
    until(folder, &["status", "desk.gj"], |status| status["ok"] == true);
    let mut stream = Stream { draw: Draw(11), clock: 9 * 3_600_000, row: 0 };
    let (began, length) = (Instant::now(), Duration::from_secs(seconds()));
    // A run takes them in the order of their names: half an hour makes tens of thousands.
    let name = |file: usize| format!("{file:06}.csv");
    let (mut files, mut sets, mut memory) = (0, 0, Vec::new());
    while began.elapsed() < length {
        put_as(folder, &name(files), &stream.piece(30));
        files += 1;
        if files % 3 == 0 {
            sets += 1;
            let beside = folder.join(".next");
            fs::write(&beside, calmer(500 + sets)).unwrap();
            fs::rename(beside, folder.join("desk.gj")).unwrap();
        }
        if memory.len() as u64 * length.as_secs() < began.elapsed().as_secs() * 10 {
            memory.extend(resident(folder));
        }
        sleep(Duration::from_millis(50));
    }
    put_as(folder, &name(files), "id,customer,at,amount\n99999999,END,2026-11-29T00:00:00Z,1.00\n");
    let last = fs::read_to_string(folder.join("desk.gj")).unwrap();
    let all = |status: &serde_json::Value| status["status"]["sources"][0]["files"] == files as u64 + 1;
    until(folder, &["status", "desk.gj"], all);
    let took_over = View::open(folder.join("store")).unwrap().changes().unwrap().len();
    memory.extend(resident(folder));
    drop(server);
    println!("{files} files, {sets} sets on disk, {took_over} in force, memory {memory:?} KiB");
    // Changes that follow each other within the time that files have to be quiet are one.
    assert!(took_over as u64 >= seconds() / 2, "too few sets came in force");

    let twin = crate::desk();
    fs::write(twin.path().join("desk.gj"), last).unwrap();
    for file in 0..=files {
        let name = Path::new("in/trades").join(name(file));
        fs::copy(folder.join(&name), twin.path().join(&name)).unwrap();
    }
    let run = said(twin.path(), &["run", "--plain", "desk.gj"]);
    assert_eq!(run.exit, Some(0), "{}", run.text);
    let of = |folder: &Path| -> BTreeSet<(Vec<u8>, String)> {
        let steady = journal(folder).into_iter().filter(|(_, rule, _)| !rule.ends_with("changing"));
        steady.map(|(id, _, task)| (id, task)).collect()
    };
    let (got, wanted) = (of(folder), of(twin.path()));
    assert!(wanted.len() > 100, "{}", wanted.len());
    assert!(got == wanted, "{} lost, {} more", wanted.difference(&got).count(), got.difference(&wanted).count());
    let ids: BTreeSet<Vec<u8>> = journal(folder).into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids.len(), journal(folder).len(), "an effect is there twice");
    // Flat: what it has at the end, it had in the middle, but for what grows with the number of files.
    if let [_, .., last] = memory[..] {
        let middle = memory[memory.len() / 2];
        assert!(last < middle + middle / 4 + 8 * 1_024, "memory grows: {memory:?} KiB");
    }
}

/// With few effects, so that a long run has room.
fn calmer(limit: u64) -> String {
    let rules = rulebook(u32::try_from(limit).unwrap());
    rules.replace(">= 3", ">= 140").replace("sum(amount) over 10m > ", "sum(amount) over 10m > 14")
}

/// A transaction takes what is there by then, so that many small files are not as many transactions; order and effects stay the same.
#[test]
fn what_lies_there_is_taken_together() {
    let (desk, twin) = (desk(), desk());
    for folder in [desk.path(), twin.path()] {
        pieces().iter().enumerate().for_each(|(number, text)| put(folder, number, text));
    }
    // One in the middle is none: it is passed over, said, and the others are taken.
    put(desk.path(), 700, "id,customer,at,amount\nx,y,z,w\n");
    let said_once = said(desk.path(), &["serve", "--plain", "--quiet", "0", "--once", "desk.gj"]);
    assert!(said_once.exit == Some(0) && said_once.text.contains("error[G7162]"), "{}", said_once.text);
    assert!((0..60).all(|n| said_once.text.contains(&format!("{n:04}.csv: 30 rows"))), "{}", said_once.text);
    let runs = View::open(desk.path().join("store")).unwrap().runs(1_000).unwrap().len();
    assert!(runs < 30, "{runs} transactions for 61 files");
    assert_eq!(said(twin.path(), &["run", "--plain", "desk.gj"]).exit, Some(0));
    let ids = |folder: &Path| journal(folder).into_iter().map(|(id, _, task)| (id, task)).collect::<BTreeSet<_>>();
    assert!(ids(desk.path()) == ids(twin.path()));
}

#[test]
fn however_a_file_is_changed_the_set_takes_over_whole() {
    let desk = desk();
    let folder = desk.path();
    // As a container's orchestrator mounts configuration: a link to a link to a folder, which is swapped.
    let mount = folder.join("rules");
    let version = |name: &str, limit: u32| {
        fs::create_dir_all(mount.join(name)).unwrap();
        fs::write(mount.join(name).join("desk.gj"), rulebook(limit)).unwrap();
    };
    fs::remove_file(folder.join("desk.gj")).unwrap();
    version("..one", 500);
    std::os::unix::fs::symlink("..one", mount.join("..data")).unwrap();
    std::os::unix::fs::symlink("..data/desk.gj", mount.join("desk.gj")).unwrap();
    let _server = Server::start_at(folder, "rules");
    until(folder, &["status", "rules"], |status| status["ok"] == true);
    put(folder, 0, &pieces()[0]);
    let set = || json(folder, &["status", "rules"])["status"]["set"].as_str().unwrap().to_owned();
    let other = |before: &str| {
        until(folder, &["status", "rules"], |status| status["status"]["set"] != before);
        set()
    };
    let first = set();
    version("..two", 600);
    std::os::unix::fs::symlink("..two", mount.join("..next")).unwrap();
    fs::rename(mount.join("..next"), mount.join("..data")).unwrap();
    fs::remove_dir_all(mount.join("..one")).unwrap();
    let second = other(&first);
    // An editor: written beside, the old one moved away, the new one moved in.
    fs::remove_file(mount.join("desk.gj")).unwrap();
    fs::write(mount.join("desk.gj~new"), rulebook(700)).unwrap();
    fs::rename(mount.join("desk.gj~new"), mount.join("desk.gj")).unwrap();
    let third = other(&second);
    // Written in two halves, and quiet in between for longer than files have to be: the half is refused.
    let whole = rulebook(800);
    fs::write(mount.join("desk.gj"), &whole[..200]).unwrap();
    sleep(Duration::from_millis(300));
    assert_eq!(set(), third);
    fs::write(mount.join("desk.gj"), &whole).unwrap();
    let fourth = other(&third);
    // A second file comes, and goes.
    fs::write(mount.join("more.gj"), whole.replace("rulebook desk", "rulebook more")).unwrap();
    let fifth = other(&fourth);
    let names: Vec<String> = json(folder, &["history", "rules"])["changes"][0]["difference"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["name"].as_str().unwrap().to_owned())
        .collect();
    assert!(names.iter().any(|name| name == "default/more.steady"), "{names:?}");
    assert_ne!(fifth, fourth);
    // Touched, and a comment: nothing that means anything.
    let before = json(folder, &["history", "rules"])["changes"].as_array().unwrap().len();
    fs::write(mount.join("desk.gj"), format!("# a comment\n{whole}")).unwrap();
    sleep(Duration::from_millis(500));
    assert_eq!(json(folder, &["history", "rules"])["changes"].as_array().unwrap().len(), before);
}
