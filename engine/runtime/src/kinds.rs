//! The kinds of rule this engine knows. A new kind is a crate, and a line here.

use guiju_core::KindSpec;
use guiju_lang::kind::KindSchema;

/// All kinds.
pub static KINDS: &[&'static dyn KindSpec] = &[&guiju_mot::EVENT];

/// Their checking sides.
pub fn schemas() -> Vec<&'static dyn KindSchema> {
    KINDS.iter().map(|kind| kind.schema()).collect()
}
