//! The registry of codes, one list per area. A number is never reused. Severity, slug and prose are in `findings/<area>.tsv`;
//! the slug is the constant's name with hyphens.

/// Declares an area's codes and the list `ALL` of them.
macro_rules! codes {
    ($($name:ident = $code:literal,)*) => {
        $(#[allow(missing_docs)] // the catalogue says what it means
        pub const $name: crate::finding::Code = crate::finding::Code($code);)*
        /// All codes of this area with their names.
        pub const ALL: &[(crate::finding::Code, &str)] = &[$(($name, stringify!($name)),)*];
    };
}

pub mod cli;
pub mod data;
pub mod kinds;
pub mod meaning;
pub mod names;
pub mod store;
pub mod tests;
pub mod words;
