//! A checked rulebook set.

use super::text::{IdTextError, read_hex, write_hex};
use std::{fmt, str::FromStr};

/// The hash of a checked rulebook set ([`Program::hash`](guiju_lang::hir::Program)). Written in hex.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EpochHash(pub [u8; 32]);

impl EpochHash {
    /// The first twelve digits: what lists show.
    pub fn short(&self) -> String {
        let mut out = String::with_capacity(12);
        write_hex(&self.0[..6], &mut out);
        out
    }
}

impl fmt::Display for EpochHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::with_capacity(64);
        write_hex(&self.0, &mut out);
        f.pad(&out)
    }
}

impl fmt::Debug for EpochHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EpochHash({self})")
    }
}

impl FromStr for EpochHash {
    type Err = IdTextError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read_hex(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_both_ways() {
        let hash = EpochHash(std::array::from_fn(|i| (i * 7) as u8));
        assert_eq!(hash.to_string(), "00070e151c232a31383f464d545b626970777e858c939aa1a8afb6bdc4cbd2d9");
        assert_eq!(hash.short(), "00070e151c23");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("00".parse::<EpochHash>(), Err(IdTextError::Length { expected: 64, got: 2 }));
    }
}
