//! `guiju feed stats`: how much of what, and what is wrong with it.

use super::{Ended, decode, sanity::Sanity};
use crate::{Exit, args::feed::Stats, output::Out, progress::Bar};
use guiju::market::{
    frame::{Channel, Gaps},
    reader::{Passed, Record},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn run(args: &Stats, out: &Out) -> Result<Exit, Ended> {
    let mut bar = Bar::new(out);
    let mut templates: BTreeMap<String, u64> = BTreeMap::new();
    let mut sanity = args.sanity.then(Sanity::default);
    let done = args.input.read(out, Some(&mut bar), &mut |record| {
        let Record::Message(message) = record else { return };
        match templates.get_mut(message.template()) {
            Some(count) => *count += 1,
            None => drop(templates.insert(message.template().to_owned(), 1)),
        }
        if let Some(sanity) = &mut sanity {
            sanity.see(message);
        }
    });
    bar.finish();
    let done = done?;
    let passed: Vec<Passed<'_>> = done.reader.passed().collect();
    let exit = match &sanity {
        Some(sanity) if sanity.broken() > 0 && done.exit() == Exit::Well => Exit::Failed,
        _ => done.exit(),
    };
    out.document(&json!({
        "ok": exit == Exit::Well,
        "templates": templates,
        "flows": passed.iter().map(flow).collect::<Vec<_>>(),
        "packets": done.reader.packets().0,
        "joined": done.reader.together().map(|(gaps, copies)| json!({ "copies": copies, "channels": channels(gaps) })),
        "left_out": done.left_out.count,
        "sanity": sanity.as_ref().map(Sanity::json),
    }));
    for (template, count) in &templates {
        out.say(format!("{count:>12}  {template}"));
    }
    for passed in &passed {
        for_people(passed, out);
    }
    if let Some((gaps, copies)) = done.reader.together() {
        out.say(format!(
            "{}: {copies} {}",
            out.pick("as one feed", "合为一路"),
            out.pick("copies left out", "条重复已略过")
        ));
        channels_for_people(gaps, out);
    }
    if let Some(sanity) = &sanity {
        sanity.say(out);
    }
    if !out.json {
        decode::tell(&done.left_out, out);
    }
    Ok(exit)
}

fn channels(gaps: &Gaps) -> Vec<Value> {
    let channel = |(channel, seen): (u64, &Channel)| {
        json!({
            "channel": channel, "first": seen.first, "last": seen.last, "frames": seen.frames,
            "missing": seen.missing, "duplicates": seen.duplicates, "late": seen.late,
        })
    };
    gaps.channels().map(channel).collect()
}

fn flow(passed: &Passed<'_>) -> Value {
    json!({
        "flow": passed.flow.map(|flow| flow.to_string()),
        "frames": passed.counts.frames,
        "messages": passed.counts.messages,
        "left_out": passed.counts.skipped,
        "channels": channels(passed.gaps),
    })
}

fn for_people(passed: &Passed<'_>, out: &Out) {
    let name = passed.flow.map_or_else(|| out.pick("the file", "文件").to_owned(), |flow| flow.to_string());
    let counts = &passed.counts;
    out.say(format!(
        "{name}: {} {}, {} {}, {} {}",
        counts.frames,
        out.pick("frames", "帧"),
        counts.messages,
        out.pick("messages", "条消息"),
        counts.skipped,
        out.pick("left out", "处略过")
    ));
    channels_for_people(passed.gaps, out);
}

fn channels_for_people(gaps: &Gaps, out: &Out) {
    for (channel, seen) in gaps.channels() {
        out.say(format!(
            "  {} {channel}: {}–{}, {} {}, {} {}, {} {}",
            out.pick("channel", "通道"),
            seen.first,
            seen.last,
            seen.missing,
            out.pick("missing", "缺失"),
            seen.duplicates,
            out.pick("repeated", "重复"),
            seen.late,
            out.pick("late", "迟到")
        ));
    }
}
