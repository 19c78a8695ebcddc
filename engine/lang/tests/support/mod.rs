//! A kind to check rules with, and a world for them: what the event kind asks of the checker, without running anything.

use guiju_grammar::{ast, keyword::Kw};
use guiju_lang::{
    calendar::{Calendar, CalendarFacts},
    check::{CheckInput, Checked, check},
    finding::{Arg, At, Finding, Sources},
    hir,
    kind::{ClauseSpec, KindSchema, RuleBody, RuleContext},
    schema::{Column, Schema, SchemaProvider},
    time::Civil,
    ty::{DecimalType, Type, Typed, Unit},
};
use std::{any::Any, sync::Arc};

#[derive(Debug)]
struct Body {
    expressions: Vec<(&'static str, hir::Expr)>,
    texts: Vec<Arc<hir::TextTemplate>>,
    rest: String,
}

impl RuleBody for Body {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn expressions(&self) -> Vec<(&'static str, &hir::Expr)> {
        self.expressions.iter().map(|(role, e)| (*role, e)).collect()
    }
    fn canonical(&self, out: &mut String) {
        out.push_str(&self.rest);
        self.texts.iter().for_each(|t| guiju_lang::canonical::text(out, t, &[]));
    }
}

pub(crate) struct Event;

const fn clause(word: Kw, required: bool, en: &'static str, zh: &'static str) -> ClauseSpec {
    ClauseSpec { word, required, repeat: false, doc: ("", ""), example: (en, zh) }
}

const CLAUSES: [ClauseSpec; 9] = [
    clause(Kw::KEEP_TOP, false, "keep top 3 by total_asset", "只取前 3 按 总资产"),
    clause(Kw::ON, true, "on customers", "针对 客户"),
    clause(Kw::WHEN, true, "when total_asset >= 50万", "当 总资产 >= 50万"),
    clause(Kw::PRIORITY, false, "priority high", "优先级 高"),
    clause(Kw::ASSIGN_TO, false, "assign to manager_id", "分派给 工号"),
    clause(Kw::ONCE_PER, false, "once per customer every 30d", "每个 客户 每30天一次"),
    clause(Kw::EXPIRES_AFTER, false, "expires after 5d", "有效期 5天"),
    clause(Kw::TASK, true, "task \"call {name}\"", "任务 \"联系{姓名}\""),
    clause(Kw::TO, true, "to tasks", "发往 任务单"),
];

impl KindSchema for Event {
    fn word(&self) -> Kw {
        Kw::EVENT
    }
    fn name(&self) -> &'static str {
        "event"
    }
    fn clauses(&self) -> &'static [ClauseSpec] {
        &CLAUSES
    }
    fn check(&self, rule: &ast::Rule, cx: &mut dyn RuleContext) -> Option<Arc<dyn RuleBody>> {
        let clause = |word: Kw| rule.clauses.iter().find(|c| c.word == word);
        let first = |word: Kw| {
            clause(word)
                .and_then(|c| c.parts.iter().find_map(|p| if let ast::Part::Expr(e) = p { Some(e) } else { None }))
        };
        if let Some(on) = first(Kw::ON) {
            cx.on_source(on);
        }
        let mut on = clause(Kw::ON).into_iter().flat_map(|c| &c.parts);
        if on.any(|part| matches!(part, ast::Part::Word(Kw::BY, _)))
            && let Some(ast::Part::Expr(by)) = on.next()
        {
            cx.stream_by(by);
        }
        let mut expressions = Vec::new();
        let mut rest = String::new();
        if let Some(when) = first(Kw::WHEN).and_then(|e| cx.condition(e)) {
            cx.assume(&when);
            expressions.push(("when", when));
        }
        let levels = [Kw::HIGH, Kw::MEDIUM, Kw::LOW];
        if let Some(e) = first(Kw::PRIORITY).filter(|e| !cx.misspelt(e, &levels)).and_then(|e| cx.expr(e)) {
            expressions.push(("priority", e));
        }
        if let Some(e) = first(Kw::ASSIGN_TO).and_then(|e| cx.text_value(e)) {
            expressions.push(("assign", e));
        }
        if let Some(once) = clause(Kw::ONCE_PER) {
            let mut parts = once.parts.iter().filter_map(|p| if let ast::Part::Expr(e) = p { Some(e) } else { None });
            let keys = parts.next().and_then(|e| cx.key_columns(e)).unwrap_or_default();
            expressions.extend(keys.into_iter().map(|k| ("once", k)));
            rest += &format!("{:?}", parts.next().and_then(|e| cx.duration(e)));
        }
        if let Some(by) = first(Kw::EXPIRES_AFTER).and_then(|e| cx.duration(e)) {
            rest += &format!("{by:?}");
        }
        let mut texts = Vec::new();
        if let Some(part) = clause(Kw::TASK).and_then(|c| c.parts.iter().find(|p| !matches!(p, ast::Part::Word(..)))) {
            texts.extend(cx.text(part));
        }
        if let Some(to) = first(Kw::TO) {
            rest += &format!("{:?}", cx.sink(to));
        }
        Some(Arc::new(Body { expressions, texts, rest }))
    }
}

/// `lake`: customers, in English and in Chinese; `crm`: their managers. `gone` is bound, but cannot be read.
pub(crate) struct World;

fn column(name: &str, ty: Type, unit: Unit, nullable: bool) -> Column {
    Column { name: name.into(), typed: Typed { ty, unit, nullable } }
}

impl SchemaProvider for World {
    fn schema(&self, connection: &str, object: Option<&str>) -> Result<Option<Schema>, Finding> {
        let money = || Type::Decimal(DecimalType { precision: 18, scale: 2 });
        let rate = || Type::Decimal(DecimalType { precision: 7, scale: 4 });
        let yuan = || Unit::Money("CNY".into());
        let columns = match (connection, object) {
            ("lake", Some("customers")) => vec![
                column("customer_id", Type::Integer, Unit::None, false),
                column("name", Type::Text, Unit::None, false),
                column("level", Type::Text, Unit::None, true),
                column("total_asset", money(), yuan(), true),
                column("cd_balance", money(), yuan(), true),
                column("cd_maturity", Type::Date, Unit::None, true),
                column("shares", Type::Integer, Unit::Shares, true),
                column("rate", rate(), Unit::Percent, true),
                column("score", Type::Real, Unit::None, true),
                column("last_login", Type::Timestamp, Unit::None, true),
                column("is_staff", Type::Bool, Unit::None, true),
                column("branch_desk", Type::Text, Unit::None, false),
            ],
            ("lake", Some("客户")) => vec![
                column("客户号", Type::Integer, Unit::None, false),
                column("姓名", Type::Text, Unit::None, false),
                column("等级", Type::Text, Unit::None, true),
                column("总资产", money(), yuan(), true),
                column("余额", money(), yuan(), true),
                column("到期日", Type::Date, Unit::None, true),
                column("持股数", Type::Integer, Unit::Shares, true),
            ],
            ("crm", Some("managers")) => vec![
                column("customer_id", Type::Integer, Unit::None, false),
                column("manager_id", Type::Text, Unit::None, true),
                column("since", Type::Date, Unit::None, true),
            ],
            ("gone", _) => {
                return Err(Finding::new(
                    guiju_lang::finding::codes::data::FILE_UNREADABLE,
                    At::data("data/gone.parquet"),
                )
                .name("path", "data/gone.parquet")
                .arg("message", Arg::Plain("no such file".into())));
            }
            _ => return Ok(None),
        };
        Ok(Some(Schema { columns }))
    }
}

pub(crate) fn calendar() -> Arc<Calendar> {
    let day = |y, m, d| Civil::new(y, m, d).expect("a date").days();
    let facts = CalendarFacts {
        name: "sse".into(),
        zone: "Asia/Shanghai".into(),
        from: day(2026, 1, 1),
        to: day(2026, 12, 31),
        weekend: vec![6, 7],
        ..CalendarFacts::default()
    };
    Arc::new(Calendar::new(facts).expect("a calendar"))
}

#[allow(dead_code)] // each test binary uses its own part
pub(crate) fn check_set(files: &Sources) -> Checked {
    let calendars = [calendar()];
    check(CheckInput { files, schemas: &World, kinds: &[&Event], calendars: &calendars })
}
