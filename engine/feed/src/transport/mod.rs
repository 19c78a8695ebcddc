//! What frames travel in: captures (pcap, pcapng), packets (Ethernet, IP, TCP, UDP), streams put together again from TCP segments, and
//! two lines of the same feed made one. Everything takes bytes and gives bytes; nothing here opens a file or a socket, or asks the time.

mod arbiter;
mod capture;
mod packet;
mod pcapng;
mod tcp;

pub use arbiter::{Arbiter, Copy};
pub use capture::{Broken, Capture, Packet, Wrong};
pub use packet::{Flow, Payload, Segment, payload};
pub use tcp::{Assembly, Delivered, Lost};
