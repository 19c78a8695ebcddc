//! The shipped data and the shipped events once more, in plain loops: no parser, no engine, whole cents. What these loops say is
//! what the engine must say.

pub mod data;
pub mod events;
pub mod write;

/// One task that must come out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Task {
    /// `customer_care.cd_maturing`
    pub rule: String,
    /// As effects write it.
    pub key: String,
    /// high, medium or low
    pub priority: String,
    /// Who gets it.
    pub assignee: String,
    /// The last day it is worth doing; empty: always.
    pub expires: String,
    /// What they read.
    pub task: String,
}
