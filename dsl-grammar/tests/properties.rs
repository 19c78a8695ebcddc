//! Properties of parsing and formatting: on rulebooks put together at random, and on texts broken at random.

use guiju_grammar::keyword::Language;
use guiju_grammar::{FormatOptions, check_invariants as check, dump, format, parse};
use proptest::prelude::*;

const GOOD: [&str; 2] = [include_str!("corpus/good/retention.gj"), include_str!("corpus/good/retention_zh.gj")];

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "cd_balance",
        "余额",
        "当前余额",
        "priority",
        "近30日交易额",
        "`in`",
        "order",
        "其中股票",
        "_x1",
    ])
    .prop_map(str::to_owned)
}

fn duration() -> impl Strategy<Value = String> {
    let unit =
        prop::sample::select(vec!["d", "m", "h", "s", "天", "个交易日", " trading days", "个月", " years", " days"]);
    (1..400_u32, unit).prop_map(|(count, unit)| format!("{count}{unit}"))
}

fn literal() -> impl Strategy<Value = String> {
    let fixed = vec![
        "50万",
        "0.05%",
        "25bp",
        "1.5亿元",
        "1_000",
        "2026-11-22",
        "2026年1月5日",
        "09:30",
        "2026-11-22 09:30:15",
        "10.1.2.3",
        "10.0.0.0/8",
        "tcp/80..90",
        "\"V5\"",
        "“中文”",
        "\"a {x:万元} b\"",
        "\"{{\\n\\\"\"",
        "true",
        "空",
        "missing",
        "today",
        "现在",
        "18..60",
        "..5",
        "60..",
        "[1, 2]",
        "[]",
        "{ a: 1, b: \"x\" }",
    ];
    prop::sample::select(fixed).prop_map(str::to_owned)
}

fn expr() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![name(), literal(), (0..9999_u32).prop_map(|n| n.to_string())];
    leaf.prop_recursive(5, 48, 3, |inner| {
        let whole = inner.clone().prop_map(|e| format!("({e})"));
        let infix = prop::sample::select(vec![
            "and",
            "or",
            "且",
            "或",
            "+",
            "-",
            "*",
            "/",
            "×",
            "\n  and",
            "AND # why\n",
            "＋",
        ]);
        let compare = prop::sample::select(vec![">=", "<", "=", "!=", "≥", "大于", "不超过", "contains", "开头是"]);
        prop_oneof![
            (whole.clone(), infix, whole.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (whole.clone(), compare, whole.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (whole.clone(), whole.clone(), whole.clone()).prop_map(|(a, b, c)| format!("{a} between {b} and {c}")),
            (whole.clone(), whole.clone(), whole.clone()).prop_map(|(a, b, c)| format!("{a} 介于 {b} 到 {c} 之间")),
            (whole.clone(), duration()).prop_map(|(a, d)| format!("{a} within next {d}")),
            (whole.clone(), duration()).prop_map(|(a, d)| format!("{a} 在过去 {d} 内")),
            (whole.clone(), whole.clone()).prop_map(|(a, b)| format!("{a} 为空则取 {b}")),
            (inner.clone(), duration()).prop_map(|(a, d)| format!("sum({a}，1) over {d}")),
            whole.clone().prop_map(|a| format!("not {a}")),
            whole.clone().prop_map(|a| format!("-{a}")),
            whole.clone().prop_map(|a| format!("{a} is not missing")),
            whole.clone().prop_map(|a| format!("{a} 不属于 [1，\n 2]")),
            whole.clone().prop_map(|a| format!("30% of {a}")),
            (name(), duration()).prop_map(|(a, d)| format!("合计({a}) 近 {d} 的 5%")),
            whole.prop_map(|a| format!("{a} in top 5% per a, 余额")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("if {a} then {b} else {c}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{{ 甲: {a}, b： {b} }}")),
        ]
    })
}

fn rulebook() -> impl Strategy<Value = String> {
    let parts = prop::collection::vec((name(), expr(), duration()), 1..4);
    parts.prop_map(|parts| {
        let mut text = String::new();
        for (i, (name, expr, duration)) in parts.iter().enumerate() {
            text += &format!(
                "## doc {i}\nlet {name} = {expr}\n# between\nevent e{i} \"题\" {{ # first\n  when {expr}\n\n\n"
            );
            text +=
                &format!("  每个 {name} 每{duration}一次 # every\n  task “{{{name}}}”\n  expires after {duration}}}\n");
            text += &format!("table t{i} (a,b)->c {{\n| < 5 | - -> {expr} |\n| otherwise -> 1 | # o\n}}\n");
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn formatting_says_the_same_and_is_idempotent(text in rulebook()) {
        let parsed = parse(&text);
        prop_assume!(parsed.problems.is_empty());
        for keywords in [None, Some(Language::En), Some(Language::Zh)] {
            let options = FormatOptions { keywords };
            let once = format(&text, &options).unwrap();
            let again = parse(&once);
            prop_assert!(again.problems.is_empty(), "{:?}\n{once}", again.problems);
            prop_assert_eq!(dump(&again.file), dump(&parsed.file));
            prop_assert_eq!(format(&once, &options).unwrap(), once);
        }
    }

    #[test]
    fn any_text_is_read_and_lost_nowhere(text in "\\PC{0,200}") {
        check(&text);
    }

    #[test]
    fn any_words_are_read(words in prop::collection::vec(
        prop::sample::select(vec!["event", "when", "当", "{", "}", "(", ")", "\"", "“", "”", "#", "\n", "\n  ", "if", "else", "then",
            "近", "1d", "50万", "|", "->", "in", "[", "]", "sum", ",", "，", "`", "{a:b}", "\\", "match", "/", ".", "..", "test", "given", "\r\n",
            "script fn", "let", "=", "not", "-", "\u{200B}", "'", "table", "a", "余额"]), 0..60)) {
        check(&words.join(" "));
        check(&words.concat());
    }

    /// A good file with a stretch cut out, or something put in, at any place.
    #[test]
    fn a_broken_file_is_read(which in 0..2_usize, at in 0..10_000_usize, cut in 0..30_usize, put in "[\"{}()#|\\\\\n a当,=<0-9]{0,4}") {
        let text = GOOD[which];
        let from = floor(text, at % text.len());
        let to = floor(text, (from + cut).min(text.len()));
        check(&format!("{}{put}{}", &text[..from], &text[to.max(from)..]));
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
