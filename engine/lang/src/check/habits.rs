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

/// How urgent, in other words.
pub(super) fn level(word: &str) -> Option<Kw> {
    Some(match word.to_ascii_lowercase().as_str() {
        "urgent" | "critical" | "highest" | "top" | "紧急" | "最高" | "特急" | "加急" | "重要" => Kw::HIGH,
        "normal" | "mid" | "middle" | "default" | "一般" | "普通" | "正常" | "中等" => Kw::MEDIUM,
        "lowest" | "minor" | "不急" | "最低" | "次要" => Kw::LOW,
        _ => return None,
    })
}

/// A place whose time it is, or a zone as messages write it.
pub(super) fn zone(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().replace(' ', "").as_str() {
        "北京" | "上海" | "深圳" | "中国" | "北京时间" | "东八区" | "beijing" | "asia/beijing" | "china" | "prc"
        | "shanghai" | "utc+8" | "gmt+8" | "+8" | "+08:00" | "cst" => "Asia/Shanghai",
        "香港" | "hongkong" | "hkt" => "Asia/Hong_Kong",
        "东京" | "tokyo" | "jst" => "Asia/Tokyo",
        "伦敦" | "london" => "Europe/London",
        "纽约" | "newyork" | "est" | "edt" => "America/New_York",
        "世界时" | "gmt" | "z" => "UTC",
        _ => return None,
    })
}

/// A format as programs and spreadsheets write it: `yyyy-MM-dd`, `,.2f`, `thousands`.
pub(super) fn format(text: &str) -> Option<String> {
    let bare = text.trim_start_matches('%').to_ascii_lowercase();
    let number = match bare.as_str() {
        "thousands" | "thousand" | "comma" | "," | "n0" | ",d" | ",.0f" | "千分位" | "千位分隔" => "#,##0",
        "money" | "currency" | "n2" | ",.2f" | "#,##0.##" | "金额" | "货币" => "#,##0.00",
        "percent" | "percentage" | "p" | "百分比" | "百分数" => "0%",
        ".1%" | "p1" => "0.0%",
        ".2%" | "p2" => "0.00%",
        ".2f" | "f2" | "0.2f" | "两位小数" => "0.00",
        ".1f" | "f1" | "一位小数" => "0.0",
        "d" | ".0f" | "f0" | "integer" | "整数" => "0",
        "w" | "万元整" => "万元",
        _ => return moments(text),
    };
    Some(number.to_owned())
}

/// `yyyy年MM月dd日`, `YYYY-MM-DD hh:mm`; a month and a minute are told apart by what stands before them.
fn moments(text: &str) -> Option<String> {
    let (mut out, mut rest, mut clock, mut any) = (String::new(), text, false, false);
    while let Some(first) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(first).len();
        let code = match (first, run / first.len_utf8()) {
            ('y' | 'Y', 4) => "%Y",
            ('y' | 'Y', 2) => "%y",
            ('M', 1) => "%-m",
            ('M', 2) => "%m",
            ('m', 1 | 2) => {
                if clock {
                    "%M"
                } else {
                    "%m"
                }
            }
            ('d' | 'D', 1) => "%-d",
            ('d' | 'D', 2) => "%d",
            ('h' | 'H', 1 | 2) => {
                clock = true;
                "%H"
            }
            ('s' | 'S', 1 | 2) => "%S",
            ('a'..='z' | 'A'..='Z' | '%', _) => return None,
            _ => {
                out.push_str(&rest[..run]);
                rest = &rest[run..];
                continue;
            }
        };
        any = true;
        out.push_str(code);
        rest = &rest[run..];
    }
    any.then_some(out)
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

/// 每月25日, 每周一, 每年3月5日: the condition that holds on that day.
pub(super) fn every(name: &str) -> Option<String> {
    let day = |text: &str, most: u32| -> Option<u32> {
        let number = text.strip_suffix(['日', '号'])?;
        number.parse().ok().or_else(|| counted(number)).filter(|day| (1..=most).contains(day))
    };
    if let Some(rest) = name.strip_prefix("每月").or_else(|| name.strip_prefix("每个月")) {
        return day(rest, 31).map(|day| format!("日(今天) = {day}"));
    }
    if let Some(rest) = name.strip_prefix("每年") {
        let (month, rest) = rest.split_once('月')?;
        let month = month.parse().ok().or_else(|| counted(month)).filter(|month| (1..=12).contains(month))?;
        return day(rest, 31).map(|day| format!("月(今天) = {month} 且 日(今天) = {day}"));
    }
    let weekday = ["每周", "每星期"].iter().find_map(|every| name.strip_prefix(every))?;
    let mut chars = weekday.chars();
    let (one, None) = (chars.next()?, chars.next()) else { return None };
    let number = "一二三四五六日".chars().chain(['天']).position(|c| c == one)?.min(6) + 1;
    Some(format!("星期(今天) = {number}"))
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
        for (said, meant) in [
            ("每月25日", "日(今天) = 25"),
            ("每月五号", "日(今天) = 5"),
            ("每年3月5日", "月(今天) = 3 且 日(今天) = 5"),
            ("每周一", "星期(今天) = 1"),
            ("每星期天", "星期(今天) = 7"),
        ] {
            assert_eq!(every(said).as_deref(), Some(meant));
        }
        assert_eq!((level("紧急"), level("Normal"), level("客户")), (Some(Kw::HIGH), Some(Kw::MEDIUM), None));
        assert_eq!((zone("北京"), zone("UTC+8"), zone("月球")), (Some("Asia/Shanghai"), Some("Asia/Shanghai"), None));
        for (said, meant) in [
            ("yyyy-MM-dd", "%Y-%m-%d"),
            ("YYYY年MM月DD日", "%Y年%m月%d日"),
            ("M月d日", "%-m月%-d日"),
            ("yyyy/mm/dd HH:mm:ss", "%Y/%m/%d %H:%M:%S"),
            ("thousands", "#,##0"),
            ("%.2f", "0.00"),
            (",.2f", "#,##0.00"),
        ] {
            assert_eq!(format(said).as_deref(), Some(meant));
        }
        for text in ["%q", "date", "文本", "元万"] {
            assert_eq!(format(text), None, "{text}");
        }
        for name in ["每月", "每月32日", "每周", "每周末", "每天"] {
            assert_eq!(every(name), None, "{name}");
        }
        for name in ["余额", "十", "万", "三天", "百分之", "大额"] {
            assert_eq!(number(name), None, "{name}");
        }
    }
}
