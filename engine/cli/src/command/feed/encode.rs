//! `guiju feed encode`: lines of JSON, as `decode --json` prints them, to feed data.

use super::{Ended, problem};
use crate::{
    Exit,
    args::feed::{Encode, FeedFormat, FeedFraming},
    interrupt,
    output::Out,
};
use guiju::market::{
    Decimal, Encoder, Fault, FieldKind, Layout, Message, Program, Row, Type, Value,
    frame::step::{self, Frame},
    szse,
};
use serde_json::{Map, Value as Json, json};
use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    sync::Arc,
};

/// A line longer than this is no message, in bytes.
const LONGEST: u64 = 1 << 26;

pub(super) fn run(args: &Encode, out: &Out) -> Result<Exit, Ended> {
    let failed = |finding| (vec![finding], Exit::Failed);
    let mut writer = Writer::new(args, out)?;
    let unreadable = |error: std::io::Error| failed(problem::unreadable(&args.file, &error));
    let unwritable = |error: std::io::Error| failed(problem::unwritable(&args.to.display().to_string(), &error));
    let mut from = BufReader::new(File::open(&args.file).map_err(unreadable)?);
    // Beside it first: a file that is cut short would look like a feed that was.
    let beside = args.to.with_extension("part");
    let mut to = BufWriter::new(File::create(&beside).map_err(unwritable)?);
    let (mut line, mut number, mut framed) = (Vec::new(), 0u64, Vec::new());
    let result = loop {
        line.clear();
        let taken = std::io::Read::take(&mut from, LONGEST).read_until(b'\n', &mut line).map_err(unreadable)?;
        if taken == 0 {
            break Ok(());
        }
        number += 1;
        if interrupt::requested() {
            break Err((Vec::new(), Exit::Interrupted));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let message = match message(writer.program(), &line) {
            Ok(message) => message,
            Err(wrong) => break Err(failed(problem::line(&args.file, number, &wrong))),
        };
        framed.clear();
        if let Err(fault) = writer.write(&message, number, &mut framed) {
            break Err(failed(problem::cannot_encode(&args.file, number, &fault)));
        }
        to.write_all(&framed).map_err(unwritable)?;
    };
    let written = result.and_then(|()| {
        to.flush().map_err(unwritable)?;
        std::fs::rename(&beside, &args.to).map_err(unwritable)
    });
    if let Err(ended) = written {
        // What is left of it is of no use; that it cannot be removed changes nothing.
        let _ = std::fs::remove_file(&beside);
        return Err(ended);
    }
    out.document(&json!({ "ok": true, "messages": number }));
    out.say(format!("{number} {}", out.pick("messages", "条消息")));
    Ok(Exit::Well)
}

/// The tables are the program's own and compile; what is wrong with them would be said like anything of a template file.
pub(super) fn tables<T>(made: Result<T, guiju::market::Finding>) -> Result<T, Ended> {
    made.map_err(|finding| (vec![problem::template(std::path::Path::new("szse"), &finding)], Exit::Failed))
}

/// Messages on their way into a file.
enum Writer {
    Fast { program: Arc<Program>, encoder: Encoder, framing: FeedFraming },
    Step { program: Arc<Program>, encoder: Encoder },
    Szse(szse::Encoder),
}

impl Writer {
    fn new(args: &Encode, out: &Out) -> Result<Self, Ended> {
        if args.shape.format == FeedFormat::Szse {
            return Ok(Self::Szse(tables(szse::Encoder::new())?));
        }
        if args.shape.format == FeedFormat::Narrow {
            return Err((vec![problem::not_encoded()], Exit::Usage));
        }
        let program = args.shape.program(out)?;
        let encoder = Encoder::new(Arc::clone(&program));
        Ok(match args.shape.format {
            FeedFormat::StepFast => Self::Step { program, encoder },
            _ => Self::Fast { program, encoder, framing: args.shape.framing },
        })
    }

    fn program(&self) -> &Program {
        match self {
            Self::Fast { program, .. } | Self::Step { program, .. } => program,
            Self::Szse(encoder) => encoder.program(),
        }
    }

    /// Appends a message with its frame.
    fn write(&mut self, message: &Message, number: u64, to: &mut Vec<u8>) -> Result<(), Fault> {
        match self {
            Self::Szse(encoder) => encoder.encode(message, to),
            Self::Step { program, encoder } => {
                let mut raw = Vec::new();
                encoder.reset();
                encoder.encode(message, &mut raw)?;
                let kind = constant(program, message);
                let (category, sequence) = (Some(1), Some(number));
                step::put(&Frame { kind: kind.as_bytes(), sent: b"", category, sequence, raw: &raw }, to);
                Ok(())
            }
            Self::Fast { encoder, framing, .. } => {
                let mut body = Vec::new();
                encoder.encode(message, &mut body)?;
                match framing {
                    FeedFraming::Len32le => to.extend((body.len() as u32).to_le_bytes()),
                    FeedFraming::Seq32le => to.extend((number as u32).to_le_bytes()),
                    FeedFraming::None => {}
                }
                to.append(&mut body);
                Ok(())
            }
        }
    }
}

/// Of Shanghai's messages the constant `MessageType` is the frame's type too.
fn constant(program: &Program, message: &Message) -> String {
    let place = program.layout(&message.template).and_then(|layout| layout.place("MessageType"));
    match place.and_then(|place| message.row.get(place)?.as_ref()) {
        Some(Value::Text(text)) => text.clone(),
        _ => message.template.clone(),
    }
}

/// `{"Template":{…}}`
fn message(program: &Program, line: &[u8]) -> Result<Message, String> {
    let json: Json = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let Json::Object(object) = json else { return Err("{\"Template\":{…}}".into()) };
    let mut entries = object.into_iter();
    match (entries.next(), entries.next()) {
        (Some((template, Json::Object(fields))), None) => of_template(program, template, fields),
        _ => Err("{\"Template\":{…}}".into()),
    }
}

fn of_template(program: &Program, template: String, fields: Map<String, Json>) -> Result<Message, String> {
    let layout = program.layout(&template).ok_or_else(|| template.clone())?;
    Ok(Message { row: row(program, layout, fields)?, template })
}

fn row(program: &Program, layout: &Layout, mut fields: Map<String, Json>) -> Result<Row, String> {
    let mut row = Row::with_capacity(layout.fields().len());
    for field in layout.fields() {
        let name = field.name.local.as_str();
        if field.kind == FieldKind::Message {
            // It stands under its template's name.
            let found = fields.keys().find(|key| layout.place(key).is_none() && program.layout(key).is_some()).cloned();
            row.push(match found.and_then(|key| fields.remove_entry(&key)) {
                Some((key, Json::Object(inner))) => Some(Value::Message(Box::new(of_template(program, key, inner)?))),
                _ => None,
            });
            continue;
        }
        row.push(match fields.remove(name) {
            None => None,
            Some(json) => Some(value(program, field, json).ok_or_else(|| name.to_owned())??),
        });
    }
    match fields.keys().next() {
        Some(unknown) => Err(unknown.clone()),
        None => Ok(row),
    }
}

/// Nothing if it is not written as the field's type; an error from inside it.
fn value(program: &Program, field: &guiju::market::FieldInfo, json: Json) -> Option<Result<Value, String>> {
    let ok = |value| Some(Ok(value));
    match (field.kind, json) {
        (FieldKind::Scalar(Type::Unsigned(_)), Json::Number(number)) => ok(Value::Unsigned(number.as_u64()?)),
        (FieldKind::Scalar(Type::Signed(_)), Json::Number(number)) => ok(Value::Signed(number.as_i64()?)),
        (FieldKind::Scalar(Type::Decimal), Json::String(text)) => {
            let (mantissa, exponent) = text.split_once('e')?;
            ok(Value::Decimal(Decimal { mantissa: mantissa.parse().ok()?, exponent: exponent.parse().ok()? }))
        }
        (FieldKind::Scalar(Type::Ascii | Type::Unicode), Json::String(text)) => ok(Value::Text(text)),
        (FieldKind::Scalar(Type::Bytes), Json::String(text)) => {
            ok(Value::Text(text).converted(Type::Bytes).ok()?.into_owned())
        }
        (FieldKind::Group(_), Json::Object(fields)) => {
            Some(row(program, program.inside(field)?, fields).map(Value::Group))
        }
        (FieldKind::Sequence(_), Json::Array(elements)) => {
            let layout = program.inside(field)?;
            let rows = elements.into_iter().map(|element| match element {
                Json::Object(fields) => row(program, layout, fields),
                _ => Err(field.name.local.clone()),
            });
            Some(rows.collect::<Result<_, _>>().map(Value::Sequence))
        }
        _ => None,
    }
}
