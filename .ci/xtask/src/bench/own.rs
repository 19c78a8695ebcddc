//! Benchmarks that are programs of their own, measured in release: single decisions beside rhai and cel (`tests/bench/benches/decide`),
//! windows of streams (`tests/bench/benches/stream`), changes of rules (`tests/bench/benches/reload`), the
//! journal (`engine/runtime/benches/journal.rs`), fibre routes beside petgraph (`engine/fiber/benches/routing`), replays of feeds over loopback
//! (`engine/native/benches/replay`).

use super::Strictness;
use crate::report::{Outcome, passes};
use crate::workspace::cargo;

/// The named benchmark: a condition on a row, a whole decision, 10 to 10,000 rules, threads, loading.
pub(crate) fn decide(strictness: Strictness) -> Outcome {
    bench("decide", strictness)
}

/// The named benchmark: 20 rules over windows, 100,000 keys, one core.
pub(crate) fn stream(strictness: Strictness) -> Outcome {
    bench("stream", strictness)
}

/// The named benchmark: how long rows wait while rules change.
pub(crate) fn reload(strictness: Strictness) -> Outcome {
    bench("reload", strictness)
}

/// The named benchmark: publications beside what the disk commits.
pub(crate) fn journal(strictness: Strictness) -> Outcome {
    bench("journal", strictness)
}

/// The named benchmark: routes, disjoint pairs, the ten best, beside petgraph; reservations, beside what the disk commits.
pub(crate) fn fiber(strictness: Strictness) -> Outcome {
    let routing = bench("routing", strictness);
    if matches!(strictness, Strictness::Exact) {
        bench("ledger", strictness)?;
    }
    routing
}

/// The named benchmark: five streams of 42 Mbit/s at their pace, ten and forty times it, and a trading day as fast as possible.
pub(crate) fn replay(strictness: Strictness) -> Outcome {
    bench("replay", strictness)
}

fn bench(name: &str, strictness: Strictness) -> Outcome {
    let mut bench = cargo(["bench", "--quiet", "--locked", "--workspace", "--bench", name]);
    if matches!(strictness, Strictness::Smoke) {
        bench.args(["--", "--smoke"]);
    }
    passes(bench).map(|()| String::new())
}
