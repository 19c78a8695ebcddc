//! Five streams of frames, 42 Mbit/s together, without an end.

use crate::sets;
use guiju_feed::frame::step::{self, Frame};
use guiju_feed::{Decoder, Encoder, Message, Mode, Program, SSE_LEVEL2, Value};
use std::sync::Arc;

pub(crate) const STREAMS: usize = 5;
/// Bits a second, in all streams together.
const RATE: u64 = 42_000_000;

/// Where a session is.
pub(crate) struct Session {
    streams: [Stream; STREAMS],
    frames: u64,
    bytes: u64,
    frame: Vec<u8>,
}

/// FAST messages of frames, over and over, and how many there are in each.
struct Stream {
    kind: &'static [u8],
    bodies: Arc<Vec<(Vec<u8>, u64)>>,
}

pub(crate) fn program() -> Arc<Program> {
    sets::program(SSE_LEVEL2)
}

/// Ticks as a busy market has them: orders, cancellations and trades of many securities, 36 in a frame.
fn ticks() -> Vec<Vec<u8>> {
    let program = program();
    let layout = program.layout("NGTSTick").unwrap();
    let mut encoder = Encoder::new(Arc::clone(&program));
    let mut drawn = 42u64;
    let mut draw = |below: i64| {
        drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (drawn >> 33).cast_signed() % below
    };
    let mut body = |frame: i64| {
        let mut body = Vec::new();
        encoder.reset();
        for at in 0..36 {
            let (kind, price, quantity) = (draw(10), 1_000 + draw(150_000), 100_000 * (1 + draw(90)));
            let (trade, buys) = (kind > 6, draw(2) == 0);
            let [one, other] = [(); 2].map(|()| 1_200_000 + 36 * frame + at - draw(400));
            let row = layout.fields().iter().map(|field| {
                let signed = |value| Some(Value::Signed(value));
                let text = |text: &str| Some(Value::Text(text.to_owned()));
                match field.name.local.as_str() {
                    "MessageType" => text("UA5803"),
                    "BizIndex" => signed(3_000_000 + 36 * frame + at),
                    "Channel" => signed(5),
                    "SecurityID" => text(&format!("60{:04}", draw(2_000))),
                    "TickTime" => signed(9_300_000 + frame / 4),
                    "Type" => text(if trade { "T" } else { ["A", "D"][usize::from(kind > 4)] }),
                    "BuyOrderNO" if trade || buys => signed(one),
                    "SellOrderNO" if trade || !buys => signed(other),
                    "Price" => signed(price),
                    "Qty" => signed(quantity),
                    "TradeMoney" if trade => signed(price * quantity / 10),
                    "TickBSFlag" => text(if buys { "B" } else { "S" }),
                    _ => None,
                }
            });
            let row = row.collect();
            encoder.encode(&Message { template: "NGTSTick".into(), row }, &mut body).unwrap();
        }
        body
    };
    (0..2_000).map(&mut body).collect()
}

impl Session {
    pub(crate) fn new() -> Self {
        let mut decoder = Decoder::new(program(), Mode::Strict);
        let mut counted = |bodies: Vec<Vec<u8>>| {
            let count = |body: Vec<u8>| {
                decoder.reset();
                let (mut rest, mut messages) = (&body[..], 0);
                while !rest.is_empty() {
                    rest = &rest[decoder.decode(rest).unwrap().1..];
                    messages += 1;
                }
                (body, messages)
            };
            Arc::new(bodies.into_iter().map(count).collect::<Vec<_>>())
        };
        let [ticks, snapshots] = [ticks(), sets::made_up().pop().unwrap().bodies].map(&mut counted);
        let streams = std::array::from_fn(|at| match at {
            4 => Stream { kind: b"UA3202", bodies: Arc::clone(&snapshots) },
            _ => Stream { kind: b"UA5803", bodies: Arc::clone(&ticks) },
        });
        Self { streams, frames: 0, bytes: 0, frame: Vec::new() }
    }

    /// When the next frame is due, in nanoseconds from the start.
    pub(crate) const fn time(&self) -> u64 {
        // Less than 2^64 for more than a month.
        (self.bytes as u128 * 8 * 1_000_000_000 / RATE as u128) as u64
    }

    /// The next frame, on which stream, and how many messages it has.
    pub(crate) fn next(&mut self) -> (usize, &[u8], u64) {
        let (at, number) = ((self.frames % STREAMS as u64) as usize, self.frames / STREAMS as u64);
        let stream = &self.streams[at];
        let (raw, messages) = &stream.bodies[(number % stream.bodies.len() as u64) as usize];
        let (category, sequence) = (Some(at as u64 + 1), Some(number + 1));
        self.frame.clear();
        step::put(
            &Frame { kind: stream.kind, sent: b"20260114-09:30:00.000", category, sequence, raw },
            &mut self.frame,
        );
        self.frames += 1;
        self.bytes += self.frame.len() as u64;
        (at, &self.frame, *messages)
    }
}
