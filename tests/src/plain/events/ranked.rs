//! Events that compare a row with all others.

use super::{WAN, World, task};
use crate::plain::{
    Task,
    data::{Row, cents, csv},
    write::{grouped, long_day, parse, wan, yi},
};
use std::collections::BTreeMap;

impl World {
    pub(super) fn top_deposits(&self) -> Vec<Task> {
        let c = &self.customers;
        let mut of_manager: BTreeMap<&str, Vec<(i64, i64, usize)>> = BTreeMap::new();
        for row in 0..c.len() {
            let id = c.integer(row, "customer_id").expect("key");
            let deposit = c.money(row, "deposit_7d").expect("required");
            if deposit >= 20 * WAN
                && c.text(row, "account_status") == Some("正常")
                && let Some(manager) = self.managers.get(&id.to_string())
            {
                of_manager.entry(manager).or_default().push((-deposit, id, row));
            }
        }
        let mut out = Vec::new();
        for (manager, mut rows) in of_manager {
            rows.sort_unstable();
            for (deposit, id, row) in rows.into_iter().take(3) {
                let text = format!("{}本周转入{}，优先拜访", c.text(row, "name").expect("required"), wan(-deposit));
                out.push(task("customer_care.top_deposits", &id.to_string(), "medium", manager, text));
            }
        }
        out
    }

    pub(super) fn top_commission(&self) -> Vec<Task> {
        let c = &self.customers;
        let mut sorted: Vec<i64> = (0..c.len()).filter_map(|row| c.money(row, "commission_1y")).collect();
        sorted.sort_unstable();
        // The smallest value that has at least ninety-five in a hundred rows at or below it.
        let threshold = sorted[(sorted.len() * 95).div_ceil(100) - 1];
        let mut out = Vec::new();
        for row in 0..c.len() {
            let commission = c.money(row, "commission_1y").expect("required");
            if commission >= threshold && c.date(row, "last_contact").is_none_or(|l| self.today - l >= 30) {
                let id = c.integer(row, "customer_id").expect("key").to_string();
                let name = c.text(row, "name").expect("required");
                let masked: String = name.chars().enumerate().map(|(i, ch)| if i == 0 { ch } else { '*' }).collect();
                let text = format!("高贡献客户{masked}（年佣金{}元）近期未联系，请回访", grouped(commission));
                let desk = c.text(row, "branch_desk").expect("required");
                out.push(task("customer_care.top_commission", &id, "low", self.manager_or(&id, desk), text));
            }
        }
        out
    }

    /// The three largest holdings of shares that become free.
    pub(super) fn unlocked_shares(&self) -> Vec<Task> {
        let mut large: Vec<(i64, Row)> = csv("权益事项.csv")
            .into_iter()
            .filter(|r| r["类型"] == "解禁")
            .filter_map(|r| {
                let price = r.get("市价")?.replace('.', "").parse::<i64>().ok()?;
                // Hundredths of a cent.
                Some((r["数量"].parse::<i64>().ok()? * price / 100, r))
            })
            .filter(|(value, r)| {
                let day = parse(&r["办理日"]).expect("a date");
                *value >= 1_000 * WAN && self.today <= day && day <= self.exchange.after(self.today, 20)
            })
            .collect();
        large.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1["事项号"].cmp(&b.1["事项号"])));
        large
            .into_iter()
            .take(3)
            .map(|(value, r)| {
                let shares: i64 = r["数量"].parse().expect("shares");
                assert_eq!(shares % 10_000, 0, "written for round numbers of shares");
                let text = format!(
                    "{}的{}{}万股于{}解禁，市值{}，请上门",
                    r["姓名"],
                    r["证券简称"],
                    shares / 10_000,
                    parse(&r["办理日"]).map(long_day).expect("a date"),
                    yi(value)
                );
                task("营业部关怀.限售股解禁", &r["事项号"], "high", "营业部总经理", text)
            })
            .collect()
    }

    /// Who buys and sells within the day more often than nine in ten of the same level.
    pub(super) fn round_trips(&self) -> Vec<Task> {
        let all = csv("客户画像.csv");
        let count = |r: &Row| r["近30日回转次数"].parse::<i64>().expect("a count");
        let mut of_level: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for r in &all {
            of_level.entry(&r["等级"]).or_default().push(count(r));
        }
        let mut out = Vec::new();
        for counts in of_level.values_mut() {
            counts.sort_unstable();
        }
        for r in &all {
            let counts = &of_level[r["等级"].as_str()];
            let threshold = counts[(counts.len() * 90).div_ceil(100) - 1];
            let turnover = cents(&r["近30日成交额"]);
            if count(r) >= threshold && count(r) >= 8 && turnover >= 100 * WAN {
                let text =
                    format!("{}近三十日日内回转{}次，成交{}，请介绍极速行情与券源", r["姓名"], count(r), wan(turnover));
                out.push(task("营业部关怀.回转交易习惯", &r["客户号"], "low", self.staff_or(r, &r["营业部"]), text));
            }
        }
        out
    }
}
