//! Whether a workbook may be unpacked: a few kilobytes can hold gigabytes.

use std::io::{Cursor, Read};

/// Entries of an honest workbook: a handful for each worksheet.
const MOST_ENTRIES: usize = 4096;

/// Unpacks everything to nowhere and counts. What entries say of their own size is not believed.
pub(super) fn fits(bytes: &[u8], most: u64) -> Result<bool, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    if archive.len() > MOST_ENTRIES {
        return Ok(false);
    }
    let mut left = most;
    for i in 0..archive.len() {
        let entry = archive.by_index(i).map_err(|e| e.to_string())?;
        let read = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink()).map_err(|e| e.to_string())?;
        if read > left {
            return Ok(false);
        }
        left -= read;
    }
    Ok(true)
}
