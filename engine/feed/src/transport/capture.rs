//! Capture files: pcap (microseconds or nanoseconds, either byte order; draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng).

use super::pcapng::{self, Interface};

/// Packets longer than this are refused, in bytes; so are pcapng blocks.
pub(super) const LONGEST: usize = 1 << 24;

/// A packet of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Nanoseconds since 1970.
    pub time: u64,
    /// What its first header is: the registry's LINKTYPE.
    pub link: u32,
    /// What was captured of it.
    pub bytes: &'a [u8],
}

/// A capture that cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {}", what.en())]
pub struct Broken {
    /// From the start of the capture.
    pub offset: u64,
    /// What is wrong.
    pub what: Wrong,
}

/// What can be wrong with a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It does not begin as one.
    NoCapture,
    /// A packet or a block is longer than they may be, or shorter than its head.
    Length,
}

impl Wrong {
    /// In English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::NoCapture => "this is neither pcap nor pcapng",
            Self::Length => "a packet's length is not possible",
        }
    }

    /// In Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NoCapture => "既不是 pcap 也不是 pcapng 文件",
            Self::Length => "数据包的长度不合理",
        }
    }
}

/// Numbers of a file in its byte order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) little: bool,
}

impl Order {
    pub(super) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    pub(super) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }
}

#[derive(Debug)]
enum Format {
    Unknown,
    Pcap { order: Order, nanoseconds: bool, link: u32 },
    Pcapng { order: Order, interfaces: Vec<Interface> },
}

/// Reads a capture piece by piece.
#[derive(Debug)]
pub struct Capture {
    format: Format,
    offset: u64,
}

impl Default for Capture {
    fn default() -> Self {
        Self { format: Format::Unknown, offset: 0 }
    }
}

impl Capture {
    /// Whether a file that begins so is a capture.
    #[must_use]
    pub fn is_one(start: &[u8]) -> bool {
        matches!(
            start.first_chunk(),
            Some(
                [0xd4, 0xc3, 0xb2, 0xa1]
                    | [0xa1, 0xb2, 0xc3, 0xd4]
                    | [0x4d, 0x3c, 0xb2, 0xa1]
                    | [0xa1, 0xb2, 0x3c, 0x4d]
                    | &pcapng::SECTION
            )
        )
    }

    /// Reads all whole packets at the start of `input`. How many bytes are done: what is left must come again, with more behind it.
    ///
    /// # Errors
    /// What cannot be read on; packets before it were handed out.
    pub fn read(&mut self, input: &[u8], each: &mut dyn FnMut(&Packet<'_>)) -> Result<usize, Broken> {
        let mut at = 0;
        loop {
            let step = match &mut self.format {
                Format::Unknown => match head(&input[at..]) {
                    Ok(Some((format, taken))) => {
                        self.format = format;
                        Ok(Some(taken))
                    }
                    Ok(None) => Ok(None),
                    Err(what) => Err(what),
                },
                Format::Pcap { order, nanoseconds, link } => pcap(*order, *nanoseconds, *link, &input[at..], each),
                Format::Pcapng { order, interfaces } => pcapng::block(order, interfaces, &input[at..], each),
            };
            match step {
                Ok(Some(taken)) => {
                    at += taken;
                    self.offset += taken as u64;
                }
                Ok(None) => return Ok(at),
                Err(what) => return Err(Broken { offset: self.offset, what }),
            }
        }
    }
}

/// What a step of reading gives: the bytes it took, or nothing if it needs more.
pub(super) type Step<T> = Result<Option<T>, Wrong>;

fn head(input: &[u8]) -> Step<(Format, usize)> {
    let Some(magic) = input.first_chunk::<4>() else { return Ok(None) };
    let (little, nanoseconds) = match magic {
        [0xd4, 0xc3, 0xb2, 0xa1] => (true, false),
        [0xa1, 0xb2, 0xc3, 0xd4] => (false, false),
        [0x4d, 0x3c, 0xb2, 0xa1] => (true, true),
        [0xa1, 0xb2, 0x3c, 0x4d] => (false, true),
        // The section's block itself says the byte order.
        &pcapng::SECTION => {
            return Ok(Some((Format::Pcapng { order: Order { little: true }, interfaces: Vec::new() }, 0)));
        }
        _ => return Err(Wrong::NoCapture),
    };
    let order = Order { little };
    if input.len() < 24 {
        return Ok(None);
    }
    // The upper bits say how long frame check sequences are.
    let link = order.u32(input, 20).unwrap_or_default() & 0x0fff_ffff;
    Ok(Some((Format::Pcap { order, nanoseconds, link }, 24)))
}

fn pcap(order: Order, nanoseconds: bool, link: u32, input: &[u8], each: &mut dyn FnMut(&Packet<'_>)) -> Step<usize> {
    let (Some(seconds), Some(fraction), Some(length)) = (order.u32(input, 0), order.u32(input, 4), order.u32(input, 8))
    else {
        return Ok(None);
    };
    let length = length as usize;
    if length > LONGEST {
        return Err(Wrong::Length);
    }
    let Some(bytes) = input.get(16..16 + length) else { return Ok(None) };
    let fraction = u64::from(fraction) * if nanoseconds { 1 } else { 1_000 };
    each(&Packet { time: u64::from(seconds) * 1_000_000_000 + fraction, link, bytes });
    Ok(Some(16 + length))
}
