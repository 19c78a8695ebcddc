//! Rust instead of the tape: a program's segments written out as functions ([`Program::to_rust`]), for templates that are known when a
//! program is built. A build script writes the file, the program includes it, and [`Decoder::generated`](crate::Decoder::generated) takes
//! it where it belongs to the templates at hand. The steps are the tape's own, so both mean the same.
//!
//! ```no_run
//! // build.rs
//! let (templates, _) = guiju_feed::Templates::read(&std::fs::read_to_string("templates.xml")?);
//! let program = guiju_feed::Program::compile(&templates, guiju_feed::Reset::Honour)?;
//! std::fs::write(format!("{}/templates.rs", std::env::var("OUT_DIR")?), program.to_rust())?;
//! // main.rs: mod templates { include!(concat!(env!("OUT_DIR"), "/templates.rs")); }
//! // let decoder = Decoder::new(program, Mode::Fast).generated(&templates::GENERATED);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod write;

#[rustfmt::skip] // as it was written
mod sse_level2;

pub use sse_level2::GENERATED as SSE_LEVEL2;

#[doc(hidden)]
pub use crate::decode::{
    decimal,
    integer::{self, Signed, Unsigned},
    machine::{Machine, Rest, SegmentFn},
    nested, rare, text,
};
#[doc(hidden)]
pub use crate::program::{Op, OpCode};

/// A program's segments as Rust.
#[derive(Debug)]
pub struct Generated {
    fingerprint: u64,
    fast: &'static [SegmentFn],
    strict: &'static [SegmentFn],
}

impl Generated {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(fingerprint: u64, fast: &'static [SegmentFn], strict: &'static [SegmentFn]) -> Self {
        Self { fingerprint, fast, strict }
    }

    /// What it was generated from, as [`Program::fingerprint`](crate::Program::fingerprint) has it.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    #[inline(always)]
    pub(crate) const fn of(&self, strict: bool) -> &'static [SegmentFn] {
        if strict { self.strict } else { self.fast }
    }
}
