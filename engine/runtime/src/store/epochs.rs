//! The texts of rulebook sets, kept by their hash: what `why` and a rollback need years later.

use super::{
    Store, View,
    error::StoreError,
    record::EpochBundle,
    sql::{Scope, values},
};
use guiju_core::id::EpochHash;

const VERSION: u8 = 1;
/// The first texts of a hash stay.
pub(super) const KEEP: &str =
    "INSERT INTO epochs (hash, created, author, bundle) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (hash) DO NOTHING";

impl EpochBundle {
    pub(super) fn encode(&self) -> std::io::Result<Vec<u8>> {
        let json = serde_json::to_vec(&self.files)?;
        let mut out = vec![VERSION];
        out.append(&mut zstd::stream::encode_all(json.as_slice(), 9)?);
        Ok(out)
    }

    fn decode(bytes: &[u8], author: Option<String>) -> Option<Self> {
        let (&VERSION, compressed) = bytes.split_first()? else { return None };
        let json = zstd::stream::decode_all(compressed).ok()?;
        Some(Self { files: serde_json::from_slice(&json).ok()?, author })
    }
}

impl Store {
    /// Keeps the texts of a rulebook set that is put in force without a run. The first texts of a hash stay.
    pub fn keep_epoch(&mut self, epoch: EpochHash, bundle: &EpochBundle, created: i64) -> Result<(), StoreError> {
        let bytes = bundle.encode().map_err(|e| StoreError::io(&self.home, &e))?;
        let done = self.db.write(Scope::Line, |tx| {
            tx.execute(KEEP, values![&epoch.0, created, &bundle.author, &bytes])?;
            Ok(())
        });
        done.map_err(|e| self.failed(e))
    }
}

impl View {
    /// The texts of a rulebook set, if it ever ran here.
    pub fn epoch(&self, epoch: EpochHash) -> Result<Option<EpochBundle>, StoreError> {
        let query = "SELECT bundle, author FROM epochs WHERE hash = ?1";
        let row: Option<(Vec<u8>, Option<String>)> = self
            .db
            .first(query, values![&epoch.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(|e| self.failed(e))?;
        let Some((bytes, author)) = row else { return Ok(None) };
        match EpochBundle::decode(&bytes, author) {
            Some(bundle) => Ok(Some(bundle)),
            None => Err(StoreError::Corrupt {
                path: self.home.shown(),
                why: format!("the texts of epoch {} cannot be read", epoch.short()),
            }),
        }
    }
}
