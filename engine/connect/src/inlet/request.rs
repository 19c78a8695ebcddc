//! Requests over HTTP/1.1 (RFC 9112), as far as a post of rows needs them; everything is bounded in size and time.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// The longest head.
const HEAD: usize = 16 << 10;
/// The longest name of a partition.
const NAME: usize = 128;

/// The head of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(super) method: String,
    /// From the first slash up to a question mark.
    pub(super) path: String,
    /// Of the body; nothing if nobody says.
    pub(super) length: Option<u64>,
    /// `Authorization`, as it is.
    pub(super) authorization: String,
    /// `Guiju-Partition`.
    pub(super) partition: Option<String>,
    /// `Guiju-Offset`.
    pub(super) offset: Option<u64>,
    /// The client waits for leave to send the body.
    pub(super) expects: bool,
    /// The connection ends with the answer.
    pub(super) close: bool,
}

/// Why there is no request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The client has gone, or keeps silent between two requests.
    Gone,
    /// It says something that is none: the status to answer.
    Bad(u16),
}

/// Reads from a client, and remembers what came too early.
pub(super) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub(super) fn of(stream: TcpStream) -> Self {
        Self { stream, read: Vec::new() }
    }

    /// The next request's head: its first byte within `idle`, the rest within `patience`.
    pub(super) fn head(&mut self, idle: Duration, patience: Duration) -> Result<Head, Trouble> {
        let mut until = Instant::now() + if self.read.is_empty() { idle } else { patience };
        loop {
            let end = self.read.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end.filter(|end| *end <= HEAD) {
                let head: Vec<u8> = self.read.drain(..end + 4).collect();
                return parse(&head[..end]).ok_or(Trouble::Bad(400));
            }
            if end.is_some() || self.read.len() > HEAD + 4 {
                return Err(Trouble::Bad(431));
            }
            let first = self.read.is_empty();
            match self.more(until) {
                Ok(true) => {}
                Ok(false) | Err(_) if first => return Err(Trouble::Gone),
                Ok(false) => return Err(Trouble::Gone),
                Err(_) => return Err(Trouble::Bad(408)),
            }
            if first {
                until = Instant::now() + patience;
            }
        }
    }

    /// A body of that length; a client that hangs up halfway has sent none.
    pub(super) fn body(&mut self, length: usize, patience: Duration) -> Result<Vec<u8>, Trouble> {
        let until = Instant::now() + patience;
        while self.read.len() < length {
            match self.more(until) {
                Ok(true) => {}
                Ok(false) => return Err(Trouble::Gone),
                Err(_) => return Err(Trouble::Bad(408)),
            }
        }
        let rest = self.read.split_off(length);
        Ok(std::mem::replace(&mut self.read, rest))
    }

    /// Reads something; `false` at the end.
    fn more(&mut self, until: Instant) -> std::io::Result<bool> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        let mut buffer = [0; 16 << 10];
        match self.stream.read(&mut buffer) {
            Ok(0) => Ok(false),
            Ok(count) => {
                self.read.extend_from_slice(&buffer[..count]);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Lets the client send its body.
    pub(super) fn go_on(&mut self) {
        // Whoever does not hear it sends nothing, and that is noticed.
        let _ = self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
    }

    /// Answers with a JSON document.
    pub(super) fn answer(&mut self, status: u16, body: &str, close: bool) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {status} {}\r\nContent-Type: application/json\r\n", reason(status));
        head += &format!("Content-Length: {}\r\n", body.len());
        if matches!(status, 429 | 503) {
            head += "Retry-After: 1\r\n";
        }
        if status == 405 {
            head += "Allow: POST\r\n";
        }
        if status == 401 {
            head += "WWW-Authenticate: Bearer\r\n";
        }
        head += if close { "Connection: close\r\n\r\n" } else { "\r\n" };
        self.stream.write_all(format!("{head}{body}").as_bytes())?;
        if close {
            self.linger();
        }
        Ok(())
    }

    /// Closing while the client still sends would take the answer from it (RFC 9112, section 9.6).
    fn linger(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
        let until = Instant::now() + Duration::from_millis(500);
        let mut dropped = 0;
        while dropped < 1 << 20 && self.more(until).is_ok_and(|more| more) {
            dropped += self.read.len();
            self.read.clear();
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        411 => "Length Required",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Answer",
    }
}

/// A head without its last empty line. Whatever two readers could read in two ways is none: a length given twice, folded lines.
pub(crate) fn parse(head: &[u8]) -> Option<Head> {
    let text = std::str::from_utf8(head).ok()?;
    let mut lines = text.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let token =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.!~".contains(&b));
    if words.next().is_some() || !token(method) || !target.starts_with('/') {
        return None;
    }
    let mut found = Head {
        method: method.to_owned(),
        path: target.split('?').next()?.to_owned(),
        close: match version {
            "HTTP/1.1" => false,
            "HTTP/1.0" => true,
            _ => return None,
        },
        ..Head::default()
    };
    for line in lines {
        let (name, value) = line.split_once(':')?;
        if !token(name) {
            return None;
        }
        let value = value.trim_matches([' ', '\t']);
        match name.to_ascii_lowercase().as_str() {
            "content-length" => {
                let digits = value.bytes().all(|b| b.is_ascii_digit());
                let length = value.parse().ok().filter(|_| digits)?;
                if found.length.replace(length).is_some_and(|before| before != length) {
                    return None;
                }
            }
            // Chunked bodies are not read: who sends one is told that a length is needed.
            "transfer-encoding" => found.close = true,
            "authorization" => found.authorization = value.to_owned(),
            "connection" => found.close |= value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close")),
            "expect" => found.expects = value.eq_ignore_ascii_case("100-continue"),
            "guiju-partition" => {
                let fits = !value.is_empty() && value.len() <= NAME && value.bytes().all(|b| b.is_ascii_graphic());
                found.partition = Some(value.to_owned()).filter(|_| fits);
                found.partition.as_ref()?;
            }
            "guiju-offset" => found.offset = Some(value.parse().ok().filter(|offset| *offset > 0)?),
            _ => {}
        }
        if name.eq_ignore_ascii_case("transfer-encoding") && found.length.is_some() {
            return None;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post() {
        let head = parse(
            b"POST /trades?x=1 HTTP/1.1\r\nHost: a\r\ncontent-length: 12\r\nGuiju-Partition: eu-1\r\nGuiju-Offset: 7\r\n\
              Authorization: Bearer x\r\nExpect: 100-continue",
        )
        .unwrap();
        assert_eq!((head.method.as_str(), head.path.as_str(), head.length), ("POST", "/trades", Some(12)));
        assert_eq!((head.partition.as_deref(), head.offset), (Some("eu-1"), Some(7)));
        assert!(head.expects && !head.close && head.authorization == "Bearer x");
        assert!(parse(b"POST / HTTP/1.0").unwrap().close);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_no_request() {
        for odd in [
            &b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2"[..],
            b"POST / HTTP/1.1\r\nContent-Length: +1",
            b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
            b"POST / HTTP/1.1\r\n folded: x",
            b"POST / HTTP/1.1\r\nName : x",
            b"POST  / HTTP/1.1",
            b"POST http://x/ HTTP/1.1",
            b"POST / HTTP/2",
            b"POST / HTTP/1.1\r\nGuiju-Offset: 0",
            b"POST / HTTP/1.1\r\nGuiju-Partition: ",
            b"\xff",
            b"",
        ] {
            assert_eq!(parse(odd), None, "{}", String::from_utf8_lossy(odd));
        }
    }
}
