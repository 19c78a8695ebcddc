use super::*;
use crate::finding::codes;
use std::collections::{BTreeMap, BTreeSet};

type Area = (&'static str, &'static [(Code, &'static str)], std::ops::Range<u16>);

fn registry() -> Vec<(Code, &'static str, &'static str, std::ops::Range<u16>)> {
    let areas: [Area; 8] = [
        ("words", codes::words::ALL, 1000..2000),
        ("names", codes::names::ALL, 2000..2200),
        ("meaning", codes::meaning::ALL, 2200..2300),
        ("kinds", codes::kinds::ALL, 3000..4000),
        ("tests", codes::tests::ALL, 4000..5000),
        ("data", codes::data::ALL, 5000..6000),
        ("store", codes::store::ALL, 6000..7000),
        ("cli", codes::cli::ALL, 7000..8000),
    ];
    let all = areas.into_iter();
    all.flat_map(|(area, list, range)| list.iter().map(move |(c, n)| (*c, *n, area, range.clone()))).collect()
}

#[test]
fn every_code_has_its_row_and_every_row_its_code() {
    let mut rows_by_code = BTreeMap::new();
    for (area, text) in AREAS {
        assert_eq!(text.lines().next(), Some("code\tslug\tseverity\ten\tzh\ten help\tzh help"), "{area}");
        for row in rows(text) {
            let entry = parse(&row).unwrap_or_else(|| panic!("{area}.tsv: {row:?} is not seven good cells"));
            assert!(rows_by_code.insert(entry.code, (area, entry.slug)).is_none(), "{} stands twice", entry.code);
        }
    }
    let mut seen = BTreeSet::new();
    for (code, name, area, range) in registry() {
        assert!(range.contains(&code.0), "{name} = {} is not a number of {area}", code.0);
        assert!(seen.insert(code), "{name} = {} is used twice", code.0);
        let slug = name.to_lowercase().replace('_', "-");
        assert_eq!(rows_by_code.remove(&code), Some((area, slug.as_str())), "{area}.tsv, {name}");
    }
    assert!(rows_by_code.is_empty(), "rows without a constant: {rows_by_code:?}");
}

fn placeholders(text: &str) -> BTreeSet<String> {
    let plain = text.replace("{{", "").replace("}}", "");
    let parts = plain.split('{').skip(1);
    parts.map(|p| p.split('}').next().unwrap_or("").to_owned()).collect()
}

#[test]
fn both_languages_say_the_same_things_in_the_house_style() {
    for e in all() {
        let [en, zh] = e.message;
        assert!(!en.is_empty() && !zh.is_empty(), "{} has no message", e.slug);
        assert_eq!(placeholders(en), placeholders(zh), "{}", e.slug);
        assert_eq!(e.help[0].is_empty(), e.help[1].is_empty(), "{}: help in one language only", e.slug);
        for text in [en, e.help[0]] {
            let first = text.chars().next().unwrap_or('a');
            assert!(!first.is_uppercase() && !text.ends_with('.'), "{}: `{text}`", e.slug);
            let prose: String = text.split('`').step_by(2).collect();
            assert!(
                !prose.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c) && !"元股万".contains(c)),
                "{}",
                e.slug
            );
        }
        for text in [zh, e.help[1]] {
            assert!(!text.ends_with('。') && !text.ends_with('.'), "{}: `{text}`", e.slug);
            let chinese = text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(text.is_empty() || chinese || text.starts_with('{'), "{}: `{text}` is not Chinese", e.slug);
        }
    }
}

#[test]
fn fills_and_quotes() {
    let args = [("name", Arg::Name("余额".into())), ("all", Arg::Names(vec!["a".into(), "b".into()]))];
    assert_eq!(
        fill("{name}, `source {name}`: {all} {{x}} {gone}", &args, Lang::En),
        "`余额`, `source 余额`: `a`, `b` {x} …"
    );
    assert_eq!(fill("{all}", &args, Lang::Zh), "`a`、`b`");
}

#[test]
fn phrases_are_in_both_languages() {
    for row in rows(PHRASES) {
        assert!(row.len() == 3 && row.iter().all(|c| !c.is_empty()), "{row:?}");
    }
    assert_eq!(phrase("type.date", Lang::Zh), "日期");
}
