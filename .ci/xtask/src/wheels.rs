//! Python's packages for the programs that the engine is compared with: virtual environments of our own, kept between runs.

use crate::report::{Trouble, passes};
use crate::workspace::{cache, command, has};
use std::path::{Path, PathBuf};

/// What the engine's rows are compared with.
const PEERS: [&str; 2] = ["duckdb==2.0.0", "polars==2.1.0"];

/// The virtual environment with DuckDB and Polars.
pub(crate) fn peers() -> Result<PathBuf, Trouble> {
    let home = cache("peers");
    install(&home, &PEERS)?;
    Ok(home)
}

/// Makes a virtual environment with these wheels, unless it is there.
///
/// # Errors
/// Skipped, with the reason, where that is impossible.
pub(crate) fn install(home: &Path, wheels: &[&str]) -> Result<(), Trouble> {
    let skipped = |why: &str| Trouble::Skipped(format!("{why}; {} could not be asked", wheels.join(" and ")));
    if !has("python3") {
        return Err(skipped("there is no python3"));
    }
    let (done, what) = (home.join("installed"), wheels.join(" "));
    if std::fs::read_to_string(&done).is_ok_and(|there| there == what) {
        return Ok(());
    }
    println!("    installing {what} into {}", home.display());
    let mut venv = command("python3");
    venv.args(["-m", "venv"]).arg(home);
    passes(venv).map_err(|_| skipped("python3 makes no virtual environment (Debian: python3-venv)"))?;
    let mut pip = command(home.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(wheels);
    passes(pip).map_err(|_| skipped("pip could not install it"))?;
    std::fs::write(&done, what).map_err(|e| Trouble::Failed(format!("{}: {e}", done.display())))
}
