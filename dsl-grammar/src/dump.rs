//! The AST as text, without places: two texts that say the same dump the same.

use std::fmt::Write as _;

use crate::ast::{
    Cell, CellKind, Clause, Expr, ExprKind, File, Item, Literal, Name, Over, Param, Part, Plain, Segment, TemplateBody,
    TestStep, Text, TypeName,
};
use crate::keyword::Kw;

/// Writes a file as one line per declaration, clause, row and step, without places and spellings.
///
/// ```
/// let en = guiju_grammar::parse("let large = balance >= 50万");
/// let zh = guiju_grammar::parse("令 large = balance 不小于 50 万");
/// assert_eq!(guiju_grammar::dump(&en.file), guiju_grammar::dump(&zh.file));
/// ```
pub fn dump(file: &File) -> String {
    let mut out = String::new();
    for item in &file.items {
        dump_item(&mut out, item);
    }
    out
}

fn line(out: &mut String, indent: usize, text: &str) {
    let _ = writeln!(out, "{:indent$}{text}", "", indent = indent * 2);
}

fn head(what: &str, name: &Name, title: Option<&Plain>, doc: Option<&String>) -> String {
    let mut out = format!("{what} {}", name.text);
    if let Some(title) = title {
        let _ = write!(out, " {:?}", title.text);
    }
    if let Some(doc) = doc {
        let _ = write!(out, " doc={doc:?}");
    }
    out
}

fn dump_item(out: &mut String, item: &Item) {
    match item {
        Item::Language(it) => line(out, 0, &format!("language {}", it.edition)),
        Item::Rulebook(it) => {
            line(out, 0, &head("rulebook", &it.name, it.title.as_ref(), it.doc.as_ref()));
            clauses(out, 1, &it.clauses);
        }
        Item::Import(it) => line(out, 0, &format!("import {} as {}", it.rulebook.text, it.alias.text)),
        Item::Let(it) => {
            let said = head("let", &it.name, None, it.doc.as_ref());
            line(out, 0, &format!("{said} = {}", expr(&it.value)));
        }
        Item::Fn(it) => {
            let said = head("fn", &it.name, None, it.doc.as_ref());
            line(out, 0, &format!("{said} {} = {}", params(&it.params), expr(&it.body)));
        }
        Item::ScriptFn(it) => {
            let said = head("script", &it.name, None, it.doc.as_ref());
            let result = type_name(&it.result);
            line(out, 0, &format!("{said} {} -> {result} {:?}", params(&it.params), it.body.text));
        }
        Item::Template(it) => {
            let said = head("template", &it.name, it.title.as_ref(), it.doc.as_ref());
            let body = match &it.body {
                TemplateBody::Inline(it) => text(it),
                TemplateBody::File(path) => format!("file {:?}", path.text),
            };
            line(out, 0, &format!("{said} {body}"));
        }
        Item::Source(it) => {
            let said = head("source", &it.name, None, it.doc.as_ref());
            line(out, 0, &format!("{said} from {}{}", it.connection.text, object(it.object.as_ref())));
            clauses(out, 1, &it.clauses);
            for column in &it.columns {
                let required = if column.required { " required" } else { "" };
                line(out, 1, &format!("column {} {}{required}", column.name.text, type_name(&column.ty)));
            }
        }
        Item::Sink(it) => {
            let said = head("sink", &it.name, None, it.doc.as_ref());
            line(out, 0, &format!("{said} to {}{}", it.connection.text, object(it.object.as_ref())));
            clauses(out, 1, &it.clauses);
        }
        Item::Feed(it) => {
            let said = head("feed", &it.name, None, it.doc.as_ref());
            line(out, 0, &format!("{said} from {}{}", it.connection.text, object(it.object.as_ref())));
            clauses(out, 1, &it.clauses);
        }
        Item::Topology(it) => {
            let said = head("topology", &it.name, None, it.doc.as_ref());
            line(out, 0, &format!("{said} from {}{}", it.connection.text, object(it.object.as_ref())));
        }
        Item::Route(it) => {
            let broken = if it.broken { " BROKEN" } else { "" };
            let said = head("route", &it.name, it.title.as_ref(), it.doc.as_ref());
            line(out, 0, &format!("{said}{broken}"));
            clauses(out, 1, &it.clauses);
        }
        Item::Table(it) => {
            let said = head("table", &it.name, it.title.as_ref(), it.doc.as_ref());
            line(out, 0, &format!("{said} {} -> {}", params(&it.inputs), params(&it.outputs)));
            if let Some((hit, _)) = it.hit {
                let order = it.priorities.iter().map(|value| format!(" {}", expr(value))).collect::<String>();
                line(out, 1, &format!("hit {}{order}", kw(hit)));
            }
            for row in &it.rows {
                let cells: Vec<String> = row.cells.iter().map(cell).collect();
                let cells = if row.otherwise { "otherwise".into() } else { cells.join(" | ") };
                line(out, 1, &format!("| {cells} -> {} |", exprs(&row.outputs)));
            }
        }
        Item::Test(it) => {
            let doc = it.doc.as_ref().map(|doc| format!(" doc={doc:?}")).unwrap_or_default();
            line(out, 0, &format!("test {:?}{doc}", it.title.text));
            for step in &it.steps {
                dump_step(out, step);
            }
        }
        Item::Rule(it) => {
            let broken = if it.broken { " BROKEN" } else { "" };
            let said = head(kw(it.kind), &it.name, it.title.as_ref(), it.doc.as_ref());
            line(out, 0, &format!("{said}{broken}"));
            clauses(out, 1, &it.clauses);
        }
        Item::Broken(it) => {
            let kind = it.kind.map_or("?", kw);
            line(out, 0, &format!("BROKEN {kind} {}", it.name.as_ref().map_or("?", |name| &name.text)));
        }
    }
}

fn kw(kw: Kw) -> &'static str {
    kw.entry().token
}

fn object(object: Option<&(Kw, Plain)>) -> String {
    object.map(|(word, text)| format!(" {} {:?}", kw(*word), text.text)).unwrap_or_default()
}

fn params(params: &[Param]) -> String {
    let params: Vec<String> = params
        .iter()
        .map(|param| match &param.ty {
            Some(ty) => format!("{}: {}", param.name.text, type_name(ty)),
            None => param.name.text.clone(),
        })
        .collect();
    format!("({})", params.join(", "))
}

fn type_name(ty: &TypeName) -> String {
    let mut out = ty.name.text.clone();
    if !ty.args.is_empty() {
        let _ = write!(out, "{:?}", ty.args);
    }
    if let Some(unit) = &ty.unit {
        let _ = write!(out, " in {}", unit.text);
    }
    out
}

fn clauses(out: &mut String, indent: usize, clauses: &[Clause]) {
    for clause in clauses {
        let parts: Vec<String> = clause.parts.iter().map(part).collect();
        line(out, indent, format!("{} {}", kw(clause.word), parts.join(" ")).trim_end());
        if let Some(block) = &clause.block {
            self::clauses(out, indent + 1, block);
        }
    }
}

fn part(part: &Part) -> String {
    match part {
        Part::Word(word, _) => kw(*word).to_owned(),
        Part::Expr(it) => expr(it),
        Part::Text(it) => text(it),
    }
}

fn dump_step(out: &mut String, step: &TestStep) {
    let said = match step {
        TestStep::Clock(word, value) => format!("given {} {}", kw(*word), expr(value)),
        TestStep::ForAny { source, with, .. } => {
            let with = with.as_ref().map(|with| format!(" with {}", expr(with))).unwrap_or_default();
            format!("for any {}{with}", path(source))
        }
        TestStep::After(time, _) => format!("after {}", expr(time)),
        TestStep::Given(given) => {
            let rows: Vec<String> = given.rows.iter().map(|row| record(row)).collect();
            format!("given {} {}", path(&given.source), rows.join(" "))
        }
        TestStep::Expect(it) => {
            let with: Vec<String> = it
                .with
                .iter()
                .map(|property| format!("{} {}", property_name(property), part(&property.value)))
                .collect();
            let key = it.key.as_ref().map_or_else(|| "it".to_owned(), expr);
            format!("expect {} {} for {key} with {}", kw(it.kind), path(&it.rule), with.join(", "))
        }
        TestStep::ExpectRows(it) => {
            let rows: Vec<String> = it.rows.iter().map(|row| record(row)).collect();
            format!("expect {} {} exactly {}", kw(it.kind), path(&it.rule), rows.join(" "))
        }
        TestStep::ExpectNothing { rule, key, .. } => {
            let rule = if rule.is_empty() { String::new() } else { format!(" of {}", path(rule)) };
            let key = key.as_ref().map(|key| format!(" for {}", expr(key))).unwrap_or_default();
            format!("expect nothing{rule}{key}")
        }
        TestStep::ExpectRoute(it) => {
            let sign = if it.none { "no route" } else { "route" };
            let ends = it.ends.as_ref().map(|[from, to]| format!(" from {:?} to {:?}", from.text, to.text));
            let via: Vec<&str> = it.via.iter().map(|via| via.text.as_str()).collect();
            format!("expect {sign} {}{} via {via:?}", path(&it.route), ends.unwrap_or_default())
        }
    };
    line(out, 1, &said);
}

fn property_name(property: &crate::ast::Property) -> String {
    property.word.map_or_else(|| property.name.text.clone(), |word| kw(word).to_owned())
}

fn path(names: &[Name]) -> String {
    names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".")
}

fn cell(cell: &Cell) -> String {
    let open = |end: &Option<Expr>| end.as_ref().map(expr).unwrap_or_default();
    match &cell.kind {
        CellKind::Any => "-".into(),
        CellKind::Compare(op, value) => format!("{op:?} {}", expr(value)),
        CellKind::Range(low, high) => format!("{}..{}", open(low), open(high)),
        CellKind::OneOf(values, negated) => format!("{}[{}]", if *negated { "not " } else { "" }, exprs(values)),
        CellKind::Missing(negated) => if *negated { "is not missing" } else { "is missing" }.into(),
    }
}

fn exprs(list: &[Expr]) -> String {
    list.iter().map(expr).collect::<Vec<_>>().join(", ")
}

fn record(fields: &[(Name, Expr)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{}: {}", name.text, expr(value))).collect();
    format!("{{{}}}", fields.join(", "))
}

fn text(text: &Text) -> String {
    let mut out = String::from("\"");
    for segment in &text.segments {
        match segment {
            Segment::Literal(literal) => out += &literal.escape_debug().to_string(),
            Segment::Slot { expr: value, format, .. } => {
                let format = format.as_ref().map(|format| format!(":{}", format.text)).unwrap_or_default();
                let _ = write!(out, "{{{}{format}}}", expr(value));
            }
        }
    }
    out + "\""
}

fn expr(value: &Expr) -> String {
    let open = |end: &Option<Box<Expr>>| end.as_ref().map(|end| expr(end)).unwrap_or_default();
    match &value.kind {
        ExprKind::Literal(it) => literal(it),
        ExprKind::Text(it) => text(it),
        ExprKind::Path(names) => path(names),
        ExprKind::Call { function, args, over } => {
            let each = |over: &Over| if over.each { " each" } else { "" };
            let over =
                over.as_ref().map(|over| format!(" over{} {}", each(over), expr(&over.span))).unwrap_or_default();
            format!("{}({}){over}", path(function), exprs(args))
        }
        ExprKind::Clock(clock) => format!("{clock:?}").to_lowercase(),
        ExprKind::Unary(op, operand) => format!("({op:?} {})", expr(operand)),
        ExprKind::Binary(op, _, left, right) => format!("({op:?} {} {})", expr(left), expr(right)),
        ExprKind::In { operand, negated, set } => {
            format!("({} {} {})", if *negated { "NotIn" } else { "In" }, expr(operand), expr(set))
        }
        ExprKind::IsMissing(operand, negated) => {
            format!("({} {})", if *negated { "IsNotMissing" } else { "IsMissing" }, expr(operand))
        }
        ExprKind::Between(operand, low, high) => format!("(Between {} {} {})", expr(operand), expr(low), expr(high)),
        ExprKind::Within(operand, direction, time) => format!("(Within{direction:?} {} {})", expr(operand), expr(time)),
        ExprKind::InTop { operand, end, amount, per } => {
            let per = if per.is_empty() { String::new() } else { format!(" per {}", path(per)) };
            format!("(In{end:?} {} {}{per})", expr(operand), expr(amount))
        }
        ExprKind::Matches(operand, pattern, _) => format!("(Matches {} /{pattern}/)", expr(operand)),
        ExprKind::If(condition, then, other) => format!("(If {} {} {})", expr(condition), expr(then), expr(other)),
        ExprKind::PercentOf(share, of) => format!("(PercentOf {} {})", expr(share), expr(of)),
        ExprKind::List(list) => format!("[{}]", exprs(list)),
        ExprKind::Record(fields) => record(fields),
        ExprKind::Range(low, high) => format!("{}..{}", open(low), open(high)),
    }
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Missing => "missing".into(),
        Literal::Bool(value) => value.to_string(),
        Literal::Number { mantissa, scale, magnitude, unit } => {
            let unit = unit.as_deref().unwrap_or_default();
            let scale = if *scale == 0 { String::new() } else { format!("e-{scale}") };
            match magnitude {
                crate::ast::Magnitude::One => format!("{mantissa}{scale}{unit}"),
                magnitude => format!("{mantissa}{scale}·{magnitude:?}{unit}"),
            }
        }
        Literal::Duration { count, unit } => format!("{count}·{unit:?}"),
        Literal::Date { year, month, day } => format!("{year:04}-{month:02}-{day:02}"),
        Literal::Time(time) => format!("t{time}"),
        Literal::Timestamp { year, month, day, time } => format!("{year:04}-{month:02}-{day:02}t{time}"),
        Literal::Ip(ip) => ip.to_string(),
        Literal::Cidr(ip, prefix) => format!("{ip}/{prefix}"),
        Literal::Service { protocol, low, high } => format!("{protocol}/{low}..{high}"),
    }
}
