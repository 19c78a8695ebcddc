//! Dependency rules (`deny.toml`): bans, licences and sources always, advisories when their database is reachable.

use crate::report::{Outcome, Trouble, passes};
use crate::workspace::{cache, command, has};
use std::path::PathBuf;
use std::process::Stdio;

const VERSION: &str = "0.20.2";

/// Bans, licences, sources.
pub(crate) fn rules() -> Outcome {
    let mut check = command(tool()?);
    check.args(["check", "--hide-inclusion-graph", "--allow", "unused-wrapper", "bans", "licenses", "sources"]);
    passes(check).map(|()| String::new())
}

/// Known vulnerabilities. The database is a git repository: no network is not a finding, but it is said.
pub(crate) fn advisories() -> Outcome {
    let tool = tool()?;
    let mut fetch = command(&tool);
    // Git must not ask for a password when the address does not answer as expected.
    fetch.args(["fetch", "db"]).env("GIT_TERMINAL_PROMPT", "0").stdout(Stdio::null()).stderr(Stdio::piped());
    match fetch.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no reason given");
            return Err(Trouble::Skipped(format!("the advisory database could not be fetched: {said}")));
        }
        Err(error) => return Err(Trouble::Skipped(format!("cargo-deny did not start: {error}"))),
    }
    let mut check = command(&tool);
    check.args(["check", "--disable-fetch", "--hide-inclusion-graph", "advisories"]);
    passes(check).map(|()| String::new())
}

/// cargo-deny from the PATH, from an earlier run, or built now: unoptimised, which is quick to build and quick enough here.
fn tool() -> Result<PathBuf, Trouble> {
    if has("cargo-deny") {
        return Ok("cargo-deny".into());
    }
    let home = cache("tools");
    let kept = home.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if kept.exists() {
        return Ok(kept);
    }
    println!("    cargo-deny {VERSION} is not installed; building it once into {}", home.display());
    let mut install = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    install.args(["install", "--quiet", "--locked", "--debug", "--version", VERSION, "--root"]).arg(&home);
    install.arg("cargo-deny").env_remove("CARGO_TARGET_DIR");
    match install.status() {
        Ok(status) if status.success() => Ok(kept),
        _ => Err(Trouble::Skipped("cargo-deny could not be installed; the reason is above".into())),
    }
}
