//! How identities are written: 128-bit ones in Crockford's base 32 (26 characters, no look-alikes, safe to read out on the
//! telephone), hashes in hex.

use std::fmt;

/// A text is not an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTextError {
    /// Wrong number of characters.
    #[error("expected {expected} characters, got {got}")]
    Length {
        /// What an identity of this sort has.
        expected: usize,
        /// What was given.
        got: usize,
    },
    /// A character outside the alphabet, or a first character that would need more than 128 bits.
    #[error("`{character}` cannot stand at position {position}")]
    Character {
        /// The offender.
        character: char,
        /// 1-based.
        position: usize,
    },
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

pub(super) fn write_crockford(id: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut out = String::with_capacity(26);
    for place in (0..26).rev() {
        out.push(char::from(ALPHABET[((id >> (place * 5)) & 31) as usize]));
    }
    f.pad(&out)
}

pub(super) fn read_crockford(text: &str) -> Result<u128, IdTextError> {
    let got = text.chars().count();
    if got != 26 {
        return Err(IdTextError::Length { expected: 26, got });
    }
    let mut id: u128 = 0;
    for (index, character) in text.chars().enumerate() {
        let refused = IdTextError::Character { character, position: index + 1 };
        let digit = match character.to_ascii_uppercase() {
            'O' => 0,
            'I' | 'L' => 1,
            upper => ALPHABET.iter().position(|&a| char::from(a) == upper).ok_or(refused)?,
        };
        if index == 0 && digit > 7 {
            return Err(refused);
        }
        id = (id << 5) | digit as u128;
    }
    Ok(id)
}

pub(super) fn write_hex(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
}

pub(super) fn read_hex<const N: usize>(text: &str) -> Result<[u8; N], IdTextError> {
    let got = text.chars().count();
    if got != N * 2 {
        return Err(IdTextError::Length { expected: N * 2, got });
    }
    let mut out = [0; N];
    for (index, character) in text.chars().enumerate() {
        let digit = character.to_digit(16).ok_or(IdTextError::Character { character, position: index + 1 })?;
        // A hex digit fits in four bits.
        out[index / 2] = (out[index / 2] << 4) | digit as u8;
    }
    Ok(out)
}

/// A 128-bit identity: bytes, text both ways, `Debug` as text.
macro_rules! id16 {
    ($name:ident) => {
        impl $name {
            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
            /// As a number, big-endian: what sets and maps key on.
            pub const fn as_u128(&self) -> u128 {
                u128::from_be_bytes(self.0)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::id::text::write_crockford(self.as_u128(), f)
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::id::IdTextError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self($crate::id::text::read_crockford(text)?.to_be_bytes()))
            }
        }
    };
}
pub(super) use id16;
