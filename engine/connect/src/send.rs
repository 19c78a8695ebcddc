//! Effects as messages, one at a time, each a JSON document with its effect's id: to a web service as idempotency key, to JetStream as
//! the message's.
//!
//! To a web service: HTTP/1.1 (RFC 9112), one connection for each message, so that a broken one never stands for several; the idempotency key is the
//! header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

use crate::{
    config::{Connection, Password, Secret, Web},
    nats::publish::Publisher,
    problem,
};
use guiju_lang::finding::Finding;
use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::{Duration, Instant},
};

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived.
    Arrived,
    /// It was refused, and would be again: why.
    Refused(String),
    /// It was certainly not taken, and may be later: why.
    NotNow(String),
    /// Nobody knows: why.
    Unknown(String),
}

/// A way to send messages.
#[derive(Debug)]
pub struct Sender {
    to: To,
    /// At most so many in a second.
    rate: Option<u32>,
    /// When the next may go.
    next: Instant,
}

#[derive(Debug)]
enum To {
    Web(Web, Password),
    Nats(Box<Publisher>),
}

/// Answers are not longer than this, as far as they are read.
const LONGEST: usize = 64 << 10;

impl Sender {
    /// Of a connection that takes messages.
    ///
    /// # Errors
    /// It takes none; its token cannot be found.
    pub fn open(connection: &Connection) -> Result<Self, Finding> {
        let absent = |place: &Secret, reason: String| problem::secret_absent(&connection.name, &place.place(), &reason);
        let (to, rate) = match (&connection.web, &connection.nats) {
            (Some(web), _) => {
                let token = web.token.find().map_err(|reason| absent(&web.token, reason))?;
                if !token.0.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
                    return Err(absent(&web.token, "it has characters that no header can have".to_owned()));
                }
                (To::Web(web.clone(), token), web.rate)
            }
            (None, Some(nats)) => {
                let secret = nats.secret.find().map_err(|reason| absent(&nats.secret, reason))?;
                (To::Nats(Box::new(Publisher::new(nats.clone(), secret))), nats.rate)
            }
            (None, None) => return Err(problem::cannot_write_here(&connection.name, connection.kind.word())),
        };
        Ok(Self { to, rate, next: Instant::now() })
    }

    /// Sends a message, and waits for its answer; not sooner after the one before than the rate allows.
    pub fn send(&mut self, id: &str, body: &str) -> Outcome {
        let now = Instant::now();
        if let Some(rate) = self.rate {
            std::thread::sleep(self.next.saturating_duration_since(now));
            self.next = self.next.max(now) + Duration::from_secs(1) / rate;
        }
        match &mut self.to {
            To::Web(web, token) => post(web, token, id, body),
            To::Nats(publisher) => publisher.send(id, body),
        }
    }
}

fn post(web: &Web, token: &Password, id: &str, body: &str) -> Outcome {
    let mut stream = match connect(web) {
        Ok(stream) => stream,
        Err(reason) => return Outcome::NotNow(reason),
    };
    let Web { host, port, target, .. } = web;
    let mut head = format!("POST {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n");
    head += "Content-Type: application/json\r\n";
    head += &format!("Idempotency-Key: \"{id}\"\r\nContent-Length: {}\r\n", body.len());
    if !token.0.is_empty() {
        head += &format!("Authorization: Bearer {}\r\n", token.0);
    }
    head += "\r\n";
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    // A service that refuses early may close before it has read everything: its answer counts.
    match (status(&mut stream, web.timeout), sent) {
        (Ok(status), _) => judged(status),
        (Err(_), Err(error)) => Outcome::Unknown(error.to_string()),
        (Err(reason), Ok(())) => Outcome::Unknown(reason),
    }
}

/// What a status says (RFC 9110, section 15).
fn judged(status: u16) -> Outcome {
    let reason = format!("HTTP {status}");
    match status {
        200..=299 => Outcome::Arrived,
        408 | 425 | 429 | 503 => Outcome::NotNow(reason),
        300..=499 => Outcome::Refused(reason),
        _ => Outcome::Unknown(reason),
    }
}

fn connect(web: &Web) -> Result<TcpStream, String> {
    let addresses = (web.host.as_str(), web.port).to_socket_addrs().map_err(|e| e.to_string())?;
    let mut last = format!("{} has no address", web.host);
    for address in addresses {
        match TcpStream::connect_timeout(&address, web.timeout) {
            Ok(stream) => {
                let set = stream.set_write_timeout(Some(web.timeout)).and_then(|()| stream.set_nodelay(true));
                return set.map(|()| stream).map_err(|e| e.to_string());
            }
            Err(error) => last = format!("{address}: {error}"),
        }
    }
    Err(last)
}

/// The answer's status, within the time; interim answers are passed over.
fn status(stream: &mut TcpStream, timeout: Duration) -> Result<u16, String> {
    let until = Instant::now() + timeout;
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        while let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            match code(&read[..end]) {
                Some(100..=199) => drop(read.drain(..end + 4)),
                Some(status) => return Ok(status),
                None => return Err("the answer is not HTTP".to_owned()),
            }
        }
        if read.len() > LONGEST {
            return Err("the answer has no end".to_owned());
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(format!("no answer within {timeout:?}"));
        }
        stream.set_read_timeout(Some(left)).map_err(|e| e.to_string())?;
        match stream.read(&mut buffer) {
            Ok(0) => return Err("closed without an answer".to_owned()),
            Ok(count) => read.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Err(format!("no answer within {timeout:?}"));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// `HTTP/1.1 204 No Content`
fn code(head: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(head.split(|b| *b == b'\r').next()?).ok()?;
    let mut words = line.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next().filter(|code| code.len() == 3)?.parse().ok().filter(|code| (100..600).contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_became_of_it() {
        assert_eq!(code(b"HTTP/1.1 204 No Content\r\nA: b"), Some(204));
        assert_eq!(code(b"HTTP/1.0 200"), Some(200));
        for odd in [&b"HTTP/2 200"[..], b"HTTP/1.1 2000 x", b"HTTP/1.1 099 x", b"SSH-2.0-x", b""] {
            assert_eq!(code(odd), None);
        }
        assert_eq!(judged(201), Outcome::Arrived);
        assert!(matches!(judged(404), Outcome::Refused(_)));
        assert!(matches!(judged(429), Outcome::NotNow(_)));
        assert!(matches!(judged(500), Outcome::Unknown(_)));
    }
}
