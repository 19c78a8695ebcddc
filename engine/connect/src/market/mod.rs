//! Messages of market feeds as tables: Parquet files, Arrow files, lines of JSON. Whole or not at all, in bounded memory.
//!
//! A folder gets one file for each template, with one column for each field and, in front, `_message`: the message's number in the stream
//! from 1, which puts the rows of several templates in their order again. Sequences are lists of structs, groups structs, messages in
//! messages their JSON as text. Decimals are exact, see [`Decimals`]; no number is ever a float.

mod column;
mod decimal;
mod lines;
mod tables;

pub use decimal::{Decimals, Survey};
pub use lines::Lines;
pub use tables::{Kind, Tables, Written};
