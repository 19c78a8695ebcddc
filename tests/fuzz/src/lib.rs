//! Every parser of foreign bytes under random input. A target is a function that must not panic, hang or overflow its stack,
//! and whose own promises (a formatter is idempotent, two executors agree) it asserts.
//!
//! The same targets run three ways: ordinary `cargo test` replays seeds, old crashes and a few mutations; `cargo xtask fuzz`
//! runs them under libFuzzer with coverage guidance, or blindly where that cannot be built.

pub mod mutate;
pub mod seeds;
pub mod targets;

pub use targets::{TARGETS, Target, named};
