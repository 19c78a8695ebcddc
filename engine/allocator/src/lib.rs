//! The memory allocator of the command `guiju`: mimalloc, told to keep freed pages for a moment.
//!
//! A pass over a table frees as many megabytes per batch as it takes. Given back to the system at once, every batch pays for clearing the
//! pages anew: a run over a million customers has 90,000 page faults, with the delay 20,000, and a third of its system time.

use libmimalloc_sys::{mi_option_set, mi_option_t};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc's header, which the binding does not name.
const PURGE_DELAY: mi_option_t = 15;

/// Freed pages go back to the system after this time, not at once: longer than it takes until the next batch wants as much again. A run
/// over ten million customers takes 0.38 GB with it, 0.45 GB when it publishes. The faster the machine, the more is freed meanwhile: 300
/// milliseconds made that up to 0.57 GB, and neither they nor thirty seconds save time that could be measured.
const MILLISECONDS: core::ffi::c_long = 50;

/// To be called first in `main`. What the environment says (`MIMALLOC_PURGE_DELAY`) goes.
pub fn keep_freed_pages() {
    if std::env::var_os("MIMALLOC_PURGE_DELAY").is_none() {
        // SAFETY: the option exists in this version (the test below reads it back), the value is any number of milliseconds, and no other
        // thread has been started that could read the option at the same time.
        #[allow(unsafe_code)]
        unsafe {
            mi_option_set(PURGE_DELAY, MILLISECONDS);
        }
    }
}

/// Gives back what is free now. The delay is only looked at when somebody allocates or frees: a program that waits keeps what it had freed
/// just before.
pub fn give_back() {
    // SAFETY: may be called by any thread at any time.
    #[allow(unsafe_code)]
    unsafe {
        libmimalloc_sys::mi_collect(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_is_the_one_we_mean() {
        // SAFETY: reading an option has no conditions.
        #[allow(unsafe_code)]
        let read = || unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) };
        // Its default tells it from its neighbours, whose defaults are 0.
        assert!(matches!(read(), 10 | 1_000), "{}", read());
        keep_freed_pages();
        assert_eq!(read(), MILLISECONDS);
    }
}
