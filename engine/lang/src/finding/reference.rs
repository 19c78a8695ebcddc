//! Examples of the reference (`dsl-grammar/reference/examples`): what is wrong, and what is right instead.

use super::Code;

const AREAS: [&str; 8] = [
    include_str!("../../../../dsl-grammar/reference/examples/words.txt"),
    include_str!("../../../../dsl-grammar/reference/examples/names.txt"),
    include_str!("../../../../dsl-grammar/reference/examples/tables.txt"),
    include_str!("../../../../dsl-grammar/reference/examples/meaning.txt"),
    include_str!("../../../../dsl-grammar/reference/examples/kinds.txt"),
    include_str!("../../../../dsl-grammar/reference/examples/tests.txt"),
    include_str!("../../../../dsl-grammar/reference/examples/feeds.txt"),
    include_str!("../../../../dsl-grammar/reference/examples/routes.txt"),
];

/// A code's example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// Whose.
    pub code: Code,
    /// What stands around it: `condition`, `clauses`, `test`, `file`, or their Chinese names.
    pub frame: &'static str,
    /// What the finding is about.
    pub wrong: &'static str,
    /// The same, put right.
    pub right: &'static str,
}

/// All examples, by area.
pub fn examples() -> impl Iterator<Item = Example> {
    AREAS.iter().flat_map(|text| text.split("=== ").skip(1)).filter_map(parse)
}

/// The example of a code, if a text of a few lines can show it.
pub fn example(code: Code) -> Option<Example> {
    examples().find(|e| e.code == code)
}

fn parse(section: &'static str) -> Option<Example> {
    let (head, body) = section.split_once('\n')?;
    let (code, frame) = head.split_once(' ')?;
    let (wrong, right) = body.split_once("\n---\n")?;
    Some(Example { code: Code(code.parse().ok()?), frame, wrong, right: right.trim_end() })
}
