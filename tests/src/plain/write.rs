//! How amounts and dates are written, worked out here a second time.

/// Cents as `60万元`, `1.23万元`: at most two digits after the point, half away from zero.
pub fn wan(cents: i64) -> String {
    // One hundredth of 万元 is 100 yuan, ten thousand cents.
    scaled(cents, 10_000, "万元")
}

/// Cents as `3亿元`, `0.2亿元`.
pub fn yi(cents: i64) -> String {
    scaled(cents, 100_000_000, "亿元")
}

fn scaled(cents: i64, hundredth: i64, unit: &str) -> String {
    let hundredths = (cents.abs() + hundredth / 2) / hundredth * cents.signum();
    let (whole, rest) = (hundredths.abs() / 100, hundredths.abs() % 100);
    let fraction = match (rest / 10, rest % 10) {
        (0, 0) => String::new(),
        (tenths, 0) => format!(".{tenths}"),
        (tenths, ones) => format!(".{tenths}{ones}"),
    };
    format!("{}{whole}{fraction}{unit}", if hundredths < 0 { "-" } else { "" })
}

/// Cents as `100,000.00`.
pub fn grouped(cents: i64) -> String {
    let digits = (cents / 100).to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{out}.{:02}", cents % 100)
}

/// `part / whole` as `91.7%`.
pub fn percent(part: i64, whole: i64) -> String {
    let thousandths = (i128::from(part) * 2_000 + i128::from(whole)) / (i128::from(whole) * 2);
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

/// `part / whole` as `75%`.
pub fn whole_percent(part: i64, whole: i64) -> String {
    let percents = (i128::from(part) * 200 + i128::from(whole)) / (i128::from(whole) * 2);
    format!("{percents}%")
}

/// Year, month, day of days since 1970-01-01, counted year by year and month by month.
pub fn civil(days: i32) -> (i32, i32, i32) {
    let (mut year, mut left) = (1970, days);
    while left < 0 {
        year -= 1;
        left += year_length(year);
    }
    while left >= year_length(year) {
        left -= year_length(year);
        year += 1;
    }
    let mut month = 1;
    while left >= month_length(year, month) {
        left -= month_length(year, month);
        month += 1;
    }
    (year, month, left + 1)
}

/// The other way, for a day that exists.
pub fn days(year: i32, month: i32, day: i32) -> i32 {
    let years: i32 =
        if year >= 1970 { (1970..year).map(year_length).sum() } else { -(year..1970).map(year_length).sum::<i32>() };
    years + (1..month).map(|m| month_length(year, m)).sum::<i32>() + day - 1
}

/// `2026-11-20` as days since 1970-01-01.
pub fn parse(iso: &str) -> Option<i32> {
    let mut parts = iso.splitn(3, '-').map(|p| p.parse().ok());
    Some(days(parts.next()??, parts.next()??, parts.next()??))
}

/// `2026-11-20`
pub fn iso(day: i32) -> String {
    let (y, m, d) = civil(day);
    format!("{y:04}-{m:02}-{d:02}")
}

/// `11月20日`
pub fn month_day(day: i32) -> String {
    let (_, m, d) = civil(day);
    format!("{m:02}月{d:02}日")
}

/// `2026年11月20日`
pub fn long_day(day: i32) -> String {
    format!("{:04}年{}", civil(day).0, month_day(day))
}

fn leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn year_length(year: i32) -> i32 {
    if leap(year) { 366 } else { 365 }
}

/// Days in a month.
pub fn month_length(year: i32, month: i32) -> i32 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
