//! `guiju list`

use crate::{
    Exit,
    args::{Common, List, What},
    clock,
    output::Out,
};
use guiju::{
    connect::database,
    lang::{finding::Finding, hir::Source, time::Zone, value::Value as Moment},
    run,
    store::{EffectFilter, RunStatus, StoreError, View},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use unicode_width::UnicodeWidthStr;

pub(crate) fn run(args: &List, common: &Common, out: &Out) -> Exit {
    let rows = match args.what {
        What::Rules | What::Sources | What::Tests => declared(args, common, out),
        What::Runs | What::Tasks => stored(args, common, out),
    };
    match rows {
        Ok(rows) => {
            table(&rows, out);
            out.document(&json!({ "ok": true, "rows": rows }));
            Exit::Well
        }
        Err(exit) => exit,
    }
}

fn declared(args: &List, common: &Common, out: &Out) -> Result<Vec<Value>, Exit> {
    let (project, program) = super::checked(&args.paths, common, out)?;
    Ok(match args.what {
        What::Rules => {
            let rules = program.rules.iter().map(|rule| {
                let head = &rule.head;
                json!({ "rule": head.id.to_string(), "kind": head.kind, "title": head.title, "about": head.doc })
            });
            let routes = program.routes.iter().map(|route| {
                let name = format!("{}.{}", route.rulebook, route.name);
                json!({ "rule": name, "kind": "route", "title": route.title, "about": null })
            });
            rules.chain(routes).collect()
        }
        What::Sources => program
            .sources
            .iter()
            .map(|source| {
                let key = source.key.and_then(|key| source.schema.columns.get(key as usize)).map(|c| c.name.clone());
                json!({
                    "source": source.name, "connection": source.connection, "object": source.object, "key": key,
                    "columns": source.schema.columns.len(), "read": source.used.len(),
                    "copy": copy(&project, source),
                })
            })
            .collect(),
        _ => program.tests.iter().map(|test| json!({ "rulebook": test.rulebook, "test": test.title })).collect(),
    })
}

/// When the copy of a table in a database was taken, and how old that is.
fn copy(project: &guiju::Project, source: &Source) -> Option<String> {
    let connection = project.config.connection(&source.connection).ok().filter(|c| c.kind.is_database())?;
    let held = database::held(&project.config.store, connection)?;
    held.has(source.object.as_deref().unwrap_or_default()).then(|| shown_copy(held.taken()))
}

/// `2026-11-22T09:30:00+08:00 (3h)`
pub(crate) fn shown_copy(taken: i64) -> String {
    let age = Duration::from_micros(u64::try_from(clock::now() - taken).unwrap_or(0));
    let moment = taken - taken.rem_euclid(1_000_000);
    format!("{} ({})", run::canonical_text(&Moment::Timestamp(moment), &Zone::default()), database::span(age))
}

fn stored(args: &List, common: &Common, out: &Out) -> Result<Vec<Value>, Exit> {
    let project = guiju::Project::open(&args.paths, common.config.as_deref());
    let failed = |found: Vec<Finding>| out.fail(&found, &project.sources, Exit::Failed);
    if guiju::project::has_errors(&project.findings) {
        return Err(failed(project.findings.clone()));
    }
    if !project.config.store.exists() {
        return Ok(Vec::new());
    }
    let store = View::open(&project.config.store).map_err(|error| failed(vec![error.into()]))?;
    if args.what == What::Runs {
        let runs = store.runs(args.limit).map_err(|error| failed(vec![error.into()]))?;
        return Ok(runs
            .iter()
            .map(|run| {
                json!({
                    "run": run.run, "attempt": run.attempt, "tenant": run.tenant, "occurrence": run.occurrence,
                    "status": if run.status == RunStatus::Published { "published" } else { "abandoned" },
                    "new": run.rules.values().map(|count| count.new).sum::<u64>(),
                    "epoch": run.epoch.short(),
                })
            })
            .collect());
    }
    let rule = match args.rule.as_deref() {
        None => None,
        Some(text) => Some(full_id(&store, text).map_err(|error| failed(vec![error.into()]))?),
    };
    let filter = EffectFilter { rule, key: args.key.clone(), run: None, limit: Some(args.limit) };
    run::tasks(&store, &filter, &Zone::default()).map_err(|error| failed(vec![error]))
}

/// `name`, `rulebook.name` or `tenant/rulebook.name` of a rule that ran; as it stands if that is not one rule.
fn full_id(store: &View, text: &str) -> Result<String, StoreError> {
    let ran: BTreeSet<String> = store.runs(usize::MAX)?.iter().flat_map(|run| run.rules.keys().cloned()).collect();
    let is_meant = |id: &&String| {
        let short = id.split_once('/').map_or(id.as_str(), |(_, short)| short);
        id.as_str() == text || short == text || short.split_once('.').is_some_and(|(_, name)| name == text)
    };
    let mut meant = ran.iter().filter(is_meant);
    Ok(match (meant.next(), meant.next()) {
        (Some(one), None) => one.clone(),
        _ => text.to_owned(),
    })
}

/// Rows as an aligned table, headed by their fields' names.
fn table(rows: &[Value], out: &Out) {
    let Some(first) = rows.first().and_then(Value::as_object) else {
        out.say(out.pick("nothing", "没有"));
        return;
    };
    let cell = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.replace('\n', " "),
        Some(other) => other.to_string(),
    };
    let heads: Vec<&String> = first.keys().collect();
    let lines: Vec<Vec<String>> =
        rows.iter().map(|row| heads.iter().map(|head| cell(row.get(head.as_str()))).collect()).collect();
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(i, head)| lines.iter().map(|line| line[i].width()).chain([head.width()]).max().unwrap_or(0))
        .collect();
    let print = |cells: Vec<&str>| {
        let padded = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width()))));
        out.say(padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    print(heads.iter().map(|head| head.as_str()).collect());
    for line in &lines {
        print(line.iter().map(String::as_str).collect());
    }
}
