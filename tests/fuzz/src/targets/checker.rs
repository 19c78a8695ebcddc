//! Any text is checked: a program or an error, every finding with prose in both languages and a place that can be shown.

use crate::Target;
use guiju_lang::check::{CheckInput, check};
use guiju_lang::finding::render::{Style, json, text};
use guiju_lang::finding::{Finding, Lang, Sources, apply_fixes};
use guiju_lang::schema::NoSchemas;

pub(super) const TARGET: Target = Target {
    name: "checker",
    files: &["gj"],
    examples: &[
        "event a \"甲\" {\n  on c\n  when b > 5% of b and n starts with \"x\" or else false\n  task \"{b:万元}{n:%Y}\"\n  to t\n}\n",
        "let x = y\nlet y = x\nfn f(a) = f(a + 1m)\nlet z = f(5 metres) + 3 trading days\n",
        "table g (a, b) -> c {\n  | 18..60 | \"x\", \"y\" -> 1 |\n  | otherwise -> missing |\n}\n\
         test \"t\" {\n  given today 2026-02-30\n  given c { k: 1, b: 50万 }\n  expect nothing for 1\n}\n",
    ],
    longest: 4096,
    run,
};

/// What the texts may speak of without declaring it.
const HOUSE: &str = r#"
source c from lake table "c" {
  key k
  column k is integer required
  column b is decimal(18, 2)
  column n is text
  column d is date
  column f is bool required
  column r is real
}
sink t to desk { deliver at least once }
"#;

fn run(bytes: &[u8]) {
    let body = format!("{HOUSE}{}", String::from_utf8_lossy(bytes));
    let mut files = Sources::new();
    let file = files.add("规则.gj", body.as_str());
    let input = CheckInput { files: &files, schemas: &NoSchemas, kinds: &[&guiju_mot::EVENT], calendars: &[] };
    let checked = check(input);
    assert_eq!(checked.program.is_none(), checked.findings.iter().any(Finding::is_error), "a program, or an error");
    for lang in [Lang::En, Lang::Zh] {
        let page = text(&checked.findings, &files, lang, Style::default());
        assert_eq!(page.is_empty(), checked.findings.is_empty(), "{lang:?}: findings are shown");
        assert!(json(&checked.findings, &files, lang).is_array());
    }
    // Fixes may be wrong for the meaning, never for the text.
    let (fixed, _) = apply_fixes(&body, file, &checked.findings, true);
    let mut files = Sources::new();
    files.add("规则.gj", fixed);
    check(CheckInput { files: &files, ..input });
}
