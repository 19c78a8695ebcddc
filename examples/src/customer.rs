//! Customers and who looks after them.

use crate::{
    CUSTOMERS, SEED,
    day::{AS_OF, from_civil},
    random::Random,
};

mod boundary;

/// One customer as the lake knows them. Money is in cents, dates are days since 1970-01-01.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the columns' own names
pub struct Customer {
    pub customer_id: i64,
    pub name: String,
    pub gender: &'static str,
    pub birth_date: Option<i32>,
    pub mobile: Option<String>,
    pub branch: &'static str,
    pub branch_desk: &'static str,
    pub level: &'static str,
    pub account_status: &'static str,
    pub risk_level: Option<&'static str>,
    pub risk_expiry: Option<i32>,
    /// Missing for people whose identity card is valid for life.
    pub id_expiry: Option<i32>,
    pub cd_name: Option<&'static str>,
    pub cd_maturity: Option<i32>,
    pub cd_balance: Option<i64>,
    pub total_asset: i64,
    pub cash_balance: i64,
    pub stock_value: i64,
    pub fund_value: i64,
    pub peak_asset_1y: Option<i64>,
    pub deposit_7d: i64,
    pub withdraw_7d: i64,
    pub commission_1y: i64,
    pub churn_score: Option<i64>,
    pub last_contact: Option<i32>,
    pub last_login: Option<i32>,
    pub last_trade: Option<i32>,
    pub opened_on: i32,
    /// Missing for whom may not trade options.
    pub options_expiry: Option<i32>,
    /// What the customer has declared.
    pub tax_residence: Option<&'static str>,
}

/// A line of the relation between customers and managers.
#[derive(Debug, Clone, PartialEq)]
pub struct Manager {
    /// The customer looked after.
    pub customer_id: i64,
    /// By whom.
    pub manager_id: String,
    /// Their name.
    pub manager_name: &'static str,
    /// Since when.
    pub since: i32,
}

/// Branches, and the desk that takes over when a customer has no manager.
pub const BRANCHES: [(&str, &str); 6] = [
    ("上海陆家嘴营业部", "陆家嘴客服台"),
    ("北京金融街营业部", "金融街客服台"),
    ("深圳福田营业部", "福田客服台"),
    ("杭州西湖营业部", "西湖客服台"),
    ("成都高新营业部", "高新客服台"),
    ("西安雁塔营业部", "雁塔客服台"),
];

const SURNAMES: [&str; 24] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马",
    "罗", "欧阳", "诸葛", "上官", "司马",
];
const GIVEN: [&str; 32] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀英",
    "建国", "志强", "晓东", "雨桐", "子涵", "浩然", "思远", "若曦", "国庆", "文博", "佳怡", "梓萱", "海燕", "春生",
];
const MANAGERS: [&str; 12] =
    ["沈一鸣", "顾佳", "苏晴", "江帆", "陆遥", "程诺", "夏冰", "秦朗", "许愿", "白露", "方舟", "叶知秋"];

/// Assets by level, in yuan: from, to; and how common the level is.
const LEVELS: [(&str, i64, i64, i64); 8] = [
    ("V0", 0, 50_000, 40),
    ("V1", 50_000, 200_000, 20),
    ("V2", 200_000, 500_000, 13),
    ("V3", 500_000, 1_000_000, 9),
    ("V4", 1_000_000, 3_000_000, 7),
    ("V5", 3_000_000, 10_000_000, 5),
    ("V6", 10_000_000, 30_000_000, 4),
    ("V7", 30_000_000, 100_000_000, 2),
];

/// A full name.
pub fn person(rng: &mut Random) -> String {
    format!("{}{}", rng.pick(&SURNAMES), rng.pick(&GIVEN))
}

/// All customers, in the order of their ids.
pub fn make(rng: &mut Random) -> Vec<Customer> {
    // Columns that came later draw from numbers of their own: a new column changes no old one.
    let mut later = Random::new(SEED + 1);
    (1..=CUSTOMERS)
        .map(|i| {
            let mut customer = one(rng, 10_000 + i);
            contract(&mut later, &mut customer);
            boundary::set(i, &mut customer);
            customer
        })
        .collect()
}

fn one(rng: &mut Random, customer_id: i64) -> Customer {
    let (branch, branch_desk) = *rng.pick(&BRANCHES);
    let tier = rng.weighted(&LEVELS.map(|l| l.3));
    let (level, from, to, _) = LEVELS[tier];
    let total_asset = rng.between(from * 100, to * 100 - 1);
    let cash_balance = total_asset * rng.between(0, 60) / 100;
    let stock_value = (total_asset - cash_balance) * rng.between(0, 100) / 100;
    let fund_value = total_asset - cash_balance - stock_value;
    let holds_cd = tier >= 2 && rng.chance(30);
    let cd_balance = (total_asset * rng.between(10, 60) / 100) / 100_000_000 * 100_000_000 + 20_000_000;
    Customer {
        customer_id,
        name: person(rng),
        gender: if rng.chance(48) { "女" } else { "男" },
        birth_date: (!rng.chance(3))
            .then(|| rng.between(i64::from(from_civil(1945, 1, 1)), i64::from(from_civil(2005, 12, 31))) as i32),
        mobile: (!rng.chance(4)).then(|| format!("1{}", rng.between(3_000_000_000, 9_999_999_999))),
        branch,
        branch_desk,
        level,
        account_status: ["正常", "休眠", "冻结"][rng.weighted(&[90, 8, 2])],
        risk_level: (!rng.chance(4)).then(|| ["C1", "C2", "C3", "C4", "C5"][rng.weighted(&[10, 25, 35, 20, 10])]),
        risk_expiry: (!rng.chance(3)).then(|| AS_OF + rng.between(-40, 690) as i32),
        id_expiry: (!rng.chance(15)).then(|| AS_OF + rng.between(-20, 5_000) as i32),
        cd_name: holds_cd.then(|| *rng.pick(&["惠利存单三个月", "惠利存单六个月", "安享存单一年期"])),
        cd_maturity: holds_cd.then(|| AS_OF + rng.between(8, 300) as i32),
        cd_balance: holds_cd.then_some(cd_balance),
        total_asset,
        cash_balance,
        stock_value,
        fund_value,
        peak_asset_1y: (!rng.chance(5)).then(|| total_asset + total_asset * rng.between(0, 35) / 100),
        deposit_7d: if rng.chance(12) { total_asset * rng.between(1, 30) / 100 } else { 0 },
        withdraw_7d: if rng.chance(10) { total_asset * rng.between(1, 40) / 100 } else { 0 },
        commission_1y: if rng.chance(60) { rng.between(500, 9_000_000) } else { 0 },
        churn_score: (!rng.chance(5)).then(|| rng.between(0, 76)),
        last_contact: (!rng.chance(20)).then(|| AS_OF - rng.between(0, 200) as i32),
        last_login: (!rng.chance(3)).then(|| AS_OF - rng.between(0, 120) as i32),
        last_trade: (!rng.chance(10)).then(|| AS_OF - rng.between(0, 240) as i32),
        opened_on: AS_OF,
        options_expiry: None,
        tax_residence: None,
    }
}

/// What was agreed when the account was opened, and since.
fn contract(rng: &mut Random, c: &mut Customer) {
    c.opened_on = AS_OF - rng.between(260, 9_000) as i32;
    c.options_expiry = rng.chance(12).then(|| AS_OF + rng.between(-30, 700) as i32);
    c.tax_residence = match rng.weighted(&[92, 3, 1, 4]) {
        0 => Some("仅为中国税收居民"),
        1 => Some("中国和其他国家或地区税收居民"),
        2 => Some("仅为非居民"),
        _ => None,
    };
}

/// Each customer's manager: one of the two of their branch. Every twelfth customer has none, and neither has 10004.
pub fn managers(customers: &[Customer]) -> Vec<Manager> {
    customers
        .iter()
        .filter(|c| c.customer_id % 12 != 0 && c.customer_id != 10_004)
        .filter_map(|c| {
            let branch = BRANCHES.iter().position(|b| b.0 == c.branch)?;
            let which = branch * 2 + (c.customer_id % 2) as usize;
            let since = AS_OF - 200 - (c.customer_id % 97) as i32 * 13;
            Some(Manager {
                customer_id: c.customer_id,
                manager_id: format!("M{:03}", which + 1),
                manager_name: MANAGERS[which],
                since,
            })
        })
        .collect()
}
