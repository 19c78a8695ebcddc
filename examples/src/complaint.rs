//! Complaints as the service desk takes them down.

use crate::{customer::Customer, day::AS_OF, random::Random};

/// One complaint.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the columns' own names
pub struct Complaint {
    pub complaint_id: String,
    pub customer_id: i64,
    pub opened_on: i32,
    pub topic: &'static str,
    pub content: &'static str,
    /// 待处理, 处理中, 已办结
    pub status: &'static str,
    /// Missing until somebody takes it.
    pub handled_by: Option<&'static str>,
}

const USUAL: [(&str, &str); 5] = [
    ("佣金", "佣金比开户时承诺的高，要求调回并说明原因"),
    ("交易系统", "早盘无法登录，错过了卖出的时机，要求赔偿损失"),
    ("产品", "买的产品和介绍时说的不一样，希望提前赎回"),
    ("服务", "电话一直没有人接，换了三次客户经理"),
    ("信息", "短信推送太多，已经退订仍然收到"),
];

/// Complaints of the last weeks: the border first, then whatever comes.
pub fn make(rng: &mut Random, customers: &[Customer]) -> Vec<Complaint> {
    // The second trading day before Friday the 20th is Wednesday the 18th.
    let border = [
        (-3, USUAL[0], "处理中", Some("K01")), // one day too long
        (-2, USUAL[1], "处理中", Some("K02")), // just in time
        (-3, USUAL[3], "已办结", Some("K01")),
        (-3, (" 交易系统 ", USUAL[1].1), "待处理", None), // nobody has taken it
        (0, ("服务", "再不处理我就打12386，也会找媒体"), "待处理", None),
        (-1, ("产品", "已委托律师，保留起诉的权利"), "处理中", Some("K03")),
        (-9, ("产品", "已委托律师，要求书面答复"), "已办结", Some("K03")),
    ];
    (0..30)
        .map(|n| {
            let (in_days, (topic, content), status, handled_by) = border.get(n).copied().unwrap_or_else(|| {
                let in_days = -(rng.between(0, 40) as i32);
                let status =
                    if in_days < -10 { "已办结" } else { ["处理中", "已办结"][rng.weighted(&[20, 80])] };
                (in_days, *rng.pick(&USUAL), status, Some(*rng.pick(&["K01", "K02", "K03"])))
            });
            Complaint {
                complaint_id: format!("C{:04}", n + 1),
                customer_id: rng.pick(customers).customer_id,
                opened_on: AS_OF + in_days,
                topic,
                content,
                status,
                handled_by,
            }
        })
        .collect()
}
