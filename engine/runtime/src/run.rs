//! A run over tables: read, step, publish in one transaction, then bring the sinks up to date.

use crate::{
    ahead::Ahead,
    epoch::{Epoch, Moment},
    feed::{Read, Watch, feed_wanted},
    project::Project,
    publish::Publishing,
    sinks,
    spark::{self, Cluster},
    store::{CellRequest, EffectFilter, EpochBundle, RuleCount, RunInfo, Store, View},
};
use arrow_array::{Array, RecordBatch, cast::AsArray};
use guiju_core::{
    Cells, Effects, Kept, Output, effect,
    id::{EffectId, RunId, RunIdError},
};
use guiju_eval::value_at;
use guiju_lang::{
    context::{Context, Incident, Incidents},
    finding::{Arg, At, Finding, codes},
    hir::{Program, SlotFormat},
    render,
    time::Zone,
    value::Value,
};
use std::collections::{BTreeMap, HashMap};

/// How to run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The logical time.
    pub at: Moment,
    /// The run's name; otherwise its day.
    pub run: Option<RunId>,
    /// The wall clock, for the run history only: nothing that is computed sees it.
    pub clock: fn() -> i64,
    /// Publish nothing.
    pub dry: bool,
    /// Where the tables are looked through; otherwise here.
    pub on: Option<Cluster>,
    /// Bring the sinks up to date; otherwise somebody else does.
    pub deliver: bool,
}

/// What a run did.
#[derive(Debug, Clone)]
pub struct RunReport {
    /// Its name.
    pub run: RunId,
    /// What was read.
    pub reads: Vec<Read>,
    /// Per rule (`tenant/rulebook.name`), every rule of the epoch; a dry run counts everything as new.
    pub rules: BTreeMap<String, RuleCount>,
    /// What the sinks received.
    pub deliveries: Vec<sinks::Sent>,
    /// Warnings: what was counted on the way, and sinks that could not be reached.
    pub findings: Vec<Finding>,
}

/// The run's name if nobody gives one: the logical day or time.
pub fn default_run(epoch: &Epoch, at: Moment) -> Result<RunId, RunIdError> {
    RunId::new(occurrence(epoch, at))
}

/// What tells this run's effects from another's: the logical day. Two runs on one day are one occurrence.
fn occurrence(epoch: &Epoch, at: Moment) -> String {
    let cx = epoch.groups.first().map(|group| group.context(at));
    let (day, zone) = cx.map_or((0, Zone::utc()), |cx| (cx.today, cx.zone));
    canonical_text(&Value::Date(day), &zone)
}

/// A value as effects write it.
pub fn canonical_text(value: &Value, zone: &Zone) -> String {
    let cx = Context::new(0, zone.clone(), None);
    let mut text = String::new();
    render::write_value(&mut text, value, &SlotFormat::Plain, &cx);
    text
}

/// Gets what a step gave.
type Receive<'a> = dyn FnMut(&Context, Vec<Effects>) -> Result<(), Vec<Finding>> + 'a;

/// Runs an epoch. Without a store (only a dry run may do without) nothing is remembered.
pub fn run(
    project: &Project,
    epoch: &Epoch,
    store: Option<&mut Store>,
    options: &RunOptions,
    watch: &mut dyn Watch,
) -> Result<RunReport, Vec<Finding>> {
    let started = (options.clock)();
    let bad_name = |error: RunIdError| {
        vec![Finding::new(codes::cli::BAD_RUN_ID, At::Nowhere).arg("reason", Arg::Plain(error.to_string()))]
    };
    let run = match &options.run {
        Some(run) => run.clone(),
        None => default_run(epoch, options.at).map_err(bad_name)?,
    };
    let mut cells = load_cells(epoch, store.as_deref().map(|store| &**store), &run)?;
    let (mut incidents, mut found) = (Incidents::default(), Vec::new());
    let mut feed_to = |to: &mut Receive<'_>| {
        let mut take = |cx: &Context, out: &mut Output| {
            incidents += std::mem::take(&mut out.incidents);
            found.append(&mut out.findings);
            to(cx, std::mem::take(&mut out.effects))
        };
        match &options.on {
            None => feed_wanted(project, epoch, options.at, &mut cells, watch, &mut take),
            Some(cluster) => spark::feed((project, epoch, options.at), cluster, &mut cells, watch, &mut take),
        }
    };
    let mut rules: BTreeMap<String, RuleCount> =
        epoch.rules().map(|rule| (rule.head.id.to_string(), RuleCount::default())).collect();
    let (fed, round) = match store {
        Some(store) if !options.dry => {
            let ahead = match options.deliver {
                true => Ahead::while_reading(project, epoch, store, &run),
                // Whoever delivers may be writing the same files.
                false => Ahead::never(project, epoch, &run),
            };
            let info = info(project, epoch, &run, started, options);
            let mut publishing = Publishing::begin(epoch, store, info, ahead).map_err(|error| vec![error.into()])?;
            let fed = feed_to(&mut |cx, effects| publishing.add(cx, effects))?;
            let (published, ready) = publishing.finish(&cells, sources(&fed.reads), options.clock)?;
            rules.extend(published);
            let round = match options.deliver {
                true => sinks::deliver_due(project, epoch, store, &run, options.clock, ready, sinks::Which::ALL),
                false => sinks::Round::default(),
            };
            (fed, round)
        }
        _ => {
            let mut count = |_: &Context, effects: Vec<Effects>| {
                for effects in effects {
                    let rule = epoch.program.rules[effects.rule].head.id.to_string();
                    rules.entry(rule).or_default().new += effects.len() as u64;
                }
                Ok(())
            };
            (feed_to(&mut count)?, sinks::Round::default())
        }
    };
    let mut findings = fed.findings;
    findings.append(&mut found);
    findings.extend(incident_findings(&incidents));
    findings.extend(round.findings);
    findings.extend(round.failed.into_iter().map(|(_, finding)| finding));
    Ok(RunReport { run, reads: fed.reads, rules, deliveries: round.sent, findings })
}

/// The durable cells of each group, as this run must read them.
pub(crate) fn load_cells(epoch: &Epoch, store: Option<&View>, run: &RunId) -> Result<Vec<Cells>, Vec<Finding>> {
    let load = |group: &crate::epoch::Group| match store {
        // A run reads the whole table, so that its windows begin empty.
        Some(store) => {
            let kept = group.linked.cells().into_iter().filter(|kept| kept.windows.is_none()).collect();
            load_kept(&epoch.program, kept, store, run)
        }
        None => Ok(Cells::default()),
    };
    epoch.groups.iter().map(load).collect()
}

/// Some durable cells, as this run must read them.
pub(crate) fn load_kept(program: &Program, kept: Vec<Kept>, store: &View, run: &RunId) -> Result<Cells, Vec<Finding>> {
    let mut by_tenant: BTreeMap<&str, Vec<CellRequest>> = BTreeMap::new();
    for kept in kept {
        let tenant = program.rules[kept.rule].head.id.tenant.as_str();
        let request = CellRequest { cell: kept.id, formerly: kept.formerly, partition: String::new() };
        by_tenant.entry(tenant).or_default().push(request);
    }
    let mut all = HashMap::new();
    for (tenant, wanted) in by_tenant {
        all.extend(store.cells(tenant, run, &wanted).map_err(|error| vec![error.into()])?);
    }
    Ok(Cells::with_durable(all))
}

fn info(project: &Project, epoch: &Epoch, run: &RunId, started: i64, options: &RunOptions) -> RunInfo {
    let files = project.sources.iter().take(project.set).map(|(_, file)| (file.path.clone(), file.text.to_string()));
    let logical = epoch.groups.first().map_or(0, |group| group.context(options.at).now);
    RunInfo {
        tenant: epoch.tenant().to_owned(),
        run: run.clone(),
        epoch: epoch.hash(),
        bundle: EpochBundle { files: files.collect(), author: None },
        occurrence: occurrence(epoch, options.at),
        streams: epoch.streams().next().is_some(),
        logical_time: logical,
        started,
        // Known when they have been read.
        sources: serde_json::Value::Null,
        sinks: epoch.program.sinks.iter().map(|sink| (sink.name.clone(), sink.at_most_once)).collect(),
    }
}

/// What the history keeps of all that was read.
fn sources(reads: &[Read]) -> serde_json::Value {
    reads.iter().map(|read| (read.source.clone(), source_json(read))).collect::<serde_json::Map<_, _>>().into()
}

/// What the history keeps of a source.
fn source_json(read: &Read) -> serde_json::Value {
    let mut json = serde_json::json!({ "rows": read.rows, "version": read.version });
    if let (Some(taken), Some(fields)) = (read.taken, json.as_object_mut()) {
        fields.insert("taken".to_owned(), canonical_text(&Value::Timestamp(taken), &Zone::utc()).into());
    }
    json
}

pub(crate) fn incident_findings(incidents: &Incidents) -> Vec<Finding> {
    let code = |incident| match incident {
        Incident::DivisionByZero => codes::cli::DIVIDED_BY_ZERO,
        Incident::Overflow => codes::cli::OVERFLOWED,
        Incident::BeyondCalendar => codes::cli::BEYOND_CALENDAR,
        Incident::Script => codes::cli::SCRIPT_FAILED,
        Incident::BadCast => codes::cli::BAD_CAST,
        Incident::RowsDisagree => codes::cli::ROWS_DISAGREED,
    };
    incidents
        .iter()
        .map(|(incident, count)| {
            Finding::new(code(incident), At::Nowhere).arg("count", Arg::Count(i64::try_from(count).unwrap_or(i64::MAX)))
        })
        .collect()
}

/// Published effects as JSON rows, newest first; times in the given zone.
pub fn tasks(store: &View, filter: &EffectFilter, zone: &Zone) -> Result<Vec<serde_json::Value>, Finding> {
    let batches = store.effects(filter)?;
    Ok(batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| task(batch, row, zone))).collect())
}

/// One effect as JSON; times in the given zone.
pub fn task(batch: &RecordBatch, row: usize, zone: &Zone) -> serde_json::Value {
    let mut object = serde_json::Map::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let value = match field.name().as_str() {
            effect::EFFECT_ID => effect_id(column, row),
            effect::ORDINAL | effect::SOURCE | effect::ROW | effect::KIND => continue,
            effect::EVIDENCE => match value_at(column, row) {
                Value::Text(json) => serde_json::from_str(&json).unwrap_or(serde_json::Value::Null),
                _ => serde_json::Value::Null,
            },
            _ => match value_at(column, row) {
                Value::Missing => serde_json::Value::Null,
                value => canonical_text(&value, zone).into(),
            },
        };
        object.insert(field.name().clone(), value);
    }
    object.into()
}

fn effect_id(column: &dyn Array, row: usize) -> serde_json::Value {
    let bytes: Option<[u8; 16]> = column.as_fixed_size_binary_opt().and_then(|ids| ids.value(row).try_into().ok());
    bytes.map_or(serde_json::Value::Null, |bytes| EffectId(bytes).to_string().into())
}
