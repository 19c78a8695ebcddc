//! What is the same whatever the kind.

use crate::server::{Database, Kind, said, texts};
use guiju_connect::database::{Taken, Wanted, obtain};
use guiju_lang::{
    schema::{Column, Schema},
    ty::{Type, Typed},
};

fn all() -> impl Iterator<Item = Database> {
    [Kind::Postgres, Kind::Mysql, Kind::Sqlite].into_iter().filter_map(Kind::database)
}

const MANAGERS: &str = "CREATE TABLE managers (customer_id integer NOT NULL, manager varchar(20));
    INSERT INTO managers VALUES (1, 'A'), (2, NULL);";

#[test]
fn a_table_that_is_not_there_comes_with_its_neighbour() {
    for db in all() {
        db.run(MANAGERS);
        let found = db.rows("manager").unwrap_err();
        assert_eq!(said(&found), ["5505 the database `crm` has no table `manager` that can be read"]);
        assert_eq!(found[0].suggestions, ["managers"]);
        let found = db.rows("select nothing from managers").unwrap_err();
        assert!(said(&found)[0].starts_with("5506 "), "{:?}", said(&found));
    }
}

#[test]
fn a_query_is_one_statement_and_changes_nothing() {
    for db in all() {
        db.run(MANAGERS);
        assert_eq!(
            db.rows("select manager, customer_id + 1 as x from managers order by 2 -- so").unwrap(),
            ["A|2", "∅|3"]
        );
        for bad in [
            "select 1) as x; drop table managers; select * from (select 1",
            "select 1; drop table managers",
            "with x as (delete from managers returning *) select * from x",
        ] {
            assert!(db.rows(bad).is_err(), "{bad}");
        }
        assert_eq!(db.rows("managers").unwrap(), ["1|A", "2|∅"]);
    }
}

/// All tables are seen in the state of one moment, whatever others write meanwhile.
#[test]
fn a_change_during_the_copy_does_not_mix_into_it() {
    for db in all() {
        let rows: Vec<String> = (0..20_000).map(|i| format!("({i}, 1)")).collect();
        // Otherwise a writer waits for the reader, as SQLite does without its write-ahead log.
        let log = if db.kind == Kind::Sqlite { "PRAGMA journal_mode = WAL;" } else { "" };
        db.run(&format!("{log} CREATE TABLE a (id integer, x integer); CREATE TABLE b (id integer, x integer); INSERT INTO b VALUES (1, 1);"));
        db.run(&format!("INSERT INTO a VALUES {}", rows.join(",")));
        let connection = db.connection();
        let wanted = ["a", "b"].map(|object| Wanted { object: Some(object), schema: None, used: &[] });
        let mut changed = 0;
        let copied = obtain(&db.store(), &connection, &wanted, &mut |object, _| {
            if object == "a" && changed == 0 {
                db.run("UPDATE a SET x = 2; UPDATE b SET x = 2; INSERT INTO b VALUES (2, 2);");
                changed += 1;
            }
            true
        });
        let copied = copied.unwrap();
        assert_eq!(changed, 1);
        assert_eq!(texts(&copied, &connection, "b").unwrap(), ["1|1"], "{:?}", db.kind);
        assert!(texts(&copied, &connection, "a").unwrap().iter().all(|row| row.ends_with("|1")));
        let mut now = db.rows("b").unwrap();
        now.sort();
        assert_eq!(now, ["1|2", "2|2"]);
    }
}

#[test]
fn a_schema_that_changed_since_it_was_checked() {
    let column = |name: &str, ty| Column { name: name.into(), typed: Typed::new(ty, true) };
    let schema = Schema { columns: vec![column("customer_id", Type::Integer), column("manager", Type::Text)] };
    for db in all() {
        db.run("CREATE TABLE managers (customer_id integer, manager date, more varchar(3))");
        let wanted = [Wanted { object: Some("managers"), schema: Some(&schema), used: &[0, 1] }];
        let found = obtain(&db.store(), &db.connection(), &wanted, &mut |_, _| true).unwrap_err();
        assert_eq!(found.iter().map(|f| f.code.0).collect::<Vec<_>>(), [5202], "{:?}", said(&found));
        db.run("DROP TABLE managers; CREATE TABLE managers (customer_id integer, managers varchar(3))");
        let found = obtain(&db.store(), &db.connection(), &wanted, &mut |_, _| true).unwrap_err();
        assert_eq!((found[0].code.0, found[0].suggestions.as_slice()), (5201, ["managers".to_owned()].as_slice()));
        // What nobody reads may be whatever it likes.
        let wanted = [Wanted { object: Some("managers"), schema: Some(&schema), used: &[0] }];
        assert!(obtain(&db.store(), &db.connection(), &wanted, &mut |_, _| true).is_ok());
    }
}

#[test]
fn somebody_who_interrupts_leaves_no_trace() {
    for db in all() {
        let rows: Vec<String> = (0..20_000).map(|i| format!("({i})")).collect();
        db.run("CREATE TABLE a (id integer)");
        db.run(&format!("INSERT INTO a VALUES {}", rows.join(",")));
        let wanted = [Wanted { object: Some("a"), schema: None, used: &[] }];
        let found = obtain(&db.store(), &db.connection(), &wanted, &mut |_, _| false).unwrap_err();
        assert_eq!(found.len(), 1);
        assert_eq!(std::fs::read_dir(db.store().join("copies/crm")).unwrap().count(), 0);
        assert_eq!(db.copy(&db.connection(), &["a"]).unwrap().taken, Taken::Now);
    }
}
