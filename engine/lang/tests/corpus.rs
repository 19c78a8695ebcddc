//! Wrong snippets and what people read about them, in both languages: `corpus/*.gj` (or a folder of files) beside `*.txt`.
//! `GUIJU_BLESS=1 cargo test -p guiju-lang --test corpus` writes the texts; read them before you commit them.

mod support;

use guiju_lang::finding::{Lang, Sources, render};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

fn sources(path: &Path) -> io::Result<Sources> {
    let mut files = if path.is_dir() { listed(path)? } else { vec![path.to_owned()] };
    files.sort();
    files.iter().map(|p| Ok((name(p), fs::read_to_string(p)?))).collect()
}

fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|e| Ok(e?.path())).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn shown(path: &Path) -> io::Result<String> {
    let sources = sources(path)?;
    let checked = support::check_set(&sources);
    let style = render::Style { color: false, width: 100 };
    let text = |lang| render::text(&checked.findings, &sources, lang, style);
    Ok(format!("{}\n{}\n{}", text(Lang::En), "=".repeat(100), text(Lang::Zh)))
}

#[test]
fn every_wrong_snippet_reads_as_agreed() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut cases = listed(&folder)?;
    cases.retain(|p| p.extension().is_none_or(|e| e == "gj"));
    cases.sort();
    assert!(cases.len() >= 10);
    let mut wrong = Vec::new();
    for case in cases {
        let expected = case.with_extension("txt");
        let shown = shown(&case)?;
        if std::env::var_os("GUIJU_BLESS").is_some() {
            fs::write(&expected, &shown)?;
        } else if fs::read_to_string(&expected).unwrap_or_default() != shown {
            wrong.push(format!("{}:\n{shown}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
