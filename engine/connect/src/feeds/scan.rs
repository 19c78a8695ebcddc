//! Files and captures of a feed, read to rows. Whatever is wrong with a frame is said with its byte, its channel and its number, and
//! keeps nothing else back. Every file begins with fresh decoders: it is a session of its own.

use super::{format, problem as told, program, row::Rows, table};
use crate::{
    identity::SourceVersion,
    locate, problem,
    read::{Progress, ReadOptions, Request, Scan, SourceBatch, Step},
};
use guiju_feed::{
    Decoder, Mode,
    reader::{Reader, Record},
};
use guiju_lang::{
    finding::Finding,
    market::Feed,
    schema::{Column, Schema},
};
use std::{collections::VecDeque, fs::File, io::Read, path::PathBuf, sync::Arc};

/// Bytes read at once.
const PIECE: usize = 1 << 18;

/// The rows of a feed behind a connection.
pub(crate) fn open(feed: &Feed, request: &Request<'_>) -> Result<Scan, Vec<Finding>> {
    let alone = |finding| vec![finding];
    let paths = locate::captures(request.connection, request.object).map_err(alone)?;
    let version = SourceVersion::of(&paths).map_err(alone)?;
    let changed = || vec![told::changed(&feed.table)];
    let program = program(&feed.form).map_err(|_| changed())?;
    let plan = table::named(&program, &feed.table).ok_or_else(changed)?;
    let known = request.schema.ok_or_else(changed)?;
    let all: Vec<Column> = match request.columns {
        Some(positions) => positions.iter().filter_map(|at| known.columns.get(*at as usize)).cloned().collect(),
        None => known.columns.clone(),
    };
    let columns = Schema { columns: all };
    let zone = request.connection.text.zone.clone();
    let rows = Rows::of(plan, &columns, &feed.clocks, zone).ok_or_else(changed)?;
    let (schema, progress) = (Arc::clone(rows.schema()), Arc::<Progress>::default());
    let batches = Batches {
        feed: feed.clone(),
        decoder: Decoder::new(program, Mode::Strict),
        options: request.options,
        said: Said { listed: request.options.limits.listed, ..Said::default() },
        progress: Arc::clone(&progress),
        rows,
        paths: paths.into_iter().collect(),
        file: None,
        files: 0,
        ready: VecDeque::new(),
        first_row: 0,
        row_in_file: 0,
    };
    Ok(Scan::over(schema, columns, version, progress, Box::new(batches)))
}

struct Batches {
    feed: Feed,
    decoder: Decoder,
    options: ReadOptions,
    said: Said,
    progress: Arc<Progress>,
    rows: Rows,
    paths: VecDeque<PathBuf>,
    file: Option<Open>,
    /// Begun so far.
    files: u32,
    ready: VecDeque<SourceBatch>,
    first_row: u64,
    row_in_file: u64,
}

struct Open {
    path: PathBuf,
    file: File,
    reader: Reader,
    pending: Vec<u8>,
}

/// What was left out.
#[derive(Default)]
struct Said {
    findings: Vec<Finding>,
    listed: usize,
    /// Beyond those that are listed.
    more: u64,
}

impl Said {
    fn note(&mut self, finding: Finding) {
        if self.findings.len() < self.listed {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }
}

impl Batches {
    /// Reads on until there are rows, or nothing more.
    fn on(&mut self) -> Result<(), Vec<Finding>> {
        while self.ready.is_empty() {
            let Some(mut open) = self.file.take() else {
                let Some(path) = self.paths.pop_front() else { return Ok(()) };
                let file = File::open(&path).map_err(|error| vec![problem::file_unreadable(&path, &error)])?;
                let reader = Reader::new(format(&self.feed.form), self.decoder.clone());
                let reader = if self.feed.form.joined { reader.joined() } else { reader };
                self.file = Some(Open { path, file, reader, pending: Vec::new() });
                (self.files, self.row_in_file) = (self.files + 1, 0);
                continue;
            };
            let piece = open.file.by_ref().take(PIECE as u64).read_to_end(&mut open.pending);
            let taken = piece.map_err(|error| vec![problem::file_unreadable(&open.path, &error)])?;
            self.progress.add_bytes(taken as u64);
            if taken > 0 {
                let Open { path, reader, pending, .. } = &mut open;
                let (rows, said) = (&mut self.rows, &mut self.said);
                let read = reader.read_from(pending, &mut |record, origin| match record {
                    Record::Message(message) => rows.take(message, origin),
                    Record::Skipped(skipped) => said.note(told::skipped(path, skipped)),
                    Record::Lost(flow, bytes) => said.note(told::lost(path, &flow.to_string(), *bytes)),
                    Record::Sequence(..) => {}
                });
                match read {
                    Ok(done) => drop(open.pending.drain(..done)),
                    Err(broken) => {
                        // What stood before it was read.
                        self.said.note(told::capture(path, &broken));
                        self.end(open, &[])?;
                        continue;
                    }
                }
                if self.rows.len() >= self.options.batch_rows {
                    self.flush()?;
                }
                self.file = Some(open);
            } else {
                let rest = std::mem::take(&mut open.pending);
                self.end(open, &rest)?;
            }
        }
        Ok(())
    }

    /// The end of a file; `rest` is what was left of it.
    fn end(&mut self, mut open: Open, rest: &[u8]) -> Result<(), Vec<Finding>> {
        let Open { path, reader, .. } = &mut open;
        let (rows, said) = (&mut self.rows, &mut self.said);
        reader.finish_from(rest, &mut |record, origin| match record {
            Record::Message(message) => rows.take(message, origin),
            Record::Skipped(skipped) => said.note(told::skipped(path, skipped)),
            Record::Lost(flow, bytes) => said.note(told::lost(path, &flow.to_string(), *bytes)),
            Record::Sequence(..) => {}
        });
        // Of lines that are one feed, what all of them lack is missing.
        let together = reader.together().map(|(gaps, _)| gaps);
        let each = reader.passed().filter(|_| together.is_none()).map(|passed| passed.gaps);
        for gaps in each.chain(together) {
            let missing = gaps.channels().filter(|(_, channel)| channel.missing > 0);
            missing.for_each(|(number, channel)| said.note(told::gaps(path, number, channel)));
        }
        let (packets, _) = reader.packets();
        if packets > 0 && reader.passed().next().is_none() {
            said.note(told::nothing(path, packets));
        }
        for (column, stays, misfits) in self.rows.misfits() {
            self.said.note(told::misfits(path, &column, stays, misfits.count, misfits.first));
        }
        let mut findings = std::mem::take(&mut self.said.findings);
        if self.said.more > 0 {
            findings.push(told::more(path, self.said.more));
            self.said.more = 0;
        }
        self.progress.say(findings);
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Vec<Finding>> {
        let Some(batch) = self.rows.batch() else { return Ok(()) };
        let batch = batch.map_err(|_| vec![told::changed(&self.feed.table)])?;
        let rows = batch.num_rows() as u64;
        let (first_row, row_in_file) = (self.first_row, self.row_in_file);
        self.first_row += rows;
        self.row_in_file += rows;
        self.ready.push_back(SourceBatch { batch, first_row, file: self.files.saturating_sub(1), row_in_file });
        Ok(())
    }
}

impl Iterator for Batches {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if let Err(findings) = self.on() {
            self.paths.clear();
            self.file = None;
            return Some(Err(findings));
        }
        self.ready.pop_front().map(Ok)
    }
}
