//! Single decisions; `tests/bench/benches/decide` measures, in release, beside rhai and cel.

use super::Strictness;
use crate::report::{Outcome, passes};
use crate::workspace::cargo;

/// The named benchmark: a condition on a row, a whole decision, 10 to 10,000 rules, threads, loading.
pub(crate) fn decide(strictness: Strictness) -> Outcome {
    let mut bench = cargo(["bench", "--quiet", "--locked", "--workspace", "--bench", "decide"]);
    if matches!(strictness, Strictness::Smoke) {
        bench.args(["--", "--smoke"]);
    }
    passes(bench).map(|()| String::new())
}
