//! What a message costs: `cargo bench -p guiju-feed` prints nanoseconds a message, medians of interleaved rounds, beside the crate
//! `fastlib` on the same bytes. Every field is decoded; fastlib hands each to a sink that drops it.
//!
//! Measured is the public benchmark's set of the folder that `GUIJU_FEED_DATA` names, and Shanghai's messages of the same folder; without
//! it, made-up messages of our reconstruction.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)] // it prints, and a benchmark without its data has failed

use fastlib::{MessageFactory, Value as Theirs};
use guiju_feed::{Decoder, Encoder, Message, Mode, Program, Reset, Row, SSE_LEVEL2, Templates, Value};
use std::{hint::black_box, path::PathBuf, sync::Arc, time::Instant};

const ROUNDS: usize = 21;

/// Messages of one kind: what every body holds, and whether it starts from undefined dictionaries.
struct Set {
    name: &'static str,
    templates: String,
    /// The same for fastlib, which refuses a default without value for an exponent.
    for_fastlib: String,
    bodies: Vec<Vec<u8>>,
    fresh: bool,
}

fn main() {
    // Only `cargo bench` asks for measurements; tests of all targets merely build this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let sets = std::env::var_os("GUIJU_FEED_DATA").map_or_else(made_up, |folder| given(&PathBuf::from(folder)));
    for set in sets {
        let program = program(&set.templates);
        let ours = |mode| {
            let mut decoder = Decoder::new(Arc::clone(&program), mode);
            move |set: &Set| decode(&mut decoder, set)
        };
        let (mut fast, mut strict) = (ours(Mode::Fast), ours(Mode::Strict));
        let mut peer = fastlib::Decoder::new_from_xml(&set.for_fastlib).unwrap();
        let mut times = [const { Vec::new() }; 3];
        for _ in 0..ROUNDS {
            times[0].push(measured(|| fast(&set)));
            times[1].push(measured(|| strict(&set)));
            times[2].push(measured(|| theirs(&mut peer, &set)));
        }
        let [fast, strict, peer] = times.map(median);
        let count = set.bodies.len();
        println!(
            "{:<24} {count} bodies: fast {fast:.0} ns a message, strict {strict:.0} ns, fastlib {peer:.0} ns: {:.1} and {:.1} times as fast",
            set.name,
            peer / fast,
            peer / strict
        );
    }
}

fn program(text: &str) -> Arc<Program> {
    let (templates, findings) = Templates::read(text);
    assert_eq!(findings, []);
    Arc::new(Program::compile(&templates, Reset::Ignore).unwrap())
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

fn given(folder: &std::path::Path) -> Vec<Set> {
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let bodies = |name: &str| {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let (mut rest, mut bodies) = (&bytes[..], Vec::new());
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let (body, after) = after.split_at(u32::from_le_bytes(*length) as usize);
            bodies.push(body.to_vec());
            rest = after;
        }
        bodies
    };
    let shanghai = bodies("sse_synth/blocks.bin");
    let templates = text("sse_synth/templates.xml");
    let mut sets = vec![Set {
        name: "public complex set",
        templates: text("mfast_perf/example.xml"),
        for_fastlib: text("mfast_perf/example_for_fastlib.xml"),
        bodies: bodies("mfast_perf/complex30000.dat"),
        fresh: false,
    }];
    sets.extend(by_template(&templates, &shanghai));
    sets
}

/// Bodies apart by the template of their first message.
fn by_template(templates: &str, bodies: &[Vec<u8>]) -> Vec<Set> {
    let mut decoder = Decoder::new(program(templates), Mode::Strict);
    let (ticks, snapshots) = bodies.iter().cloned().partition(|body| {
        decoder.reset();
        decoder.decode(body).unwrap().0.template() == "NGTSTick"
    });
    // It does not look behind a comment for the root.
    let for_fastlib = &templates[templates.find("<templates").unwrap()..];
    let set = |name, bodies| Set {
        name,
        templates: templates.to_owned(),
        for_fastlib: for_fastlib.to_owned(),
        bodies,
        fresh: true,
    };
    vec![set("Shanghai ticks", ticks), set("Shanghai snapshots", snapshots)]
}

/// Ticks in frames of fifty, snapshots with ten levels on each side and fifty orders on the best.
fn made_up() -> Vec<Set> {
    println!("!!! GUIJU_FEED_DATA names no folder: made-up messages");
    let program = program(SSE_LEVEL2);
    let fields = |names: &guiju_feed::Layout, value: &dyn Fn(&str) -> Option<Value>| -> Row {
        names.fields().iter().map(|field| value(&field.name.local)).collect()
    };
    let signed = |value: i64| Some(Value::Signed(value));
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let tick = program.layout("NGTSTick").unwrap();
    let snapshot = program.layout("L2Snapshot").unwrap();
    let inside = |layout: &guiju_feed::Layout, name: &str| {
        program.inside(&layout.fields()[layout.place(name).unwrap()]).unwrap().clone()
    };
    let (bids, offers) = (inside(snapshot, "BidLevels"), inside(snapshot, "OfferLevels"));
    let side = |level: &guiju_feed::Layout, price: i64| {
        let queue = inside(level, "OrderQueue");
        let row = |at: i64| {
            fields(level, &|name| match name {
                "Price" => signed(price + 10 * at),
                "OrderQty" => signed(1_000 * (at + 37)),
                "NumOrders" => signed(at + 3),
                "OrderQueue" => Some(Value::Sequence(
                    (0..if at == 0 { 50 } else { 0 })
                        .map(|order| {
                            fields(&queue, &|name| if name == "OrderQty" { signed(100_000 + order) } else { None })
                        })
                        .collect(),
                )),
                _ => None,
            })
        };
        Some(Value::Sequence((0..10).map(row).collect()))
    };
    let mut encoder = Encoder::new(Arc::clone(&program));
    let mut bodies = Vec::new();
    for frame in 0..400i64 {
        encoder.reset();
        let mut body = Vec::new();
        let ticks = if frame % 4 == 0 { 0 } else { 50 };
        for at in 0..ticks {
            let row = fields(tick, &|name| match name {
                "MessageType" => text("UA5803"),
                "BizIndex" => signed(30_000 + 50 * frame + at),
                "Channel" => signed(frame % 6),
                "SecurityID" => text(if at % 3 == 0 { "600519" } else { "601318" }),
                "TickTime" => signed(9_300_000 + frame),
                "Type" => text("A"),
                "BuyOrderNO" => signed(1_000_000 + at),
                "Price" => signed(45_500 + at % 7),
                "Qty" => signed(500_000),
                "TickBSFlag" => text("B"),
                _ => None,
            });
            encoder.encode(&Message { template: "NGTSTick".into(), row }, &mut body).unwrap();
        }
        if ticks == 0 {
            let row = fields(snapshot, &|name| match name {
                "MessageType" => text("UA3202"),
                "SecurityID" => text("688441"),
                "ImageStatus" => signed(1),
                "InstrumentStatus" => text("TRADE"),
                "TradingPhaseCode" => text("T111"),
                "BidLevels" => side(&bids, 120_700),
                "OfferLevels" => side(&offers, 121_000),
                name if name.starts_with("Total") || name.ends_with("Px") => signed(120_720 + frame),
                _ => None,
            });
            encoder.encode(&Message { template: "L2Snapshot".into(), row }, &mut body).unwrap();
        }
        bodies.push(body);
    }
    by_template(SSE_LEVEL2, &bodies)
}
