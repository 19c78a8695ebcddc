//! Connections that rows come in by: standard input, and posts over HTTP.
//!
//! ```yaml
//! pipe: { kind: stdio, repeats: true }
//! line: { kind: http, listen: "0.0.0.0:8090", token: { env: LINE_TOKEN }, most: 8 }
//! ```

use super::{Reader, Secret, database};
use crate::{problem, yaml::Yaml};
use std::{net::SocketAddr, path::Path};

/// Words of standard input and output.
pub(super) const STANDARD: &[&str] = &["kind", "repeats", "zone", "misfit", "null"];
/// Words of an address that takes posts.
pub(super) const HTTP: &[&str] = &["kind", "listen", "token", "most", "zone", "misfit", "null"];

/// An address that takes posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Address and port, as they are written.
    pub at: String,
    /// Where the token is found that a sender has to have.
    pub token: Secret,
    /// The largest post, in bytes.
    pub most: u64,
}

/// Without a word about it, a post has no more MiB.
const MOST: i64 = 8;

impl Reader<'_> {
    pub(super) fn listen(&mut self, folder: &Path, name: &str, value: &Yaml) -> Option<Listen> {
        let before = self.findings.len();
        let here = |key| ["connections", name, key];
        let absent = |key| problem::key_absent(self.file, self.document.place(&["connections", name]), name, key);
        let Some(at) = value.get("listen") else {
            let finding = absent("listen");
            self.findings.push(finding);
            return None;
        };
        let Some(address) = at.text().and_then(|text| text.trim().parse::<SocketAddr>().ok()) else {
            self.wrong(&here("listen"), "listen", "form.listen");
            return None;
        };
        let mut token = Secret::Nothing;
        match value.get("token") {
            Some(given) => match database::secret(folder, given) {
                Some(secret) => token = secret,
                None => self.wrong(&here("token"), "token", "form.secret"),
            },
            // Whoever reaches the machine could post.
            None if !address.ip().is_loopback() => {
                let finding = absent("token");
                self.findings.push(finding);
            }
            None => {}
        }
        let most = match value.get("most") {
            None => MOST,
            Some(Yaml::Integer(most @ 1..=64)) => *most,
            Some(_) => {
                self.wrong(&here("most"), "most", "form.mebibytes");
                MOST
            }
        };
        let most = u64::try_from(most).unwrap_or(1) << 20;
        (self.findings.len() == before).then(|| Listen { at: address.to_string(), token, most })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use std::path::Path;

    #[test]
    fn whoever_listens_to_others_asks_who_they_are() {
        let parse = |what: &str| {
            let text = format!("connections: {{ line: {{ kind: http, {what} }} }}");
            let (config, findings) = Config::parse(&text, Path::new("/p"), guiju_lang::finding::FileId(0));
            (config.connections.len(), findings.iter().map(|f| f.code.0).collect::<Vec<_>>())
        };
        assert_eq!(parse("listen: \"127.0.0.1:8090\""), (1, vec![]));
        assert_eq!(parse("listen: \"0.0.0.0:8090\", token: { env: T }, most: 64"), (1, vec![]));
        assert_eq!(parse("listen: \"0.0.0.0:8090\""), (0, vec![5004]));
        assert_eq!(parse("listen: \"127.0.0.1:8090\", token: secret"), (0, vec![5005]));
        assert_eq!(parse("listen: 8090, most: 65"), (0, vec![5005]));
        assert_eq!(parse("token: { env: T }"), (0, vec![5004]));
    }
}
