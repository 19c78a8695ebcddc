//! From rows that fire to tasks: priority, assignee, text, expiry, evidence.

use crate::{
    event::Event,
    link::{as_text, compile, group_text},
    snapshot::Pass,
    stream::{asks_time, at},
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, RecordBatch, StringArray, UInt32Array, UInt64Array,
    builder::StringBuilder, cast::AsArray,
};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use guiju_core::{CellValue, Cells, Effects, Output, StepError, id::CellId};
use guiju_eval::{EvalError, Frame, Plan, Scripts};
use guiju_lang::{
    context::{Context, Incidents},
    finding::Finding,
    hir::{ColumnRef, Expr, ExprKind, Program},
    ty::{Type, Typed},
    value::Duration,
};
use std::sync::{Arc, LazyLock};

/// What an event computes for the rows that fire.
pub(crate) struct Payload {
    /// Roots in the order of [`Root`], then the evidence's leaves.
    pub(crate) plan: Plan,
    assign: bool,
    group: bool,
    leaves: Vec<String>,
    /// Something in it asks what time it is.
    pub(crate) asks_time: bool,
}

/// Positions of the plan's fixed roots; an absent clause repeats the key, which costs nothing.
#[derive(Clone, Copy)]
pub(crate) enum Root {
    Key = 0,
    Priority = 1,
    Assign = 2,
    Task = 3,
    Once = 4,
    Group = 5,
    By = 6,
    Leaves = 7,
}

/// The columns an event adds to an effect.
pub(crate) static PAYLOAD: LazyLock<Arc<Schema>> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("priority", DataType::Utf8, true),
        Field::new("assignee", DataType::Utf8, true),
        Field::new("task", DataType::Utf8, true),
        Field::new("expires", DataType::Date32, true),
    ]))
});

impl Payload {
    pub(crate) fn link(program: &Arc<Program>, scripts: &Arc<Scripts>, event: &Event) -> Result<Self, Vec<Finding>> {
        let (roots, leaves) = payload_roots(program, event);
        let plan = compile(program, scripts, &roots)?;
        let group = event.keep.as_ref().is_some_and(|k| k.per.is_some());
        let asks_time = roots.iter().any(asks_time);
        Ok(Self { plan, assign: event.assign.is_some(), group, leaves, asks_time })
    }
}

/// What an event computes for a row that fires, in the order of [`Root`], and the names of the evidence's leaves.
pub(crate) fn payload_roots(program: &Program, event: &Event) -> (Vec<Expr>, Vec<String>) {
    let key = as_text(event.key.clone());
    let keep = event.keep.as_ref();
    let mut roots = vec![
        key.clone(),
        event.priority.clone(),
        event.assign.clone().unwrap_or_else(|| key.clone()),
        Expr::at(ExprKind::Text(Arc::clone(&event.task)), Typed::new(Type::Text, false), event.key.place),
        event.once.as_ref().map_or_else(|| key.clone(), |once| group_text(&once.key)),
        keep.and_then(|k| k.per.clone()).map_or_else(|| key.clone(), as_text),
        keep.map_or_else(|| key.clone(), |k| k.by.clone()),
    ];
    let mut leaves = Vec::new();
    for (name, column) in leaf_columns(program, event) {
        leaves.push(name);
        roots.push(as_text(column));
    }
    (roots, leaves)
}

/// The columns that decide, each once, by the name the rulebook uses, in the order they are written.
pub(crate) fn leaf_columns(program: &Program, event: &Event) -> Vec<(String, Expr)> {
    let mut seen: Vec<ColumnRef> = Vec::new();
    let mut leaves = Vec::new();
    let mut visit = |e: &Expr| {
        if let ExprKind::Column(column) = &e.kind
            && !seen.contains(column)
        {
            seen.push(*column);
            leaves.push((column_name(program, event, *column), e.clone()));
        }
    };
    event.when.walk(&mut visit);
    if let Some(keep) = &event.keep {
        keep.by.walk(&mut visit);
    }
    leaves
}

/// `cd_balance`, or `managers.manager_id` for a column of another source.
pub(crate) fn column_name(program: &Program, event: &Event, column: ColumnRef) -> String {
    let source = &program.sources[column.source.0 as usize];
    let name = &source.schema.columns[column.column as usize].name;
    if column.source == event.on {
        return name.clone();
    }
    let short = source.name.rsplit('.').next().unwrap_or(&source.name);
    format!("{short}.{name}")
}

/// Rows that fire, with everything needed to choose among them and to write their tasks.
pub(crate) struct Firing {
    pub(crate) keys: StringArray,
    priority: ArrayRef,
    assign: ArrayRef,
    task: ArrayRef,
    once: StringArray,
    pub(crate) group: Option<StringArray>,
    pub(crate) by: ArrayRef,
    evidence: StringArray,
    pub(crate) rows: UInt64Array,
}

impl Payload {
    pub(crate) fn evaluate(
        &self,
        frame: &dyn Frame,
        rows: UInt64Array,
        cx: &Context,
        out: &mut Output,
    ) -> Result<Firing, StepError> {
        let mut run = self.plan.run(frame, cx, &mut out.incidents);
        let mut text =
            |root: usize| -> Result<StringArray, StepError> { Ok(plain_text(&run.array(root).map_err(refused)?)?) };
        let leaves =
            (0..self.leaves.len()).map(|i| text(Root::Leaves as usize + i)).collect::<Result<Vec<_>, StepError>>()?;
        Ok(Firing {
            keys: text(Root::Key as usize)?,
            priority: Arc::new(text(Root::Priority as usize)?),
            assign: if self.assign {
                Arc::new(text(Root::Assign as usize)?)
            } else {
                Arc::new(StringArray::new_null(rows.len()))
            },
            task: Arc::new(text(Root::Task as usize)?),
            once: text(Root::Once as usize)?,
            group: if self.group { Some(text(Root::Group as usize)?) } else { None },
            by: run.array(Root::By as usize).map_err(refused)?,
            evidence: evidence(&self.leaves, &leaves, rows.len()),
            rows,
        })
    }
}

impl Payload {
    /// The cool-down key of the frame's only row.
    pub(crate) fn once_key(&self, frame: &dyn Frame, cx: &Context) -> Result<Option<String>, StepError> {
        let keys = self.once_keys(frame, cx)?;
        Ok(keys.is_valid(0).then(|| keys.value(0).to_owned()))
    }
    /// The cool-down keys of the frame's rows.
    pub(crate) fn once_keys(&self, frame: &dyn Frame, cx: &Context) -> Result<StringArray, StepError> {
        let mut incidents = Incidents::default();
        Ok(plain_text(&self.plan.run(frame, cx, &mut incidents).array(Root::Once as usize).map_err(refused)?)?)
    }
}

/// What the evaluator refuses is a fault of the engine or of data that changed its shape: the step ends.
#[allow(clippy::needless_pass_by_value)] // the shape of map_err
pub(crate) fn refused(error: EvalError) -> StepError {
    StepError::Evaluation(error.to_string())
}

/// Texts may come dictionary-encoded.
pub(crate) fn plain_text(array: &ArrayRef) -> Result<StringArray, ArrowError> {
    match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            Ok(arrow_select::take::take(dictionary.values(), dictionary.keys(), None)?.as_string::<i32>().clone())
        }
        DataType::Utf8 => Ok(array.as_string::<i32>().clone()),
        other => Err(ArrowError::SchemaError(format!("expected text, got {other}"))),
    }
}

/// `{"cd_balance":"600000.00","tier":null}`: what the conditions read, so that `why` needs no second run.
fn evidence(names: &[String], leaves: &[StringArray], rows: usize) -> StringArray {
    let names: Vec<String> = names.iter().map(|name| json_name(name)).collect();
    let mut line = String::new();
    let mut lines = StringBuilder::with_capacity(rows, rows * 32);
    for row in 0..rows {
        line.clear();
        line.push('{');
        for (i, (name, leaf)) in names.iter().zip(leaves).enumerate() {
            if i > 0 {
                line.push(',');
            }
            line.push_str(name);
            line.push(':');
            if leaf.is_valid(row) {
                json_text(leaf.value(row), &mut line);
            } else {
                line.push_str("null");
            }
        }
        line.push('}');
        lines.append_value(&line);
    }
    lines.finish()
}

/// A name as a JSON text.
pub(crate) fn json_name(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// Most values need no escaping, and this runs for every effect.
pub(crate) fn json_text(text: &str, out: &mut String) {
    if text.bytes().any(|b| b < 0x20 || b == b'"' || b == b'\\') {
        out.push_str(&serde_json::Value::from(text).to_string());
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

/// When the cool-down's key last had an effect.
pub(crate) fn last_effect(cells: &Cells, cell: CellId, key: &str) -> Option<i64> {
    match cells.get(cell, key)? {
        CellValue::Time(last) => Some(last),
        CellValue::Bytes(_) => None,
    }
}

/// Whether the time after an effect is over. Days, months and trading days count by date, the rest by the clock.
pub(crate) fn passed(last: i64, every: Duration, cx: &Context) -> bool {
    match every {
        Duration::Micros(span) => last.saturating_add(span) <= cx.now,
        // Beyond the calendar nobody can say; the incident is counted where the calendar is used for a condition.
        _ => cx.shift_date(cx.zone.date(last), every).is_ok_and(|free| free <= cx.today),
    }
}

/// The last day on which the task is worth doing; missing beyond the calendar.
pub(crate) fn expiry(after: Duration, cx: &Context, incidents: &mut Incidents) -> Option<i32> {
    let day = match after {
        Duration::Micros(_) => cx.shift_timestamp(cx.now, after).map(|at| cx.zone.date(at)),
        _ => cx.shift_date(cx.today, after),
    };
    day.map_err(|incident| incidents.count(incident)).ok()
}

/// Which rows the cool-down lets pass. Reads only.
pub(crate) fn eligible(pass: &Pass<'_>, firing: &Firing, cells: &Cells) -> BooleanArray {
    let cx = pass.cx;
    let (Some(once), Some(cell)) = (&pass.event().once, pass.member.cool_down) else {
        return BooleanArray::new(BooleanBuffer::new_set(firing.rows.len()), None);
    };
    let passes = |row: usize| {
        if firing.once.is_null(row) {
            return true; // no key, no memory
        }
        last_effect(cells, cell, firing.once.value(row)).is_none_or(|last| passed(last, once.every, cx))
    };
    (0..firing.rows.len()).map(|row| Some(passes(row))).collect()
}

/// Writes the tasks of the rows marked in `keep`, and the cool-downs they start. Within one run a cool-down key gets one task:
/// the first row in the source's order.
pub(crate) fn emit(
    pass: &Pass<'_>,
    firing: &Firing,
    keep: &BooleanArray,
    cells: &mut Cells,
    out: &mut Output,
) -> Result<(), StepError> {
    let &Pass { member, cx, .. } = pass;
    let mut chosen = Vec::with_capacity(keep.true_count());
    for row in keep.values().set_indices() {
        if let Some(cell) = member.cool_down
            && firing.once.is_valid(row)
        {
            let key = firing.once.value(row);
            if last_effect(cells, cell, key) == Some(cx.now) {
                continue;
            }
            cells.put(cell, key, CellValue::Time(cx.now));
        }
        chosen.push(row as u32);
    }
    if chosen.is_empty() {
        return Ok(());
    }
    let tasks = chosen_tasks(pass, firing, &UInt32Array::from(chosen), &|_| cx.now, out)?;
    out.effects.push(tasks);
    Ok(())
}

/// Of rows of a stream, in their order and each at its own time: those that the cool-down lets pass, and that start it again.
pub(crate) fn cool_down(
    pass: &Pass<'_>,
    rows: &RecordBatch,
    times: &[i64],
    cells: &mut Cells,
) -> Result<BooleanArray, StepError> {
    let (Some(once), Some(cell)) = (&pass.event().once, pass.member.cool_down) else {
        return Ok(BooleanArray::new(BooleanBuffer::new_set(times.len()), None));
    };
    let keys = pass.member.payload.once_keys(&pass.frame(rows), pass.cx)?;
    let passes = |(row, now): (usize, &i64)| {
        if keys.is_null(row) {
            return true; // no key, no memory
        }
        let key = keys.value(row);
        let calm = |last: i64| last != *now && passed(last, once.every, &at(pass.cx, *now));
        let passes = last_effect(cells, cell, key).is_none_or(calm);
        if passes {
            cells.put(cell, key, CellValue::Time(*now));
        }
        passes
    };
    Ok(times.iter().enumerate().map(passes).map(Some).collect())
}

/// The tasks of all rows, each at its own time. Ordinals and times are the caller's affair.
pub(crate) fn tasks(pass: &Pass<'_>, firing: &Firing, times: &[i64], out: &mut Output) -> Result<Effects, StepError> {
    let all = UInt32Array::from_iter_values(0..times.len() as u32);
    chosen_tasks(pass, firing, &all, &|row| times[row], out)
}

fn chosen_tasks(
    pass: &Pass<'_>,
    firing: &Firing,
    chosen: &UInt32Array,
    time: &dyn Fn(usize) -> i64,
    out: &mut Output,
) -> Result<Effects, StepError> {
    let event = pass.event();
    let take = |array: &dyn Array| arrow_select::take::take(array, chosen, None);
    let expires: ArrayRef = Arc::new(match event.expires {
        Some(after) => {
            let mut last: Option<(i64, Option<i32>)> = None;
            let mut day = |row: &u32| {
                let now = time(*row as usize);
                match last {
                    Some((at, day)) if at == now => day,
                    _ => {
                        let day = expiry(after, &at(pass.cx, now), &mut out.incidents);
                        last = Some((now, day));
                        day
                    }
                }
            };
            chosen.values().iter().map(&mut day).collect::<Date32Array>()
        }
        None => Date32Array::new_null(chosen.len()),
    });
    let payload = RecordBatch::try_new(
        Arc::clone(&PAYLOAD),
        vec![take(&firing.priority)?, take(&firing.assign)?, take(&firing.task)?, expires],
    )?;
    Ok(Effects {
        rule: pass.member.rule,
        kind: "task",
        sink: event.to,
        keys: take(&firing.keys)?.as_string::<i32>().clone(),
        times: None,
        ordinals: UInt32Array::from(vec![0; chosen.len()]),
        source: event.on,
        rows: take(&firing.rows)?.as_primitive::<arrow_array::types::UInt64Type>().clone(),
        evidence: take(&firing.evidence)?.as_string::<i32>().clone(),
        payload,
    })
}
