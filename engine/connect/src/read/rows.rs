//! Rows of texts become typed columns; what does not fit is collected with its place.

use super::{Context, Progress, parse};
use crate::{
    config::{Connection, Misfit},
    problem::{self, DataPlace},
};
use arrow_array::{
    ArrayRef, RecordBatch, RecordBatchOptions,
    builder::{
        BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, StringBuilder,
        Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
    },
};
use arrow_schema::{Field, SchemaRef};
use guiju_lang::{
    finding::Finding,
    schema::{Column, Schema},
    time::Zone,
    ty::{DecimalType, Type, Unit},
};
use std::{path::Path, sync::Arc};

/// A value as a text format writes it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Raw<'a> {
    Missing,
    /// A text or anything unquoted.
    Text(&'a str),
}

enum Values {
    Bool(BooleanBuilder),
    Integer(Int64Builder),
    Decimal(Decimal128Builder, DecimalType),
    Real(Float64Builder),
    Text(StringBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
}

struct Slot {
    column: Column,
    values: Values,
}

/// Collects rows into batches.
pub(crate) struct Rows {
    slots: Vec<Slot>,
    schema: SchemaRef,
    rows: usize,
    zone: Zone,
    misfit: Misfit,
    listed: usize,
    findings: Vec<Finding>,
    unlisted: u64,
    progress: Arc<Progress>,
    path: String,
}

impl Rows {
    /// For the columns of a context; a column of a type that text cannot hold is a finding.
    pub(crate) fn new(context: &Context) -> Result<Self, Vec<Finding>> {
        let path = context.files.first().map(|p| p.display().to_string()).unwrap_or_default();
        let schema = Arc::new(arrow_schema::Schema::new(fields(&context.columns, Path::new(&path))?));
        let slots = context
            .columns
            .columns
            .iter()
            .filter_map(|c| Some(Slot { column: c.clone(), values: Values::new(&c.typed.ty)? }));
        let Connection { text, misfit, .. } = &context.connection;
        Ok(Self {
            slots: slots.collect(),
            schema,
            rows: 0,
            zone: text.zone.clone(),
            misfit: *misfit,
            listed: context.options.limits.listed,
            findings: Vec::new(),
            unlisted: 0,
            progress: Arc::clone(&context.progress),
            path,
        })
    }

    pub(crate) fn fields(&self) -> Vec<Field> {
        self.schema.fields().iter().map(|f| f.as_ref().clone()).collect()
    }

    /// How many rows are collected.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// Adds a row; `value` gives the column at a position of the delivered columns, `row` is its 1-based number in the file.
    pub(crate) fn push<'a>(&mut self, path: &Path, row: u64, mut value: impl FnMut(usize) -> Raw<'a>) {
        for i in 0..self.slots.len() {
            let raw = value(i);
            let Some(slot) = self.slots.get_mut(i) else { continue };
            let outcome = slot.values.push(raw, &self.zone, slot.column.typed.unit == Unit::Percent);
            let finding = match outcome {
                Outcome::Fits => continue,
                Outcome::NotFinite => {
                    self.progress.add_not_finite(1);
                    continue;
                }
                Outcome::Missing if slot.column.typed.nullable => continue,
                Outcome::Missing => problem::required_missing(
                    DataPlace::file(path).row(row).column(&slot.column.name),
                    &slot.column.name,
                ),
                Outcome::Misfit if self.misfit == Misfit::Missing && slot.column.typed.nullable => {
                    self.progress.add_misfits(1);
                    continue;
                }
                Outcome::Misfit => {
                    let text = match raw {
                        Raw::Text(t) => t,
                        Raw::Missing => "",
                    };
                    let at = DataPlace::file(path).row(row).column(&slot.column.name);
                    problem::does_not_fit(at, &slot.column.name, text, &slot.column.typed.ty)
                }
            };
            if self.findings.len() < self.listed {
                self.findings.push(finding);
            } else {
                self.unlisted += 1;
            }
        }
        self.rows += 1;
    }

    /// Whether something did not fit: no more batches then, only the rest of the findings.
    pub(crate) fn spoilt(&self) -> bool {
        !self.findings.is_empty()
    }

    /// Everything that did not fit, and how much more there was.
    pub(crate) fn findings(&mut self) -> Vec<Finding> {
        let mut findings = std::mem::take(&mut self.findings);
        if self.unlisted > 0 {
            findings.push(problem::more_do_not_fit(&self.path, self.unlisted));
        }
        findings
    }

    /// The rows so far, as a batch.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, Vec<Finding>> {
        let arrays: Vec<ArrayRef> = self.slots.iter_mut().map(|s| s.values.finish()).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(|e| vec![problem::parquet_broken(Path::new(&self.path), None, &e.to_string())])
    }
}

/// Arrow fields of columns of a text format.
fn fields(columns: &Schema, path: &Path) -> Result<Vec<Field>, Vec<Finding>> {
    let field = |c: &Column| match super::physical_type(&c.typed.ty) {
        // Nullable even if required: a row that lacks a required value is a finding, not a failed batch.
        Some(physical) => Ok(Field::new(&c.name, physical, true)),
        None => Err(vec![problem::column_unsupported(path, &c.name, &c.typed.ty.to_string())]),
    };
    columns.columns.iter().map(field).collect()
}

enum Outcome {
    Fits,
    Missing,
    NotFinite,
    Misfit,
}

impl Values {
    fn new(ty: &Type) -> Option<Self> {
        Some(match ty {
            Type::Bool => Self::Bool(BooleanBuilder::new()),
            Type::Integer => Self::Integer(Int64Builder::new()),
            Type::Decimal(d) => {
                let physical = super::physical_type(ty)?;
                Self::Decimal(Decimal128Builder::new().with_data_type(physical), *d)
            }
            Type::Real => Self::Real(Float64Builder::new()),
            Type::Text => Self::Text(StringBuilder::new()),
            Type::Date => Self::Date(Date32Builder::new()),
            Type::Time => Self::Time(Time64MicrosecondBuilder::new()),
            Type::Timestamp => Self::Timestamp(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            _ => return None,
        })
    }

    fn push(&mut self, raw: Raw<'_>, zone: &Zone, percent: bool) -> Outcome {
        macro_rules! typed {
            ($builder:expr, $parsed:expr) => {{
                let parsed = $parsed;
                $builder.append_option(parsed);
                if parsed.is_some() { Outcome::Fits } else { Outcome::Misfit }
            }};
        }
        let text = match (raw, &*self) {
            (Raw::Missing, _) => {
                self.push_missing();
                return Outcome::Missing;
            }
            (Raw::Text(t), Self::Text(_)) => t,
            (Raw::Text(t), _) => t.trim(),
        };
        match self {
            Self::Bool(b) => typed!(b, parse::boolean(text)),
            Self::Integer(b) => typed!(b, parse::integer(text)),
            Self::Decimal(b, d) => {
                // 12.5 in a percent column of scale 4 is 0.1250: the same digits, two places further down.
                let written =
                    if percent { DecimalType { precision: d.precision, scale: d.scale.saturating_sub(2) } } else { *d };
                typed!(b, parse::decimal(text, written).filter(|_| !percent || d.scale >= 2))
            }
            Self::Real(b) => match parse::real(text) {
                Some(v) if v.is_finite() => {
                    b.append_value(if percent { v / 100.0 } else { v });
                    Outcome::Fits
                }
                parsed => {
                    b.append_null();
                    if parsed.is_some() { Outcome::NotFinite } else { Outcome::Misfit }
                }
            },
            Self::Text(b) => {
                b.append_value(text);
                Outcome::Fits
            }
            Self::Date(b) => typed!(b, parse::date(text)),
            Self::Time(b) => typed!(b, parse::time(text)),
            Self::Timestamp(b) => typed!(b, parse::timestamp(text, zone)),
        }
    }

    fn push_missing(&mut self) {
        match self {
            Self::Bool(b) => b.append_null(),
            Self::Integer(b) => b.append_null(),
            Self::Decimal(b, _) => b.append_null(),
            Self::Real(b) => b.append_null(),
            Self::Text(b) => b.append_null(),
            Self::Date(b) => b.append_null(),
            Self::Time(b) => b.append_null(),
            Self::Timestamp(b) => b.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bool(b) => Arc::new(b.finish()),
            Self::Integer(b) => Arc::new(b.finish()),
            Self::Decimal(b, _) => Arc::new(b.finish()),
            Self::Real(b) => Arc::new(b.finish()),
            Self::Text(b) => Arc::new(b.finish()),
            Self::Date(b) => Arc::new(b.finish()),
            Self::Time(b) => Arc::new(b.finish()),
            Self::Timestamp(b) => Arc::new(b.finish()),
        }
    }
}
