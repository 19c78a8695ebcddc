//! Events over the house's customers, one at a time.

use super::{WAN, World, task};
use crate::plain::{
    Task,
    write::{civil, days, iso, long_day, month_day, month_length, percent, wan, whole_percent},
};

/// The same month and day `years` later; 29 February is kept on the 28th.
fn later(day: i32, years: i32) -> i32 {
    let (year, month, day) = civil(day);
    days(year + years, month, day.min(month_length(year + years, month)))
}

impl World {
    /// Events that look at one customer at a time.
    pub(super) fn customer_care(&self) -> Vec<Task> {
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
                && (80..=100).contains(&score)
                && c.date(row, "last_contact").is_none_or(|l| l < today - 90)
                && open
            {
                let priority = if score >= 95 { "high" } else { "medium" };
                let last = c.date(row, "last_contact").map_or("从未".into(), iso);
                fire("churn_uncontacted", priority, format!("{name}流失分{score}，上次联系：{last}，请挽留"));
            }

            if let Some(expiry) = c.date(row, "options_expiry")
                && (today..=self.exchange.after(today, 10)).contains(&expiry)
                && c.text(row, "account_status") != Some("冻结")
            {
                let priority = if expiry <= self.exchange.after(today, 2) { "high" } else { "medium" };
                let text = format!("{name}的期权权限于{}到期，请预约临柜续签", long_day(expiry));
                fire("options_expiring", priority, text);
            }

            let opened = c.date(row, "opened_on").expect("required");
            if [5, 10, 15, 20, 25, 30].map(|n| later(opened, n)).contains(&today) {
                let years = civil(today).0 - civil(opened).0;
                fire("account_anniversary", "low", format!("{name}开户{years}周年，请寄送感谢函"));
            }

            if let Some(born) = c.date(row, "birth_date")
                && self.age(born) >= 70
                && money("stock_value") * 2 > total
                && !matches!(c.text(row, "risk_level"), Some("C4" | "C5"))
            {
                let priority = if self.age(born) >= 80 { "high" } else { "medium" };
                let risk = c.text(row, "risk_level").unwrap_or("未测评");
                let share = whole_percent(money("stock_value"), total);
                let text = format!("{name}（{}岁，{risk}）股票占比{share}，请做持仓回访并留痕", self.age(born));
                fire("senior_risk", priority, text);
            }

            let gone = money("withdraw_7d");
            if gone >= 50 * WAN && (gone * 5 >= total + gone || gone >= 500 * WAN) {
                let priority = if gone >= 500 * WAN { "high" } else { "medium" };
                let share = percent(gone, total + gone);
                let text = format!("{name}一周转出{}，占转出前资产{share}，请了解去向", wan(gone));
                fire("large_transfer_out", priority, text);
            }

            // This one goes to the desk, whoever looks after the customer.
            if (days(2017, 7, 1)..=self.months_ago(1)).contains(&opened) && c.text(row, "tax_residence").is_none() {
                let text = format!("请{name}补签税收居民身份声明，开户日{}", iso(opened));
                out.push(task("customer_care.tax_form_missing", &id, "medium", desk, text));
            }
        }
        out
    }
}
