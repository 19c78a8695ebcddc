//! Parquet out.

use super::{Ids, Target, Written, atomic::AtomicFile, cell::id_of};
use crate::problem;
use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::SchemaRef;
use arrow_select::filter::filter_record_batch;
use guiju_lang::finding::Finding;
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use std::{fs::File, path::Path};

pub(super) fn stage(
    target: &Target<'_>,
    path: &Path,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = RecordBatch>,
) -> Result<(AtomicFile, Written), Finding> {
    let mut ids = Ids::default();
    let id = schema.index_of(target.id).unwrap_or(0);
    let mut out = AtomicFile::create(path)?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let mut writer = match ArrowWriter::try_new(&mut out, schema.clone(), Some(properties)) {
        Ok(w) => w,
        Err(e) => return Err(problem::cannot_write(path, &std::io::Error::other(e.to_string()))),
    };
    let mut counts = Written::default();
    let mut failed = None;
    if path.exists() {
        for batch in existing(path, schema)? {
            let batch = batch.map_err(|e| problem::parquet_broken(path, None, &e.to_string()))?;
            for row in 0..batch.num_rows() {
                ids.first_time(id_of(&batch, id, row));
            }
            failed = failed.or(writer.write(&batch).err());
        }
    }
    for batch in batches {
        let new: BooleanArray = (0..batch.num_rows()).map(|row| Some(ids.first_time(id_of(&batch, id, row)))).collect();
        let count = new.true_count();
        counts.written += count as u64;
        counts.already += (batch.num_rows() - count) as u64;
        match filter_record_batch(&batch, &new) {
            Ok(batch) => failed = failed.or(writer.write(&batch).err()),
            Err(e) => failed = failed.or(Some(e.into())),
        }
        if failed.is_some() {
            break;
        }
    }
    let failed = match failed {
        None => writer.close().err(),
        Some(e) => {
            drop(writer);
            Some(e)
        }
    };
    match failed {
        Some(e) => Err(out.finding(&e.to_string())),
        None => Ok((out, counts)),
    }
}

fn existing(
    path: &Path,
    schema: &SchemaRef,
) -> Result<parquet::arrow::arrow_reader::ParquetRecordBatchReader, Finding> {
    let file = File::open(path).map_err(|e| problem::file_unreadable(path, &e))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|e| problem::parquet_broken(path, None, &e.to_string()))?;
    let same = |i: usize| match (builder.schema().fields().get(i), schema.fields().get(i)) {
        (Some(a), Some(b)) => a.name() == b.name() && a.data_type() == b.data_type(),
        _ => false,
    };
    let most = builder.schema().fields().len().max(schema.fields().len());
    if let Some(odd) = (0..most).find(|i| !same(*i)) {
        let name = schema
            .fields()
            .get(odd)
            .or(builder.schema().fields().get(odd))
            .map(|f| f.name().clone())
            .unwrap_or_default();
        return Err(problem::sink_shape(path, &name));
    }
    builder.build().map_err(|e| problem::parquet_broken(path, None, &e.to_string()))
}
