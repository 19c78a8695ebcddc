//! A JetStream stream as a stream of rows: messages behind an offset, which is their sequence in the stream, asked for in batches.
//!
//! The server keeps nothing for us. How far a stream was taken stands in the transaction that took it; a consumer begins behind that,
//! is asked for no more than there is room for, and is made anew whenever anything is odd: a broken connection, a number left out.

use super::Client;
use crate::config::{Nats, Password};
use serde_json::json;
use std::time::{Duration, Instant};

/// A stream, and where it begins anew: a stream that was made again has other messages under the same numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) name: String,
    /// `NAME@WHEN-MADE`.
    pub(crate) partition: String,
}

/// Messages of a subject from one on.
pub(crate) struct Pull {
    client: Client,
    stream: String,
    consumer: String,
    /// Where the answers to the open request go, and how many may still come.
    open: Option<(String, usize)>,
    /// The consumer's own number of the message that comes next.
    number: u64,
    heard: Instant,
}

/// A message of the stream.
pub(crate) struct Pulled {
    pub(crate) sequence: u64,
    pub(crate) body: Vec<u8>,
}

/// How long a request for messages stays open.
const OPEN: Duration = Duration::from_secs(5);
/// Without a word for so long, there is nobody.
const SILENT: Duration = Duration::from_secs(15);
/// A consumer that nobody asks goes by itself.
const INACTIVE: Duration = Duration::from_secs(120);

impl Pull {
    /// The one stream that holds a subject.
    pub(crate) fn stream(client: &mut Client, subject: &str) -> Result<Stream, String> {
        let names = client.ask("$JS.API.STREAM.NAMES", &json!({ "subject": subject }))?;
        let names: Vec<&str> = names["streams"].as_array().into_iter().flatten().filter_map(|n| n.as_str()).collect();
        let [name] = names[..] else {
            return Err(match names.len() {
                0 => format!("no stream holds the subject {subject}"),
                _ => format!("several streams hold the subject {subject}: {}", names.join(", ")),
            });
        };
        let info = client.ask(&format!("$JS.API.STREAM.INFO.{name}"), &serde_json::Value::Null)?;
        let made = info["created"].as_str().unwrap_or_default();
        Ok(Stream { name: name.to_owned(), partition: format!("{name}@{made}") })
    }

    /// Messages behind `after`.
    pub(crate) fn open(
        nats: &Nats,
        secret: &Password,
        subject: &str,
        after: impl FnOnce(&str) -> u64,
    ) -> Result<(Self, Stream), String> {
        let mut client = Client::connect(nats, secret)?;
        let stream = Self::stream(&mut client, subject)?;
        let config = json!({
            "deliver_policy": "by_start_sequence", "opt_start_seq": after(&stream.partition) + 1, "ack_policy": "none",
            "filter_subject": subject, "replay_policy": "instant", "mem_storage": true,
            "inactive_threshold": u64::try_from(INACTIVE.as_nanos()).unwrap_or(u64::MAX),
        });
        let question = json!({ "stream_name": stream.name, "config": config });
        let made = client.ask(&format!("$JS.API.CONSUMER.CREATE.{}", stream.name), &question)?;
        let consumer = made["name"].as_str().ok_or("a consumer without a name")?.to_owned();
        let (name, heard) = (stream.name.clone(), Instant::now());
        Ok((Self { client, stream: name, consumer, open: None, number: 1, heard }, stream))
    }

    /// The next message, within `wait`; `room` says how many may come.
    pub(crate) fn next(&mut self, room: usize, wait: Duration) -> Result<Option<Pulled>, String> {
        if self.open.is_none() {
            let reply = self.client.own();
            let expires = u64::try_from(OPEN.as_nanos()).unwrap_or(u64::MAX);
            let question = json!({ "batch": room, "expires": expires }).to_string();
            let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", self.stream, self.consumer);
            self.client.publish(&subject, &reply, &[], question.as_bytes())?;
            self.open = Some((reply, room));
        }
        let Some(message) = self.client.next(Instant::now() + wait)? else {
            return if self.heard.elapsed() > SILENT { Err("the server is silent".to_owned()) } else { Ok(None) };
        };
        self.heard = Instant::now();
        if let Some(status) = message.status {
            match (status, &self.open) {
                // Nothing more came in time.
                (404 | 408, Some((reply, _))) if message.subject == *reply => self.open = None,
                (404 | 408, _) => {}
                (503, _) => return Err("the consumer has gone".to_owned()),
                (other, _) => return Err(format!("the consumer says {other}")),
            }
            return Ok(None);
        }
        let (sequence, number) = numbers(&message.reply).ok_or("a message without numbers")?;
        if number != self.number {
            return Err(format!("message {} was left out", self.number));
        }
        self.number += 1;
        if let Some((_, left)) = &mut self.open {
            *left -= 1;
            if *left == 0 {
                self.open = None;
            }
        }
        Ok(Some(Pulled { sequence, body: message.body }))
    }
}

/// The stream's number of a message, and the consumer's: `$JS.ACK.STREAM.CONSUMER.DELIVERED.SEQUENCE.NUMBER.TIME.PENDING`, with a domain
/// and an account before the stream, and a random word at the end, where servers say so (ADR-15).
fn numbers(reply: &str) -> Option<(u64, u64)> {
    let parts: Vec<&str> = reply.strip_prefix("$JS.ACK.")?.split('.').collect();
    let at = match parts.len() {
        7 => 3,
        8.. => 5,
        _ => return None,
    };
    Some((parts.get(at)?.parse().ok()?, parts.get(at + 1)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn numbers_of_a_message() {
        assert_eq!(numbers("$JS.ACK.T.hrFBOPWZ.1.17.3.1795440249918859326.0"), Some((17, 3)));
        assert_eq!(numbers("$JS.ACK.hub.acc.T.c.1.17.3.1795440249918859326.0.x"), Some((17, 3)));
        assert_eq!(numbers("$JS.ACK.T.c.1"), None);
        assert_eq!(numbers("other"), None);
    }
}
