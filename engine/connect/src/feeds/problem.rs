//! What can be wrong with a feed's bytes, one small function per message.

use guiju_feed::{
    frame::{Channel, Skipped, Why},
    transport::Broken,
};
use guiju_lang::finding::{Arg, At, Finding, codes::data as codes};
use std::path::Path;

fn at(path: &Path, byte: Option<u64>) -> At {
    At::Data { path: path.display().to_string(), row: None, column: None, byte }
}

fn count(number: u64) -> Arg {
    Arg::Count(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A frame or a message that was left out.
pub(super) fn skipped(path: &Path, skipped: &Skipped) -> Finding {
    let number = |number: Option<u64>| Arg::Plain(number.map_or_else(|| "–".to_owned(), |number| number.to_string()));
    let place = at(path, Some(skipped.offset));
    let of = |code| {
        let finding = Finding::new(code, place).arg("channel", number(skipped.channel));
        finding.arg("sequence", number(skipped.sequence))
    };
    match &skipped.why {
        Why::Frame(flaw) => of(codes::FEED_FRAME_LEFT).arg("what", Arg::Either(flaw.en(), flaw.zh())),
        Why::Message(fault) => of(codes::FEED_MESSAGE_LEFT)
            .arg("at", count(fault.position as u64))
            .name("template", &fault.template)
            .name("field", &fault.field)
            .arg("code", Arg::Plain(fault.code.name().to_owned()))
            .arg("what", Arg::Either(fault.code.en(), fault.code.zh())),
    }
}

/// Bytes of a flow that the capture lacks.
pub(super) fn lost(path: &Path, flow: &str, bytes: u64) -> Finding {
    Finding::new(codes::FEED_BYTES_LOST, at(path, None)).name("flow", flow).arg("count", count(bytes))
}

/// Numbers of a channel that did not come.
pub(super) fn gaps(path: &Path, number: u64, channel: &Channel) -> Finding {
    let finding = Finding::new(codes::FEED_GAPS, at(path, None)).arg("channel", Arg::Plain(number.to_string()));
    let (first, last) = (Arg::Plain(channel.first.to_string()), Arg::Plain(channel.last.to_string()));
    finding.arg("count", count(channel.missing)).arg("first", first).arg("last", last)
}

/// A capture that cannot be read on.
pub(super) fn capture(path: &Path, broken: &Broken) -> Finding {
    let what = Arg::Either(broken.what.en(), broken.what.zh());
    Finding::new(codes::FEED_CAPTURE_BROKEN, at(path, Some(broken.offset))).arg("what", what)
}

/// A capture without a frame of the format.
pub(super) fn nothing(path: &Path, packets: u64) -> Finding {
    Finding::new(codes::FEED_EMPTY, at(path, None)).arg("count", count(packets))
}

/// Values that a column does not hold; without them, the rows stay or go.
pub(super) fn misfits(path: &Path, column: &str, stays: bool, many: u64, first: String) -> Finding {
    let code = if stays { codes::FEED_VALUE_MISSING } else { codes::FEED_ROW_LEFT };
    Finding::new(code, at(path, None)).name("column", column).arg("count", count(many)).name("first", first)
}

/// More of what was left out.
pub(super) fn more(path: &Path, many: u64) -> Finding {
    Finding::new(codes::FEED_LEFT_MORE, at(path, None)).arg("count", count(many))
}

/// A table that is not the one that was checked.
pub(super) fn changed(table: &str) -> Finding {
    Finding::new(codes::FEED_CHANGED, At::Nowhere).name("table", table)
}
