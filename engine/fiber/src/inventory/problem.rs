//! What can be wrong with a plant's records.

use super::rows::{At, Level};

/// Something wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{what}")]
pub struct Problem {
    /// The row.
    pub at: At,
    /// What is wrong with it.
    pub what: Wrong,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Wrong {
    /// Another place or cable has this name.
    #[error("`{name}` is there twice")]
    Twice {
        /// The name.
        name: String,
        /// The first row with it.
        first: At,
    },
    /// A place lies in one that is not there.
    #[error("`{name}` lies in `{within}`, which is not there")]
    NoSuchPlace {
        /// The place.
        name: String,
        /// What is not there.
        within: String,
    },
    /// A place lies in one of its own kind or a smaller one.
    #[error("`{name}` cannot lie in `{within}`")]
    TooSmall {
        /// The place.
        name: String,
        /// What it is said to lie in.
        within: String,
        /// What that is.
        level: Level,
    },
    /// A place that is no building lies nowhere.
    #[error("it is not said where `{name}` lies")]
    Nowhere {
        /// The place.
        name: String,
    },
    /// A cable ends at a place that is not there.
    #[error("cable `{cable}` ends at `{end}`, which is not there")]
    Dangling {
        /// The cable.
        cable: String,
        /// Its end.
        end: String,
    },
    /// A cable has no length.
    #[error("cable `{cable}` has no length")]
    NoLength {
        /// The cable.
        cable: String,
    },
    /// A cable has no loss.
    #[error("cable `{cable}` has no loss")]
    NoLoss {
        /// The cable.
        cable: String,
    },
    /// A circuit uses a cable that is not there.
    #[error("circuit `{circuit}` uses cable `{cable}`, which is not there")]
    NoSuchCable {
        /// The circuit.
        circuit: String,
        /// The cable.
        cable: String,
    },
    /// A circuit uses a core that the cable does not have.
    #[error("circuit `{circuit}` uses core {core} of cable `{cable}`, which has {cores}")]
    NoSuchCore {
        /// The circuit.
        circuit: String,
        /// The cable.
        cable: String,
        /// The core.
        core: u32,
        /// How many there are, from 1.
        cores: u32,
    },
    /// A core is used twice.
    #[error("core {core} of cable `{cable}` is used by `{circuit}` and already by `{other}`")]
    CoreTwice {
        /// The second circuit.
        circuit: String,
        /// The cable.
        cable: String,
        /// The core.
        core: u32,
        /// The first circuit; the same one if it is said twice.
        other: String,
        /// Where that is said.
        first: At,
    },
    /// A row names something that is not on the list of its kind.
    #[error("`{name}` names {kind} `{other}`, which is not there")]
    NotListed {
        /// Who names it.
        name: String,
        /// What kind of thing it would be: `duct`, `circuit`, `order`, `customer`, `cable`, `port`.
        kind: &'static str,
        /// What is not there.
        other: String,
    },
    /// Two ports of one frame have the same core.
    #[error("core {core} of cable `{cable}` ends at `{port}` and already at `{other}`")]
    EndTwice {
        /// The second port.
        port: String,
        /// The cable.
        cable: String,
        /// The core.
        core: u32,
        /// The first port.
        other: String,
    },
    /// A port has a core of a cable that does not end at its frame.
    #[error("cable `{cable}` of port `{port}` does not end there")]
    EndElsewhere {
        /// The port.
        port: String,
        /// The cable.
        cable: String,
    },
    /// A table lacks a column.
    #[error("table `{table}` has no column `{column}`")]
    NoColumn {
        /// The table's kind.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A row lacks a value.
    #[error("`{column}` is empty")]
    Empty {
        /// The column.
        column: &'static str,
    },
    /// A value is not an amount that can be kept.
    #[error("`{text}` in `{column}` is not {expected}")]
    NotAnAmount {
        /// The column.
        column: &'static str,
        /// What stands there.
        text: String,
        /// What should: `metres`, `decibels`, `a whole number from 1`.
        expected: &'static str,
    },
    /// More places or cables than a graph may have.
    #[error("more places or cables than can be held")]
    TooLarge,
}
