//! Values come exactly as they are, or are findings.

use crate::server::{Kind, said};

#[test]
fn postgres_types() {
    let Some(db) = Kind::Postgres.database() else { return };
    db.run(
        "CREATE TYPE mood AS ENUM ('好', 'bad');
         CREATE TABLE t (id int8 PRIMARY KEY, i2 int2, n numeric(18,2), big numeric(38,10), free numeric, r4 real, r8 double precision,
           t text, v varchar(5), c char(4), b bool, d date, tm time, ts timestamp, tz timestamptz, j jsonb, u uuid, m mood, bytes bytea, p point);
         INSERT INTO t VALUES
           (1, -32768, -0.01, 1234567890123456789012345678.0123456789, 3.14, 0.1, 0.1, '规矩', 'ab', 'x', true, '2026-11-22',
            '09:30:00.5', '2026-11-22 09:30:00', '2026-11-22 09:30:00+00', '{\"a\": 1}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '好', '\\x00', '(1,2)'),
           (2, 1, 12345.60, 0, 0, 'NaN', 'Infinity', '', '', '', false, '0001-01-01', '23:59:59.999999', '1969-12-31 23:59:59.999999',
            '1900-01-01 00:00:00+08', 'null', NULL, 'bad', NULL, NULL),
           (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    );
    insta::assert_snapshot!(db.rows("t").unwrap().join("\n"));
    assert_eq!(db.rows("public.t").unwrap(), db.rows("t").unwrap());
}

#[test]
fn mysql_types() {
    let Some(db) = Kind::Mysql.database() else { return };
    db.run(
        "CREATE TABLE t (id bigint PRIMARY KEY, flag tinyint(1), tiny tinyint unsigned, big bigint unsigned, n decimal(18,2), wide decimal(38,10),
           f float, r double, y year, t text, c char(4), e enum('好','bad'), b bit(1), d date, tm time, dt datetime(6), ts timestamp NULL,
           j json, raw varbinary(4), bits bit(9)) CHARACTER SET utf8mb4;
         SET time_zone = '+08:00';
         INSERT INTO t VALUES
           (1, 1, 255, 18446744073709551615, -0.01, 1234567890123456789012345678.0123456789, 0.1, 0.1, 2026, '规矩', 'x', '好', b'1',
            '2026-11-22', '09:30:00', '2026-11-22 09:30:00.123456', '2026-11-22 09:30:00', '{\"a\": 1}', x'00ff', b'1'),
           (2, 0, 0, 0, 12345.60, 0, 16777216, -1e300, 1901, '', '', 'bad', b'0', '1000-01-01', '23:59:59', '1969-12-31 23:59:59', NULL,
            'null', NULL, NULL),
           (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    );
    insta::assert_snapshot!(db.rows("t").unwrap().join("\n"));
}

#[test]
fn sqlite_types() {
    let db = Kind::Sqlite.database().unwrap();
    db.run(
        "CREATE TABLE t (id integer PRIMARY KEY, n decimal(18,2), r real, t varchar(10), b boolean, d date, ts datetime, raw blob);
         INSERT INTO t VALUES (1, '-0.01', 0.1, '规矩', 1, '2026-11-22', '2026-11-22 09:30:00', x'00'),
           (9007199254740993, 12345.6, 1e300, '', 0, '0001-01-01', '2026-11-22T09:30:00Z', NULL),
           (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    );
    insta::assert_snapshot!(db.rows("t").unwrap().join("\n"));
    assert_eq!(db.rows("select count(*) as n, max(t) as most from t").unwrap(), ["3|规矩"]);
}

/// One value that is none of its column's type, in each kind.
#[test]
fn a_value_that_does_not_fit_is_a_finding() {
    let cases = [
        (Kind::Postgres, "CREATE TABLE t (x numeric(5,2)); INSERT INTO t VALUES (1), ('NaN')", "NaN"),
        (Kind::Postgres, "CREATE TABLE t (x date); INSERT INTO t VALUES ('infinity')", "infinity"),
        (Kind::Postgres, "CREATE TABLE t (x timestamptz); INSERT INTO t VALUES ('-infinity')", "-infinity"),
        (
            Kind::Postgres,
            "CREATE TABLE t (x numeric); INSERT INTO t VALUES (0.1234567890123456789)",
            "0.1234567890123456789",
        ),
        (Kind::Postgres, "CREATE TABLE t (x time); INSERT INTO t VALUES ('24:00')", "24:00:00"),
        (Kind::Mysql, "SET sql_mode=''; CREATE TABLE t (x date); INSERT INTO t VALUES ('0000-00-00')", "0000-00-00"),
        (Kind::Mysql, "CREATE TABLE t (x tinyint(1)); INSERT INTO t VALUES (2)", "2"),
        (Kind::Mysql, "CREATE TABLE t (x time); INSERT INTO t VALUES ('100:00:00')", "100:00:00"),
        (Kind::Sqlite, "CREATE TABLE t (x integer); INSERT INTO t VALUES ('abc')", "abc"),
        (Kind::Sqlite, "CREATE TABLE t (x decimal(5,2)); INSERT INTO t VALUES (0.125)", "0.125"),
    ];
    for (kind, sql, text) in cases {
        let Some(db) = kind.database() else { continue };
        db.run(sql);
        let found = db.rows("t").unwrap_err();
        assert_eq!(found.len(), 1, "{sql}: {:?}", said(&found));
        assert!(said(&found)[0].starts_with(&format!("5308 `{text}` in column `x`")), "{sql}: {:?}", said(&found));
        let connection = db.connection_by(None, ", misfit: missing");
        assert!(db.copy(&connection, &["t"]).is_ok(), "{sql}: `misfit: missing` counts it instead");
    }
}
