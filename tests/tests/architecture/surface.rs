//! The parser generator's types never leave the grammar crate.

use crate::{code, none, sources};

#[test]
fn the_parser_generator_does_not_leave_the_grammar() {
    let mut found = Vec::new();
    for (path, text) in sources("dsl-grammar/src") {
        found.extend(leaks(&text).into_iter().map(|what| format!("{}:{what}", path.display())));
    }
    none(&found);
}

/// Public items and fields whose signature names a type of the generator, with their line.
fn leaks(text: &str) -> Vec<String> {
    let code = code::only(text);
    // The tree has a `Rule` of its own; the generator's is the one that comes from the module `grammar`.
    let generated = code.split(';').filter(|part| part.trim_start().starts_with("use ")).any(|import| {
        let has = |wanted: &str| code::words(import).any(|(_, word)| word == wanted);
        has("grammar") && has("Rule")
    });
    let mut found = Vec::new();
    let mut start = 0;
    for (number, line) in code.split_inclusive('\n').enumerate() {
        let item = code[start..].trim_start();
        start += line.len();
        if !line.trim_start().starts_with("pub ") {
            continue;
        }
        // A function's head and an import may span lines; a type's fields are lines of their own.
        let ends: &[char] = match item.split_whitespace().nth(1) {
            Some("use" | "type" | "const" | "static") => &[';'],
            Some("struct" | "enum" | "trait" | "mod") => &['{', ';', '\n'],
            _ if line.contains("fn ") => &['{', ';'],
            _ => &['\n'],
        };
        let signature = &item[..item.find(ends).unwrap_or(item.len())];
        let names = |wanted: &str| code::words(signature).any(|(_, word)| word == wanted);
        if names("Pair")
            || names("Pairs")
            || names("pest")
            || (generated && names("Rule"))
            || (names("grammar") && (names("Rule") || names("mod")))
        {
            found.push(format!("{}: {}", number + 1, signature.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
    }
    found
}

#[test]
fn a_leak_is_seen() {
    for bad in [
        "pub fn tree(text: &str) -> Pairs<'_, Rule> { todo(text) }",
        "pub fn tree(\n    pair: Pair<'_, Rule>,\n) -> usize {\n    0\n}",
        "use crate::grammar::{self, Rule};\npub struct Node {\n    pub rule: Rule,\n}",
        "pub mod grammar;",
        "pub use pest::Span;",
        "pub use {\n    crate::grammar::Rule,\n};",
        "pub type Error = pest::error::Error<crate::Rule>;",
    ] {
        assert_eq!(leaks(bad).len(), 1, "{bad}");
    }
    none(&leaks("pub(crate) fn tree(text: &str) -> Pairs<'_, Rule> { inner(text) }"));
    none(&leaks(
        "/// Not a `Pair`.\npub fn tree(text: &str) -> Tree {\n    let pairs: Pairs<'_, Rule> = inner(text);\n}",
    ));
    none(&leaks("mod grammar;\npub mod ast;\npub struct Row { pub rule: Rule }\n"));
    none(&leaks("fn of(rule: Rule) {}\npub struct Rules;\n"));
}
