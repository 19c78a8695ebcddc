//! What each word is, for the eye.
#![allow(clippy::unwrap_used)] // a test that cannot read its own text has failed

use guiju_grammar::{Class, ansi, highlight, html};
use proptest::prelude::*;

fn classes(text: &str) -> Vec<(&str, Class)> {
    highlight(text).into_iter().map(|mark| (&text[mark.span.range()], mark.class)).collect()
}

#[test]
fn words_are_what_they_are() {
    let text = "event due \"到期\" { # soon\n  on customers\n  when age(birth) >= 60 and level is not missing\n  task \"请联系{name:x}\"\n}\n";
    let found = classes(text);
    for wanted in [
        ("event", Class::Kind),
        ("due", Class::Declared),
        ("# soon", Class::Comment),
        ("on", Class::Clause),
        ("customers", Class::Name),
        ("age", Class::Function),
        ("birth", Class::Name),
        (">=", Class::Sign),
        ("60", Class::Number),
        ("and", Class::Operator),
        ("is not missing", Class::Operator),
        ("请联系", Class::Text),
        ("{", Class::Slot),
        ("x", Class::Slot),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} in {found:?}");
    }
}

#[test]
fn chinese_words_are_the_same_words() {
    let found = classes("事件 到期 {\n  针对 客户\n  当 余额 >= 50万 且 到期日 在未来3个交易日内\n  优先级 高\n}\n");
    for wanted in [
        ("事件", Class::Kind),
        ("针对", Class::Clause),
        ("且", Class::Operator),
        ("50万", Class::Number),
        ("在未来", Class::Operator),
        ("3个交易日", Class::Number),
        ("内", Class::Word),
        ("高", Class::Constant),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} in {found:?}");
    }
}

#[test]
fn a_line_being_typed_keeps_its_colours() {
    let found = classes("event due {\n  when level in [\"V5\"\n  priority high\n}\nlet a = = 3 # no\n");
    for wanted in [
        ("event", Class::Kind),
        ("priority", Class::Clause),
        ("\"V5\"", Class::Text),
        ("let", Class::Kind),
        ("# no", Class::Comment),
    ] {
        assert!(
            found.iter().any(|mark| *mark == wanted || (mark.1 == wanted.1 && wanted.0.contains(mark.0))),
            "{wanted:?} in {found:?}"
        );
    }
}

#[test]
fn pages_are_escaped_and_terminals_are_safe() {
    assert_eq!(
        html("let a = \"<b>\""),
        concat!(
            "<span class=\"gj-kind\">let</span> <span class=\"gj-declared\">a</span> <span class=\"gj-sign\">=</span> ",
            "<span class=\"gj-text\">&quot;</span><span class=\"gj-text\">&lt;b&gt;</span><span class=\"gj-text\">&quot;</span>"
        )
    );
    assert!(!ansi("# \x1b[2J\n").contains("\x1b[2J"));
    assert_eq!(ansi("a\n\nb"), "a\n\nb");
}

proptest! {
    /// Marks are in order, do not overlap, lie on characters; and the pages hold the text, whatever it is.
    #[test]
    fn any_text_is_marked_once(text in "(event|when|且|\"|\\{|\\}|[ \n#a-c0-9]|内|50万|/|\\\\|<){0,40}") {
        let mut end = 0;
        for mark in highlight(&text) {
            prop_assert!(mark.span.start >= end && mark.span.start < mark.span.end, "{mark:?}");
            prop_assert!(text.get(mark.span.range()).is_some());
            end = mark.span.end;
        }
        prop_assert!(end as usize <= text.len());
        let bare = html(&text);
        let mut inside = false;
        let bare: String = bare.chars().filter(|c| { let was = inside; inside = match c { '<' => true, '>' => false, _ => inside }; !was && !inside && *c != '>' }).collect();
        prop_assert_eq!(bare.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"), text);
    }
}
