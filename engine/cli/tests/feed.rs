//! `guiju feed`: what goes in as messages comes out as messages, in every format, with every executor; what is broken is said.

#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot read its own files has failed

mod common;

use common::{guiju, json, place};

const TEMPLATES: &str = r#"<templates><template name="Tick" id="1"><uInt32 name="Channel"/><uInt64 name="BizIndex"><increment/></uInt64>
    <string name="SecurityID"><copy/></string><decimal name="Price" presence="optional"><exponent><default value="-2"/></exponent>
    <mantissa><delta/></mantissa></decimal><byteVector name="Raw" presence="optional"/><sequence name="Levels"><int32 name="Qty"/></sequence>
    </template></templates>"#;

const TICKS: &str = r#"{"Tick":{"Channel":1,"BizIndex":7,"SecurityID":"600519","Price":"45500e-2","Raw":"00ff","Levels":[{"Qty":-3},{"Qty":9}]}}
{"Tick":{"Channel":1,"BizIndex":8,"SecurityID":"600519","Levels":[]}}
{"Tick":{"Channel":1,"BizIndex":11,"SecurityID":"601318","Price":"45501e-2","Levels":[{"Qty":1}]}}
"#;

/// Shanghai's, as our reconstruction has them.
const SHANGHAI: &str = r#"{"NGTSTick":{"MessageType":"UA5803","BizIndex":1,"Channel":3,"SecurityID":"600519","TickTime":9300000,"Type":"T","Price":2000,"Qty":3000,"TradeMoney":600000,"TickBSFlag":"B"}}
{"NGTSTick":{"MessageType":"UA5803","BizIndex":2,"Channel":3,"SecurityID":"600519","TickTime":9300000,"Type":"T","Price":2000,"Qty":-3000,"TradeMoney":600001,"TickBSFlag":"B"}}
"#;

/// Shenzhen's.
const SHENZHEN: &str = r#"{"Snapshot":{"OrigTime":20260114093000000,"ChannelNo":1011,"MDStreamID":"010","SecurityID":"300750","SecurityIDSource":"102","TradingPhaseCode":"T0","PrevClosePx":"1934200e-4","NumTrades":7,"TotalVolumeTrade":"120000e-2","TotalValueTrade":"23210400e-4","MDEntries":[{"MDEntryType":"0","MDEntryPx":"193420000e-6","MDEntrySize":"50000e-2","MDPriceLevel":1,"NumberOfOrders":2,"Orders":[{"OrderQty":"20000e-2"},{"OrderQty":"30000e-2"}]}]}}
{"Heartbeat":{}}
{"Order":{"ChannelNo":2011,"ApplSeqNum":7,"MDStreamID":"011","SecurityID":"000001","SecurityIDSource":"102","Price":"115200e-4","OrderQty":"10000e-2","Side":"1","TransactTime":20260114093000010,"OrdType":"2"}}
"#;

fn decoded(folder: &std::path::Path, args: &[&str]) -> String {
    let mut all = vec!["feed", "decode"];
    all.extend(args);
    all.push("--json");
    let (code, text) = guiju(folder, &all);
    assert_eq!(code, Some(0), "{args:?}\n{text}");
    text
}

#[test]
fn messages_come_back() {
    let files = [("t.xml", TEMPLATES), ("ticks.jsonl", TICKS), ("sse.jsonl", SHANGHAI), ("szse.jsonl", SHENZHEN)];
    let folder = place(&files);
    let folder = folder.path();
    for framing in ["len32le", "seq32le", "none"] {
        let shape = ["--templates", "t.xml", "--format", "fast", "--framing", framing];
        let encode = [&["feed", "encode", "ticks.jsonl", "--to", "ticks.bin"][..], &shape].concat();
        assert_eq!(json(folder, &encode, 0)["messages"], 3);
        assert_eq!(decoded(folder, &[&["ticks.bin"][..], &shape].concat()), TICKS, "{framing}");
    }
    // A length in front of messages is an envelope, too.
    let shape = ["--templates", "t.xml", "--format", "fast"];
    json(
        folder,
        &[&["feed", "encode", "ticks.jsonl", "--to", "len.bin", "--framing", "len32le"][..], &shape].concat(),
        0,
    );
    let inside = ["len.bin", "--envelope", "head=4,length=0:4le"];
    assert_eq!(decoded(folder, &[&inside[..], &shape].concat()), TICKS);
    let (code, _) = guiju(folder, &["feed", "decode", "len.bin", "--format", "szse", "--envelope", "head=4"]);
    assert_eq!(code, Some(2));
    let encode = ["feed", "encode", "szse.jsonl", "--format", "szse", "--to", "szse.bin"];
    assert_eq!(json(folder, &encode, 0)["messages"], 3);
    assert_eq!(decoded(folder, &["szse.bin", "--format", "szse"]), SHENZHEN);
    let (code, _) = guiju(folder, &["feed", "encode", "sse.jsonl", "--format", "step-fast", "--to", "sse.bin"]);
    assert_eq!(code, Some(0));
    let native = cfg!(target_arch = "x86_64");
    for executor in ["tape", "generated", "native"].into_iter().take(if native { 3 } else { 2 }) {
        let shown = decoded(folder, &["sse.bin", "--format", "step-fast", "--executor", executor]);
        assert_eq!(shown, SHANGHAI, "{executor}");
    }
    let (_, text) = guiju(folder, &["feed", "decode", "sse.bin", "--format", "step-fast"]);
    assert!(text.starts_with("NGTSTick MessageType=UA5803 BizIndex=1"), "{text}");
    let bench = json(folder, &["feed", "bench", "sse.bin", "--format", "step-fast", "--rounds", "1"], 0);
    assert_eq!(
        (&bench["messages"], bench["executors"].as_array().unwrap().len()),
        (&2.into(), if native { 3 } else { 2 })
    );
    let stats = json(folder, &["feed", "stats", "sse.bin", "--format", "step-fast", "--sanity"], 3);
    assert_eq!(stats["templates"]["NGTSTick"], 2);
    assert_eq!((&stats["sanity"]["negative_quantities"], &stats["sanity"]["wrong_amounts"]), (&1.into(), &1.into()));
}

#[test]
fn what_is_broken_is_said_and_passed() {
    let long = SHENZHEN.replace("000001", "000000001");
    let bad = "{\"Tick\":{\"Chanel\":1}}\n";
    let folder = place(&[("t.xml", TEMPLATES), ("sse.jsonl", SHANGHAI), ("bad.jsonl", bad), ("long.jsonl", &long)]);
    let folder = folder.path();
    guiju(folder, &["feed", "encode", "sse.jsonl", "--format", "step-fast", "--to", "sse.bin"]);
    let mut bytes = std::fs::read(folder.join("sse.bin")).unwrap();
    let second = bytes.len() / 2 + 20;
    bytes[second] ^= 1;
    std::fs::write(folder.join("broken.bin"), &bytes).unwrap();
    let (code, text) = guiju(folder, &["feed", "decode", "broken.bin", "--format", "step-fast", "--json"]);
    assert_eq!(code, Some(3), "{text}");
    assert_eq!(text.lines().next(), SHANGHAI.lines().next());
    assert!(text.contains("G7195") && text.contains("\"left_out\":1"), "{text}");
    for (args, exit, code) in [
        (&["decode", "sse.bin", "--format", "fast"][..], 2, "G7191"),
        (&["decode", "sse.bin", "--format", "fast", "--templates", "t.xml", "--executor", "generated"], 2, "G7192"),
        (&["decode", "nowhere", "--format", "step-fast"], 3, "G7003"),
        (&["decode", "sse.bin", "--format", "fast", "--templates", "sse.jsonl"], 1, "G7190"),
        (&["encode", "bad.jsonl", "--format", "fast", "--templates", "t.xml", "--to", "x"], 3, "G7198"),
        (&["encode", "sse.jsonl", "--format", "szse", "--to", "x"], 3, "G7198"),
        (&["encode", "long.jsonl", "--format", "szse", "--to", "x"], 3, "G7199"),
        (&["replay", "sse.bin", "--to", "127.0.0.1:9"], 3, "G7194"),
        (&["replay", "sse.bin", "--to", "tcp://127.0.0.1:9"], 2, "G7213"),
        (&["decode", "udp://nowhere", "--format", "step-fast"], 2, "G7213"),
        (&["decode", "udp://127.0.0.1:9", "--format", "szse", "--to", "parquet", "x"], 2, "G7214"),
        (&["decode", "sse.bin", "--format", "step-fast", "--to", "xlsx", "x"], 2, "G7210"),
        (&["decode", "sse.bin", "--format", "step-fast", "--to", "arrow", "x", "--decimals", "39"], 2, "G7210"),
        (&["decode", "sse.bin", "--format", "step-fast", "--to", "arrow", "."], 3, "G7211"),
        (&["decode", "nowhere", "--format", "step-fast", "--to", "jsonl", "x"], 3, "G7003"),
        (&["encode", "sse.jsonl", "--format", "narrow", "--to", "x"], 2, "G7210"),
    ] {
        let said = json(folder, &[&["feed"], args].concat(), exit);
        assert_eq!(said["findings"][0]["code"], code, "{args:?} {said}");
    }
    assert!(!folder.join("x").exists() && !folder.join("x.part").exists());
}

#[test]
fn differences_are_found_by_channel_and_number() {
    let changed = TICKS.replace("-3", "-4").replace("\"BizIndex\":11", "\"BizIndex\":12");
    let twice = format!("{changed}{}\n", changed.lines().nth(1).unwrap());
    let folder = place(&[("a.jsonl", TICKS), ("b.jsonl", &twice)]);
    let diff = json(folder.path(), &["feed", "diff", "a.jsonl", "b.jsonl"], 1);
    let counts = ["same", "differing", "missing", "extra", "repeated"].map(|name| diff[name].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 1, 1, 1], "{diff}");
    let differing = diff["shown"].as_array().unwrap().iter().find(|shown| shown["what"] == "differing").unwrap();
    assert_eq!(differing["fields"][0]["field"], "Levels[0].Qty");
    assert_eq!(json(folder.path(), &["feed", "diff", "a.jsonl", "a.jsonl"], 0)["same"], 3);
}

/// A capture of datagrams, a second apart, each to an address of its own.
fn capture(payloads: &[&[u8]]) -> Vec<u8> {
    let mut capture = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0];
    for (second, payload) in payloads.iter().enumerate() {
        let [high, low] = (28 + payload.len() as u16).to_be_bytes();
        let mut packet = vec![0x45, 0, high, low, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, second as u8];
        packet.extend([0, 1, 0, 2]);
        packet.extend((8 + payload.len() as u16).to_be_bytes());
        packet.extend([0, 0]);
        packet.extend(*payload);
        let length = (packet.len() as u32).to_le_bytes();
        capture.extend([&(second as u32).to_le_bytes()[..], &[0; 4], &length, &length, &packet].concat());
    }
    capture
}

#[test]
fn two_lines_are_one_feed() {
    let folder = place(&[("szse.jsonl", SHENZHEN)]);
    let folder = folder.path();
    json(folder, &["feed", "encode", "szse.jsonl", "--format", "szse", "--to", "szse.bin"], 0);
    let bytes = std::fs::read(folder.join("szse.bin")).unwrap();
    std::fs::write(folder.join("c.pcap"), capture(&[&bytes, &bytes])).unwrap();
    let stats = json(folder, &["feed", "stats", "c.pcap", "--format", "szse", "--joined"], 0);
    assert_eq!((&stats["templates"]["Order"], &stats["templates"]["Snapshot"]), (&1.into(), &2.into()), "{stats}");
    assert_eq!((&stats["joined"]["copies"], &stats["joined"]["channels"][0]["missing"]), (&1.into(), &0.into()));
    assert_eq!(decoded(folder, &["c.pcap", "--format", "szse", "--joined"]).matches("\"Order\"").count(), 1);
}

/// A capture of UDP packets, sent again.
#[test]
fn a_capture_is_replayed() {
    let payload = b"payload";
    let capture = capture(&[payload, payload]);
    let folder = place(&[]);
    std::fs::write(folder.path().join("c.pcap"), capture).unwrap();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    let to = socket.local_addr().unwrap().to_string();
    let said = json(folder.path(), &["feed", "replay", "c.pcap", "--to", &to, "--speed", "10"], 0);
    assert_eq!((&said["datagrams"], &said["bytes"]), (&2.into(), &14.into()));
    assert!(said["seconds"].as_f64().unwrap() >= 0.1, "{said}");
    let mut received = [0; 64];
    for _ in 0..2 {
        let (length, _) = socket.recv_from(&mut received).unwrap();
        assert_eq!(&received[..length], payload);
    }
}

#[test]
fn messages_are_written_as_tables() {
    let folder = place(&[("t.xml", TEMPLATES), ("ticks.jsonl", TICKS)]);
    let folder = folder.path();
    let shape = ["--templates", "t.xml", "--format", "fast", "--framing", "len32le"];
    json(folder, &[&["feed", "encode", "ticks.jsonl", "--to", "ticks.bin"][..], &shape].concat(), 0);
    let write =
        |to: &[&str], exit| json(folder, &[&["feed", "decode", "ticks.bin"][..], &shape, &["--to"], to].concat(), exit);
    for kind in ["parquet", "arrow"] {
        let said = write(&[kind, kind], 0);
        let file = &said["files"][0];
        assert_eq!((&file["template"], &file["rows"]), (&"Tick".into(), &3.into()), "{said}");
        assert!(folder.join(kind).join(file["file"].as_str().unwrap()).exists(), "{said}");
    }
    let shown = guiju(folder, &["inspect", "parquet/Tick.parquet"]).1;
    assert!(shown.contains("SecurityID") && shown.contains("_message"), "{shown}");
    assert_eq!(write(&["jsonl", "again.jsonl"], 0)["messages"], 3);
    assert_eq!(std::fs::read_to_string(folder.join("again.jsonl")).unwrap(), TICKS);
    // 455.00 takes two places; with one it is refused, and nothing is there.
    let refused = write(&["parquet", "one", "--decimals", "1"], 3);
    assert_eq!(refused["findings"][0]["code"], "G7212", "{refused}");
    assert!(!folder.join("one").exists());
}

/// A port that nobody has.
fn free() -> u16 {
    std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What a command says that receives at a port; `send` sends when it is there.
fn received(folder: &std::path::Path, port: u16, args: &[&str], send: &dyn Fn()) -> String {
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_guiju"))
        .args(["feed", "decode", &format!("udp://127.0.0.1:{port}"), "--idle", "2", "--json"])
        .args(args)
        .current_dir(folder)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let began = std::time::Instant::now();
    while std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok() {
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "nobody receives");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    send();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    said
}

/// From a capture of frames to narrowed records on the wire, and back to the same messages.
#[test]
fn narrowed_records_are_sent_and_received() {
    let folder =
        place(&[("szse.jsonl", SHENZHEN), ("sse.jsonl", SHANGHAI), ("ticks.jsonl", TICKS), ("t.xml", TEMPLATES)]);
    let folder = folder.path();
    for (name, messages, shape) in [
        ("szse", SHENZHEN, &["--format", "szse"][..]),
        ("sse", SHANGHAI, &["--format", "step-fast"]),
        ("ticks", TICKS, &["--format", "fast", "--framing", "len32le", "--templates", "t.xml"]),
    ] {
        let (lines, encoded) = (format!("{name}.jsonl"), format!("{name}.bin"));
        json(folder, &[&["feed", "encode", &lines, "--to", &encoded][..], shape].concat(), 0);
        let bytes = std::fs::read(folder.join(&encoded)).unwrap();
        std::fs::write(folder.join("c.pcap"), capture(&[&bytes])).unwrap();
        let port = free();
        let to = format!("udp://127.0.0.1:{port}");
        let send = || {
            let replay = ["feed", "replay", "c.pcap", "--to", &to, "--speed", "0", "--narrow"];
            let said = json(folder, &[&replay, shape].concat(), 0);
            assert_eq!(
                (&said["messages"], &said["datagrams"]),
                (&messages.lines().count().into(), &4.into()),
                "{said}"
            );
        };
        let templates =
            if name == "ticks" { &["--format", "narrow", "--templates", "t.xml"][..] } else { &["--format", "narrow"] };
        assert_eq!(received(folder, port, templates, &send), messages, "{name}");
        // The frames as they are: what arrives is what a file holds.
        let send = || drop(json(folder, &["feed", "replay", "c.pcap", "--to", &to, "--speed", "0"], 0));
        assert_eq!(received(folder, port, shape, &send), messages, "{name}");
    }
}

/// A gateway that sends a stream and closes.
#[test]
fn a_stream_is_read_until_it_closes() {
    let folder = place(&[("sse.jsonl", SHANGHAI)]);
    let folder = folder.path();
    json(folder, &["feed", "encode", "sse.jsonl", "--format", "step-fast", "--to", "sse.bin"], 0);
    let bytes = std::fs::read(folder.join("sse.bin")).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    let sender = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for piece in bytes.chunks(100) {
            std::io::Write::write_all(&mut stream, piece).unwrap();
        }
    });
    assert_eq!(decoded(folder, &[&address, "--format", "step-fast"]), SHANGHAI);
    sender.join().unwrap();
}
