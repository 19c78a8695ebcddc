//! Sealing: a step's effects get their identity, their logical time and the common columns that everything after it reads.

use arrow_array::{
    Array, ArrayRef, DictionaryArray, FixedSizeBinaryArray, Int32Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
    cast::AsArray,
    types::{Int64Type, UInt32Type, UInt64Type},
};
use arrow_schema::{ArrowError, Schema};
use arrow_select::concat::{concat, concat_batches};
use guiju_core::{
    Effects, effect,
    id::{EffectIds, Key},
};
use guiju_lang::{hir::Program, value::Value};
use std::sync::Arc;

/// Rows that are sealed and written together: enough that a rule which fires in every batch costs by the row.
const TOGETHER: usize = 1 << 14;

/// The effects of one rule in few large pieces, in their order.
pub(crate) fn together(effects: &[Effects]) -> Result<Vec<Effects>, ArrowError> {
    let mut pieces = Vec::new();
    let mut rest = effects;
    while !rest.is_empty() {
        let mut rows = 0;
        let fits = |piece: &&Effects| {
            rows += piece.len();
            rows <= TOGETHER
        };
        let (now, later) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        pieces.push(joined(now)?);
        rest = later;
    }
    Ok(pieces)
}

fn joined(effects: &[Effects]) -> Result<Effects, ArrowError> {
    let [first, _, ..] = effects else {
        return effects.first().cloned().ok_or_else(|| ArrowError::ComputeError("no effects to join".to_owned()));
    };
    let column = |of: fn(&Effects) -> &dyn Array| concat(&effects.iter().map(of).collect::<Vec<_>>());
    let times = effects.iter().map(|e| e.times.as_ref().map(|times| times as &dyn Array)).collect::<Option<Vec<_>>>();
    Ok(Effects {
        times: times.map(|times| concat(&times)).transpose()?.map(|times| times.as_primitive::<Int64Type>().clone()),
        keys: column(|e| &e.keys)?.as_string::<i32>().clone(),
        ordinals: column(|e| &e.ordinals)?.as_primitive::<UInt32Type>().clone(),
        rows: column(|e| &e.rows)?.as_primitive::<UInt64Type>().clone(),
        evidence: column(|e| &e.evidence)?.as_string::<i32>().clone(),
        payload: concat_batches(first.payload.schema_ref(), effects.iter().map(|e| &e.payload))?,
        ..first.clone()
    })
}

/// One column that says the same in every row.
fn repeated(text: &str, rows: usize) -> Result<ArrayRef, ArrowError> {
    let values = Arc::new(StringArray::from(vec![text]));
    Ok(Arc::new(DictionaryArray::try_new(Int32Array::from(vec![0; rows]), values)?))
}

/// The effects of one rule as a batch for the journal. `occurrence` tells this run's effects from another's, `now` is its
/// logical time; effects that happen at times of their own are told apart by those.
pub(crate) fn seal(
    program: &Program,
    effects: &Effects,
    occurrence: &str,
    now: i64,
) -> Result<RecordBatch, ArrowError> {
    let rows = effects.len();
    let rule = &program.rules[effects.rule].head.id;
    let keys = canonical_keys(&effects.keys);
    let mut ids = EffectIds::new(rule, occurrence);
    let id_bytes = (0..rows).map(|row| {
        if let Some(times) = &effects.times {
            ids = EffectIds::new(rule, &moment(times.value(row)));
        }
        ids.id(keys.value(row), effects.ordinals.value(row)).0
    });
    let times = effects.times.as_ref().map_or_else(|| vec![now; rows], |times| times.values().to_vec());
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(FixedSizeBinaryArray::try_from_iter(id_bytes)?),
        repeated(&rule.to_string(), rows)?,
        repeated(effects.kind, rows)?,
        Arc::new(keys.clone()),
        Arc::new(effects.ordinals.clone()),
        repeated(&program.sources[effects.source.0 as usize].name, rows)?,
        Arc::new(effects.rows.clone()),
        Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")),
        Arc::new(effects.evidence.clone()),
    ];
    let mut fields = effect::common_fields();
    fields.push(arrow_schema::Field::new(effect::SINK, effect::repeated_text(), true));
    columns.push(repeated(&program.sinks[effects.sink.0 as usize].name, rows)?);
    fields.extend(effects.payload.schema().fields().iter().map(|field| field.as_ref().clone()));
    columns.extend(effects.payload.columns().iter().cloned());
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// A time as the occurrence of what happens then.
fn moment(time: i64) -> String {
    Key::of(&[Value::Timestamp(time)]).map(|key| key.to_string()).unwrap_or_default()
}

/// Keys in their one canonical text; nearly all are already.
fn canonical_keys(keys: &StringArray) -> StringArray {
    if !keys.value_data().iter().any(|b| matches!(b, b'|' | b'\\')) {
        return keys.clone();
    }
    keys.iter().map(|key| key.map(|key| Key::text(key).as_str().to_owned())).collect()
}
