//! A plant's records: read, checked, imported.

use super::problem;
use crate::{
    Exit,
    args::{
        Common,
        fiber::{Import, Records},
    },
    clock,
    output::Out,
};
use guiju::{
    Project,
    connect::config::Config,
    fiber::{
        book::{Book, Command},
        inventory::{Inventory, thousandths},
        plan::Taken,
    },
    lang::finding::Finding,
    plant::{self, Ledger, Plant},
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The configuration beside which a command runs; what is wrong with it is said when a connection is asked for.
pub(super) fn config(common: &Common) -> Config {
    Project::open(&[], common.config.as_deref()).config
}

/// Where reservations are kept.
pub(super) fn ledger(said: Option<&Path>, config: &Config) -> PathBuf {
    said.map_or_else(|| config.store.folder.clone(), Path::to_owned)
}

/// The records, and what is held in them.
pub(super) fn read(args: &Records, common: &Common) -> Result<(Plant, Taken, PathBuf), Vec<Finding>> {
    of(&args.plant, args.ledger.as_deref(), &config(common))
}

/// The same of records and a ledger that are somewhere.
pub(super) fn of(path: &Path, said: Option<&Path>, config: &Config) -> Result<(Plant, Taken, PathBuf), Vec<Finding>> {
    let plant = plant::read(path, config)?;
    let folder = ledger(said, config);
    let taken = held(&plant.inventory, &book(&folder)?);
    Ok((plant, taken, folder))
}

/// The book as it stands now: holds whose time is over hold nothing, whether somebody has written that or not.
pub(super) fn book(folder: &Path) -> Result<Book, Vec<Finding>> {
    let mut book = Ledger::view(folder).map_err(|error| vec![error.into()])?;
    drop(book.apply(clock::now(), &Command::Sweep));
    Ok(book)
}

pub(super) fn held(inventory: &Inventory, book: &Book) -> Taken {
    Taken::new(inventory, book.held())
}

/// An amount in thousandths, as it is typed.
pub(super) fn amount(text: &str) -> Result<u64, Vec<Finding>> {
    thousandths(text)
        .ok_or_else(|| vec![problem::word(text, ("a number from 0, to the thousandth", "从 0 起、最多三位小数的数"))])
}

pub(super) fn check(args: &Records, common: &Common, out: &Out) -> Result<Exit, Vec<Finding>> {
    let (plant, taken, _) = read(args, common)?;
    let inventory = &plant.inventory;
    let places = inventory.places().count();
    let cables = inventory.cables().count();
    let used = inventory.uses().count();
    let held: usize = inventory.cables().map(|cable| taken.count(cable)).sum();
    let ducts = inventory.ducts().len();
    out.say(match out.lang {
        guiju::lang::finding::Lang::En => {
            format!(
                "{places} places, {cables} cables, {ducts} ducts, {used} cores in use, {held} held: nothing is wrong"
            )
        }
        guiju::lang::finding::Lang::Zh => {
            format!("{places} 个位置，{cables} 条光缆，{ducts} 段管道，{used} 芯在用，{held} 芯保留：没有问题")
        }
    });
    out.document(&json!({
        "ok": true, "places": places, "cables": cables, "ducts": ducts, "used": used, "held": held,
        "digest": plant.digest, "sources": plant.sources,
    }));
    Ok(Exit::Well)
}

pub(super) fn import(args: &Import, out: &Out) -> Result<Exit, Vec<Finding>> {
    let loss_per_km = args.loss_per_km.as_deref().map(amount).transpose()?;
    let how = plant::Import { building: args.building.clone(), cores: args.cores, loss_per_km };
    let imported = plant::import(&args.file, &how).map_err(|finding| vec![finding])?;
    let written = plant::write(&imported, &args.out).map_err(|finding| vec![finding])?;
    for ((kind, (_, rows)), path) in imported.tables.iter().zip(&written) {
        out.say(format!("{path}: {} {}", rows.len(), out.pick(kind.word(), kind.word())));
    }
    if imported.without_length > 0 {
        let count = imported.without_length;
        out.say(out.pick(
            &format!("{count} cables say no length: `guiju fiber check` names their rows"),
            &format!("{count} 条光缆没有长度：`guiju fiber check` 会指出是哪些行"),
        ));
    }
    let tables: Vec<_> =
        imported.tables.iter().map(|(kind, (_, rows))| json!({ "table": kind.word(), "rows": rows.len() })).collect();
    out.document(&json!({ "ok": true, "tables": tables, "files": written, "without_length": imported.without_length }));
    Ok(Exit::Well)
}
