//! How much of its history a server keeps.
//!
//! ```yaml
//! retain: { journal: 90d, size: 20GiB, recorded: 5GiB }
//! ```

use super::{Reader, database};
use crate::yaml::Yaml;
use std::time::Duration;

/// How much of its history a server keeps; nothing said: all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retain {
    /// What is older goes.
    pub journal: Option<Duration>,
    /// The oldest effects go until those that are left weigh no more, in bytes.
    pub size: Option<u64>,
    /// The oldest recordings go until those that are left weigh no more, in bytes.
    pub recorded: Option<u64>,
}

impl Retain {
    /// What is younger stays, whatever its size.
    pub const YOUNG: Duration = Duration::from_secs(2 * 86_400);
}

const KEYS: &[&str] = &["journal", "size", "recorded"];

impl Reader<'_> {
    pub(super) fn retain(&mut self, value: &Yaml) -> Retain {
        let mut retain = Retain::default();
        let Some(entries) = value.entries() else {
            self.wrong(&["retain"], "retain", "form.map");
            return retain;
        };
        for (key, value) in entries {
            let at = ["retain", key.as_str()];
            let bytes = value.text().and_then(bytes);
            match (key.as_str(), bytes) {
                ("journal", _) => match value.text().and_then(database::duration).filter(|t| *t >= Retain::YOUNG) {
                    Some(time) => retain.journal = Some(time),
                    None => self.wrong(&at, key, "form.retain"),
                },
                ("size", Some(bytes)) => retain.size = Some(bytes),
                ("recorded", Some(bytes)) => retain.recorded = Some(bytes),
                ("size" | "recorded", None) => self.wrong(&at, key, "form.bytes"),
                _ => self.unknown(&at, key, KEYS),
            }
        }
        retain
    }
}

/// `500MiB`, `20GiB`
fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = text.trim().split_at_checked(text.trim().len().checked_sub(3)?)?;
    let number: u64 = number.trim().parse().ok().filter(|n| (1..=1 << 20).contains(n))?;
    match unit {
        "MiB" => Some(number << 20),
        "GiB" => Some(number << 30),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Config, *};
    use guiju_lang::finding::FileId;
    use std::path::Path;

    #[test]
    fn what_can_be_said() {
        let parse = |text: &str| {
            let (config, found) = Config::parse(&format!("retain: {text}"), Path::new("/p"), FileId(0));
            (config.retain, found.iter().map(|f| f.code.0).collect::<Vec<_>>())
        };
        let all =
            Retain { journal: Some(Duration::from_secs(90 * 86_400)), size: Some(20 << 30), recorded: Some(500 << 20) };
        assert_eq!(parse("{ journal: 90d, size: 20GiB, recorded: 500MiB }"), (all, vec![]));
        assert_eq!(parse("{ journal: 1d, size: 20GB, recorded: 0MiB, sizes: 1GiB }").1, [5005, 5005, 5005, 5002]);
    }
}
