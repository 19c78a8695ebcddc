//! Events over trades, complaints, rights and savings plans.

use super::{WAN, World, task};
use crate::plain::{
    Task,
    data::{Row, cents, csv, trades},
    write::{grouped, month_day, parse, wan},
};
use std::collections::BTreeSet;

/// Hundredths of a cent of `12.3400`.
fn exact(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').expect("four digits after the point");
    assert_eq!(fraction.len(), 4, "{text}");
    whole.parse::<i64>().expect("yuan") * 10_000 + fraction.parse::<i64>().expect("digits")
}

impl World {
    pub(super) fn redemptions(&self) -> Vec<Task> {
        let mut out = Vec::new();
        for t in trades() {
            let (day, clock) = t["traded_at"].split_once('T').expect("a timestamp");
            let amount = cents(&t["amount"]);
            if t["kind"] == "赎回"
                && t["product"].starts_with('F')
                && amount >= 100 * WAN
                && parse(day) == Some(self.today)
            {
                let channel = t.get("channel").map_or("渠道不详", String::as_str);
                let text = format!(
                    "客户{}于{}赎回{}共{}（{channel}），了解资金去向",
                    t["customer_id"],
                    &clock[..5],
                    t["product"],
                    wan(amount)
                );
                let priority = if amount >= 300 * WAN { "high" } else { "medium" };
                let assignee = self.manager_or(&t["customer_id"], "总部客服");
                out.push(task("customer_care.large_redemption", &t["trade_id"], priority, assignee, text));
            }
        }
        out
    }

    pub(super) fn complaints(&self) -> Vec<Task> {
        // The second trading day before today.
        let since = (0..self.today).rev().filter(|d| self.exchange.trades_on(*d)).nth(1).expect("a trading day");
        let mut out = Vec::new();
        for c in csv("complaints.csv") {
            let serious = ["12386", "证监", "监管", "媒体", "律师", "起诉"].iter().any(|w| c["content"].contains(w));
            let opened = parse(&c["opened_on"]).expect("a date");
            if c["status"] != "已办结" && (opened < since || serious) {
                let text = format!(
                    "投诉{}「{}」{}受理未办结：{}",
                    c["complaint_id"],
                    c["topic"].trim(),
                    month_day(opened),
                    c["content"]
                        .chars()
                        .take(20)
                        .map(|ch| if ch.is_ascii_digit() { '*' } else { ch })
                        .collect::<String>()
                );
                let priority = if serious { "high" } else { "medium" };
                let desk = c.get("handled_by").map_or("投诉专席", String::as_str);
                out.push(task("customer_care.complaint_waiting", &c["complaint_id"], priority, desk, text));
            }
        }
        out
    }

    /// Interest, puts and dividends.
    pub(super) fn rights(&self) -> Vec<Task> {
        let mut out = Vec::new();
        // One task a customer for dividends, whatever the number of funds: the first row counts.
        let mut told: BTreeSet<String> = BTreeSet::new();
        for r in csv("权益事项.csv") {
            let day = parse(&r["办理日"]).expect("a date");
            let quantity: i64 = r["数量"].parse().expect("a quantity");
            let each = r.get("每单位金额").map(|e| exact(e));
            // Whole cents in all shipped rows.
            let amount = each.map(|e| {
                assert_eq!(quantity * e % 100, 0, "{r:?}");
                quantity * e / 100
            });
            let next = |n| self.today <= day && day <= self.exchange.after(self.today, n);
            let mut fire = |rule: &str, priority: &str, text: String| {
                let rule = format!("营业部关怀.{rule}");
                out.push(task(&rule, &r["事项号"], priority, self.staff_or(&r, &r["营业部"]), text));
            };
            let (name, security) = (&r["姓名"], &r["证券简称"]);
            match (r["类型"].as_str(), amount) {
                ("付息", Some(amount)) if next(2) && amount >= 100_000 => {
                    let text =
                        format!("{name}持有的{security}于{}付息{}元，请沟通再投资", month_day(day), grouped(amount));
                    fire("债券付息", "low", text);
                }
                ("回售", _) if next(5) => {
                    let price = r.get("市价");
                    let better = each.zip(price.map(|p| exact(p))).is_some_and(|(put, price)| put > price);
                    let text = format!(
                        "{name}持有{security}{}张，回售登记{}截止，回售价{}，市价{}",
                        grouped(quantity * 100).trim_end_matches(".00"),
                        month_day(day),
                        r.get("每单位金额").map_or("100", String::as_str),
                        price.map_or("待查", String::as_str)
                    );
                    fire("债券回售", if better { "high" } else { "medium" }, text);
                }
                ("分红", Some(amount))
                    if (self.today..=self.today + 7).contains(&day)
                        && amount >= WAN
                        && r.get("分红方式").is_some_and(|w| w == "现金")
                        && !security.contains("货币")
                        && !security.ends_with("现金宝")
                        && told.insert(r["客户号"].clone()) =>
                {
                    let priority = if amount >= 10 * WAN { "high" } else { "low" };
                    let text =
                        format!("{name}持有的{security}于{}现金分红{}，请沟通再投资", month_day(day), wan(amount));
                    fire("基金分红", priority, text);
                }
                _ => {}
            }
        }
        out
    }

    pub(super) fn savings_plans(&self) -> Vec<Task> {
        // The fifth trading day before today.
        let since = (0..self.today).rev().filter(|d| self.exchange.trades_on(*d)).nth(4).expect("a trading day");
        let as_agreed = |p: &Row| p.get("终止原因").is_some_and(|r| r.contains("到期") || r.contains("完成"));
        let mut told: BTreeSet<String> = BTreeSet::new();
        let mut out = Vec::new();
        for p in csv("定投计划.csv") {
            if p["状态"] == "终止"
                && let Some(day) = p.get("终止日").and_then(|d| parse(d))
                && (since..=self.today).contains(&day)
                && !as_agreed(&p)
                && told.insert(p["客户号"].clone())
            {
                let instalment = cents(&p["每期金额"]);
                let priority = match instalment {
                    500_000.. => "high",
                    100_000.. => "medium",
                    _ => "low",
                };
                let text = format!(
                    "{}于{}终止定投{}（每期{}元，原因：{}），请回访",
                    p["姓名"],
                    month_day(day),
                    p["基金名称"],
                    // To the yuan, half away from zero.
                    grouped((instalment + 50) / 100 * 100).trim_end_matches(".00"),
                    p.get("终止原因").map_or("未说明", String::as_str)
                );
                out.push(task("营业部关怀.定投终止", &p["计划号"], priority, self.staff_or(&p, &p["营业部"]), text));
            }
        }
        out
    }
}
