//! How a cell's entries are written: a version byte, then zstd of columns (count, key lengths, kinds of value, times, blob
//! lengths, keys, blobs), little-endian.

use guiju_core::cell::{CellTable, CellValue};

const VERSION: u8 = 1;
/// Publishing is worth more than the last tenth of size.
const LEVEL: i32 = 1;
const TIME: u8 = 0;
const BLOB: u8 = 1;

/// Writes entries, in their order.
pub(super) fn encode<'a>(entries: impl Iterator<Item = (&'a str, CellValue<'a>)>) -> std::io::Result<Vec<u8>> {
    let (mut key_lengths, mut tags, mut times) = (Vec::new(), Vec::new(), Vec::new());
    let (mut blob_lengths, mut keys, mut blobs) = (Vec::new(), Vec::new(), Vec::new());
    for (key, value) in entries {
        key_lengths.extend_from_slice(&length(key.len())?);
        keys.extend_from_slice(key.as_bytes());
        match value {
            CellValue::Time(micros) => {
                tags.push(TIME);
                times.extend_from_slice(&micros.to_le_bytes());
            }
            CellValue::Bytes(bytes) => {
                tags.push(BLOB);
                blob_lengths.extend_from_slice(&length(bytes.len())?);
                blobs.extend_from_slice(bytes);
            }
        }
    }
    let mut plain = Vec::with_capacity(4 + key_lengths.len() + tags.len() + times.len() + keys.len() + blobs.len());
    plain.extend_from_slice(&length(tags.len())?);
    for column in [key_lengths, tags, times, blob_lengths, keys, blobs] {
        plain.extend_from_slice(&column);
    }
    let mut out = vec![VERSION];
    out.append(&mut zstd::stream::encode_all(plain.as_slice(), LEVEL)?);
    Ok(out)
}

fn length(len: usize) -> std::io::Result<[u8; 4]> {
    match u32::try_from(len) {
        Ok(len) => Ok(len.to_le_bytes()),
        Err(_) => Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, "more than 4 GiB in one cell")),
    }
}

/// Reads entries into a table. `None` if the bytes are not what `encode` writes.
pub(super) fn decode(bytes: &[u8], table: &mut CellTable) -> Option<()> {
    let (&VERSION, compressed) = bytes.split_first()? else { return None };
    let plain = zstd::stream::decode_all(compressed).ok()?;
    let mut rest = plain.as_slice();
    let count = number(take(&mut rest, 4)?)?;
    let key_lengths = take(&mut rest, count.checked_mul(4)?)?;
    let tags = take(&mut rest, count)?;
    if tags.iter().any(|&tag| tag > BLOB) {
        return None;
    }
    let blob_count = tags.iter().filter(|&&tag| tag == BLOB).count();
    let mut times = take(&mut rest, (count - blob_count).checked_mul(8)?)?;
    let mut blob_lengths = take(&mut rest, blob_count.checked_mul(4)?)?;
    let key_bytes = key_lengths.chunks_exact(4).try_fold(0, |sum: usize, n| sum.checked_add(number(n)?))?;
    let mut keys = take(&mut rest, key_bytes)?;
    let mut blobs = rest;
    table.reserve(count);
    for (&tag, key_length) in tags.iter().zip(key_lengths.chunks_exact(4)) {
        let key = std::str::from_utf8(take(&mut keys, number(key_length)?)?).ok()?;
        let value = match tag {
            TIME => CellValue::Time(i64::from_le_bytes(take(&mut times, 8)?.try_into().ok()?)),
            _ => {
                let length = number(take(&mut blob_lengths, 4)?)?;
                CellValue::Bytes(take(&mut blobs, length)?)
            }
        };
        table.load(key, value);
    }
    blobs.is_empty().then_some(())
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    Some(head)
}

fn number(bytes: &[u8]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<(&'static str, CellValue<'static>)> {
        vec![
            ("C000001", CellValue::Time(1_767_571_200_000_000)),
            ("客户", CellValue::Bytes(b"\x01state")),
            ("", CellValue::Time(-1)),
            ("z", CellValue::Bytes(b"")),
        ]
    }

    #[test]
    fn both_ways() {
        for entries in [sample(), Vec::new()] {
            let block = encode(entries.iter().copied()).expect("encodes");
            let mut table = CellTable::new();
            assert_eq!(decode(&block, &mut table), Some(()));
            assert_eq!(table.iter().collect::<Vec<_>>(), entries);
        }
    }

    /// The encoding as it was first released: stores hold it for ever.
    #[test]
    fn fixed_vector() {
        let block = encode([("k", CellValue::Time(2)), ("ab", CellValue::Bytes(b"x"))].into_iter()).expect("encodes");
        let plain = zstd::stream::decode_all(&block[1..]).expect("decompresses");
        assert_eq!(block[0], 1);
        let expected = b"\x02\0\0\0\x01\0\0\0\x02\0\0\0\0\x01\x02\0\0\0\0\0\0\0\x01\0\0\0kabx";
        assert_eq!(plain, expected);
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let block = encode(sample().into_iter()).expect("encodes");
        let plain = zstd::stream::decode_all(&block[1..]).expect("decompresses");
        assert_eq!(decode(&[], &mut CellTable::new()), None);
        assert_eq!(decode(&[2, 0], &mut CellTable::new()), None);
        for cut in 0..plain.len() {
            let mut short = vec![VERSION];
            short.append(&mut zstd::stream::encode_all(&plain[..cut], 1).expect("compresses"));
            assert_eq!(decode(&short, &mut CellTable::new()), None, "cut at {cut}");
        }
        let mut long = plain;
        long.push(0);
        let mut block = vec![VERSION];
        block.append(&mut zstd::stream::encode_all(long.as_slice(), 1).expect("compresses"));
        assert_eq!(decode(&block, &mut CellTable::new()), None);
    }
}
