//! Blocks of pcapng.

use super::capture::{LONGEST, Order, Packet, Step, Wrong};

/// The type of a section's first block, the same in either byte order.
pub(super) const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// Interfaces of one section.
const MOST_INTERFACES: usize = 1 << 12;

/// An interface that packets were captured at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interface {
    link: u32,
    /// Units of time in a second.
    units: u64,
}

/// One block.
pub(super) fn block(
    order: &mut Order,
    interfaces: &mut Vec<Interface>,
    input: &[u8],
    each: &mut dyn FnMut(&Packet<'_>),
) -> Step<usize> {
    let Some(head) = input.first_chunk::<12>() else { return Ok(None) };
    let section = head[..4] == SECTION;
    if section {
        order.little = match head[8..] {
            [0x4d, 0x3c, 0x2b, 0x1a] => true,
            [0x1a, 0x2b, 0x3c, 0x4d] => false,
            _ => return Err(Wrong::NoCapture),
        };
        interfaces.clear();
    }
    let order = *order;
    let length = order.u32(head, 4).unwrap_or_default() as usize;
    if !(12..=LONGEST).contains(&length) || !length.is_multiple_of(4) {
        return Err(Wrong::Length);
    }
    let Some(body) = input.get(8..length - 4) else { return Ok(None) };
    if input.len() < length {
        return Ok(None);
    }
    match order.u32(head, 0) {
        _ if section => {}
        Some(1) if interfaces.len() < MOST_INTERFACES => {
            let link = u32::from(order.u16(body, 0).ok_or(Wrong::Length)?);
            interfaces.push(Interface { link, units: units(order, body.get(8..).unwrap_or_default()) });
        }
        Some(6) => {
            let number = |at| order.u32(body, at).ok_or(Wrong::Length);
            let (at, high, low, captured) = (number(0)?, number(4)?, number(8)?, number(12)? as usize);
            let bytes = body.get(20..).and_then(|bytes| bytes.get(..captured)).ok_or(Wrong::Length)?;
            if let Some(Interface { link, units }) = interfaces.get(at as usize) {
                let time = u128::from(u64::from(high) << 32 | u64::from(low)) * 1_000_000_000 / u128::from(*units);
                each(&Packet { time: u64::try_from(time).unwrap_or(u64::MAX), link: *link, bytes });
            }
        }
        // Without a time.
        Some(3) => {
            let original = order.u32(body, 0).ok_or(Wrong::Length)? as usize;
            let bytes = body.get(4..).unwrap_or_default();
            let bytes = bytes.get(..original).unwrap_or(bytes);
            if let Some(Interface { link, .. }) = interfaces.first() {
                each(&Packet { time: 0, link: *link, bytes });
            }
        }
        _ => {}
    }
    Ok(Some(length))
}

/// The option `if_tsresol`: microseconds without it.
fn units(order: Order, options: &[u8]) -> u64 {
    let mut rest = options;
    while let (Some(code), Some(length)) = (order.u16(rest, 0), order.u16(rest, 2)) {
        let length = usize::from(length);
        if let (9, Some(value)) = (code, rest.get(4)) {
            let power = u32::from(value & 0x7f);
            let units = if value & 0x80 == 0 { 10u64.checked_pow(power) } else { 1u64.checked_shl(power) };
            return units.filter(|units| *units > 0).unwrap_or(1_000_000);
        }
        let Some(after) = rest.get(4 + length.next_multiple_of(4)..) else { break };
        rest = after;
    }
    1_000_000
}
