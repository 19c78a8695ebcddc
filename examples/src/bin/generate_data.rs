//! Makes the shipped data again: `cargo run -p guiju-examples --bin generate_data [folder]`, by default `examples/data`.

use guiju_examples::{Brokerage, write};
use std::{path::PathBuf, process::ExitCode};

#[allow(clippy::print_stdout, clippy::print_stderr)] // a command line of its own
fn main() -> ExitCode {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data")), PathBuf::from);
    let brokerage = Brokerage::make();
    match write::all(&brokerage, &folder) {
        Ok(()) => {
            println!(
                "{}: {} customers, {} relations, {} trades, {} holdings, {} margin accounts, {} lots, {} rights, {} plans, \
                 {} complaints",
                folder.display(),
                brokerage.customers.len(),
                brokerage.managers.len(),
                brokerage.trades.len(),
                brokerage.holdings.len(),
                brokerage.margins.len(),
                brokerage.lots.len(),
                brokerage.rights.len(),
                brokerage.plans.len(),
                brokerage.complaints.len()
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot write to {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}
