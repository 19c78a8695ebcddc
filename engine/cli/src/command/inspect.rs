//! `guiju inspect`

use crate::{
    Exit,
    args::{Common, Inspect},
    interrupt,
    output::Out,
    progress::Bar,
};
use guiju::{
    Project,
    connect::{
        config::Connection,
        inspect::{self, Profile},
        read::ReadOptions,
    },
    feed::{Progress, Watch},
};
use serde_json::json;
use std::path::Path;
use unicode_width::UnicodeWidthStr;

pub(crate) fn run(args: &Inspect, common: &Common, out: &Out) -> Exit {
    let project = Project::open(&[], common.config.as_deref());
    let path = Path::new(&args.table);
    let bound = |name: &str| project.config.connections.iter().find(|connection| connection.name == name);
    // `crm:managers` is `crm managers`, unless a file has that name.
    let (name, object) = match args.table.split_once(':') {
        Some((name, object)) if args.object.is_none() && !path.exists() && bound(name).is_some() => {
            (name, Some(object))
        }
        _ => (args.table.as_str(), args.object.as_deref()),
    };
    let connection = match bound(name) {
        Some(connection) if !path.exists() || object.is_some() => connection.clone(),
        _ => match Connection::of_path(path) {
            Ok(connection) => connection,
            Err(finding) => return out.fail(&[finding], &project.sources, Exit::Failed),
        },
    };
    interrupt::watch();
    let mut bar = Bar::new(out);
    let mut progress = |rows, bytes, total_bytes| {
        bar.progress(&Progress { source: &args.table, rows, bytes, total_bytes });
        !bar.interrupted()
    };
    let profile = inspect::inspect(&connection, object, ReadOptions::default(), &mut progress);
    bar.finish();
    match profile {
        Ok(Some(profile)) => {
            out.document(&json!({ "ok": true, "profile": profile }));
            show(&profile, out);
            Exit::Well
        }
        Ok(None) => Exit::Interrupted,
        Err(found) => out.fail(&found, &project.sources, Exit::Failed),
    }
}

/// A line per column, then the declaration to copy.
fn show(profile: &Profile, out: &Out) {
    out.say(format!("{}{}{}", out.pick("rows", "行数"), out.pick(": ", "："), profile.rows));
    let name_width = profile.columns.iter().map(|column| column.name.width()).max().unwrap_or(0);
    let type_width = profile.columns.iter().map(|column| column.ty.width()).max().unwrap_or(0);
    let pad = |text: &str, width: usize| format!("{text}{}", " ".repeat(width.saturating_sub(text.width())));
    for column in &profile.columns {
        let missing = if column.missing == 0 || profile.rows == 0 {
            String::new()
        } else {
            let share = 100.0 * column.missing as f64 / profile.rows as f64;
            format!("{} {share:.1}%", out.pick("missing", "缺失"))
        };
        let range = match (&column.min, &column.max) {
            (Some(min), Some(max)) => format!("{min} … {max}"),
            _ => String::new(),
        };
        let top: Vec<String> = column.top.iter().take(3).map(|(value, count)| format!("{value} ×{count}")).collect();
        let different = match column.distinct.exact {
            true => column.distinct.count.to_string(),
            false => format!("> {}", column.distinct.count),
        };
        let line = format!(
            "  {}  {}  {}  {}  {range}  {}  {}",
            pad(&column.name, name_width),
            pad(&column.ty, type_width),
            pad(&missing, 14),
            pad(&format!("{different} {}", out.pick("different", "种")), 18),
            top.join(", "),
            column.hint.map_or("", |hint| (out.words.hint)(hint)),
        );
        out.say(line.trim_end());
    }
    out.say("");
    out.say(&profile.declaration);
}
