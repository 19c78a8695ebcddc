//! The branch's view of its customers. 客户画像.csv

use crate::{customer::Customer, day::AS_OF, random::Random};

const WAN: i64 = 1_000_000;

/// A customer and what the branch counts for itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile<'a> {
    /// As the lake knows them: 客户号, 姓名, 营业部, 等级, 状态, 风险等级, 开户日, 最近交易日, 最近登录日, 总资产
    pub customer: &'a Customer,
    /// 首次交易日; missing before it
    pub first_trade: Option<i32>,
    /// 近30日成交额, cents
    pub turnover: i64,
    /// 近30日回转次数: bought and sold again within a day
    pub round_trips: i64,
    /// 推荐人, a customer's number
    pub referrer: Option<i64>,
}

/// One row for each of the branch's customers.
pub fn make<'a>(rng: &mut Random, ours: &[&'a Customer]) -> Vec<Profile<'a>> {
    ours.iter()
        .map(|c| {
            let active = c.last_trade.is_some_and(|d| d >= AS_OF - 30);
            let mut p = Profile {
                customer: c,
                first_trade: c.last_trade.map(|last| last.min(c.opened_on + rng.between(1, 30) as i32)),
                turnover: if active { rng.between(1, 600) * WAN } else { 0 },
                round_trips: if active && rng.chance(30) { rng.between(1, 40) } else { 0 },
                referrer: rng.chance(15).then(|| 10_001 + rng.between(0, 199)),
            };
            border(&mut p);
            p
        })
        .collect()
}

/// What the customers of `customer::boundary` are for.
fn border(p: &mut Profile<'_>) {
    match p.customer.customer_id {
        10_126 => (p.first_trade, p.referrer) = (Some(AS_OF), None),
        10_127 => (p.first_trade, p.referrer) = (Some(AS_OF - 1), None),
        10_128 => (p.first_trade, p.referrer) = (Some(AS_OF - 2), None),
        10_137 | 10_139 => p.referrer = Some(10_003),
        10_138 => p.referrer = Some(10_004),
        10_140 => p.referrer = None,
        10_141 => (p.round_trips, p.turnover) = (40, 100 * WAN - 1), // a cent short
        10_142 => (p.round_trips, p.turnover) = (40, 100 * WAN),     // shares the first place, with exactly the amount
        _ => {}
    }
}
