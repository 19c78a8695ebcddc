//! Targets, seeds and words for `cargo xtask fuzz`, and blind mutation where libFuzzer cannot be built.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use guiju_fuzz::mutate::{Dice, mutated};
use guiju_fuzz::{TARGETS, Target, named, seeds};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["targets"] => {
            for target in TARGETS {
                println!("{}", target.name);
            }
            Ok(())
        }
        ["seeds", target, folder] => find(target).and_then(|target| write_seeds(target, Path::new(folder))),
        ["words", file] => write_words(Path::new(file)),
        ["run", target, file] => find(target).and_then(|target| {
            (target.run)(&std::fs::read(file).map_err(|e| format!("{file}: {e}"))?);
            Ok(())
        }),
        ["blind", target, seconds] => find(target).and_then(|target| {
            let seconds = seconds.parse().map_err(|_| format!("`{seconds}` is not a number of seconds"))?;
            blind(target, Duration::from_secs(seconds))
        }),
        _ => Err("usage: targets | seeds TARGET FOLDER | words FILE | run TARGET FILE | blind TARGET SECONDS".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn find(name: &str) -> Result<&'static Target, String> {
    named(name).ok_or_else(|| format!("no target `{name}`"))
}

/// Writes the seeds and says how long an input may be.
fn write_seeds(target: &Target, folder: &Path) -> Result<(), String> {
    for (number, seed) in seeds::of(target).iter().enumerate() {
        let file = folder.join(format!("{number:04}"));
        std::fs::write(&file, seed).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    println!("{}", target.longest);
    Ok(())
}

/// libFuzzer's dictionary: one quoted word per line, everything but plain letters escaped.
fn write_words(file: &Path) -> Result<(), String> {
    let mut text = String::new();
    for word in seeds::words() {
        text.push('"');
        for byte in word.bytes() {
            if byte.is_ascii_alphanumeric() || byte == b' ' || byte == b'_' {
                text.push(char::from(byte));
            } else {
                text.push_str(&format!("\\x{byte:02X}"));
            }
        }
        text.push_str("\"\n");
    }
    std::fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))
}

fn blind(target: &Target, time: Duration) -> Result<(), String> {
    let (seeds, words) = (seeds::of(target), seeds::words());
    let start = Instant::now();
    let mut runs = 0u64;
    while start.elapsed() < time {
        let input = mutated(&mut Dice::new(runs), &seeds, &words, target.longest);
        let before = Instant::now();
        if std::panic::catch_unwind(|| (target.run)(&input)).is_err() {
            let file = std::env::temp_dir().join(format!("guiju-crash-{}-{runs}", target.name));
            std::fs::write(&file, &input).map_err(|e| format!("{}: {e}", file.display()))?;
            return Err(format!("Test unit written to {}", file.display()));
        }
        if before.elapsed() > Duration::from_secs(5) {
            return Err(format!("mutation {runs} of `{}` took {:?}", target.name, before.elapsed()));
        }
        runs += 1;
    }
    println!("runs: {runs}");
    Ok(())
}
