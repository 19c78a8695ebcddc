//! What a message costs: `cargo bench -p guiju-native` prints nanoseconds a message, medians of interleaved rounds, beside the crate
//! `fastlib` on the same bytes, and instructions a message where valgrind is installed. Every field is decoded; fastlib hands each to a
//! sink that drops it.
//!
//! Measured is the public benchmark's set of the folder that `GUIJU_FEED_DATA` names, and Shanghai's messages of the same folder; without
//! it, made-up messages of our reconstruction.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)] // it prints, and a benchmark without its data has failed

mod sets;

use fastlib::{MessageFactory, Value as Theirs};
use guiju_feed::generated::SSE_LEVEL2;
use guiju_feed::{Decoder, Mode};
use sets::{Set, program};
use std::{hint::black_box, process::Command, sync::Arc, time::Instant};

const ROUNDS: usize = 21;
/// Says which set, mode and number of rounds are to be counted by valgrind.
const COUNTED: &str = "GUIJU_FEED_COUNTED";

fn main() {
    // Only `cargo bench` asks for measurements; tests of all targets merely build this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let sets = sets::all();
    if let Ok(counted) = std::env::var(COUNTED) {
        let [set, at, rounds] = [0, 1, 2].map(|at| counted.split(' ').nth(at).unwrap().parse::<usize>().unwrap());
        let mut decoder = decoders(&sets[set]).swap_remove(at).1;
        for _ in 0..rounds {
            black_box(decode(&mut decoder, &sets[set]));
        }
        return;
    }
    for (at, set) in sets.iter().enumerate() {
        let mut decoders = decoders(set);
        let mut peer = fastlib::Decoder::new_from_xml(&set.for_fastlib).unwrap();
        let mut times = vec![Vec::new(); decoders.len() + 1];
        for _ in 0..ROUNDS {
            for ((_, decoder), times) in decoders.iter_mut().zip(&mut times) {
                times.push(measured(|| decode(decoder, set)));
            }
            times[decoders.len()].push(measured(|| theirs(&mut peer, set)));
        }
        let messages = decode(&mut decoders[0].1, set);
        let mut times: Vec<f64> = times.into_iter().map(median).collect();
        let peer = times.pop().unwrap();
        println!("{}, {messages} messages: fastlib {peer:.0} ns a message", set.name);
        for (mode, ((name, _), time)) in decoders.iter().zip(times).enumerate() {
            let count = instructions(at, mode)
                .map_or_else(String::new, |count| format!(", {} instructions", count / messages as u64));
            println!("    {name:<18} {time:>5.0} ns, {:>5.1} times as fast{count}", peer / time);
        }
    }
}

/// All ways to decode a set.
fn decoders(set: &Set) -> Vec<(&'static str, Decoder)> {
    let program = program(&set.templates);
    let decoder = |mode| Decoder::new(Arc::clone(&program), mode);
    let mut all = vec![("tape, fast", decoder(Mode::Fast)), ("tape, strict", decoder(Mode::Strict))];
    for (name, mode) in [("generated, fast", Mode::Fast), ("generated, strict", Mode::Strict)] {
        // Only Shanghai's templates are shipped as Rust.
        all.extend(decoder(mode).generated(&SSE_LEVEL2).ok().map(|decoder| (name, decoder)));
    }
    for (name, mode) in [("native, fast", Mode::Fast), ("native, strict", Mode::Strict)] {
        all.push((name, guiju_native::compile(&program, mode).unwrap().decoder()));
    }
    all
}

/// What one round more costs; nothing where there is no valgrind.
fn instructions(set: usize, mode: usize) -> Option<u64> {
    let counted = |rounds: usize| {
        let program = std::env::current_exe().ok()?;
        let run = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(program)
            .arg("--bench")
            .env(COUNTED, format!("{set} {mode} {rounds}"))
            .output()
            .ok()?;
        let said = String::from_utf8(run.stderr).ok()?;
        said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse::<u64>().ok())
    };
    counted(2)?.checked_sub(counted(1)?)
}

fn measured(run: impl FnOnce() -> usize) -> f64 {
    let start = Instant::now();
    let messages = run();
    start.elapsed().as_secs_f64() * 1e9 / messages as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn decode(decoder: &mut Decoder, set: &Set) -> usize {
    decoder.reset();
    let mut count = 0;
    for body in &set.bodies {
        if set.fresh {
            decoder.reset();
        }
        let mut rest = &body[..];
        while !rest.is_empty() {
            let (message, taken) = decoder.decode(rest).unwrap();
            black_box(&message);
            rest = &rest[taken..];
            count += 1;
        }
    }
    count
}

fn theirs(decoder: &mut fastlib::Decoder, set: &Set) -> usize {
    decoder.reset();
    let mut count = 0;
    for body in &set.bodies {
        if set.fresh {
            decoder.reset();
        }
        let mut rest = &body[..];
        while !rest.is_empty() {
            let taken = decoder.decode_buffer(rest, &mut Sink).unwrap();
            rest = &rest[usize::try_from(taken).unwrap()..];
            count += 1;
        }
    }
    count
}

/// Takes what fastlib decodes.
struct Sink;

impl MessageFactory for Sink {
    fn start_template(&mut self, _: u32, _: &str) {}
    fn stop_template(&mut self) {}
    fn set_value(&mut self, _: u32, _: &str, value: Option<Theirs>) {
        black_box(value);
    }
    fn start_sequence(&mut self, _: u32, _: &str, _: u32) {}
    fn start_sequence_item(&mut self, _: u32) {}
    fn stop_sequence_item(&mut self) {}
    fn stop_sequence(&mut self) {}
    fn start_group(&mut self, _: &str) {}
    fn stop_group(&mut self) {}
    fn start_template_ref(&mut self, _: &str, _: bool) {}
    fn stop_template_ref(&mut self) {}
}
