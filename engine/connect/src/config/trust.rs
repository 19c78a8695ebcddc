//! Whose signature a set of rulebooks needs before a server puts it in force.
//!
//! ```yaml
//! trust: { keys: [4cb5abf6ad79fbf5abbccafcc269d85cd2651ed4b885b5869f241aedf0a5ba29], signatures: 1 }
//! ```

use super::Reader;
use crate::yaml::Yaml;

/// Whose signature a set needs; without keys none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    /// Public keys (ed25519, RFC 8032).
    pub keys: Vec<[u8; 32]>,
    /// So many of them have to have signed, one at least.
    pub signatures: usize,
}

const KEYS: &[&str] = &["keys", "signatures"];

impl Reader<'_> {
    pub(super) fn trust(&mut self, value: &Yaml) -> Trust {
        let mut trust = Trust { keys: Vec::new(), signatures: 1 };
        let Some(entries) = value.entries() else {
            self.wrong(&["trust"], "trust", "form.map");
            return trust;
        };
        for (key, value) in entries {
            let at = ["trust", key.as_str()];
            match (key.as_str(), value) {
                ("keys", Yaml::List(items)) if !items.is_empty() => match items.iter().map(public).collect() {
                    Some(keys) => trust.keys = keys,
                    None => self.wrong(&at, key, "form.keys"),
                },
                ("keys", _) => self.wrong(&at, key, "form.keys"),
                ("signatures", Yaml::Integer(most @ 1..=16)) => trust.signatures = usize::try_from(*most).unwrap_or(1),
                ("signatures", _) => self.wrong(&at, key, "form.signatures"),
                _ => self.unknown(&at, key, KEYS),
            }
        }
        trust.keys.sort_unstable();
        trust.keys.dedup();
        // What nobody can fulfil is a slip, and so is a lock without keys.
        if trust.keys.len() < trust.signatures && !self.has_errors_at("trust") {
            self.wrong(&["trust"], "trust", "form.signatures");
        }
        trust
    }

    fn has_errors_at(&self, key: &str) -> bool {
        let from = self.document.place(&[key]).start;
        self.findings.iter().any(|finding| match &finding.at {
            guiju_lang::finding::At::Text(place) => place.span.start >= from,
            _ => false,
        })
    }
}

/// 64 hexadecimal digits.
fn public(value: &Yaml) -> Option<[u8; 32]> {
    let text = value.text().filter(|text| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let mut key = [0; 32];
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use guiju_lang::finding::FileId;
    use std::path::Path;

    #[test]
    fn keys_and_how_many_of_them() {
        let parse = |text: &str| {
            let (config, found) = Config::parse(&format!("trust: {text}\n"), Path::new("/p"), FileId(0));
            (config.trust.keys.len(), config.trust.signatures, found.iter().map(|f| f.code.0).collect::<Vec<_>>())
        };
        let key = "4cb5abf6ad79fbf5abbccafcc269d85cd2651ed4b885b5869f241aedf0a5ba29";
        let other = key.replace('4', "5");
        assert_eq!(parse(&format!("{{ keys: [{key}, {other}, {key}], signatures: 2 }}")), (2, 2, vec![]));
        assert_eq!(parse(&format!("{{ keys: [{key}], signatures: 2 }}")).2, [5005]);
        assert_eq!(parse("{ signatures: 1 }").2, [5005], "a lock without keys");
        assert_eq!(parse("{ keys: [] }").2, [5005]);
        assert_eq!(parse("{ keys: [abc] }").2, [5005]);
    }
}
