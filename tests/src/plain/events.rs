//! The thirty shipped events as loops over rows.

mod branch;
mod customer;
mod profile;
mod ranked;
mod rows;

use super::{
    Task,
    data::{Customers, Exchange, Row, csv},
    write::{civil, days, iso, month_length},
};
use std::collections::BTreeMap;

const WAN: i64 = 1_000_000; // 1万 yuan in cents

/// All tasks of `today`, by rule and key.
pub fn all(today: i32) -> Vec<Task> {
    let managers = csv("managers.csv").into_iter().map(|m| (m["customer_id"].clone(), m["manager_id"].clone()));
    let staff = csv("客户经理.csv").into_iter().map(|m| (m["客户号"].clone(), m["工号"].clone()));
    let world = World {
        today,
        customers: Customers::read(),
        exchange: Exchange::read(),
        managers: managers.collect(),
        staff: staff.collect(),
    };
    let mut tasks = world.customer_care();
    tasks.extend(world.top_deposits());
    tasks.extend(world.top_commission());
    tasks.extend(world.redemptions());
    tasks.extend(world.complaints());
    tasks.extend(world.branch());
    tasks.extend(world.rights());
    tasks.extend(world.unlocked_shares());
    tasks.extend(world.savings_plans());
    tasks.extend(world.profiles());
    tasks.extend(world.round_trips());
    for task in &mut tasks {
        task.expires = world.expiry(&task.rule).map(iso).unwrap_or_default();
    }
    tasks.sort();
    tasks
}

struct World {
    today: i32,
    customers: Customers,
    exchange: Exchange,
    /// The house's relation.
    managers: BTreeMap<String, String>,
    /// The branch's copy of it.
    staff: BTreeMap<String, String>,
}

fn task(rule: &str, key: &str, priority: &str, assignee: &str, task: String) -> Task {
    let text = |t: &str| t.to_owned();
    let (rule, key, priority, assignee) = (text(rule), text(key), text(priority), text(assignee));
    Task { rule, key, priority, assignee, expires: String::new(), task }
}

impl World {
    fn manager_or<'a>(&'a self, customer: &str, desk: &'a str) -> &'a str {
        self.managers.get(customer).map_or(desk, String::as_str)
    }

    fn staff_or<'a>(&'a self, row: &'a Row, desk: &'a str) -> &'a str {
        self.staff.get(&row["客户号"]).map_or(desk, String::as_str)
    }

    /// The next day on or after today with this month and day; 29 February is kept on the 28th.
    fn anniversary(&self, born: i32) -> i32 {
        let (_, month, day) = civil(born);
        let (year, ..) = civil(self.today);
        let in_year = |y: i32| days(y, month, day.min(month_length(y, month)));
        if in_year(year) >= self.today { in_year(year) } else { in_year(year + 1) }
    }

    /// The last day on which a rule's task is worth doing.
    fn expiry(&self, rule: &str) -> Option<i32> {
        let (_, name) = rule.split_once('.').expect("rulebook and name");
        let (days, trading_days) = match name {
            "vip_birthday" => (3, 0),
            "account_anniversary" | "老客户推荐" => (7, 0),
            "id_expiring" => (30, 0),
            "complaint_waiting" | "担保比例预警" => (0, 1),
            "large_redemption" | "债券回售" => (0, 2),
            "large_transfer_out" | "首次交易" => (0, 3),
            "cd_maturing" | "top_deposits" | "asset_drawdown" | "churn_uncontacted" => (0, 5),
            "产品到期" | "债券付息" | "基金分红" | "定投终止" => (0, 5),
            "options_expiring" | "senior_risk" | "idle_cash" | "限售股解禁" | "等级保级" => (0, 10),
            _ => return None,
        };
        Some(if trading_days > 0 { self.exchange.after(self.today, trading_days) } else { self.today + days })
    }

    /// Today so many months ago, or the last day of that month.
    fn months_ago(&self, months: i32) -> i32 {
        let (year, month, day) = civil(self.today);
        let all = year * 12 + month - 1 - months;
        let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
        days(year, month, day.min(month_length(year, month)))
    }

    /// Full years since a day.
    fn age(&self, born: i32) -> i32 {
        let ((year, month, day), (now, this_month, this_day)) = (civil(born), civil(self.today));
        now - year - i32::from((this_month, this_day) < (month, day))
    }
}
