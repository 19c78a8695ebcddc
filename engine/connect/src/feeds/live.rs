//! Datagrams of a feed, read to rows. Frames do not reach from one into the next.

use super::{format, problem, program, row::Rows, table};
use crate::{config::Connection, inlet::Message};
use arrow_array::RecordBatch;
use guiju_feed::{
    Decoder, Mode,
    reader::{Reader, Record},
};
use guiju_lang::{finding::Finding, market::Feed, schema::Schema};
use std::path::Path;

/// As much is said of one chunk.
const MOST_SAID: usize = 20;

/// The rows of datagrams that came one after the other, these columns of the delivered ones; and what there is to say of them.
pub(crate) fn datagrams(
    feed: &Feed,
    connection: &Connection,
    partition: &str,
    messages: &[Message],
    delivered: &Schema,
    columns: &[u32],
) -> (Option<RecordBatch>, Vec<Finding>) {
    let changed = || (None, vec![problem::changed(&feed.table)]);
    let Ok(program) = program(&feed.form) else { return changed() };
    let columns = columns.iter().filter_map(|at| delivered.columns.get(*at as usize)).cloned().collect();
    let rows = table::named(&program, &feed.table)
        .and_then(|plan| Rows::of(plan, &Schema { columns }, &feed.clocks, connection.text.zone.clone()));
    let Some(mut rows) = rows else { return changed() };
    let mut reader = Reader::new(format(&feed.form), Decoder::new(program, Mode::Strict));
    let (mut said, mut more) = (Vec::new(), 0);
    for Message { offset, body } in messages {
        let name = format!("{partition}:{offset}");
        let path = Path::new(&name);
        reader.datagram_from(body, &mut |record, origin| match record {
            Record::Message(message) => rows.take(message, origin),
            Record::Skipped(skipped) if said.len() < MOST_SAID => said.push(problem::skipped(path, skipped)),
            Record::Skipped(_) => more += 1,
            Record::Lost(..) | Record::Sequence(..) => {}
        });
    }
    let path = Path::new(partition);
    for passed in reader.passed() {
        let missing = passed.gaps.channels().filter(|(_, channel)| channel.missing > 0);
        said.extend(missing.take(MOST_SAID).map(|(number, channel)| problem::gaps(path, number, channel)));
    }
    let misfits = rows.misfits().into_iter();
    said.extend(misfits.map(|(column, stays, of)| problem::misfits(path, &column, stays, of.count, of.first)));
    if more > 0 {
        said.push(problem::more(path, more));
    }
    match rows.batch() {
        None => (None, said),
        Some(Ok(batch)) => (Some(batch), said),
        Some(Err(_)) => changed(),
    }
}
