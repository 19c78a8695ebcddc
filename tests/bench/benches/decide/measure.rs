//! Rounds, medians, instructions, limits.

use std::{
    process::{Command, ExitCode},
    time::Instant,
};

/// Odd, so that there is a middle.
const ROUNDS: usize = 31;

/// Something to do a number of times.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn FnMut(usize)>,
    /// How often in one round.
    pub(crate) times: usize,
}

impl Case {
    pub(crate) fn new(name: &'static str, times: usize, run: impl FnMut(usize) + 'static) -> Self {
        Self { name, run: Box::new(run), times }
    }
}

/// The median of each case in nanoseconds, rounds interleaved.
pub(crate) fn medians(cases: &mut [Case]) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for _ in 0..ROUNDS {
        for (case, times) in cases.iter_mut().zip(&mut times) {
            let start = Instant::now();
            (case.run)(case.times);
            times.push(start.elapsed().as_secs_f64() * 1e9 / case.times as f64);
        }
    }
    times.into_iter().map(median).collect()
}

pub(crate) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Instructions of one turn of a case, from two runs of this program under `perf`; nothing where that cannot count.
pub(crate) fn instructions(case: &Case) -> Option<u64> {
    let program = std::env::current_exe().ok()?;
    let count = |times: usize| -> Option<u64> {
        let mut command = Command::new("perf");
        command.args(["stat", "-x", ",", "-e", "instructions:u"]).arg(&program).args(["--bench", "--only", case.name]);
        let output = command.args(["--times", &times.to_string()]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text.lines().find(|line| line.contains("instructions"))?.split(',').next()?.parse().ok()
    };
    let (few, many) = (count(case.times)?, count(3 * case.times)?);
    Some(many.saturating_sub(few) / (2 * case.times as u64))
}

/// What must hold, and what did not.
pub(crate) struct Limits {
    /// Among the tests other work runs beside: three times the limit means that something is broken.
    slack: f64,
    missed: Vec<String>,
}

impl Limits {
    pub(crate) fn new(smoke: bool) -> Self {
        Self { slack: if smoke { 3.0 } else { 1.0 }, missed: Vec::new() }
    }

    /// A measured value that may be so large, in the unit that both are in.
    pub(crate) fn at_most(&mut self, what: &str, value: f64, limit: f64) {
        if value > limit * self.slack {
            self.missed.push(format!("{what}: {value:.1}, limit {limit:.1}"));
        }
    }

    /// A target of the whole engine that is not met yet: said always, judged by the named benchmark alone.
    pub(crate) fn target(&mut self, what: &str, value: f64, target: f64) {
        if self.slack <= 1.0 {
            self.at_most(what, value, target);
        } else if value > target {
            println!("      {what}: {value:.1}, target {target:.1}");
        }
    }

    pub(crate) fn verdict(self) -> ExitCode {
        for missed in &self.missed {
            println!("    !!! {missed}");
        }
        if self.missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// The measured cases as a table.
pub(crate) fn print(title: &str, cases: &[Case], medians: &[f64]) {
    println!("    {title}");
    for (case, median) in cases.iter().zip(medians) {
        let counted = instructions(case).map_or_else(String::new, |n| format!("   {n:>6} instructions"));
        println!("      {:<44} median {median:>9.1} ns{counted}", case.name);
    }
}
