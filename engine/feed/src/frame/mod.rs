//! Frames of a byte stream: where one begins and ends, what is wrong with one, which are missing.

mod envelope;
mod gaps;
pub mod step;

pub use envelope::{Envelope, NoEnvelope};
pub use gaps::{Channel, Gaps, Seen};

use crate::Fault;
use std::fmt;

/// What stands at the start of a stream's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut<F> {
    /// A frame, and how many bytes it takes.
    Frame(F, usize),
    /// Something that is no frame: what, and how many bytes to leave out until the next one may begin.
    Bad(Flaw, usize),
    /// A frame that is not complete yet.
    More,
}

/// All whole frames at the start of `input`, and what is none of them, each with its place; how many bytes they take.
pub(crate) fn walk<'i, F>(
    input: &'i [u8],
    cut: impl Fn(&'i [u8]) -> Cut<F>,
    mut each: impl FnMut(Result<F, Flaw>, usize),
) -> usize {
    let mut at = 0;
    while at < input.len() {
        let (found, taken) = match cut(&input[at..]) {
            Cut::More => break,
            Cut::Frame(frame, taken) => (Ok(frame), taken),
            Cut::Bad(flaw, taken) => (Err(flaw), taken),
        };
        each(found, at);
        at += taken;
    }
    at
}

/// What is wrong with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// Bytes before the next frame's start.
    NoStart,
    /// The length is not written as one, or leads elsewhere than to the trailer.
    Length,
    /// The length is beyond what frames may have.
    TooLong,
    /// The sum of the bytes is not the one in the trailer.
    Checksum,
    /// A field is not written as `tag=value`.
    Field,
    /// The raw data's length and the raw data do not fit together.
    RawData,
    /// The message type is not in the tables.
    Type,
    /// The body is longer or shorter than its type's fields.
    Body,
    /// The data ends in the middle of it.
    Unfinished,
    /// Its records are of other templates, or of the same with another policy for `reset`.
    Program,
    /// A record in it cannot be read, or what is behind the last one.
    Record,
    /// What is in an envelope cannot be unpacked.
    Packing,
}

impl Flaw {
    /// In English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::NoStart => "bytes that begin no frame",
            Self::Length => "the frame's length does not lead to its trailer",
            Self::TooLong => "the frame is longer than frames may be",
            Self::Checksum => "the checksum is another",
            Self::Field => "a field of the envelope is not written as tag=value",
            Self::RawData => "the raw data's length does not fit",
            Self::Type => "the message type is unknown",
            Self::Body => "the body's length does not fit its type",
            Self::Unfinished => "the data ends in the middle of a frame",
            Self::Program => "its records are of other templates, or of another --reset",
            Self::Record => "a record in it cannot be read",
            Self::Packing => "what is in the envelope cannot be unpacked",
        }
    }

    /// In Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NoStart => "这些字节不是任何一帧的开头",
            Self::Length => "帧长度与帧尾不符",
            Self::TooLong => "帧长度超出限制",
            Self::Checksum => "校验和不符",
            Self::Field => "报文域不是“标签=值”的形式",
            Self::RawData => "原始数据的长度不符",
            Self::Type => "消息类型未知",
            Self::Body => "消息体长度与消息类型不符",
            Self::Unfinished => "数据在一帧的中间结束",
            Self::Program => "其中的记录属于另一套模板，或 --reset 不同",
            Self::Record => "其中有一条记录无法读取",
            Self::Packing => "信封里的内容无法解压",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.en())
    }
}

/// A frame that was left out, or whose message could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}, channel {channel:?}, sequence {sequence:?}: {why}")]
pub struct Skipped {
    /// From the start of the stream to the frame.
    pub offset: u64,
    /// Channel or category, if it could be read.
    pub channel: Option<u64>,
    /// The sequence number, if it could be read.
    pub sequence: Option<u64>,
    /// What was wrong.
    pub why: Why,
}

/// Why a frame was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The frame itself.
    #[error("{0}")]
    Frame(Flaw),
    /// The message in it; its position is counted from the start of the raw data.
    #[error("{0}")]
    Message(Fault),
}

/// What has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Frames that were whole.
    pub frames: u64,
    /// Messages handed on.
    pub messages: u64,
    /// Frames left out, or left in the middle.
    pub skipped: u64,
}
