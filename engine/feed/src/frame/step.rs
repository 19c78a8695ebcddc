//! STEP frames of Shanghai's Level-2 feed: an envelope of `tag=value` fields around FAST messages.
//!
//! `8=STEP.…␁9=LENGTH␁…␁10=SUM␁`: LENGTH counts the bytes behind its own field up to `10=`, SUM is the sum of all bytes before `10=`
//! modulo 256, three digits (as in FIX 4.x). Of the fields between, 10142 is the category, 10072 the sequence number in it, 95 the length
//! of 96, the raw data: one or several FAST messages, with fresh dictionaries for every frame.

use super::{Counts, Cut, Flaw, Gaps, Seen, Skipped, Why, walk};
use crate::{Decoded, Decoder};

/// Frames longer than this are refused, in bytes.
pub const LONGEST: usize = 1 << 24;

const START: &[u8] = b"8=STEP.";
/// Between fields.
const SOH: u8 = 1;
/// `10=` and three digits and the end.
const TRAILER: usize = 7;

/// A frame, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// 35, such as `UA3202`.
    pub kind: &'a [u8],
    /// 52.
    pub sent: &'a [u8],
    /// 10142.
    pub category: Option<u64>,
    /// 10072.
    pub sequence: Option<u64>,
    /// 96.
    pub raw: &'a [u8],
}

impl Frame<'_> {
    /// 52 as a clock's reading, in microseconds since 1970-01-01: `20260114-09:30:00`, up to six digits behind a point. Which zone the
    /// clock is in is not said. Nothing where it is no such time.
    #[must_use]
    pub fn sent_at(&self) -> Option<i64> {
        let (date, time) = self.sent.split_at_checked(9)?;
        let (clock, fraction) = time.split_at_checked(8)?;
        let (hour, minute, second) = (two(&clock[..2]), two(&clock[3..5]), two(&clock[6..]));
        let digits = |part: &[u8]| number(part).and_then(|value| i64::try_from(value).ok());
        let (year, month, day) = (digits(&date[..4])?, two(&date[4..6]), two(&date[6..8]));
        if (date[8], clock[2], clock[5]) != (b'-', b':', b':')
            || hour > 23
            || minute > 59
            || second > 60
            || !(1..=12).contains(&month)
            || !(1..=31).contains(&day)
        {
            return None;
        }
        let micros = match fraction {
            [] => 0,
            [b'.', places @ ..] if places.len() <= 6 => {
                digits(places)? * 10_i64.pow(6 - u32::try_from(places.len()).ok()?)
            }
            _ => return None,
        };
        let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        Some((days(year, i64::from(month), i64::from(day)) * 86_400 + seconds) * 1_000_000 + micros)
    }
}

/// Two digits; what is none is beyond every bound.
fn two(digits: &[u8]) -> u8 {
    number(digits).and_then(|value| u8::try_from(value).ok()).unwrap_or(u8::MAX)
}

/// Days since 1970-01-01 of the Gregorian calendar. Years begin in March, so that leap days end them.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (century, of_century) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    century * 146_097 + of_century * 365 + of_century / 4 - of_century / 100 + of_year - 719_468
}

/// What stands at the start of `input`.
#[must_use]
pub fn cut(input: &[u8]) -> Cut<Frame<'_>> {
    if !input.starts_with(START) {
        return if START.starts_with(input) { Cut::More } else { Cut::Bad(Flaw::NoStart, to_next(input)) };
    }
    let Some((head, length)) = length(input) else {
        // A version and a length are short; what is not there yet may come.
        let complete = input.iter().filter(|byte| **byte == SOH).count() >= 2 || input.len() > 64;
        return if complete { Cut::Bad(Flaw::Length, to_next(input)) } else { Cut::More };
    };
    if length > LONGEST {
        return Cut::Bad(Flaw::TooLong, to_next(input));
    }
    let end = head + length;
    let Some(trailer) = input.get(end..end + TRAILER) else { return Cut::More };
    let [b'1', b'0', b'=', written @ .., SOH] = trailer else { return Cut::Bad(Flaw::Length, to_next(input)) };
    if number(written) != Some(u64::from(sum(&input[..end]))) {
        return Cut::Bad(Flaw::Checksum, end + TRAILER);
    }
    match fields(&input[head..end]) {
        Ok(frame) => Cut::Frame(frame, end + TRAILER),
        Err(flaw) => Cut::Bad(flaw, end + TRAILER),
    }
}

/// Bytes up to the next start of a frame; a start that is cut off at the end is one.
fn to_next(input: &[u8]) -> usize {
    (1..input.len())
        .find(|at| input[*at] == START[0] && (input[*at..].starts_with(START) || START.starts_with(&input[*at..])))
        .unwrap_or(input.len())
}

/// Where the fields begin, and how many bytes they take.
fn length(input: &[u8]) -> Option<(usize, usize)> {
    let version = input.iter().take(32).position(|byte| *byte == SOH)?;
    let rest = input[version + 1..].strip_prefix(b"9=")?;
    let digits = rest.iter().take(12).position(|byte| *byte == SOH)?;
    let length = usize::try_from(number(&rest[..digits])?).ok()?;
    Some((version + 1 + 2 + digits + 1, length))
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 19 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    digits.iter().try_fold(0u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}

fn fields(mut rest: &[u8]) -> Result<Frame<'_>, Flaw> {
    let mut frame = Frame { kind: &[], sent: &[], category: None, sequence: None, raw: &[] };
    let mut announced = None;
    while !rest.is_empty() {
        let sign = rest.iter().take(12).position(|byte| *byte == b'=').ok_or(Flaw::Field)?;
        let tag = number(&rest[..sign]).ok_or(Flaw::Field)?;
        let after = &rest[sign + 1..];
        // Raw data may hold what ends other fields.
        let end = match (tag, announced) {
            (96, Some(length)) => length,
            (96, None) => return Err(Flaw::RawData),
            _ => after.iter().position(|byte| *byte == SOH).ok_or(Flaw::Field)?,
        };
        let flaw = if tag == 96 { Flaw::RawData } else { Flaw::Field };
        let (value, tail) = after.split_at_checked(end).ok_or(flaw)?;
        rest = tail.strip_prefix(&[SOH]).ok_or(flaw)?;
        match tag {
            35 => frame.kind = value,
            52 => frame.sent = value,
            95 => announced = Some(number(value).and_then(|length| usize::try_from(length).ok()).ok_or(Flaw::RawData)?),
            96 => frame.raw = value,
            10142 => frame.category = number(value),
            10072 => frame.sequence = number(value),
            _ => {}
        }
    }
    Ok(frame)
}

/// Appends a frame around raw data: the form that [`cut`] takes apart.
pub fn put(frame: &Frame<'_>, to: &mut Vec<u8>) {
    let start = to.len();
    let numbers = [frame.category, frame.sequence, Some(frame.raw.len() as u64)].map(|number| number.map(Digits::of));
    let [category, sequence, length] = &numbers;
    let fields = [
        ("35=", Some(frame.kind)),
        ("52=", Some(frame.sent)),
        ("10142=", category.as_ref().map(Digits::text)),
        ("10072=", sequence.as_ref().map(Digits::text)),
        ("95=", length.as_ref().map(Digits::text)),
        ("96=", Some(frame.raw)),
    ];
    let fields = || fields.iter().filter_map(|(tag, value)| Some((tag, (*value)?)));
    let body: usize = fields().map(|(tag, value)| tag.len() + value.len() + 1).sum();
    to.reserve(body + 40);
    to.extend_from_slice(b"8=STEP.1.0.0\x019=");
    to.extend_from_slice(Digits::of(body as u64).text());
    to.push(SOH);
    for (tag, value) in fields() {
        to.extend_from_slice(tag.as_bytes());
        to.extend_from_slice(value);
        to.push(SOH);
    }
    let sum = sum(&to[start..]);
    to.extend_from_slice(&[b'1', b'0', b'=', b'0' + sum / 100, b'0' + sum / 10 % 10, b'0' + sum % 10, SOH]);
}

/// The sum of all bytes, modulo 256.
fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// A number as it is written.
struct Digits {
    digits: [u8; 20],
    first: usize,
}

impl Digits {
    fn of(mut number: u64) -> Self {
        let (mut digits, mut first) = ([b'0'; 20], 20);
        while first == 20 || number > 0 {
            first -= 1;
            digits[first] = b'0' + (number % 10) as u8;
            number /= 10;
        }
        Self { digits, first }
    }

    fn text(&self) -> &[u8] {
        &self.digits[self.first..]
    }
}

/// A stream of STEP frames with a FAST decoder behind it.
#[derive(Debug)]
pub struct Stream {
    decoder: Decoder,
    offset: u64,
    counts: Counts,
    gaps: Gaps,
}

/// What a stream tells of.
#[derive(Debug)]
pub enum Event<'a> {
    /// A message, the frame that it came in, and how many frames there were with it: frames of one number can be told apart.
    Message(&'a Frame<'a>, u64, &'a Decoded<'a>),
    /// A frame that does not follow the one before it in its category.
    Sequence(&'a Frame<'a>, Seen),
    /// A frame that was left out, or left in the middle.
    Skipped(&'a Skipped),
}

impl Stream {
    /// A stream at its beginning.
    #[must_use]
    pub fn new(decoder: Decoder) -> Self {
        Self { decoder, offset: 0, counts: Counts::default(), gaps: Gaps::default() }
    }

    /// Reads all whole frames at the start of `input`; `each` gets what happens. How many bytes are done: what is left must come again,
    /// with more behind it. Nothing stops a stream: what is bad is told and left out up to the next frame.
    pub fn read(&mut self, input: &[u8], each: &mut dyn FnMut(&Event<'_>)) -> usize {
        let done = walk(input, cut, |found, at| match found {
            Ok(frame) => self.frame(&frame, at, each),
            Err(flaw) => self.skip(None, at, Why::Frame(flaw), each),
        });
        self.offset += done as u64;
        done
    }

    /// A frame, `at` so many bytes behind the stream's place.
    fn frame(&mut self, frame: &Frame<'_>, at: usize, each: &mut dyn FnMut(&Event<'_>)) {
        self.counts.frames += 1;
        if let (Some(category), Some(sequence)) = (frame.category, frame.sequence) {
            match self.gaps.see(category, sequence) {
                Seen::Next => {}
                seen => each(&Event::Sequence(frame, seen)),
            }
        }
        self.decoder.reset();
        let mut done = 0;
        while done < frame.raw.len() {
            match self.decoder.decode(&frame.raw[done..]) {
                Ok((message, taken)) => {
                    done += taken;
                    self.counts.messages += 1;
                    each(&Event::Message(frame, self.counts.frames, &message));
                }
                Err(mut fault) => {
                    fault.position += done;
                    return self.skip(Some(frame), at, Why::Message(fault), each);
                }
            }
        }
    }

    fn skip(&mut self, frame: Option<&Frame<'_>>, at: usize, why: Why, each: &mut dyn FnMut(&Event<'_>)) {
        self.counts.skipped += 1;
        let (channel, sequence) = (frame.and_then(|frame| frame.category), frame.and_then(|frame| frame.sequence));
        let offset = self.offset + at as u64;
        each(&Event::Skipped(&Skipped { offset, channel, sequence, why }));
    }

    /// What has passed.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// What was missing, by category.
    #[must_use]
    pub const fn gaps(&self) -> &Gaps {
        &self.gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame<'static> = Frame {
        kind: b"UA5803",
        sent: b"20260114-09:30:00",
        category: Some(9),
        sequence: Some(7),
        raw: b"\x01=\x0110=",
    };

    fn bytes() -> Vec<u8> {
        let mut bytes = Vec::new();
        put(&FRAME, &mut bytes);
        bytes
    }

    #[test]
    fn a_frame_comes_back_and_waits_until_it_is_whole() {
        let bytes = bytes();
        assert_eq!(cut(&bytes), Cut::Frame(FRAME, bytes.len()));
        for end in 0..bytes.len() {
            assert_eq!(cut(&bytes[..end]), Cut::More, "{end} bytes");
        }
    }

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for value in [0, 9, 10, 1_234_567_890, u64::MAX / 10] {
            assert_eq!(number(Digits::of(value).text()), Some(value));
        }
        assert_eq!(Digits::of(u64::MAX).text(), u64::MAX.to_string().as_bytes());
    }

    #[test]
    fn what_is_bad_is_left_out_up_to_the_next_frame() {
        let good = bytes();
        let with = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut changed = good.clone();
            change(&mut changed);
            changed.extend_from_slice(&good);
            match cut(&changed) {
                Cut::Bad(flaw, taken) => {
                    assert_eq!(cut(&changed[taken..]), Cut::Frame(FRAME, good.len()));
                    flaw
                }
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(with(&|bytes| bytes[0] = b'9'), Flaw::NoStart);
        assert_eq!(with(&|bytes| bytes.insert(0, b'8')), Flaw::NoStart);
        assert_eq!(with(&|bytes| *bytes.last_mut().unwrap() = 2), Flaw::Length);
        assert_eq!(with(&|bytes| bytes[25] ^= 1), Flaw::Checksum);
        assert_eq!(with(&|bytes| bytes[14] = b'x'), Flaw::Length);
        assert_eq!(with(&|bytes| drop(bytes.splice(15..17, *b"999999999"))), Flaw::TooLong);
    }

    #[test]
    fn when_a_frame_was_sent_is_a_clocks_reading() {
        let at = |sent: &'static str| Frame { sent: sent.as_bytes(), ..FRAME }.sent_at();
        assert_eq!(at("19700101-00:00:00"), Some(0));
        assert_eq!(at("19700102-00:00:01.5"), Some(86_401_500_000));
        assert_eq!(at("20000229-00:00:00"), Some(951_782_400_000_000));
        assert_eq!(at("20260114-09:30:00.123456"), Some(1_768_383_000_123_456));
        for none in [
            "",
            "20260114",
            "20260114 09:30:00",
            "20261314-09:30:00",
            "20260114-24:30:00",
            "20260114-09:30:00.",
            "2026é114-09:30:00",
            "20260114-09:30:00.1234567",
        ] {
            assert_eq!(at(none), None, "{none}");
        }
    }

    #[test]
    fn fields_are_tags_and_values() {
        assert_eq!(fields(b"35").err(), Some(Flaw::Field));
        assert_eq!(fields(b"x=1\x01").err(), Some(Flaw::Field));
        assert_eq!(fields(b"96=abc\x01").err(), Some(Flaw::RawData));
        assert_eq!(fields(b"95=9\x0196=abc\x01").err(), Some(Flaw::RawData));
        assert_eq!(fields(b"95=2\x0196=abc\x01").err(), Some(Flaw::RawData));
        assert_eq!(fields(b"95=3\x0196=abc\x01").map(|frame| frame.raw), Ok(&b"abc"[..]));
    }
}
