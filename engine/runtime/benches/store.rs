//! How long publishing takes, against its budgets: 100,000 effects in 150 ms, a million in 1.5 s; and how many small publications a second,
//! as servers make them, a store takes. `cargo bench -p guiju --bench store`. GUIJU_STORE_URL names a PostgreSQL (an empty schema) to be
//! measured as well, GUIJU_STORE_PASSWORD its password.
#![allow(clippy::print_stdout)] // its output is what it is for

#[path = "../tests/store/desk.rs"]
mod desk;

use desk::{DAY, effects, info, rule};
use guiju::store::{RunInfo, Store};
use guiju_connect::config::Config;
use guiju_core::cell::{CellTable, CellValue};
use guiju_lang::finding::FileId;
use std::time::{Duration, Instant};

const RULES: usize = 100;

fn timed<T>(what: &str, budget: Option<Duration>, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let out = work();
    let took = begun.elapsed();
    match budget {
        Some(budget) => {
            println!("{what:<58} {took:>10.1?}  {:>5.2} of {budget:?}", took.as_secs_f64() / budget.as_secs_f64());
        }
        None => println!("{what:<58} {took:>10.1?}"),
    }
    out
}

/// Publications of one effect and one cell each, one after the other.
fn small(what: &str, store: &mut Store) {
    let (rule, cell) = (rule("calm"), desk::cell());
    let mut count = 0;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        let customer = [format!("C{count}")];
        let mut table = CellTable::new();
        table.put(&customer[0], CellValue::Time(5 * DAY));
        // An occurrence of its own, as a server's pieces have: nothing was published in it before.
        let name = format!("small-{count}");
        let info = RunInfo { occurrence: name.clone(), ..info(&name, 5, 1) };
        let mut publication = store.begin(info).unwrap_or_else(|e| panic!("{e}"));
        publication.add_effects(&rule, &effects(&rule, 5, &customer, None)).unwrap_or_else(|e| panic!("{e}"));
        publication.put_cell(&rule, cell, "", &table).unwrap_or_else(|e| panic!("{e}"));
        publication.commit(6).unwrap_or_else(|e| panic!("{e}"));
        count += 1;
    }
    println!("{what:<58} {:>10.0} publications/s", f64::from(count) / begun.elapsed().as_secs_f64());
}

fn remote() -> Option<Store> {
    let url = std::env::var("GUIJU_STORE_URL").ok()?;
    let folder = std::env::temp_dir().join(format!("guiju-bench-{}", std::process::id()));
    let yaml = format!(
        "store: {{ folder: \"{}\", url: \"{url}\", password: {{ env: GUIJU_STORE_PASSWORD }} }}",
        folder.display()
    );
    let (config, findings) = Config::parse(&yaml, &folder, FileId(0));
    assert!(findings.is_empty(), "{findings:?}");
    Some(Store::open(config.store).unwrap_or_else(|e| panic!("{e}")))
}

fn main() {
    small("one effect each, SQLite", &mut Store::temporary().unwrap_or_else(|e| panic!("{e}")));
    match remote() {
        Some(mut store) => small("one effect each, PostgreSQL", &mut store),
        None => println!("SKIPPED: GUIJU_STORE_URL names no PostgreSQL"),
    }
    for (rows, budget) in [(100_000, 150), (1_000_000, 1_500)] {
        let budget = Some(Duration::from_millis(budget));
        let mut store = Store::temporary().unwrap_or_else(|e| panic!("{e}"));
        // Every rule has customers of its own, every text is different: nothing that compression could live on.
        let customers: Vec<Vec<String>> = (0..RULES)
            .map(|r| (0..rows / RULES).map(|n| format!("C{:07}", (n * RULES + r) * 7919 % 10_000_019)).collect())
            .collect();
        let rules: Vec<_> = (0..RULES).map(|n| rule(&format!("rule_{n}"))).collect();
        let batches: Vec<_> = rules.iter().zip(&customers).map(|(r, c)| effects(r, 5, c, Some(desk::SINK))).collect();
        let tables = customers.iter().map(|customers| {
            let mut table = CellTable::new();
            customers.iter().for_each(|customer| table.put(customer, CellValue::Time(5 * DAY)));
            table
        });
        let tables: Vec<_> = tables.collect();
        let cells: Vec<_> =
            rules.iter().map(|r| guiju_core::id::EffectId::of(r, "", "", 0).0).map(guiju_core::id::CellId).collect();
        let mut publish = |run: &str| {
            let mut publication = store.begin(info(run, 5, 1)).unwrap_or_else(|e| panic!("{e}"));
            for (((rule, batch), cell), table) in rules.iter().zip(&batches).zip(&cells).zip(&tables) {
                publication.add_effects(rule, batch).unwrap_or_else(|e| panic!("{e}"));
                publication.put_cell(rule, *cell, "", table).unwrap_or_else(|e| panic!("{e}"));
            }
            publication.commit(6).unwrap_or_else(|e| panic!("{e}")).total
        };
        println!("{rows} effects of {RULES} rules, each with a cool-down");
        let new = timed("  publish", budget, || publish("a")).new;
        assert_eq!(new, rows as u64);
        let already = timed("  repeat: every id is known", budget, || publish("a")).already;
        assert_eq!(already, rows as u64);
        let requests: Vec<_> = cells.iter().map(|&c| c.into()).collect();
        let run = guiju_core::id::RunId::new("b").unwrap_or_else(|e| panic!("{e}"));
        let read = timed("  read all cells", None, || {
            store.cells("default", &run, &requests).unwrap_or_else(|e| panic!("{e}"))
        });
        assert_eq!(read.values().map(CellTable::len).sum::<usize>(), rows);
        let name = rules[RULES / 2].to_string();
        let last = timed("  last effect of one rule for one customer", None, || {
            store.last_effect(&name, &customers[RULES / 2][3])
        });
        assert!(last.is_ok_and(|l| l.is_some()));
        let sizes = store.sizes().unwrap_or_else(|e| panic!("{e}"));
        println!(
            "  {:.1} bytes per effect, {:.1} per cell entry",
            sizes.segment_bytes as f64 / rows as f64,
            sizes.tables["cell_blocks"] as f64 / rows as f64
        );
    }
}
