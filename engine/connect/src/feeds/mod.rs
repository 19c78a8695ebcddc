//! Market feeds as sources: what their messages hold, for the checker, and their rows, from files and captures.
//!
//! A kind of message is a table of its own, and so is each sequence in it, whose rows have the fields of the messages around them too.

mod live;
mod problem;
mod row;
mod scan;
mod table;

pub(crate) use live::datagrams;
pub(crate) use scan::open;

use crate::config::Connection;
use guiju_feed::{Finding as Trouble, Program, Reset, Templates, reader, szse};
use guiju_lang::market::{self, Feed, Form, Format, Framing, Messages};
use std::sync::Arc;

impl Connection {
    /// The same, where the rows are messages of a feed that a rulebook declares.
    #[must_use]
    pub fn speaking(&self, feed: Option<&Arc<Feed>>) -> Self {
        Self { feed: feed.cloned(), ..self.clone() }
    }
}

/// What a feed's messages hold, and what is wrong with its template file.
pub(crate) fn messages(form: &Form) -> Messages {
    match program(form) {
        Ok(program) => Messages { tables: table::all(&program), troubles: Vec::new() },
        Err(troubles) => Messages { tables: Vec::new(), troubles: troubles.iter().map(told).collect() },
    }
}

fn told(trouble: &Trouble) -> market::Trouble {
    market::Trouble {
        line: trouble.line,
        column: trouble.column,
        code: trouble.code.name(),
        what: (trouble.code.en(), trouble.code.zh()),
        detail: trouble.detail.clone(),
    }
}

/// The templates of a feed, ready to decode with; of Shenzhen's, which has none, its tables as such.
fn program(form: &Form) -> Result<Arc<Program>, Vec<Trouble>> {
    let alone = |trouble| vec![trouble];
    if form.format == Format::Szse {
        return szse::program().map(Arc::new).map_err(alone);
    }
    let (templates, troubles) = Templates::read(form.templates.as_deref().unwrap_or(guiju_feed::SSE_LEVEL2));
    if !troubles.is_empty() {
        return Err(troubles);
    }
    let reset = if form.honours_reset { Reset::Honour } else { Reset::Ignore };
    Program::compile(&templates, reset).map(Arc::new).map_err(alone)
}

const fn format(form: &Form) -> reader::Format {
    match form.format {
        Format::StepFast => reader::Format::StepFast,
        Format::Szse => reader::Format::Szse,
        Format::Fast => reader::Format::Fast(match form.framing {
            Framing::None => reader::Framing::None,
            Framing::Len32Le => reader::Framing::Len32Le,
            Framing::Seq32Le => reader::Framing::Seq32Le,
        }),
    }
}

/// A file in memory, read into rows of every table; how many there were.
pub(crate) fn fuzz(choice: u8, bytes: &[u8]) -> u64 {
    use guiju_feed::{Decoder, Mode, reader::Reader, reader::Record};
    use guiju_lang::{market::Clock, schema::Schema, time::Zone, ty::Type, ty::Typed};

    const ALL: &str = "<templates><template name=\"A\" id=\"1\"><uInt64 name=\"t\"/><decimal name=\"d\"/><string name=\"s\" charset=\"unicode\" \
        presence=\"optional\"/><group name=\"g\" presence=\"optional\"><byteVector name=\"s\"/></group><sequence name=\"q\"><int32 name=\"d\"/><sequence \
        name=\"r\" presence=\"optional\"><string name=\"t\"/></sequence></sequence></template></templates>";
    let [fast, step, szse] = [(Format::Fast, Some(ALL)), (Format::StepFast, None), (Format::Szse, None)];
    let (of, templates) = [fast, step, szse][usize::from(choice) % 3];
    let framing = Framing::WORDS[usize::from(choice >> 2) % 3].1;
    let form = Form {
        format: of,
        framing,
        honours_reset: choice & 32 == 0,
        joined: choice & 16 == 0,
        templates: templates.map(Arc::from),
    };
    let Ok(program) = program(&form) else { return 0 };
    let mut count = 0;
    for table in table::all(&program) {
        let patterns = ["YYYYMMDDHHMMSSsss", "HHMMSSss", "unix ns", "HH:MM:SS"];
        let clock = Clock::read(patterns[usize::from(choice >> 6)]);
        let clocks: Vec<(String, Clock)> = ["t", "TickTime", "TransactTime", "OrigTime", "DataTimeStamp"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), clock.clone()?)))
            .collect();
        let mut schema = Schema { columns: table.columns };
        for column in schema.columns.iter_mut().filter(|column| clocks.iter().any(|(name, _)| *name == column.name)) {
            column.typed = Typed::new(Type::Timestamp, true);
        }
        let plan = table::named(&program, &table.name);
        let Some(mut rows) = plan.and_then(|plan| row::Rows::of(plan, &schema, &clocks, Zone::utc())) else { continue };
        let decoder = Decoder::new(Arc::clone(&program), Mode::Strict).limited_to(1 << 12);
        let mut reader = Reader::new(format(&form), decoder);
        if form.joined {
            reader = reader.joined();
        }
        let mut each = |record: &Record<'_>, origin: &reader::Origin| {
            if let Record::Message(message) = record {
                rows.take(message, origin);
            }
        };
        let done = reader.read_from(bytes, &mut each).unwrap_or(bytes.len());
        reader.finish_from(&bytes[done..], &mut each);
        count += rows.len() as u64;
        if let Some(batch) = rows.batch() {
            assert!(batch.is_ok_and(|batch| batch.num_columns() == schema.columns.len()), "columns of one length");
        }
        drop(rows.misfits());
    }
    count
}
