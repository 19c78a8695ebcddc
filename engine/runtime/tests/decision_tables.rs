//! The reference page of decision tables and the example: what they show is so. And tables through files and back.
#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

use guiju::{
    Epoch, Project,
    grammar::{dump, parse},
    lang::finding::{Lang, Severity, render},
    tables, testing,
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn shown(project: &Project, findings: &[guiju::lang::finding::Finding]) -> String {
    render::text(findings, &project.sources, Lang::Zh, render::Style::default())
}

/// No finding, and every test passes.
fn is_right(project: &Project) {
    let checked = project.check();
    assert!(checked.findings.is_empty(), "{}", shown(project, &checked.findings));
    let epoch = Epoch::link(Arc::new(checked.program.unwrap()), &project.calendars, |_| true).unwrap();
    let reports = testing::test(project, &epoch, |_| true);
    assert!(!reports.is_empty());
    for report in reports {
        assert!(report.failures.is_empty(), "{}: {:?}", report.title, report.failures);
    }
}

#[test]
fn the_page_is_right() {
    let page = fs::read_to_string(root().join("dsl-grammar/reference/decision-tables.md")).unwrap();
    let (mut right, mut wrong) = (0, 0);
    let mut order: Option<String> = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(said) = line.strip_prefix("<!-- ").and_then(|l| l.strip_suffix(" -->")) {
            order = Some(said.to_owned());
        }
        if line != "```guiju" {
            continue;
        }
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.gj");
        fs::write(&path, body.join("\n") + "\n").unwrap();
        let project = Project::open(&[path], None);
        let order = order.take().expect("an example is right or wrong");
        match order.split_once(' ') {
            None => {
                assert_eq!(order, "right");
                right += 1;
                is_right(&project);
            }
            Some((_, codes)) => {
                wrong += 1;
                let checked = project.check();
                // Examples are not used by anybody.
                let found = checked.findings.iter().filter(|f| f.code.0 != 2015).map(|f| f.code.to_string());
                let found: BTreeSet<String> = found.collect();
                let wanted: BTreeSet<String> = codes.split(' ').map(str::to_owned).collect();
                assert_eq!(found, wanted, "{}", shown(&project, &checked.findings));
            }
        }
    }
    assert!(right >= 1 && wrong >= 5);
}

#[test]
fn the_example_is_right() {
    is_right(&Project::open(&[root().join("examples/tables")], None));
}

#[test]
fn every_table_of_the_house_goes_through_files_and_comes_back() {
    let mut count = 0;
    for folder in ["rulebooks", "examples/tables"] {
        let project = Project::open(&[root().join(folder)], None);
        for (_, file) in project.sources.iter().take(project.rulebooks) {
            for item in parse(&file.text).file.items {
                let guiju::grammar::ast::Item::Table(table) = item else { continue };
                for ending in ["csv", "xlsx"] {
                    let folder = tempfile::tempdir().unwrap();
                    let (sheet, book) = (folder.path().join(format!("t.{ending}")), folder.path().join("book.gj"));
                    fs::write(&book, &*file.text).unwrap();
                    let project = Project::open(std::slice::from_ref(&book), None);
                    tables::export(&project, &table.name.text, &sheet).unwrap();
                    let import = tables::import(&sheet, None, Some(Project::open(&[book], None))).unwrap();
                    assert_eq!(import.findings.iter().filter(|f| f.severity == Severity::Error).count(), 0);
                    assert_eq!(dump(&parse(&import.text.unwrap()).file), dump(&parse(&file.text).file));
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 8, "{count}");
}

#[test]
fn an_edit_in_excel_is_answered_with_row_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("book.gj");
    let text = "source c from lake table \"c\" {\n  key id\n  column id is integer required\n  column age is integer required\n}\nsink tasks to desk\n\
        table grade (age) -> level {\n  | < 60 -> \"A\" |\n  | otherwise -> \"B\" |\n}\n\
        event e {\n  on c\n  when grade(age) = \"A\"\n  task \"{id}\"\n  to tasks\n}\n";
    fs::write(&book, text).unwrap();
    let sheet = folder.path().join("grade.csv");
    fs::write(&sheet, "table,grade\nage,-> level\n< 六十,\"\"\"A\"\"\"\n\"\"\"x\"\"\",B\notherwise,\"\"\"C\"\"\"\n")
        .unwrap();
    let import = tables::import(&sheet, None, Some(Project::open(std::slice::from_ref(&book), None))).unwrap();
    assert!(import.text.is_none());
    let text = render::text(&import.findings, &Default::default(), Lang::Zh, render::Style::default());
    for place in ["grade.csv:3:A", "grade.csv:4:A", "grade.csv:4:B"] {
        assert!(text.contains(place), "{place} in\n{text}");
    }
    // Put right, it takes the place of the old one.
    fs::write(&sheet, "table,grade\nage,-> level\n< 50,\"\"\"A\"\"\"\notherwise,\"\"\"C\"\"\"\n").unwrap();
    let import = tables::import(&sheet, None, Some(Project::open(std::slice::from_ref(&book), None))).unwrap();
    let new = import.text.unwrap();
    assert!(new.contains("| < 50      -> \"A\" |") && !new.contains("< 60") && new.contains("event e"), "{new}");
}
