//! The canonical text of the expanded checked form, and its hash: two rules with one text mean the same. Spelling, layout,
//! titles, comments, `let` and `fn` names, nullability and places are not part of it; columns go by name, so that a source more
//! in the set changes nothing.

use crate::{
    hir::{
        Amount, Cell, ColumnRef, Expr, ExprKind, Population, Program, Reach, Rule, SlotFormat, Source, Table,
        TextSegment, TextTemplate, Window,
    },
    market::{Clock, Form},
    plant::Route,
    value::{Duration, Value},
};
use std::fmt::{self, Display, Formatter, Write};

/// A text in quotes, with what would end it escaped. Not `Debug`: which characters that escapes may change with the standard
/// library, and a hash must not.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        if !self.0.bytes().any(|byte| matches!(byte, b'"' | b'\\' | b'\n')) {
            f.write_str(self.0)?;
            return f.write_char('"');
        }
        for piece in self.0.split_inclusive(['"', '\\', '\n']) {
            let Some(last @ ('"' | '\\' | '\n')) = piece.chars().next_back() else {
                f.write_str(piece)?;
                continue;
            };
            f.write_str(&piece[..piece.len() - 1])?;
            f.write_str(match last {
                '"' => "\\\"",
                '\\' => "\\\\",
                _ => "\\n",
            })?;
        }
        f.write_char('"')
    }
}

/// A text as `Debug` shows it, which is what a kind's own part of the canonical text has always used. Asking of every character
/// whether it can be printed takes most of the time that a hash takes, and of almost all it is known.
pub fn debug_text(out: &mut String, text: &str) {
    let plain = |c| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~' | '\u{4E00}'..='\u{9FA5}' | '\u{3001}'..='\u{3011}' | '\u{FF01}'..='\u{FF5E}');
    if text.chars().all(plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        let _ = write!(out, "{text:?}");
    }
}

/// What a declared fibre route means: where it stands and its title are no part of that.
pub fn route(route: &Route) -> String {
    let mut out = String::new();
    let Route { rulebook, name, title: _, on, from, to, prefer, via, avoid, apart, loss, .. } = route;
    let Route { classes, owners, same_core, pairs, descending, hold, place: _, .. } = route;
    let _ = writeln!(out, "route {} {}", Quoted(rulebook), Quoted(name));
    let _ = writeln!(out, " on {:?} {:?}", on.connection, on.object);
    let _ = writeln!(out, " from {from:?} to {to:?}");
    let _ = writeln!(out, " prefer {prefer:?} via {via:?} avoid {avoid:?}");
    let _ = writeln!(out, " apart {apart:?} loss {loss:?} class {classes:?} owner {owners:?}");
    let _ = writeln!(out, " same core {same_core} paired {pairs} descending {descending} hold {hold:?}");
    out
}

/// Hash of everything that a program means, of whose rules these are the texts ([`rule`]); its tests are not part of it.
pub fn program_hash<'t>(program: &Program, rules: impl IntoIterator<Item = &'t str>) -> [u8; 32] {
    let mut out = String::from("guiju 1\n");
    for book in &program.rulebooks {
        let calendar = book.calendar.as_deref().unwrap_or_default();
        let words = [&*book.tenant, &*book.name, calendar, &*book.zone].map(Quoted);
        let _ = writeln!(out, "rulebook {} {} {} {}", words[0], words[1], words[2], words[3]);
    }
    for declared in &program.routes {
        out += &route(declared);
    }
    for source in &program.sources {
        let _ = write!(out, "source {:?} {:?} {:?}", source.name, source.connection, source.object);
        let _ = write!(out, " key {:?} time {:?}", source.key, source.time);
        if source.lateness > 0 {
            let _ = write!(out, " lateness {}", source.lateness);
        }
        if let Some(idle) = source.idle {
            let _ = write!(out, " idle {idle}");
        }
        if let Some(feed) = &source.feed {
            // The whole template file: who changes it reads other bytes, whatever the columns are called.
            let Form { format, framing, honours_reset, joined, templates } = &*feed.form;
            let templates = templates.as_deref().unwrap_or_default();
            let _ = write!(out, " feed {format:?} {framing:?} {honours_reset} {joined} {}", Quoted(&feed.table));
            let _ = write!(out, " {}", Quoted(templates));
            for (name, clock) in &feed.clocks {
                let _ = match clock {
                    Clock::Written { pattern, .. } => write!(out, " {} as {}", Quoted(name), Quoted(pattern)),
                    Clock::Counted(many) => write!(out, " {} as {many}", Quoted(name)),
                };
            }
        }
        out.push('\n');
        for column in source.delivered() {
            let name = Quoted(&column.name);
            let _ = writeln!(out, "  {name} {} {:?}", column.typed.ty, column.typed.unit);
        }
    }
    for sink in &program.sinks {
        let _ = writeln!(out, "sink {:?} {:?} {:?} {}", sink.name, sink.connection, sink.object, sink.at_most_once);
    }
    for script in &program.scripts {
        let _ = write!(out, "script {:?} {:?} {}", script.name, script.body, script.result.ty);
        for (name, typed) in &script.params {
            let _ = write!(out, " {name:?} {}", typed.ty);
        }
        out.push('\n');
    }
    for rule in rules {
        out += rule;
    }
    *blake3::hash(out.as_bytes()).as_bytes()
}

/// What one rule means.
pub fn rule(rule: &Rule, sources: &[Source]) -> String {
    let mut out = format!("{} {}", rule.head.kind, rule.head.id);
    if let Some(old) = &rule.head.formerly {
        let _ = write!(out, " formerly {old}");
    }
    out.push('\n');
    rule.body.canonical(&mut out);
    out.push('\n');
    for (role, e) in rule.body.expressions() {
        let _ = write!(out, "  {role} ");
        expr(&mut out, e, sources);
        out.push('\n');
    }
    for p in &rule.head.populations {
        out += "  population ";
        population_of(&mut out, p, sources);
        out.push('\n');
    }
    out
}

/// Hash of [`rule`].
pub fn rule_hash(rule: &Rule, sources: &[Source]) -> [u8; 32] {
    *blake3::hash(self::rule(rule, sources).as_bytes()).as_bytes()
}

/// A question over a snapshot, its columns by position.
pub(crate) fn population(out: &mut String, p: &Population) {
    population_of(out, p, &[]);
}

fn population_of(out: &mut String, p: &Population, sources: &[Source]) {
    let _ = match p.amount {
        Amount::Share(d) => write!(out, "({:?} share {} ", p.end, d.stripped()),
        Amount::Count(n) => write!(out, "({:?} {n} ", p.end),
    };
    expr(out, &p.operand, sources);
    p.per.iter().for_each(|e| {
        out.push(' ');
        expr(out, e, sources);
    });
    out.push(')');
}

/// An expression, in prefix form.
pub fn expr(out: &mut String, e: &Expr, sources: &[Source]) {
    let mut list = |head: &str, parts: &[&Expr]| {
        out.push('(');
        out.push_str(head);
        for part in parts {
            out.push(' ');
            expr(out, part, sources);
        }
        out.push(')');
    };
    match &e.kind {
        ExprKind::Literal(v) => value(out, v),
        ExprKind::Column(c) => column(out, c, sources),
        ExprKind::Now => out.push_str("now"),
        ExprKind::Today => out.push_str("today"),
        ExprKind::Not(a) => list("not", &[a]),
        ExprKind::Neg(a) => list("-", &[a]),
        ExprKind::Arith(op, a, b) => list(&format!("{op:?}"), &[a, b]),
        ExprKind::Compare(op, a, b) => list(&format!("{op:?}"), &[a, b]),
        ExprKind::And(all) => list("and", &all.iter().collect::<Vec<_>>()),
        ExprKind::Or(all) => list("or", &all.iter().collect::<Vec<_>>()),
        ExprKind::In { operand, items, negated } => {
            let all: Vec<&Expr> = std::iter::once(&**operand).chain(items).collect();
            list(if *negated { "not-in" } else { "in" }, &all);
        }
        ExprKind::IsMissing { operand, negated } => list(if *negated { "known" } else { "missing" }, &[operand]),
        ExprKind::Between(a, low, high) => list("between", &[a, low, high]),
        ExprKind::Within(a, direction, by) => {
            let head = format!("within {direction:?} {}", duration(*by));
            list(&head, &[a]);
        }
        ExprKind::OrElse(a, b) => list("or-else", &[a, b]),
        ExprKind::TextTest(op, a, b) => list(&format!("{op:?}"), &[a, b]),
        ExprKind::Matches(a, pattern) => list(&format!("matches {}", Quoted(&pattern.source)), &[a]),
        ExprKind::If(c, a, b) => list("if", &[c, a, b]),
        ExprKind::Call(function, all) => list(function.entry().en, &all.iter().collect::<Vec<_>>()),
        ExprKind::Script(id, all) => list(&format!("script {}", id.0), &all.iter().collect::<Vec<_>>()),
        ExprKind::InTop(index) => {
            let _ = write!(out, "(in-top {index})");
        }
        ExprKind::Convert(a) => list(&format!("as {}", e.typed.ty), &[a]),
        ExprKind::List(all) => list("list", &all.iter().collect::<Vec<_>>()),
        ExprKind::Text(template) => text(out, template, sources),
        ExprKind::Table(decided, inputs) => table(out, decided, inputs, sources),
    }
}

/// A decision table: what it decides, not what it or its columns are called.
fn table(out: &mut String, table: &Table, inputs: &[Expr], sources: &[Source]) {
    let _ = write!(out, "(table {:?}", table.policy);
    for input in inputs {
        out.push(' ');
        expr(out, input, sources);
    }
    for row in table.all_rows() {
        out.push_str(" |");
        for cell in &row.cells {
            out.push(' ');
            table_cell(out, cell, sources);
        }
        out.push_str(" -> ");
        expr(out, &row.output, sources);
    }
    out.push(')');
}

fn table_cell(out: &mut String, cell: &Cell, sources: &[Source]) {
    match cell {
        Cell::Any => out.push('-'),
        Cell::Missing(negated) => out.push_str(if *negated { "known" } else { "missing" }),
        Cell::Compare(op, bound) => {
            let _ = write!(out, "{op:?} ");
            value(out, bound);
        }
        Cell::Range(low, high) => {
            low.iter().for_each(|low| value(out, low));
            out.push_str("..");
            high.iter().for_each(|high| value(out, high));
        }
        Cell::OneOf(items, negated) => {
            out.push_str(if *negated { "not[" } else { "[" });
            items.iter().for_each(|item| {
                value(out, item);
                out.push(' ');
            });
            out.push(']');
        }
        Cell::Computed(condition) => expr(out, condition, sources),
    }
}

/// A text with slots.
pub fn text(out: &mut String, template: &TextTemplate, sources: &[Source]) {
    out.push_str("(text");
    for segment in &template.segments {
        out.push(' ');
        match segment {
            TextSegment::Literal(t) => {
                let _ = write!(out, "{}", Quoted(t));
            }
            TextSegment::Slot { expr: e, format } => {
                out.push_str("{ ");
                expr(out, e, sources);
                let _ = match format {
                    SlotFormat::Plain => Ok(()),
                    SlotFormat::Time(t) => write!(out, " time {t:?}"),
                    SlotFormat::Number { grouping, min_integer, min_fraction, max_fraction, percent } => {
                        write!(out, " number {grouping} {min_integer} {min_fraction} {max_fraction} {percent}")
                    }
                    SlotFormat::Scaled { power, suffix } => write!(out, " scaled {power} {suffix:?}"),
                };
                out.push_str(" }");
            }
        }
    }
    out.push(')');
}

/// A figure over a window: what it is worked out from, not how it is written.
pub fn window(out: &mut String, window: &Window, sources: &[Source]) {
    let _ = write!(out, "({} ", window.figure.en());
    window_rows(out, window, sources);
    out.push(')');
}

/// The rows that a window holds, and what counts of them: figures of the same rows share their state.
pub fn window_rows(out: &mut String, window: &Window, sources: &[Source]) {
    if let Some(operand) = &window.operand {
        expr(out, operand, sources);
    }
    let _ = match window.reach {
        Reach::Last(span) => write!(out, " over {span}us by "),
        Reach::Each(span) => write!(out, " over each {span}us by "),
    };
    expr(out, &window.key, sources);
}

fn column(out: &mut String, c: &ColumnRef, sources: &[Source]) {
    let source = sources.get(c.source.0 as usize);
    if let Some(figure) = source.and_then(|s| s.window(c.column)) {
        return window(out, figure, sources);
    }
    let named = source.and_then(|s| Some((s, s.schema.columns.get(c.column as usize)?)));
    let _ = match named {
        Some((s, column)) => write!(out, "[{} {} {}]", Quoted(&s.name), Quoted(&column.name), column.typed.ty),
        None => write!(out, "[{} {}]", c.source.0, c.column),
    };
}

fn value(out: &mut String, v: &Value) {
    let _ = match v {
        Value::Missing => write!(out, "missing"),
        Value::Bool(b) => write!(out, "{b}"),
        Value::Integer(n) => write!(out, "{n}"),
        Value::Decimal(d) => write!(out, "{}e-{}", d.mantissa, d.scale),
        Value::Real(x) => write!(out, "real {:016x}", x.to_bits()),
        Value::Text(t) => write!(out, "{}", Quoted(t)),
        Value::Date(d) => write!(out, "date {d}"),
        Value::Time(t) => write!(out, "time {t}"),
        Value::Timestamp(t) => write!(out, "timestamp {t}"),
        Value::Duration(d) => write!(out, "{}", duration(*d)),
        Value::Ip(ip) => write!(out, "{ip}"),
        Value::Cidr(ip, bits) => write!(out, "{ip}/{bits}"),
        Value::Service { protocol, low, high } => write!(out, "{protocol}/{low}..{high}"),
        Value::List(all) => {
            out.push('[');
            all.iter().for_each(|v| {
                value(out, v);
                out.push(' ');
            });
            write!(out, "]")
        }
        Value::Record(all) => {
            out.push('{');
            all.iter().for_each(|(name, v)| {
                let _ = write!(out, "{} ", Quoted(name));
                value(out, v);
                out.push(' ');
            });
            write!(out, "}}")
        }
    };
}

fn duration(d: Duration) -> String {
    match d {
        Duration::Micros(n) => format!("{n}us"),
        Duration::Days(n) => format!("{n}d"),
        Duration::TradingDays(n) => format!("{n}td"),
        Duration::Months(n) => format!("{n}mo"),
    }
}
