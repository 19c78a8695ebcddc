//! What can be wrong with a store is said, and nothing half-done is left.

use crate::desk::{SINK, day_text, eager, effects, info, keys, published, run};
use guiju::store::{Store, StoreError, View};
use guiju_lang::finding::{Code, Finding};
use std::{
    fs::{self, OpenOptions},
    io::{Seek, SeekFrom, Write},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

fn code(error: StoreError) -> u16 {
    let Code(code) = Finding::from(error).code;
    code
}

fn one_segment(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder.join("segments")).expect("folder");
    files.next().expect("a file").expect("an entry").path()
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).expect("opens");
    file.seek(SeekFrom::Start(at)).expect("seeks");
    file.write_all(bytes).expect("writes");
}

#[test]
fn a_second_writer_is_told_who_holds_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("opens");
    let refused = Store::open(folder.path()).err();
    let holder = Some(std::process::id().to_string());
    assert_eq!(refused, Some(StoreError::Locked { path: folder.path().to_owned(), holder }));
    assert_eq!(refused.map(code), Some(6002));
    drop(store);
    assert!(Store::open(folder.path()).is_ok());
}

#[test]
fn a_newer_store_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Store::open(folder.path()).expect("opens"));
    let db = rusqlite::Connection::open(folder.path().join("store.db")).expect("opens");
    db.pragma_update(None, "user_version", 99).expect("writes");
    drop(db);
    for refused in [Store::open(folder.path()).err(), View::open(folder.path()).err()] {
        assert!(matches!(refused, Some(StoreError::Newer { found: 99, .. })), "{refused:?}");
    }
}

#[test]
fn a_damaged_database_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    run(&mut Store::open(folder.path()).expect("opens"), "a", 1, &keys(&["C1"])).expect("publishes");
    overwrite(&folder.path().join("store.db"), 0, &[0x55; 4096]);
    let refused = Store::open(folder.path()).expect_err("refused");
    assert!(matches!(&refused, StoreError::Corrupt { path, .. } if path.ends_with("store.db")), "{refused:?}");
    assert_eq!(code(refused), 6005);
}

#[test]
fn a_damaged_cell_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    run(&mut Store::open(folder.path()).expect("opens"), "a", 1, &keys(&["C1"])).expect("publishes");
    let db = rusqlite::Connection::open(folder.path().join("store.db")).expect("opens");
    db.execute("UPDATE cell_blocks SET block = x'0102'", []).expect("writes");
    drop(db);
    let mut store = Store::open(folder.path()).expect("opens");
    let refused = run(&mut store, "b", 2, &keys(&["C1"])).expect_err("refused");
    assert!(matches!(&refused, StoreError::Corrupt { why, .. } if why.contains("state cell")), "{refused:?}");
}

#[test]
fn damaged_and_missing_effects_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::open(folder.path()).expect("opens");
    run(&mut store, "a", 1, &keys(&["C1"])).expect("publishes");
    let file = one_segment(folder.path());

    overwrite(&file, 10, &[0xFF; 40]);
    let refused = store.verify().expect_err("refused");
    assert!(matches!(&refused, StoreError::SegmentDamaged { path, .. } if *path == file), "{refused:?}");
    let length = fs::metadata(&file).expect("metadata").len();
    OpenOptions::new().write(true).open(&file).expect("opens").set_len(length / 2).expect("cuts");
    // A repeat cannot tell which effects are new: it must not guess.
    let refused = run(&mut store, "a", 1, &keys(&["C1"])).expect_err("refused");
    assert!(matches!(&refused, StoreError::SegmentDamaged { path, .. } if *path == file), "{refused:?}");
    assert_eq!(code(refused), 6010);
    drop(store);

    fs::remove_file(&file).expect("removes");
    assert_eq!(Store::open(folder.path()).err(), Some(StoreError::SegmentMissing { path: file }));
}

#[test]
fn leftovers_are_cleared_and_other_files_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    run(&mut Store::open(folder.path()).expect("opens"), "a", 1, &keys(&["C1"])).expect("publishes");
    let segments = folder.path().join("segments");
    for name in ["0.writing", "0123.parquet", "notes.txt"] {
        fs::write(segments.join(name), b"half").expect("writes");
    }
    let store = Store::open(folder.path()).expect("opens");
    assert_eq!(published(&store).len(), 2);
    let left = |name: &str| segments.join(name).exists();
    assert_eq!((left("0.writing"), left("0123.parquet"), left("notes.txt")), (false, false, true));
}

#[test]
fn a_path_that_is_no_folder() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let refused = Store::open(file.path()).expect_err("refused");
    assert!(matches!(refused, StoreError::Io { .. }), "{refused:?}");
}

fn many() -> Vec<String> {
    (0..20_000).map(|n| format!("C{n:06}")).collect()
}

/// Not a test of its own: a process that publishes and says by its exit code what came of it.
#[test]
fn child() {
    let Ok(folder) = std::env::var("GUIJU_TROUBLE_FOLDER") else { return };
    let outcome = Store::open(folder).and_then(|mut store| run(&mut store, &day_text(2), 2, &many()).map(drop));
    std::process::exit(match outcome {
        Ok(()) => 10,
        Err(StoreError::Full { .. }) => 11,
        Err(StoreError::ReadOnly { .. }) => 12,
        Err(other) => {
            eprintln!("{other:?}");
            13
        }
    });
}

fn child_in(folder: &Path, command: &mut Command) -> Option<i32> {
    command.env("GUIJU_TROUBLE_FOLDER", folder).status().expect("starts").code()
}

/// The limit on file size stands for a quota: it works for every user on every file system.
#[test]
fn a_permitted_size_that_is_used_up() {
    let folder = tempfile::tempdir().expect("a folder");
    run(&mut Store::open(folder.path()).expect("opens"), &day_text(1), 1, &keys(&["C1"])).expect("publishes");
    let mut full = 0;
    for blocks in [200, 400, 800] {
        let mut command = Command::new("sh");
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" trouble::child --exact --nocapture");
        command.args(["-c", &limited]).arg(std::env::current_exe().expect("this test"));
        let code = child_in(folder.path(), &mut command);
        assert!(matches!(code, Some(10 | 11)), "{blocks} blocks: {code:?}");
        let store = Store::open(folder.path()).expect("opens");
        store.verify().expect("sound");
        if code == Some(11) {
            full += 1;
            assert_eq!(published(&store).len(), 2, "something of the failed run is visible");
        }
        drop(store);
    }
    assert!(full > 0, "no limit was small enough");
    let mut store = Store::open(folder.path()).expect("opens");
    run(&mut store, &day_text(2), 2, &many()).expect("publishes now");
    assert!(published(&store).values().all(|&n| n == 1));
}

struct Mounted(PathBuf);
impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// A real full disk, where this user may mount one.
#[test]
fn a_full_disk() {
    let base = tempfile::tempdir().expect("a folder");
    let mut reached = std::collections::BTreeSet::new();
    for size in ["160k", "300k", "500k", "800k", "1200k"] {
        let disk = base.path().join(size);
        fs::create_dir(&disk).expect("folder");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&disk).output();
        if !mounted.is_ok_and(|m| m.status.success()) {
            eprintln!("SKIPPED: a_full_disk needs the right to mount a small tmpfs");
            return;
        }
        let _unmount = Mounted(disk.clone());
        let outcome = Store::open(&disk).and_then(|mut store| {
            let done = run(&mut store, &day_text(2), 2, &many());
            if let Err(error) = done {
                drop(store);
                let store = View::open(&disk).expect("still opens");
                assert!(published(&store).is_empty(), "something of the failed run is visible");
                store.verify().expect("sound");
                assert_eq!(fs::read_dir(disk.join("segments")).expect("folder").count(), 0);
                return Err(error);
            }
            Ok(())
        });
        match outcome {
            Err(error) => {
                assert!(matches!(error, StoreError::Full { .. }), "{size}: {error:?}");
                reached.insert(code(error));
            }
            Ok(()) => println!("{size} was enough"),
        }
    }
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), [6006]);
}

#[test]
fn a_folder_that_cannot_be_written() {
    const NOBODY: u32 = 65_534;
    let base = tempfile::tempdir().expect("a folder");
    fs::set_permissions(base.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
    let folder = base.path().join("store");
    run(&mut Store::open(&folder).expect("opens"), "a", 1, &keys(&["C1"])).expect("publishes");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("permissions");
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["trouble::child", "--exact", "--nocapture"]);
    // The superuser may write anywhere; somebody else has to try.
    if fs::write(folder.join("probe"), b"").is_ok() {
        fs::remove_file(folder.join("probe")).expect("removes");
        command.uid(NOBODY).gid(NOBODY);
    }
    match command.env("GUIJU_TROUBLE_FOLDER", &folder).status() {
        Ok(status) => assert_eq!(status.code(), Some(12)),
        Err(e) => eprintln!("SKIPPED: a_folder_that_cannot_be_written cannot start a process of another user: {e}"),
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("permissions");
    assert_eq!(published(&Store::open(&folder).expect("opens")).len(), 2);
}

#[test]
fn every_error_has_its_finding() {
    let path = PathBuf::from("x");
    let text = String::new;
    let all = [
        StoreError::Locked { path: path.clone(), holder: None },
        StoreError::Locked { path: path.clone(), holder: Some("1".into()) },
        StoreError::Absent { path: path.clone() },
        StoreError::Newer { path: path.clone(), found: 2, known: 1 },
        StoreError::Corrupt { path: path.clone(), why: text() },
        StoreError::Full { path: path.clone() },
        StoreError::ReadOnly { path: path.clone() },
        StoreError::Io { path: path.clone(), why: text() },
        StoreError::SegmentMissing { path: path.clone() },
        StoreError::SegmentDamaged { path, why: text() },
        StoreError::RunTimeDiffers { run: text(), before: text(), now: text() },
        StoreError::ColumnMissing { rule: text(), column: text() },
        StoreError::SinkUnknown { rule: text(), sink: text() },
        StoreError::NotDue { id: 1 },
        StoreError::Forgotten { occurrence: text() },
        StoreError::Away { path: PathBuf::from("x"), why: text() },
        StoreError::Taken { path: PathBuf::from("x") },
    ];
    let codes: Vec<u16> = all.into_iter().map(code).collect();
    assert_eq!(codes, (6001..=6017).collect::<Vec<_>>());
    for code in codes {
        assert!(guiju_lang::finding::catalogue::entry(Code(code)).is_some(), "{code} is not in the catalogue");
    }
}

/// A batch that fails half-way leaves the earlier ones unpublished.
#[test]
fn a_failed_run_publishes_nothing() {
    let mut store = Store::temporary().expect("opens");
    let mut publication = store.begin(info("a", 1, 1)).expect("begins");
    publication.add_effects(&eager(), &effects(&eager(), 1, &keys(&["C1"]), Some(SINK))).expect("adds");
    let stray = effects(&eager(), 1, &keys(&["C2"]), Some("nowhere"));
    assert!(publication.add_effects(&eager(), &stray).is_err());
    drop(publication);
    assert!(published(&store).is_empty());
    assert!(store.runs(1).expect("runs").is_empty());
}
