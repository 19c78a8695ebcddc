//! Chinese conditions written without a space: `余额大于50万且到期日在未来7天内` reads as one name.

use guiju_grammar::keyword::{self, Tier};
use std::collections::HashSet;

/// The name with spaces between its words, if it is several and all of them mean something.
pub(super) fn spaced(name: &str, known: &HashSet<String>) -> Option<String> {
    let pieces = Cutter { known, words: operators() }.cut(name, 0)?;
    (pieces.len() > 1).then(|| pieces.join(" "))
}

struct Cutter<'k> {
    known: &'k HashSet<String>,
    /// What can stand behind a value, longest first.
    words: Vec<&'static str>,
}

/// Words within words within words: more than anybody runs together.
const MOST_WORDS: u32 = 12;

impl Cutter<'_> {
    /// A value and what follows it.
    fn cut(&self, text: &str, depth: u32) -> Option<Vec<String>> {
        if self.is_value(text) {
            return Some(vec![text.to_owned()]);
        }
        if depth > MOST_WORDS {
            return None;
        }
        // A name may itself begin with a shorter name: try every end.
        text.char_indices().skip(1).find_map(|(i, _)| {
            let (value, rest) = text.split_at(i);
            let word = self.words.iter().find(|w| rest.starts_with(**w)).filter(|_| self.is_value(value))?;
            let mut pieces = vec![value.to_owned()];
            pieces.extend(self.behind(word, &rest[word.len()..], depth + 1)?);
            Some(pieces)
        })
    }

    /// A word behind a value, and what follows it.
    fn behind(&self, word: &str, rest: &str, depth: u32) -> Option<Vec<String>> {
        let spelled = match word {
            "大于" => ">",
            "小于" => "<",
            "等于" => "=",
            "大于等于" | "不小于" => ">=",
            "小于等于" | "不大于" | "不超过" => "<=",
            other => other,
        };
        match spelled {
            "为空" | "不为空" => self.joined(spelled.to_owned(), rest, depth),
            "在未来" | "在过去" => {
                let span = time_span(rest)?;
                self.joined(format!("{spelled}{}", &rest[..span]), &rest[span..], depth)
            }
            // A comparison whose value stands behind a space.
            _ if rest.is_empty() => spelled.is_ascii().then(|| vec![spelled.to_owned()]),
            _ => {
                let mut pieces = vec![spelled.to_owned()];
                pieces.extend(self.cut(rest, depth)?);
                Some(pieces)
            }
        }
    }

    /// A condition that is complete: another one may follow.
    fn joined(&self, condition: String, rest: &str, depth: u32) -> Option<Vec<String>> {
        let mut pieces = vec![condition];
        if let Some(joint) = rest.chars().next() {
            let rest = rest.strip_prefix(['且', '或'])?;
            pieces.push(joint.to_string());
            pieces.extend(self.cut(rest, depth)?);
        }
        Some(pieces)
    }

    fn is_value(&self, text: &str) -> bool {
        self.known.contains(text) || is_number(text)
    }
}

fn operators() -> Vec<&'static str> {
    const PROSE: [&str; 8] = ["大于等于", "小于等于", "不大于", "不小于", "不超过", "大于", "小于", "等于"];
    let reserved = keyword::all().iter().filter(|e| e.tier == Tier::Reserved && e.group == "expression").map(|e| e.zh);
    let mut all: Vec<_> = reserved.chain(PROSE).filter(|w| w.chars().count() > 1 || "且或".contains(*w)).collect();
    all.sort_by_key(|w| std::cmp::Reverse(w.len()));
    all
}

fn is_number(text: &str) -> bool {
    let digits = text.trim_end_matches(['万', '亿', '元', '%']);
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// How many bytes `7天内`, `3个交易日` take at the start.
fn time_span(text: &str) -> Option<usize> {
    const UNITS: [&str; 7] = ["个交易日", "个月", "分钟", "小时", "天", "年", "秒"];
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = UNITS.iter().find(|u| text[digits..].starts_with(**u)).filter(|_| digits > 0)?;
    let end = digits + unit.len();
    Some(if text[end..].starts_with('内') { end + '内'.len_utf8() } else { end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_where_every_piece_means_something() {
        let known = ["余额", "到期日", "等级", "姓名"].map(str::to_owned).into();
        let cut = |text: &str| spaced(text, &known);
        assert_eq!(cut("余额大于50万且到期日在未来7天内").as_deref(), Some("余额 > 50万 且 到期日 在未来7天内"));
        assert_eq!(cut("到期日不为空或余额不超过50万").as_deref(), Some("到期日 不为空 或 余额 <= 50万"));
        assert_eq!(cut("等级包含姓名").as_deref(), Some("等级 包含 姓名"));
        assert_eq!(cut("余额大于").as_deref(), Some("余额 >"));
        for whole in ["余额", "当前余额大于", "余额大于很多", "余额为空到期日", "到期日在未来"]
        {
            assert_eq!(cut(whole), None, "{whole}");
        }
    }
}
