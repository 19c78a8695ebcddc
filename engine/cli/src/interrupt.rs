//! Ctrl-C: remembered, and asked for between batches. Nothing of an interrupted run is published.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C only raises a flag; a second one ends the process at once, which the store survives.
pub(crate) fn watch() {
    // Without a handler Ctrl-C ends the process, which the store survives too.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            std::process::exit(crate::Exit::Interrupted as i32);
        }
    });
}

pub(crate) fn requested() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}
