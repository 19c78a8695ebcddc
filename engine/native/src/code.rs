//! Machine code in memory: how it is called, and how it calls back. Everything unsafe is here.
//!
//! The contract, which [`crate::emit`] keeps: code of a segment gets a [`Frame`] and a place in the input. It reads input only at places
//! that it has compared with the frame's `end`, cells only of the row at hand (below the segment's `end`, counted from its first cell;
//! of sequences the rows that [`enter`] has made), and dictionary entries only below the program's number of them. It asks for the
//! address of cells again after every call that may lengthen them.

use crate::Error;
use crate::emit::{self, Calls};
use guiju_feed::compiled::{CELL, Compiled, Machine, Rest};
use guiju_feed::{Mode, Program};
use std::sync::Arc;

/// What machine code works on. Its own code knows the places of the fields.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Frame {
    /// The machine, whose lifetimes code does not know.
    machine: *mut (),
    /// The end of the input.
    pub(crate) end: *const u8,
    /// The first of all cells.
    pub(crate) cells: *mut u8,
    /// The first dictionary entry.
    pub(crate) slots: *mut u8,
    /// The place of the row's first cell among all cells.
    pub(crate) base: usize,
    /// Segments around it.
    pub(crate) depth: usize,
    /// The presence map's word.
    pub(crate) word: u64,
    /// Bits of the map in the stream.
    pub(crate) length: u64,
    /// Not zero if code has read the map and the machine does not know it yet.
    pub(crate) fresh: u64,
}

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
        let ((base, depth), (word, length)) = (machine.at(), machine.map());
        let ((slots, dictionary), (rows, there)) = (machine.dictionary(), machine.cells());
        assert!(base + cells <= there && dictionary >= self.program.dictionary(), "a row that is not there");
        let end = input.as_ptr_range().end;
        let length = u64::from(length);
        let mut frame = Frame {
            machine: std::ptr::from_mut(machine).cast(),
            end,
            cells: rows,
            slots,
            base,
            depth,
            word,
            length,
            fresh: 0,
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
        let taken = rest.addr() - input.as_ptr().addr();
        input.get(taken..)
    }
}

/// What code calls.
fn calls<const STRICT: bool>() -> Calls {
    type Call = unsafe extern "sysv64" fn(&mut Frame, u32, *const u8) -> *const u8;
    let address = |call: Call| call as usize;
    Calls {
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
    // it lives. Code moves from the input's start towards `end` and not beyond.
    let (machine, input) =
        unsafe { (&mut *frame.machine.cast::<Machine<'_, '_>>(), std::slice::from_raw_parts(input, length)) };
    if frame.fresh != 0 {
        machine.set_map((frame.word, frame.length as u32));
        frame.fresh = 0;
    }
    machine.set_at((frame.base, frame.depth));
    let result = call(machine, input);
    (frame.base, frame.depth) = machine.at();
    frame.cells = machine.cells().0;
    let (word, length) = machine.map();
    (frame.word, frame.length) = (word, u64::from(length));
    result
}

fn place(rest: Rest<'_>) -> *const u8 {
    rest.map_or(std::ptr::null(), <[u8]>::as_ptr)
}

/// A number as a place, for code.
const fn number(number: usize) -> *const u8 {
    std::ptr::without_provenance(number)
}

/// The tape's step.
///
/// # Safety
/// As [`called`].
#[allow(unsafe_code)]
unsafe extern "sysv64" fn step<const STRICT: bool>(frame: &mut Frame, at: u32, input: *const u8) -> *const u8 {
    // SAFETY: as the function itself.
    unsafe { called(frame, input, |machine, input| place(machine.step::<STRICT>(at, input))) }
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
    unsafe { called(frame, input, |machine, input| place(machine.element_map::<STRICT>(at, input))) }
}

/// The end of a segment whose map may have bits that nobody asked for.
///
/// # Safety
/// As [`called`].
#[allow(unsafe_code)]
unsafe extern "sysv64" fn end<const STRICT: bool>(frame: &mut Frame, segment: u32, input: *const u8) -> *const u8 {
    // SAFETY: as the function itself.
    unsafe { called(frame, input, |machine, input| place(machine.end_of::<STRICT>(segment, input))) }
}

/// Cells are two words, the value first: what [`crate::emit`] relies on.
const _: () = assert!(CELL.0 == 16 && CELL.1 == 8);
