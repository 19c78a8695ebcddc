//! Why a count changed: two runs side by side, on two days, two versions of the rulebooks or two sets of data, and for every key
//! that came or went the conditions that made the difference.
//!
//! Each key that went is explained by what stops it now, each that came by what stopped it then; several conditions at once are
//! told apart from one alone. So the groups add up to the change, exactly.

mod reasons;
mod sides;

pub use sides::{Side, compare};

use guiju_lang::{finding::Place, hir::RuleId};

/// Keys named in a report as examples of a group.
pub const SAMPLES: usize = 5;

/// One rule, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleChange {
    /// The rule.
    pub rule: RuleId,
    /// Keys with an effect before.
    pub before: u64,
    /// And after.
    pub after: u64,
    /// Keys that had an effect and have none any more, by what stops them; the largest group first. They add up to all that went.
    pub left: Vec<Group>,
    /// Keys that have an effect and had none, by what stopped them then.
    pub entered: Vec<Group>,
    /// The rule is not in one of the versions.
    pub only_in: Option<Version>,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// The one before.
    Before,
    /// The one after.
    After,
}

/// Keys that the same things stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What stopped them: one thing alone, or several at once.
    pub causes: Vec<Cause>,
    /// How many.
    pub keys: u64,
    /// Some of them, in order.
    pub samples: Vec<String>,
}

/// Something that stops a rule from acting for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// A condition of `when` does not hold.
    Condition {
        /// Its text, in the version that stops.
        place: Place,
        /// Nobody can say whether it holds.
        unknown: bool,
        /// The other version does not have this condition.
        changed: bool,
    },
    /// A clause: `once per`, `keep top`.
    Clause(&'static str),
    /// The table has no such row.
    NoRow,
    /// The version has no such rule.
    NoRule,
}

impl RuleChange {
    /// How many went, and how many came.
    pub fn moved(&self) -> (u64, u64) {
        let sum = |groups: &[Group]| groups.iter().map(|group| group.keys).sum();
        (sum(&self.left), sum(&self.entered))
    }

    /// For each cause: keys that it stopped alone, and keys that it stopped together with others.
    pub fn by_cause(groups: &[Group]) -> Vec<(Cause, u64, u64)> {
        let mut all: Vec<(Cause, u64, u64)> = Vec::new();
        for group in groups {
            for cause in &group.causes {
                let at = all.iter().position(|(known, ..)| known == cause).unwrap_or_else(|| {
                    all.push((*cause, 0, 0));
                    all.len() - 1
                });
                let (_, alone, together) = &mut all[at];
                *(if group.causes.len() == 1 { alone } else { together }) += group.keys;
            }
        }
        all.sort_by_key(|(cause, alone, together)| (std::cmp::Reverse((*alone, *together)), *cause));
        all
    }
}
