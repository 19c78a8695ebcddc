//! Where a target's first inputs come from: the project's own rulebooks and data, and every input that once crashed it.

use crate::Target;
use guiju_grammar::keyword;
use std::path::{Path, PathBuf};

/// Seeds longer than this are cut: short inputs find more per second.
const LONGEST: usize = 16 * 1024;

/// All seeds of a target: those written in the source, the project's files it asks for, and its old crashes.
#[must_use]
pub fn of(target: &Target) -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = target.examples.iter().map(|text| text.as_bytes().to_vec()).collect();
    for folder in ["rulebooks", "examples", "templates", "tests", "dsl-grammar/tests", "engine"] {
        collect(&root().join(folder), &|path| has_extension(path, target.files), &mut seeds);
    }
    seeds.extend(regressions(target).into_iter().map(|(_, bytes)| bytes));
    for seed in &mut seeds {
        seed.truncate(LONGEST);
    }
    seeds.sort();
    seeds.dedup();
    seeds
}

/// Inputs that once crashed the target, with their file.
#[must_use]
pub fn regressions(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions").join(target.name);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).map_or_else(|_| Vec::new(), |entries| entries.flatten().map(|e| e.path()).collect());
    files.sort();
    files.into_iter().filter_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes))).collect()
}

/// The words a mutation may put in: every keyword in both languages, and the signs and literals that mean something.
#[must_use]
pub fn words() -> Vec<String> {
    let mut words: Vec<String> = keyword::all().iter().flat_map(|row| [row.en, row.zh]).map(str::to_owned).collect();
    words.extend(keyword::functions().iter().flat_map(|row| [row.en, row.zh]).map(str::to_owned));
    words.retain(|word| !word.is_empty());
    let literals = [
        "50万",
        "1.5亿",
        "30%",
        "25bp",
        "30d",
        "5m",
        "24h",
        "09:30",
        "2026-11-22",
        "2026-11-22 09:30",
        "18..60",
        "60..",
        "10.1.2.0/24",
        "tcp/8080",
        "/a+/",
        "{x:#,##0.00}",
        "{{",
        "}}",
        "\\\"",
        ">=",
        "!=",
        "->",
        "｛",
        "“",
        "：",
        "，",
    ];
    words.extend(literals.map(str::to_owned));
    words.sort();
    words.dedup();
    words
}

fn collect(folder: &Path, wanted: &dyn Fn(&Path) -> bool, seeds: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, wanted, seeds);
        } else if wanted(&path) {
            seeds.extend(std::fs::read(&path).ok());
        }
    }
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|found| extensions.iter().any(|wanted| found == *wanted))
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}
