//! Machine code in memory: how it is called, and how it calls back. Everything unsafe is here.
//!
//! The contract, which [`crate::emit`] keeps: code of a segment gets a [`Frame`] and a place in the input. It reads input only before the
//! frame's `limit`, with which it has compared its place, and moves only behind a byte that ends something; cells only of the row at hand
//! (below the segment's `end`, counted from its first cell; of sequences the rows between `used` and `room`, or those that [`enter`] has
//! made), and dictionary entries only below the program's number of them. It asks for the address of cells again after every call that
//! may lengthen them.
//!
//! So that eight bytes can be read wherever something begins, what is left of an input near its end is copied into the frame, with zeros
//! behind it, in which nothing ends ([`pad`]). Places in the copy and in the input have the same distance from their ends.

use crate::Error;
use crate::emit::{self, Calls};
use guiju_feed::compiled::{CELL, Compiled, Machine, Rest};
use guiju_feed::{Mode, Program};
use std::mem::MaybeUninit;
use std::sync::Arc;

/// What machine code works on. Its own code knows the places of the fields.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Frame {
    /// The machine, whose lifetimes code does not know.
    machine: *mut (),
    /// The end of the input, or of its copy.
    pub(crate) end: *const u8,
    /// The end of what can be read.
    pub(crate) limit: *const u8,
    /// The first of all cells.
    pub(crate) cells: *mut u8,
    /// The first dictionary entry.
    pub(crate) slots: *mut u8,
    /// The row's first cell, as the machine knows it.
    pub(crate) row: *mut u8,
    /// Its place among all cells.
    pub(crate) base: usize,
    /// Cells that are rows, and cells that may become such.
    pub(crate) used: usize,
    pub(crate) room: usize,
    /// Segments around it.
    pub(crate) depth: usize,
    /// The presence map's word.
    pub(crate) word: u64,
    /// Bits of the map in the stream.
    pub(crate) length: u64,
    /// Not zero if code has read the map and the machine does not know it yet.
    pub(crate) fresh: u64,
    /// The end of the input itself.
    input: *const u8,
    /// A copy of the input's end, and zeros.
    copy: MaybeUninit<[u8; 2 * SURE]>,
}

/// So many bytes can be read from a place after every call.
pub(crate) const SURE: usize = 256;

/// A segment's code: from a place in the input to the place after it, or to nowhere if a step has failed.
type Entry = unsafe extern "sysv64" fn(&mut Frame, *const u8) -> *const u8;

/// A program's code, for one mode.
#[derive(Debug)]
pub(crate) struct Code {
    program: Arc<Program>,
    mode: Mode,
    memory: memmap2::Mmap,
    /// For each segment where its code begins, and what cells it needs; segments without are part of another's code.
    segments: Vec<Option<(usize, usize)>>,
}

impl Code {
    pub(crate) fn new(program: &Arc<Program>, mode: Mode) -> Result<Self, Error> {
        let calls = match mode {
            Mode::Strict => calls::<true>(),
            Mode::Fast => calls::<false>(),
        };
        let emitted = emit::program(program, mode == Mode::Strict, &calls)?;
        let mut memory = memmap2::MmapMut::map_anon(emitted.bytes.len().max(1))?;
        memory[..emitted.bytes.len()].copy_from_slice(&emitted.bytes);
        let memory = memory.make_exec()?;
        Ok(Self { program: Arc::clone(program), mode, memory, segments: emitted.segments })
    }
}

impl Compiled for Code {
    fn program(&self) -> &Arc<Program> {
        &self.program
    }

    fn mode(&self) -> Mode {
        self.mode
    }

    #[inline]
    fn segment<'d>(&self, segment: u32, machine: &mut Machine<'_, 'd>, input: &'d [u8]) -> Rest<'d> {
        let Some((start, cells)) = self.segments[segment as usize] else {
            return match self.mode {
                Mode::Strict => machine.tape::<true>(segment, input),
                Mode::Fast => machine.tape::<false>(segment, input),
            };
        };
        assert!(std::ptr::eq(machine.program(), &*self.program), "code of another program");
        let ((base, depth), (word, length), (used, room)) = (machine.at(), machine.map(), machine.used());
        let ((slots, dictionary), (rows, there)) = (machine.dictionary(), machine.cells());
        assert!(base + cells <= there && dictionary >= self.program.dictionary(), "a row that is not there");
        let end = input.as_ptr_range().end;
        let length = u64::from(length);
        let mut frame = Frame {
            machine: std::ptr::from_mut(machine).cast(),
            end,
            limit: end,
            cells: rows,
            slots,
            row: rows.wrapping_add(base * CELL.0),
            base,
            used,
            room,
            depth,
            word,
            length,
            fresh: 0,
            input: end,
            copy: MaybeUninit::uninit(),
        };
        let start = self.memory[start..].as_ptr();
        // SAFETY: the address of a function with this signature, which the compiler has put there; the memory can be executed and is
        // never written again. Of the contract above, the frame's part: the input lies before `end`, the row at hand has the cells that
        // the code needs and the dictionaries have their entries, both looked at a moment ago; nobody but the code and what it calls
        // touches them, as the machine is borrowed alone.
        #[allow(unsafe_code)]
        let rest = unsafe { std::mem::transmute::<*const u8, Entry>(start)(&mut frame, input.as_ptr()) };
        if rest.is_null() {
            return None;
        }
        // The machine was told of rows inside only where something was called.
        machine.set_at((base, depth));
        machine.set_used(frame.used);
        let left = frame.end.addr() - rest.addr();
        input.get(input.len().checked_sub(left)?..)
    }
}

/// What code calls.
fn calls<const STRICT: bool>() -> Calls {
    type Call = unsafe extern "sysv64" fn(&mut Frame, u32, *const u8) -> *const u8;
    let address = |call: Call| call as usize;
    Calls {
        pad: address(pad),
        step: address(step::<STRICT>),
        exponent: address(exponent),
        enter: address(enter),
        map: address(map::<STRICT>),
        end: address(end::<STRICT>),
    }
}

/// The machine and the input behind a place, for a call; afterwards the frame knows what has moved.
///
/// # Safety
/// The frame must be one that [`Code::segment`] has made and that is in use by its code; the place one that this code has reached.
#[allow(unsafe_code)]
unsafe fn called<T>(
    frame: &mut Frame,
    input: *const u8,
    call: impl for<'d> FnOnce(&mut Machine<'_, 'd>, &'d [u8]) -> T,
) -> T {
    let length = frame.end.addr() - input.addr();
    // SAFETY: the machine is borrowed alone by `Code::segment`, which waits for the code and does not touch it; so nobody else has it, and
    // it lives. Code moves from the input's start towards `end` and not beyond; a copy ends where the input does.
    let (machine, input) = unsafe {
        (&mut *frame.machine.cast::<Machine<'_, '_>>(), std::slice::from_raw_parts(frame.input.sub(length), length))
    };
    if frame.fresh != 0 {
        machine.set_map((frame.word, frame.length as u32));
        frame.fresh = 0;
    }
    machine.set_at((frame.base, frame.depth));
    machine.set_used(frame.used);
    let result = call(machine, input);
    (frame.base, frame.depth) = machine.at();
    (frame.used, frame.room) = machine.used();
    frame.cells = machine.cells().0;
    frame.row = frame.cells.wrapping_add(frame.base * CELL.0);
    let (word, length) = machine.map();
    (frame.word, frame.length) = (word, u64::from(length));
    result
}

/// Where code goes on; nowhere if a step has failed.
fn place(frame: &mut Frame, left: Option<usize>) -> *const u8 {
    match left {
        Some(left) => sure(frame, left),
        None => std::ptr::null(),
    }
}

/// The place with so many bytes left, from which [`SURE`] bytes can be read.
fn sure(frame: &mut Frame, left: usize) -> *const u8 {
    let place = frame.end.wrapping_sub(left);
    // A copy has them behind every place.
    if frame.end != frame.input || left >= SURE {
        return place;
    }
    // SAFETY: so many bytes are left of the input, and there is room for them twice.
    #[allow(unsafe_code)]
    unsafe {
        let copy = frame.copy.as_mut_ptr().cast::<u8>();
        copy.copy_from_nonoverlapping(frame.input.sub(left), left);
        copy.add(left).write_bytes(0, SURE);
        frame.end = copy.add(left);
        frame.limit = copy.add(left + SURE);
        copy
    }
}

/// Near the end of the input: the same place in a copy.
///
/// # Safety
/// As [`called`].
#[allow(unsafe_code)]
unsafe extern "sysv64" fn pad(frame: &mut Frame, _: u32, input: *const u8) -> *const u8 {
    let left = frame.end.addr() - input.addr();
    sure(frame, left)
}

/// A number as a place, for code.
const fn number(number: usize) -> *const u8 {
    std::ptr::without_provenance(number)
}

/// A call that moves the place.
///
/// # Safety
/// As [`called`].
#[allow(unsafe_code)]
unsafe fn walked(
    frame: &mut Frame,
    input: *const u8,
    call: impl for<'d> FnOnce(&mut Machine<'_, 'd>, &'d [u8]) -> Rest<'d>,
) -> *const u8 {
    // SAFETY: as the function itself.
    let left = unsafe { called(frame, input, |machine, input| call(machine, input).map(<[u8]>::len)) };
    place(frame, left)
}

/// The tape's step.
///
/// # Safety
/// As [`called`].
#[allow(unsafe_code)]
unsafe extern "sysv64" fn step<const STRICT: bool>(frame: &mut Frame, at: u32, input: *const u8) -> *const u8 {
    // SAFETY: as the function itself.
    unsafe { walked(frame, input, |machine, input| machine.step::<STRICT>(at, input)) }
}

/// Whether a decimal's exponent is there: one, or zero.
///
/// # Safety
/// As [`called`].
#[allow(unsafe_code)]
unsafe extern "sysv64" fn exponent(frame: &mut Frame, at: u32, input: *const u8) -> *const u8 {
    // SAFETY: as the function itself.
    unsafe { called(frame, input, |machine, _| number(usize::from(machine.exponent(at)))) }
}

/// Begins a sequence: one more than the number of its elements, zero if it has failed.
///
/// # Safety
/// As [`called`].
#[allow(unsafe_code)]
unsafe extern "sysv64" fn enter(frame: &mut Frame, at: u32, input: *const u8) -> *const u8 {
    // SAFETY: as the function itself.
    unsafe { called(frame, input, |machine, input| number(machine.enter(at, input).map_or(0, |count| count + 1))) }
}

/// An element's presence map that is long, or near the end of the input.
///
/// # Safety
/// As [`called`].
#[allow(unsafe_code)]
unsafe extern "sysv64" fn map<const STRICT: bool>(frame: &mut Frame, at: u32, input: *const u8) -> *const u8 {
    // SAFETY: as the function itself.
    unsafe { walked(frame, input, |machine, input| machine.element_map::<STRICT>(at, input)) }
}

/// The end of a segment whose map may have bits that nobody asked for.
///
/// # Safety
/// As [`called`].
#[allow(unsafe_code)]
unsafe extern "sysv64" fn end<const STRICT: bool>(frame: &mut Frame, segment: u32, input: *const u8) -> *const u8 {
    // SAFETY: as the function itself.
    unsafe { walked(frame, input, |machine, input| machine.end_of::<STRICT>(segment, input)) }
}

/// Cells are two words, the value first: what [`crate::emit`] relies on.
const _: () = assert!(CELL.0 == 16 && CELL.1 == 8);
