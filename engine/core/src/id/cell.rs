//! A cell of state.

use super::{encode::Encoder, text::id16};
use guiju_lang::hir::RuleId;

/// One accumulator of one rule, whatever its key: `hash(rule, accumulator, key, window, source, time column, edition)`.
/// Thresholds, texts and sinks are not part of it, so changing them keeps the state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellId(pub [u8; 16]);
id16!(CellId);

/// What a cell's identity is made of. All texts are canonical: let, fn and script expanded, spelling normalised.
#[derive(Debug, Clone, Copy)]
pub struct CellSpec<'a> {
    /// Whose state.
    pub rule: &'a RuleId,
    /// What is accumulated (`last effect` for a cool-down).
    pub accumulator: &'a str,
    /// The key's expression.
    pub key: &'a str,
    /// The window, if there is one.
    pub window: Option<&'a str>,
    /// The source it is fed from.
    pub source: &'a str,
    /// That source's time column, if it has one.
    pub time_column: Option<&'a str>,
    /// The language's edition.
    pub edition: u32,
}

impl CellSpec<'_> {
    /// The identity.
    pub fn id(&self) -> CellId {
        let mut encoder = Encoder::new("guiju.cell", 1);
        encoder.text(&self.rule.tenant);
        encoder.text(&self.rule.rulebook);
        encoder.text(&self.rule.name);
        encoder.text(self.accumulator);
        encoder.text(self.key);
        encoder.optional(self.window);
        encoder.text(self.source);
        encoder.optional(self.time_column);
        encoder.number(self.edition);
        CellId(encoder.hash16())
    }
}

/// What the state of a stream is made of. It belongs to no rule: rules that ask the same share it.
#[derive(Debug, Clone, Copy)]
pub struct StreamSpec<'a> {
    /// Whose state.
    pub tenant: &'a str,
    /// The source it is fed from, `rulebook.name`.
    pub source: &'a str,
    /// That source's time column.
    pub time_column: &'a str,
    /// The key's canonical expression.
    pub key: &'a str,
    /// The zone and the calendar that the rules live by.
    pub world: (&'a str, Option<&'a str>),
    /// The language's edition.
    pub edition: u32,
}

impl StreamSpec<'_> {
    /// The identity.
    pub fn id(&self) -> CellId {
        let mut encoder = Encoder::new("guiju.stream", 1);
        encoder.text(self.tenant);
        encoder.text(self.source);
        encoder.text(self.time_column);
        encoder.text(self.key);
        encoder.text(self.world.0);
        encoder.optional(self.world.1);
        encoder.number(self.edition);
        CellId(encoder.hash16())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> RuleId {
        RuleId { tenant: "default".into(), rulebook: "customers".into(), name: "定期存款到期".into() }
    }

    #[test]
    fn fixed_vectors() {
        let rule = rule();
        let spec = CellSpec {
            rule: &rule,
            accumulator: "last effect",
            key: "customer_id",
            window: None,
            source: "customers",
            time_column: None,
            edition: 1,
        };
        assert_eq!(spec.id().to_string(), "3Z00F46K3GHYGKZ5M5T9VAQJBT");
        let windowed = CellSpec { window: Some("30d"), time_column: Some("traded_at"), ..spec };
        assert_eq!(windowed.id().to_string(), "7ZEWTC63X8AEP8REKSTYPHFHNW");
        assert_eq!(windowed.id().to_string().parse(), Ok(windowed.id()));
    }

    #[test]
    fn streams_have_fixed_vectors_too() {
        let spec = StreamSpec {
            tenant: "default",
            source: "desk.trades",
            time_column: "at",
            key: "customer_id",
            world: ("Asia/Shanghai", Some("sse")),
            edition: 1,
        };
        assert_eq!(spec.id().to_string(), "008F388PCBVEXWB672SPMZ3J4V");
        let ids = [
            spec,
            StreamSpec { tenant: "west", ..spec },
            StreamSpec { source: "desk.orders", ..spec },
            StreamSpec { time_column: "on", ..spec },
            StreamSpec { key: "account_id", ..spec },
            StreamSpec { world: ("UTC", Some("sse")), ..spec },
            StreamSpec { world: ("Asia/Shanghai", None), ..spec },
            StreamSpec { edition: 2, ..spec },
        ];
        let different: std::collections::BTreeSet<_> = ids.iter().map(StreamSpec::id).collect();
        assert_eq!(different.len(), ids.len());
    }

    #[test]
    fn every_field_counts() {
        let (rule, other) = (rule(), RuleId { tenant: "west".into(), ..rule() });
        let base = CellSpec {
            rule: &rule,
            accumulator: "a",
            key: "k",
            window: None,
            source: "s",
            time_column: None,
            edition: 1,
        };
        let all = [
            base,
            CellSpec { rule: &other, ..base },
            CellSpec { accumulator: "b", ..base },
            CellSpec { key: "l", ..base },
            CellSpec { window: Some(""), ..base },
            CellSpec { source: "t", ..base },
            CellSpec { time_column: Some(""), ..base },
            CellSpec { edition: 2, ..base },
            // The same bytes, cut elsewhere.
            CellSpec { accumulator: "ak", key: "", ..base },
        ];
        let ids: std::collections::BTreeSet<_> = all.iter().map(CellSpec::id).collect();
        assert_eq!(ids.len(), all.len());
    }
}
