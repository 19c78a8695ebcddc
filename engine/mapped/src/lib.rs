//! A file's bytes without reading them: the column cache is looked at, not copied.

use bytes::Bytes;
use memmap2::Mmap;
use std::{fs::File, io, path::Path};

/// The bytes of a file that is never changed once it has its name.
///
/// That is the caller's promise, and the column cache keeps it: a file is written under another name, closed, and renamed; after that it
/// is only ever removed, and what was removed stays readable through its mapping.
///
/// # Errors
/// What opening and mapping say.
pub fn immutable(path: &Path) -> io::Result<Bytes> {
    let file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(Bytes::new());
    }
    // SAFETY: the mapping is read-only and private to this process; the file under this name is complete and is never written to or
    // truncated again (see above), so the bytes do not change while they are borrowed.
    #[allow(unsafe_code)]
    let map = unsafe { Mmap::map(&file)? };
    Ok(Bytes::from_owner(map))
}

#[cfg(test)]
mod tests {
    use super::immutable;

    #[test]
    fn a_mapping_outlives_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("column");
        std::fs::write(&path, b"12345678").unwrap();
        let bytes = immutable(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(&bytes[..], b"12345678");
        std::fs::write(&path, b"").unwrap();
        assert!(immutable(&path).unwrap().is_empty());
        assert!(immutable(&folder.path().join("absent")).is_err());
    }
}
