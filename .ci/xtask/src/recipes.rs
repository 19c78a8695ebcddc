//! The recipes that are made of several steps.

use crate::report::Report;
use crate::workspace::cargo;
use crate::{deny, fuzz};
use std::process::ExitCode;

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
        report.tests("tests", cargo(["test", "--workspace", "--locked", "--no-fail-fast"]));
    }
    if wanted("fuzz") {
        fuzz::steps(&mut report, None, 60);
    }
    report.close()
}

/// Dependency rules and advisories alone.
pub(crate) fn deny() -> ExitCode {
    let mut report = Report::default();
    report.step("dependency rules", deny::rules);
    report.step("advisories", deny::advisories);
    report.close()
}

/// The kill test of the ordinary tests, many times over.
pub(crate) fn kill() -> ExitCode {
    let mut report = Report::default();
    report.step("kill", || {
        let mut test = cargo(["test", "--locked", "--workspace", "kill", "--", "--nocapture"]);
        if std::env::var_os("GUIJU_KILLS").is_none() {
            test.env("GUIJU_KILLS", "500");
        }
        crate::report::passes(test).map(|()| String::new())
    });
    report.close()
}
