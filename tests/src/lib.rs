//! Checks of the whole house: the shipped rulebooks on the shipped data, and what is said about rulebooks that are wrong.

pub mod plain;
