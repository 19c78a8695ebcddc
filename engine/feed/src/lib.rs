//! Market feeds, decoded at memory speed: FAST 1.1 templates compiled to a flat tape, STEP frames around them ([`frame::step`]), and
//! Shenzhen's binary messages ([`szse`]). Stands alone: nothing here knows the engine.
//!
//! ```
//! use guiju_feed::{Decoder, Mode, Program, Reset, Templates};
//! use std::sync::Arc;
//!
//! let (templates, findings) = Templates::read(r#"<template name="Quote" id="1"><uInt32 name="Price"><delta/></uInt32></template>"#);
//! assert!(findings.is_empty());
//! let program = Program::compile(&templates, Reset::Honour)?;
//! let mut decoder = Decoder::new(Arc::new(program), Mode::Strict);
//! let (message, taken) = decoder.decode(&[0xc0, 0x81, 0x08, 0x80])?;
//! let mut line = String::new();
//! message.write_json(&mut line);
//! assert_eq!((line.as_str(), taken), (r#"{"Quote":{"Price":1024}}"#, 4));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The stages are types: [`Templates`] are read and checked, a [`Program`] is compiled and immutable, a [`Decoder`] has the dictionaries
//! of one stream.

/// Templates of Shanghai's Level-2 messages UA3202 and UA5803: our reconstruction, not the exchange's file, which is not public.
pub const SSE_LEVEL2: &str = include_str!("../templates/sse_level2.xml");

// Generated Rust calls this crate by its name, also where it is part of it.
extern crate self as guiju_feed;

mod code;
mod convert;
mod decode;
mod encode;
mod fault;
pub mod frame;
pub mod generated;
mod json;
pub mod live;
mod message;
pub mod narrow;
pub mod pairs;
mod program;
pub mod reader;
mod record;
pub mod szse;
mod template;
pub mod transport;
mod value;
mod wire;

pub use code::Code;
#[doc(hidden)]
pub use decode::compiled;
pub use decode::{Decoder, Mode};
pub use encode::Encoder;
pub use fault::{Fault, Finding};
pub use message::{Datum, Decoded, Elements, Fields};
pub use program::{FieldInfo, FieldKind, Layout, Program, Reset};
pub use template::{Name, Operator, Templates, Type};
pub use value::{Decimal, Message, Row, Value};
