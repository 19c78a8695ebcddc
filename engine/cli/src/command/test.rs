//! `guiju test`

use crate::{
    Exit,
    args::{Common, Test},
    output::Out,
};
use guiju::{
    Project,
    grammar::keyword::Kw,
    lang::{
        finding::{Lang, Place},
        hir::Program,
        time::Zone,
    },
    testing::{self, Difference, Failure, FailureKind, Got, TestReport},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthStr;

pub(crate) fn run(args: &Test, common: &Common, out: &Out) -> Exit {
    let (project, program) = match super::checked(&args.paths, common, out) {
        Ok(checked) => checked,
        Err(exit) => return exit,
    };
    let epoch = match super::linked(&project, program, out, |_| true) {
        Ok(epoch) => epoch,
        Err(exit) => return exit,
    };
    let only = args.only.as_deref().unwrap_or_default();
    let select = |test: &guiju::lang::hir::Test| test.title.contains(only);
    let (reports, coverage) = if args.coverage || args.min.is_some() {
        let (reports, coverage) = testing::test_covered(&project, &epoch, select);
        (reports, Some(coverage))
    } else {
        (testing::test(&project, &epoch, select), None)
    };
    let failed = reports.iter().filter(|report| !report.failures.is_empty()).count();
    for report in reports.iter().filter(|report| !report.failures.is_empty()) {
        show(report, &project, &epoch.program, out);
    }
    let enough = coverage.as_ref().is_none_or(|coverage| args.min.is_none_or(|min| coverage.percent() >= min));
    let ok = failed == 0 && enough;
    let mut document = json!({
        "ok": ok,
        "passed": reports.len() - failed,
        "failed": failed,
        "tests": reports.iter().map(|report| as_json(report, &project, &epoch.program)).collect::<Vec<_>>(),
    });
    out.say((out.words.tests)(reports.len() - failed, failed));
    if let Some(coverage) = &coverage {
        super::coverage::show(coverage, args.min, &project, out);
        document["coverage"] = super::coverage::as_json(coverage, args.min, &project);
    }
    if args.mutate {
        let until = Instant::now() + Duration::from_secs(args.seconds);
        let mutations = testing::mutate(&project, &epoch, select, &|| Instant::now() >= until);
        super::mutate::show(&mutations, &project, out);
        document["mutation"] = super::mutate::as_json(&mutations, &project);
    }
    out.document(&document);
    if ok { Exit::Well } else { Exit::Wrong }
}

pub(super) fn position(place: Place, project: &Project) -> (String, usize, usize) {
    let Some(file) = project.sources.get(place.file) else { return (String::new(), 0, 0) };
    let (line, column) = file.position(place.span.start);
    (file.path.clone(), line, column)
}

/// The expectation as written, what it expected and what it got, side by side.
fn show(report: &TestReport, project: &Project, program: &Program, out: &Out) {
    let (path, line, _) = position(report.place, project);
    out.say(format!("✗ {} · {path}:{line}", report.title));
    for failure in &report.failures {
        tell(failure, project, program, out);
    }
}

fn tell(Failure { place, kind }: &Failure, project: &Project, program: &Program, out: &Out) {
    let (path, line, _) = position(*place, project);
    let written = project.sources.get(place.file).map_or("", |file| file.slice(place.span));
    out.say(format!("  {path}:{line}  {written}"));
    let (expected, got) = (out.pick("expected", "应有"), out.pick("got", "实得"));
    match kind {
        FailureKind::Absent { rule, key, got: others } => {
            out.say(format!("    {expected}  {} · {key}", rule.name));
            let nothing = out.pick("nothing for this rule or key", "该规则、该主键都没有结果");
            out.say(format!("    {got}  {}", listed(others, nothing)));
        }
        FailureKind::Differs { property, expected: wanted, got: had } => {
            let had = had.as_deref().unwrap_or(out.pick("missing", "空"));
            out.say(format!("    {expected}  {property} {wanted}"));
            out.say(format!("    {got}  {property} {had}"));
        }
        FailureKind::Rows { properties, lines, .. } => side_by_side(properties, lines, out),
        FailureKind::Counterexample { source, row, tried, failures } => {
            out.say(match out.lang {
                Lang::En => {
                    format!("    not so for this row, the plainest that was found (row {tried} was the first to fail):")
                }
                Lang::Zh => format!("    对下面这一行不成立（第 {tried} 行最先失败，已化到最简）："),
            });
            let chinese = written.starts_with(Kw::FOR_ANY.zh());
            out.say(format!("      {}", testing::given(program, *source, row, chinese, &zone(program))));
            for failure in failures {
                tell(failure, project, program, out);
            }
        }
        FailureKind::NoSuchRow { tried } => out.say(match out.lang {
            Lang::En => format!("    none of {tried} rows that were made up meets this condition"),
            Lang::Zh => format!("    试造了 {tried} 行，没有一行满足这个条件"),
        }),
        FailureKind::Unexpected(others) => {
            out.say(format!("    {expected}  {}", out.pick("nothing", "无结果")));
            out.say(format!("    {got}  {}", listed(others, "")));
        }
        FailureKind::Broken(finding) => out.findings(std::slice::from_ref(finding), &project.sources),
    }
}

/// `=` as expected, `≠` otherwise, `-` expected and absent, `+` there and not expected.
fn side_by_side(properties: &[String], lines: &[Difference], out: &Out) {
    let row = |cells: Option<&Vec<Option<String>>>| {
        let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| out.pick("missing", "空").to_owned());
        cells.map_or_else(String::new, |cells| cells.iter().map(cell).collect::<Vec<_>>().join(" | "))
    };
    let head = format!("{}: {}", out.pick("expected", "应有"), properties.join(" | "));
    let rows: Vec<(char, String, String)> = lines
        .iter()
        .map(|line| {
            let mark = match (&line.expected, &line.got) {
                (Some(expected), Some(got)) if expected == got => '=',
                (Some(_), Some(_)) => '≠',
                (Some(_), None) => '-',
                (None, _) => '+',
            };
            (mark, row(line.expected.as_ref()), row(line.got.as_ref()))
        })
        .collect();
    let width = rows.iter().map(|(_, expected, _)| expected.width()).chain([head.width()]).max().unwrap_or(0);
    let pad = |text: &str| " ".repeat(width.saturating_sub(text.width()));
    out.say(format!("      {head}{}  {}", pad(&head), out.pick("got", "实得")));
    for (mark, expected, got) in rows {
        out.say(format!("    {mark} {expected}{}  {got}", pad(&expected)));
    }
}

fn listed(got: &[Got], nothing: &str) -> String {
    if got.is_empty() {
        return nothing.to_owned();
    }
    let one = |got: &Got| {
        let properties: Vec<_> = got.properties.iter().map(|(name, text)| format!("{name} {text}")).collect();
        format!("{} · {} ({})", got.rule.name, got.key, properties.join(", "))
    };
    got.iter().map(one).collect::<Vec<_>>().join("\n         ")
}

fn as_json(report: &TestReport, project: &Project, program: &Program) -> Value {
    let failures: Vec<Value> = report.failures.iter().map(|failure| failure_json(failure, project, program)).collect();
    let (path, line, column) = position(report.place, project);
    json!({
        "title": report.title, "rulebook": report.rulebook, "file": path, "line": line, "column": column,
        "passed": failures.is_empty(), "failures": failures,
    })
}

fn failure_json(failure: &Failure, project: &Project, program: &Program) -> Value {
    let (path, line, column) = position(failure.place, project);
    let detail = match &failure.kind {
        FailureKind::Absent { rule, key, got } => {
            json!({ "kind": "absent", "rule": rule.to_string(), "key": key, "got": got.iter().map(got_json).collect::<Vec<_>>() })
        }
        FailureKind::Differs { property, expected, got } => {
            json!({ "kind": "differs", "property": property, "expected": expected, "got": got })
        }
        FailureKind::Rows { rule, properties, lines } => json!({
            "kind": "rows", "rule": rule.to_string(), "properties": properties,
            "rows": lines.iter().map(|line| json!({ "expected": line.expected, "got": line.got })).collect::<Vec<_>>(),
        }),
        FailureKind::Counterexample { source, row, tried, failures } => json!({
            "kind": "counterexample", "given": testing::given(program, *source, row, false, &zone(program)), "tried": tried,
            "failures": failures.iter().map(|failure| failure_json(failure, project, program)).collect::<Vec<_>>(),
        }),
        FailureKind::NoSuchRow { tried } => json!({ "kind": "no such row", "tried": tried }),
        FailureKind::Unexpected(got) => {
            json!({ "kind": "unexpected", "got": got.iter().map(got_json).collect::<Vec<_>>() })
        }
        FailureKind::Broken(finding) => json!({ "kind": "broken", "code": finding.code.to_string() }),
    };
    json!({ "file": path, "line": line, "column": column, "failure": detail })
}

/// The zone of the set's times.
fn zone(program: &Program) -> Zone {
    program.rulebooks.first().and_then(|book| Zone::named(&book.zone).ok()).unwrap_or_else(Zone::utc)
}

fn got_json(got: &Got) -> Value {
    let properties: serde_json::Map<String, Value> =
        got.properties.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
    json!({ "rule": got.rule.to_string(), "key": got.key, "properties": properties })
}
