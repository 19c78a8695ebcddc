//! What a stage on a worker must know to compute the same values: the rulebooks as they were checked, what the tables looked like,
//! the time, and which expressions are asked for. A worker sees none of the tables and none of the configuration.

use crate::{
    epoch::{Epoch, Moment},
    project::Project,
};
use guiju_connect::{calendar::parse_calendar, text};
use guiju_lang::{
    calendar::Calendar,
    check::{self, CheckInput},
    finding::{Arg, At, FileId, Finding, Sources, codes},
    hir::{ColumnRef, Expr, Program, SourceId, parts},
    schema::{Column, Schema, SchemaProvider},
    ty::{DecimalType, Type, Typed},
};
use guiju_spark::{Stage, Staged};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Serialize, Deserialize)]
struct Bundle {
    epoch: String,
    files: Vec<File>,
    calendars: Vec<String>,
    tables: Vec<Table>,
    /// Microseconds, or a day.
    at: When,
    stages: Vec<Asked>,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    path: String,
    text: String,
    template: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
enum When {
    Day(i32),
    Instant(i64),
}

/// The columns behind a connection.
#[derive(Debug, Serialize, Deserialize)]
struct Table {
    connection: String,
    object: Option<String>,
    guessed: bool,
    /// Name, type, whether it can be missing.
    columns: Vec<(String, String, bool)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    table: u32,
    /// Source and column.
    columns: Vec<(u32, u32)>,
    /// Rule, and the number of the part among the rule's.
    values: Vec<(usize, usize)>,
}

/// A bundle's text.
pub(super) fn write(project: &Project, epoch: &Epoch, at: Moment, stages: &[Stage]) -> Result<String, Vec<Finding>> {
    let program = &epoch.program;
    let file = |file: &guiju_lang::finding::SourceFile| File {
        path: file.path.clone(),
        text: file.text.to_string(),
        template: file.template_name().map(str::to_owned),
    };
    let provider = project.config.schemas();
    let table = |source: &guiju_lang::hir::Source| -> Result<Option<Table>, Vec<Finding>> {
        let (connection, object) = (source.connection.as_str(), source.object.as_deref());
        let Some(schema) = provider.schema(connection, object).map_err(|finding| vec![finding])? else {
            return Ok(None);
        };
        let columns = schema.columns.iter().map(|c| (c.name.clone(), c.typed.ty.to_string(), c.typed.nullable));
        Ok(Some(Table {
            connection: connection.to_owned(),
            object: object.map(str::to_owned),
            guessed: provider.guessed(connection, object),
            columns: columns.collect(),
        }))
    };
    let bundle = Bundle {
        epoch: epoch.hash().to_string(),
        files: project.sources.iter().take(project.set).map(|(_, f)| file(f)).collect(),
        calendars: project
            .config
            .calendars
            .iter()
            .map(|path| text::read(path).map_err(|finding| vec![finding]))
            .collect::<Result<_, _>>()?,
        tables: program.sources.iter().map(table).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect(),
        at: match at {
            Moment::Day(day) => When::Day(day),
            Moment::Instant(at) => When::Instant(at),
        },
        stages: stages.iter().map(|stage| asked(program, stage)).collect::<Result<_, _>>()?,
    };
    serde_json::to_string(&bundle).map_err(|e| vec![broken(&e.to_string())])
}

fn asked(program: &Program, stage: &Stage) -> Result<Asked, Vec<Finding>> {
    let value = |staged: &Staged| {
        let found = parts(&*program.rules[staged.rule].body).iter().position(|(_, part)| **part == staged.expr);
        // A question over the snapshot is no part of a rule's own expressions.
        let unsaid =
            || Finding::new(codes::cli::SPARK_CANNOT_SAY, staged.because.place).name("what", &staged.because.what);
        Ok((staged.rule, found.ok_or_else(|| vec![unsaid()])?))
    };
    Ok(Asked {
        table: stage.on.0,
        columns: stage.columns.iter().map(|c| (c.source.0, c.column)).collect(),
        values: stage.values.iter().map(value).collect::<Result<_, Vec<Finding>>>()?,
    })
}

/// A bundle, read and checked anew.
pub(super) struct Opened {
    pub(super) epoch: Epoch,
    pub(super) at: Moment,
    /// Each column with its type.
    pub(super) columns: Vec<(ColumnRef, Type)>,
    /// Each expression with its rule.
    pub(super) values: Vec<(usize, Expr)>,
}

/// Reads a bundle for one table's stage.
pub(super) fn open(text: &str, table: u32) -> Result<Opened, Vec<Finding>> {
    let bundle: Bundle = serde_json::from_str(text).map_err(|e| vec![broken(&e.to_string())])?;
    let mut files = Sources::new();
    for file in bundle.files {
        match file.template {
            Some(name) => files.add_template(file.path, name, file.text),
            None => files.add(file.path, file.text),
        };
    }
    let calendars: Vec<Arc<Calendar>> =
        bundle.calendars.iter().filter_map(|text| parse_calendar(text, FileId(0)).0).map(Arc::new).collect();
    let tables = Tables(&bundle.tables);
    let kinds = crate::kinds::schemas();
    let checked = check::check(CheckInput { files: &files, schemas: &tables, kinds: &kinds, calendars: &calendars });
    let Some(program) = checked.program else { return Err(checked.findings) };
    let epoch = Epoch::link(Arc::new(program), &calendars, |_| true)?;
    if epoch.hash().to_string() != bundle.epoch {
        return Err(vec![broken("it was written by another version of guiju")]);
    }
    let asked = bundle.stages.iter().find(|stage| stage.table == table);
    let asked = asked.ok_or_else(|| vec![broken("no such table")])?;
    let column = |&(source, column): &(u32, u32)| {
        let of = epoch.program.sources.get(source as usize)?.schema.columns.get(column as usize)?;
        Some((ColumnRef { source: SourceId(source), column }, of.typed.ty.clone()))
    };
    let value = |&(rule, part): &(usize, usize)| {
        let body = &epoch.program.rules.get(rule)?.body;
        Some((rule, parts(&**body).get(part)?.1.clone()))
    };
    let columns: Option<Vec<_>> = asked.columns.iter().map(column).collect();
    let values: Option<Vec<_>> = asked.values.iter().map(value).collect();
    let (Some(columns), Some(values)) = (columns, values) else { return Err(vec![broken("no such expression")]) };
    let at = match bundle.at {
        When::Day(day) => Moment::Day(day),
        When::Instant(at) => Moment::Instant(at),
    };
    Ok(Opened { epoch, at, columns, values })
}

pub(super) fn broken(reason: &str) -> Finding {
    Finding::new(codes::cli::STEP_FAILED, At::Nowhere).arg("reason", Arg::Plain(format!("bundle: {reason}")))
}

/// What a bundle says of tables.
struct Tables<'a>(&'a [Table]);

impl Tables<'_> {
    fn find(&self, connection: &str, object: Option<&str>) -> Option<&Table> {
        self.0.iter().find(|t| t.connection == connection && t.object.as_deref() == object)
    }
}

impl SchemaProvider for Tables<'_> {
    fn schema(&self, connection: &str, object: Option<&str>) -> Result<Option<Schema>, Finding> {
        let Some(table) = self.find(connection, object) else { return Ok(None) };
        let column = |(name, ty, nullable): &(String, String, bool)| {
            let ty = type_named(ty).ok_or_else(|| broken(ty))?;
            Ok(Column { name: name.clone(), typed: Typed::new(ty, *nullable) })
        };
        Ok(Some(Schema { columns: table.columns.iter().map(column).collect::<Result<_, Finding>>()? }))
    }
    fn guessed(&self, connection: &str, object: Option<&str>) -> bool {
        self.find(connection, object).is_some_and(|table| table.guessed)
    }
}

/// The types that a table's columns can have, as they are shown.
fn type_named(text: &str) -> Option<Type> {
    const PLAIN: [Type; 7] =
        [Type::Bool, Type::Integer, Type::Real, Type::Text, Type::Date, Type::Time, Type::Timestamp];
    PLAIN.into_iter().find(|ty| ty.to_string() == text).or_else(|| {
        let (precision, scale) = text.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
        Some(Type::Decimal(DecimalType { precision: precision.parse().ok()?, scale: scale.parse().ok()? }))
    })
}
