//! Rows that another engine has decided on: from here on they are rows for which events fire, as all others.

use crate::{
    emit::refused,
    frame::TableFrame,
    link::{Events, Member},
    snapshot::{self, Gathering, Over, Pass, select},
};
use arrow_array::{Array, BooleanArray, cast::AsArray, types::UInt64Type};
use arrow_buffer::BooleanBuffer;
use guiju_core::{Cells, Chosen, Output, StepError};
use guiju_lang::{
    context::Context,
    finding::{Arg, Finding, codes},
};

/// Rows on which rules act.
pub(crate) fn rows(
    events: &Events,
    cx: &Context,
    cells: &mut Cells,
    chosen: &Chosen<'_>,
    out: &mut Output,
) -> Result<(), StepError> {
    snapshot::each_table(events, cells, (chosen.source, None), |over, cells| over_table(over, cx, cells, chosen, out))
}

fn over_table(
    over: &Over<'_>,
    cx: &Context,
    cells: &mut Cells,
    chosen: &Chosen<'_>,
    out: &mut Output,
) -> Result<(), StepError> {
    let &Over { events, table, relations, .. } = over;
    let program = &*events.program;
    let used = &program.sources[table.on.0 as usize].used;
    let frame = TableFrame::new(program, table.on, used, chosen.rows, relations);
    let mut run = table.plan.run(&frame, cx, &mut out.incidents);
    let may = (0..table.members.len()).map(|root| run.truth(root)).collect::<Result<Vec<_>, _>>().map_err(refused)?;
    for (member, may) in table.members.iter().zip(may) {
        let acts = marked(chosen.acts.get(&member.rule), chosen.rows.num_rows());
        agreed(events, member, &acts, &may)?;
        if acts.count_set_bits() == 0 {
            continue;
        }
        let (rows, at) = select(chosen.rows, used, &member.columns, &acts, 0)?;
        let numbers = arrow_select::take::take(chosen.numbers, &at, None)?;
        let pass = Pass { events, table, member, cx, relations };
        let how = Gathering { decided: true, at_once: false };
        snapshot::gathered(&pass, cells, (rows, numbers.as_primitive::<UInt64Type>()), how, out)?;
    }
    Ok(())
}

/// Missing is not true.
fn marked(acts: Option<&BooleanArray>, rows: usize) -> BooleanBuffer {
    match acts {
        Some(acts) => {
            BooleanBuffer::collect_bool(rows, |row| row < acts.len() && acts.is_valid(row) && acts.value(row))
        }
        None => BooleanBuffer::new_unset(rows),
    }
}

/// What a row alone decides must have been decided as it is here; what takes the whole snapshot, at least not against it.
fn agreed(events: &Events, member: &Member, acts: &BooleanBuffer, may: &BooleanBuffer) -> Result<(), StepError> {
    let odd = if member.exact.is_some() { acts & &!may } else { acts ^ may };
    let count = odd.count_set_bits();
    if count == 0 {
        return Ok(());
    }
    let head = &events.program.rules[member.rule].head;
    let finding = Finding::new(codes::cli::SPARK_DISAGREES, head.place).name("rule", head.id.to_string());
    Err(StepError::Finding(Box::new(finding.arg("count", Arg::Count(i64::try_from(count).unwrap_or(i64::MAX))))))
}
