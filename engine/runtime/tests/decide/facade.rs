//! What an embedder meets: rules left out, tables wanted, values that do not fit, threads.

use crate::{day, decider, epoch, shipped};
use arrow_array::{Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use guiju::{
    Decider,
    decide::{Datum, Given, RowView},
    lang::{finding::codes, value::Decimal},
};
use std::sync::Arc;

#[test]
fn rules_that_need_the_whole_table_are_listed() {
    let project = shipped();
    let all = epoch(&project, |_| true);
    let decider = decider(&project, &all, "customer_care.customers");
    let over = |rule: &&guiju::lang::hir::Rule| {
        rule.head.id.rulebook == "customer_care"
            && guiju_mot::single::source_of(&all.program, rule_at(&all, rule))
                .is_some_and(|s| all.program.sources[s.0 as usize].name == "customer_care.customers")
    };
    let rules = all.rules().filter(over).count();
    assert_eq!(decider.rules().count() + decider.left_out().len(), rules);
    assert!(!decider.left_out().is_empty(), "some shipped events ask about the whole table");
    let direct = Decider::of_program(&all.program, &project.calendars, "customer_care.customers");
    let direct = direct.and_then(|b| b.read(&project)).and_then(guiju::decide::Builder::build);
    let direct = direct.unwrap_or_else(|f| panic!("{f:?}"));
    assert!(direct.rules().eq(decider.rules()) && direct.left_out() == decider.left_out());
    assert!(decider.left_out().iter().all(|finding| finding.code == codes::kinds::NOT_BY_ROW));
}

fn rule_at(epoch: &guiju::Epoch, rule: &guiju::lang::hir::Rule) -> usize {
    epoch.program.rules.iter().position(|r| r.head.id == rule.head.id).expect("it is the program's")
}

#[test]
fn tables_must_be_given_and_sources_must_exist() {
    let project = shipped();
    let all = epoch(&project, |_| true);
    let builder = Decider::of(&all, "customer_care.customers").expect("it exists");
    assert_eq!(builder.wanted(), ["customer_care.managers"]);
    let Err(findings) = builder.build() else { panic!("managers are wanted") };
    assert_eq!(findings[0].code, codes::kinds::LOOKUP_NOT_GIVEN);
    let Err(findings) = Decider::of(&all, "nobody") else { panic!("there is no such source") };
    assert_eq!(findings[0].code, codes::names::UNKNOWN_SOURCE);
}

#[test]
fn tables_are_given_by_column_names_and_the_first_row_of_a_key_counts() {
    let project = shipped();
    let all = epoch(&project, |rule| rule.head.id.name == "id_expiring");
    let managers = |keys: Vec<i64>, names: Vec<&str>| {
        let fields = ["manager_id", "note"].map(|name| Field::new(name, DataType::Utf8, true));
        let schema = Schema::new([&fields[..], &[Field::new("customer_id", DataType::Int64, true)]].concat());
        let texts = || Arc::new(StringArray::from(names.clone()));
        RecordBatch::try_new(schema.into(), vec![texts(), texts(), Arc::new(Int64Array::from(keys))]).expect("a batch")
    };
    let builder = Decider::of(&all, "customers").expect("it exists");
    let given = [managers(vec![1, 7], vec!["M001", "M007"]), managers(vec![7], vec!["M999"])];
    let builder = builder.table("managers", &given).unwrap_or_else(|f| panic!("{f:?}"));
    assert!(builder.wanted().is_empty());
    let decider = builder.build().unwrap_or_else(|f| panic!("{f:?}"));
    assert_eq!(decider.warnings().iter().map(|f| f.code).collect::<Vec<_>>(), [codes::kinds::LOOKUP_KEY_TWICE]);
    let guiju::Moment::Day(today) = day() else { unreachable!("a day") };
    let (mut scratch, mut row) = (decider.scratch(), decider.row());
    let mut assignee = |customer: i64| {
        row.clear();
        let mut set =
            |name: &str, value: Given<'_>| row.set(decider.column(name).expect("declared"), value).expect("fits");
        set("customer_id", Given::Integer(customer));
        set("name", Given::Text("甲"));
        set("account_status", Given::Text("正常"));
        set("branch_desk", Given::Text("客服台"));
        set("id_expiry", Given::Date(today + 3));
        let decisions = decider.decide(&mut scratch, &row, day());
        decisions.get(0).and_then(|decision| decision.assignee).map(str::to_owned)
    };
    assert_eq!(assignee(7).as_deref(), Some("M007"));
    assert_eq!(assignee(1).as_deref(), Some("M001"));
    assert_eq!(assignee(2).as_deref(), Some("客服台"), "no such manager");
    let short = managers(vec![1], vec!["M001"]).project(&[0, 1]).expect("two columns");
    let Err(findings) = Decider::of(&all, "customers").and_then(|b| b.table("managers", &[short])) else {
        panic!("the key is not there")
    };
    assert_eq!(findings[0].code, codes::data::COLUMN_ABSENT);
}

#[test]
fn a_row_takes_what_its_columns_can_hold() {
    let project = shipped();
    let all = epoch(&project, |_| true);
    let decider = decider(&project, &all, "customer_care.customers");
    let column = |name: &str| decider.column(name).expect("declared");
    let mut row = decider.row();
    let decimal = |mantissa, scale| Decimal { mantissa, scale };
    row.set(column("cd_balance"), 500_000).expect("a whole number is money too");
    assert!(matches!(row.datum(column("cd_balance").index()), Datum::Whole(50_000_000)));
    row.set(column("cd_balance"), decimal(15, 1)).expect("digits are added");
    assert!(matches!(row.datum(column("cd_balance").index()), Datum::Whole(150)));
    assert!(row.set(column("cd_balance"), decimal(1_234, 3)).is_err(), "no rounding of money");
    assert!(row.set(column("cd_balance"), "1").is_err());
    assert!(row.set(column("name"), 1).is_err());
    row.set(column("name"), "王建国").expect("a text");
    row.set(column("mobile"), None::<&str>).expect("nothing");
    row.set(column("id_expiry"), Given::Date(20_000)).expect("a date");
    assert!(matches!(row.datum(column("name").index()), Datum::Text("王建国")));
    assert!(decider.column("nothing").is_none());
    row.clear();
    assert!(matches!(row.datum(column("name").index()), Datum::Missing));
}

#[test]
fn threads_share_a_decider_and_scratches_change_epochs() {
    let project = shipped();
    let all = epoch(&project, |_| true);
    let first = decider(&project, &all, "customer_care.customers");
    let second = decider(&project, &epoch(&project, |rule| rule.head.id.name == "id_expiring"), "customers");
    let mut row = first.row();
    let guiju::Moment::Day(today) = day() else { unreachable!("a day") };
    row.set(first.column("customer_id").expect("declared"), 7).expect("fits");
    row.set(first.column("name").expect("declared"), "甲").expect("fits");
    row.set(first.column("account_status").expect("declared"), "正常").expect("fits");
    row.set(first.column("branch_desk").expect("declared"), "客服台").expect("fits");
    row.set(first.column("id_expiry").expect("declared"), Given::Date(today + 3)).expect("fits");
    let texts = |decider: &Decider, scratch: &mut guiju::decide::Scratch| -> Vec<String> {
        decider.decide(scratch, &row, day()).iter().map(|d| format!("{} {:?} {}", d.rule, d.priority, d.task)).collect()
    };
    let expected = texts(&first, &mut first.scratch());
    assert!(expected.iter().any(|text| text.contains("id_expiring Some(\"high\")")), "{expected:?}");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut scratch = first.scratch();
                for _ in 0..200 {
                    assert_eq!(texts(&first, &mut scratch), expected);
                    let other = texts(&second, &mut scratch);
                    assert_eq!(other.len(), 1, "{other:?}");
                }
            });
        }
    });
}
