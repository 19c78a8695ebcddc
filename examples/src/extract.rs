//! What the Lujiazui branch draws for itself: CSV files with Chinese headings.

use crate::{customer::Customer, day::AS_OF, random::Random};

pub mod profile;
pub mod rights;

const WAN: i64 = 1_000_000;
const BRANCH: &str = "上海陆家嘴营业部";
const OPEN_ENDED: (&str, &str) = ("日日鑫", "R1");

/// A product that a customer holds. 产品持仓.csv
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    /// 持仓号
    pub holding_id: String,
    /// 客户号
    pub customer_id: i64,
    /// 姓名
    pub name: String,
    /// 产品名称
    pub product: &'static str,
    /// 产品风险, R1 to R5
    pub risk: &'static str,
    /// 到期日; missing: open-ended
    pub maturity: Option<i32>,
    /// 持有金额, cents
    pub amount: i64,
    /// 年化收益率, hundredths of a percent; missing before the first report
    pub rate: Option<i64>,
}

/// A margin account. 两融账户.csv
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    /// 客户号
    pub customer_id: i64,
    /// 姓名
    pub name: String,
    /// 营业部
    pub branch: &'static str,
    /// 融资负债, cents
    pub debt: i64,
    /// 维持担保比例, ten-thousandths; missing without debt
    pub ratio: Option<i64>,
}

/// Shares won in an initial public offering. 新股中签.csv
#[derive(Debug, Clone, PartialEq)]
pub struct Lot {
    /// 中签号
    pub lot_id: String,
    /// 客户号
    pub customer_id: i64,
    /// 姓名
    pub name: String,
    /// 营业部
    pub branch: &'static str,
    /// 证券简称
    pub security: &'static str,
    /// 应缴金额, cents
    pub payable: i64,
    /// 可用资金, cents; missing when the counter system did not answer
    pub available: Option<i64>,
    /// 缴款日
    pub pay_day: i32,
}

/// The branch's customers.
pub fn ours(customers: &[Customer]) -> Vec<&Customer> {
    customers.iter().filter(|c| c.branch == BRANCH).collect()
}

/// Products, margin accounts and lots.
pub fn make(rng: &mut Random, ours: &[&Customer]) -> (Vec<Holding>, Vec<Margin>, Vec<Lot>) {
    (holdings(rng, ours), margins(rng, ours), lots(ours))
}

fn holdings(rng: &mut Random, ours: &[&Customer]) -> Vec<Holding> {
    let products = [("稳盈90天", "R2"), ("稳盈180天", "R2"), OPEN_ENDED, ("固收增强A", "R3"), ("雪球1号", "R4")];
    // Maturity in days and amount on the border first, then whatever comes.
    let border = [
        (Some(7), 10 * WAN, Some(310)),
        (Some(8), 40 * WAN, Some(310)),
        (Some(0), 10 * WAN - 1, Some(265)),
        (Some(0), 100 * WAN, None),
        (None, 300 * WAN, Some(180)),
        (Some(-1), 50 * WAN, Some(295)),
        (Some(2), 120 * WAN, Some(350)),
    ];
    ours.iter()
        .cycle()
        .take(48)
        .enumerate()
        .map(|(n, c)| {
            let (in_days, amount, rate) = match border.get(n) {
                Some(b) => *b,
                None => (
                    (!rng.chance(20)).then(|| rng.between(5, 200) as i32),
                    rng.between(1, 120) * WAN,
                    (!rng.chance(10)).then(|| rng.between(150, 420)),
                ),
            };
            let (product, risk) = if in_days.is_none() { OPEN_ENDED } else { products[n % products.len()] };
            Holding {
                holding_id: format!("H{:04}", n + 1),
                customer_id: c.customer_id,
                name: c.name.clone(),
                product,
                risk,
                maturity: in_days.map(|d| AS_OF + d),
                amount,
                rate,
            }
        })
        .collect()
}

fn margins(rng: &mut Random, ours: &[&Customer]) -> Vec<Margin> {
    let border = [
        (30 * WAN, Some(14_000)), // exactly 140 %
        (30 * WAN, Some(13_999)), // just below
        (80 * WAN, Some(12_999)), // below the line at which positions are closed
        (80 * WAN, Some(13_000)), // exactly on it
        (0, None),                // no debt, no ratio
        (5 * WAN, Some(13_500)),  // too small to matter
        (200 * WAN, None),        // debt, but the ratio did not arrive
    ];
    ours.iter()
        .take(20)
        .enumerate()
        .map(|(n, c)| {
            let (debt, ratio) = border
                .get(n)
                .copied()
                .unwrap_or_else(|| (rng.between(1, 300) * WAN, Some(rng.between(13_800, 32_000))));
            Margin { customer_id: c.customer_id, name: c.name.clone(), branch: c.branch, debt, ratio }
        })
        .collect()
}

fn lots(ours: &[&Customer]) -> Vec<Lot> {
    let border = [
        ("华芯半导", 2_856_000, Some(2_856_000), 1), // exactly enough
        ("华芯半导", 2_856_000, Some(2_855_999), 1), // one cent short
        ("华芯半导", 2_856_000, None, 1),            // not known
        ("远航电气", 1_420_000, Some(0), 0),         // pays today, nothing there
        ("远航电气", 1_420_000, Some(50_000), -1),   // too late
        ("云杉生物", 988_000, Some(12_345), 4),      // Tuesday: the second trading day
        ("云杉生物", 988_000, Some(12_345), 5),      // Wednesday: the third
    ];
    ours.iter()
        .rev()
        .zip(border)
        .enumerate()
        .map(|(n, (c, (security, payable, available, in_days)))| Lot {
            lot_id: format!("X{:03}", n + 1),
            customer_id: c.customer_id,
            name: c.name.clone(),
            branch: c.branch,
            security,
            payable,
            available,
            pay_day: AS_OF + in_days,
        })
        .collect()
}
