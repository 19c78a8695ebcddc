//! What people are used to from spreadsheets, databases and prose: functions that are operators here, numbers in words.

use guiju_grammar::keyword::Kw;

/// How a function of a spreadsheet or a database is said here; `chinese`: in the file's language.
pub(super) fn function(name: &str, chinese: bool) -> Option<String> {
    let word = |kw: Kw| if chinese { kw.zh() } else { kw.en() };
    Some(match name.to_ascii_lowercase().as_str() {
        "and" => format!("a {} b", word(Kw::AND)),
        "or" => format!("a {} b", word(Kw::OR)),
        "not" => format!("{} a", word(Kw::NOT)),
        "if" | "iif" => format!("{} a {} b {} c", word(Kw::IF), word(Kw::THEN), word(Kw::ELSE)),
        "isnull" | "isblank" => format!("a {}", word(Kw::IS_MISSING)),
        "ifnull" | "nvl" | "coalesce" => format!("a {} b", word(Kw::OR_ELSE)),
        "sum" => "a + b".into(),
        "datediff" => if chinese { "相隔天数(a, b)" } else { "days(a, b)" }.into(),
        "年龄" => "周岁(a)".into(),
        "len" => if chinese { "长度(a)" } else { "length(a)" }.into(),
        _ => return None,
    })
}

/// 五十万, 百分之三十: the number as a rulebook writes it.
pub(super) fn number(name: &str) -> Option<String> {
    if let Some(share) = name.strip_prefix("百分之") {
        let plain = share.chars().all(|c| c.is_ascii_digit() || c == '.') && !share.is_empty();
        return if plain { Some(format!("{share}%")) } else { counted(share).map(|n| format!("{n}%")) };
    }
    if name.chars().count() < 2 {
        return None;
    }
    let (digits, unit) = match name.strip_suffix('亿') {
        Some(rest) => (rest, "亿"),
        None => name.strip_suffix('万').map_or((name, ""), |rest| (rest, "万")),
    };
    Some(format!("{}{unit}", counted(digits)?))
}

/// Up to 九千九百九十九.
fn counted(text: &str) -> Option<u32> {
    let (mut sum, mut digit, mut any) = (0, None, false);
    for c in text.chars() {
        if let Some(n) = "零一二三四五六七八九".chars().position(|d| d == c) {
            digit = Some(u32::try_from(n).ok()?);
        } else if c == '两' {
            digit = Some(2);
        } else {
            let place = [('十', 10), ('百', 100), ('千', 1000)].into_iter().find(|(p, _)| *p == c)?.1;
            sum += digit.take().unwrap_or(1) * place;
        }
        any = true;
    }
    any.then(|| sum + digit.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words() {
        for (said, meant) in [
            ("五十万", "50万"),
            ("一百二十", "120"),
            ("两亿", "2亿"),
            ("十五", "15"),
            ("百分之三十", "30%"),
            ("百分之130", "130%"),
        ] {
            assert_eq!(number(said).as_deref(), Some(meant));
        }
        for name in ["余额", "十", "万", "三天", "百分之", "大额"] {
            assert_eq!(number(name), None, "{name}");
        }
    }
}
