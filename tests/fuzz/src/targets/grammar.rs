//! Any text is parsed: nothing is lost in the dark, and every place lies on characters of the text.

use crate::Target;
use guiju_grammar::{dump, parse};

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
    assert_eq!(dump(&parsed.file), dump(&parse(&text).file), "reading twice gives the same");
}
