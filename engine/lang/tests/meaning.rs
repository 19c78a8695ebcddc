//! What checked programs are: one meaning in two languages, hashes that follow meaning, the shipped rulebooks, large sets.

mod support;

use guiju_lang::{
    canonical,
    check::Checked,
    finding::{Lang, Sources, render},
    hir::{ExprKind, TestStep},
    value::Value,
};
use std::{fmt::Write, fs, path::Path, time::Instant};

fn check_one(text: &str) -> Checked {
    support::check_set(&[("book.gj", text)].into_iter().collect::<Sources>())
}

fn shown(checked: &Checked, sources: &Sources) -> String {
    render::text(&checked.findings, sources, Lang::En, render::Style::default())
}

const HEAD: &str = "rulebook book { calendar sse }\n\
    source customers from lake table \"客户\" { key 客户号 }\nsink tasks to desk\n";

fn rule_of(body: &str) -> String {
    let text = format!("{HEAD}{body}");
    let checked = check_one(&text);
    let program = checked.program.as_ref().unwrap_or_else(|| {
        panic!("{}", shown(&checked, &[("book.gj", text.as_str())].into_iter().collect::<Sources>()))
    });
    canonical::rule(&program.rules[0], &program.sources)
}

#[test]
fn two_languages_and_all_spellings_are_one_meaning() {
    let english = rule_of(
        "event due { on customers\n when 到期日 within next 3 trading days and 余额 >= 50万\n once per customers every 30d\n \
         task \"提醒{姓名}：{余额:万元}\"\n to tasks\n }",
    );
    let chinese = rule_of(
        "# 注释\n事件 due \"存单\" {\n 任务 \"提醒{姓名}：{余额:万元}\"\n 针对 customers\n 当 到期日 在未来3个交易日内 且 余额 >= 50万\n \
         每个 客户 每30天一次\n 发往 tasks\n}",
    );
    let named = rule_of(
        "let soon = 到期日 within next 3 trading days\nlet least = 500_000\nfn rich(x) = x >= least\n\
         event due { on customers\n when soon and rich(余额)\n once per 客户号 every 30d\n task \"提醒{姓名}：{余额:万元}\"\n to tasks\n }",
    );
    assert_eq!(english, chinese);
    assert_eq!(english, named);
    let other = rule_of("event due { on customers\n when 余额 >= 49万\n task \"提醒{姓名}\"\n to tasks\n }");
    assert_ne!(english, other);
}

#[test]
fn a_table_is_its_rows_over_its_inputs() {
    let rule = rule_of(
        "table grade (amount, level) -> word {\n hit first\n | >= 100万 | \"V5\", \"V6\" -> \"high\" |\n | 1..5 | not \"V1\" -> \"mid\" |\n \
         | otherwise -> \"low\" |\n}\nevent due { on customers\n when 余额 > 3\n priority grade(余额, 等级)\n task \"x\"\n to tasks\n }",
    );
    assert!(rule.contains("(table First ["), "{rule}");
    assert!(
        rule.contains("| Ge 1000000 [\"V5\" \"V6\" ] -> \"high\" | 1..5 not[\"V1\" ] -> \"mid\" | -> \"low\")"),
        "{rule}"
    );
}

#[test]
fn columns_of_other_sources_are_looked_up_and_asked_for() {
    let text = "source customers from lake table \"customers\" { key customer_id }\n\
        source managers from crm table \"managers\" { key customer_id }\nsink tasks to desk\n\
        event x { on customers\n when total_asset > 3\n assign to managers.manager_id or else branch_desk\n task \"{name}\"\n to tasks\n }";
    let checked = check_one(text);
    let program = checked.program.expect("a program");
    let names = |i: usize| -> Vec<&str> {
        let source = &program.sources[i];
        source.used.iter().map(|c| source.schema.columns[*c as usize].name.as_str()).collect()
    };
    assert_eq!(names(0), ["customer_id", "name", "total_asset", "branch_desk"]);
    assert_eq!(names(1), ["customer_id", "manager_id"]);
    let assign = program.rules[0].body.expressions().into_iter().find(|(role, _)| *role == "assign").expect("assign").1;
    assert!(matches!(assign.kind, ExprKind::OrElse(..)) && !assign.typed.nullable);
}

#[test]
fn tests_are_folded_on_their_own_clock() {
    let text = "source customers from lake table \"customers\" { key customer_id }\nsink tasks to desk\n\
        event x { on customers\n when total_asset > 3\n task \"{name}\"\n to tasks\n }\n\
        test \"t\" {\n given today 2026-11-19\n given customers { customer_id: 7, name: \"a\", total_asset: 1.5万, cd_maturity: today + 5d, rate: 12.5% }\n \
        after 1d\n expect event x for 3 + 4 with priority high\n expect nothing of x for 8\n}";
    let checked = check_one(text);
    let program = checked
        .program
        .as_ref()
        .unwrap_or_else(|| panic!("{}", shown(&checked, &[("book.gj", text)].into_iter().collect::<Sources>())));
    let steps = &program.tests[0].steps;
    assert_eq!(steps[0], TestStep::Clock(1_795_017_600_000_000));
    let TestStep::Given { rows, .. } = &steps[1] else { panic!("{steps:?}") };
    let shown: Vec<String> = rows[0].iter().map(|v| format!("{v:?}")).collect();
    assert_eq!(rows[0][0], Value::Integer(7));
    assert!(shown[3].contains("mantissa: 1500000, scale: 2"), "{}", shown[3]);
    assert_eq!(rows[0][5], Value::Date(20_781));
    assert!(shown[7].contains("mantissa: 1250, scale: 4"), "{}", shown[7]);
    let TestStep::Expect { key, with, .. } = &steps[3] else { panic!("{steps:?}") };
    assert_eq!((key, with[0].0.as_str(), &with[0].1), (&Some(Value::Integer(7)), "priority", &Value::text("high")));
}

#[test]
fn an_expression_that_doubles_without_end_is_a_finding_and_not_a_hang() {
    let mut text = String::from(
        "source customers from lake table \"customers\" { key customer_id }\nsink tasks to desk\nlet x0 = total_asset\n",
    );
    for i in 1..60 {
        let _ = writeln!(text, "let x{i} = x{0} + x{0}", i - 1);
    }
    text += "event x { on customers\n when x59 > 3\n task \"{name}\"\n to tasks\n }\n";
    let checked = check_one(&text);
    assert!(checked.program.is_none());
    assert_eq!(checked.findings.len(), 1, "{:?}", checked.findings);
}

#[test]
fn a_thousand_rules_in_fifty_files_check_in_a_moment() {
    let files: Sources = (0..50).map(|f| (format!("book{f}.gj"), book(f, 20))).collect();
    let timed = |f: &dyn Fn()| {
        let runs = (0..if cfg!(debug_assertions) { 1 } else { 5 }).map(|_| {
            let start = Instant::now();
            f();
            start.elapsed()
        });
        runs.min().unwrap_or_default()
    };
    let reading = timed(&|| files.iter().for_each(|(_, f)| drop(guiju_grammar::parse(&f.text))));
    let took = timed(&|| drop(support::check_set(&files)));
    println!("1,000 rules in 50 files: {took:?}, of which reading on one core {reading:?}");
    let checked = support::check_set(&files);
    let program = checked.program.as_ref().unwrap_or_else(|| panic!("{}", shown(&checked, &files)));
    assert_eq!((program.rules.len(), checked.findings.len()), (1000, 0));
    // The budget is 150 ms in a release build; this only catches what grows with the square.
    assert!(took.as_secs() < 20, "{took:?}");
}

fn book(file: usize, rules: usize) -> String {
    let mut text = format!(
        "rulebook book{file} {{ calendar sse }}\nsource customers from lake table \"customers\" {{ key customer_id }}\n\
         source managers from crm table \"managers\" {{ key customer_id }}\nsink tasks to desk\n\
         let vip = level in [\"V5\", \"V6\", \"V7\"]\nfn share(x, y) = x / y\n"
    );
    for r in 0..rules {
        let _ = writeln!(
            text,
            "event e{r} \"规则{r}\" {{\n  on customers\n  when cd_maturity within next {days} trading days and cd_balance >= {r}万 and vip\n    \
             and (share(cd_balance, total_asset) > 30% or last_login is missing) and name matches /^a{r}/\n  \
             priority if total_asset > 500万 then \"high\" else \"low\"\n  assign to managers.manager_id or else branch_desk\n  \
             once per customer every 30d\n  expires after 5 trading days\n  \
             task \"提醒{{name}}：存单{{cd_maturity:%m月%d日}}到期，余额{{cd_balance:万元}}\"\n  to tasks\n}}",
            days = r + 1
        );
    }
    text
}

#[test]
fn the_benchmark_rulebook_checks() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/mot101/mot101.gj");
    let Ok(text) = fs::read_to_string(&path) else { panic!("{} is part of the project", path.display()) };
    // Its columns are all written down: no data is needed to check it.
    let text = text.replace("from lake", "from nowhere").replace("from crm", "from nowhere");
    let files: Sources = [("mot101.gj", text)].into_iter().collect();
    let checked = support::check_set(&files);
    let errors: Vec<_> = checked.findings.iter().filter(|f| f.is_error()).cloned().collect();
    assert!(errors.is_empty(), "{}", render::text(&errors, &files, Lang::En, render::Style::default()));
    assert_eq!(checked.program.expect("a program").rules.len(), 101);
}
