//! The vocabulary of a step: identities, state cells, effects. Pure: no clock, no files, no randomness.

pub mod cell;
pub mod effect;
pub mod id;
