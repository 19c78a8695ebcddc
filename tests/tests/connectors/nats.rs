//! JetStream, in and out, on a server that is killed in between; Debian's `nats-server`, which `cargo xtask test` finds or unpacks.

use crate::{
    rig::{Medium, Rig},
    suite::conforms,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A server with two streams, `T` of the subject `trades` and `E` of `effects`.
pub(crate) struct Bus {
    program: String,
    folder: TempDir,
    port: u16,
    server: Child,
}

/// A connection of the test's own.
struct Client {
    lines: BufReader<TcpStream>,
    asked: u32,
}

impl Client {
    fn connect(port: u16) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut client = Self { lines: BufReader::new(stream), asked: 0 };
        client.write(b"CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true,\"auth_token\":\"s3cret\"}\r\nSUB in.* 1\r\n")?;
        Some(client)
    }

    fn write(&mut self, bytes: &[u8]) -> Option<()> {
        self.lines.get_mut().write_all(bytes).ok()
    }

    /// The next message's subject and body.
    fn next(&mut self) -> Option<(String, Vec<u8>)> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.first().copied() {
                Some("PING") => self.write(b"PONG\r\n")?,
                Some(verb @ ("MSG" | "HMSG")) => {
                    let Ok(size) = words.last()?.parse::<usize>() else { panic!("{line}") };
                    let head: usize = if verb == "HMSG" { words[words.len() - 2].parse().ok()? } else { 0 };
                    let mut body = vec![0; size + 2];
                    self.lines.read_exact(&mut body).ok()?;
                    return Some((words[1].to_owned(), body[head..size].to_vec()));
                }
                Some("-ERR") => panic!("{line}"),
                _ => {}
            }
        }
    }

    fn ask(&mut self, subject: &str, question: &Value) -> Option<Value> {
        self.asked += 1;
        let (body, asked) = (question.to_string(), self.asked);
        self.write(format!("PUB {subject} in.q{asked} {}\r\n{body}\r\n", body.len()).as_bytes())?;
        loop {
            let (subject, body) = self.next()?;
            if subject == format!("in.q{asked}") {
                return serde_json::from_slice(&body).ok();
            }
        }
    }

    /// Publishes lines, each with its own id, and waits until all are stored.
    fn publish(&mut self, number: u64, lines: &[String]) -> Option<()> {
        let mut out = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let head = format!("NATS/1.0\r\nNats-Msg-Id: {number}.{at}\r\n\r\n");
            let size = head.len() + line.len();
            write!(out, "HPUB trades in.p{number} {} {size}\r\n{head}{line}\r\n", head.len()).ok()?;
        }
        self.write(&out)?;
        for _ in lines {
            let answer: Value = serde_json::from_slice(&self.next()?.1).ok()?;
            answer["seq"].as_u64()?;
        }
        Some(())
    }
}

impl Bus {
    /// Nothing, and a word about it, where there is no such server.
    pub(crate) fn new() -> Option<Self> {
        let program = env::var("GUIJU_TEST_NATS").unwrap_or_else(|_| "nats-server".to_owned());
        if Command::new(&program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            eprintln!("SKIPPED: no nats-server; `cargo xtask test` unpacks Debian's");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = start(&program, folder.path(), port);
        let bus = Self { program, folder, port, server };
        let mut client = bus.client();
        for (name, subject) in [("T", "trades"), ("E", "effects")] {
            let config = json!({ "name": name, "subjects": [subject], "storage": "file" });
            let made = client.ask(&format!("$JS.API.STREAM.CREATE.{name}"), &config).unwrap();
            assert!(made["error"].is_null(), "{made}");
        }
        Some(bus)
    }

    fn client(&self) -> Client {
        let began = Instant::now();
        loop {
            let client = Client::connect(self.port).and_then(|mut client| {
                client.ask("$JS.API.INFO", &json!({})).filter(|info| info["error"].is_null()).map(|_| client)
            });
            if let Some(client) = client {
                return client;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "the broker does not come up");
            sleep(Duration::from_millis(50));
        }
    }

    /// The machine loses its power, and has it again.
    fn die(&mut self) {
        self.goes();
        sleep(Duration::from_millis(300));
        self.comes();
    }

    pub(crate) fn goes(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    pub(crate) fn comes(&mut self) {
        self.server = start(&self.program, self.folder.path(), self.port);
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// It does nothing, or goes on.
    pub(crate) fn pauses(&self, so: bool) {
        let signal = if so { "-STOP" } else { "-CONT" };
        assert!(Command::new("kill").args([signal, &self.server.id().to_string()]).status().unwrap().success());
    }

    /// The stream of effects takes another subject.
    pub(crate) fn takes(&self, subject: &str) {
        let config = json!({ "name": "E", "subjects": [subject], "storage": "file" });
        let done = self.client().ask("$JS.API.STREAM.UPDATE.E", &config).unwrap();
        assert!(done["error"].is_null(), "{done}");
    }

    /// Every effect that is stored, in the order in which they were.
    pub(crate) fn effects(&self) -> Vec<Value> {
        let mut client = self.client();
        let info = client.ask("$JS.API.STREAM.INFO.E", &json!({})).unwrap();
        let stored = usize::try_from(info["state"]["messages"].as_u64().unwrap()).unwrap();
        // The server hands them out from the first on, to another connection's order, so that no answer stands between them.
        client.write(b"SUB got 2\r\n").unwrap();
        let config = json!({ "deliver_subject": "got", "deliver_policy": "all", "ack_policy": "none" });
        let consumer = json!({ "stream_name": "E", "config": config });
        self.client().ask("$JS.API.CONSUMER.CREATE.E", &consumer).unwrap();
        let mut all = Vec::with_capacity(stored);
        while all.len() < stored {
            let (subject, body) = client.next().unwrap();
            if !subject.starts_with("in.") {
                all.push(serde_json::from_slice(&body).unwrap());
            }
        }
        all
    }
}

fn start(program: &str, folder: &Path, port: u16) -> Child {
    let config = format!(
        "listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: \"{}\" }}\nauthorization {{ token: \"s3cret\" }}\n",
        folder.display()
    );
    let path = folder.join("nats.conf");
    fs::write(&path, config).unwrap();
    let mut command = Command::new(program);
    command.arg("-c").arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Medium for Bus {
    fn connection(&self) -> String {
        format!("{{ kind: nats, url: \"nats://127.0.0.1:{}\", token: {{ file: token }} }}", self.port)
    }

    fn connected(&mut self, _: &Path, _: &mut Child) {
        // The messages are stored there.
    }

    fn send(&mut self, _: &Path, number: u64, lines: &[String]) -> bool {
        let began = Instant::now();
        while self.client().publish(number, lines).is_none() {
            assert!(began.elapsed() < Duration::from_secs(30), "the broker takes nothing");
        }
        true
    }

    /// Half the messages; then the broker dies, and sender and server lose their connections.
    fn cut(&mut self, _: &Path, number: u64, lines: &[String]) {
        self.client().publish(number, &lines[..lines.len() / 2]).unwrap();
        self.die();
    }

    fn whole(&self) -> bool {
        false
    }
}

conforms!(Bus::new());

#[test]
fn effects_are_stored_once_each_however_often_somebody_dies() {
    let Some(bus) = Bus::new() else { return };
    let mut rig = Rig::new(bus);
    let folder = rig.folder.path().to_owned();
    let config = fs::read_to_string(folder.join("guiju.yaml")).unwrap();
    fs::write(
        folder.join("guiju.yaml"),
        config.replace("{ kind: jsonl, path: \"out/{run}.jsonl\" }", &rig.medium.connection()),
    )
    .unwrap();
    let rules = fs::read_to_string(folder.join("desk.gj")).unwrap();
    fs::write(folder.join("desk.gj"), rules.replace("sink tasks to out", "sink tasks to out topic \"effects\""))
        .unwrap();
    for round in 0..3 {
        rig.start();
        rig.send(60);
        sleep(Duration::from_millis(100 * round));
        if round == 1 {
            rig.medium.die();
            rig.send(60);
        }
        rig.kill();
    }
    rig.start();
    rig.settles();
    let effects: usize = rig.journal().values().map(Vec::len).sum();
    let status = rig.until("everything is delivered", |status| {
        status["sinks"].as_array().is_some_and(|sinks| sinks.iter().all(|sink| sink["waiting"] == 0))
    });
    assert!(!status.to_string().contains("s3cret"));
    let all = rig.medium.effects();
    assert_eq!(all.len(), effects);
    // And they are what the journal has.
    let ids: BTreeSet<u64> = all.iter().map(|effect| effect["task"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(ids, rig.journal().into_values().flatten().collect());
}
