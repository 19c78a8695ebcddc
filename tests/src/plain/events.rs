//! The thirty shipped events as loops over rows.

mod branch;
mod customer;
mod profile;
mod ranked;
mod rows;

use super::{
    Task,
    data::{Customers, Exchange, Row, csv},
    write::{civil, days, month_length},
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
    Task { rule: rule.into(), key: key.into(), priority: priority.into(), assignee: assignee.into(), task }
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
