//! What is measured: the sets of the folder that `GUIJU_FEED_DATA` names, or made-up messages of our reconstruction.

use guiju_feed::{Decoder, Encoder, Message, Mode, Program, Reset, Row, SSE_LEVEL2, Templates, Value};
use std::{path::PathBuf, sync::Arc};

/// Messages of one kind: what every body holds, and whether it starts from undefined dictionaries.
pub(crate) struct Set {
    pub(crate) name: &'static str,
    pub(crate) templates: String,
    /// The same for fastlib, which refuses a default without value for an exponent.
    pub(crate) for_fastlib: String,
    pub(crate) bodies: Vec<Vec<u8>>,
    pub(crate) fresh: bool,
}

pub(crate) fn all() -> Vec<Set> {
    let made_up = || {
        println!("!!! GUIJU_FEED_DATA names no folder: made-up messages");
        made_up()
    };
    std::env::var_os("GUIJU_FEED_DATA").map_or_else(made_up, |folder| given(&PathBuf::from(folder)))
}

pub(crate) fn program(text: &str) -> Arc<Program> {
    let (templates, findings) = Templates::read(text);
    assert_eq!(findings, []);
    Arc::new(Program::compile(&templates, Reset::Ignore).unwrap())
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
pub(crate) fn made_up() -> Vec<Set> {
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
