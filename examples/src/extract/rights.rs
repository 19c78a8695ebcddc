//! What holders of securities are entitled to or have to decide, and savings plans. 权益事项.csv, 定投计划.csv

use crate::{customer::Customer, day::AS_OF, random::Random};

const WAN: i64 = 1_000_000;

/// Interest, a put, a dividend or shares that become free.
#[derive(Debug, Clone, PartialEq)]
pub struct Right {
    /// 事项号
    pub right_id: String,
    /// 客户号
    pub customer_id: i64,
    /// 姓名
    pub name: String,
    /// 营业部
    pub branch: &'static str,
    /// 类型: 付息, 回售, 分红, 解禁
    pub kind: &'static str,
    /// 证券简称
    pub security: &'static str,
    /// 数量: bonds, units or shares
    pub quantity: i64,
    /// 每单位金额, hundredths of a cent; missing where nothing is paid, or not yet fixed
    pub each: Option<i64>,
    /// 市价, hundredths of a cent
    pub price: Option<i64>,
    /// 办理日
    pub day: i32,
    /// 分红方式, of funds
    pub payout: Option<&'static str>,
}

/// A plan that buys a fund every month.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// 计划号
    pub plan_id: String,
    /// 客户号
    pub customer_id: i64,
    /// 姓名
    pub name: String,
    /// 营业部
    pub branch: &'static str,
    /// 基金名称
    pub fund: &'static str,
    /// 每期金额, cents
    pub instalment: i64,
    /// 状态: 正常, 暂停, 终止
    pub status: &'static str,
    /// 终止日
    pub stopped_on: Option<i32>,
    /// 终止原因
    pub reason: Option<&'static str>,
}

const CASH: Option<&str> = Some("现金");
const AGAIN: Option<&str> = Some("再投资");

/// Rights: the border first, then whatever comes.
pub fn rights(rng: &mut Random, ours: &[&Customer]) -> Vec<Right> {
    // Kind, security, quantity, each, price, in days, payout. The n-th trading days after Friday the 20th: the second is
    // Tuesday the 24th, the fifth Friday the 27th, the twentieth Friday, 18 December.
    let border = [
        ("付息", "24国债05", 1_000, Some(10_000), None, 4, None), // exactly a thousand, on the last day
        ("付息", "24国债05", 1_000, Some(10_000), None, 5, None), // a day later
        ("付息", "24国债05", 1_000, Some(9_999), None, 0, None),  // short of a thousand
        ("回售", "20沪建", 1_200, Some(1_010_000), Some(995_000), 7, None), // above the market, on the last day
        ("回售", "20沪建", 300, Some(1_000_000), Some(1_000_000), 3, None), // no better than the market
        ("回售", "21临港", 300, Some(1_000_000), None, 0, None),  // nobody knows the market
        ("回售", "21临港", 300, Some(1_000_000), Some(998_000), 10, None), // later
        ("分红", "蓝筹精选", 100_000, Some(1_000), Some(15_230), 7, CASH), // exactly 1万
        ("分红", "蓝筹精选", 99_999, Some(1_000), Some(15_230), 7, CASH), // less
        ("分红", "蓝筹精选", 2_000_000, Some(1_000), Some(15_230), 7, AGAIN), // buys more units
        ("分红", "蓝筹精选", 2_000_000, Some(1_000), Some(15_230), 0, None), // nobody knows which
        ("分红", "红利低波", 1_000_000, Some(1_000), Some(11_040), 3, CASH), // 10万
        ("分红", "天天货币A", 900_000, Some(200), Some(10_000), 1, CASH), // a money market fund
        ("解禁", "华芯半导", 12_000_000, None, Some(250_000), 0, None), // 3亿
        ("解禁", "云杉生物", 400_000, None, Some(250_000), 28, None), // exactly 1000万, on the last day
        ("解禁", "云杉生物", 400_000, None, Some(249_999), 28, None), // less
        ("解禁", "远航电气", 800_000, None, Some(250_000), 11, None), // 2000万
        ("解禁", "远航电气", 800_000, None, Some(250_000), 11, None), // and the same again
        ("解禁", "远航电气", 800_000, None, None, 11, None),      // not traded today
    ];
    let usual = [
        ("付息", "24国债05", 20_000),
        ("付息", "23沪债11", 15_500),
        ("分红", "蓝筹精选", 800),
        ("分红", "天天货币A", 2),
    ];
    ours.iter()
        .cycle()
        .take(40)
        .enumerate()
        .map(|(n, c)| {
            let (kind, security, quantity, each, price, in_days, payout) =
                border.get(n).copied().unwrap_or_else(|| {
                    let (kind, security, each) = *rng.pick(&usual);
                    let payout = if kind == "分红" { *rng.pick(&[CASH, CASH, AGAIN, None]) } else { None };
                    (kind, security, rng.between(1, 3_000) * 100, Some(each), None, rng.between(-3, 40) as i32, payout)
                });
            Right {
                right_id: format!("Q{:03}", n + 1),
                customer_id: c.customer_id,
                name: c.name.clone(),
                branch: c.branch,
                kind,
                security,
                quantity,
                each,
                price,
                day: AS_OF + in_days,
                payout,
            }
        })
        .collect()
}

/// Savings plans: the border first, then whatever comes.
pub fn plans(rng: &mut Random, ours: &[&Customer]) -> Vec<Plan> {
    // Instalment, status, stopped in days, reason. The fifth trading day before Friday the 20th is Friday the 13th.
    let border = [
        (WAN / 2, "终止", Some(-7), Some("连续三期扣款失败")), // the last day, the highest priority
        (WAN / 2 - 1, "终止", Some(0), None),                  // nobody asked why
        (WAN / 10, "终止", Some(-4), Some("客户申请")),
        (WAN / 10 - 1, "终止", Some(-4), Some("客户申请")),
        (WAN, "终止", Some(-8), Some("客户申请")), // a day too long ago
        (WAN, "终止", Some(-1), Some("计划到期")), // as agreed
        (WAN, "终止", Some(-1), Some("目标收益完成")),
        (WAN, "终止", None, Some("客户申请")), // the day did not arrive
    ];
    let funds = ["沪深300ETF联接", "中证红利指数", "纳斯达克100", "短债债券A"];
    ours.iter()
        .rev()
        .take(24)
        .enumerate()
        .map(|(n, c)| {
            let (instalment, status, in_days, reason) = border.get(n).copied().unwrap_or_else(|| {
                let stopped = rng.chance(15);
                let status = if stopped { "终止" } else { *rng.pick(&["正常", "正常", "正常", "暂停"]) };
                let day = stopped.then(|| -(rng.between(0, 60) as i32));
                (rng.between(1, 30) * WAN / 100 * 10, status, day, stopped.then_some("客户申请"))
            });
            Plan {
                plan_id: format!("D{:03}", n + 1),
                customer_id: c.customer_id,
                name: c.name.clone(),
                branch: c.branch,
                fund: funds[rng.between(0, 3) as usize],
                instalment,
                status,
                stopped_on: in_days.map(|d| AS_OF + d),
                reason,
            }
        })
        .collect()
}
