//! An effect.

use super::{encode::Encoder, text::id16};
use guiju_lang::hir::RuleId;

/// One effect: `hash(tenant, rule, key, occurrence, ordinal)`. It is the idempotency key that sinks see. The epoch is
/// recorded beside it and is not part of it: a reload must not double an effect.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EffectId(pub [u8; 16]);
id16!(EffectId);

impl EffectId {
    /// The identity of one effect. For many of one rule and occurrence, use [`EffectIds`].
    pub fn of(rule: &RuleId, occurrence: &str, key: &str, ordinal: u32) -> Self {
        EffectIds::new(rule, occurrence).id(key, ordinal)
    }
}

/// Makes the ids of one rule in one occurrence (of a batch run: its logical date or time, written as text).
#[derive(Debug, Clone)]
pub struct EffectIds {
    encoder: Encoder,
    prefix: usize,
}

impl EffectIds {
    /// For this rule and occurrence.
    pub fn new(rule: &RuleId, occurrence: &str) -> Self {
        let mut encoder = Encoder::new("guiju.effect", 1);
        encoder.text(&rule.tenant);
        encoder.text(&rule.rulebook);
        encoder.text(&rule.name);
        encoder.text(occurrence);
        let prefix = encoder.len();
        Self { encoder, prefix }
    }

    /// The id for this key (a [`Key`](super::Key)'s text); `ordinal` counts the effects of one key in one occurrence from 0.
    pub fn id(&mut self, key: &str, ordinal: u32) -> EffectId {
        self.encoder.truncate(self.prefix);
        self.encoder.text(key);
        self.encoder.number(ordinal);
        EffectId(self.encoder.hash16())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(tenant: &str, rulebook: &str, name: &str) -> RuleId {
        RuleId { tenant: tenant.into(), rulebook: rulebook.into(), name: name.into() }
    }

    #[test]
    fn fixed_vectors() {
        let one = EffectId::of(&rule("default", "customers", "birthday"), "2026-01-05", "C000001", 0);
        assert_eq!(one.to_string(), "183WJE5NY7Z7864D76WD4ETZ20");
        let two = EffectId::of(&rule("华东", "客户", "生日"), "2026-01-05T09:30:00+08:00", "客户|1", 7);
        assert_eq!(two.to_string(), "6PKJNK6QAX34YHVXYEY00PYX4A");
        assert_eq!(two.to_string().to_lowercase().parse(), Ok(two));
    }

    #[test]
    fn every_field_counts() {
        let ids = [
            EffectId::of(&rule("t", "b", "n"), "o", "k", 0),
            EffectId::of(&rule("u", "b", "n"), "o", "k", 0),
            EffectId::of(&rule("t", "c", "n"), "o", "k", 0),
            EffectId::of(&rule("t", "b", "m"), "o", "k", 0),
            EffectId::of(&rule("t", "b", "n"), "p", "k", 0),
            EffectId::of(&rule("t", "b", "n"), "o", "l", 0),
            EffectId::of(&rule("t", "b", "n"), "o", "k", 1),
            EffectId::of(&rule("t", "b", "n"), "ok", "", 0),
        ];
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
    }

    #[test]
    fn wrong_texts() {
        use crate::id::IdTextError::{Character, Length};
        assert_eq!("ABC".parse::<EffectId>(), Err(Length { expected: 26, got: 3 }));
        let too_large = "8".repeat(26);
        assert_eq!(too_large.parse::<EffectId>(), Err(Character { character: '8', position: 1 }));
        let odd = format!("{}U", "0".repeat(25));
        assert_eq!(odd.parse::<EffectId>(), Err(Character { character: 'U', position: 26 }));
    }
}
