//! Signed sets. What is signed is a set's hash, which is that of its meaning: whoever has signed it has signed what it does, and may lay it
//! out anew. A bundle is a set's texts and the signatures of its hash, in one file; it needs no secrecy.
//!
//! Signatures are ed25519 (RFC 8032) of the line `guiju set HASH`.

use ed25519_compact::{KeyPair, PublicKey, SecretKey, Seed, Signature as Raw};
use guiju_connect::config::Trust;
use guiju_core::id::EpochHash;
use guiju_lang::finding::{Arg, At, Finding, codes};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// The bundle whose signatures count for the rulebooks beside it, in the configuration's folder.
pub const BUNDLE: &str = "guiju.bundle";
/// Bundles are not as large as this.
const LARGEST: u64 = 64 << 20;

/// Somebody has signed a set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signature {
    /// The set's hash.
    pub set: String,
    /// The public key, in hexadecimal digits.
    pub key: String,
    /// The signature, in hexadecimal digits.
    pub signature: String,
}

/// A set, and who has signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// Its hash, as whoever made it computed it: it is computed again before it is believed.
    pub set: String,
    /// Name and text of its rulebooks and template files.
    pub files: Vec<(String, String)>,
    /// Who has signed it.
    pub signatures: Vec<Signature>,
}

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// It is not there, or is none.
    pub fn read(path: &Path) -> Result<Self, Finding> {
        let large = || io::Error::new(io::ErrorKind::FileTooLarge, "larger than 64 MiB");
        let read = || match fs::metadata(path)?.len() {
            0..=LARGEST => fs::read(path),
            _ => Err(large()),
        };
        let bytes = read().map_err(|error| unreadable(path, &error))?;
        serde_json::from_slice(&bytes).map_err(|error| unreadable(path, &error.into()))
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Finding> {
        let beside = path.with_extension(format!("{}.part", std::process::id()));
        let write = || {
            let text = serde_json::to_vec_pretty(self)?;
            let mut file = fs::File::create(&beside)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&beside, path)
        };
        write().map_err(|error| {
            let _ = fs::remove_file(&beside);
            unwritable(path, &error)
        })
    }

    /// Adds a signature of the set; a second one of the same key changes nothing.
    pub fn sign(&mut self, key: &Key) {
        let signature = key.sign(&self.set);
        self.signatures.retain(|other| other.key != signature.key);
        self.signatures.push(signature);
    }
}

/// A secret key.
pub struct Key(KeyPair);

impl Key {
    /// A new one, from the system's randomness, in a file that only its owner may read.
    ///
    /// # Errors
    /// The file exists already, or cannot be written.
    pub fn create(path: &Path) -> Result<Self, Finding> {
        let mut seed = [0; Seed::BYTES];
        getrandom::fill(&mut seed).map_err(|error| unwritable(path, &io::Error::other(error)))?;
        let write = || {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(path)?;
            file.write_all(format!("{}\n", hex(&seed)).as_bytes())?;
            file.sync_all()
        };
        write().map_err(|error| unwritable(path, &error))?;
        Ok(Self(KeyPair::from_seed(Seed::new(seed))))
    }

    /// Reads one from its file.
    ///
    /// # Errors
    /// It is no key, or others may read it.
    pub fn read(path: &Path) -> Result<Self, Finding> {
        let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        if is_open_to_others(path) {
            return Err(Finding::new(codes::cli::KEY_OPEN, At::Nowhere).name("path", path.display().to_string()));
        }
        let none = || unreadable(path, &io::Error::new(io::ErrorKind::InvalidData, "64 hexadecimal digits"));
        let seed = bytes::<{ Seed::BYTES }>(text.trim()).ok_or_else(none)?;
        KeyPair::try_from_seed(Seed::new(seed)).map(Self).map_err(|_| none())
    }

    /// What others know it by.
    pub fn public(&self) -> String {
        hex(&*self.0.pk)
    }

    fn sign(&self, set: &str) -> Signature {
        let secret: &SecretKey = &self.0.sk;
        let signature = secret.sign(message(set), None);
        Signature { set: set.to_owned(), key: self.public(), signature: hex(&*signature) }
    }
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

/// The signatures of this set by keys that are trusted; of each key the first.
pub fn good<'a>(trust: &Trust, set: EpochHash, all: impl IntoIterator<Item = &'a Signature>) -> Vec<&'a Signature> {
    let set = set.to_string();
    let mut seen = BTreeSet::new();
    let of = |signature: &Signature| {
        let key = bytes::<{ PublicKey::BYTES }>(&signature.key).filter(|key| trust.keys.contains(key))?;
        let raw = Raw::new(bytes::<{ Raw::BYTES }>(&signature.signature)?);
        (signature.set == set && PublicKey::new(key).verify(message(&set), &raw).is_ok()).then_some(key)
    };
    all.into_iter().filter(|signature| of(signature).is_some_and(|key| seen.insert(key))).collect()
}

fn message(set: &str) -> String {
    format!("guiju set {set}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut all = [0; N];
    if text.len() != N * 2 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in all.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(all)
}

fn unreadable(path: &Path, error: &io::Error) -> Finding {
    let finding = Finding::new(codes::cli::UNREADABLE, At::Nowhere).name("path", path.display().to_string());
    finding.arg("reason", Arg::Plain(error.to_string()))
}

fn unwritable(path: &Path, error: &io::Error) -> Finding {
    let finding = Finding::new(codes::cli::UNWRITABLE, At::Nowhere).name("path", path.display().to_string());
    finding.arg("reason", Arg::Plain(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: &str) -> Key {
        Key(KeyPair::from_seed(Seed::new(bytes(seed).unwrap())))
    }

    /// RFC 8032, 7.1, test 1.
    #[test]
    fn the_keys_are_those_of_the_standard() {
        let key = key("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        assert_eq!(key.public(), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let empty = hex(&*key.0.sk.sign("", None));
        assert!(empty.starts_with("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"));
    }

    #[test]
    fn only_trusted_keys_count_and_only_for_what_they_signed() {
        let keys = ["11", "22", "33"].map(|byte| key(&byte.repeat(32)));
        let trusted = keys[..2].iter().map(|key| bytes(&key.public()).unwrap()).collect();
        let trust = Trust { keys: trusted, signatures: 2 };
        let (set, other) = (EpochHash([7; 32]), EpochHash([8; 32]));
        let mut all: Vec<Signature> = keys.iter().map(|key| key.sign(&set.to_string())).collect();
        let of = |all: &[Signature], set| good(&trust, set, all).len();
        assert_eq!((of(&all, set), of(&all, other)), (2, 0));
        all.push(all[0].clone());
        assert_eq!(of(&all, set), 2, "of each key one");
        // Another set's signature, and one that somebody changed.
        all[0].set = other.to_string();
        all.pop();
        assert_eq!((of(&all, set), of(&all, other)), (1, 0));
        all[1].signature.replace_range(..2, "00");
        assert_eq!(of(&all, set), 0);
        all[1].signature.pop();
        assert_eq!(of(&all, set), 0);
    }

    #[test]
    fn a_key_is_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("me.key");
        let public = Key::create(&path).unwrap().public();
        assert_eq!(Key::read(&path).unwrap().public(), public);
        assert!(Key::create(&path).is_err(), "a key is never written over");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            assert_eq!(Key::read(&path).err().unwrap().code, codes::cli::KEY_OPEN);
        }
    }
}
