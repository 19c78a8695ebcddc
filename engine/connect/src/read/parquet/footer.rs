//! A file's footer: whether it is a Parquet file at all, and its columns.

use crate::{problem, read::types::lang_type};
use guiju_lang::{
    finding::Finding,
    schema::{Column, Schema},
    ty::{Type, Typed},
};
use parquet::{
    arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
    errors::ParquetError,
};
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

/// The columns of a file that the language has types for.
pub(crate) fn schema_of(path: &Path) -> Result<Schema, Finding> {
    let (_, metadata) = load(path)?;
    let columns = metadata.schema().fields().iter().filter_map(|f| {
        let ty = lang_type(f.data_type())?;
        // A real can always turn out not to be a number.
        let nullable = f.is_nullable() || ty == Type::Real;
        Some(Column { name: f.name().clone(), typed: Typed::new(ty, nullable) })
    });
    Ok(Schema { columns: columns.collect() })
}

/// Opens a file and reads its footer, without the Arrow schema some writers add: the file's own types count.
pub(crate) fn load(path: &Path) -> Result<(File, ArrowReaderMetadata), Finding> {
    let mut file = File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => problem::file_absent(path, None),
        _ => problem::file_unreadable(path, &e),
    })?;
    let bytes = sniff(path, &mut file)?;
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    match ArrowReaderMetadata::load(&file, options) {
        Ok(metadata) => Ok((file, metadata)),
        Err(ParquetError::EOF(_) | ParquetError::NeedMoreData(_) | ParquetError::NeedMoreDataRange(_)) => {
            Err(problem::parquet_truncated(path, bytes))
        }
        Err(e) => Err(problem::parquet_broken(path, None, &message(&e))),
    }
}

/// `PAR1` at both ends; only at the start: the writer did not finish.
fn sniff(path: &Path, file: &mut File) -> Result<u64, Finding> {
    let unreadable = |e: &std::io::Error| problem::file_unreadable(path, e);
    let bytes = file.metadata().map_err(|e| unreadable(&e))?.len();
    if bytes == 0 {
        return Err(problem::file_empty(path));
    }
    let mut head = [0u8; 4];
    let mut tail = [0u8; 4];
    if bytes < 4 {
        return Err(problem::not_parquet(path));
    }
    file.read_exact(&mut head).map_err(|e| unreadable(&e))?;
    if &head != b"PAR1" {
        return Err(problem::not_parquet(path));
    }
    file.seek(SeekFrom::End(-4)).and_then(|_| file.read_exact(&mut tail)).map_err(|e| unreadable(&e))?;
    if &tail != b"PAR1" || bytes < 12 {
        return Err(problem::parquet_truncated(path, bytes));
    }
    Ok(bytes)
}

pub(super) fn message(error: &ParquetError) -> String {
    let text = error.to_string();
    text.strip_prefix("Parquet error: ").unwrap_or(&text).to_owned()
}
