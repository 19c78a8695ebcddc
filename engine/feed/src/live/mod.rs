//! Feeds as they arrive and leave: UDP datagrams (multicast groups are joined), and the pace of a replay. The only part of this crate that
//! opens a socket or asks the time.

mod pace;
mod receive;
mod send;

pub use pace::Pace;
pub use receive::{Batch, Receiver};
pub use send::Sender;

/// What sockets are asked to hold, in bytes; systems give less where their limit is lower.
const BUFFER: usize = 1 << 22;

/// Asks for as much room as `set` is willing to give: less is slower, and no error.
fn room(set: impl Fn(usize) -> bool) {
    let mut bytes = BUFFER;
    while bytes >= 1 << 18 && !set(bytes) {
        bytes /= 2;
    }
}
