//! Where everything that is remembered of a key stands.
//!
//! A key's rows stand in one ring, whatever windows look at them: time, one bit for each log that counts the row, the operands' values.
//! Beside it each key has one record of words: the ring; per span, where its window begins; per log, its accumulators. So logs of one span
//! share what falls out, logs of one operand share its values, and figures of one log share their accumulators.

use guiju_lang::hir::{Figure, Reach};

/// Which figures somebody asks for; what only others need is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Needs {
    sum: bool,
    first: bool,
    last: bool,
    least: bool,
    greatest: bool,
    different: bool,
}

impl Needs {
    pub(crate) fn add(&mut self, figure: Figure) {
        match figure {
            Figure::Count => {}
            Figure::Sum | Figure::Avg => self.sum = true,
            Figure::First => self.first = true,
            Figure::Last => self.last = true,
            Figure::Min => self.least = true,
            Figure::Max => self.greatest = true,
            Figure::Distinct => self.different = true,
        }
    }
}

/// What a log holds, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogShape {
    /// In canonical text: its identity.
    pub(crate) name: String,
    pub(crate) reach: Reach,
    /// Number of the operand among the stream's; without it, rows count.
    pub(crate) operand: Option<usize>,
    pub(crate) needs: Needs,
}

/// The logs of a stream, and which of its operands need 128 bits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shape {
    pub(crate) logs: Vec<LogShape>,
    pub(crate) wide: Vec<bool>,
}

/// Words of a record that every key has: the ring, and the position after its newest row.
pub(super) const RING: usize = 0;
pub(super) const END: usize = 1;
/// Not zero: it changed since the state was last saved.
pub(super) const TOUCHED: usize = 2;
/// When its newest row happened.
pub(super) const NEWEST: usize = 3;
const SPANS: usize = 4;

/// Words of eight bits for each row of a small ring.
pub(super) const PRINTS: usize = 8;
/// Words that the processor fetches at once.
pub(super) const LINE: usize = 8;

/// Words of a ring's row: its time; then bits; then values.
pub(super) const TIME: usize = 0;
pub(super) const BITS: usize = 1;

#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    pub(super) shape: Shape,
    pub(super) spans: Vec<Span>,
    pub(super) logs: Vec<Log>,
    pub(super) operands: Vec<Operand>,
    /// No operand needs 128 bits.
    pub(super) narrow: bool,
    /// Words of bits in a row, and the bits of all logs.
    pub(super) bits: usize,
    pub(super) all: Vec<u64>,
    /// Words of a row, words of a record.
    pub(super) row: usize,
    pub(super) record: usize,
}

/// Rows of one stretch of time. In the record: the position of its oldest row, and that row's time.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) reach: Reach,
    pub(super) at: usize,
    /// Its logs.
    pub(super) logs: Vec<usize>,
}

/// A value in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operand {
    pub(super) at: usize,
    pub(super) wide: bool,
}

/// Where a log's accumulators are in the record.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pub(super) span: usize,
    pub(super) operand: Option<Operand>,
    /// Its bit in a row.
    pub(super) word: usize,
    pub(super) bit: u64,
    pub(super) count: usize,
    /// Two words; of a wide operand four.
    pub(super) sum: Option<usize>,
    /// The position of its oldest row.
    pub(super) first: Option<usize>,
    /// The newest value: one word or two.
    pub(super) last: Option<usize>,
    /// Of a small ring, a bit for each row of the wedge, and its first value; of a large one a ring, and its ends in one word.
    pub(super) least: Option<usize>,
    pub(super) greatest: Option<usize>,
    /// Of a small ring, a bit for the newest row of each value, how many, and eight bits of each row's value; of a large one a table, and
    /// how many it holds.
    pub(super) different: Option<usize>,
}

impl Layout {
    pub(super) fn of(shape: &Shape) -> Self {
        let mut reaches: Vec<Reach> = shape.logs.iter().map(|log| log.reach).collect();
        reaches.sort_unstable();
        reaches.dedup();
        let bits = shape.logs.len().div_ceil(64);
        let mut row = BITS + bits;
        let operands: Vec<Operand> = shape
            .wide
            .iter()
            .map(|&wide| {
                let at = row;
                row += 1 + usize::from(wide);
                Operand { at, wide }
            })
            .collect();
        let mut record = SPANS;
        let mut words = |n: usize| {
            record += n;
            record - n
        };
        let mut spans: Vec<Span> =
            reaches.iter().map(|&reach| Span { reach, at: words(2), logs: Vec::new() }).collect();
        let mut logs = Vec::with_capacity(shape.logs.len());
        for (number, log) in shape.logs.iter().enumerate() {
            let span = reaches.binary_search(&log.reach).unwrap_or_default();
            spans[span].logs.push(number);
            let operand = log.operand.map(|operand| operands[operand]);
            let value = 1 + usize::from(operand.is_some_and(|operand| operand.wide));
            let needs = log.needs;
            logs.push(Log {
                span,
                operand,
                word: BITS + number / 64,
                bit: 1 << (number % 64),
                count: words(1),
                sum: needs.sum.then(|| words(2 * value)),
                first: needs.first.then(|| words(1)),
                last: needs.last.then(|| words(value)),
                least: needs.least.then(|| words(1 + value)),
                greatest: needs.greatest.then(|| words(1 + value)),
                different: needs.different.then(|| words(2 + PRINTS)),
            });
        }
        // A record begins where a line of the processor's memory does.
        let record = record.next_multiple_of(LINE);
        let mut all = vec![0; bits];
        logs.iter().for_each(|log: &Log| all[log.word - BITS] |= log.bit);
        let narrow = !operands.iter().any(|operand| operand.wide);
        Self { shape: shape.clone(), spans, logs, operands, narrow, bits, all, row, record }
    }

    /// The longest window.
    pub(super) fn longest(&self) -> i64 {
        self.spans.iter().map(|span| span.reach.span()).max().unwrap_or(0)
    }
}
