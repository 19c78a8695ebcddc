//! A feed as a stream of `guiju serve`: captures that appear in its folder, what cannot be read in them, and template files that change.

use crate::operate::{Server, json, until};
use guiju::market::{Encoder, Message, Program, Reset, SSE_LEVEL2, Templates, Value, frame::step};
use std::{fs, net::UdpSocket, path::Path, sync::Arc};
use tempfile::TempDir;

const RULES: &str = r#"rulebook desk {}
feed sse from line topic "sse" {
  format step_fast
  templates "sse.xml"
  time column NGTSTick.TickTime as "HHMMSSss"
}
sink tasks to out
event dear {
  on sse.NGTSTick by SecurityID
  when Price > 20000
  task "{SecurityID} {count() over 1h}: {Price or else 0}, {feed_sequence or else 0}"
  to tasks
}
"#;

/// A recording: a frame for each price, a second apart, from this minute on.
fn recording(minute: i64, prices: &[i64]) -> Vec<u8> {
    let (templates, _) = Templates::read(SSE_LEVEL2);
    let program = Arc::new(Program::compile(&templates, Reset::Ignore).unwrap());
    let mut bytes = Vec::new();
    for (second, price) in (0..).zip(prices) {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let number = |number: i64| Some(Value::Signed(number));
        let time = 9_000_000 + minute * 10_000 + second * 100;
        let mut row =
            vec![text("UA5803"), number(second + 1), number(3), text("600000"), number(time), text("T"), None, None];
        row.extend([number(*price), number(100), None, text("B")]);
        let mut raw = Vec::new();
        let message = Message { template: "NGTSTick".to_owned(), row };
        Encoder::new(Arc::clone(&program)).encode(&message, &mut raw).unwrap();
        let sent = format!("20260114-09:{minute:02}:{second:02}");
        let sequence = Some((minute * 60 + second) as u64);
        let frame = step::Frame { kind: b"UA5803", sent: sent.as_bytes(), category: Some(5803), sequence, raw: &raw };
        step::put(&frame, &mut bytes);
    }
    bytes
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    fs::write(folder.join("in/sse/.part"), bytes).unwrap();
    fs::rename(folder.join("in/sse/.part"), folder.join("in/sse").join(name)).unwrap();
}

/// The tasks that are written, in order.
fn tasks(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> =
        fs::read_dir(folder.join("out")).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.sort_by_key(|path| fs::metadata(path).and_then(|meta| meta.modified()).ok());
    let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let task =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["task"].as_str().unwrap().to_owned();
    text.lines().map(task).collect()
}

#[test]
fn a_feed_is_served_and_its_templates_are_part_of_the_set() {
    let desk = TempDir::new().unwrap();
    let folder = desk.path();
    let config = "connections:\n  line: { kind: files, path: in }\n  out: { kind: jsonl, path: \"out/{run}.jsonl\" }\nstore: store\n";
    for place in ["in/sse", "templates"] {
        fs::create_dir_all(folder.join(place)).unwrap();
    }
    fs::write(folder.join("guiju.yaml"), config).unwrap();
    fs::write(folder.join("desk.gj"), RULES).unwrap();
    // Somebody has taken one field for another.
    let wrong = SSE_LEVEL2.replace("\"Price\"", "\"X\"").replace("\"Qty\"", "\"Price\"").replace("\"X\"", "\"Qty\"");
    fs::write(folder.join("templates/sse.xml"), &wrong).unwrap();
    let server = Server::start(folder);
    let files = |many: u64| {
        until(folder, &["status", "desk.gj"], |status| {
            let waiting = status["sinks"].as_array().into_iter().flatten().any(|sink| sink["waiting"] != 0);
            status["status"]["sources"][0]["files"] == many && !waiting
        })
    };
    // A frame whose sum is another: it is left out, and nothing else.
    let mut broken = recording(30, &[19_000, 20_100, 20_200]);
    let second = broken.len() / 3 + 40;
    broken[second] ^= 1;
    put(folder, "a.bin", &broken);
    let status = files(1);
    let source = &status["status"]["sources"][0];
    assert_eq!(
        (source["source"].as_str(), source["rows"].as_u64()),
        (Some("desk.sse.NGTSTick"), Some(2)),
        "{status:#}"
    );
    assert_eq!(tasks(folder), [""; 0]);
    let set = status["status"]["set"].clone();
    // A template file that is none keeps out; the one that is right comes in force by itself.
    fs::write(folder.join("templates/sse.xml"), "<templates><template").unwrap();
    until(folder, &["status", "desk.gj"], |status| status.to_string().contains("G2060"));
    assert_eq!(json(folder, &["status", "desk.gj"])["status"]["set"], set);
    fs::write(folder.join("templates/sse.xml"), SSE_LEVEL2).unwrap();
    until(folder, &["status", "desk.gj"], |status| status["status"]["set"] != set && status["ok"] == true);
    put(folder, "b.pcap", &recording(31, &[19_000, 20_100]));
    files(2);
    // The windows were kept: two rows of the first file, and these.
    assert_eq!(tasks(folder), ["600000 4: 20100, 1861"]);
    drop(server);
    // Killed and started again, nothing is taken twice.
    let _server = Server::start(folder);
    put(folder, "c.bin", &recording(32, &[20_300]));
    files(3);
    assert_eq!(tasks(folder), ["600000 4: 20100, 1861", "600000 5: 20300, 1920"]);
}

/// Two feeds over one address: each gets every datagram, each message once; what is no frame keeps nothing back.
#[test]
fn datagrams_are_taken_as_they_come() {
    let desk = TempDir::new().unwrap();
    let folder = desk.path();
    let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = format!(
        "connections:\n  line: {{ kind: udp, listen: \"{free}\" }}\n  out: {{ kind: jsonl, path: \"out/{{run}}.jsonl\" }}\nstore: store\n"
    );
    let declared = |name: &str| {
        format!(
            "feed {name} from line {{\n  format step_fast\n  time column NGTSTick.TickTime as \"HHMMSSss\"\n}}\nevent of_{name} {{\n  \
             on {name}.NGTSTick by SecurityID\n  when Price > 20000\n  task \"{name} {{Price or else 0}} {{count() over 1h}}\"\n  \
             to tasks\n}}\n"
        )
    };
    fs::write(folder.join("guiju.yaml"), config).unwrap();
    let rules = format!("rulebook desk {{}}\nsink tasks to out\n{}{}", declared("one"), declared("other"));
    fs::write(folder.join("desk.gj"), rules).unwrap();
    let server = Server::start(folder);
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let rows = |status: &serde_json::Value| -> Vec<u64> {
        let sources = status["status"]["sources"].as_array().into_iter().flatten();
        sources.map(|source| source["rows"].as_u64().unwrap()).collect()
    };
    // Nobody answers a datagram: who sends learns from the status that somebody listens.
    let probe = recording(30, &[1]);
    let before = until(folder, &["status", "desk.gj"], |status| {
        let _ = sender.send_to(&probe, free);
        let rows = rows(status);
        rows.len() == 2 && rows.iter().all(|rows| *rows > 0)
    });
    drop(before);
    // What was sent last is taken too, before it is counted.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let before = rows(&json(folder, &["status", "desk.gj"]));
    let mut torn = recording(31, &[20_900]);
    torn.truncate(torn.len() - 9);
    for datagram in [recording(31, &[20_100, 20_200]), torn, b"noise".to_vec(), recording(32, &[20_300])] {
        sender.send_to(&datagram, free).unwrap();
    }
    let after: Vec<u64> = before.iter().map(|rows| rows + 3).collect();
    until(folder, &["status", "desk.gj"], |status| rows(status) == after && tasks(folder).len() == 6);
    let prices = |name: &str| -> Vec<String> {
        let all = tasks(folder);
        let mine = all.iter().filter(|task| task.starts_with(name));
        mine.map(|task| task.split(' ').nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(prices("one"), ["20100", "20200", "20300"]);
    assert_eq!(prices("other"), prices("one"));
    // Started again, it goes on.
    drop(server);
    let _server = Server::start(folder);
    until(folder, &["status", "desk.gj"], |_| {
        let _ = sender.send_to(&recording(33, &[20_400]), free);
        prices("one").len() > 3 && prices("other").len() > 3
    });
    assert_eq!(prices("one")[3], "20400");
}
