//! NATS's text protocol (docs.nats.io, "Client Protocol"), as far as JetStream needs it: one blocking socket, exact timeouts.
//!
//! `INFO`, `CONNECT`, `PING`/`PONG`, `SUB`, `PUB`, `HPUB`, `MSG`, `HMSG`, `-ERR`. JetStream's own requests are messages with JSON
//! ("JetStream wire API Reference", `nats-architecture-and-design` ADR-1).

pub(crate) mod publish;
pub(crate) mod pull;

use crate::config::{Nats, Password};
use serde_json::{Value, json};
use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// A message that is longer is not read, and the connection ends. Servers allow 1 MiB, and 64 MiB at most.
const LONGEST: usize = 64 << 20;
/// A line of the protocol; `INFO` of a large cluster is the longest.
const LINE: usize = 256 << 10;

/// A message that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) subject: String,
    pub(crate) reply: String,
    /// Of a message that says what became of a request, and nothing else: 404, 408, 503.
    pub(crate) status: Option<u16>,
    pub(crate) body: Vec<u8>,
}

/// What a connection runs over.
pub(crate) trait Socket: Read + Write {
    /// The next read waits so long at most.
    fn wait_at_most(&self, wait: Duration) -> std::io::Result<()>;
}

impl Socket for TcpStream {
    fn wait_at_most(&self, wait: Duration) -> std::io::Result<()> {
        self.set_read_timeout(Some(wait))
    }
}

/// A connection.
pub(crate) struct Client<S = TcpStream> {
    stream: S,
    read: Vec<u8>,
    /// What of `read` was handed out.
    start: usize,
    inbox: String,
    asked: u64,
    timeout: Duration,
}

/// Subjects that a publisher or a subscriber may write: no spaces, no control characters, no empty part.
pub(crate) fn is_subject(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|part| !part.is_empty())
        && text.chars().all(|c| !c.is_whitespace() && !c.is_control())
}

impl Client {
    /// Connects and says who we are.
    pub(crate) fn connect(nats: &Nats, secret: &Password) -> Result<Self, String> {
        let mut client = Self::over(dial(nats)?, nats.timeout);
        let until = Instant::now() + nats.timeout;
        let info = client.line(until)?.ok_or("no greeting")?;
        let info: Value = info
            .strip_prefix("INFO ")
            .and_then(|text| serde_json::from_str(text).ok())
            .ok_or("whoever answers there is no NATS server")?;
        if info["tls_required"] == true {
            return Err("the server wants TLS, which this version does not speak".to_owned());
        }
        if info["headers"] != true {
            return Err("the server is too old for headers (2.2)".to_owned());
        }
        let mut hello = json!({
            "verbose": false, "pedantic": false, "headers": true, "no_responders": true, "protocol": 1,
            "lang": "rust", "name": "guiju", "version": env!("CARGO_PKG_VERSION"),
        });
        match (&nats.user, secret.0.as_str()) {
            (Some(user), password) => (hello["user"], hello["pass"]) = (json!(user), json!(password)),
            (None, "") => {}
            (None, token) => hello["auth_token"] = json!(token),
        }
        let text = format!("CONNECT {hello}\r\nSUB {}.* 1\r\nPING\r\n", client.inbox);
        client.write(text.as_bytes())?;
        loop {
            match client.line(until)?.ok_or("no answer")?.as_str() {
                "PONG" => return Ok(client),
                line if line.starts_with("-ERR") => return Err(line.to_owned()),
                _ => {}
            }
        }
    }
}

impl<S: Socket> Client<S> {
    pub(crate) fn over(stream: S, timeout: Duration) -> Self {
        Self { stream, read: Vec::new(), start: 0, inbox: inbox(), asked: 0, timeout }
    }

    /// A subject of our own for an answer.
    pub(crate) fn own(&mut self) -> String {
        self.asked += 1;
        format!("{}.{}", self.inbox, self.asked)
    }

    /// Sends a message whose answer goes to `reply`.
    pub(crate) fn publish(
        &mut self,
        subject: &str,
        reply: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<(), String> {
        let mut out = if headers.is_empty() {
            format!("PUB {subject} {reply} {}\r\n", body.len()).into_bytes()
        } else {
            let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let head = format!("NATS/1.0\r\n{lines}\r\n");
            format!("HPUB {subject} {reply} {} {}\r\n{head}", head.len(), head.len() + body.len()).into_bytes()
        };
        out.extend_from_slice(body);
        out.extend_from_slice(b"\r\n");
        self.write(&out)
    }

    /// Asks JetStream something, and waits for its answer.
    pub(crate) fn ask(&mut self, subject: &str, question: &Value) -> Result<Value, String> {
        let reply = self.own();
        let body = if question.is_null() { String::new() } else { question.to_string() };
        self.publish(subject, &reply, &[], body.as_bytes())?;
        let until = Instant::now() + self.timeout;
        while let Some(message) = self.next(until)? {
            if message.subject != reply {
                continue;
            }
            if message.status == Some(503) {
                return Err("JetStream is not enabled there".to_owned());
            }
            let answer: Value = serde_json::from_slice(&message.body).map_err(|e| e.to_string())?;
            return match &answer["error"] {
                Value::Null => Ok(answer),
                error => Err(error["description"].as_str().unwrap_or("an error without words").to_owned()),
            };
        }
        Err(format!("no answer within {:?}", self.timeout))
    }

    /// The next message; nothing if none comes until then. The error ends the connection.
    pub(crate) fn next(&mut self, until: Instant) -> Result<Option<Message>, String> {
        while let Some(line) = self.line(until)? {
            let mut words = line.split_ascii_whitespace();
            match words.next().unwrap_or_default() {
                "PING" => self.write(b"PONG\r\n")?,
                "-ERR" => return Err(line),
                verb @ ("MSG" | "HMSG") => {
                    let words: Vec<&str> = words.collect();
                    return self.message(verb == "HMSG", &words).map(Some);
                }
                // INFO again, PONG, +OK.
                _ => {}
            }
        }
        Ok(None)
    }

    fn message(&mut self, has_head: bool, words: &[&str]) -> Result<Message, String> {
        let odd = || "the server says something that is no message".to_owned();
        let sizes = if has_head { 2 } else { 1 };
        let names = words.len().checked_sub(sizes).filter(|names| (2..=3).contains(names)).ok_or_else(odd)?;
        let size = |at: usize| words[at].parse::<usize>().ok().filter(|size| *size <= LONGEST);
        let total = size(words.len() - 1).ok_or_else(odd)?;
        let head = if has_head { size(names).filter(|head| *head <= total).ok_or_else(odd)? } else { 0 };
        let until = Instant::now() + self.timeout;
        while self.read.len() - self.start < total + 2 {
            if !self.more(until)? {
                return Err("a message stops halfway".to_owned());
            }
        }
        let all = &self.read[self.start..self.start + total];
        let (head, body) = all.split_at(head);
        let status = std::str::from_utf8(head.split(|b| *b == b'\r').next().unwrap_or_default()).ok();
        let message = Message {
            subject: words[0].to_owned(),
            reply: if names == 3 { words[2].to_owned() } else { String::new() },
            status: status.and_then(|line| line.split(' ').nth(1)?.parse().ok()),
            body: body.to_vec(),
        };
        self.start += total + 2;
        Ok(message)
    }

    /// The next line, without its end.
    fn line(&mut self, until: Instant) -> Result<Option<String>, String> {
        loop {
            let rest = &self.read[self.start..];
            if let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
                let line = String::from_utf8_lossy(&rest[..end]).into_owned();
                self.start += end + 2;
                return Ok(Some(line));
            }
            if rest.len() > LINE {
                return Err("a line without an end".to_owned());
            }
            if !self.more(until)? {
                return Ok(None);
            }
        }
    }

    /// Reads something; `false` if nothing came until then.
    fn more(&mut self, until: Instant) -> Result<bool, String> {
        self.read.drain(..std::mem::take(&mut self.start));
        // The socket's own clock is coarse; what is there already is read in any case.
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.stream.wait_at_most(left).map_err(|e| e.to_string())?;
        let mut buffer = [0; 64 << 10];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err("the server has closed the connection".to_owned()),
            Ok(count) => {
                self.read.extend_from_slice(&buffer[..count]);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(false),
            Err(error) => Err(error.to_string()),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.stream.write_all(bytes).map_err(|e| e.to_string())
    }
}

fn dial(nats: &Nats) -> Result<TcpStream, String> {
    let mut last = format!("{} has no address", nats.host);
    for address in (nats.host.as_str(), nats.port).to_socket_addrs().map_err(|e| e.to_string())? {
        match TcpStream::connect_timeout(&address, nats.timeout) {
            Ok(stream) => {
                let set = stream.set_write_timeout(Some(nats.timeout)).and_then(|()| stream.set_nodelay(true));
                return set.map(|()| stream).map_err(|e| e.to_string());
            }
            Err(error) => last = format!("{address}: {error}"),
        }
    }
    Err(last)
}

/// A name that no other connection has.
fn inbox() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let seed = format!("{} {now} {}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    format!("_INBOX.{}", &blake3::hash(seed.as_bytes()).to_hex()[..32])
}
