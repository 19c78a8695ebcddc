//! The transfer encoding, outwards: the shortest form of everything.

/// An unsigned integer.
pub(crate) fn put_uint(to: &mut Vec<u8>, value: u128) {
    let groups = (128 - value.leading_zeros()).div_ceil(7).max(1);
    put(to, groups, |at| (value >> (7 * at)) as u8);
}

/// The same in its nullable form.
pub(crate) fn put_uint_null(to: &mut Vec<u8>, value: Option<u64>) {
    put_uint(to, value.map_or(0, |value| u128::from(value) + 1));
}

/// A signed integer: the highest data bit is the sign.
pub(crate) fn put_int(to: &mut Vec<u8>, value: i128) {
    let bits = 129 - if value < 0 { value.leading_ones() } else { value.leading_zeros() };
    put(to, bits.div_ceil(7), |at| (value >> (7 * at)) as u8);
}

/// The same in its nullable form.
pub(crate) fn put_int_null(to: &mut Vec<u8>, value: Option<i128>) {
    put_int(to, value.map_or(0, |value| if value < 0 { value } else { value + 1 }));
}

fn put(to: &mut Vec<u8>, groups: u32, group: impl Fn(u32) -> u8) {
    for at in (0..groups).rev() {
        let stop = if at == 0 { 0x80 } else { 0 };
        to.push(group(at) & 0x7f | stop);
    }
}

/// A string of seven-bit characters.
pub(crate) fn put_ascii(to: &mut Vec<u8>, text: &[u8]) {
    if text.first().is_none_or(|first| *first == 0) {
        to.push(0);
    }
    to.extend_from_slice(text);
    stop(to);
}

/// The same in its nullable form.
pub(crate) fn put_ascii_null(to: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        None => to.push(0x80),
        Some(text) => {
            if text.first().is_none_or(|first| *first == 0) {
                to.push(0);
            }
            put_ascii(to, text);
        }
    }
}

fn stop(to: &mut [u8]) {
    if let Some(last) = to.last_mut() {
        *last |= 0x80;
    }
}

/// The bits of a presence map while its segment is written.
#[derive(Debug, Default)]
pub(crate) struct MapBits(Vec<bool>);

impl MapBits {
    pub(crate) fn push(&mut self, bit: bool) {
        self.0.push(bit);
    }

    /// Without the zeros at the end that need not be said.
    pub(crate) fn put(&self, to: &mut Vec<u8>) {
        let used = self.0.iter().rposition(|bit| *bit).map_or(1, |last| last + 1);
        for at in 0..used.div_ceil(7) {
            let byte = (0..7).fold(0, |byte, bit| byte << 1 | u8::from(self.0.get(7 * at + bit) == Some(&true)));
            to.push(byte);
        }
        stop(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn integers_come_back() {
        let mut all = vec![0i128, 1, -1];
        for bit in 1..66 {
            all.extend([-1, 0, 1].into_iter().flat_map(|by| [(1i128 << bit) + by, -(1i128 << bit) + by]));
        }
        for value in all {
            let mut bytes = Vec::new();
            put_int(&mut bytes, value);
            assert_eq!(wire::delta::<true>(&bytes), Ok((value, &[][..])), "{value}");
            bytes.clear();
            put_int_null(&mut bytes, Some(value));
            assert_eq!(wire::delta_null::<true>(&bytes), Ok((Some(value), &[][..])), "{value}");
            if let Ok(value) = u64::try_from(value) {
                bytes.clear();
                put_uint(&mut bytes, u128::from(value));
                assert_eq!(wire::uint::<true>(&bytes), Ok((value, &[][..])));
                bytes.clear();
                put_uint_null(&mut bytes, Some(value));
                assert_eq!(wire::uint_null::<true>(&bytes), Ok((Some(value), &[][..])));
            }
        }
    }

    #[test]
    fn maps_are_short() {
        let put = |bits: &[u8]| {
            let mut map = MapBits::default();
            bits.iter().for_each(|bit| map.push(*bit != 0));
            let mut bytes = Vec::new();
            map.put(&mut bytes);
            bytes
        };
        assert_eq!(put(&[]), [0x80]);
        assert_eq!(put(&[1, 0, 1]), [0x80 | 0x50]);
        assert_eq!(put(&[0; 20]), [0x80]);
        assert_eq!(put(&[1, 0, 0, 0, 0, 0, 0, 1]), [0x40, 0xc0]);
    }
}
