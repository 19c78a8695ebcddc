//! Did you mean.

use crate::keyword::Entry;

/// The keyword whose first word looks most like a word.
pub(crate) fn similar(word: &str, among: impl Iterator<Item = &'static Entry>) -> Option<&'static Entry> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    if length > 24 {
        return None;
    }
    let spellings = among.flat_map(|entry| {
        let first = entry.en.split(' ').next().unwrap_or_default();
        [(first, entry), (entry.zh, entry)]
    });
    spellings
        .filter(|(spelling, _)| !spelling.is_empty() && spelling.is_ascii() == word.is_ascii())
        .map(|(spelling, entry)| (strsim::osa_distance(&word, spelling), spelling.chars().count(), entry))
        .filter(|&(distance, of, _)| distance <= allowed(of.max(length), word.is_ascii()))
        .min_by_key(|&(distance, ..)| distance)
        .map(|(.., entry)| entry)
}

/// How many letters may differ.
fn allowed(length: usize, ascii: bool) -> usize {
    match (ascii, length) {
        (true, 0..=2) => 0,
        (true, 3..=4) => 1,
        (true, 5..=8) => 2,
        (true, _) => 3,
        (false, 0..=1) => 0,
        (false, _) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::similar;
    use crate::keyword::{Kw, clauses, kinds};

    #[test]
    fn finds_the_word_that_was_meant() {
        let meant = |word| similar(word, clauses("event")).map(|entry| entry.kw);
        assert_eq!(meant("whne"), Some(Kw::WHEN));
        assert_eq!(meant("prioriy"), Some(Kw::PRIORITY));
        assert_eq!(meant("优先及"), Some(Kw::PRIORITY));
        assert_eq!(meant("tsk"), Some(Kw::TASK));
        assert_eq!(meant("balance"), None);
        assert_eq!(similar("evnet", kinds()).map(|entry| entry.kw), Some(Kw::EVENT));
        assert_eq!(similar("事伴", kinds()).map(|entry| entry.kw), Some(Kw::EVENT));
    }
}
