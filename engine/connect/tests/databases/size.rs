//! Rows are streamed: a large table takes no more memory than a small one.

use crate::server::Kind;
use std::fs;

/// Rows of the large table, and bytes of a text in each.
const ROWS: u64 = 200_000;
/// All of it in memory would take twice as much, at least.
const MOST: u64 = 100 << 20;

/// The most memory this process has had so far, in bytes; nothing where the system does not say.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib << 10)
}

#[test]
fn two_hundred_thousand_rows_take_little_memory() {
    for kind in [Kind::Postgres, Kind::Mysql, Kind::Sqlite] {
        let Some(db) = kind.database() else { continue };
        let (before, text) = match kind {
            Kind::Mysql => ("SET max_recursive_iterations = 1000000;", "concat(i, repeat('x', 1000))"),
            Kind::Postgres => ("", "i || repeat('x', 1000)"),
            Kind::Sqlite => ("", "i || printf('%.1000c', 'x')"),
        };
        db.run(&format!(
            "{before} CREATE TABLE big (id integer, x varchar(1100));
             INSERT INTO big WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {ROWS}) SELECT i, {text} FROM s"
        ));
        let first = peak();
        let connection = db.connection();
        let copied = db.copy(&connection, &["big"]).unwrap();
        if let (Some(first), Some(last)) = (first, peak()) {
            assert!(last - first < MOST, "{kind:?}: {} MiB", (last - first) >> 20);
        }
        assert_eq!(copied.held.rows("big"), Some(ROWS));
    }
}
