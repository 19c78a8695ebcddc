//! Identities. They are written into stores and messages and compared years later: none of the encodings here can ever
//! change; a new one gets a new version byte and stands beside the old one. Fixed vectors in the tests hold them still.

mod cell;
mod effect;
mod encode;
mod epoch;
mod key;
mod run;
mod text;

pub use self::{
    cell::{CellId, CellSpec, StreamSpec},
    effect::{EffectId, EffectIds},
    encode::digest,
    epoch::EpochHash,
    key::{Key, KeyError},
    run::{RunId, RunIdError},
    text::IdTextError,
};
