//! Days since 1970-01-01 and their calendar form (Howard Hinnant, "chrono-compatible low-level date algorithms").

/// The day the data is drawn for: Friday, 20 November 2026.
pub const AS_OF: i32 = from_civil(2026, 11, 20);

/// Days since 1970-01-01.
pub const fn from_civil(year: i32, month: i32, day: i32) -> i32 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let mp = (month + 9) % 12;
    let doy = (153 * mp + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// Year, month, day.
pub const fn to_civil(days: i32) -> (i32, i32, i32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z - era * 146_097;
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + (month <= 2) as i32, month, day)
}

/// `2026-11-20`
pub fn iso(days: i32) -> String {
    let (y, m, d) = to_civil(days);
    format!("{y:04}-{m:02}-{d:02}")
}

/// 1 = Monday … 7 = Sunday
pub const fn weekday(days: i32) -> i32 {
    (days + 3).rem_euclid(7) + 1
}
