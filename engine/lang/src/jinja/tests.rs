use super::*;
use guiju_grammar::ast::ExprKind;

/// The text with slots as `{path:format}`, and everything else by its shape.
fn shape(text: &Text) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Literal(text) => text.clone(),
        Segment::Slot { expr, format, .. } => match format {
            Some(format) => format!("<{}:{}>", of(&expr.kind), format.text),
            None => format!("<{}>", of(&expr.kind)),
        },
    };
    text.segments.iter().map(segment).collect()
}

fn of(kind: &ExprKind) -> String {
    match kind {
        ExprKind::Path(path) => path.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join("."),
        ExprKind::Text(text) => format!("'{}'", shape(text)),
        ExprKind::If(c, a, b) => format!("if {} then {} else {}", of(&c.kind), of(&a.kind), of(&b.kind)),
        ExprKind::Binary(op, _, a, b) => format!("({} {op:?} {})", of(&a.kind), of(&b.kind)),
        ExprKind::Unary(op, a) => format!("({op:?} {})", of(&a.kind)),
        ExprKind::IsMissing(a, negated) => format!("({} missing {})", of(&a.kind), !negated),
        ExprKind::In { operand, negated, set } => format!("({} in {} {})", of(&operand.kind), of(&set.kind), !negated),
        ExprKind::List(items) => format!("[{}]", items.iter().map(|e| of(&e.kind)).collect::<Vec<_>>().join(" ")),
        other => format!("{other:?}"),
    }
}

fn refused(text: &str) -> Vec<(Code, &str)> {
    read(text)
        .err()
        .into_iter()
        .flatten()
        .map(|r| (r.code, &text[r.span.start as usize..r.span.end as usize]))
        .collect()
}

#[test]
fn what_a_template_may_say() {
    for (text, wanted) in [
        ("plain\n", "plain"),
        ("{{ 姓名 }}：{{ managers.phone }}", "<姓名>：<managers.phone>"),
        ("{{ due | format(\"%m月%d日\") }}", "<due:%m月%d日>"),
        ("{{ phone | default(\"—\") | format(\"x\") }}", "<(phone OrElse '—'):x>"),
        ("a{# said to nobody #}b", "ab"),
        ("{% raw %}{{ as it is }}{% endraw %}", "{{ as it is }}"),
        (
            "{% if level in [\"V5\", \"V6\"] %}\nyes {{ a }}\n{% elif b is none %}\nno\n{% else %}\n-\n{% endif %}\nend",
            "<if (level in ['V5' 'V6'] true) then 'yes <a>\n' else '<if (b missing true) then 'no\n' else '-\n'>'>end",
        ),
        ("{{ a if not b else c }}", "<if (Not b) then a else c>"),
        (
            "{% if a >= b and c is defined or d not in e %}x{% endif %}",
            "<if (((a Ge b) And (c missing false)) Or (Not (d in e true))) then 'x' else ''>",
        ),
    ] {
        assert_eq!(read(text).map(|t| shape(&t)), Ok(wanted.to_owned()), "{text}");
    }
}

#[test]
fn numbers_stay_decimal() {
    let Ok(text) = read("{{ a * 0.10 }}") else { panic!() };
    assert!(shape(&text).contains("mantissa: 10, scale: 2") || shape(&text).contains("mantissa: 010, scale: 2"));
}

#[test]
fn all_that_is_refused_is_named_at_its_place() {
    let text =
        "{{ a | upper }}\n{% for x in y %}{{ x }}{% endfor %}\n{{ f(1) }}{{ a[0] }}{% set z = 1 %}{{ a < b < c }}";
    let places: Vec<&str> = refused(text).into_iter().map(|(_, at)| at).collect();
    assert_eq!(places.len(), 6, "{places:?}");
    assert!(places[0].contains("upper") && places[2].contains("f(1"), "{places:?}");
}

/// Each mistake with its code, its place and what belongs there.
#[test]
fn what_cannot_be_read_is_said_in_our_own_words() {
    for (text, code, at, meant) in [
        ("one\n{{ a }\n", codes::TEMPLATE_NOT_CLOSED, "}", Some("}}")),
        ("{{ a %}", codes::TEMPLATE_NOT_CLOSED, "%}", Some("}}")),
        ("{% if a }}x{% endif %}", codes::TEMPLATE_NOT_CLOSED, "}}", Some("%}")),
        ("{{ a", codes::TEMPLATE_NOT_CLOSED, "{{ a", None),
        ("{% fi a %}x{% endif %}", codes::TEMPLATE_TAG, "fi", Some("endif")),
        ("{% if a %}x{% else if b %}y{% endif %}", codes::TEMPLATE_TAG, "else if", Some("elif")),
        ("{% iff a %}x{% endif %}", codes::TEMPLATE_TAG, "iff", Some("if")),
        ("{% 如果 a %}x{% endif %}", codes::TEMPLATE_TAG, "如果", Some("if")),
        ("x\n{% if a %}\ny\n", codes::TEMPLATE_IF_OPEN, "{% if a %}", None),
        ("x {% endif %}", codes::TEMPLATE_TAG_ALONE, "{% endif %}", None),
        ("{% if a %}x{% endif %}\n{% else %}", codes::TEMPLATE_TAG_ALONE, "{% else %}", None),
        ("{% if a > 50万 %}x{% endif %}", codes::TEMPLATE_NUMBER, "50万", None),
        ("{% if a > 30% %}x{% endif %}", codes::TEMPLATE_NUMBER, "30%", None),
        ("{% if a = \"V5\" %}x{% endif %}", codes::TEMPLATE_SIGN, "=", Some("==")),
        ("{% if a == “V5” %}x{% endif %}", codes::TEMPLATE_SIGN, "“", Some("\"")),
        ("{% if a && b %}x{% endif %}", codes::TEMPLATE_SIGN, "&&", Some("and")),
        ("{{ a | default（\"—\"） }}", codes::TEMPLATE_SIGN, "（", Some("(")),
        ("{{ }}", codes::TEMPLATE_VALUE, "", None),
        ("{% if %}x{% endif %}", codes::TEMPLATE_VALUE, "", None),
        ("{% if a == %}x{% endif %}", codes::TEMPLATE_VALUE, "", None),
        ("{{ a | default(\"—) }}", codes::TEMPLATE_QUOTE, "\"—) }}", None),
        ("{{ a b }}", codes::TEMPLATE_FILE_SYNTAX, "{{ a b }}", None),
    ] {
        let refusals = read(text).err().unwrap_or_default();
        let said: Vec<_> = refusals.iter().map(|r| (r.code, &text[r.span.range()], r.meant.as_deref())).collect();
        assert_eq!(said, [(code, at, meant)], "{text}");
    }
}

#[test]
fn hostile_files_are_refused_before_they_nest() {
    for text in [
        format!("{{{{ {}b }}}}", "a and ".repeat(100_000)),
        format!("{{{{ {}b }}}}", "not ".repeat(100_000)),
        format!("{{{{ {}b{} }}}}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(10_000)),
        "{% if a %}".repeat(10_000),
    ] {
        let found = refused(&text);
        assert!(matches!(found.as_slice(), [(codes::TEMPLATE_FILE_TOO_LARGE, _)]), "{:?}", found.first());
    }
}
