//! Connections to a NATS server with JetStream.
//!
//! ```yaml
//! bus: { kind: nats, url: "nats://nats.internal:4222", user: guiju, password: { env: NATS_PASSWORD }, timeout: 5s }
//! ```

use super::{Reader, Secret, database};
use crate::{problem, yaml::Yaml};
use std::{path::Path, time::Duration};

/// Its words.
pub(super) const KEYS: &[&str] =
    &["kind", "url", "user", "password", "token", "timeout", "rate", "null", "zone", "misfit"];

/// A NATS server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nats {
    /// A name or an address.
    pub host: String,
    /// Of TCP.
    pub port: u16,
    /// What the rulebook says after `topic`: the subject.
    pub subject: Option<String>,
    /// Who asks, if the server wants a name and a password.
    pub user: Option<String>,
    /// His password, or the token.
    pub secret: Secret,
    /// How long connecting, and then an answer, may take.
    pub timeout: Duration,
    /// At most so many messages in a second go out.
    pub rate: Option<u32>,
}

impl Nats {
    /// Without secrets, for people.
    pub fn shown(&self) -> String {
        let subject = self.subject.as_deref().map(|subject| format!("/{subject}")).unwrap_or_default();
        format!("nats://{}:{}{subject}", self.host, self.port)
    }

    fn of(url: &str) -> Option<Self> {
        let place = url.strip_prefix("nats://")?.trim_end_matches('/');
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0)?),
            None => (place, 4222),
        };
        let fits = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_[]:".contains(&b));
        fits.then(|| Self {
            host: host.to_owned(),
            port,
            subject: None,
            user: None,
            secret: Secret::Nothing,
            timeout: Duration::from_secs(5),
            rate: None,
        })
    }
}

impl Reader<'_> {
    pub(super) fn nats(&mut self, folder: &Path, name: &str, value: &Yaml) -> Option<Nats> {
        let before = self.findings.len();
        let here = |key| ["connections", name, key];
        // Looked at first: a password in the file must be said, whatever else is wrong.
        let user = value.get("user").and_then(Yaml::text).map(str::to_owned);
        let mut secret = Secret::Nothing;
        for key in ["password", "token"] {
            let Some(given) = value.get(key) else { continue };
            match database::secret(folder, given) {
                // A password needs somebody, a token is nobody's.
                Some(found) if (key == "password") == user.is_some() => secret = found,
                Some(_) => self.wrong(&here(key), key, "form.nats-secret"),
                None => self.wrong(&here(key), key, "form.secret"),
            }
        }
        let Some(url) = value.get("url") else {
            let span = self.document.place(&["connections", name]);
            self.findings.push(problem::key_absent_as(self.file, span, name, "url", "url: nats://broker:4222"));
            return None;
        };
        let Some(mut nats) = url.text().and_then(Nats::of) else {
            self.wrong(&here("url"), "url", "form.nats");
            return None;
        };
        (nats.user, nats.secret) = (user, secret);
        if let Some(given) = value.get("timeout") {
            match given.text().and_then(database::duration).filter(|time| !time.is_zero()) {
                Some(time) => nats.timeout = time,
                None => self.wrong(&here("timeout"), "timeout", "form.duration"),
            }
        }
        if let Some(given) = value.get("rate") {
            match given {
                Yaml::Integer(rate @ 1..=1_000_000) => nats.rate = u32::try_from(*rate).ok(),
                _ => self.wrong(&here("rate"), "rate", "form.percent"),
            }
        }
        (self.findings.len() == before).then_some(nats)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server() {
        let parse = |what: &str| {
            let text = format!("connections: {{ bus: {{ kind: nats, {what} }} }}");
            let (config, findings) =
                super::super::Config::parse(&text, Path::new("/p"), guiju_lang::finding::FileId(0));
            (
                config.connections.first().and_then(|c| c.nats.clone()),
                findings.iter().map(|f| f.code.0).collect::<Vec<_>>(),
            )
        };
        let (nats, codes) = parse("url: \"nats://bus:4333\", user: g, password: { env: P }, timeout: 2s, rate: 5");
        let nats = nats.unwrap();
        assert_eq!((nats.host.as_str(), nats.port, nats.rate, codes), ("bus", 4333, Some(5), vec![]));
        assert_eq!(nats.secret, Secret::Env("P".to_owned()));
        assert_eq!(parse("url: \"nats://bus\"").0.unwrap().port, 4222);
        for (odd, count) in [
            ("url: \"tls://bus\"", 1),
            ("url: \"nats://u:p@bus\"", 1),
            ("url: \"nats://bus\", password: { env: P }", 1),
            ("url: \"nats://bus\", token: secret", 1),
            ("url: \"http://bus\", token: secret", 2),
            ("user: g", 1),
        ] {
            let (nats, codes) = parse(odd);
            assert!(nats.is_none() && codes.len() == count, "{odd} {codes:?}");
        }
    }
}
