//! Sets of effect ids.

use arrow_array::{Array, RecordBatch, cast::AsArray};
use guiju_core::effect;
use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

/// Effect ids as numbers.
pub(super) type Ids = HashSet<u128, BuildHasherDefault<Truncate>>;

/// Ids are hashes already.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Truncate(u64);

impl Hasher for Truncate {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }
    fn write_u128(&mut self, id: u128) {
        self.0 = (id >> 64) as u64 ^ id as u64;
    }
}

/// The ids of a batch that has the common columns.
pub(super) fn effect_ids(batch: &RecordBatch) -> impl Iterator<Item = u128> + '_ {
    let ids = batch.column_by_name(effect::EFFECT_ID).and_then(|c| c.as_fixed_size_binary_opt());
    ids.into_iter()
        .flat_map(|ids| (0..ids.len()).map(|row| <[u8; 16]>::try_from(ids.value(row)).map_or(0, u128::from_be_bytes)))
}
