//! Checks of the whole house: the shipped rulebooks on the shipped data, what is said about rulebooks that are wrong, and the
//! tutorial as it is written.

pub mod command;
pub mod plain;
pub mod service;
