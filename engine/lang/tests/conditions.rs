//! What the checker can prove of conditions, and what it leaves alone.
#![allow(clippy::unwrap_used)]

mod support;

use guiju_lang::{
    check::{CheckInput, check},
    finding::{At, Finding, Sources},
    schema::{ColumnFacts, Schema, SchemaProvider},
    value::Value,
};

const HEAD: &str = "rulebook t { calendar sse }
source customers from lake table \"customers\" { key customer_id }
source managers from crm table \"managers\" { key customer_id }
sink tasks to desk
event other {
  on customers
  when managers.manager_id = \"x\"
  task \"o\"
  to tasks
}
";

fn checked(text: &str) -> (Sources, Vec<Finding>) {
    let files: Sources = [("t.gj", text.to_owned())].into_iter().collect();
    let findings = support::check_set(&files).findings;
    (files, findings)
}

fn rule(name: &str, condition: &str, rest: &str) -> String {
    let (priority, task) = rest.split_once(';').unwrap_or(("medium", rest));
    format!(
        "event {name} {{\n  on customers\n  when {condition}\n  priority \"{priority}\"\n  task \"{task}\"\n  to tasks\n}}\n"
    )
}

/// Code and text of what is found about one condition.
fn about(condition: &str) -> Vec<String> {
    let (files, findings) = checked(&format!("{HEAD}{}", rule("r", condition, "call")));
    let one = |f: &Finding| match &f.at {
        At::Text(p) => format!("{} {}", f.code, files.get(p.file).unwrap().slice(p.span)),
        other => format!("{} {other:?}", f.code),
    };
    findings.iter().map(one).collect()
}

#[test]
fn conditions_that_cannot_be_meant() {
    let cases: &[(&str, &[&str])] = &[
        // Together.
        ("total_asset > 50万 and total_asset < 10万", &["G2202 total_asset < 10万"]),
        ("shares > 5 and shares < 6", &["G2202 shares < 6"]),
        ("total_asset > 5 and total_asset < 6", &[]),
        ("level = \"V5\" and level = \"V6\"", &["G2202 level = \"V6\""]),
        ("level in [\"V5\", \"V6\"] and level = \"V4\"", &["G2202 level = \"V4\""]),
        ("level is missing and level = \"V4\"", &["G2202 level = \"V4\""]),
        ("total_asset is missing and total_asset + 1 > 3", &["G2202 total_asset + 1 > 3"]),
        ("cd_maturity > today and cd_maturity < today", &["G2202 cd_maturity < today"]),
        ("cd_maturity < today and cd_maturity within next 7d", &["G2202 cd_maturity within next 7d"]),
        (
            "cd_maturity < today and cd_maturity within next 7 trading days",
            &["G2202 cd_maturity within next 7 trading days"],
        ),
        ("cd_maturity > 2026-12-31 and cd_maturity < 2026-12-01", &["G2202 cd_maturity < 2026-12-01"]),
        ("total_asset > cd_balance and cd_balance > total_asset", &["G2202 cd_balance > total_asset"]),
        ("is_staff and not is_staff", &["G2202 not is_staff"]),
        ("level = \"V5\" and not (level starts with \"V\" or total_asset > 3)", &[]),
        ("level starts with \"V\" and level = \"W5\"", &["G2202 level = \"W5\""]),
        ("month(cd_maturity) = 13", &["G2201 month(cd_maturity) = 13"]),
        ("length(name) < 0", &["G2201 length(name) < 0"]),
        ("shares = 2.5", &["G2201 shares = 2.5"]),
        ("(total_asset or else 0) > 5 and total_asset is missing", &["G2202 total_asset is missing"]),
        ("(total_asset or else 9) > 5 and total_asset is missing", &[]),
        ("total_asset > 1 and total_asset < 5 and (total_asset = 7 or level = \"V5\")", &["G2204 total_asset = 7"]),
        // Always.
        (
            "total_asset > 5 or total_asset <= 5 or total_asset is missing",
            &["G2203 total_asset > 5 or total_asset <= 5 or total_asset is missing"],
        ),
        ("total_asset > 5 or total_asset <= 5", &[]),
        (
            "(level is missing or level is not missing) and total_asset > 3",
            &["G2205 (level is missing or level is not missing)"],
        ),
        (
            "total_asset is missing or total_asset is not missing",
            &["G2203 total_asset is missing or total_asset is not missing"],
        ),
        // More than is needed.
        ("total_asset > 5 and total_asset > 3", &["G2206 total_asset > 3"]),
        ("total_asset > 5 and total_asset > 5", &["G2206 total_asset > 5"]),
        ("total_asset > 5 or total_asset > 3", &["G2207 total_asset > 5"]),
        ("level = \"V5\" or level in [\"V5\", \"V6\"]", &["G2207 level = \"V5\""]),
        ("level = \"V5\" and level != \"V6\"", &["G2108 level != \"V6\"", "G2206 level != \"V6\""]),
        ("total_asset is not missing and total_asset > 5", &[]),
        ("total_asset > 5 and (level = \"V5\" or total_asset > 3)", &["G2206 (level = \"V5\" or total_asset > 3)"]),
        ("total_asset between 1 and 9 and total_asset <= 10", &["G2206 total_asset <= 10"]),
        // Nothing can be said.
        ("total_asset > cd_balance and total_asset < 5万", &[]),
        ("score > 0.1 and score < 0.2", &[]),
        ("(level != \"V5\" or level is missing) and name != \"a\"", &[]),
        ("total_asset in top 5% and total_asset > 3", &[]),
        ("cd_maturity within next 7d and cd_maturity >= today + 3d", &[]),
        ("managers.manager_id is not missing and managers.manager_id != \"7\"", &[]),
        ("if is_staff then total_asset > 3 else total_asset > 5", &[]),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(condition, expected)| {
            let found = about(condition);
            (found != *expected).then(|| format!("{condition}\n   {found:?}\n   {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn codes(rules: &[String]) -> Vec<String> {
    let (_, findings) = checked(&format!("{HEAD}{}", rules.concat()));
    findings.iter().map(|f| f.code.to_string()).collect()
}

#[test]
fn rules_that_another_makes_needless() {
    let rich = |name: &str, rest: &str| rule(name, "total_asset > 50万", rest);
    let richer = |name: &str, rest: &str| rule(name, "total_asset > 80万 and level = \"V5\"", rest);
    assert_eq!(codes(&[rich("a", "call"), rich("b", "call")]), ["G2211"]);
    assert_eq!(codes(&[rich("a", "call"), rich("b", "visit")]), [""; 0]);
    assert_eq!(codes(&[rich("a", "high;call"), richer("b", "low;call")]), ["G2212"]);
    assert_eq!(codes(&[rich("a", "high;call"), rich("b", "low;call")]), ["G2212"]);
    assert_eq!(codes(&[rich("a", "low;call"), richer("b", "high;call")]), [""; 0]);
    assert_eq!(codes(&[rich("a", "high;call"), richer("b", "high;call")]), ["G2212"]);
    let top = |n: u32| rule(&format!("t{n}"), &format!("total_asset in top {n}%"), "call");
    assert_eq!(codes(&[top(5), top(6)]), [""; 0]);
}

#[test]
fn branches_that_are_never_taken() {
    let priority = |condition: &str| {
        let word = format!("(if {condition} then \"high\" else \"low\")");
        let text = rule("r", "total_asset > 5", "call").replace("\"medium\"", &word);
        codes(&[text])
    };
    assert_eq!(priority("total_asset > 3"), ["G2209"]);
    assert_eq!(priority("total_asset < 3"), ["G2208"]);
    assert_eq!(priority("total_asset < 9"), [""; 0]);
}

#[test]
fn a_unit_that_was_forgotten() {
    let two = |a: &str, b: &str| codes(&[rule("a", a, "call"), rule("b", b, "visit")]);
    assert_eq!(two("total_asset > 50万", "total_asset > 80"), ["G2231"]);
    assert_eq!(two("total_asset > 50万", "total_asset > 80000"), [""; 0]);
    assert_eq!(two("total_asset > 50万", "total_asset < 80"), [""; 0]);
    assert_eq!(two("total_asset > 50万", "cd_balance > 80"), [""; 0]);
    assert_eq!(two("total_asset > 50万", "total_asset > 0"), [""; 0]);
}

#[test]
fn sources_and_sinks_that_nobody_needs() {
    let more = "source idle from lake table \"客户\" { key 客户号 }\nsink spare to desk\n";
    assert_eq!(codes(&[more.to_owned()]), ["G2221", "G2222"]);
    // An error elsewhere may be the very rule that needs them.
    assert_eq!(codes(&[more.to_owned(), rule("r", "total_aset > 3", "x")]), ["G2001"]);
}

#[test]
fn hostile_conditions_are_given_up_on() {
    let part = |i: usize| format!("(total_asset > {i} or shares < {i} or level = \"V{i}\")");
    let long = (0..60).map(part).collect::<Vec<_>>().join(" and ");
    let mut nested = "total_asset > 5".to_owned();
    for i in 0..40 {
        nested = format!("(if {nested} then shares > {i} else shares < {i})");
    }
    let started = std::time::Instant::now();
    for condition in [long, nested] {
        about(&condition);
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

/// The world, and what is known of its customers.
struct Known;

impl SchemaProvider for Known {
    fn schema(&self, connection: &str, object: Option<&str>) -> Result<Option<Schema>, Finding> {
        support::World.schema(connection, object)
    }
    fn facts(&self, _: &str, _: Option<&str>, columns: &[&str]) -> Vec<Option<ColumnFacts>> {
        let number = |n| Some(Value::Integer(n));
        let one = |column: &&str| match *column {
            "level" => Some(ColumnFacts {
                rows: 1_000,
                missing: Some(10),
                values: Some(["V4", "V5", "V6"].map(Into::into).to_vec()),
                ..ColumnFacts::default()
            }),
            "shares" => Some(ColumnFacts { rows: 1_000, missing: Some(990), ..ColumnFacts::default() }),
            "total_asset" => Some(ColumnFacts {
                rows: 1_000,
                missing: Some(0),
                low: number(50_000),
                high: number(9_000_000),
                values: None,
            }),
            "cd_maturity" => Some(ColumnFacts {
                rows: 1_000,
                missing: None,
                low: Some(Value::Date(20_000)),
                high: Some(Value::Date(21_000)),
                values: None,
            }),
            _ => None,
        };
        columns.iter().map(one).collect()
    }
}

#[test]
fn conditions_beside_the_data() {
    let about = |condition: &str| {
        let files: Sources = [("t.gj", format!("{HEAD}{}", rule("r", condition, "call")))].into_iter().collect();
        let calendars = [support::calendar()];
        let input = CheckInput { files: &files, schemas: &Known, kinds: &[&support::Event], calendars: &calendars };
        let findings = check(input).findings;
        let all = findings.iter().map(|f| format!("{} {}", f.code, f.suggestions.join(" "))).collect::<Vec<_>>();
        all.join(", ").trim().to_owned()
    };
    assert_eq!(about("level = \"V8\""), "G2242");
    assert_eq!(about("level in [\"V5\", \"v6\"]"), "G2242 \"V6\"");
    assert_eq!(about("level = \"V5\""), "");
    assert_eq!(about("level = \"V5\" or level = \"\""), "G2242");
    assert_eq!(about("shares > 30"), "G2241");
    assert_eq!(about("shares is missing"), "");
    assert_eq!(about("total_asset > 900亿"), "G2232");
    assert_eq!(about("total_asset >= 50"), "G2232");
    assert_eq!(about("total_asset >= 900"), "");
    assert_eq!(about("total_asset <= 50"), "");
    assert_eq!(about("cd_maturity < 2206-01-01"), "G2232");
    assert_eq!(about("cd_maturity < 2026-01-01"), "");
}
