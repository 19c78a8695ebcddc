//! The part of a job that runs beside Spark's workers: lines in, lines out. A line is a JSON list of texts and nulls: the row's
//! position and its columns in, the position and the values out.

use super::bundle::{self, Opened};
use guiju_eval::{Columns, Plan, Root, Scripts, array_of, value_at};
use guiju_lang::{
    context::{Context, Incidents},
    finding::{Arg, At, Finding, codes},
    time::Civil,
    ty::Type,
    value::{Decimal, Value},
};
use std::{
    io::{BufRead, BufWriter, Write},
    sync::Arc,
};

/// Rows that are evaluated together.
const TOGETHER: usize = 4_096;

/// Answers every line of `input` for the stage of one table, in order.
pub fn run(bundle: &str, table: u32, input: &mut dyn BufRead, output: &mut dyn Write) -> Result<(), Vec<Finding>> {
    let opened = bundle::open(bundle, table)?;
    let scripts = Arc::new(Scripts::compile(&opened.epoch.program)?);
    let mut plans = Vec::with_capacity(opened.values.len());
    for (rule, expr) in &opened.values {
        let plan = Plan::compile(&opened.epoch.program, &scripts, &[Root::from(expr)]);
        let plan = plan.map_err(|error| vec![failed(error)])?;
        // Each rule sees the time as its rulebook does.
        let group = opened.epoch.groups.iter().find(|group| group.rules.contains(rule));
        let group = group.ok_or_else(|| vec![failed("no such rule")])?;
        plans.push((plan, group.context(opened.at)));
    }
    let mut output = BufWriter::new(output);
    let mut lines = input.lines();
    loop {
        let mut rows = Vec::with_capacity(TOGETHER);
        for line in lines.by_ref().take(TOGETHER) {
            rows.push(cells(&line.map_err(|e| vec![failed(e)])?, &opened)?);
        }
        if rows.is_empty() {
            break;
        }
        answer(&opened, &plans, &rows, &mut output)?;
    }
    output.flush().map_err(|e| vec![failed(e)])
}

fn failed(reason: impl std::fmt::Display) -> Finding {
    Finding::new(codes::cli::STEP_FAILED, At::Nowhere).arg("reason", Arg::Plain(reason.to_string()))
}

/// A line as a position and values.
fn cells(line: &str, opened: &Opened) -> Result<(String, Vec<Value>), Vec<Finding>> {
    let texts: Vec<Option<String>> = serde_json::from_str(line).map_err(|e| vec![failed(e)])?;
    let mut texts = texts.into_iter();
    let position = texts.next().flatten().ok_or_else(|| vec![failed("a line without a position")])?;
    let texts: Vec<Option<String>> = texts.collect();
    if texts.len() != opened.columns.len() {
        return Err(vec![failed("a line with other columns")]);
    }
    let cell = |(text, (_, ty)): (Option<String>, &(_, Type))| match text {
        None => Ok(Value::Missing),
        Some(text) => read(&text, ty).ok_or_else(|| vec![failed(format!("`{text}` is no {ty}"))]),
    };
    let values = texts.into_iter().zip(&opened.columns).map(cell).collect::<Result<_, _>>()?;
    Ok((position, values))
}

/// A value as Spark writes it.
fn read(text: &str, ty: &Type) -> Option<Value> {
    Some(match ty {
        Type::Bool => Value::Bool(text.parse().ok()?),
        Type::Integer => Value::Integer(text.parse().ok()?),
        Type::Decimal(to) => Value::Decimal(text.parse::<Decimal>().ok()?.rescale(*to)?),
        Type::Real => Value::real(text.parse().ok()?),
        Type::Text => Value::text(text),
        Type::Date => {
            let mut parts = text.split('-');
            let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
            Value::Date(Civil::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?.days())
        }
        Type::Time => Value::Time(text.parse().ok()?),
        Type::Timestamp => Value::Timestamp(text.parse().ok()?),
        _ => return None,
    })
}

/// A value as Spark reads it.
fn written(value: &Value) -> Option<String> {
    Some(match value {
        Value::Bool(b) => b.to_string(),
        Value::Integer(n) | Value::Time(n) | Value::Timestamp(n) => n.to_string(),
        Value::Decimal(d) => d.to_string(),
        Value::Real(x) => format!("{x:e}"),
        Value::Text(t) => t.to_string(),
        Value::Date(d) => {
            let Civil { year, month, day } = Civil::of(*d);
            format!("{year:04}-{month:02}-{day:02}")
        }
        _ => return None,
    })
}

fn answer(
    opened: &Opened,
    plans: &[(Plan, Context)],
    rows: &[(String, Vec<Value>)],
    output: &mut dyn Write,
) -> Result<(), Vec<Finding>> {
    let mut frame = Columns::new(rows.len());
    for (at, (column, ty)) in opened.columns.iter().enumerate() {
        frame.insert(*column, array_of(ty, rows.iter().map(|(_, values)| &values[at])));
    }
    let mut incidents = Incidents::default();
    let mut values = Vec::with_capacity(plans.len());
    for (plan, cx) in plans {
        values.push(plan.run(&frame, cx, &mut incidents).array(0).map_err(|e| vec![failed(e)])?);
    }
    for (row, (position, _)) in rows.iter().enumerate() {
        let mut line = vec![Some(position.clone())];
        line.extend(values.iter().map(|array| written(&value_at(array, row))));
        let text = serde_json::to_string(&line).map_err(|e| vec![failed(e)])?;
        writeln!(output, "{text}").map_err(|e| vec![failed(e)])?;
    }
    Ok(())
}
