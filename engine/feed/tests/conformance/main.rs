//! The specification, cell by cell: what bytes mean for every operator, type, presence and nullability, the examples of its appendix,
//! every error it names, and what decoders have historically got wrong. Section numbers are those of FAST 1.1 (2006-12-20).
#![allow(clippy::unwrap_used)] // in a test

mod cells;
mod errors;
mod examples;
mod help;
mod traps;

use guiju_feed::{Decoder, Mode, Program};
use help::{decoder, fault, finding, first, is, map, next, program, shown, template};
use std::sync::Arc;

/// The tape.
fn executor(program: Arc<Program>, mode: Mode) -> Decoder {
    Decoder::new(program, mode)
}
