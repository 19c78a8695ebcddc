//! The table of targets.

mod checker;
mod data;
mod excerpt;
mod executors;
mod feed;
mod fiber;
mod grammar;
mod network;
mod pattern;
mod plant;
mod slot;

/// One parser of foreign bytes.
#[derive(Debug)]
pub struct Target {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Extensions of the project's files that are good first inputs.
    pub files: &'static [&'static str],
    /// More first inputs.
    pub examples: &'static [&'static str],
    /// Longest input in bytes.
    pub longest: usize,
    /// Must not panic, hang or overflow the stack.
    pub run: fn(&[u8]),
}

/// Every target.
pub static TARGETS: &[Target] = &[
    grammar::TARGET,
    checker::TARGET,
    executors::TARGET,
    excerpt::TARGET,
    slot::TARGET,
    pattern::TARGET,
    data::CSV,
    data::JSON_LINES,
    data::WORKBOOK,
    data::CONFIG,
    data::CALENDAR,
    data::MARKET,
    network::HTTP,
    network::NATS,
    feed::TEMPLATES,
    feed::MESSAGES,
    feed::FRAMES,
    feed::CAPTURES,
    feed::NARROW,
    fiber::TARGET,
    plant::TARGET,
];

/// The target of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
