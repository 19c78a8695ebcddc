//! The libFuzzer program: one for all targets, chosen by `GUIJU_FUZZ_TARGET`, so that the crates are linked once.
#![no_main]

use guiju_fuzz::{TARGETS, Target, named};
use std::sync::OnceLock;

static CHOSEN: OnceLock<&'static Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let target = CHOSEN.get_or_init(|| {
        let name = std::env::var("GUIJU_FUZZ_TARGET").unwrap_or_default();
        match named(&name) {
            Some(target) => target,
            None => panic!(
                "GUIJU_FUZZ_TARGET is `{name}`; there are {:?}",
                TARGETS.iter().map(|t| t.name).collect::<Vec<_>>()
            ),
        }
    });
    (target.run)(bytes);
});
