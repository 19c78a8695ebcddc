//! Any text is parsed and, if nothing is wrong with it, formatted: every place lies on characters of the text, the tree loses
//! nothing, and the formatted text says the same.

use crate::Target;
use guiju_grammar::keyword::Language;
use guiju_grammar::{FormatOptions, dump, format, parse};

pub(super) const TARGET: Target = Target {
    name: "grammar",
    files: &["gj"],
    examples: &[
        "event a \"b\" {\n  on customers\n  when balance >= 50万 and cd_maturity within next 3 trading days\n  task \"提醒{name}：{balance:万元}\"\n}\n",
        "事件 到期 {\n  当 余额 >= 50万 且 到期日 在未来3个交易日内\n  分派给 客户经理.工号 为空则取 营业部\n  每个 客户 每30天一次\n}\n",
        "table grade \"分级\" (age, asset) -> level {\n  hit first\n  | < 60 | >= 50万 -> \"A\" |\n  | otherwise -> \"C\" |\n}\n",
        "let a = if x matches /^[0-9]+$/ then (1 + 2) * -3 else f(1,\n  2) or else missing # note\n",
    ],
    longest: 8192,
    run,
};

fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let parsed = parse(&text);
    let mut last = 0;
    for problem in &parsed.problems {
        assert!(text.get(problem.span.range()).is_some(), "{problem:?} lies on characters");
        assert!(problem.span.start >= last, "problems come in order of place");
        last = problem.span.start;
        for edit in &problem.fix {
            assert!(text.get(edit.span.range()).is_some(), "{edit:?} lies on characters");
        }
    }
    let pieces: String = parsed.tree().pieces().iter().filter_map(|piece| text.get(piece.span().range())).collect();
    assert_eq!(pieces, text, "the tree loses nothing");
    for keywords in [None, Some(Language::En), Some(Language::Zh)] {
        let options = FormatOptions { keywords };
        let Ok(formatted) = format(&text, &options) else {
            assert!(!parsed.problems.is_empty(), "only a text with problems is refused");
            continue;
        };
        let again = parse(&formatted);
        assert!(
            again.problems.is_empty(),
            "{keywords:?}: the formatted text can be read: {:?}\n{formatted}",
            again.problems
        );
        assert_eq!(dump(&again.file), dump(&parsed.file), "{keywords:?}: the formatted text says the same");
        assert_eq!(
            format(&formatted, &options).as_ref(),
            Ok(&formatted),
            "{keywords:?}: formatting twice changes nothing"
        );
    }
}
