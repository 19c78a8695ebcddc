//! The customers that stand exactly on a border, one after another. Whoever changes a rule's threshold meets them.

use super::{BRANCHES, Customer};
use crate::day::{AS_OF, from_civil};

const WAN: i64 = 1_000_000; // 1万 yuan in cents

/// Turns the `i`-th customer into a case worth having.
pub(super) fn set(i: i64, c: &mut Customer) {
    if i <= 80 || (101..=142).contains(&i) {
        quiet(c);
    }
    match i {
        // A certificate of deposit: the third trading day after Friday the 20th is Wednesday the 25th.
        1 => cd(c, 5, Some(50 * WAN)),     // on the last day, with exactly the amount
        2 => cd(c, 6, Some(60 * WAN)),     // one day later
        3 => cd(c, 1, Some(80 * WAN)),     // on a Saturday
        4 => cd(c, 0, Some(120 * WAN)),    // today; nobody looks after this customer
        5 => cd(c, -1, Some(120 * WAN)),   // yesterday
        6 => cd(c, 4, Some(50 * WAN - 1)), // one cent short
        7 => cd(c, 4, None),               // amount unknown
        8 => cd(c, 4, Some(500 * WAN)),    // the priority table's highest row
        9 => cd(c, 41, Some(300 * WAN)),   // on the last day of the year
        // Birthdays.
        10 => born(c, "V5", Some((1980, 11, 20))), // today
        11 => born(c, "V7", Some((1962, 11, 23))), // the third day
        12 => born(c, "V6", Some((1971, 11, 24))), // the fourth
        13 => born(c, "V4", Some((1990, 11, 21))), // not a VIP
        14 => born(c, "V7", None),                 // unknown
        15 => born(c, "V6", Some((1976, 2, 29))),  // celebrated on 28 February
        // Identity documents.
        16 => c.id_expiry = Some(AS_OF),      // the last valid day
        17 => c.id_expiry = Some(AS_OF + 7),  // the last urgent day
        18 => c.id_expiry = Some(AS_OF + 30), // the last day of the month ahead
        19 => c.id_expiry = Some(AS_OF + 31), // one day later
        20 => c.id_expiry = None,             // valid for life
        // Risk questionnaires.
        21 => c.risk_expiry = Some(AS_OF - 1), // expired yesterday
        22 => c.risk_expiry = Some(AS_OF),     // expires today: still valid
        23 => c.risk_expiry = None,            // never answered
        24 => (c.risk_expiry, c.fund_value, c.stock_value) = (Some(AS_OF - 9), 0, c.stock_value + c.fund_value), // holds no fund
        // Idle cash.
        25 => cash(c, 100 * WAN, 80 * WAN, Some(AS_OF - 120)), // exactly 80 %
        26 => cash(c, 100 * WAN, 80 * WAN + 1, Some(AS_OF - 91)), // one cent more
        27 => cash(c, 100 * WAN, 90 * WAN, Some(AS_OF - 90)),  // traded ninety days ago
        28 => cash(c, 60 * WAN, 55 * WAN, None),               // never traded
        29 => cash(c, 55 * WAN, 50 * WAN - 1, None),           // one cent short of 50万
        // Assets against the year's peak.
        30 => peak(c, 140 * WAN, Some(200 * WAN)),     // exactly 30 % down
        31 => peak(c, 140 * WAN + 1, Some(200 * WAN)), // one cent less than that
        32 => peak(c, 90 * WAN, None),                 // opened this week: no peak yet
        33 => peak(c, 0, Some(300 * WAN)),             // everything gone
        34 => peak(c, 30 * WAN, Some(99 * WAN)),       // too small to matter
        // Churn.
        35 => churn(c, Some(80), Some(AS_OF - 90)), // contacted just in time
        36 => churn(c, Some(80), Some(AS_OF - 91)), // one day too late
        37 => churn(c, Some(96), None),             // never contacted
        38 => churn(c, None, None),                 // no score
        39 => churn(c, Some(79), None),             // one point below
        // Deposits of two managers' customers: two share the third place of the first, the smaller id keeps it.
        40 => deposit(c, 60 * WAN, 0),
        42 => deposit(c, 55 * WAN, 0),
        46 => deposit(c, 50 * WAN, 0),
        50 => deposit(c, 50 * WAN, 0),
        54 => deposit(c, 30 * WAN, 0),
        41 => deposit(c, 20 * WAN, 0),     // exactly enough
        43 => deposit(c, 20 * WAN - 1, 0), // one cent short
        48 => deposit(c, 90 * WAN, 2),
        52 => deposit(c, 90 * WAN, 2),
        56 => deposit(c, 70 * WAN, 2), // nobody looks after this customer
        // Commission: the top five in a hundred of 200 start at the 190th value from below, which three customers share.
        61 => commission(c, 90 * WAN, 45),
        62 => commission(c, 80 * WAN, 29), // contacted a day too recently
        63 => commission(c, 70 * WAN, 30), // thirty days ago exactly
        64 => (c.commission_1y, c.last_contact) = (60 * WAN, None), // never contacted
        65..=68 => commission(c, (70 - i) * 10 * WAN, 60),
        69..=71 => commission(c, 15 * WAN, 45), // three at the border
        72 => commission(c, 15 * WAN - 1, 45),  // one cent below it
        // Approvals to trade options: the tenth trading day is Friday, 4 December, the second Tuesday the 24th.
        101 => c.options_expiry = Some(AS_OF + 14),
        102 => c.options_expiry = Some(AS_OF + 15),
        103 => c.options_expiry = Some(AS_OF + 4),
        104 => c.options_expiry = Some(AS_OF + 5),
        105 => c.options_expiry = Some(AS_OF - 1),
        106 => (c.options_expiry, c.account_status) = (Some(AS_OF), "冻结"),
        // Declarations of tax residence: due since 1 July 2017, a month after the account was opened.
        107 => undeclared(c, from_civil(2017, 7, 1)),
        108 => undeclared(c, from_civil(2017, 6, 30)),
        109 => undeclared(c, from_civil(2026, 10, 20)),
        110 => undeclared(c, from_civil(2026, 10, 21)),
        // Years with the house.
        111 => c.opened_on = from_civil(2016, 11, 20), // ten years today
        112 => c.opened_on = from_civil(2016, 11, 21), // tomorrow
        113 => c.opened_on = from_civil(2017, 11, 20), // nine years
        114 => c.opened_on = from_civil(2001, 11, 20), // twenty-five years
        // Shares held by people over seventy.
        115 => shares(c, (1956, 11, 20), 40 * WAN + 1, Some("C3")), // seventy today, a cent more than half
        116 => shares(c, (1956, 11, 21), 60 * WAN, Some("C3")),     // seventy tomorrow
        117 => shares(c, (1950, 1, 1), 40 * WAN, Some("C3")),       // exactly half
        118 => shares(c, (1950, 1, 1), 60 * WAN, Some("C5")),       // may bear high risks
        119 => shares(c, (1946, 11, 20), 60 * WAN, None),           // eighty today, never asked
        // Money that left within the week.
        120 => left(c, 200 * WAN, 50 * WAN),        // exactly a fifth
        121 => left(c, 200 * WAN + 5, 50 * WAN),    // a cent less than a fifth
        122 => left(c, 0, 50 * WAN - 1),            // all, but too little
        123 => left(c, 9_500 * WAN, 500 * WAN),     // little of much, but five million
        124 => left(c, 9_500 * WAN, 500 * WAN - 1), // a cent less
        // Customers of Lujiazui, for the branch's own events. What only the branch knows is in `extract::profile`.
        126 => home(c, "V3", 80 * WAN, AS_OF - 12), // first trade today
        127 => home(c, "V1", 10 * WAN, AS_OF - 12), // first trade on the trading day before
        128 => home(c, "V3", 80 * WAN, AS_OF - 12), // first trade on the one before that
        129 => asleep(c, from_civil(2025, 12, 20)), // eleven months ago
        130 => asleep(c, from_civil(2025, 12, 21)), // a day less
        131 => asleep(c, from_civil(2025, 11, 20)), // twelve months ago
        132 => asleep(c, from_civil(2025, 11, 19)), // a day more
        133 => home(c, "V7", 2_850 * WAN, from_civil(2012, 3, 8)), // exactly 95 % of what the level asks for
        134 => home(c, "V6", 800 * WAN, from_civil(2012, 3, 8)), // exactly 80 %
        135 => home(c, "V6", 800 * WAN - 1, from_civil(2012, 3, 8)), // a cent less
        136 => home(c, "V5", 300 * WAN, from_civil(2012, 3, 8)), // exactly enough
        137 => home(c, "V0", WAN, AS_OF - 30),      // referred, on the last day, with exactly the amount
        138 => home(c, "V0", 5 * WAN, AS_OF - 31),  // a day too late
        139 => home(c, "V1", 6 * WAN, AS_OF - 3),   // by the one who referred 137
        140 => home(c, "V1", 6 * WAN, AS_OF - 3),   // by nobody
        141 | 142 => home(c, "V4", 150 * WAN, from_civil(2012, 3, 8)), // trade within the day
        _ => {}
    }
}

/// Nothing to say about this customer, so that a case below is about one thing only.
fn quiet(c: &mut Customer) {
    c.account_status = "正常";
    c.level = "V3";
    c.birth_date = Some(from_civil(1985, 6, 15));
    c.risk_expiry = Some(AS_OF + 300);
    c.id_expiry = Some(AS_OF + 2_000);
    (c.cd_name, c.cd_maturity, c.cd_balance) = (None, None, None);
    (c.total_asset, c.cash_balance, c.stock_value, c.fund_value) = (80 * WAN, 20 * WAN, 30 * WAN, 30 * WAN);
    c.peak_asset_1y = Some(85 * WAN);
    (c.deposit_7d, c.withdraw_7d) = (0, 0);
    c.churn_score = Some(20);
    c.last_contact = Some(AS_OF - 20);
    c.last_trade = Some(AS_OF - 15);
    c.opened_on = from_civil(2012, 3, 8);
    c.options_expiry = None;
    c.tax_residence = Some("仅为中国税收居民");
}

fn cd(c: &mut Customer, in_days: i32, balance: Option<i64>) {
    (c.cd_name, c.cd_maturity, c.cd_balance) = (Some("安享存单一年期"), Some(AS_OF + in_days), balance);
}

fn born(c: &mut Customer, level: &'static str, date: Option<(i32, i32, i32)>) {
    c.level = level;
    c.birth_date = date.map(|(y, m, d)| from_civil(y, m, d));
}

fn cash(c: &mut Customer, total: i64, cash: i64, last_trade: Option<i32>) {
    (c.total_asset, c.cash_balance, c.stock_value, c.fund_value) = (total, cash, total - cash, 0);
    c.peak_asset_1y = Some(total);
    c.last_trade = last_trade;
}

fn peak(c: &mut Customer, total: i64, peak: Option<i64>) {
    (c.total_asset, c.cash_balance, c.stock_value, c.fund_value) = (total, total / 10, total - total / 10, 0);
    c.peak_asset_1y = peak;
}

fn churn(c: &mut Customer, score: Option<i64>, last_contact: Option<i32>) {
    c.churn_score = score;
    c.last_contact = last_contact;
}

fn deposit(c: &mut Customer, amount: i64, branch: usize) {
    (c.branch, c.branch_desk) = BRANCHES[branch];
    c.deposit_7d = amount;
}

fn commission(c: &mut Customer, amount: i64, contacted_days_ago: i32) {
    c.commission_1y = amount;
    c.last_contact = Some(AS_OF - contacted_days_ago);
}

fn undeclared(c: &mut Customer, opened_on: i32) {
    (c.opened_on, c.tax_residence) = (opened_on, None);
}

fn shares(c: &mut Customer, (year, month, day): (i32, i32, i32), stock_value: i64, risk_level: Option<&'static str>) {
    c.birth_date = Some(from_civil(year, month, day));
    (c.stock_value, c.fund_value) = (stock_value, 60 * WAN - stock_value.min(60 * WAN));
    c.risk_level = risk_level;
}

fn left(c: &mut Customer, total: i64, withdrawn: i64) {
    (c.total_asset, c.cash_balance, c.stock_value, c.fund_value) = (total, total / 10, total - total / 10, 0);
    (c.withdraw_7d, c.peak_asset_1y) = (withdrawn, Some(total + withdrawn));
}

fn home(c: &mut Customer, level: &'static str, total: i64, opened_on: i32) {
    (c.branch, c.branch_desk) = BRANCHES[0];
    (c.level, c.opened_on) = (level, opened_on);
    peak(c, total, Some(total));
}

fn asleep(c: &mut Customer, last_login: i32) {
    home(c, "V1", 8 * WAN, from_civil(2012, 3, 8));
    (c.last_trade, c.last_login) = (None, Some(last_login));
}
