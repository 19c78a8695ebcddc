//! A finding at any place of any text is rendered, and its fix applied.

use crate::Target;
use guiju_lang::finding::render::{Style, json, text};
use guiju_lang::finding::{FileId, Finding, Fix, Lang, Place, Sources, Span, apply_fixes, codes};

pub(super) const TARGET: Target = Target {
    name: "excerpt",
    files: &["gj"],
    examples: &[
        "\x00\x03\x02\x05event 事件 \"a\" {\n\twhen x > 3\n}\n",
        "\x09\x01\x05\x00👩‍👧 é\r\n\u{200b}当余额",
        "\x00\x00\x01\x02｛姓名｝\n\n",
    ],
    longest: 4096,
    run,
};

/// The first four bytes are two spans, the rest is the text.
fn run(bytes: &[u8]) {
    let Some((&[a, b, c, d], body)) = bytes.split_first_chunk::<4>() else { return };
    let body = String::from_utf8_lossy(body).into_owned();
    let mut sources = Sources::new();
    let file = sources.add("规则.gj", body.as_str());
    // Findings come from the parser, whose spans lie on characters.
    let place = |from: u8, long: u8| {
        let start = body.floor_char_boundary(usize::from(from));
        let end = body.ceil_char_boundary(start + usize::from(long));
        Place { file, span: Span::new(start, end) }
    };
    let found = Finding::new(codes::names::UNKNOWN_NAME, place(a, b))
        .name("name", body.as_str())
        .label(place(c, d), "here")
        .suggest(vec![body.chars().take(20).collect()])
        .fix(Fix::replace(place(c, d), "以").safe())
        .fix(Fix::replace(place(a, b), "x"));
    let findings = [
        found.clone(),
        Finding::new(codes::names::UNKNOWN_COLUMN, place(c, d)).fix(Fix::replace(place(a, b), "")),
        found,
    ];
    for lang in [Lang::En, Lang::Zh] {
        for width in [1, 20, 100] {
            let page = text(&findings, &sources, lang, Style { color: a % 2 == 0, width });
            assert!(page.contains("规则.gj"), "the file is named");
        }
        assert_eq!(
            json(&findings, &sources, lang).as_array().map(Vec::len),
            Some(2),
            "the doubled finding is said once"
        );
    }
    let (fixed, applied) = apply_fixes(&body, FileId(0), &findings, true);
    assert!(applied >= 1 && fixed.len() <= body.len() + "以".len(), "fixes replace what they say");
}
