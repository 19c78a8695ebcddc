//! Rules over a stream inside a program: rows in, effects out, other rules in force between two rows, and what they remembered goes on.
//!
//! `cargo run -p guiju-examples --example stream`
#![allow(clippy::print_stdout)] // it shows something

use arrow_array::{
    ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, cast::AsArray,
};
use arrow_schema::{Field, Schema};
use guiju::{
    core::effect,
    lang::{finding::Finding, hir::Source},
    serve::{Running, Set, Taken},
};
use std::{fs, path::Path, sync::Arc};

/// Who pays out how much within ten minutes needs a call. `LIMIT` is what changes.
const RULES: &str = r#"rulebook desk { zone "Asia/Shanghai" }
source payments from line topic "payments" {
  key id
  time column at
  column id is integer required
  column customer is text
  column at is timestamp
  column amount is decimal(18, 2)
}
sink tasks to desk
event drained {
  on payments by customer
  when sum(amount) over 10m > LIMIT
  once per customer every 1h
  task "{customer} paid out {sum(amount) over 10m} in ten minutes"
  to tasks
}
"#;

/// A payment as this program has them anyway: customer, seconds after nine, fen.
type Payment = (&'static str, i64, i128);

/// Nine o'clock in Shanghai on 20 November 2026, in microseconds since 1970-01-01 UTC.
const NINE: i64 = 1_795_136_400_000_000;

fn main() -> Result<(), String> {
    let said = |findings: &[Finding]| findings.iter().map(|f| f.code.to_string()).collect::<Vec<_>>().join(" ");
    let folder = std::env::temp_dir().join(format!("guiju-stream-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let load = |limit: u32| load(&folder, limit).map_err(|refused| said(&refused.findings));

    let mut rules = load(50_000)?;
    let payments = rules.source("desk.payments").ok_or("the rulebook declares it")?;
    println!("in force: {}", rules.epoch().hash().short());
    let morning: [Payment; 3] = [("A", 0, 2_000_000), ("B", 30, 100_000), ("A", 200, 2_500_000)];
    let mut row = 0;
    let mut feed = |rules: &mut Running, some: &[Payment]| -> Result<Taken, String> {
        let batch = batch(&rules.epoch().program.sources[payments.0 as usize], some, row)?;
        row += some.len() as u64;
        rules.feed(payments, &batch, row - some.len() as u64).map_err(|found| said(&found))
    };
    tell(&feed(&mut rules, &morning)?);

    // The limit falls. The other set is read, checked and compiled beside the one that runs; a set that does not pass changes nothing.
    if let Err(findings) = self::load(&folder, 0).map(drop).map_err(|refused| said(&refused.findings)) {
        println!("refused, and nothing happened: {findings}");
    }
    let next = load(46_000)?;
    let before = rules.replace(next);
    println!("in force: {}; kept: {}", rules.epoch().hash().short(), rules.fates(&before).kept.join(", "));
    drop(before);

    // The window is as full as it was: 45,000 of the last ten minutes and 2,000 now.
    tell(&feed(&mut rules, &[("A", 300, 200_000)])?);
    // The cool-down goes on, too.
    tell(&feed(&mut rules, &[("A", 310, 900_000), ("B", 320, 4_600_000)])?);
    fs::remove_dir_all(&folder).map_err(|e| e.to_string())
}

/// The set with this limit; 0 is none, and stands for a slip.
fn load(folder: &Path, limit: u32) -> Result<Running, guiju::serve::Refused> {
    let limit = if limit == 0 { "\"a lot\"".to_owned() } else { limit.to_string() };
    let path = folder.join("desk.gj");
    let written = fs::write(&path, RULES.replace("LIMIT", &limit));
    debug_assert!(written.is_ok(), "what was not written is refused as it is read");
    Running::load(&Set { paths: vec![path], config: None, tenant: None })
}

/// The columns that rules use, in their order.
fn batch(declared: &Source, some: &[Payment], first: u64) -> Result<RecordBatch, String> {
    let column = |name: &str| -> Option<ArrayRef> {
        Some(match name {
            "id" => Arc::new(Int64Array::from_iter_values((0..some.len() as i64).map(|at| at + first as i64))),
            "customer" => Arc::new(StringArray::from_iter_values(some.iter().map(|(customer, ..)| customer))),
            "at" => {
                let times = some.iter().map(|(_, seconds, _)| NINE + seconds * 1_000_000);
                Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))
            }
            "amount" => {
                let amounts = Decimal128Array::from_iter_values(some.iter().map(|(.., fen)| *fen));
                Arc::new(amounts.with_precision_and_scale(18, 2).ok()?)
            }
            _ => return None,
        })
    };
    let used = declared.used.iter().map(|at| declared.schema.columns[*at as usize].name.as_str());
    let columns: Option<Vec<(&str, ArrayRef)>> = used.map(|name| Some((name, column(name)?))).collect();
    let (names, columns): (Vec<&str>, Vec<ArrayRef>) = columns.ok_or("a column of another name")?.into_iter().unzip();
    let fields: Vec<Field> =
        names.iter().zip(&columns).map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|e| e.to_string())
}

/// Effects are data: this is where a program journals and delivers them.
fn tell(taken: &Taken) {
    for batch in &taken.effects {
        let Some(tasks) = batch.column_by_name("task").and_then(|tasks| tasks.as_string_opt::<i32>()) else { continue };
        let ids = batch.column_by_name(effect::EFFECT_ID).and_then(|ids| ids.as_fixed_size_binary_opt());
        for row in 0..batch.num_rows() {
            // The same whenever it is worked out: who delivers twice delivers the same id.
            let id: String =
                ids.iter().flat_map(|ids| &ids.value(row)[..4]).map(|byte| format!("{byte:02x}")).collect();
            println!("  {id}… {}", tasks.value(row));
        }
    }
    if taken.effects.is_empty() {
        println!("  nothing to do");
    }
}
