//! Servers that refuse, hang and break off.

use crate::{
    proxy::{Then, start},
    server::{Kind, PASSWORD, parse, said},
};
use guiju_connect::database::Taken;
use std::{sync::atomic::Ordering, time::Instant};

const SERVERS: [(Kind, &str); 2] = [(Kind::Postgres, "postgres"), (Kind::Mysql, "mysql")];

#[test]
fn a_wrong_password_is_refused_and_not_said() {
    for (kind, word) in SERVERS {
        let Some(db) = kind.database() else { continue };
        let secret = db.folder.path().join("secret");
        std::fs::write(&secret, "wrong-hunter2\n").unwrap();
        let port = kind.port().unwrap();
        let base = format!(
            "connections: {{ crm: {{ kind: {word}, host: 127.0.0.1, port: {port}, database: x, user: owner, password: "
        );
        let connection = parse(&format!("{base}{{ file: \"{}\" }} }} }}", secret.display()));
        let found = db.copy(&connection, &["t"]).unwrap_err();
        assert!(said(&found)[0].starts_with("5502 the database `crm` refuses `owner`"), "{:?}", said(&found));
        assert!(!format!("{found:?}{connection:?}").contains("hunter2"));
        let connection = parse(&format!("{base}{{ env: GUIJU_TEST_THAT_NOBODY_SETS }} }} }}"));
        let found = db.copy(&connection, &["t"]).unwrap_err();
        assert!(said(&found)[0].starts_with("5503 the password of `crm` is not in"), "{:?}", said(&found));
    }
    assert!(!PASSWORD.is_empty());
}

#[test]
fn nobody_listens_there() {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    for (_, word) in SERVERS {
        let db = Kind::Sqlite.database().unwrap();
        let connection = parse(&format!(
            "connections: {{ crm: {{ kind: {word}, host: 127.0.0.1, port: {port}, database: x, user: y }} }}"
        ));
        let found = db.copy(&connection, &["t"]).unwrap_err();
        assert!(said(&found)[0].starts_with("5501 the database `crm` cannot be reached"), "{:?}", said(&found));
    }
}

/// The network dies after every so many bytes: during the login, the description, and the rows. It is always a finding within the
/// time that is configured, nothing half-taken is left, and the next attempt does it all.
#[test]
fn a_network_that_hangs_or_breaks_off() {
    for (kind, _) in SERVERS {
        let Some(db) = kind.database() else { continue };
        db.run("CREATE TABLE t (id integer, x varchar(100))");
        let rows: Vec<String> = (0..3_000).map(|i| format!("({i}, '{}')", "x".repeat(90))).collect();
        db.run(&format!("INSERT INTO t VALUES {}", rows.join(",")));
        for (bytes, then) in [
            (0, Then::Hang),
            (30, Then::Cut),
            (150, Then::Cut),
            (500, Then::Cut),
            (1_000, Then::Hang),
            (100_000, Then::Hang),
            (200_000, Then::Cut),
        ] {
            let (port, left) = start(kind.port().unwrap(), bytes, then);
            let connection = db.connection_by(Some(port), ", timeout: 1s");
            let began = Instant::now();
            let found = db.copy(&connection, &["t"]).unwrap_err();
            assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
            let code = if then == Then::Hang { 5504 } else { 5507 };
            assert_eq!(
                found.iter().map(|f| f.code.0).collect::<Vec<_>>(),
                [code],
                "{kind:?} {bytes}: {:?}",
                said(&found)
            );
            let there = std::fs::read_dir(db.store().join("copies/crm")).map_or(0, Iterator::count);
            assert_eq!(there, 0, "nothing half-taken");
            left.store(u64::MAX, Ordering::SeqCst);
            if bytes > 150_000 {
                let copied = db.copy(&connection, &["t"]).unwrap();
                assert_eq!(copied.taken, Taken::Now);
            }
        }
    }
}
