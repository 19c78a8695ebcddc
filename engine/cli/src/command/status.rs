//! `guiju status`: what the server is doing, and whether it goes well.

use crate::{
    Exit,
    args::{Common, Place},
    clock,
    command::history,
    output::Out,
};
use guiju::{
    connect::database::span,
    serve::{JobStatus, MemoryStatus, SourceStatus, Status, recorded_bytes},
    store::{Remembered, SinkState},
};
use serde_json::json;
use std::time::Duration;

/// A sign of life comes more often than this.
const SILENT: i64 = 10_000_000;

pub(crate) fn run(args: &Place, common: &Common, out: &Out) -> Exit {
    match told(args, common, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn told(args: &Place, common: &Common, out: &Out) -> Result<Exit, Exit> {
    let (project, store) = history::store(&args.paths, common, out)?;
    let failed = |error: guiju::store::StoreError| out.fail(&[error.into()], &project.sources, Exit::Failed);
    let holder = store.holder();
    let running = holder.is_some();
    let remembered = store.remembered().map_err(failed)?;
    let sinks = store.sink_states().map_err(failed)?;
    let status = Status::of(&store);
    let sizes = store.sizes().map_err(failed)?;
    let recorded = recorded_bytes(&store);
    // What another process said last is not what this one does.
    let starting = running && status.as_ref().map(|status| status.pid) != holder;
    let now = clock::now();
    let silent = running && status.as_ref().is_some_and(|status| now - status.at > SILENT);
    let refused = status.as_ref().and_then(|status| status.last.as_ref()).is_some_and(|last| !last.ok);
    let uncertain = sinks.iter().any(|sink| sink.uncertain + sink.dead > 0);
    let trouble = status.as_ref().is_some_and(|status| !status.sinks.is_empty());
    let unread = status
        .iter()
        .flat_map(|status| &status.sources)
        .any(|source| !source.refused.is_empty() || source.trouble.is_some());
    let late = status.iter().flat_map(|status| &status.jobs).any(|job| job.last.is_some() && !job.ok);
    let away = status.as_ref().is_some_and(|status| status.store.is_some());
    let well = running && !late && !starting && !silent && !refused && !uncertain && !trouble && !unread && !away;
    out.document(&json!({
        "ok": well, "running": running, "starting": starting, "silent": silent, "status": status,
        "remembered": remembered, "sinks": sinks,
        "sizes": {
            "database": sizes.database, "journal": sizes.segment_bytes, "effects": sizes.effects, "recorded": recorded,
        },
    }));
    let ago = |at: i64| span(Duration::from_micros(u64::try_from(now - at).unwrap_or(0)));
    match (&status, running) {
        (_, true) if starting => out.say(out.pick("starting; before that:", "正在启动；之前：")),
        (Some(status), true) => {
            let pid = status.pid;
            out.say(format!("{} (pid {pid}, {})", out.pick("serving", "正在运行"), ago(status.started)));
            if silent {
                out.say(format!("{} {}", out.pick("no sign of life for", "没有动静已有"), ago(status.at)));
            }
        }
        _ => out.say(out.pick("not running", "没有在运行")),
    }
    if let Some(status) = &status {
        let short = |hash: &str| hash.get(..12).unwrap_or(hash).to_owned();
        out.say(format!("{} {} ({})", out.pick("set", "规则集"), short(&status.set), ago(status.since)));
        if let Some(held) = &status.held {
            let words = out.pick("on disk, and not in force until it changes:", "磁盘上的另一套，改动之前不启用：");
            out.say(format!("  {words} {}", short(held)));
        }
        status.sources.iter().for_each(|source| tell_source(source, out, &ago));
        status.jobs.iter().for_each(|job| tell_job(job, out, &ago));
        if let Some(last) = &status.last {
            let how = if last.ok { out.pick("put in force", "已启用") } else { out.pick("refused", "未启用") };
            let set = last.set.as_deref().map(short).unwrap_or_default();
            let words = out.pick("last change", "上次更换");
            out.say(format!("{words}: {} {set} {how} ({})", last.origin.word(), ago(last.at)));
            if !last.ok {
                indented(&last.told.said(out.lang).text, out);
            }
        }
    }
    status.iter().flat_map(|status| &status.memory).for_each(|of| tell_memory(of, out, &ago));
    remembered.iter().for_each(|of| tell_remembered(of, out, &ago));
    sinks.iter().for_each(|sink| tell_sink(sink, out, &ago));
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let (database, journal, recorded) = (mib(sizes.database), mib(sizes.segment_bytes), mib(recorded));
    let (words, effects, kept) =
        (out.pick("store", "存储"), out.pick("effects", "个效果"), out.pick("recorded", "录制"));
    out.say(format!("▤ {words}: {database} MiB, {} {effects} {journal} MiB, {kept} {recorded} MiB", sizes.effects));
    for told in status.iter().flat_map(|status| status.store.iter().chain(status.sinks.values())) {
        indented(&told.said(out.lang).text, out);
    }
    Ok(if well { Exit::Well } else { Exit::Failed })
}

fn indented(text: &str, out: &Out) {
    text.lines().filter(|line| !line.is_empty()).for_each(|line| out.say(format!("    {line}")));
}

fn tell_source(of: &SourceStatus, out: &Out, ago: &dyn Fn(i64) -> String) {
    let SourceStatus { source, files, rows, .. } = of;
    // Files, posts, messages.
    let (piece_word, row_word) = (out.pick("pieces", "批"), out.pick("rows", "行"));
    out.say(format!("← {source}: {files} {piece_word}, {rows} {row_word}"));
    if let (Some(file), Some(at)) = (&of.last_file, of.last_at) {
        out.say(format!("    {} {file} ({})", out.pick("last", "最近"), ago(at)));
    }
    if let Some(newest) = of.newest {
        out.say(format!("    {} {} ({})", out.pick("newest row", "最新一行"), history::moment(newest), ago(newest)));
    }
    if of.waiting > 0 {
        let (words, kib) = (out.pick("waiting", "等待"), of.waiting_bytes.div_ceil(1 << 10));
        out.say(format!("    {words} {} {piece_word}, {kib} KiB", of.waiting));
    }
    for file in &of.refused {
        out.say(format!("    {} {file}", out.pick("cannot be read:", "读不了：")));
    }
    if let Some(told) = &of.trouble {
        indented(&told.said(out.lang).text, out);
    }
}

fn tell_job(of: &JobStatus, out: &Out, ago: &dyn Fn(i64) -> String) {
    let next = of.next.map_or_else(|| out.pick("nobody knows when", "时间未知").to_owned(), history::moment);
    let mut line = format!("◷ {} ({}): {} {next}", of.job, of.said, out.pick("next", "下次"));
    if let Some(due) = of.running {
        line += &format!(", {} {}", out.pick("running since it was due", "正在运行，应在"), history::moment(due));
    }
    out.say(line);
    if let (Some(due), Some(ended)) = (of.last.filter(|_| of.ok), of.ended) {
        let (last, words) = (out.pick("last", "最近"), out.pick("new tasks", "个新任务"));
        let (rows, due) = (out.pick("rows", "行"), history::moment(due));
        out.say(format!("    {last} {due}: {} {rows}, {} {words} ({})", of.rows, of.effects, ago(ended)));
    }
    if let Some(told) = &of.told {
        indented(&told.said(out.lang).text, out);
    }
}

fn tell_memory(of: &MemoryStatus, out: &Out, ago: &dyn Fn(i64) -> String) {
    let MemoryStatus { rule, role, keys, waiting, bytes, .. } = of;
    let (words, kib) = (out.pick("keys", "个键"), bytes.div_ceil(1 << 10));
    let mut line = format!("● {rule} {role}: {keys} {words}, {kib} KiB");
    if *waiting > 0 {
        line += &format!(", {waiting} {}", out.pick("rows wait", "行在等待"));
    }
    if let Some(oldest) = of.oldest {
        line += &format!(", {} {} ({})", out.pick("oldest", "最早"), history::moment(oldest), ago(oldest));
    }
    if let Some(watermark) = of.watermark {
        line += &format!(", {} {}", out.pick("time has come to", "时间到"), history::moment(watermark));
    }
    out.say(line);
}

fn tell_remembered(of: &Remembered, out: &Out, ago: &dyn Fn(i64) -> String) {
    let Remembered { rule, entries, bytes, .. } = of;
    let (words, kib) = (out.pick("entries", "项"), bytes.div_ceil(1 << 10));
    let (oldest, newest) = (ago(of.oldest), ago(of.newest));
    out.say(format!("■ {rule}: {entries} {words}, {kib} KiB ({oldest} – {newest})"));
}

fn tell_sink(of: &SinkState, out: &Out, ago: &dyn Fn(i64) -> String) {
    let SinkState { sink, delivered, waiting, uncertain, .. } = of;
    let mut line = format!("→ {sink}: {delivered} {}", out.pick("delivered", "已送达"));
    if *waiting > 0 {
        line += &format!(", {waiting} {} ({})", out.pick("waiting", "等待"), of.since.map(ago).unwrap_or_default());
    }
    if of.dead > 0 {
        line += &format!(", {} {}", of.dead, out.pick("refused", "被拒收"));
    }
    if *uncertain > 0 {
        line += &format!(", {uncertain} {}", out.pick("uncertain", "不确定"));
    }
    out.say(line);
}
