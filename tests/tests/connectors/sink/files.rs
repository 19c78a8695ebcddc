//! CSV, JSON lines, Parquet: one file to which every delivery adds.

use super::rig::{Outlet, Row, Unfit};
use arrow_array::cast::AsArray;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::{fs, path::Path};

/// By its ending.
struct File(&'static str);

impl File {
    fn name(&self) -> String {
        format!("tasks.{}", self.0)
    }
}

/// A folder that is a file: nothing can be written there.
pub(super) fn goes(folder: &Path) {
    let _ = fs::create_dir(folder.join("out"));
    fs::rename(folder.join("out"), folder.join("away")).unwrap();
    fs::write(folder.join("out"), "").unwrap();
}

pub(super) fn comes(folder: &Path) {
    fs::remove_file(folder.join("out")).unwrap();
    fs::rename(folder.join("away"), folder.join("out")).unwrap();
}

impl Outlet for File {
    fn connection(&self) -> String {
        format!("{{ kind: {}, path: \"out/{}\" }}", self.0, self.name())
    }

    fn got(&mut self, folder: &Path) -> Vec<Row> {
        let path = folder.join("out").join(self.name());
        if !path.exists() {
            return Vec::new();
        }
        match self.0 {
            "csv" => {
                let mut reader = csv::Reader::from_path(path).unwrap();
                let header = reader.headers().unwrap().clone();
                let at = |name: &str| header.iter().position(|column| column == name).unwrap();
                let (id, task, assignee) = (at("effect_id"), at("task"), at("assignee"));
                let row = |row: csv::StringRecord| Row {
                    id: row[id].to_owned(),
                    task: row[task].parse().unwrap(),
                    assignee: row[assignee].to_owned(),
                };
                reader.records().map(|record| row(record.unwrap())).collect()
            }
            "jsonl" => {
                let text = fs::read_to_string(path).unwrap();
                let row = |line: &str| Row::of(&serde_json::from_str(line).unwrap()).unwrap();
                // Lines end with a line feed and nothing else.
                text.split('\n').filter(|line| !line.is_empty()).map(row).collect()
            }
            _ => {
                let file = fs::File::open(path).unwrap();
                let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
                let rows = |batch: arrow_array::RecordBatch| {
                    let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
                    let (ids, tasks, assignees) = (text("effect_id"), text("task"), text("assignee"));
                    let row = move |row| Row {
                        id: ids.value(row).to_owned(),
                        task: tasks.value(row).parse().unwrap(),
                        assignee: assignees.value(row).to_owned(),
                    };
                    (0..batch.num_rows()).map(row).collect::<Vec<_>>()
                };
                reader.flat_map(|batch| rows(batch.unwrap())).collect()
            }
        }
    }

    /// A spreadsheet must not run what a customer is called.
    fn shown(&self, text: &str) -> String {
        if self.0 == "csv" && text.starts_with('=') { format!("'{text}") } else { text.to_owned() }
    }

    fn goes(&mut self, folder: &Path) {
        goes(folder);
    }

    fn comes(&mut self, folder: &Path) -> bool {
        comes(folder);
        true
    }

    /// A file of the same name with something else in it.
    fn spoils(&mut self, folder: &Path) -> Unfit {
        fs::create_dir_all(folder.join("out")).unwrap();
        let other = if self.0 == "csv" { "name,effect_id\nx,y\n" } else { "something else\n" };
        fs::write(folder.join("out").join(self.name()), other).unwrap();
        Unfit::Wait
    }

    fn fits(&mut self, folder: &Path) {
        fs::remove_file(folder.join("out").join(self.name())).unwrap();
    }

    /// Files are as fast as the store.
    fn dawdles(&mut self, _: &Path) {}

    fn repeats(&self) -> bool {
        false
    }
}

mod csv_file {
    crate::sink::suite::conforms!(Some(super::File("csv")));
}

mod json_lines {
    crate::sink::suite::conforms!(Some(super::File("jsonl")));
}

mod parquet_file {
    crate::sink::suite::conforms!(Some(super::File("parquet")));
}
