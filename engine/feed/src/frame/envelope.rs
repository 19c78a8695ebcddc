//! What vendors put around a feed's frames: a head with a length in it, and often compression. It differs from vendor to vendor, so it is
//! said and not known.
//!
//! Each envelope holds whole frames. Compression is RFC 1951 (`deflate`) or RFC 1950 (`zlib`).

use super::{Cut, Flaw};
use flate2::{Decompress, FlushDecompress, Status};
use std::{fmt, str::FromStr};

/// The most that one envelope may hold, packed or unpacked: as much as a frame.
const MOST: usize = 16 << 20;
/// The longest head.
const MOST_HEAD: usize = 1 << 10;

/// Where an envelope's length stands and how its content is packed, written as
/// `head=16,length=12:4be,zlib`: a head of 16 bytes; the length from the 13th byte on, in four bytes, the highest first; zlib.
///
/// `le`: the lowest byte first. `total` behind: the length counts the head, too. Without `deflate` or `zlib` the content stands as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    head: usize,
    at: usize,
    width: usize,
    little: bool,
    total: bool,
    packing: Packing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Deflate,
    Zlib,
}

/// What an envelope cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoEnvelope {
    /// No `head` of at most 1,024 bytes.
    #[error("head=BYTES, at most 1024, is missing")]
    Head,
    /// No length of 1 to 4 bytes within the head.
    #[error("length=FIRST:BYTESbe or …le, from 1 to 4 bytes within the head, is missing")]
    Length,
    /// A word that means nothing here.
    #[error("only head=…, length=…, total, deflate and zlib are known here")]
    Word,
}

impl FromStr for Envelope {
    type Err = NoEnvelope;

    fn from_str(text: &str) -> Result<Self, NoEnvelope> {
        let (mut head, mut length, mut total, mut packing) = (None, None, false, Packing::None);
        for word in text.split(',') {
            match word.trim().split_once('=') {
                Some(("head", bytes)) => head = bytes.parse().ok().filter(|head| *head <= MOST_HEAD),
                Some(("length", place)) => {
                    length = place.split_once(':').and_then(|(at, how)| Some((at.parse().ok()?, how)));
                }
                None if word.trim() == "total" => total = true,
                None if word.trim() == "deflate" => packing = Packing::Deflate,
                None if word.trim() == "zlib" => packing = Packing::Zlib,
                _ => return Err(NoEnvelope::Word),
            }
        }
        let head = head.ok_or(NoEnvelope::Head)?;
        let (at, how): (usize, &str) = length.ok_or(NoEnvelope::Length)?;
        let little = how.ends_with("le");
        let width = how.strip_suffix(if little { "le" } else { "be" }).and_then(|width| width.parse().ok());
        let width = width.filter(|width| (1..=4).contains(width) && at.saturating_add(*width) <= head);
        Ok(Self { head, at, width: width.ok_or(NoEnvelope::Length)?, little, total, packing })
    }
}

impl fmt::Display for Envelope {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = if self.little { "le" } else { "be" };
        write!(to, "head={},length={}:{}{order}", self.head, self.at, self.width)?;
        to.write_str(if self.total { ",total" } else { "" })?;
        to.write_str(match self.packing {
            Packing::None => "",
            Packing::Deflate => ",deflate",
            Packing::Zlib => ",zlib",
        })
    }
}

impl Envelope {
    /// The content of the first envelope, as it travels. Behind a length that cannot be, nothing says where the next one begins.
    #[must_use]
    pub fn cut<'i>(&self, input: &'i [u8]) -> Cut<&'i [u8]> {
        let Some(head) = input.get(..self.head) else { return Cut::More };
        let digits = &head[self.at..self.at + self.width];
        let add = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        let said = if self.little { digits.iter().rev().fold(0, add) } else { digits.iter().fold(0, add) };
        let Some(length) = (if self.total { said.checked_sub(self.head) } else { Some(said) }) else {
            return Cut::Bad(Flaw::Length, input.len());
        };
        if length > MOST {
            return Cut::Bad(Flaw::TooLong, input.len());
        }
        match input.get(self.head..self.head + length) {
            Some(content) => Cut::Frame(content, self.head + length),
            None => Cut::More,
        }
    }

    /// What was packed. `room` is kept from one to the next, so that nothing is reserved again.
    ///
    /// # Errors
    /// When it cannot be unpacked, ends before its packing does, or is longer than 16 MiB.
    pub fn open<'c>(&self, content: &'c [u8], room: &'c mut Vec<u8>) -> Result<&'c [u8], Flaw> {
        let zlib = match self.packing {
            Packing::None => return Ok(content),
            Packing::Deflate => false,
            Packing::Zlib => true,
        };
        let mut unpacking = Decompress::new(zlib);
        room.clear();
        room.reserve(content.len().saturating_mul(4).clamp(1 << 10, MOST));
        loop {
            let done = usize::try_from(unpacking.total_in()).unwrap_or(usize::MAX);
            let rest = content.get(done..).ok_or(Flaw::Packing)?;
            let before = (done, room.len());
            let status = unpacking.decompress_vec(rest, room, FlushDecompress::Finish).map_err(|_| Flaw::Packing)?;
            if room.len() > MOST {
                return Err(Flaw::TooLong);
            }
            if status == Status::StreamEnd {
                return Ok(room);
            }
            let stuck = (usize::try_from(unpacking.total_in()).unwrap_or(usize::MAX), room.len()) == before;
            if room.len() == room.capacity() {
                room.reserve(room.len().min(MOST));
            } else if stuck {
                return Err(Flaw::Packing);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compress, Compression, FlushCompress};

    fn packed(bytes: &[u8], zlib: bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + 100);
        Compress::new(Compression::default(), zlib).compress_vec(bytes, &mut out, FlushCompress::Finish).unwrap();
        out
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["head=16,length=12:4be,zlib", "head=4,length=0:2le,total,deflate", "head=1,length=0:1be"] {
            assert_eq!(text.parse::<Envelope>().unwrap().to_string(), text);
        }
        for (text, no) in [
            ("length=0:4be", NoEnvelope::Head),
            ("head=4000,length=0:4be", NoEnvelope::Head),
            ("head=4", NoEnvelope::Length),
            ("head=4,length=1:4be", NoEnvelope::Length),
            ("head=8,length=0:5be", NoEnvelope::Length),
            ("head=4,length=0:4", NoEnvelope::Length),
            ("head=4,length=0:4be,gzip", NoEnvelope::Word),
        ] {
            assert_eq!(text.parse::<Envelope>(), Err(no), "{text}");
        }
    }

    #[test]
    fn contents_are_cut_and_unpacked() {
        let frame = b"8=STEP.1.0.0\x019=5\x01".repeat(4_000);
        for (text, zlib) in [("head=6,length=2:4be,zlib", true), ("head=6,length=2:4be,deflate", false)] {
            let envelope: Envelope = text.parse().unwrap();
            let content = packed(&frame, zlib);
            let length = u32::try_from(content.len()).unwrap();
            let input = [b"VE".as_slice(), &length.to_be_bytes(), &content, b"VE"].concat();
            let Cut::Frame(found, taken) = envelope.cut(&input) else { panic!("{text}") };
            assert_eq!((found, taken), (content.as_slice(), 6 + content.len()));
            let mut room = Vec::new();
            assert_eq!(envelope.open(found, &mut room).unwrap(), frame);
            assert_eq!(envelope.cut(&input[..20]), Cut::More);
            assert_eq!(envelope.open(&content[..content.len() - 9], &mut room), Err(Flaw::Packing));
            assert_eq!(envelope.open(b"no such thing", &mut room), Err(Flaw::Packing));
        }
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let envelope: Envelope = "head=4,length=0:4le,zlib".parse().unwrap();
        let bomb = packed(&vec![0; MOST + 1], true);
        assert!(bomb.len() < 100_000);
        let mut room = Vec::new();
        assert_eq!(envelope.open(&bomb, &mut room), Err(Flaw::TooLong));
        assert!(room.capacity() <= 2 * MOST);
        assert_eq!(envelope.cut(&[255; 9]), Cut::Bad(Flaw::TooLong, 9));
        let total: Envelope = "head=4,length=0:4le,total".parse().unwrap();
        assert_eq!(total.cut(&[3, 0, 0, 0, 9]), Cut::Bad(Flaw::Length, 5));
    }
}
