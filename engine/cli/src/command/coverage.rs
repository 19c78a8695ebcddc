//! `guiju test --coverage`: what no test has seen.

use super::test::position;
use crate::output::Out;
use guiju::{
    Project,
    lang::finding::Lang,
    testing::{Coverage, Point, Unit, What, line_of},
};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

/// Longer texts are cut: the line says where the whole is.
const WIDEST: usize = 72;

pub(super) fn show(coverage: &Coverage, min: Option<f64>, project: &Project, out: &Out) {
    let (seen, of) = coverage.total();
    let percent = shown(coverage.percent());
    out.say(match out.lang {
        Lang::En => format!("coverage: {seen} of {of} conditions, branches and clauses seen ({percent} %)"),
        Lang::Zh => format!("覆盖率：{of} 个条件、分支和子句中测试看到 {seen} 个（{percent}%）"),
    });
    for unit in &coverage.units {
        let of_what = out.pick("of", "/");
        let (path, line, _) = position(unit.place, project);
        out.say(format!("  {}  {} {of_what} {}  {path}:{line}", unit.name, unit.seen(), unit.points.len()));
        let unseen: Vec<&Point> = unit.points.iter().filter(|point| !point.seen).collect();
        for (at, point) in unseen.iter().enumerate() {
            // What was never seen of one text is said in one line.
            if at > 0 && unseen[at - 1].place == point.place {
                continue;
            }
            let same = unseen[at..].iter().take_while(|other| other.place == point.place);
            let never: Vec<&str> = same.map(|point| never(point.what, out)).collect();
            let (path, line, _) = position(point.place, project);
            let text = written(point, unit, project);
            out.say(format!("    {path}:{line}  {text}  — {}", never.join(out.pick(", ", "，"))));
        }
    }
    if let Some(min) = min.filter(|min| coverage.percent() < *min) {
        let min = shown(min);
        out.say(match out.lang {
            Lang::En => format!("coverage is below the {min} % that are asked for"),
            Lang::Zh => format!("覆盖率低于要求的 {min}%"),
        });
    }
}

/// Cut, not rounded: 99.96 is not all.
fn shown(percent: f64) -> String {
    let tenths = (percent * 10.0).floor() / 10.0;
    if tenths.fract() == 0.0 { format!("{tenths:.0}") } else { format!("{tenths:.1}") }
}

fn never(what: What, out: &Out) -> &'static str {
    let (en, zh) = match what {
        What::Acts => ("never acts", "从未触发"),
        What::True => ("never true", "从未成立"),
        What::False => ("never false", "从未不成立"),
        What::Missing => ("never unknown", "从未遇到缺失"),
        What::Then => ("`then` is never taken", "「那么」从未走到"),
        What::Otherwise => ("`else` is never taken", "「否则」从未走到"),
        What::Row => ("this row is never chosen", "这一行从未命中"),
        What::Present => ("the first value is never used", "首选值从未用到"),
        What::Default => ("the default is never used", "默认值从未用到"),
        What::HeldBack => ("nobody is ever held back", "从未挡住过任何人"),
    };
    out.pick(en, zh)
}

fn word(what: What) -> &'static str {
    match what {
        What::Acts => "acts",
        What::True => "true",
        What::False => "false",
        What::Missing => "missing",
        What::Then => "then",
        What::Otherwise => "else",
        What::Row => "row",
        What::Present => "present",
        What::Default => "default",
        What::HeldBack => "held back",
    }
}

/// The text as written; of a clause that is more than an expression, or a table's row, the line.
fn written(point: &Point, unit: &Unit, project: &Project) -> String {
    let Some(file) = project.sources.get(point.place.file) else { return String::new() };
    let text = match point.what {
        What::Acts => unit.name.as_str(),
        What::Row | What::HeldBack => line_of(&file.text, point.place),
        _ => file.slice(point.place.span),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.width() <= WIDEST {
        return text;
    }
    let mut cut = String::new();
    for c in text.chars() {
        if cut.width() >= WIDEST {
            break;
        }
        cut.push(c);
    }
    cut + "…"
}

pub(super) fn as_json(coverage: &Coverage, min: Option<f64>, project: &Project) -> Value {
    let (seen, of) = coverage.total();
    let unit = |unit: &Unit| {
        let (file, line, column) = position(unit.place, project);
        let point = |point: &&Point| {
            let (file, line, column) = position(point.place, project);
            json!({
                "file": file, "line": line, "column": column, "clause": point.clause,
                "text": written(point, unit, project), "never": word(point.what),
            })
        };
        json!({
            "name": unit.name, "rule": unit.rule.as_ref().map(ToString::to_string),
            "file": file, "line": line, "column": column, "seen": unit.seen(), "of": unit.points.len(),
            "unseen": unit.points.iter().filter(|p| !p.seen).collect::<Vec<_>>().iter().map(point).collect::<Vec<_>>(),
        })
    };
    json!({
        "seen": seen, "of": of, "percent": coverage.percent(), "min": min,
        "units": coverage.units.iter().map(unit).collect::<Vec<_>>(),
    })
}
