//! The specification, cell by cell, as machine code reads it: the tape's own corpus.
#![cfg(target_arch = "x86_64")]
#![allow(clippy::unwrap_used)] // in a test

#[path = "../../feed/tests/conformance/cells.rs"]
mod cells;
#[path = "../../feed/tests/conformance/errors.rs"]
mod errors;
#[path = "../../feed/tests/conformance/examples.rs"]
mod examples;
#[path = "../../feed/tests/conformance/help.rs"]
mod help;
#[path = "../../feed/tests/conformance/traps.rs"]
mod traps;

use guiju_feed::{Decoder, Mode, Program};
use help::{decoder, fault, finding, first, is, map, next, program, shown, template};
use std::sync::Arc;

fn executor(program: Arc<Program>, mode: Mode) -> Decoder {
    guiju_native::compile(&program, mode).unwrap().decoder()
}
