//! Files that somebody points at, without a configuration.

use super::{Connection, Keep, Kind, Misfit, TextOptions};
use crate::problem;
use guiju_lang::finding::{Finding, Span};
use std::path::Path;

impl Connection {
    /// A file or folder somebody points at, without a configuration: read by its ending, a folder as a folder of one table.
    pub fn of_path(path: &Path) -> Result<Self, Finding> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let kind = match ending.as_deref() {
            Some("csv") => Kind::Csv,
            Some("jsonl" | "ndjson") => Kind::JsonLines,
            Some("parquet") => Kind::Parquet,
            _ if path.is_dir() => Kind::Parquet,
            _ if path.exists() => return Err(problem::format_unknown(path)),
            _ => return Err(problem::file_absent(path, None)),
        };
        let name = path.file_stem().map_or_else(|| "data".to_owned(), |name| name.to_string_lossy().into_owned());
        let (text, misfit) = (TextOptions::default(), Misfit::default());
        let keep = Keep::default();
        Ok(Self {
            name,
            kind,
            path: path.to_owned(),
            server: None,
            web: None,
            listen: None,
            nats: None,
            repeats: false,
            keep,
            text,
            misfit,
            feed: None,
            span: Span::default(),
        })
    }
}
