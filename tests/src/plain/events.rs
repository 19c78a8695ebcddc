//! The thirteen shipped events as loops over rows.

use super::{
    Task,
    data::{Customers, Exchange, Row, cents, csv, trades},
    write::{civil, days, grouped, iso, month_day, month_length, parse, percent, wan},
};
use std::collections::BTreeMap;

const WAN: i64 = 1_000_000; // 1万 yuan in cents

/// All tasks of `today`, by rule and key.
pub fn all(today: i32) -> Vec<Task> {
    let world = World {
        today,
        customers: Customers::read(),
        exchange: Exchange::read(),
        managers: csv("managers.csv")
            .into_iter()
            .map(|m| (m["customer_id"].clone(), m["manager_id"].clone()))
            .collect(),
    };
    let mut tasks = world.customer_care();
    tasks.extend(world.top_deposits());
    tasks.extend(world.top_commission());
    tasks.extend(world.redemptions());
    tasks.extend(world.branch());
    tasks.sort();
    tasks
}

struct World {
    today: i32,
    customers: Customers,
    exchange: Exchange,
    managers: BTreeMap<String, String>,
}

fn task(rule: &str, key: &str, priority: &str, assignee: &str, task: String) -> Task {
    Task { rule: rule.into(), key: key.into(), priority: priority.into(), assignee: assignee.into(), task }
}

impl World {
    fn manager_or<'a>(&'a self, customer: &str, desk: &'a str) -> &'a str {
        self.managers.get(customer).map_or(desk, String::as_str)
    }

    /// The next day on or after today with this month and day; 29 February is kept on the 28th.
    fn anniversary(&self, born: i32) -> i32 {
        let (_, month, day) = civil(born);
        let (year, ..) = civil(self.today);
        let in_year = |y: i32| days(y, month, day.min(month_length(y, month)));
        if in_year(year) >= self.today { in_year(year) } else { in_year(year + 1) }
    }

    /// Events that look at one customer at a time.
    fn customer_care(&self) -> Vec<Task> {
        let (c, today) = (&self.customers, self.today);
        let mut out = Vec::new();
        for row in 0..c.len() {
            let id = c.integer(row, "customer_id").expect("key").to_string();
            let name = c.text(row, "name").expect("required");
            let level = c.text(row, "level").expect("required");
            let desk = c.text(row, "branch_desk").expect("required");
            let open = c.text(row, "account_status") == Some("正常");
            let money = |column: &str| c.money(row, column).expect("required");
            let mut fire = |rule: &str, priority: &str, text: String| {
                out.push(task(&format!("customer_care.{rule}"), &id, priority, self.manager_or(&id, desk), text));
            };

            if let (Some(due), Some(balance)) = (c.date(row, "cd_maturity"), c.money(row, "cd_balance"))
                && today <= due
                && due <= self.exchange.after(today, 3)
                && balance >= 50 * WAN
            {
                let vip = ["V5", "V6", "V7"].contains(&level);
                let priority = match balance {
                    b if b >= 500 * WAN => "high",
                    b if b >= 100 * WAN && vip => "high",
                    b if b >= 100 * WAN => "medium",
                    _ => "low",
                };
                fire("cd_maturing", priority, format!("提醒{name}：存单{}到期，余额{}", month_day(due), wan(balance)));
            }

            if let Some(birthday) = c.date(row, "birth_date").map(|b| self.anniversary(b))
                && birthday <= today + 3
                && ["V5", "V6", "V7"].contains(&level)
            {
                let priority = if birthday == today { "high" } else { "medium" };
                fire("vip_birthday", priority, format!("{name}（{level}）{}生日，致电祝贺", month_day(birthday)));
            }

            if let Some(expiry) = c.date(row, "id_expiry")
                && (today..=today + 30).contains(&expiry)
                && open
            {
                let priority = if expiry <= today + 7 { "high" } else { "medium" };
                let mobile = c.text(row, "mobile").unwrap_or("未登记");
                fire("id_expiring", priority, format!("{name}的证件{}到期，请提醒更新，电话{mobile}", iso(expiry)));
            }

            if c.date(row, "risk_expiry").is_none_or(|e| e < today) && money("fund_value") > 0 && open {
                let risk = c.text(row, "risk_level").unwrap_or("未评");
                let text = format!("请{name}重做风险测评，当前等级{risk}，持有基金{}", wan(money("fund_value")));
                fire("risk_expired", "medium", text);
            }

            let (cash, total) = (money("cash_balance"), money("total_asset"));
            if cash * 100 > total * 80 && cash >= 50 * WAN && c.date(row, "last_trade").is_none_or(|t| t < today - 90) {
                let priority = if cash >= 300 * WAN { "high" } else { "low" };
                fire(
                    "idle_cash",
                    priority,
                    format!("{name}闲置资金{}，占资产{}，沟通现金管理", wan(cash), percent(cash, total)),
                );
            }

            if let Some(peak) = c.money(row, "peak_asset_1y")
                && total * 100 <= peak * 70
                && peak >= 100 * WAN
            {
                let priority = if total * 100 <= peak * 50 { "high" } else { "medium" };
                let down = percent(peak - total, peak);
                fire(
                    "asset_drawdown",
                    priority,
                    format!("{name}资产较一年高点下降{down}，现为{}，了解原因", wan(total)),
                );
            }

            if let Some(score) = c.integer(row, "churn_score")
                && score >= 80
                && c.date(row, "last_contact").is_none_or(|l| l < today - 90)
                && open
            {
                let priority = if score >= 95 { "high" } else { "medium" };
                let last = c.date(row, "last_contact").map_or("从未".into(), iso);
                fire("churn_uncontacted", priority, format!("{name}流失分{score}，上次联系：{last}，请挽留"));
            }
        }
        out
    }

    fn top_deposits(&self) -> Vec<Task> {
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

    fn top_commission(&self) -> Vec<Task> {
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

    fn redemptions(&self) -> Vec<Task> {
        let mut out = Vec::new();
        for t in trades() {
            let (day, clock) = t["traded_at"].split_once('T').expect("a timestamp");
            let amount = cents(&t["amount"]);
            if t["kind"] == "赎回" && amount >= 100 * WAN && parse(day) == Some(self.today) {
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

    /// The branch's own three events, over its own files.
    fn branch(&self) -> Vec<Task> {
        let today = self.today;
        let managers: BTreeMap<String, String> =
            csv("客户经理.csv").into_iter().map(|m| (m["客户号"].clone(), m["工号"].clone())).collect();
        let manager_or =
            |row: &Row, desk: &str| managers.get(&row["客户号"]).cloned().unwrap_or_else(|| desk.to_owned());
        let mut out = Vec::new();
        for h in csv("产品持仓.csv") {
            let amount = cents(&h["持有金额"]);
            if let Some(due) = h.get("到期日").and_then(|d| parse(d))
                && (today..=today + 7).contains(&due)
                && amount >= 10 * WAN
            {
                let priority = if amount >= 100 * WAN { "high" } else { "medium" };
                let text = format!(
                    "{}持有的{}于{}到期，金额{}，请沟通续接",
                    h["姓名"],
                    h["产品名称"],
                    month_day(due),
                    wan(amount)
                );
                out.push(task("营业部关怀.产品到期", &h["持仓号"], priority, &manager_or(&h, "陆家嘴客服台"), text));
            }
        }
        for m in csv("两融账户.csv") {
            let debt = cents(&m["融资负债"]);
            // Four digits after the point: ten-thousandths, that is hundredths of a per cent.
            let ratio = m.get("维持担保比例").map(|r| r.replace('.', "").parse::<i64>().expect("ratio"));
            if let Some(ratio) = ratio
                && ratio < 14_000
                && debt > 10 * WAN
            {
                let priority = if ratio < 13_000 { "high" } else { "medium" };
                let text = format!(
                    "{}维持担保比例{}.{:02}%，负债{}，请提示追加担保物",
                    m["姓名"],
                    ratio / 100,
                    ratio % 100,
                    wan(debt)
                );
                out.push(task("营业部关怀.担保比例预警", &m["客户号"], priority, &manager_or(&m, &m["营业部"]), text));
            }
        }
        for l in csv("新股中签.csv") {
            let due = parse(&l["缴款日"]).expect("a date");
            let (payable, available) = (cents(&l["应缴金额"]), l.get("可用资金").map(|a| cents(a)));
            if today <= due && due <= self.exchange.after(today, 2) && available.is_none_or(|a| a < payable) {
                let priority = match due - today {
                    ..=0 => "high",
                    1 => "medium",
                    _ => "low",
                };
                let text = format!(
                    "{}中签{}，{}须缴{}元，可用{}元，请提醒入金",
                    l["姓名"],
                    l["证券简称"],
                    month_day(due),
                    grouped(payable),
                    grouped(available.unwrap_or(0))
                );
                out.push(task("营业部关怀.新股缴款", &l["中签号"], priority, &manager_or(&l, &l["营业部"]), text));
            }
        }
        out
    }
}
