//! The canonical encoding that is hashed: a domain, a version, then length-prefixed fields, so that no two lists of fields
//! share an encoding.

/// 128 bits that stand for a text where only equality counts.
pub fn digest(text: &str) -> i128 {
    let mut first = [0; 16];
    first.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    i128::from_le_bytes(first)
}

/// Builds the bytes of one identity.
#[derive(Debug, Clone)]
pub(super) struct Encoder {
    bytes: Vec<u8>,
}

impl Encoder {
    /// `domain` keeps cells and effects of equal fields apart; `version` names the encoding.
    pub(super) fn new(domain: &str, version: u8) -> Self {
        let mut encoder = Self { bytes: Vec::with_capacity(128) };
        encoder.text(domain);
        encoder.bytes.push(version);
        encoder
    }

    pub(super) fn text(&mut self, text: &str) {
        // A field longer than 4 GiB cannot come from a rulebook; u64 makes the question go away.
        self.bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(super) fn optional(&mut self, text: Option<&str>) {
        match text {
            None => self.bytes.push(0),
            Some(text) => {
                self.bytes.push(1);
                self.text(text);
            }
        }
    }

    pub(super) fn number(&mut self, number: u32) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    /// The first 128 bits of BLAKE3: birthday collisions start at about 2^64 identities.
    pub(super) fn hash16(&self) -> [u8; 16] {
        let mut out = [0; 16];
        out.copy_from_slice(&blake3::hash(&self.bytes).as_bytes()[..16]);
        out
    }
}
