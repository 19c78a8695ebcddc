//! Rules over market feeds: a rulebook declares a feed, its messages are the rows of events.

#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot read its own files has failed

mod common;

use common::{guiju, json, place, write};
use guiju::market::{Encoder, Message, Program, Reset, SSE_LEVEL2, Templates, Value, frame::step};
use std::{fs, path::Path, sync::Arc};

const CONFIG: &str =
    "connections:\n  line: { kind: files, path: in }\n  desk: { kind: jsonl, path: \"out/{run}.jsonl\" }\n";

const RULES: &str = r#"rulebook market {
  zone "Asia/Shanghai"
}

feed sse from line topic "sse" {
  format step_fast
  time column NGTSTick.TickTime as "HHMMSSss"
  lateness 3s
}
sink alerts to desk

let price = Price * 0.001

event broken_out "一分钟内突破" {
  on sse.NGTSTick by SecurityID
  when Type = "T" and price < 20 then Type = "T" and price >= 20.5 within 1m
  task "{SecurityID} {price or else 0} at {TickTime or else now:%H:%M:%S}, number {feed_sequence or else 0} of {feed_channel or else 0}"
  to alerts
}

test "up within a minute" {
  given now 2026-01-14 09:30
  given sse.NGTSTick { SecurityID: "600000", Type: "T", Price: 19990, BizIndex: 1, Channel: 3, MessageType: "UA5803", TickBSFlag: "B" }
  after 30s
  given sse.NGTSTick { SecurityID: "600000", Type: "T", Price: 20500, BizIndex: 2, Channel: 3, MessageType: "UA5803", TickBSFlag: "B" }
  after 3s
  expect event broken_out for "600000" with task "600000 20.500 at 09:30:30, number 0 of 0"
}
"#;

/// Messages of our reconstruction of Shanghai's templates, one frame for each list, a second apart, from 09:30:00 on.
fn shanghai(frames: &[Vec<Message>]) -> Vec<u8> {
    let (templates, _) = Templates::read(SSE_LEVEL2);
    let program = Arc::new(Program::compile(&templates, Reset::Ignore).unwrap());
    let mut bytes = Vec::new();
    for (number, messages) in frames.iter().enumerate() {
        let (mut encoder, mut raw) = (Encoder::new(Arc::clone(&program)), Vec::new());
        messages.iter().for_each(|message| encoder.encode(message, &mut raw).unwrap());
        let sent = format!("20260114-09:{:02}:{:02}", 30 + number / 60, number % 60);
        let (kind, sequence) = (b"UA5803", Some(number as u64 + 1));
        step::put(&step::Frame { kind, sent: sent.as_bytes(), category: Some(5803), sequence, raw: &raw }, &mut bytes);
    }
    bytes
}

fn tick(index: i64, security: &str, time: i64, price: Option<i64>) -> Message {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let number = |number: i64| Some(Value::Signed(number));
    let row = vec![
        text("UA5803"),
        number(index),
        number(3),
        text(security),
        number(time),
        text("T"),
        None,
        None,
        price.map(Value::Signed),
        number(100),
        None,
        text("B"),
    ];
    Message { template: "NGTSTick".to_owned(), row }
}

fn project(rules: &str) -> tempfile::TempDir {
    let folder = place(&[("guiju.yaml", CONFIG), ("market.gj", rules)]);
    fs::create_dir_all(folder.path().join("in/sse")).unwrap();
    folder
}

/// Every task that was written, in the order of the files' names.
fn tasks(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> =
        fs::read_dir(folder.join("out")).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.sort();
    let lines = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect::<String>();
    let task = |line: &str| {
        let effect: serde_json::Value = serde_json::from_str(line).unwrap();
        effect["task"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned()
    };
    lines.lines().map(task).collect()
}

#[test]
fn ticks_of_a_recording_are_rows_of_an_event() {
    let folder = project(RULES);
    let folder = folder.path();
    let frames = [
        vec![tick(1, "600000", 9_300_000, Some(19_990)), tick(2, "600001", 9_300_000, Some(19_990))],
        vec![tick(3, "600000", 9_302_550, Some(20_500)), tick(4, "600002", 9_302_550, Some(20_500))],
        // More than a minute later.
        vec![tick(5, "600001", 9_310_000, Some(20_500)), tick(6, "600002", 9_310_001, None)],
    ];
    fs::write(folder.join("in/sse/a.bin"), shanghai(&frames)).unwrap();
    let (code, text) = guiju(folder, &["check"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = guiju(folder, &["test"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = guiju(folder, &["run", "--today", "2026-01-14"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(tasks(folder), ["600000 20.500 at 09:30:25, number 2 of 5803"], "{text}");
    // What was published once is not published again.
    let (code, text) = guiju(folder, &["run", "--today", "2026-01-14"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(tasks(folder).len(), 1, "{text}");
}

/// A rulebook of one rule over a feed of FAST messages.
fn over(declared: &str, on: &str, when: &str, task: &str) -> String {
    format!(
        "rulebook market\n\nfeed cme from line topic \"sse\" {{\n{declared}}}\nsink alerts to desk\n\nevent seen {{\n  on {on}\n  \
         when {when}\n  task \"{task}\"\n  to alerts\n}}\n"
    )
}

/// All of FAST's types, groups, sequences in sequences.
const TEMPLATES: &str = r#"<?xml version="1.0"?>
<templates xmlns="http://www.fixprotocol.org/ns/fast/td/1.1">
  <template name="Book" id="1">
    <string name="Symbol"/>
    <uInt64 name="SentAt"/>
    <uInt64 name="Huge" presence="optional"/>
    <decimal name="Px" presence="optional"/>
    <decimal name="Must"/>
    <byteVector name="Raw" presence="optional"/>
    <string name="Note" charset="unicode" presence="optional"/>
    <group name="Session" presence="optional"><string name="Symbol"/><uInt32 name="Phase"/></group>
    <sequence name="Levels">
      <int32 name="Side"/><decimal name="Px"/>
      <sequence name="Orders" presence="optional"><uInt32 name="Qty"/></sequence>
    </sequence>
  </template>
  <template name="Other" id="2"><uInt32 name="N"/></template>
</templates>
"#;

/// 2026-01-14 09:30:00 in Shanghai, in nanoseconds.
const OPEN: u64 = 1_768_354_200_000_000_000;

const BOOKS: &str = r#"{"Book":{"Symbol":"A","SentAt":1768354200000000000,"Huge":18446744073709551615,"Px":"1250e-2","Must":"1e0","Raw":"00ff","Note":"鱼","Session":{"Symbol":"S","Phase":7},"Levels":[{"Side":1,"Px":"9e-1","Orders":[{"Qty":5},{"Qty":6}]},{"Side":2,"Px":"8e-1"}]}}
{"Other":{"N":1}}
{"Book":{"Symbol":"B","SentAt":1768354201000000000,"Px":"1e-9","Must":"2e0","Levels":[]}}
{"Book":{"Symbol":"C","SentAt":1768354202000000000,"Must":"3e-9","Levels":[]}}
"#;

fn books(rules: &str, lines: &str) -> tempfile::TempDir {
    let folder = project(rules);
    write(folder.path(), "templates/books.xml", TEMPLATES);
    write(folder.path(), "books.jsonl", lines);
    let shape = ["--templates", "templates/books.xml", "--format", "fast", "--framing", "len32le"];
    let encode = [&["feed", "encode", "books.jsonl", "--to", "in/sse/books.bin"][..], &shape].concat();
    json(folder.path(), &encode, 0);
    folder
}

const FAST: &str = "  format fast\n  templates \"books.xml\"\n  framing len32le\n  time column SentAt as \"unix ns\"\n";

fn run(folder: &Path) -> String {
    let (code, text) = guiju(folder, &["run", "--today", "2026-01-14"]);
    assert_eq!(code, Some(0), "{text}");
    text
}

#[test]
fn every_type_of_a_field_is_a_type_of_the_language() {
    assert_eq!(OPEN, 1_768_354_200_000_000_000);
    let task = "{Symbol} {SentAt:%Y-%m-%d %H:%M:%S} {Huge or else 0} {Px or else 0} {Must} {Raw or else \\\"-\\\"} {Note or else \\\"-\\\"} {Session_Symbol or else \\\"-\\\"} {Phase or else 0}";
    let task = task.replace("\\\"", "\"").replace("{SentAt:", "{SentAt or else now:");
    let rules = over(FAST, "cme.Book by Symbol", "Must > 0", &task);
    let folder = books(&rules, BOOKS);
    let said = run(folder.path());
    // A decimal of nine places is missing, where its field may be; a message whose field may not is left out. Nothing is rounded.
    let lines = tasks(folder.path());
    assert_eq!(
        lines,
        [
            "A 2026-01-14 09:30:00 18446744073709551615 12.50000000 1.00000000 00ff 鱼 S 7",
            "B 2026-01-14 09:30:01 0 0.00000000 2.00000000 - - - 0",
        ],
        "{said}"
    );
    assert!(said.contains("G5136") && said.contains("1e-9"), "{said}");
    assert!(said.contains("G5137") && said.contains("3e-9"), "{said}");
}

#[test]
fn a_sequence_is_a_table_of_its_elements() {
    let task = "{Symbol} {Side} {Px} {feed_entry}";
    let rules = over(FAST, "cme.Book.Levels by Symbol", "Must = 1", task);
    let folder = books(&rules, BOOKS);
    run(folder.path());
    assert_eq!(tasks(folder.path()), ["A 1 0.90000000 1", "A 2 0.80000000 2"]);
    let rules = over(FAST, "cme.Book.Levels.Orders by Symbol", "Qty > 5", "{Symbol} {Side} {Qty} {feed_entry}");
    let folder = books(&rules, BOOKS);
    run(folder.path());
    assert_eq!(tasks(folder.path()), ["A 1 6 2"]);
}

/// What a check says, as codes.
fn codes(folder: &Path) -> (Vec<String>, String) {
    let (_, text) = guiju(folder, &["check", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let findings = said["findings"].as_array().unwrap().iter();
    (findings.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect(), text)
}

#[test]
fn what_is_wrong_is_found_before_anything_runs() {
    for (declared, on, when, wanted, meant) in [
        (FAST, "cme.Bok by Symbol", "Must > 0", "G2053", "cme.Book"),
        (FAST, "cme by Symbol", "Must > 0", "G2054", "cme.Book.Levels"),
        (FAST, "cme.Book by Symbol", "Mustt > 0", "G2001", "Must"),
        (FAST, "cme.Book by Simbol", "Must > 0", "G3007", "Symbol"),
        (FAST, "cme.Book by Symbol", "Symbol > 0", "G2101", ""),
        (&FAST.replace("SentAt", "SentAtt"), "cme.Book by Symbol", "Must > 0", "G2002", "SentAt"),
        (&FAST.replace("SentAt", "Boook.SentAt"), "cme.Book by Symbol", "Must > 0", "G2053", "Book.SentAt"),
        (&FAST.replace("SentAt", "Px"), "cme.Book by Symbol", "Must > 0", "G2062", "Px"),
        (&FAST.replace("unix ns", "HHMM"), "cme.Book by Symbol", "Must > 0", "G2061", "HHMM"),
        (&FAST.replace("books.xml", "bocks.xml"), "cme.Book by Symbol", "Must > 0", "G2036", "books.xml"),
        (&FAST.replace("format fast", "format szse"), "cme.Order by SecurityID", "Price > 0", "G2058", "templates"),
    ] {
        let folder = books(&over(declared, on, when, "x"), BOOKS);
        let (codes, text) = codes(folder.path());
        assert!(codes.iter().any(|code| code == wanted) && text.contains(meant), "{wanted} {meant}: {text}");
    }
}

#[test]
fn a_malformed_template_is_found_at_its_place() {
    let folder = books(&over(FAST, "cme.Book by Symbol", "Must > 0", "x"), BOOKS);
    let folder = folder.path();
    write(folder, "templates/books.xml", &TEMPLATES.replace("<uInt64 name=\"Huge\"", "<uInt65 name=\"Huge\""));
    let (code, text) = guiju(folder, &["check"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("G2060") && text.contains("templates/books.xml:6:5") && text.contains("uInt65"), "{text}");
    // The rules that read its messages say nothing more.
    assert!(!text.contains("G2053") && !text.contains("G2001"), "{text}");
    write(folder, "templates/books.xml", "<templates><template name=\"Book\"");
    let (code, text) = guiju(folder, &["check"]);
    assert!(code == Some(1) && text.contains("G2060"), "{text}");
}

#[test]
fn what_cannot_be_read_is_said_and_keeps_nothing_back() {
    let folder = project(RULES);
    let folder = folder.path();
    let tick = |index, time, price| vec![tick(index, "600000", time, Some(price))];
    let good = shanghai(&[tick(1, 9_300_000, 19_990), tick(2, 9_300_100, 20_000), tick(3, 9_300_200, 20_500)]);
    let second = good.len() / 3 + 40;
    let mut bad = good;
    bad[second] ^= 1;
    bad.extend_from_slice(b"8=STEP.1.0.0\x019=40");
    fs::write(folder.join("in/sse/a.bin"), bad).unwrap();
    let said = run(folder);
    assert_eq!(tasks(folder).len(), 1, "{said}");
    // The frame with another sum, the number that is missing then, and the one that is cut off.
    assert_eq!(said.matches("G5130").count(), 2, "{said}");
    assert!(said.contains("G5133") && said.contains("in/sse/a.bin"), "{said}");
    let json = json(folder, &["run", "--today", "2026-01-14"], 0);
    let findings = json["findings"].as_array().unwrap();
    let frame = findings.iter().find(|finding| finding["code"] == "G5130").unwrap();
    assert!(frame.to_string().contains("\"byte\":"), "{frame}");
}

#[test]
fn shenzhen_s_times_are_those_of_its_messages() {
    let lines = r#"{"Order":{"ChannelNo":2011,"ApplSeqNum":7,"MDStreamID":"011","SecurityID":"000001","SecurityIDSource":"102","Price":"115200e-4","OrderQty":"10000e-2","Side":"1","TransactTime":20260114093000010,"OrdType":"2"}}
{"Heartbeat":{}}
{"Order":{"ChannelNo":2011,"ApplSeqNum":8,"MDStreamID":"011","SecurityID":"000001","SecurityIDSource":"102","Price":"115300e-4","OrderQty":"20000e-2","Side":"1","TransactTime":20260114093030010,"OrdType":"2"}}
"#;
    let declared = "  format szse\n  time column TransactTime as \"YYYYMMDDHHMMSSsss\"\n  time column OrigTime as \"YYYYMMDDHHMMSSsss\"\n";
    let task = "{SecurityID} {Price} {sum(OrderQty) over 1m or else 0} {TransactTime or else now:%H:%M:%S}";
    let folder = project(&over(declared, "cme.Order by SecurityID", "Side = \"1\" and count() over 1m >= 2", task));
    write(folder.path(), "szse.jsonl", lines);
    json(folder.path(), &["feed", "encode", "szse.jsonl", "--format", "szse", "--to", "in/sse/szse.bin"], 0);
    let said = run(folder.path());
    assert_eq!(tasks(folder.path()), ["000001 11.53000000 300.00000000 09:30:30"], "{said}");
}

/// The reference page: its rulebooks are right, and their tests pass.
#[test]
fn the_page_of_the_reference() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../dsl-grammar/reference/feeds.md");
    let page = fs::read_to_string(page).unwrap();
    let texts: Vec<&str> = page.split("```guiju\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(texts.len(), 2);
    for text in texts {
        let folder = project(text);
        let (code, said) = guiju(folder.path(), &["check"]);
        assert_eq!((code, said.contains("warning")), (Some(0), false), "{said}");
        let (code, said) = guiju(folder.path(), &["test"]);
        assert!(code == Some(0) && said.contains("passed"), "{said}");
        let (code, said) = guiju(folder.path(), &["fmt", "--check", "market.gj"]);
        assert_eq!(code, Some(0), "{said}");
    }
}

/// The shipped example: its recording is what its lines say, and its rules find in it what they should.
#[test]
fn the_shipped_example_runs() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/feeds");
    let folder = place(&[]);
    let folder = folder.path();
    for name in ["guiju.yaml", "深市盯盘.gj", "trades.jsonl", "in/trades.bin"] {
        fs::create_dir_all(folder.join("in")).unwrap();
        fs::copy(shipped.join(name), folder.join(name)).unwrap();
    }
    json(folder, &["feed", "encode", "trades.jsonl", "--format", "szse", "--to", "again.bin"], 0);
    assert_eq!(fs::read(folder.join("again.bin")).unwrap(), fs::read(folder.join("in/trades.bin")).unwrap());
    for args in [&["check"][..], &["test"], &["fmt", "--check", "深市盯盘.gj"]] {
        let (code, said) = guiju(folder, args);
        assert_eq!(code, Some(0), "{said}");
    }
    run(folder);
    let mut found = tasks(folder);
    found.sort();
    assert_eq!(found, ["000001 一分钟成交 115.5万元，最新价 11.60", "000001 买一 11.50，60万股"]);
}

/// A capture of datagrams, a second apart from 2026-01-14 09:30:00 in Shanghai, each to an address of its own.
fn capture(payloads: &[&[u8]]) -> Vec<u8> {
    let mut capture = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0];
    for (second, payload) in (0_u32..).zip(payloads) {
        let [high, low] = u16::try_from(28 + payload.len()).unwrap().to_be_bytes();
        let mut packet =
            vec![0x45, 0, high, low, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, second.to_le_bytes()[0]];
        packet.extend([0, 1, 0, 2]);
        packet.extend(u16::try_from(8 + payload.len()).unwrap().to_be_bytes());
        packet.extend([0, 0]);
        packet.extend(*payload);
        let length = u32::try_from(packet.len()).unwrap().to_le_bytes();
        let time = u32::try_from(OPEN / 1_000_000_000).unwrap() + second;
        capture.extend([&time.to_le_bytes()[..], &[0; 4], &length, &length, &packet].concat());
    }
    capture
}

#[test]
fn a_capture_s_lines_are_one_feed_where_the_rulebook_says_so() {
    let line = r#"{"Order":{"ChannelNo":2011,"ApplSeqNum":7,"MDStreamID":"011","SecurityID":"000001","SecurityIDSource":"102","Price":"115200e-4","OrderQty":"10000e-2","Side":"1","TransactTime":20260114093000010,"OrdType":"2"}}
"#;
    // Without a line about times, a message's time is when its packet came.
    let task = "{SecurityID} {count() over 1h} {feed_time or else now:%H:%M:%S} {feed_sequence or else 0}";
    for (lines, wanted) in
        [("", &["000001 1 09:30:00 7", "000001 2 09:30:01 7"][..]), ("  lines joined\n", &["000001 1 09:30:00 7"])]
    {
        let declared = format!("  format szse\n{lines}");
        let folder = project(&over(&declared, "cme.Order by SecurityID", "Price > 0", task));
        let folder = folder.path();
        write(folder, "szse.jsonl", line);
        json(folder, &["feed", "encode", "szse.jsonl", "--format", "szse", "--to", "szse.bin"], 0);
        let bytes = fs::read(folder.join("szse.bin")).unwrap();
        fs::write(folder.join("in/sse/c.pcap"), capture(&[&bytes, &bytes])).unwrap();
        let said = run(folder);
        assert_eq!(tasks(folder), wanted, "{said}");
    }
}
