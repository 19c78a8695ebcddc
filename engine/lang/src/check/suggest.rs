//! "Did you mean": names that are near, whatever the case, the width of letters, and underscores; and Chinese names that sound
//! the same, or are written as they sound.

use crate::finding::{At, Finding, Fix};
use pinyin::ToPinyin;

/// Up to three names near `name`, nearest first.
pub(super) fn nearest<'n>(name: &str, candidates: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let wanted = fold(name);
    let heard = Sound::of(&wanted);
    let apart = |c: &str| {
        let folded = fold(c);
        let by_letters = distance(&wanted, &folded);
        let by_sound = heard.near(&Sound::of(&folded));
        by_letters.into_iter().chain(by_sound).min()
    };
    let mut all: Vec<(usize, &str)> = candidates.into_iter().filter_map(|c| apart(c).map(|d| (d, c))).collect();
    all.sort_unstable();
    all.dedup();
    let best = all.first().map_or(0, |a| a.0);
    all.into_iter().filter(|(d, _)| *d <= best + 1).take(3).map(|(_, c)| c.to_owned()).collect()
}

/// A finding with its suggestions; a single one is offered as a fix.
pub(super) fn with(finding: Finding, near: Vec<String>) -> Finding {
    let fix = match (near.as_slice(), &finding.at) {
        ([one], At::Text(place)) => Some(Fix::replace(*place, quoted(one))),
        _ => None,
    };
    let finding = finding.suggest(near);
    match fix {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}

/// A name as a rulebook writes it: in backticks if it is not plain letters and digits.
pub(super) fn quoted(name: &str) -> String {
    let plain = name.split('.').all(|part| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_') && chars.all(|c| c.is_alphanumeric() || c == '_')
    });
    if plain { name.to_owned() } else { format!("`{name}`") }
}

/// Letters in lower case and half width, without underscores.
fn fold(name: &str) -> String {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    };
    name.chars().map(half).flat_map(char::to_lowercase).filter(|c| !matches!(c, '_' | ' ' | '·' | '-')).collect()
}

/// How a name sounds.
struct Sound {
    /// Syllables without tones; letters and digits as they are.
    whole: String,
    /// Their first letters.
    initials: String,
    /// Some of it is Chinese.
    chinese: bool,
}

/// A name typed as it sounds has at least so many letters.
const LEAST_HEARD: usize = 4;
/// Initials of fewer syllables could be anything's.
const LEAST_INITIALS: usize = 3;

impl Sound {
    fn of(name: &str) -> Self {
        let mut sound = Self { whole: String::new(), initials: String::new(), chinese: false };
        for c in name.chars() {
            match c.to_pinyin() {
                Some(syllable) => {
                    let plain = syllable.plain();
                    sound.whole += plain;
                    sound.initials.extend(plain.chars().next());
                    sound.chinese = true;
                }
                None => {
                    sound.whole.push(c);
                    sound.initials.push(c);
                }
            }
        }
        sound
    }

    /// 鱼额 or `yue` for 余额; `khh` for 客户号.
    fn near(&self, other: &Self) -> Option<usize> {
        if !self.chinese && !other.chinese {
            return None;
        }
        if self.whole == other.whole {
            return (self.chinese == other.chinese || self.whole.len() >= LEAST_HEARD).then_some(1);
        }
        if self.chinese == other.chinese {
            return None;
        }
        let (typed, meant) = if self.chinese { (&other.whole, self) } else { (&self.whole, other) };
        if typed.len() >= LEAST_INITIALS && *typed == meant.initials {
            return Some(2);
        }
        let slips = strsim::damerau_levenshtein(typed, &meant.whole);
        (typed.len() > LEAST_HEARD && slips <= typed.len() / LEAST_HEARD).then_some(2)
    }
}

/// `None` if nobody would confuse them.
fn distance(a: &str, b: &str) -> Option<usize> {
    let (n, m) = (a.chars().count(), b.chars().count());
    let shorter = n.min(m);
    if shorter >= 2 && (a.contains(b) || b.contains(a)) && n.max(m) <= shorter * 3 {
        return Some((n.max(m) - shorter).min(2));
    }
    let apart = strsim::damerau_levenshtein(a, b);
    // Two Chinese characters, one of them mistaken: 佘额 for 余额.
    if apart == 1 && n == 2 && m == 2 && !a.is_ascii() {
        return Some(2);
    }
    (apart <= (n.max(m) / 3).max(usize::from(shorter >= 3))).then_some(apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_come_first_and_far_ones_not_at_all() {
        let columns = ["total_asset", "total_assets_1y", "余额", "可用余额", "name", "cust_level"];
        let near = |name: &str| nearest(name, columns);
        assert_eq!(near("totl_asset"), ["total_asset"]);
        assert_eq!(near("TotalAsset")[0], "total_asset");
        assert_eq!(near("ｎａｍｅ"), ["name"]);
        assert_eq!(near("用余额")[0], "余额");
        assert_eq!(near("佘额"), ["余额"]);
        assert!(near("branch").is_empty() && near("总资").is_empty());
        assert_eq!(near("鱼额"), ["余额"]);
        assert_eq!(near("keyongyue"), ["可用余额"]);
        assert_eq!(near("keyongyu"), ["可用余额"]);
        assert_eq!(nearest("khh", ["客户号", "总资产"]), ["客户号"]);
        assert_eq!(nearest("客户名", ["kehuming", "age"]), ["kehuming"]);
        assert!(near("yu").is_empty());
        assert_eq!(quoted("a.b"), "a.b");
        assert_eq!(quoted("总 额"), "`总 额`");
    }
}
