//! When something is due that was captured at a time.

use std::time::{Duration, Instant};

/// Waits are cut into pieces of this length, so that whoever wants to stop is heard.
const PIECE: Duration = Duration::from_millis(100);

/// The pace of a capture, or a multiple of it.
#[derive(Debug)]
pub struct Pace {
    speed: f64,
    began: Option<(Instant, u64)>,
    behind: Duration,
}

impl Pace {
    /// So many times as fast as it was captured; 0 is as fast as possible.
    #[must_use]
    pub const fn new(speed: f64) -> Self {
        Self { speed, began: None, behind: Duration::ZERO }
    }

    /// Waits until what was captured at `time`, in nanoseconds, is due; the first time begins the clock. Ends early when `stop` says so.
    pub fn wait(&mut self, time: u64, stop: &dyn Fn() -> bool) {
        let (start, first) = *self.began.get_or_insert_with(|| (Instant::now(), time));
        if self.speed <= 0.0 {
            return;
        }
        let after = time.saturating_sub(first) as f64 / 1e9 / self.speed;
        let Some(due) = Duration::try_from_secs_f64(after).ok().and_then(|after| start.checked_add(after)) else {
            return;
        };
        loop {
            let now = Instant::now();
            if now >= due {
                self.behind = self.behind.max(now - due);
                return;
            }
            if stop() {
                return;
            }
            std::thread::sleep((due - now).min(PIECE));
        }
    }

    /// The furthest that it ever was behind.
    #[must_use]
    pub const fn behind(&self) -> Duration {
        self.behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_as_fast_takes_half_the_time() {
        let (mut pace, start) = (Pace::new(2.0), Instant::now());
        for time in [5_000_000_000, 5_040_000_000] {
            pace.wait(time, &|| false);
        }
        assert!(start.elapsed() >= Duration::from_millis(20));
        pace.wait(u64::MAX, &|| true);
        let (mut pace, start) = (Pace::new(0.0), Instant::now());
        pace.wait(0, &|| false);
        pace.wait(u64::MAX, &|| false);
        assert!(start.elapsed() < Duration::from_secs(60), "as fast as possible waits for nothing");
    }
}
