//! `guiju feed decode`: every message, a line of JSON each, or lines for people.

use super::{Ended, input::LeftOut, problem, write};
use crate::{
    Exit,
    args::feed::{Decode, Input},
    output::Out,
    progress::Bar,
};
use guiju::{
    lang::finding::Sources,
    market::{Datum, Fields, reader::Record},
};
use serde_json::json;
use std::io::{BufWriter, IsTerminal, Write};

pub(super) fn run(args: &Decode, out: &Out) -> Result<Exit, Ended> {
    match args.to.as_slice() {
        [kind, to] => write::run(args, kind, to, out),
        _ => print(&args.input, out),
    }
}

fn print(args: &Input, out: &Out) -> Result<Exit, Ended> {
    let stdout = std::io::stdout();
    // A bar and messages would share the terminal.
    let mut bar = (!stdout.is_terminal()).then(|| Bar::new(out));
    let mut to = BufWriter::with_capacity(1 << 16, stdout.lock());
    let mut line = String::new();
    let mut failed = None;
    let done = args.read(out, bar.as_mut(), &mut |record| {
        let Record::Message(message) = record else { return };
        line.clear();
        if out.json {
            message.write_json(&mut line);
        } else {
            line.push_str(message.template());
            for_people(&message.fields(), &mut line);
        }
        line.push('\n');
        if failed.is_none() {
            failed = to.write_all(line.as_bytes()).err();
        }
    });
    let failed = failed.or_else(|| to.flush().err());
    if let Some(bar) = bar {
        bar.finish();
    }
    let done = done?;
    match failed {
        // A closed pipe ends the reader's interest, not the work.
        Some(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            return Err((vec![problem::unwritable("-", &error)], Exit::Failed));
        }
        _ => {}
    }
    tell(&done.left_out, out);
    Ok(done.exit())
}

/// What was left out, on standard error, so that standard output has messages only.
pub(super) fn tell(left_out: &LeftOut, out: &Out) {
    if left_out.count == 0 {
        return;
    }
    let sources = Sources::default();
    if out.json {
        let findings = out.findings_json(&left_out.said, &sources);
        // Nobody is left to tell if standard error is gone.
        let _ =
            writeln!(std::io::stderr(), "{}", json!({ "ok": false, "left_out": left_out.count, "findings": findings }));
        return;
    }
    out.findings(&left_out.said, &sources);
    let more = left_out.count - left_out.said.len() as u64;
    if more > 0 {
        let _ = writeln!(std::io::stderr(), "{} {more}", out.pick("and more:", "此外还有："));
    }
}

/// ` Price=45500 Qty=1 Levels=[Price=1; Price=2]`
fn for_people(fields: &Fields<'_>, line: &mut String) {
    for (field, datum) in fields.iter() {
        let Some(datum) = datum else { continue };
        line.push(' ');
        line.push_str(&field.name.local);
        line.push('=');
        match datum {
            Datum::Unsigned(value) => line.push_str(&value.to_string()),
            Datum::Signed(value) => line.push_str(&value.to_string()),
            Datum::Decimal(value) => line.push_str(&value.to_string()),
            Datum::Text(bytes) => line.push_str(&String::from_utf8_lossy(bytes)),
            Datum::Bytes(bytes) => bytes.iter().for_each(|byte| line.push_str(&format!("{byte:02x}"))),
            Datum::Sequence(elements) => {
                line.push('[');
                for (at, element) in elements.iter().enumerate() {
                    line.push_str(if at == 0 { "" } else { ";" });
                    for_people(&element, line);
                }
                line.push_str(" ]");
            }
            Datum::Group(group) => {
                line.push('{');
                for_people(&group, line);
                line.push_str(" }");
            }
            Datum::Message(message) => {
                line.push_str(message.template());
                line.push('{');
                for_people(&message.fields(), line);
                line.push_str(" }");
            }
        }
    }
}
