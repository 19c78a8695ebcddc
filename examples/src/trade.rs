//! Trades of the last ten trading days, one JSON object a line.

use crate::{
    customer::Customer,
    day::{AS_OF, iso, weekday},
    random::Random,
};

/// One trade.
#[derive(Debug, Clone, PartialEq)]
pub struct Trade {
    /// `T20261120-0007`
    pub trade_id: String,
    /// Whose.
    pub customer_id: i64,
    /// Shanghai wall clock with its offset.
    pub traded_at: String,
    /// 申购, 赎回, 买入, 卖出
    pub kind: &'static str,
    /// What.
    pub product: String,
    /// Cents.
    pub amount: i64,
    /// Missing when the counter did not say.
    pub channel: Option<&'static str>,
}

const WAN: i64 = 1_000_000;

/// All trades in time order.
pub fn make(rng: &mut Random, customers: &[Customer]) -> Vec<Trade> {
    let days: Vec<i32> = (AS_OF - 13..=AS_OF).filter(|d| weekday(*d) <= 5).collect();
    let mut out = Vec::new();
    for day in days {
        let mut minutes: Vec<i64> = (0..24).map(|_| rng.between(0, 239)).collect();
        minutes.sort_unstable();
        for (n, minute) in minutes.into_iter().enumerate() {
            let customer = rng.pick(customers);
            let kind = ["买入", "卖出", "申购", "赎回"][rng.weighted(&[40, 35, 15, 10])];
            let product = match kind {
                "买入" | "卖出" => format!("60{:04}", rng.between(0, 1_999)),
                _ => format!("F{:05}", rng.between(0, 300)),
            };
            let amount = rng.between(5_000, 40_000_000);
            let channel = (!rng.chance(8)).then(|| ["APP", "网页", "柜台", "电话"][rng.weighted(&[75, 10, 10, 5])]);
            out.push(Trade {
                trade_id: format!("T{}-{:04}", iso(day).replace('-', ""), n + 1),
                customer_id: customer.customer_id,
                traded_at: at(day, minute),
                kind,
                product,
                amount,
                channel,
            });
        }
    }
    // Redemptions on the border, on the last day, after everything else.
    for (n, (customer_id, amount, channel)) in [
        (10_081, 100 * WAN, Some("APP")),
        (10_082, 100 * WAN - 1, Some("APP")),
        (10_083, 350 * WAN, None),
        (10_092, 260 * WAN, Some("柜台")),
    ]
    .into_iter()
    .enumerate()
    {
        out.push(Trade {
            trade_id: format!("T{}-{:04}", iso(AS_OF).replace('-', ""), 9_001 + n),
            customer_id,
            traded_at: format!("{}T14:5{}:00+08:00", iso(AS_OF), 5 + n),
            kind: "赎回",
            product: "F00021".into(),
            amount,
            channel,
        });
    }
    out
}

/// The `minute`-th of the day's 240 minutes of trading.
fn at(day: i32, minute: i64) -> String {
    let of_day = if minute < 120 { 9 * 60 + 30 + minute } else { 13 * 60 + minute - 120 };
    format!("{}T{:02}:{:02}:00+08:00", iso(day), of_day / 60, of_day % 60)
}
