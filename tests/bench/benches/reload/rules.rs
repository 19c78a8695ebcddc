//! A thousand rules over windows of twenty streams; what changes from set to set is one limit.

use std::fmt::Write as _;

pub(crate) const RULES: usize = 1_000;
pub(crate) const STREAMS: usize = 20;

/// The rulebook under a limit. With `more`, one stream keeps a window of another length as well.
pub(crate) fn rulebook(limit: usize, more: bool) -> String {
    let mut text = "rulebook desk { zone \"UTC\" }\nsink tasks to out\n".to_owned();
    for stream in 0..STREAMS {
        let _ = write!(
            text,
            "source line_{stream} from line topic \"line_{stream}\" {{\n  key id\n  time column at\n  lateness 1s\n  \
             column id is integer required\n  column customer is text\n  column at is timestamp\n  column amount is decimal(18, 2)\n}}\n"
        );
    }
    for n in 0..RULES {
        let (stream, level) = (n % STREAMS, n / STREAMS);
        let level = if n == 5 { level + limit } else { level };
        let span = if more && n == 7 { "7m" } else { "10m" };
        // Limits that are seldom exceeded: what is measured is how long rows wait, not how effects are written.
        let when = match n / STREAMS % 4 {
            0 => format!("sum(amount) over {span} > {} and amount > {}", 900_000 + level, 9_000 + level),
            1 => format!("count() over {span} > {} and amount > {}", 200 + level, 9_900 - level),
            2 => format!("amount > {} and max(amount) over 1h < {}", 9_900 + level % 50, 9_950 + level),
            _ => format!("amount > {} and count() over 1h >= 3", 9_995 + level % 4),
        };
        let _ = write!(
            text,
            "event rule_{n} {{\n  on line_{stream} by customer\n  when {when}\n  once per customer every 1h\n  task \"{{customer}}: {n}\"\n  \
             to tasks\n}}\n"
        );
    }
    text
}
