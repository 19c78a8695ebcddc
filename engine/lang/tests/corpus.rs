//! Wrong snippets and what people read about them, in both languages: `corpus/*.gj` (or a folder of files) beside `*.txt`.
//! `GUIJU_BLESS=1 cargo test -p guiju-lang --test corpus` writes the texts; read them before you commit them.

mod support;

use guiju_lang::finding::{FileId, Finding, Lang, Sources, apply_fixes, render};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

fn sources(path: &Path) -> io::Result<Sources> {
    let mut files = if path.is_dir() { listed(path)? } else { vec![path.to_owned()] };
    // Rulebooks come first, as in a project.
    files.sort_by_key(|path| (path.extension().is_some_and(|e| e == "j2"), path.clone()));
    let mut sources = Sources::new();
    for path in &files {
        let text = fs::read_to_string(path)?;
        match path.extension() {
            Some(ending) if ending == "j2" => sources.add_template(name(path), name(path), text),
            _ => sources.add(name(path), text),
        };
    }
    Ok(sources)
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

#[test]
fn a_fix_puts_right_what_it_belongs_to() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut tried = 0;
    for case in listed(&folder)?.iter().filter(|p| p.extension().is_some_and(|e| e == "gj")) {
        let text = fs::read_to_string(case)?;
        let check = |text: &str| support::check_set(&[(name(case), text)].into_iter().collect()).findings;
        let before = check(&text);
        for finding in before.iter().filter(|f| !f.fixes.is_empty() && f.code.0 >= 2000) {
            let (fixed, applied) = apply_fixes(&text, FileId(0), std::slice::from_ref(finding), true);
            assert_eq!(applied, 1);
            let after = check(&fixed);
            let same =
                |all: &[Finding]| all.iter().filter(|f| f.code == finding.code && f.args == finding.args).count();
            let words = |all: &[Finding]| all.iter().filter(|f| f.code.0 < 2000).count();
            assert!(same(&after) < same(&before), "{}: {finding:?}\n{fixed}\n{after:?}", case.display());
            assert_eq!(words(&after), words(&before), "{}: {finding:?}\n{fixed}", case.display());
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
    Ok(())
}

#[test]
fn json_says_the_same_as_text() -> io::Result<()> {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/columns.gj"))?;
    let findings = support::check_set(&sources).findings;
    let json = render::json(&findings, &sources, Lang::Zh);
    assert_eq!(json.as_array().map(Vec::len), Some(findings.len()));
    assert_eq!(
        json[0],
        serde_json::json!({
            "code": "G2001", "slug": "unknown-name", "severity": "error",
            "message": "这里没有叫 `totl_asset` 的东西",
            "file": "columns.gj", "line": 8, "column": 8, "span": [239, 249],
            "help": "规则里可以用：本数据源的列、用“令”定义的值，以及用“数据源.列”取其他数据源的列",
            "suggestions": ["total_asset"],
            "fixes": [{ "safe": false, "edits": [
                { "file": "columns.gj", "line": 8, "column": 8, "span": [239, 249], "text": "total_asset" }
            ]}],
        })
    );
    Ok(())
}
