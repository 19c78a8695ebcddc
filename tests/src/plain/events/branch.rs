//! The branch's events over products, margin accounts and lots.

use super::{WAN, World, task};
use crate::plain::{
    Task,
    data::{cents, csv},
    write::{grouped, month_day, parse, wan},
};
use std::collections::BTreeMap;

impl World {
    /// Products, margin accounts and lots.
    pub(super) fn branch(&self) -> Vec<Task> {
        let today = self.today;
        let mut out = Vec::new();
        let risk_levels: BTreeMap<String, String> = csv("客户画像.csv")
            .into_iter()
            .filter_map(|p| Some((p["客户号"].clone(), p.get("风险等级")?.clone())))
            .collect();
        for h in csv("产品持仓.csv") {
            // C3 may hold up to R3; who was never asked, the least.
            let level = risk_levels.get(&h["客户号"]);
            let digit = |text: &str| text.chars().nth(1).and_then(|c| c.to_digit(10)).expect("a level");
            let may = level.map_or(1, |l| digit(l));
            let risk = digit(&h["产品风险"]);
            if risk > may && cents(&h["持有金额"]) > 0 {
                let text = format!(
                    "{}（{}）持有{}（{}）{}，请做适当性告知",
                    h["姓名"],
                    level.map_or("未测评", String::as_str),
                    h["产品名称"],
                    h["产品风险"],
                    wan(cents(&h["持有金额"]))
                );
                let priority = if risk >= may + 2 { "high" } else { "medium" };
                out.push(task(
                    "营业部关怀.适当性不匹配",
                    &h["持仓号"],
                    priority,
                    self.staff_or(&h, "陆家嘴客服台"),
                    text,
                ));
            }
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
                out.push(task("营业部关怀.产品到期", &h["持仓号"], priority, self.staff_or(&h, "陆家嘴客服台"), text));
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
                out.push(task(
                    "营业部关怀.担保比例预警",
                    &m["客户号"],
                    priority,
                    self.staff_or(&m, &m["营业部"]),
                    text,
                ));
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
                out.push(task("营业部关怀.新股缴款", &l["中签号"], priority, self.staff_or(&l, &l["营业部"]), text));
            }
        }
        out
    }
}
