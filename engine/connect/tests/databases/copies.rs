//! How long a copy serves, and that it never is half a copy.

use crate::server::{Database, Kind, said, texts};
use guiju_connect::database::{Taken, held};
use std::{collections::BTreeSet, fs, time::Duration};

fn table() -> Database {
    let db = Kind::Sqlite.database().unwrap();
    db.run("CREATE TABLE t (id integer); INSERT INTO t VALUES (1)");
    db
}

fn folders(db: &Database) -> BTreeSet<String> {
    fs::read_dir(db.store().join("copies/crm"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_young_copy_serves_and_an_old_one_does_not() {
    let db = table();
    let hourly = db.connection_by(None, ", refresh: 1h");
    assert_eq!(db.copy(&hourly, &["t"]).unwrap().taken, Taken::Now);
    db.run("INSERT INTO t VALUES (2)");
    // Rules that name no columns ask for all there are, which no copy can promise.
    let schema =
        guiju_connect::database::temporary(&hourly, Some("t"), &mut |_| true).map(|c| c.connection.clone()).unwrap();
    assert!(!schema.path.exists(), "a temporary copy goes when nobody needs it");
    let columns = guiju_lang::schema::Schema {
        columns: vec![guiju_lang::schema::Column {
            name: "id".into(),
            typed: guiju_lang::ty::Typed::new(guiju_lang::ty::Type::Integer, true),
        }],
    };
    let wanted = [guiju_connect::database::Wanted { object: Some("t"), schema: Some(&columns), used: &[0] }];
    let take =
        |connection: &_| guiju_connect::database::obtain(&db.store(), connection, &wanted, &mut |_, _| true).unwrap();
    let copied = take(&hourly);
    assert_eq!((copied.taken, texts(&copied, &hourly, "t").unwrap().len()), (Taken::Before, 1));
    // Every run its own: the default.
    let always = db.connection();
    let copied = take(&always);
    assert_eq!((copied.taken, texts(&copied, &always, "t").unwrap().len()), (Taken::Now, 2));
    assert!(held(&db.store(), &always).unwrap().age() < Duration::from_secs(60));
    // Bound to another database, a connection has no copy yet.
    fs::copy(&always.path, db.folder.path().join("other.db")).unwrap();
    let other = crate::server::parse(&format!(
        "connections: {{ crm: {{ kind: sqlite, path: \"{}\", refresh: 1h }} }}",
        db.folder.path().join("other.db").display()
    ));
    assert!(held(&db.store(), &other).is_none());
}

#[test]
fn copies_that_are_read_stay_and_others_go() {
    let db = table();
    let connection = db.connection();
    let first = db.copy(&connection, &["t"]).unwrap();
    for _ in 0..4 {
        db.copy(&connection, &["t"]).unwrap();
    }
    // The one in use, the two last, and the one that was last when the last came.
    assert!(folders(&db).len() <= 3, "{:?}", folders(&db));
    assert_eq!(texts(&first, &connection, "t").unwrap(), ["1"]);
    drop(first);
    db.copy(&connection, &["t"]).unwrap();
    assert_eq!(folders(&db).len(), 2);
}

/// What a crash leaves is not a copy, and goes with the next one.
#[test]
fn half_a_copy_is_none() {
    let db = table();
    let connection = db.connection();
    db.copy(&connection, &["t"]).unwrap();
    let home = db.store().join("copies/crm");
    let whole = folders(&db).into_iter().next().unwrap();
    for half in [".99999999999999999999-1.part", "99999999999999999998-1", "99999999999999999999-1"] {
        fs::create_dir(home.join(half)).unwrap();
        fs::write(home.join(half).join("lock"), "").unwrap();
    }
    fs::write(home.join("99999999999999999999-1/copy.json"), "{ \"of\": \"").unwrap();
    let copy = held(&db.store(), &connection).unwrap();
    assert!(copy.has("t") && whole.starts_with(&format!("{:020}", copy.taken())));
    drop(copy);
    db.copy(&connection, &["t"]).unwrap();
    assert!(!folders(&db).contains(".99999999999999999999-1.part"));
}

#[test]
fn a_database_that_is_away_is_a_finding_and_a_copy_may_stand_in() {
    let db = table();
    let patient = db.connection_by(None, ", max_age: 1d");
    db.copy(&patient, &["t"]).unwrap();
    let (file, aside) = (patient.path.clone(), db.folder.path().join("aside"));
    fs::rename(&file, &aside).unwrap();
    let wanted = [guiju_connect::database::Wanted { object: Some("t"), schema: Some(&Default::default()), used: &[] }];
    let obtain = |connection: &_| guiju_connect::database::obtain(&db.store(), connection, &wanted, &mut |_, _| true);
    let copied = obtain(&patient).unwrap();
    assert_eq!(copied.taken, Taken::Before);
    let warning = said(&[copied.warning.unwrap()]).remove(0);
    assert!(warning.starts_with("5508 the database `crm` does not answer"), "{warning}");
    let found = said(&obtain(&db.connection()).unwrap_err());
    assert!(found.len() == 1 && found[0].starts_with("5501 "), "{found:?}");
    std::thread::sleep(Duration::from_millis(1_100));
    let found = said(&obtain(&db.connection_by(None, ", max_age: 1s")).unwrap_err());
    assert!(found.len() == 2 && found[1].starts_with("5509 the copy of `crm` is of "), "{found:?}");
    fs::rename(&aside, &file).unwrap();
    assert_eq!(obtain(&patient).unwrap().taken, Taken::Now);
}
