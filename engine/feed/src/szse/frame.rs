//! Frames: type and length, four bytes each; the body; the sum of all bytes before it modulo 256, in four bytes.

use super::tables::{is_fixed, of, width};
use crate::frame::{Cut, Flaw};

/// Bodies longer than this are refused, in bytes: a snapshot of ten levels with all queues takes a tenth.
pub(super) const LONGEST: usize = 1 << 16;

const HEAD: usize = 8;
const TRAILER: usize = 4;

/// A frame whose sum is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The message type; perhaps not one of the tables.
    pub kind: u32,
    /// The body.
    pub body: &'a [u8],
}

/// What stands at the start of `input`.
#[must_use]
pub fn cut(input: &[u8]) -> Cut<Frame<'_>> {
    let Some((kind, length)) = head(input) else { return Cut::More };
    if length > LONGEST {
        let flaw = if is_kind(kind) { Flaw::TooLong } else { Flaw::NoStart };
        return Cut::Bad(flaw, to_next(input));
    }
    let end = HEAD + length;
    let Some(sum) = input.get(end..end + TRAILER) else {
        // A head that cannot be one is not waited for.
        return if likely(kind, length) { Cut::More } else { Cut::Bad(Flaw::NoStart, to_next(input)) };
    };
    if sum == checksum(&input[..end]).to_be_bytes() {
        return Cut::Frame(Frame { kind, body: &input[HEAD..end] }, end + TRAILER);
    }
    if likely(kind, length) && (input.len() == end + TRAILER || starts(&input[end + TRAILER..])) {
        return Cut::Bad(Flaw::Checksum, end + TRAILER);
    }
    Cut::Bad(Flaw::NoStart, to_next(input))
}

/// The sum that the trailer of these bytes has.
fn checksum(bytes: &[u8]) -> u32 {
    u32::from(bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)))
}

fn head(input: &[u8]) -> Option<(u32, usize)> {
    let (kind, rest) = input.split_first_chunk::<4>()?;
    let length = u32::from_be_bytes(*rest.first_chunk::<4>()?);
    Some((u32::from_be_bytes(*kind), usize::try_from(length).unwrap_or(usize::MAX)))
}

/// The exchange's ranges of types.
const fn is_kind(kind: u32) -> bool {
    matches!(kind, 1..=10 | 300_000..400_000)
}

/// A type of the tables with a body that may be its, or a type in the exchange's ranges.
fn likely(kind: u32, length: usize) -> bool {
    match of(kind) {
        Some((_, table)) if is_fixed(table.fields) => length == width(table.fields),
        Some((_, table)) => (width(table.fields)..=LONGEST).contains(&length),
        None => is_kind(kind) && length <= LONGEST,
    }
}

/// Whether a frame may begin here.
fn starts(input: &[u8]) -> bool {
    head(input).is_none_or(|(kind, length)| likely(kind, length))
}

/// Bytes up to where the next frame may begin.
fn to_next(input: &[u8]) -> usize {
    // All types begin with a zero byte.
    (1..input.len()).find(|at| input[*at] == 0 && starts(&input[*at..])).unwrap_or(input.len())
}

/// Appends a frame.
pub fn put(frame: &Frame<'_>, to: &mut Vec<u8>) {
    let start = to.len();
    to.extend_from_slice(&frame.kind.to_be_bytes());
    to.extend_from_slice(&u32::try_from(frame.body.len()).unwrap_or(u32::MAX).to_be_bytes());
    to.extend_from_slice(frame.body);
    let sum = checksum(&to[start..]);
    to.extend_from_slice(&sum.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame<'static> = Frame { kind: 390_095, body: &[0; 12] };

    #[test]
    fn a_frame_comes_back_and_bad_ones_are_left_out() {
        let mut good = Vec::new();
        put(&FRAME, &mut good);
        assert_eq!(cut(&good), Cut::Frame(FRAME, good.len()));
        for end in 0..good.len() {
            assert_eq!(cut(&good[..end]), Cut::More, "{end} bytes");
        }
        for (at, flaw) in
            [(10, Flaw::Checksum), (23, Flaw::Checksum), (7, Flaw::NoStart), (4, Flaw::TooLong), (1, Flaw::NoStart)]
        {
            let mut bad = good.clone();
            bad[at] ^= 0x55;
            bad.extend_from_slice(&good);
            let Cut::Bad(found, taken) = cut(&bad) else { panic!("byte {at}: {:?}", cut(&bad)) };
            assert_eq!(found, flaw, "byte {at}");
            let mut rest = &bad[taken..];
            while let Cut::Bad(_, taken) = cut(rest) {
                rest = &rest[taken..];
            }
            assert_eq!(cut(rest), Cut::Frame(FRAME, good.len()), "byte {at}");
        }
    }
}
