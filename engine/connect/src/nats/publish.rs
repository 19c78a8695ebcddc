//! Effects as messages: each is published to the subject with its id as `Nats-Msg-Id`, so that JetStream leaves out what it has had
//! within its window for duplicates, and has arrived once the stream says that it has stored it.

use super::{Client, is_subject};
use crate::{
    config::{Nats, Password},
    send::Outcome,
};
use serde_json::Value;
use std::time::Instant;

/// A way to one subject.
pub(crate) struct Publisher {
    nats: Nats,
    secret: Password,
    client: Option<Client>,
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").field("nats", &self.nats).finish_non_exhaustive()
    }
}

impl Publisher {
    pub(crate) fn new(nats: Nats, secret: Password) -> Self {
        Self { nats, secret, client: None }
    }

    pub(crate) fn send(&mut self, id: &str, body: &str) -> Outcome {
        let Some(subject) = self.nats.subject.clone().filter(|subject| is_subject(subject)) else {
            return Outcome::NotNow("the sink names no subject: `topic \"…\"`".to_owned());
        };
        let mut client = match self.client.take().map_or_else(|| Client::connect(&self.nats, &self.secret), Ok) {
            Ok(client) => client,
            Err(reason) => return Outcome::NotNow(reason),
        };
        let reply = client.own();
        if let Err(reason) = client.publish(&subject, &reply, &[("Nats-Msg-Id", id)], body.as_bytes()) {
            return Outcome::Unknown(reason);
        }
        let until = Instant::now() + self.nats.timeout;
        loop {
            match client.next(until) {
                Ok(Some(message)) if message.subject == reply => {
                    self.client = Some(client);
                    return judged(message.status, &message.body);
                }
                Ok(Some(_)) => {}
                Ok(None) => return Outcome::Unknown(format!("no answer within {:?}", self.nats.timeout)),
                Err(reason) => return Outcome::Unknown(reason),
            }
        }
    }
}

/// What a stream's answer says.
fn judged(status: Option<u16>, body: &[u8]) -> Outcome {
    if status == Some(503) {
        return Outcome::NotNow("no stream takes this subject".to_owned());
    }
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &answer["error"];
    let reason = || error["description"].as_str().unwrap_or("an error without words").to_owned();
    match error["code"].as_u64() {
        None if answer["seq"].is_u64() => Outcome::Arrived,
        // Too long, or forbidden there: it would be once more.
        Some(400..=499) => Outcome::Refused(reason()),
        Some(503) => Outcome::NotNow(reason()),
        _ => Outcome::Unknown(reason()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_became_of_it() {
        assert_eq!(judged(None, br#"{"stream":"T","seq":1,"duplicate":true}"#), Outcome::Arrived);
        assert!(matches!(judged(Some(503), b""), Outcome::NotNow(_)));
        assert!(matches!(judged(None, br#"{"error":{"code":503,"description":"full"}}"#), Outcome::NotNow(_)));
        assert!(matches!(judged(None, br#"{"error":{"code":400,"description":"long"},"seq":0}"#), Outcome::Refused(_)));
        assert!(matches!(judged(None, b"what"), Outcome::Unknown(_)));
    }
}
