//! Proving that we know the password without saying it.

use super::super::Trouble;
use mysql_common::{
    auth::plugins::{AuthProc, ChallengeResponsePlugin, Context},
    packets::AuthPlugin,
};

/// A nonce; servers put a zero behind it.
const NONCE: usize = 20;

/// Whether we can log in so. Not in clear text: whoever asks for that would be told the password.
pub(super) fn can_prove(plugin: &AuthPlugin<'_>) -> bool {
    matches!(plugin, AuthPlugin::MysqlNativePassword | AuthPlugin::CachingSha2Password | AuthPlugin::Sha256Password)
}

/// A login under way.
pub(super) struct Proof {
    steps: AuthProc,
    password: Vec<u8>,
    nonce: Vec<u8>,
    local: bool,
}

/// What the steps may know.
struct Known<'a> {
    password: &'a [u8],
    nonce: &'a [u8],
    local: bool,
}

impl Context for Known<'_> {
    fn pass(&self) -> &[u8] {
        self.password
    }
    fn is_ipc_transport(&self) -> bool {
        self.local
    }
    fn is_tls_transport(&self) -> bool {
        false
    }
    fn scramble(&self) -> &[u8] {
        self.nonce
    }
    fn server_key_pem(&self) -> Option<&[u8]> {
        None
    }
}

impl Proof {
    pub(super) fn of(plugin: &AuthPlugin<'_>, password: &str, nonce: &[u8], local: bool) -> Result<Self, Trouble> {
        let unsupported = || {
            let name = String::from_utf8_lossy(plugin.as_bytes()).into_owned();
            Trouble::Login(format!("login by {name} is not supported"))
        };
        let steps = plugin.init().ok().filter(|_| can_prove(plugin)).ok_or_else(unsupported)?;
        let nonce = nonce.get(..NONCE).ok_or_else(|| Trouble::Broken("a nonce that is too short".to_owned()))?.to_vec();
        Ok(Self { steps, password: password.as_bytes().to_vec(), nonce, local })
    }

    /// The answer to the nonce.
    pub(super) fn first(&mut self) -> Result<Vec<u8>, Trouble> {
        let nonce = self.nonce.clone();
        Ok(self.next(&nonce)?.unwrap_or_default())
    }

    /// The answer to what the server asks then, if there is one.
    pub(super) fn next(&mut self, asked: &[u8]) -> Result<Option<Vec<u8>>, Trouble> {
        let known = Known { password: &self.password, nonce: &self.nonce, local: self.local };
        let response = self.steps.run(known, asked).map_err(|e| Trouble::Login(e.to_string()))?;
        Ok(response.data().map(<[u8]>::to_vec))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_the_password() {
        let nonce = [7; 21];
        for plugin in [AuthPlugin::MysqlClearPassword, AuthPlugin::MysqlOldPassword, AuthPlugin::Ed25519] {
            assert!(matches!(Proof::of(&plugin, "hunter2", &nonce, false), Err(Trouble::Login(_))));
        }
        let mut proof = Proof::of(&AuthPlugin::MysqlNativePassword, "hunter2", &nonce, false).unwrap();
        assert_eq!(proof.first().unwrap().len(), 20);
        let mut proof = Proof::of(&AuthPlugin::CachingSha2Password, "hunter2", &nonce, false).unwrap();
        assert_eq!(proof.first().unwrap().len(), 32);
        assert_eq!(proof.next(&[4]), Ok(Some(vec![2])), "over TCP it asks for the server's key");
    }
}
