//! Effects to standard output, as JSON lines: for the next program of a pipe.
//!
//! What was said cannot be taken back or looked up: killed between saying and noting it, a sink that delivers at least once says it
//! once more, with the same id.

use super::{Delivered, Target, documents};
use crate::problem;
use arrow_array::RecordBatch;
use guiju_lang::finding::Finding;
use std::{
    io::{Write, stdout},
    path::Path,
};

/// How the place is called.
const NAME: &str = "stdout";

pub(super) fn deliver(
    target: &Target<'_>,
    batches: &mut dyn Iterator<Item = RecordBatch>,
) -> Result<Delivered, Finding> {
    let mut written = 0;
    let mut out = std::io::BufWriter::new(stdout().lock());
    let write = || -> std::io::Result<()> {
        for batch in batches {
            for (_, document) in documents(&batch, target.id, &target.connection.text.zone) {
                writeln!(out, "{document}")?;
                written += 1;
            }
        }
        out.flush()
    };
    write().map_err(|error| problem::cannot_write(Path::new(NAME), &error))?;
    Ok(Delivered { path: NAME.into(), written, already: 0 })
}
