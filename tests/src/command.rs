//! The `guiju` command, as people run it.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
};

/// What a command said.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its exit code.
    pub exit: Option<i32>,
    /// Findings and answers, as they appear on a terminal.
    pub text: String,
}

/// The built binary: `GUIJU_BIN` if set, or the one beside this test's own; built now if it is not there.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    if let Some(path) = std::env::var_os("GUIJU_BIN") {
        return PathBuf::from(path);
    }
    let own = std::env::current_exe().expect("this test's own path");
    let profile = own.parent().and_then(Path::parent).expect("target/PROFILE/deps");
    let release = profile.file_name().is_some_and(|name| name == "release");
    // Cargo does nothing if it is up to date, so that a stale binary is never tested. The command comes with its own tests: asked for
    // alone it would select other features of the dependencies, and build them again.
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["test", "--quiet", "--workspace", "--no-run", "--test", "commands"])
        .args(release.then_some("--release"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).env("CARGO_TARGET_DIR", profile.parent().expect("target"));
    assert!(cargo.status().expect("cargo").success(), "the command does not build");
    profile.join("guiju")
});

/// Starts `guiju` in `folder` and says nothing of what it says.
pub fn start(folder: &Path, args: &[&str]) -> Child {
    start_with(folder, args, Stdio::null(), Stdio::null())
}

/// As [`start`], with its standard input and output.
pub fn start_with(folder: &Path, args: &[&str], input: Stdio, output: Stdio) -> Child {
    let mut command = Command::new(&*BINARY);
    command.args(args).current_dir(folder).stdin(input).stdout(output).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| panic!("cannot run {}: {error}", BINARY.display()))
}

/// Runs `guiju` in `folder` with a terminal's language, `zh_CN.UTF-8` or `en_US.UTF-8`.
pub fn guiju(folder: &Path, terminal: &str, args: &[&str]) -> Said {
    run(&mut Command::new(&*BINARY), folder, terminal, args)
}

/// As [`guiju`], by another account of the machine; only the system's own may do that.
#[cfg(unix)]
pub fn guiju_as(account: u32, folder: &Path, terminal: &str, args: &[&str]) -> Said {
    use std::{fs, os::unix::process::CommandExt};
    // Others may not reach the place where this was built.
    let own = folder.join("guiju");
    if !own.exists() {
        fs::hard_link(&*BINARY, &own).or_else(|_| fs::copy(&*BINARY, &own).map(drop)).expect("a place for the command");
    }
    run(Command::new(own).uid(account), folder, terminal, args)
}

fn run(command: &mut Command, folder: &Path, terminal: &str, args: &[&str]) -> Said {
    let output = command
        .args(args)
        .current_dir(folder)
        .env("LANG", terminal)
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .output()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", BINARY.display()));
    let text = [output.stderr, output.stdout].map(|bytes| String::from_utf8(bytes).expect("UTF-8")).concat();
    Said { exit: output.status.code(), text }
}
