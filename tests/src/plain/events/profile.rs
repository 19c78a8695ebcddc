//! The branch's events over its customers, one at a time.

use super::{WAN, World, task};
use crate::plain::{
    Task,
    data::{cents, csv},
    write::{long_day, month_day, parse, wan},
};
use std::collections::BTreeSet;

impl World {
    pub(super) fn profiles(&self) -> Vec<Task> {
        let today = self.today;
        let last_trading_day = (0..today).rev().find(|d| self.exchange.trades_on(*d)).expect("a trading day");
        // Who referred several is thanked once: the first row counts.
        let mut thanked: BTreeSet<String> = BTreeSet::new();
        let mut out = Vec::new();
        for c in csv("客户画像.csv") {
            let day = |column: &str| c.get(column).and_then(|d| parse(d));
            let opened = day("开户日").expect("required");
            let asset = cents(&c["总资产"]);
            let name = &c["姓名"];
            let mut fire = |rule: &str, priority: &str, assignee: &str, text: String| {
                out.push(task(&format!("营业部关怀.{rule}"), &c["客户号"], priority, assignee, text));
            };
            let manager = self.staff_or(&c, &c["营业部"]);

            if let Some(first) = day("首次交易日")
                && (last_trading_day..=today).contains(&first)
            {
                let text =
                    format!("{name}开户{}天后于{}完成首笔交易，请致电祝贺并答疑", first - opened, month_day(first));
                fire("首次交易", if asset >= 50 * WAN { "high" } else { "medium" }, manager, text);
            }

            let last =
                [Some(opened), day("最近交易日"), day("最近登录日")].into_iter().flatten().max().expect("opened");
            if (self.months_ago(12)..=self.months_ago(11)).contains(&last)
                && !["休眠", "冻结"].contains(&c["状态"].as_str())
            {
                let text = format!("{name}自{}起没有交易和登录，账户即将休眠，请提醒登录", long_day(last));
                fire("账户休眠", "low", &c["营业部"], text);
            }

            let wanted = match c["等级"].as_str() {
                "V7" => 3_000 * WAN,
                "V6" => 1_000 * WAN,
                "V5" => 300 * WAN,
                _ => 0,
            };
            if asset < wanted && asset * 100 >= wanted * 80 {
                let priority = if asset * 100 >= wanted * 95 { "high" } else { "medium" };
                let text = format!("{name}（{}）距等级起点还差{}，请商量补足方案", c["等级"], wan(wanted - asset));
                fire("等级保级", priority, manager, text);
            }

            if let Some(referrer) = c.get("推荐人")
                && (today - 30..=today).contains(&opened)
                && asset >= WAN
                && thanked.insert(referrer.clone())
            {
                let text = format!(
                    "客户{referrer}推荐的{name}已于{}开户并入金{}，请向推荐人致谢",
                    month_day(opened),
                    wan(asset)
                );
                fire("老客户推荐", "medium", manager, text);
            }
        }
        out
    }
}
