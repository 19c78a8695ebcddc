//! What can be wrong, one small function per message.

use guiju::{
    lang::finding::{Arg, At, Finding, codes::cli as codes},
    market::{self, Code, frame},
};
use std::path::Path;

fn of(code: guiju::lang::finding::Code, args: Vec<(&'static str, Arg)>) -> Finding {
    args.into_iter().fold(Finding::new(code, At::Nowhere), |finding, (name, arg)| finding.arg(name, arg))
}

fn path(path: &Path) -> Arg {
    Arg::Name(path.display().to_string())
}

fn said(code: Code) -> Arg {
    Arg::Either(code.en(), code.zh())
}

pub(super) fn unreadable(file: &Path, error: &std::io::Error) -> Finding {
    of(codes::UNREADABLE, vec![("path", path(file)), ("message", Arg::Plain(error.to_string()))])
}

pub(super) fn unwritable(file: &str, error: &std::io::Error) -> Finding {
    of(codes::UNWRITABLE, vec![("path", Arg::Name(file.to_owned())), ("message", Arg::Plain(error.to_string()))])
}

/// Something wrong in a template file.
pub(super) fn template(file: &Path, finding: &market::Finding) -> Finding {
    of(
        codes::FEED_TEMPLATE,
        vec![
            ("path", path(file)),
            ("line", Arg::Count(i64::from(finding.line))),
            ("column", Arg::Count(i64::from(finding.column))),
            ("code", Arg::Plain(finding.code.name().to_owned())),
            ("what", said(finding.code)),
            ("detail", Arg::Name(finding.detail.clone())),
        ],
    )
}

pub(super) fn templates_needed() -> Finding {
    of(codes::FEED_TEMPLATES_NEEDED, vec![])
}

pub(super) fn not_generated() -> Finding {
    of(codes::FEED_NOT_GENERATED, vec![])
}

pub(super) fn no_native(en: &'static str, zh: &'static str) -> Finding {
    of(codes::FEED_NO_NATIVE, vec![("what", Arg::Either(en, zh))])
}

pub(super) fn broken_capture(file: &Path, broken: &market::transport::Broken) -> Finding {
    let what = Arg::Either(broken.what.en(), broken.what.zh());
    of(codes::FEED_CAPTURE, vec![("path", path(file)), ("byte", count(broken.offset)), ("what", what)])
}

/// A frame or a message that was left out.
pub(super) fn skipped(skipped: &frame::Skipped) -> Finding {
    let number = |number: Option<u64>| Arg::Plain(number.map_or_else(|| "–".to_owned(), |number| number.to_string()));
    let place = vec![
        ("byte", count(skipped.offset)),
        ("channel", number(skipped.channel)),
        ("sequence", number(skipped.sequence)),
    ];
    match &skipped.why {
        frame::Why::Frame(flaw) => {
            of(codes::FEED_FRAME, [place, vec![("what", Arg::Either(flaw.en(), flaw.zh()))]].concat())
        }
        frame::Why::Message(fault) => of(
            codes::FEED_MESSAGE,
            [
                place,
                vec![
                    ("at", count(fault.position as u64)),
                    ("template", Arg::Name(fault.template.clone())),
                    ("field", Arg::Name(fault.field.clone())),
                    ("code", Arg::Plain(fault.code.name().to_owned())),
                    ("what", said(fault.code)),
                ],
            ]
            .concat(),
        ),
    }
}

/// Bytes of a flow that the capture lacks.
pub(super) fn lost(flow: &market::transport::Flow, bytes: u64) -> Finding {
    of(codes::FEED_LOST, vec![("flow", Arg::Name(flow.to_string())), ("count", count(bytes))])
}

pub(super) fn line(file: &Path, line: u64, message: &str) -> Finding {
    of(codes::FEED_LINE, vec![("path", path(file)), ("line", count(line)), ("message", Arg::Plain(message.to_owned()))])
}

pub(super) fn cannot_encode(file: &Path, line: u64, fault: &market::Fault) -> Finding {
    of(
        codes::FEED_CANNOT_ENCODE,
        vec![
            ("path", path(file)),
            ("line", count(line)),
            ("template", Arg::Name(fault.template.clone())),
            // Of a template that is not there, none.
            ("field", if fault.field.is_empty() { Arg::Plain("–".to_owned()) } else { Arg::Name(fault.field.clone()) }),
            ("code", Arg::Plain(fault.code.name().to_owned())),
            ("what", said(fault.code)),
        ],
    )
}

/// A capture without a frame of the format.
pub(super) fn nothing(file: &Path, packets: u64) -> Finding {
    of(codes::FEED_NOTHING, vec![("path", path(file)), ("count", count(packets))])
}

/// What `--to` or `--decimals` says is nothing that they can.
pub(super) fn output(given: &str) -> Finding {
    of(codes::FEED_OUTPUT, vec![("given", Arg::Name(given.to_owned()))])
}

/// Narrowed records are made of messages that were read.
pub(super) fn not_encoded() -> Finding {
    output("narrow")
}

pub(super) fn address(given: &str) -> Finding {
    of(codes::FEED_ADDRESS, vec![("given", Arg::Name(given.to_owned()))])
}

pub(super) fn live_once() -> Finding {
    of(codes::FEED_LIVE_ONCE, vec![])
}

/// A message that is too long for a datagram, for instance.
pub(super) fn record(template: &str, wrong: market::narrow::Wrong) -> Finding {
    use market::narrow::Wrong;
    let what = match wrong {
        Wrong::Long => Arg::Either("it is longer than a datagram", "它比一个数据报还长"),
        Wrong::Template => Arg::Either("there are more than 65,536 templates", "模板超过 65,536 个"),
        Wrong::Short | Wrong::Value => Arg::Either("it has a value that no record holds", "它有记录装不下的值"),
    };
    of(codes::FEED_RECORD, vec![("template", Arg::Name(template.to_owned())), ("what", what)])
}

fn count(number: u64) -> Arg {
    Arg::Count(i64::try_from(number).unwrap_or(i64::MAX))
}
