//! FAST templates as machine code: what [`guiju_feed::Program`]'s tape says, compiled by Cranelift while the program runs, for templates
//! that nobody knew when it was built. What is usual of integers, decimals, short strings and sequences is code of its own; everything
//! else (long values, faults, byte vectors, dictionaries that several types share) is handed to the tape's own step, so both mean the
//! same.
//!
//! ```
//! use guiju_feed::{Decoder, Mode, Program, Reset, Templates};
//! use std::sync::Arc;
//!
//! let (templates, _) = Templates::read(r#"<template name="Quote" id="1"><uInt32 name="Price"><delta/></uInt32></template>"#);
//! let program = Arc::new(Program::compile(&templates, Reset::Honour)?);
//! let mut decoder = match guiju_native::compile(&program, Mode::Strict) {
//!     Ok(native) => native.decoder(),
//!     Err(guiju_native::Error::Processor) => Decoder::new(program, Mode::Strict), // the tape runs everywhere
//!     Err(error) => return Err(error.into()),
//! };
//! let (message, taken) = decoder.decode(&[0xc0, 0x81, 0x08, 0x80])?;
//! assert_eq!((message.template(), taken), ("Quote", 4));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(target_arch = "x86_64")]
mod code;
#[cfg(target_arch = "x86_64")]
mod emit;

use guiju_feed::{Decoder, Mode, Program};
use std::sync::Arc;

/// Why there is no machine code.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Made for x86-64 only.
    #[error("no machine code for this kind of processor")]
    Processor,
    /// The system gives no memory that can be executed.
    #[error("no memory for machine code: {0}")]
    Memory(#[from] std::io::Error),
    /// A fault of the compiler.
    #[error("machine code cannot be made: {0}")]
    Compiler(String),
}

/// A program as machine code for one mode. Decoders share it.
#[derive(Debug, Clone)]
pub struct Native {
    #[cfg(target_arch = "x86_64")]
    code: Arc<code::Code>,
    #[cfg(not(target_arch = "x86_64"))]
    code: std::convert::Infallible,
}

/// Compiles a program.
///
/// # Errors
/// See [`Error`].
#[cfg(target_arch = "x86_64")]
pub fn compile(program: &Arc<Program>, mode: Mode) -> Result<Native, Error> {
    Ok(Native { code: Arc::new(code::Code::new(program, mode)?) })
}

/// Compiles a program.
///
/// # Errors
/// Always: see [`Error`].
#[cfg(not(target_arch = "x86_64"))]
pub fn compile(_: &Arc<Program>, _: Mode) -> Result<Native, Error> {
    Err(Error::Processor)
}

impl Native {
    /// A decoder whose dictionaries are undefined.
    #[must_use]
    #[cfg(target_arch = "x86_64")]
    pub fn decoder(&self) -> Decoder {
        use guiju_feed::compiled::Compiled as _;
        let decoder = Decoder::new(Arc::clone(self.code.program()), self.code.mode());
        decoder.compiled(Arc::clone(&self.code) as _).unwrap_or_else(|tape| tape)
    }

    /// A decoder whose dictionaries are undefined.
    #[must_use]
    #[cfg(not(target_arch = "x86_64"))]
    pub fn decoder(&self) -> Decoder {
        match self.code {}
    }
}
