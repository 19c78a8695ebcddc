//! What the rules of the test say, worked out the slow way.

use std::collections::{BTreeMap, BTreeSet};

/// A row of the stream.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) customer: Option<String>,
    pub(crate) at: Option<i64>,
    /// In cents.
    pub(crate) amount: Option<i64>,
    pub(crate) product: Option<String>,
    pub(crate) lots: Option<i64>,
}

/// Five minutes, as the source says.
pub(crate) const LATENESS: i64 = 300_000_000;
const MINUTE: i64 = 60_000_000;

pub(crate) struct Expected {
    pub(crate) lines: Vec<(String, String, i64, u32, String)>,
    pub(crate) late: u64,
}

pub(crate) fn effects(rows: &[Row]) -> Expected {
    let (mut kept, mut late, mut newest): (Vec<&Row>, u64, i64) = (Vec::new(), 0, i64::MIN);
    for row in rows {
        let Some(at) = row.at else { continue };
        if at < newest.saturating_sub(LATENESS) {
            late += 1;
            continue;
        }
        newest = newest.max(at);
        kept.push(row);
    }
    kept.sort_by_key(|row| (row.at, row.id));
    let mut lines = Vec::new();
    let mut calm: BTreeMap<&str, i64> = BTreeMap::new();
    let mut numbers: BTreeMap<(&str, String, i64), u32> = BTreeMap::new();
    for (position, row) in kept.iter().enumerate() {
        let at = row.at.unwrap_or_default();
        let before = |span: i64| kept[..=position].iter().filter(move |other| other.at > Some(at - span)).copied();
        let mut act = |rule: &'static str, key: &str, task: String| {
            let number = numbers.entry((rule, key.to_owned(), at)).or_default();
            lines.push((rule.to_owned(), key.to_owned(), at, *number, task));
            *number += 1;
        };
        if let Some(customer) = &row.customer {
            let own = |span| before(span).filter(|other| other.customer.as_ref() == Some(customer));
            act(
                "all_figures",
                customer,
                figures(row, &own(10 * MINUTE).collect::<Vec<_>>(), &own(60 * MINUTE).collect::<Vec<_>>()),
            );
            let free = calm.get(customer.as_str()).is_none_or(|last| last + 15 * MINUTE <= at);
            if own(10 * MINUTE).count() >= 3 && free {
                calm.insert(customer, at);
                act("often", customer, "often".to_owned());
            }
        }
        if let (Some(customer), true) = (&row.customer, row.lots > Some(0)) {
            // The zone is UTC: every part of a day begins at a multiple of its length.
            let own = |part: i64| {
                let began = at.div_euclid(part * MINUTE) * part * MINUTE;
                let rows = kept[..=position].iter().filter(move |other| other.at >= Some(began)).copied();
                rows.filter(|other| other.customer.as_ref() == Some(customer))
            };
            let sum = own(1_440).filter_map(|row| row.amount).sum::<i64>();
            let most = own(60).filter_map(|row| row.lots).max().unwrap_or_default();
            act("in_turn", customer, format!("{} {} {most}", own(10).count(), decimal(sum.into(), 2)));
        }
        if let Some(product) = &row.product {
            let lots =
                before(60 * MINUTE).filter(|other| other.product.as_ref() == Some(product)).filter_map(|row| row.lots);
            if lots.sum::<i64>() > 10 {
                act("by_product", product, "product".to_owned());
            }
        }
    }
    for (due, key, row) in held(&kept, newest, 4 * MINUTE, |row| row.customer.clone(), |_, row| row.amount > Some(0)) {
        lines.push(("held".to_owned(), key, due, 0, format!("{} {}", kept[row].id, clock(due))));
    }
    let lots = |position: usize| lots_of_product(&kept, position);
    let mut calm: BTreeMap<&str, i64> = BTreeMap::new();
    let holds = |position: usize, row: &Row| row.amount > Some(-3_000) && lots(position) > 3;
    for (due, key, row) in held(&kept, newest, 3 * MINUTE / 2, |row| row.product.clone(), holds) {
        if let Some(customer) = &kept[row].customer
            && calm.get(customer.as_str()).is_some_and(|last| last + 15 * MINUTE > due)
        {
            continue;
        }
        calm.extend(kept[row].customer.as_ref().map(|customer| (customer.as_str(), due)));
        lines.push(("held_by_product".to_owned(), key, due, 0, lots(row).to_string()));
    }
    sequences(&kept, newest, &mut lines);
    lines.sort();
    Expected { lines, late }
}

fn clock(at: i64) -> String {
    let seconds = at / 1_000_000 % 86_400;
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Lots of the row's product in the hour that ends with it.
fn lots_of_product(rows: &[&Row], position: usize) -> i64 {
    let row = rows[position];
    let since = row.at.unwrap_or_default() - 60 * MINUTE;
    let own = rows[..=position].iter().filter(|other| other.product == row.product && other.at > Some(since));
    own.filter_map(|row| row.lots).sum()
}

/// What the rules with `then` and `without` do.
fn sequences(kept: &[&Row], newest: i64, lines: &mut Vec<(String, String, i64, u32, String)>) {
    let time = |row: usize| kept[row].at.unwrap_or_default();
    let mut numbers: BTreeMap<(&str, String, i64), u32> = BTreeMap::new();
    let mut act = |rule: &'static str, key: &str, at: i64, task: String| {
        let number = numbers.entry((rule, key.to_owned(), at)).or_default();
        lines.push((rule.to_owned(), key.to_owned(), at, *number, task));
        *number += 1;
    };
    // The rows of the key after this one, or before it, in order.
    let own = |row: usize, key: &dyn Fn(&Row) -> Option<String>, after: bool| -> Vec<usize> {
        let wanted = key(kept[row]);
        let rows = if after { row + 1..kept.len() } else { 0..row };
        rows.filter(|other| wanted.is_some() && key(kept[*other]) == wanted).collect()
    };
    let customer = |row: &Row| row.customer.clone();
    let product = |row: &Row| row.product.clone();
    // For a second row: a first one since the second row before it, in time.
    let follows = |row: usize,
                   span: i64,
                   key: &dyn Fn(&Row) -> Option<String>,
                   first: &dyn Fn(&Row) -> bool,
                   second: &dyn Fn(usize) -> bool| {
        let mut before = own(row, key, false);
        let used = before.iter().rposition(|other| second(*other)).map_or(0, |at| at);
        // The second row before it may be a first one itself.
        before.drain(..used);
        second(row) && before.iter().any(|other| first(kept[*other]) && time(*other) + span > time(row))
    };
    let mut calm: BTreeMap<&str, i64> = BTreeMap::new();
    for row in 0..kept.len() {
        let again = |at: usize| kept[at].amount < Some(0) && kept[at].amount.is_some() || kept[at].lots > Some(7);
        if follows(row, 6 * MINUTE, &customer, &|row| row.amount > Some(0), &again) {
            act("again", &customer(kept[row]).unwrap_or_default(), time(row), kept[row].id.to_string());
        }
        let many = |at: usize| kept[at].lots > Some(4) && lots_of_product(kept, at) > 6;
        if follows(row, 10 * MINUTE, &product, &|row| row.lots > Some(4), &many) {
            let whose = kept[row].customer.as_deref();
            if whose.and_then(|whose| calm.get(whose)).is_some_and(|last| last + 15 * MINUTE > time(row)) {
                continue;
            }
            calm.extend(whose.map(|whose| (whose, time(row))));
            let task = format!("{} {}", kept[row].id, lots_of_product(kept, row));
            act("twice", &product(kept[row]).unwrap_or_default(), time(row), task);
        }
    }
    for row in (0..kept.len()).filter(|row| kept[*row].amount > Some(1_000) && kept[*row].customer.is_some()) {
        let due = time(row) + 7 * MINUTE;
        let ends = |other: &Row| other.lots > Some(6) || other.amount.is_none();
        let answered = own(row, &customer, true).into_iter().any(|other| time(other) < due && ends(kept[other]));
        if !answered && due <= newest {
            act("alone", &customer(kept[row]).unwrap_or_default(), due, format!("{} {}", kept[row].id, clock(due)));
        }
    }
}

/// Times at which a condition has held for long enough, each with its key and the last row, in order.
fn held(
    rows: &[&Row],
    newest: i64,
    span: i64,
    key: impl Fn(&Row) -> Option<String>,
    holds: impl Fn(usize, &Row) -> bool,
) -> Vec<(i64, String, usize)> {
    let keys: BTreeSet<String> = rows.iter().filter_map(|row| key(row)).collect();
    let mut all = Vec::new();
    for name in keys {
        let own = (0..rows.len()).filter(|at| key(rows[*at]).as_ref() == Some(&name));
        // Stretches of rows in which it holds, and when the next row ends them.
        let mut stretch: Vec<usize> = Vec::new();
        let mut end = |stretch: &mut Vec<usize>, at: i64| {
            let Some(first) = stretch.first() else { return };
            let due = rows[*first].at.unwrap_or_default() + span;
            if due <= at {
                // A row at the very moment comes after it.
                let last = stretch.iter().rfind(|row| rows[**row].at < Some(due)).unwrap_or(first);
                all.push((due, name.clone(), *last));
            }
            stretch.clear();
        };
        for position in own {
            if holds(position, rows[position]) {
                stretch.push(position);
            } else {
                end(&mut stretch, rows[position].at.unwrap_or_default());
            }
        }
        end(&mut stretch, newest);
    }
    all.sort();
    all
}

fn figures(row: &Row, short: &[&Row], long: &[&Row]) -> String {
    let amounts: Vec<i64> = short.iter().filter_map(|row| row.amount).collect();
    let money = |cents: Option<i64>| cents.map_or_else(|| "-1.00".to_owned(), |cents| decimal(cents.into(), 2));
    let mean = if amounts.is_empty() {
        "-1.000000".to_owned()
    } else {
        let (sum, n) = (i128::from(amounts.iter().sum::<i64>()) * 10_000, amounts.len() as i128);
        decimal((sum.abs() * 2 + n) / (2 * n) * sum.signum(), 6)
    };
    let products: BTreeSet<&String> = short.iter().filter_map(|row| row.product.as_ref()).collect();
    let lots: Vec<i64> = long.iter().filter_map(|row| row.lots).collect();
    let lots = if lots.is_empty() { -1 } else { lots.iter().sum() };
    let seconds = row.at.unwrap_or_default() / 1_000_000 % 86_400;
    let parts = [
        row.id.to_string(),
        short.len().to_string(),
        amounts.len().to_string(),
        money((!amounts.is_empty()).then(|| amounts.iter().sum())),
        mean,
        money(amounts.iter().min().copied()),
        money(amounts.iter().max().copied()),
        money(amounts.first().copied()),
        money(amounts.last().copied()),
        products.len().to_string(),
        lots.to_string(),
        format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60),
    ];
    parts.join("|")
}

fn decimal(digits: i128, scale: u32) -> String {
    let one = 10_i128.pow(scale);
    let sign = if digits < 0 { "-" } else { "" };
    let (whole, fraction) = (digits.abs() / one, digits.abs() % one);
    format!("{sign}{whole}.{fraction:0width$}", width = scale as usize)
}
