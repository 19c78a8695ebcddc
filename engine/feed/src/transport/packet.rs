//! From a packet to its payload: link header, IP header, TCP or UDP header.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// From where to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// The sender.
    pub from: SocketAddr,
    /// The receiver; for multicast the group.
    pub to: SocketAddr,
}

impl fmt::Display for Flow {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} > {}", self.from, self.to)
    }
}

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload<'a> {
    /// A datagram.
    Udp(Flow, &'a [u8]),
    /// A piece of a stream.
    Tcp(Flow, Segment<'a>),
}

/// A piece of a TCP stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// The place of the first byte, modulo 2^32.
    pub sequence: u32,
    /// It begins the stream; its own place is one before the first byte.
    pub begins: bool,
    /// It ends the stream (FIN or RST).
    pub ends: bool,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// The payload of a packet; nothing if it is of another kind, a fragment, or cut off in a header. `link` is a LINKTYPE: Ethernet, Linux
/// cooked (1 and 2), loopback, or IP itself.
#[must_use]
pub fn payload(link: u32, bytes: &[u8]) -> Option<Payload<'_>> {
    match link {
        1 => tagged(bytes.get(12..)?),
        113 => typed(u16_at(bytes, 14)?, bytes.get(16..)?),
        276 => typed(u16_at(bytes, 0)?, bytes.get(20..)?),
        0 | 108 => ip(bytes.get(4..)?),
        12 | 14 | 101 | 228 | 229 => ip(bytes),
        _ => None,
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// From Ethernet's type on, behind up to four VLAN tags.
fn tagged(mut bytes: &[u8]) -> Option<Payload<'_>> {
    for _ in 0..4 {
        match u16_at(bytes, 0)? {
            0x8100 | 0x88a8 | 0x9100 => bytes = bytes.get(4..)?,
            kind => return typed(kind, bytes.get(2..)?),
        }
    }
    None
}

fn typed(kind: u16, bytes: &[u8]) -> Option<Payload<'_>> {
    if matches!(kind, 0x0800 | 0x86dd) { ip(bytes) } else { None }
}

fn ip(bytes: &[u8]) -> Option<Payload<'_>> {
    let (protocol, from, to, rest): (u8, IpAddr, IpAddr, &[u8]) = match bytes.first()? >> 4 {
        4 => {
            let head = usize::from(bytes[0] & 15) * 4;
            let total = usize::from(u16_at(bytes, 2)?);
            // More fragments, or not the first.
            if head < 20 || u16_at(bytes, 6)? & 0x3fff != 0 {
                return None;
            }
            // Hardware may leave the length to be filled in later.
            let end = if total == 0 { bytes.len() } else { total.min(bytes.len()) };
            let address = |at: usize| Some(Ipv4Addr::from(*bytes.get(at..)?.first_chunk::<4>()?));
            (*bytes.get(9)?, address(12)?.into(), address(16)?.into(), bytes.get(head..end)?)
        }
        6 => {
            let length = usize::from(u16_at(bytes, 4)?);
            let address = |at: usize| Some(Ipv6Addr::from(*bytes.get(at..)?.first_chunk::<16>()?));
            let end = if length == 0 { bytes.len() } else { (40 + length).min(bytes.len()) };
            (*bytes.get(6)?, address(8)?.into(), address(24)?.into(), bytes.get(40..end)?)
        }
        _ => return None,
    };
    let flow = Flow { from: SocketAddr::new(from, u16_at(rest, 0)?), to: SocketAddr::new(to, u16_at(rest, 2)?) };
    match protocol {
        6 => {
            let head = usize::from(rest.get(12)? >> 4) * 4;
            let flags = *rest.get(13)?;
            let sequence = u32::from_be_bytes(*rest.get(4..)?.first_chunk()?);
            let segment =
                Segment { sequence, begins: flags & 2 != 0, ends: flags & 5 != 0, bytes: rest.get(head.max(20)..)? };
            Some(Payload::Tcp(flow, segment))
        }
        17 => {
            let length = usize::from(u16_at(rest, 4)?);
            Some(Payload::Udp(flow, rest.get(8..length.clamp(8, rest.len()))?))
        }
        _ => None,
    }
}
