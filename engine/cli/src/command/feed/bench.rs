//! `guiju feed bench`: what a message costs, from bytes in memory to fields, frames and sums included.

use super::Ended;
use super::problem;
use crate::{
    Exit,
    args::feed::{Bench, Executor, Input},
    interrupt,
    output::Out,
};
use guiju::market::{
    Decoder,
    reader::{Reader, Record},
};
use serde_json::json;
use std::time::Instant;

pub(super) fn run(args: &Bench, out: &Out) -> Result<Exit, Ended> {
    let input = &args.input;
    let bytes =
        std::fs::read(&input.file).map_err(|error| (vec![problem::unreadable(&input.file, &error)], Exit::Failed))?;
    // The tape always; what else there is for these templates is measured in turns with it.
    let mut executors = vec![("tape", input.decoder(Executor::Tape, out)?, Vec::new())];
    for (name, executor) in [("native", Executor::Native), ("generated", Executor::Generated)] {
        executors.extend(input.decoder(executor, out).ok().map(|decoder| (name, decoder, Vec::new())));
    }
    let mut messages = 0u64;
    for _ in 0..args.rounds.max(1) {
        for (_, decoder, times) in &mut executors {
            let start = Instant::now();
            messages = pass(&bytes, args, decoder)
                .map_err(|broken| (vec![problem::broken_capture(&input.file, &broken)], Exit::Failed))?;
            times.push(start.elapsed().as_nanos() as f64 / messages.max(1) as f64);
            if interrupt::requested() {
                return Ok(Exit::Interrupted);
            }
        }
    }
    let mut figures = Vec::new();
    for (name, _, times) in &mut executors {
        times.sort_by(f64::total_cmp);
        let (median, least) = (times[times.len() / 2], times[0]);
        figures.push(json!({ "executor": *name, "ns_per_message": median, "least": least }));
        let texts = (out.pick("ns a message", "纳秒/条"), out.pick("least", "最少"));
        out.say(format!("{name:<10} {median:>8.1} {} ({} {least:.1})", texts.0, texts.1));
    }
    out.say(format!("{messages} {}, {} {}", out.pick("messages", "条消息"), bytes.len(), out.pick("bytes", "字节")));
    out.document(&json!({ "ok": true, "messages": messages, "bytes": bytes.len(), "executors": figures }));
    Ok(Exit::Well)
}

fn pass(bytes: &[u8], args: &Bench, decoder: &Decoder) -> Result<u64, guiju::market::transport::Broken> {
    let Input { shape, envelope, .. } = &args.input;
    let reader = Reader::new(shape.format(), decoder.clone()).in_envelopes(*envelope);
    let mut reader = if args.input.joined { reader.joined() } else { reader };
    let mut messages = 0;
    let mut each = |record: &Record<'_>| messages += u64::from(matches!(record, Record::Message(_)));
    let done = reader.read(bytes, &mut each)?;
    reader.finish(&bytes[done..], &mut each);
    Ok(messages)
}
