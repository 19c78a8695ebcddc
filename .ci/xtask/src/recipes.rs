//! The recipes that are made of several steps.

use crate::bench::{self, Strictness};
use crate::report::{Outcome, Report, Trouble};
use crate::servers::Servers;
use crate::workspace::{cargo, command};
use crate::{deny, duckdb, fuzz, networks, spark};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Everything CI runs, cheapest first; `filter` picks steps by a part of their name.
pub(crate) fn test(filter: Option<&str>) -> ExitCode {
    let wanted = |name: &str| filter.is_none_or(|part| name.contains(part));
    let mut report = Report::default();
    if wanted("format") {
        report.command("format", cargo(["fmt", "--all", "--check"]));
    }
    if wanted("clippy") {
        report.command("clippy", cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]));
    }
    if wanted("dependency rules") {
        report.step("dependency rules", deny::rules);
    }
    if wanted("advisories") {
        report.step("advisories", deny::advisories);
    }
    if wanted("tests") {
        // Unit, integration and documentation tests; rulebooks, wrong rulebooks, README and tutorial are among them.
        let before = tree();
        let mut servers = Servers::default();
        report.step("database servers", || servers.start());
        report.step("message broker", || servers.broker());
        report.tests("tests", servers.tell(cargo(["test", "--workspace", "--locked", "--no-fail-fast"])));
        drop(servers);
        report.step("tests write nothing here", || untouched(before, tree()));
    }
    if wanted("spark") {
        report.step("spark", || spark::test(Strictness::Smoke));
    }
    if wanted("duckdb") {
        report.step("duckdb", || duckdb::test(Strictness::Smoke));
    }
    if wanted("networks") {
        report.step("networks", networks::test);
    }
    if wanted("fuzz") {
        fuzz::steps(&mut report, None, &fuzz::Length { feeds: 60, others: 30, seed: Some(1) });
    }
    if wanted("bench-check") {
        report.step("bench-check", || bench::check(Strictness::Smoke));
    }
    if wanted("bench-mot, few rows") {
        report.step("bench-mot, few rows", bench::mot::few);
    }
    report.close()
}

/// What differs from the last commit; nothing when git cannot tell.
fn tree() -> Option<String> {
    let output = command("git").args(["status", "--porcelain"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn untouched(before: Option<String>, after: Option<String>) -> Outcome {
    match (before, after) {
        (Some(before), Some(after)) if before == after => Ok(String::new()),
        (Some(_), Some(after)) => {
            Err(Trouble::Failed(format!("the tests changed the tree; it now differs in\n{after}")))
        }
        _ => Err(Trouble::Skipped("git cannot tell what the tests left in the tree".into())),
    }
}

/// The tests of databases, with servers.
pub(crate) fn databases() -> ExitCode {
    let mut report = Report::default();
    let mut servers = Servers::default();
    report.step("database servers", || servers.start());
    report.tests("databases", servers.tell(cargo(["test", "--workspace", "--locked", "--test", "databases"])));
    drop(servers);
    report.close()
}

/// Dependency rules and advisories alone.
pub(crate) fn deny() -> ExitCode {
    let mut report = Report::default();
    report.step("dependency rules", deny::rules);
    report.step("advisories", deny::advisories);
    report.close()
}

/// One step as a recipe.
pub(crate) fn only(name: &str, run: impl FnOnce() -> Outcome) -> ExitCode {
    let mut report = Report::default();
    report.step(name, run);
    report.close()
}

/// A server under load whose rules change all the time, for half an hour: no row is lost or taken twice, and memory stays flat.
pub(crate) fn soak() -> ExitCode {
    let mut report = Report::default();
    report.step("soak, 30 minutes", || {
        let guiju = bench::release("guiju")?;
        let mut test =
            cargo(["test", "--locked", "--workspace", "--test", "serve", "--", "--nocapture", "load::rules"]);
        test.env("GUIJU_BIN", guiju).env("GUIJU_SOAK_SECONDS", "1800");
        crate::report::passes(test).map(|()| String::new())
    });
    report.close()
}

/// The store's kill tests over and over for five minutes, and the release program's runs over a million rows for ten: processes die at
/// other moments every time.
pub(crate) fn kill() -> ExitCode {
    let mut report = Report::default();
    report.step("kill, the store", || {
        let (start, mut rounds) = (Instant::now(), 0);
        while start.elapsed() < Duration::from_secs(300) {
            let test = cargo(["test", "--quiet", "--locked", "--workspace", "--test", "store", "--", "kill"]);
            crate::report::passes(test)?;
            rounds += 1;
        }
        Ok(format!("{rounds} rounds"))
    });
    report.step("kill, 1,000,000 rows", || {
        let guiju = bench::release("guiju")?;
        let mut test = cargo(["test", "--locked", "--workspace", "--test", "kill", "--", "--nocapture", "random"]);
        test.env("GUIJU_BIN", guiju).env("GUIJU_KILL_ROWS", "1000000").env("GUIJU_KILL_SECONDS", "600");
        crate::report::passes(test).map(|()| String::new())
    });
    report.close()
}

#[cfg(test)]
mod tests {
    use super::{Trouble, untouched};

    #[test]
    fn a_changed_tree_is_a_failure_and_an_unknown_one_is_said() {
        let tree = |text: &str| Some(text.to_owned());
        assert!(untouched(tree(" M a\n"), tree(" M a\n")).is_ok());
        assert!(matches!(untouched(tree(""), tree("?? left-over\n")), Err(Trouble::Failed(_))));
        assert!(matches!(untouched(None, tree("")), Err(Trouble::Skipped(_))));
    }
}
