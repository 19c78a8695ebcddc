//! One suite for everything that a stream can come from: what a source promises, its connector keeps, whichever it is.
//!
//! | promise | test |
//! |---|---|
//! | rows of a key come in their order, each once | `keeps_order_and_survives_bad_input` |
//! | another schema, a poison message: reported, nothing else is kept back | the same |
//! | a sender cut off in the middle of a batch has sent nothing, or may send it again | the same |
//! | who is slower than the sender makes it wait, and loses nothing | `is_slower_than_the_sender` |
//! | killed at any moment, it goes on behind what was taken | `goes_on_behind_what_was_taken` |
//! | asked to end, it takes what it has accepted | `takes_what_was_accepted_before_it_ends` |
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot set up its streams has failed
#![allow(clippy::print_stderr)] // a test that is skipped says so

mod folder;
mod http;
mod nats;
mod rig;
mod standard;
mod suite;
