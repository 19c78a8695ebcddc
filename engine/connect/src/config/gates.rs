//! What a changed set has to show before a server puts it in force.
//!
//! ```yaml
//! gates: { coverage: 90, effects: 20, hours: 24, approval: second }
//! ```

use super::Reader;
use crate::yaml::Yaml;

/// What a changed set has to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gates {
    /// Percent of conditions, branches and clauses that its tests have seen, at least.
    pub coverage: Option<u8>,
    /// New and lost effects in percent of those of the set in force, at most.
    pub effects: Option<u16>,
    /// Over so many hours of what was taken.
    pub hours: u32,
    /// A second person has to agree.
    pub approval: bool,
}

impl Default for Gates {
    fn default() -> Self {
        Self { coverage: None, effects: None, hours: 24, approval: false }
    }
}

impl Gates {
    /// Nothing is asked.
    pub fn is_open(&self) -> bool {
        self.coverage.is_none() && self.effects.is_none() && !self.approval
    }
}

const KEYS: &[&str] = &["coverage", "effects", "hours", "approval"];

impl Reader<'_> {
    pub(super) fn gates(&mut self, value: &Yaml) -> Gates {
        let mut gates = Gates::default();
        let Some(entries) = value.entries() else {
            self.wrong(&["gates"], "gates", "form.map");
            return gates;
        };
        for (key, value) in entries {
            let at = ["gates", key.as_str()];
            let number = match value {
                Yaml::Integer(number) => u16::try_from(*number).ok(),
                other => other.text().and_then(|text| text.trim().strip_suffix('%')?.trim().parse().ok()),
            };
            match (key.as_str(), number) {
                ("coverage", Some(percent @ 0..=100)) => gates.coverage = u8::try_from(percent).ok(),
                ("effects", Some(percent)) => gates.effects = Some(percent),
                ("hours", Some(hours @ 1..)) => gates.hours = u32::from(hours),
                ("approval", _) if value.text() == Some("second") => gates.approval = true,
                ("approval", _) => self.wrong(&at, key, "form.approval"),
                ("coverage" | "effects" | "hours", _) => self.wrong(&at, key, "form.percent"),
                _ => self.unknown(&at, key, KEYS),
            }
        }
        gates
    }
}
