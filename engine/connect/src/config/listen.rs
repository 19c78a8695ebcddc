//! Connections that rows come in by: standard input, posts over HTTP, and datagrams of a feed.
//!
//! ```yaml
//! pipe: { kind: stdio, repeats: true }
//! line: { kind: http, listen: "0.0.0.0:8090", token: { env: LINE_TOKEN }, most: 8 }
//! feed: { kind: udp, listen: "239.1.1.7:5000", interface: "10.0.0.5" }
//! ```

use super::{Kind, Reader, Secret, database};
use crate::{problem, yaml::Yaml};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

/// Words of standard input and output.
pub(super) const STANDARD: &[&str] = &["kind", "repeats", "zone", "misfit", "null"];
/// Words of an address that takes posts.
pub(super) const HTTP: &[&str] = &["kind", "listen", "token", "most", "zone", "misfit", "null"];
/// Words of an address that takes datagrams.
pub(super) const UDP: &[&str] = &["kind", "listen", "interface", "zone"];

/// An address that takes posts, or datagrams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Address and port, as they are written.
    pub at: String,
    /// Where the token is found that a sender has to have.
    pub token: Secret,
    /// The largest post, in bytes.
    pub most: u64,
    /// Of datagrams to a group: the address of the interface that they come in by; the system's choice without it.
    pub interface: Option<Ipv4Addr>,
}

/// Without a word about it, a post has no more MiB.
const MOST: i64 = 8;

impl Reader<'_> {
    pub(super) fn listen(&mut self, folder: &Path, name: &str, kind: Kind, value: &Yaml) -> Option<Listen> {
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
            None if kind == Kind::Http && !address.ip().is_loopback() => {
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
        let interface = value.get("interface").map(|given| given.text().and_then(|text| text.trim().parse().ok()));
        let group = address.ip().is_multicast() && address.is_ipv4();
        if interface == Some(None) || (interface.is_some() && !group) {
            self.wrong(&here("interface"), "interface", "form.interface");
        }
        let interface = interface.flatten();
        let most = u64::try_from(most).unwrap_or(1) << 20;
        (self.findings.len() == before).then(|| Listen { at: address.to_string(), token, most, interface })
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

    #[test]
    fn datagrams_come_to_an_address_or_to_a_group() {
        let parse = |what: &str| {
            let text = format!("connections: {{ line: {{ kind: udp, {what} }} }}");
            let (config, findings) = Config::parse(&text, Path::new("/p"), guiju_lang::finding::FileId(0));
            let interface = config.connections.first().and_then(|line| line.listen.as_ref()?.interface);
            (interface.map(|at| at.to_string()), findings.iter().map(|f| f.code.0).collect::<Vec<_>>())
        };
        assert_eq!(parse("listen: \"0.0.0.0:5000\""), (None, vec![]));
        assert_eq!(parse("listen: \"239.1.1.7:5000\", interface: \"10.0.0.5\""), (Some("10.0.0.5".to_owned()), vec![]));
        assert_eq!(parse("listen: \"239.1.1.7:5000\", interface: eth0"), (None, vec![5005]));
        assert_eq!(parse("listen: \"10.0.0.5:5000\", interface: \"10.0.0.5\""), (None, vec![5005]));
        assert_eq!(parse("listen: \"0.0.0.0:5000\", token: { env: T }"), (None, vec![5002]));
        assert_eq!(parse("interface: \"10.0.0.5\""), (None, vec![5004]));
    }
}
