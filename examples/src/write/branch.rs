//! The branch's files on customers, rights and savings plans.

use super::{Error, money, rows};
use crate::{Brokerage, day::iso};
use std::path::Path;

pub(super) fn all(brokerage: &Brokerage, folder: &Path) -> Result<(), Error> {
    let header = [
        "客户号",
        "姓名",
        "营业部",
        "等级",
        "状态",
        "风险等级",
        "开户日",
        "首次交易日",
        "最近交易日",
        "最近登录日",
        "总资产",
        "近30日成交额",
        "近30日回转次数",
        "推荐人",
    ];
    let day = |day: Option<i32>| day.map(iso).unwrap_or_default();
    rows(
        &folder.join("客户画像.csv"),
        &header,
        brokerage.profiles().into_iter().map(|p| {
            let c = p.customer;
            vec![
                c.customer_id.to_string(),
                c.name.clone(),
                c.branch.into(),
                c.level.into(),
                c.account_status.into(),
                c.risk_level.unwrap_or_default().into(),
                iso(c.opened_on),
                day(p.first_trade),
                day(c.last_trade),
                day(c.last_login),
                money(c.total_asset),
                money(p.turnover),
                p.round_trips.to_string(),
                p.referrer.map(|r| r.to_string()).unwrap_or_default(),
            ]
        }),
    )?;
    let header =
        ["事项号", "客户号", "姓名", "营业部", "类型", "证券简称", "数量", "每单位金额", "市价", "办理日", "分红方式"];
    let price = |p: Option<i64>| p.map(|p| format!("{}.{:04}", p / 10_000, p % 10_000)).unwrap_or_default();
    rows(
        &folder.join("权益事项.csv"),
        &header,
        brokerage.rights.iter().map(|r| {
            vec![
                r.right_id.clone(),
                r.customer_id.to_string(),
                r.name.clone(),
                r.branch.into(),
                r.kind.into(),
                r.security.into(),
                r.quantity.to_string(),
                price(r.each),
                price(r.price),
                iso(r.day),
                r.payout.unwrap_or_default().into(),
            ]
        }),
    )?;
    rows(
        &folder.join("定投计划.csv"),
        &["计划号", "客户号", "姓名", "营业部", "基金名称", "每期金额", "状态", "终止日", "终止原因"],
        brokerage.plans.iter().map(|p| {
            vec![
                p.plan_id.clone(),
                p.customer_id.to_string(),
                p.name.clone(),
                p.branch.into(),
                p.fund.into(),
                money(p.instalment),
                p.status.into(),
                day(p.stopped_on),
                p.reason.unwrap_or_default().into(),
            ]
        }),
    )
}
