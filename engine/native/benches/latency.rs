//! How long a snapshot takes from readable bytes to a payload that could be sent on: `cargo bench -p guiju-native --bench latency`.
//!
//! Frames become readable at fixed times, whether the one before is done or not, and each is measured from its own time: what waits
//! counts (an open loop). Beside it stands the work alone, from when it began. Measured is user space only: the STEP frame is cut and its sum checked, the FAST message decoded in strict mode
//! from fresh dictionaries, and its narrowed record written. No socket is part of it, and nothing here is "wire to wire".
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)] // it prints, and a benchmark without its data has failed

#[allow(dead_code)] // what fastlib needs
#[path = "decode/sets.rs"]
mod sets;

use guiju_feed::frame::Cut;
use guiju_feed::frame::step::{self, Frame};
use guiju_feed::{Decoder, Encoder, Mode, narrow};
use std::hint::{black_box, spin_loop};
use std::time::{Duration, Instant};

/// Between frames: far more than a snapshot takes.
const PERIOD: Duration = Duration::from_micros(100);
const FRAMES: u32 = 50_000;
/// Frames before anything is measured.
const WARM: u32 = 2_000;

fn main() {
    // Only `cargo bench` asks for measurements; tests of all targets merely build this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let set = sets::all().pop().unwrap();
    let program = sets::program(&set.templates);
    let frames = frames(&set);
    let bytes: usize = frames.iter().map(Vec::len).sum();
    println!("{}, one a frame, {} bytes each, one every {PERIOD:?}:", set.name, bytes / frames.len());
    let native = guiju_native::compile(&program, Mode::Strict).unwrap().decoder();
    for (name, mut decoder) in [("tape", Decoder::new(program, Mode::Strict)), ("native", native)] {
        let (mut times, mut work) = open_loop(&frames, &mut decoder);
        times.sort_unstable();
        work.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        let (p50, p99, p999, most) = (at(0.5), at(0.99), at(0.999), times[times.len() - 1]);
        let alone = work[work.len() / 2];
        println!(
            "    {name:<8} p50 {p50:>9.2?}, p99 {p99:>9.2?}, p99.9 {p999:>9.2?}, most {most:>9.2?}; the work alone {alone:>9.2?}"
        );
    }
}

/// Each message in a STEP frame of its own.
fn frames(set: &sets::Set) -> Vec<Vec<u8>> {
    let program = sets::program(&set.templates);
    let (mut decoder, mut encoder) = (Decoder::new(program.clone(), Mode::Strict), Encoder::new(program));
    let mut frames = Vec::new();
    for body in &set.bodies {
        decoder.reset();
        let mut rest = &body[..];
        while !rest.is_empty() {
            let (message, taken) = decoder.decode(rest).unwrap();
            rest = &rest[taken..];
            let (mut raw, mut frame) = (Vec::new(), Vec::new());
            encoder.reset();
            encoder.encode(&message.to_message(), &mut raw).unwrap();
            let sequence = Some(frames.len() as u64 + 1);
            let head = Frame { kind: b"UA3202", sent: b"20260114-09:30:00", category: Some(6), sequence, raw: &raw };
            step::put(&head, &mut frame);
            frames.push(frame);
        }
    }
    frames
}

fn open_loop(frames: &[Vec<u8>], decoder: &mut Decoder) -> (Vec<Duration>, Vec<Duration>) {
    let [mut times, mut work] = [(); 2].map(|()| Vec::with_capacity(FRAMES as usize));
    let mut payload = Vec::with_capacity(1 << 16);
    let start = Instant::now() + PERIOD;
    for (number, frame) in (0..WARM + FRAMES).zip(frames.iter().cycle()) {
        let due = start + PERIOD * number;
        while Instant::now() < due {
            spin_loop();
        }
        let began = Instant::now();
        let Cut::Frame(cut, _) = step::cut(black_box(frame)) else { panic!("a frame that is none") };
        decoder.reset();
        let (message, _) = decoder.decode(cut.raw).unwrap();
        payload.clear();
        narrow::put(&message, &mut payload).unwrap();
        black_box(&payload);
        if number >= WARM {
            times.push(due.elapsed());
            work.push(began.elapsed());
        }
    }
    (times, work)
}
