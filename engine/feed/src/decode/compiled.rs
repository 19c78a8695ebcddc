//! Where machine code that was made from a program's tape takes over: what it sees of a message, and the steps that it leaves to the
//! tape. Such code lives in a crate of its own; here is nothing that is not safe.

use super::nested::DEEPEST;
use super::{Mode, steps};
use crate::Code;
use crate::program::{Cell, Kind};
use crate::wire::Map;
use std::sync::Arc;

pub use super::machine::{Machine, Rest};
pub use crate::program::{Family, Op, OpCode, Program};
pub use crate::template::Operator;

/// What a cell's second word says in its lower half.
pub const KINDS: Kinds = Kinds {
    absent: Kind::ABSENT.0,
    undefined: Kind::UNDEFINED.0,
    number: Kind::NUMBER.0,
    decimal: Kind::DECIMAL.0,
    short: Kind::SHORT.0,
    rows: Kind::ROWS.0,
};

/// Kinds of cells by their numbers; those above `undefined` are values.
#[derive(Debug)]
#[expect(missing_docs, reason = "the tape's own names")]
pub struct Kinds {
    pub absent: u32,
    pub undefined: u32,
    pub number: u32,
    pub decimal: u32,
    pub short: u32,
    pub rows: u32,
}

/// Bytes of a cell, and of them before its second word.
pub const CELL: (usize, usize) = (size_of::<Cell>(), std::mem::offset_of!(Cell, raw) + size_of::<u64>());

/// A program as machine code.
pub trait Compiled: std::fmt::Debug + Send + Sync {
    /// What it was made from.
    fn program(&self) -> &Arc<Program>;
    /// What it looks for.
    fn mode(&self) -> Mode;
    /// Takes the steps of a segment whose row and presence map are at hand.
    fn segment<'d>(&self, segment: u32, machine: &mut Machine<'_, 'd>, input: &'d [u8]) -> Rest<'d>;
}

/// A segment of the tape.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'p> {
    /// Its steps.
    pub ops: &'p [Op],
    /// It has a presence map of its own in the stream.
    pub has_map: bool,
    /// Bits that its steps may ask for, and how many of them after the last refill.
    pub bits: u32,
    /// See there.
    pub places: u32,
    /// Cells of its row.
    pub cells: usize,
    /// The cell behind the last one that its steps touch, counted from the row's first.
    pub end: usize,
    prototype: &'p [Cell],
}

impl Segment<'_> {
    /// The two words that each cell of a new row begins with.
    pub fn prototype(&self) -> impl ExactSizeIterator<Item = [u64; 2]> {
        self.prototype.iter().map(|cell| cell.words())
    }
}

impl Program {
    /// Its segments.
    #[doc(hidden)]
    pub fn tape(&self) -> impl ExactSizeIterator<Item = Segment<'_>> {
        self.segments.iter().map(|segment| Segment {
            ops: &self.ops[segment.start as usize..segment.end as usize],
            has_map: segment.has_map,
            bits: segment.bits,
            places: segment.places,
            cells: segment.prototype.len(),
            end: segment.first as usize + segment.prototype.len(),
            prototype: &segment.prototype,
        })
    }

    /// Segments that messages begin with.
    #[doc(hidden)]
    pub fn roots(&self) -> impl Iterator<Item = u32> {
        self.variants.iter().map(|variant| variant.segment)
    }

    /// Places in the dictionaries.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub const fn dictionary(&self) -> usize {
        self.slots
    }

    /// An initial value's two words.
    #[doc(hidden)]
    #[must_use]
    pub fn initial(&self, at: u32) -> [u64; 2] {
        self.initials[at as usize].words()
    }
}

#[doc(hidden)]
impl<'d> Machine<'_, 'd> {
    /// What it decodes with.
    #[inline(always)]
    #[must_use]
    pub const fn program(&self) -> &Program {
        self.program
    }

    /// All rows, and room for more: where they are, and how many cells. They move only when a step lengthens them.
    #[inline(always)]
    pub const fn cells(&mut self) -> (*mut u8, usize) {
        (self.cells.as_mut_ptr().cast(), self.cells.len())
    }

    /// How many cells are rows already, and how many may become such without being asked for.
    #[inline(always)]
    #[must_use]
    pub fn used(&self) -> (usize, usize) {
        (self.used, self.cells.len().min(self.most_cells))
    }

    /// Makes more of them rows.
    #[inline(always)]
    pub const fn set_used(&mut self, used: usize) {
        self.used = used;
    }

    /// The dictionaries, likewise; they never move while a message is decoded.
    #[inline(always)]
    pub const fn dictionary(&mut self) -> (*mut u8, usize) {
        (self.slots.as_mut_ptr().cast(), self.slots.len())
    }

    /// The first cell of the row at hand, and how many segments it is inside of.
    #[inline(always)]
    #[must_use]
    pub const fn at(&self) -> (usize, usize) {
        (self.base, self.depth)
    }

    /// Takes another row at hand.
    #[inline(always)]
    pub const fn set_at(&mut self, (base, depth): (usize, usize)) {
        (self.base, self.depth) = (base, depth);
    }

    /// The presence map's word, and how many bits the map has in the stream.
    #[inline(always)]
    #[must_use]
    pub const fn map(&self) -> (u64, u32) {
        (self.map.word, self.map.length())
    }

    /// Takes a map of up to eight bytes at hand.
    #[inline(always)]
    pub const fn set_map(&mut self, (word, length): (u64, u32)) {
        self.map = Map::of(word, length);
    }

    /// Takes one step as the tape would.
    pub fn step<const STRICT: bool>(&mut self, at: u32, input: &'d [u8]) -> Rest<'d> {
        let op = self.program.ops[at as usize];
        steps::take::<STRICT>(op.code)(self, &op, input)
    }

    /// A segment's steps as the tape takes them.
    pub fn tape<const STRICT: bool>(&mut self, segment: u32, input: &'d [u8]) -> Rest<'d> {
        self.tape_segment::<STRICT>(segment, input)
    }

    /// The end of a segment.
    pub fn end_of<const STRICT: bool>(&mut self, segment: u32, rest: &'d [u8]) -> Rest<'d> {
        let crate::program::Segment { bits, places, .. } = self.program.segments[segment as usize];
        self.end::<STRICT>(bits, places, rest)
    }

    /// Whether the exponent is there that a step waits for.
    pub fn exponent(&mut self, at: u32) -> bool {
        let op = self.program.ops[at as usize];
        self.has_exponent(&op)
    }

    /// Begins a sequence: its first row is at hand. How many elements there are.
    #[inline(always)]
    pub fn enter(&mut self, at: u32, input: &'d [u8]) -> Option<usize> {
        let op = self.program.ops[at as usize];
        let (first, count) = self.rows(&op, input)?;
        if self.depth >= DEEPEST {
            return self.fail(Code::X2, &op, input);
        }
        self.set_at((first, self.depth + 1));
        Some(count)
    }

    /// The presence map of an element.
    pub fn element_map<const STRICT: bool>(&mut self, at: u32, input: &'d [u8]) -> Rest<'d> {
        let op = self.program.ops[at as usize];
        self.own_map::<STRICT>(true, &op, input)
    }
}
