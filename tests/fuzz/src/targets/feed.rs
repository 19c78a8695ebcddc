//! Market feeds: any template file is templates and findings, any bytes are messages, frames, or faults.

use crate::Target;
use guiju_feed::frame::step;
use guiju_feed::generated::SSE_LEVEL2 as SSE_LEVEL2_RUST;
use guiju_feed::reader::{Format, Framing, Reader};
use guiju_feed::{Decoder, Encoder, Mode, Program, Reset, SSE_LEVEL2, Templates, narrow, szse};
use guiju_native::Native;
use std::sync::{Arc, LazyLock};

/// More values than any input here can mean.
const MOST_VALUES: usize = 1 << 16;

pub(super) const TEMPLATES: Target = Target {
    name: "feed-templates",
    files: &["xml"],
    examples: &[
        "<template name=\"T\" id=\"1\"><uInt32 name=\"F\"><copy value=\"1\" key=\"k\" dictionary=\"template\"/></uInt32></template>",
        "<templates ns=\"n\"><template name=\"A\" id=\"1\" reset=\"Y\"><typeRef name=\"X\"/><sequence name=\"S\" presence=\"optional\"><length name=\"N\"><increment/></length><decimal name=\"D\" presence=\"optional\"><exponent><default/></exponent><mantissa><delta/></mantissa></decimal></sequence></template></templates>",
        "<templates><template name=\"A\"><string name=\"F\" charset=\"unicode\"><tail value=\"鱼\"/></string><byteVector name=\"B\"><length name=\"L\"/><delta value=\"00ff\"/></byteVector></template><template name=\"B\" id=\"2\"><templateRef name=\"A\"/><templateRef/><group name=\"G\" presence=\"optional\"><int8 name=\"I\"><constant value=\"-1\"/></int8></group></template></templates>",
    ],
    longest: 8 * 1024,
    run: |bytes| {
        let (templates, findings) = Templates::read(&String::from_utf8_lossy(bytes));
        assert!(findings.iter().all(|finding| finding.line > 0 && finding.column > 0));
        drop(Program::compile(&templates, Reset::Honour));
    },
};

/// The first byte chooses the mode and the templates.
pub(super) const MESSAGES: Target = Target {
    name: "feed-messages",
    files: &[],
    examples: &[
        "\0\u{40}\u{1}\u{5}",
        "\u{1}@\u{1}AB\u{1}\u{2}\u{3}",
        "\u{2}\u{7f}\u{7f}\u{7f}\u{7f}\0\0\0\0\u{1}",
        "\u{3}`\u{2}\u{2}",
    ],
    longest: 2 * 1024,
    run: |bytes| {
        let Some((choice, rest)) = bytes.split_first() else { return };
        let at = usize::from(choice >> 1) % PROGRAMS.len();
        let program = &PROGRAMS[at];
        let mode = if choice & 1 == 0 { Mode::Strict } else { Mode::Fast };
        let mut decoder = Decoder::new(Arc::clone(program), mode).limited_to(MOST_VALUES);
        let mut again = Decoder::new(Arc::clone(program), Mode::Strict).limited_to(MOST_VALUES);
        let mut encoder = Encoder::new(Arc::clone(program));
        // The tape, the generated Rust and machine code give the same messages, and the same fault.
        let generated = Decoder::new(Arc::clone(program), mode).limited_to(MOST_VALUES).generated(&SSE_LEVEL2_RUST);
        let native = NATIVE[2 * at + usize::from(choice & 1)].as_ref().map(Native::decoder);
        for mut other in generated.ok().into_iter().chain(native.map(|decoder| decoder.limited_to(MOST_VALUES))) {
            let mut tape = Decoder::new(Arc::clone(program), mode).limited_to(MOST_VALUES);
            let mut rest = rest;
            while !rest.is_empty() {
                let [one, other] = [&mut tape, &mut other]
                    .map(|decoder| decoder.decode(rest).map(|(message, taken)| (message.to_message(), taken)));
                assert_eq!(one, other);
                let Ok((_, taken)) = one else { break };
                rest = &rest[taken..];
            }
        }
        let mut rest = rest;
        // What was decoded and can be encoded decodes to the same.
        while let (false, Ok((message, taken))) = (rest.is_empty(), decoder.decode(rest)) {
            message.write_json(&mut String::new());
            let message = message.to_message();
            let mut bytes = Vec::new();
            if encoder.encode(&message, &mut bytes).is_ok() {
                let decoded = again.decode(&bytes).map(|(decoded, taken)| (decoded.to_message(), taken));
                assert_eq!(decoded, Ok((message, bytes.len())));
            }
            rest = &rest[taken..];
        }
    },
};

/// The first byte chooses the kind of frames.
pub(super) const FRAMES: Target = Target {
    name: "feed-frames",
    files: &[],
    examples: &[
        "\u{1}8=STEP.1.0.0\u{1}9=33\u{1}35=UA5803\u{1}10142=9\u{1}95=3\u{1}96=\0\u{1}\u{2}\u{1}10=000\u{1}",
        "\0\0\0\0\u{3}\0\0\0\0\0\0\0\u{3}",
        "\0\0\u{5}?O\0\0\0\u{c}\0\u{1}\0\0\0\0\0\0\0\u{7}\0\0\0\0\0\0",
    ],
    longest: 4 * 1024,
    run: |bytes| {
        let Some((choice, rest)) = bytes.split_first() else { return };
        let mut told = 0usize;
        let done = if choice & 1 == 0 {
            let (Ok(mut stream), Ok(mut again), Ok(encoder)) =
                (szse::Stream::new(), szse::Stream::new(), szse::Encoder::new())
            else {
                return;
            };
            stream.read(rest, &mut |event| {
                told += 1;
                let szse::Event::Message(message) = event else { return };
                let (message, mut bytes) = (message.to_message(), Vec::new());
                // What can be written comes back.
                if encoder.encode(&message, &mut bytes).is_ok() {
                    let mut back = None;
                    let done = again.read(&bytes, &mut |event| {
                        if let szse::Event::Message(message) = event {
                            back = Some(message.to_message());
                        }
                    });
                    assert_eq!((done, back), (bytes.len(), Some(message)));
                }
            })
        } else {
            let decoder = Decoder::new(Arc::clone(&PROGRAMS[0]), Mode::Strict).limited_to(MOST_VALUES);
            step::Stream::new(decoder).read(rest, &mut |_| told += 1)
        };
        assert!(done <= rest.len() && told <= 2 * rest.len(), "{told} events from {done} bytes");
    },
};

/// The first byte chooses the format; the rest is a file, or a capture.
pub(super) const CAPTURES: Target = Target {
    name: "feed-captures",
    files: &[],
    examples: &[
        "\u{1}\u{a}\r\r\n\0\0\0\u{1c}\u{1a}+<M\0\u{1}\0\0\0\0\0\0\0\0\0\0\0\0\0\u{1c}\0\0\0\u{1}\0\0\0\u{14}\0\u{1}\0\0\0\0\0\0\0\0\u{14}",
        "\u{2}\u{3}\0\0\0@\u{1}\u{5}\u{1}\0\0\0\0",
        "\u{3}8=STEP.1.0.0\u{1}9=33\u{1}35=UA5803\u{1}",
        "\u{6}\0\u{2}8=\0\u{3}8=S",
        "\u{28}\0\u{1b}8=STEP",
    ],
    longest: 4 * 1024,
    run: |bytes| {
        let Some((choice, rest)) = bytes.split_first() else { return };
        let formats = [
            Format::Fast(Framing::None),
            Format::Fast(Framing::Len32Le),
            Format::Fast(Framing::Seq32Le),
            Format::StepFast,
            Format::Szse,
        ];
        let decoder = Decoder::new(Arc::clone(&PROGRAMS[1]), Mode::Fast).limited_to(MOST_VALUES);
        let envelopes = ["head=2,length=0:2be", "head=2,length=0:2be,deflate", "head=4,length=2:2le,total,zlib"];
        let envelope = envelopes.get(usize::from(choice >> 5)).and_then(|text| text.parse().ok());
        let format = formats[usize::from(choice >> 1 & 15) % formats.len()];
        let mut reader = Reader::new(format, decoder).in_envelopes(envelope);
        // Mutants seldom hit on a magic number.
        let rest = if choice & 1 == 0 { rest.to_vec() } else { [&PCAP[..], rest].concat() };
        let mut told = 0usize;
        let done = reader.read(&rest, &mut |_| told += 1).unwrap_or(rest.len());
        assert!(done <= rest.len());
        reader.finish(&rest[done..], &mut |_| told += 1);
        // What is packed may unpack to a thousand times as much.
        assert!(told <= 4_000 * rest.len() + 4, "{told} records from {} bytes", rest.len());
    },
};

/// The first byte chooses the templates, and whether the rest is one frame's records or a stream of frames.
pub(super) const NARROW: Target = Target {
    name: "feed-narrow",
    files: &[],
    examples: &[
        "\0\0\0\u{11}\u{1}\u{5}",
        "\u{2}\0\0\u{11}\u{79}\u{1b}\u{5}\u{1}\u{2}ab\u{3}abc\u{1}\u{1}",
        "\u{3}GJN1\u{18}\0\0\0\0\0\0\0\0\0\0\0\u{7}\0\0\0\0\0\0\0",
    ],
    longest: 4 * 1024,
    run: |bytes| {
        let Some((choice, rest)) = bytes.split_first() else { return };
        let program = &PROGRAMS[usize::from(choice >> 1) % PROGRAMS.len()];
        // Mutants never hit on a fingerprint.
        let rest = if choice & 1 == 0 {
            let [length, count] = [(narrow::HEAD + rest.len()) as u16, rest.len() as u16].map(u16::to_le_bytes);
            let head = [&b"GJN1"[..], &length, &count, &program.fingerprint().to_le_bytes(), &1u64.to_le_bytes()];
            [&head.concat(), rest].concat()
        } else {
            rest.to_vec()
        };
        let (mut told, mut records) = (0usize, narrow::Records::new(Arc::clone(program)));
        let mut stream = narrow::Stream::new([Arc::clone(program)]);
        let done = stream.read(&rest, &mut |event| {
            told += 1;
            let narrow::Event::Message(_, message) = event else { return };
            message.write_json(&mut String::new());
            // What was read is written, and comes back.
            let mut bytes = Vec::new();
            if narrow::put(message, &mut bytes).is_ok() {
                let back = records.read(&bytes).map(|(message, taken)| (message.to_message(), taken));
                assert_eq!(back, Ok((message.to_message(), bytes.len())));
            }
        });
        assert!(done <= rest.len() && told <= 2 * rest.len(), "{told} events from {done} bytes");
    },
};

/// The head of a capture of IP packets.
const PCAP: [u8; 24] = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0];

static PROGRAMS: LazyLock<Vec<Arc<Program>>> = LazyLock::new(|| {
    let everything = "<templates><template name=\"A\" id=\"1\"><uInt32 name=\"a\"/><int64 name=\"b\" presence=\"optional\"><delta/></int64>
        <string name=\"c\"><copy value=\"\"/></string><string name=\"d\" charset=\"unicode\" presence=\"optional\"><tail/></string>
        <sequence name=\"e\"><uInt8 name=\"f\"><increment value=\"0\"/></uInt8><byteVector name=\"g\"><delta/></byteVector>
        <sequence name=\"h\"><length><copy value=\"1\"/></length><int8 name=\"i\" presence=\"optional\"><constant value=\"1\"/></int8></sequence></sequence>
        </template><template name=\"B\" id=\"2\"><group name=\"a\" presence=\"optional\"><decimal name=\"b\" presence=\"optional\"><exponent><copy/></exponent>
        <mantissa><copy value=\"1\"/></mantissa></decimal><uInt64 name=\"c\" presence=\"optional\"><increment/></uInt64></group><templateRef/>
        <string name=\"d\"><delta/></string></template></templates>";
    [SSE_LEVEL2, everything]
        .into_iter()
        .filter_map(|text| Program::compile(&Templates::read(text).0, Reset::Honour).ok().map(Arc::new))
        .collect()
});

/// Each of them for the strict and the fast mode; nothing where no machine code can be made.
static NATIVE: LazyLock<Vec<Option<Native>>> = LazyLock::new(|| {
    let modes =
        |program: &Arc<Program>| [Mode::Strict, Mode::Fast].map(|mode| guiju_native::compile(program, mode).ok());
    PROGRAMS.iter().flat_map(modes).collect()
});
