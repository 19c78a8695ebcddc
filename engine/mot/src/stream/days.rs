//! Parts of a zone's day: where windows that follow one another begin.

use guiju_lang::time::{DAY, Zone};

/// The zone, and the day that was last asked about: rows come one after the other.
#[derive(Debug, Clone)]
pub(super) struct Days {
    zone: Zone,
    from: i64,
    to: i64,
}

impl Default for Days {
    fn default() -> Self {
        Self { zone: Zone::utc(), from: 0, to: 0 }
    }
}

impl Days {
    /// From now on in this zone.
    pub(super) fn of(&mut self, zone: &Zone) {
        if self.zone.name() != zone.name() {
            *self = Self { zone: zone.clone(), from: 0, to: 0 };
        }
    }

    /// When the part of the day that holds this time began. Parts of `span` microseconds fill 24 hours, from midnight on; of a longer day
    /// the last is longer, of a shorter one shorter.
    pub(super) fn part(&mut self, at: i64, span: i64) -> i64 {
        if at < self.from || at >= self.to {
            let day = self.zone.date(at);
            let midnight = |day: i32| self.zone.instant(day, 0);
            let from = midnight(day).unwrap_or(i64::MIN).min(at);
            let to = day.checked_add(1).and_then(midnight).unwrap_or(i64::MAX).max(at.saturating_add(1));
            (self.from, self.to) = (from, to);
        }
        let last = DAY / span - 1;
        let part = at.saturating_sub(self.from) / span;
        self.from.saturating_add(part.min(last) * span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = DAY / 24;

    #[test]
    fn parts_begin_at_midnight_and_fill_the_day() {
        let mut days = Days::default();
        days.of(&Zone::named("Asia/Shanghai").unwrap());
        // 2026-11-20 00:00 in Shanghai.
        let midnight = 1_795_132_800_000_000 - 28_800_000_000;
        for (at, span, began) in
            [(0, DAY, 0), (DAY - 1, DAY, 0), (DAY, DAY, DAY), (-1, HOUR, -HOUR), (HOUR * 5 / 2, HOUR, 2 * HOUR)]
        {
            assert_eq!(days.part(midnight + at, span), midnight + began, "{at} {span}");
        }
    }

    #[test]
    fn where_clocks_are_changed_the_last_part_of_the_day_is_another() {
        let mut days = Days::default();
        days.of(&Zone::named("Europe/Berlin").unwrap());
        // 2026-10-25 has 25 hours, 2026-03-29 has 23; midnight was at 22:00 and 23:00 UTC.
        let (long, short) = (1_792_879_200_000_000, 1_774_738_800_000_000);
        assert_eq!(days.part(long + 24 * HOUR + 1, DAY), long);
        assert_eq!(days.part(long + 25 * HOUR, DAY), long + 25 * HOUR);
        assert_eq!(days.part(long + 24 * HOUR + 1, HOUR), long + 23 * HOUR);
        assert_eq!(days.part(short + 22 * HOUR + 1, DAY), short);
        assert_eq!(days.part(short + 23 * HOUR, DAY), short + 23 * HOUR);
        // Never back.
        let mut before = i64::MIN;
        for at in (0..200).map(|n| long - 2 * DAY + n * HOUR / 2) {
            let began = days.part(at, 2 * HOUR);
            assert!(began >= before && began <= at);
            before = began;
        }
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        let mut days = Days::default();
        for at in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX] {
            assert!(days.part(at, DAY) <= at);
        }
    }
}
