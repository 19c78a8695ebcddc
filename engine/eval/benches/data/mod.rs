//! Made-up customers: the same numbers every time, shaped roughly like real ones (skewed amounts, rare categories, missing values).

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array, StringArray,
    types::Int32Type,
};
use guiju_lang::{
    finding::Place,
    hir::{Program, Source},
    schema::{self, Schema},
    ty::{DecimalType, Type, Typed},
};
use std::sync::Arc;

pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) typed: Typed,
    shape: Shape,
}

enum Shape {
    /// 0 to `most`, small numbers far more often.
    Count(i32),
    /// Money; the larger the rarer.
    Money,
    /// Around `middle`, give or take `spread`.
    Real(f64, f64),
    Flag,
    /// Days around 2026-11-22: from, to.
    Date(i32, i32),
    /// One of few, the first ones more often.
    Category(&'static [&'static str]),
    /// All different.
    Free,
}

/// 2026-11-22
const TODAY: i32 = 20_779;

const LEVELS: &[&str] = &["V0", "V1", "V2", "V3", "V4", "V5", "V6", "V7"];
const OCCUPATIONS: &[&str] = &["engineer", "teacher", "doctor", "retired", "executive", "lawyer", "sales", "finance"];

pub(crate) fn columns() -> Vec<Column> {
    let mut out = Vec::new();
    let mut add = |name, ty, shape| out.push(Column { name, typed: Typed::new(ty, true), shape });
    let categories: [(&str, &[&str]); 14] = [
        ("account_status", &["NORMAL", "DORMANT", "CLOSED", "FROZEN"]),
        ("channel", &["APP", "COUNTER", "WEB", "PARTNER", "PHONE"]),
        ("city", &["Beijing-City00", "Shanghai-City00", "Zhejiang-City01", "Zhejiang-City02"]),
        ("cust_level", LEVELS),
        ("education", &["bachelor", "high", "middle", "master", "doctor"]),
        ("gender", &["M", "F"]),
        ("industry_pref", &["IND00", "IND01", "IND02", "IND03", "IND04"]),
        ("last_product_code", &["F00000", "B00001", "S00002", "F00004", "F00008"]),
        ("margin_status", &["NONE", "OPEN", "SUSPEND"]),
        ("marital", &["married", "single", "divorced"]),
        ("name", &["Wang Weihua", "Li Min", "Zhang Wei"]),
        ("occupation", OCCUPATIONS),
        ("province", &["Beijing", "Shanghai", "Guangdong", "Zhejiang"]),
        ("risk_level", &["C3", "C2", "C1", "C4", "C5"]),
    ];
    for (name, values) in categories {
        add(name, Type::Text, Shape::Category(values));
    }
    add("tag_list", Type::Text, Shape::Category(&["tech|bond", "ipo|hk", "gold", "vip|etf", "ipo", "hk|gold|fund"]));
    add("email", Type::Text, Shape::Free);
    add("mobile", Type::Text, Shape::Free);
    for name in ["is_employee_related", "is_hk", "is_margin", "is_pro_investor"] {
        add(name, Type::Bool, Shape::Flag);
    }
    for (name, from, to) in [
        ("birth_date", -31_000, -6_000),
        ("open_date", -9_000, 0),
        ("last_login_date", -300, 0),
        ("last_trade_date", -800, 0),
        ("last_contact_date", -900, 0),
        ("last_deposit_date", -900, 0),
        ("last_withdraw_date", -900, 0),
        ("prod_maturity_date", -10, 365),
        ("id_expiry_date", -400, 5000),
        ("risk_eval_expiry", -500, 730),
        ("margin_expiry", -5, 180),
        ("last_complaint_date", -1500, 0),
        ("last_call_date", -900, 0),
        ("coupon_expiry", -30, 90),
    ] {
        add(name, Type::Date, Shape::Date(from, to));
    }
    for (name, most) in [
        ("app_days_30d", 30),
        ("bond_cnt", 5),
        ("branch_id", 300),
        ("call_cnt_30d", 9),
        ("churn_score", 100),
        ("complaint_cnt_1y", 4),
        ("credit_score", 850),
        ("etf_trade_cnt", 20),
        ("fund_cnt", 9),
        ("hk_trade_cnt", 9),
        ("ipo_apply_cnt_30d", 20),
        ("ipo_win_cnt", 3),
        ("limit_up_hold_cnt", 5),
        ("login_cnt_30d", 60),
        ("login_cnt_7d", 20),
        ("margin_call_cnt", 3),
        ("option_level", 3),
        ("points_balance", 40_000),
        ("referral_cnt", 5),
        ("risk_score", 100),
        ("service_tickets", 5),
        ("sms_cnt_30d", 40),
        ("st_stock_cnt", 4),
        ("survey_score", 10),
        ("tenure_days", 9000),
        ("trade_cnt_30d", 40),
        ("trade_cnt_7d", 15),
        ("trade_cnt_90d", 90),
        ("watchlist_cnt", 80),
    ] {
        add(name, Type::Integer, Shape::Count(most));
    }
    for name in [
        "avg_asset_90d",
        "cash_balance",
        "commission_1y",
        "commission_30d",
        "deposit_30d",
        "deposit_7d",
        "fund_value",
        "margin_collateral",
        "margin_debt",
        "maturing_amount",
        "max_asset_1y",
        "pnl_1y",
        "pnl_30d",
        "pnl_day",
        "prev_total_asset",
        "stock_value",
        "total_asset",
        "withdraw_30d",
        "withdraw_7d",
    ] {
        add(name, Type::Decimal(DecimalType { precision: 18, scale: 2 }), Shape::Money);
    }
    for (name, middle, spread) in [
        ("app_stay_min", 60.0, 200.0),
        ("beta", 1.0, 1.0),
        ("bond_yield", 0.025, 0.02),
        ("cash_ratio", 0.4, 0.4),
        ("concentration_top1", 0.5, 0.5),
        ("concentration_top3", 0.6, 0.4),
        ("equity_ratio", 0.5, 0.5),
        ("fee_rate", 0.001, 0.001),
        ("fund_ret_30d", 0.0, 0.15),
        ("industry_exposure_max", 0.5, 0.5),
        ("maintenance_ratio", 2.0, 1.0),
        ("max_drawdown", 0.2, 0.3),
        ("propensity_advisor", 0.3, 0.4),
        ("propensity_fund", 0.3, 0.4),
        ("propensity_margin", 0.3, 0.4),
        ("ret_1y", 0.0, 0.8),
        ("ret_30d", 0.0, 0.3),
        ("sentiment_score", 0.0, 1.0),
        ("sharpe", 0.4, 2.5),
        ("turnover_30d", 2.0, 8.0),
        ("volatility_30d", 0.3, 0.4),
    ] {
        add(name, Type::Real, Shape::Real(middle, spread));
    }
    out
}

/// A row's random number (splitmix64).
fn number(column: u64, batch: u64, row: usize) -> u64 {
    let mut z = (column << 48 ^ batch << 32 ^ row as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Column {
    pub(crate) fn fill(&self, column: u64, batch: u64, rows: usize) -> ArrayRef {
        // Every third column has missing values.
        let at = |row: usize| {
            let n = number(column, batch, row);
            if column.is_multiple_of(3) && n.is_multiple_of(7) { None } else { Some(n >> 8) }
        };
        let unit = |n: u64| (n % (1 << 30)) as f64 / f64::from(1 << 30);
        let values = (0..rows).map(at);
        match &self.shape {
            Shape::Count(most) => {
                let most = f64::from(*most);
                Arc::new(values.map(|n| n.map(|n| (most * unit(n).powi(3)).round() as i32)).collect::<Int32Array>())
            }
            Shape::Money => {
                let cents: Decimal128Array = values
                    .map(|n| n.map(|n| ((unit(n) * 14.0).exp() * 100.0) as i128 * if n & 64 == 0 { 1 } else { 3 }))
                    .collect();
                Arc::new(cents.with_precision_and_scale(18, 2).expect("fits"))
            }
            Shape::Real(middle, spread) => {
                Arc::new(values.map(|n| n.map(|n| middle + spread * (unit(n) * 2.0 - 1.0))).collect::<Float64Array>())
            }
            Shape::Flag => Arc::new(values.map(|n| n.map(|n| n.is_multiple_of(10))).collect::<BooleanArray>()),
            Shape::Date(from, to) => Arc::new(
                values.map(|n| n.map(|n| TODAY + from + (n % (to - from + 1) as u64) as i32)).collect::<Date32Array>(),
            ),
            Shape::Category(of) => {
                let codes: Int32Array = values.map(|n| n.map(|n| (unit(n).powi(2) * of.len() as f64) as i32)).collect();
                Arc::new(DictionaryArray::<Int32Type>::new(codes, Arc::new(StringArray::from(of.to_vec()))))
            }
            Shape::Free => Arc::new(
                values
                    .map(|n| {
                        n.map(|n| format!("1{:010}@{}", n % 10_000_000_000, ["qq.com", "corp.cn"][(n % 2) as usize]))
                    })
                    .collect::<StringArray>(),
            ),
        }
    }
}

pub(crate) fn program(columns: &[Column]) -> Program {
    let columns = columns.iter().map(|c| schema::Column { name: c.name.into(), typed: c.typed.clone() }).collect();
    Program {
        sources: vec![Source {
            name: "bench.customers".into(),
            connection: "lake".into(),
            object: None,
            schema: Schema { columns },
            key: None,
            time: None,
            lateness: 0,
            passes: false,
            idle: None,
            feed: None,
            windows: Vec::new(),
            used: vec![],
            place: Place::default(),
        }],
        ..Program::default()
    }
}
