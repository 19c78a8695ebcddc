//! Connections to web services: where effects are posted, one by one.
//!
//! ```yaml
//! desk: { kind: webhook, url: "http://tasks.internal:8080/guiju", token: { env: TASKS_TOKEN }, timeout: 5s, rate: 100 }
//! ```

use super::{Reader, Secret, database};
use crate::{problem, yaml::Yaml};
use std::{path::Path, time::Duration};

/// Words of a web service.
pub(super) const KEYS: &[&str] = &["kind", "url", "token", "timeout", "rate", "zone"];

/// A web service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// A name or an address.
    pub host: String,
    /// Of TCP.
    pub port: u16,
    /// What is asked for, from the first slash on.
    pub target: String,
    /// Where the token that says who we are is found.
    pub token: Secret,
    /// How long connecting, and then an answer, may take.
    pub timeout: Duration,
    /// At most so many messages in a second.
    pub rate: Option<u32>,
}

impl Web {
    /// Without secrets, for people.
    pub fn shown(&self) -> String {
        format!("http://{}:{}{}", self.host, self.port, self.target)
    }

    fn of(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("http://")?;
        let clean = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}@#".contains(&b));
        let (place, target) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0)?),
            None => (place, 80),
        };
        let fits = !host.is_empty() && clean(rest);
        let (timeout, token) = (Duration::from_secs(5), Secret::Nothing);
        fits.then(|| Self { host: host.to_owned(), port, target: target.to_owned(), token, timeout, rate: None })
    }
}

impl Reader<'_> {
    pub(super) fn web(&mut self, folder: &Path, name: &str, value: &Yaml) -> Option<Web> {
        let before = self.findings.len();
        let here = |key| ["connections", name, key];
        // Looked at first: a password in the file must be said, whatever else is wrong.
        let mut token = Secret::Nothing;
        if let Some(given) = value.get("token") {
            match database::secret(folder, given) {
                Some(secret) => token = secret,
                None => self.wrong(&here("token"), "token", "form.secret"),
            }
        }
        let Some(url) = value.get("url") else {
            let span = self.document.place(&["connections", name]);
            self.findings.push(problem::key_absent(self.file, span, name, "url"));
            return None;
        };
        let Some(mut web) = url.text().and_then(Web::of) else {
            self.wrong(&here("url"), "url", "form.url");
            return None;
        };
        web.token = token;
        if let Some(given) = value.get("timeout") {
            match given.text().and_then(database::duration).filter(|time| !time.is_zero()) {
                Some(time) => web.timeout = time,
                None => self.wrong(&here("timeout"), "timeout", "form.duration"),
            }
        }
        if let Some(given) = value.get("rate") {
            match given {
                Yaml::Integer(rate @ 1..=1_000_000) => web.rate = u32::try_from(*rate).ok(),
                _ => self.wrong(&here("rate"), "rate", "form.percent"),
            }
        }
        (self.findings.len() == before).then_some(web)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use std::path::Path;

    #[test]
    fn a_token_in_the_file_is_said_whatever_else_is_wrong() {
        let text = "connections: { sms: { kind: webhook, url: \"https://gateway/send\", token: hunter2 } }";
        let (config, findings) = Config::parse(text, Path::new("/p"), guiju_lang::finding::FileId(0));
        assert_eq!((config.connections.len(), findings.len()), (0, 2), "{findings:?}");
    }
}
