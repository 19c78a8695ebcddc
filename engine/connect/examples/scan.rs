//! How long a source takes to read: `cargo run --release -p guiju-connect --example scan -- PATH [columns=a,b] [rows=16384] [threads=2]`.

#![allow(clippy::print_stdout)] // it is a program that prints

use guiju_connect::{
    config::Config,
    read::{self, ReadOptions, Request},
    schemas,
};
use guiju_lang::finding::FileId;
use std::{path::Path, time::Instant};

fn main() {
    let mut args = std::env::args().skip(1);
    let path = args.next().unwrap_or_default();
    let mut options = ReadOptions::default();
    let mut wanted: Option<Vec<String>> = None;
    for arg in args {
        match arg.split_once('=') {
            Some(("rows", n)) => options.batch_rows = n.parse().unwrap_or(options.batch_rows),
            Some(("threads", n)) => options.threads = n.parse().unwrap_or(options.threads),
            Some(("columns", names)) => wanted = Some(names.split(',').map(str::to_owned).collect()),
            _ => {}
        }
    }
    let text = format!("connections: {{ x: {{ kind: files, path: '{path}' }} }}");
    let (config, _) = Config::parse(&text, Path::new(""), FileId(0));
    let Some(connection) = config.connections.first().cloned() else { return };
    let started = Instant::now();
    let schema = match schemas::schema_of(&connection, None) {
        Ok(s) => s,
        Err(f) => return println!("{f:?}"),
    };
    let columns: Vec<u32> = (0..schema.columns.len() as u32)
        .filter(|i| wanted.as_ref().is_none_or(|w| w.contains(&schema.columns[*i as usize].name)))
        .collect();
    let opened = Instant::now();
    let request =
        Request { connection: &connection, object: None, schema: Some(&schema), columns: Some(&columns), options };
    let scan = match read::open(&request) {
        Ok(s) => s,
        Err(f) => return println!("{f:?}"),
    };
    let (mut rows, mut batches) = (0, 0);
    for step in scan {
        match step {
            Ok(step) => (rows, batches) = (rows + step.batch.num_rows(), batches + 1),
            Err(f) => return println!("{f:?}"),
        }
    }
    let wall = started.elapsed().as_secs_f64();
    println!(
        "{rows} rows × {} columns in {batches} batches of {} by {} threads: {wall:.3} s wall, {:.2} CPU-s, {:.0} ms of it for the schema",
        columns.len(),
        options.batch_rows,
        options.threads,
        cpu_seconds(),
        (opened - started).as_secs_f64() * 1e3,
    );
}

/// User and system time of this process (Linux; elsewhere 0).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
