//! (skeleton)

pub mod store;
