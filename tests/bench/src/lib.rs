//! A wide customer table of a brokerage, 111 columns, drawn by `columns.tsv`: the same bytes on every machine, any number of rows.
//! Whole numbers only, so that no platform's `exp` or `ln` changes a value.

pub mod mot;
pub mod shape;
pub mod table;
