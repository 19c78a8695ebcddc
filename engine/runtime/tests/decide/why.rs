//! What a decider says about a row is what `guiju explain` says about its key.

use crate::{batch, day, decider, epoch, equal::fill, shipped};
use guiju::{
    Moment,
    core::{Cells, Verdict, id::RunId},
    decide::{Column, Row},
    explain::{self, Question},
    lang::{
        hir::{Program, SourceId},
        value::Value,
    },
};

fn columns(program: &Program, source: SourceId, decider: &guiju::Decider) -> Vec<Column> {
    let declared = &program.sources[source.0 as usize];
    let name = |at: &u32| declared.schema.columns[*at as usize].name.as_str();
    declared.used.iter().map(|at| decider.column(name(at)).expect("declared")).collect()
}

#[test]
fn explanations_are_those_of_a_run() {
    let project = shipped();
    let whole = epoch(&project, |_| true);
    let source = whole.program.sources.iter().position(|s| s.name == "customer_care.customers").expect("shipped");
    let source = SourceId(u32::try_from(source).expect("few"));
    let decider = decider(&project, &whole, "customer_care.customers");
    let rows = batch::whole(&project, &whole, source);
    let columns = columns(&whole.program, source, &decider);
    let (mut scratch, mut row) = (decider.scratch(), decider.row());
    let (mut acting, mut asked) = (0, 0);
    for rule in decider.rules().collect::<Vec<_>>() {
        let alone = epoch(&project, |r| r.head.id.to_string() == rule);
        let id = &alone.rules().next().expect("the rule").head.id;
        // The first row for which the rule acts, if there is one, and the first for which it does not.
        let (mut yes, mut no) = (None, None);
        for number in 0..rows.num_rows() {
            fill(&mut row, &columns, &rows, number);
            let decisions = decider.decide(&mut scratch, &row, day());
            let decision = decisions.iter().find(|d| d.rule == id);
            match decision {
                Some(decision) => yes = yes.or(Some((number, decision.reference))),
                None => no = no.or_else(|| Some((number, decider.reference(&rule, day())?))),
            }
        }
        for (number, reference) in yes.into_iter().chain(no) {
            fill(&mut row, &columns, &rows, number);
            let single = decider.explain(&reference, &row).expect("an explanation");
            let run = RunId::new("2026-11-20").expect("a name");
            let question = Question { rule: id, key: &single.key, at: day(), run };
            let answer = explain::explain(&project, &alone, None, &question, &mut ()).expect("a run");
            assert_eq!(Some(&single), answer.as_ref());
            assert_eq!(single.verdict == Verdict::Acts, yes.is_some_and(|(at, _)| at == number));
            acting += usize::from(single.verdict == Verdict::Acts);
            asked += 1;
        }
    }
    assert!(acting >= 5 && asked > acting, "{acting} of {asked}");
}

#[test]
fn a_reference_remembers_what_the_cool_down_did() {
    let project = shipped();
    let all = epoch(&project, |rule| rule.head.id.name == "id_expiring");
    let decider = decider(&project, &all, "customers");
    let mut row: Row = decider.row();
    let mut set =
        |name: &str, value: Value| row.set_value(decider.column(name).expect("declared"), &value).expect("fits");
    let Moment::Day(today) = day() else { unreachable!("a day") };
    set("customer_id", Value::Integer(1));
    set("name", Value::text("甲"));
    set("account_status", Value::text("正常"));
    set("branch_desk", Value::text("客服台"));
    set("id_expiry", Value::Date(today + 50));
    let (mut scratch, mut cells) = (decider.scratch(), Cells::default());
    let mut decide = |day: i32| {
        let at = Moment::Day(day);
        let decisions = decider.decide_with(&mut scratch, &row, at, &mut cells);
        decisions.get(0).map(|decision| decision.reference)
    };
    assert_eq!(decide(today), None, "fifty days ahead is too early");
    let first = decide(today + 25).expect("twenty-five days ahead");
    assert_eq!(decide(today + 25), None, "once");
    assert_eq!(decide(today + 40), None, "within thirty days");
    assert_eq!(decider.cells().len(), 1);
    let explanation = decider.explain(&first, &row).expect("an explanation");
    assert_eq!((explanation.verdict, explanation.key.as_str()), (Verdict::Acts, "1"));
    let mut later = row.clone();
    later.set_value(decider.column("id_expiry").expect("declared"), &Value::Date(today + 60)).expect("fits");
    let at = Moment::Day(today + 55);
    let again = decider.decide_with(&mut scratch, &later, at, &mut cells).get(0).expect("thirty days later").reference;
    let explanation = decider.explain(&again, &later).expect("an explanation");
    let once = explanation.reasons.iter().find(|reason| reason.clause == "once per").expect("it has a cool-down");
    assert_eq!(explanation.verdict, Verdict::Acts);
    let zone = guiju::lang::time::Zone::named("Asia/Shanghai").expect("bundled");
    assert_eq!(once.value, zone.instant(today + 25, 0).map(Value::Timestamp));
}
