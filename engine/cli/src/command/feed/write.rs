//! `guiju feed decode … --to`: messages as Parquet, Arrow or lines of JSON, whole or not at all.

use super::{Ended, decode, input::Done, problem};
use crate::{Exit, args::feed::Decode, output::Out, progress::Bar};
use guiju::{
    connect::market::{Decimals, Kind, Lines, Survey, Tables},
    lang::finding::Finding,
    market::{Decoded, Decoder, reader::Record},
};
use serde_json::json;
use std::path::Path;

pub(super) fn run(args: &Decode, kind: &Path, to: &Path, out: &Out) -> Result<Exit, Ended> {
    let failed = |finding| (vec![finding], Exit::Failed);
    let kind = match kind.to_str() {
        Some("jsonl") => None,
        Some("parquet") => Some(Kind::Parquet),
        Some("arrow") => Some(Kind::Arrow),
        _ => return Err((vec![problem::output(&kind.display().to_string())], Exit::Usage)),
    };
    // Once, also if the data are read twice: what is wrong with templates is said once.
    let decoder = args.input.decoder(args.input.executor, out)?;
    let done = match kind {
        None => {
            let mut lines = Lines::create(to).map_err(failed)?;
            let done = each(args, decoder, out, &mut |message| lines.push(message))?;
            if done.exit() != Exit::Interrupted {
                let messages = lines.publish().map_err(failed)?;
                out.document(&json!({ "ok": done.left_out.count == 0, "messages": messages }));
                out.say(format!("{messages} {}", out.pick("messages", "条消息")));
            }
            done
        }
        Some(kind) => {
            Tables::look(to).map_err(failed)?;
            let decimals = decimals(args, &decoder, out)?;
            let mut tables = Tables::create(to, kind, decimals).map_err(failed)?;
            let done = each(args, decoder, out, &mut |message| tables.push(message))?;
            if done.exit() != Exit::Interrupted {
                let written = tables.publish().map_err(failed)?;
                let files: Vec<_> = written
                    .iter()
                    .map(|file| json!({ "template": file.template, "file": file.file, "rows": file.rows }))
                    .collect();
                let messages: u64 = written.iter().map(|file| file.rows).sum();
                out.document(&json!({ "ok": done.left_out.count == 0, "messages": messages, "files": files }));
                for file in written {
                    out.say(format!("{:>12}  {}", file.rows, file.file));
                }
            }
            done
        }
    };
    decode::tell(&done.left_out, out);
    Ok(done.exit())
}

/// Every message of the data, until one cannot be written.
fn each(
    args: &Decode,
    decoder: Decoder,
    out: &Out,
    write: &mut dyn FnMut(&Decoded<'_>) -> Result<(), Finding>,
) -> Result<Done, Ended> {
    let mut bar = Bar::new(out);
    let mut failed = None;
    let done = args.input.read_with(decoder, Some(&mut bar), &mut |record| {
        if let (Record::Message(message), None) = (record, &failed) {
            failed = write(message).err();
        }
    });
    bar.finish();
    match failed {
        Some(finding) => Err((vec![finding], Exit::Failed)),
        None => done,
    }
}

fn decimals(args: &Decode, decoder: &Decoder, out: &Out) -> Result<Decimals, Ended> {
    let usage = |finding| (vec![finding], Exit::Usage);
    match args.decimals.as_str() {
        "parts" => Ok(Decimals::Parts),
        "found" if args.input.live()?.is_some() => Err(usage(problem::live_once())),
        "found" => {
            let mut survey = Survey::default();
            let done = each(args, decoder.clone(), out, &mut |message| {
                survey.see(message);
                Ok(())
            })?;
            match done.exit() {
                Exit::Interrupted => Err((Vec::new(), Exit::Interrupted)),
                _ => Ok(Decimals::Found(survey)),
            }
        }
        places => match places.parse() {
            Ok(places @ 0..=38) => Ok(Decimals::Places(places)),
            _ => Err(usage(problem::output(places))),
        },
    }
}
