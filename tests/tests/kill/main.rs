//! Whole runs that are killed: repeated, they leave what a run leaves that nobody has killed. No task is lost, none is there twice,
//! and the cool-downs of the days after are right.
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot set up its files has failed
#![allow(clippy::print_stdout, reason = "how many were killed, and when")]

mod desk;
mod moments;
mod random;
