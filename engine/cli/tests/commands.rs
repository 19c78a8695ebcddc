//! The commands as a person types them: a new project from nothing to published tasks, in both languages, and what happens when
//! something is wrong.

#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

struct Guiju {
    folder: tempfile::TempDir,
}

impl Guiju {
    /// A fresh project made by `guiju new`.
    fn new(lang: &str) -> Self {
        let guiju = Self { folder: tempfile::tempdir().unwrap() };
        guiju.ok(&["new", "care", "--lang", lang]);
        guiju
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("care").join(name)
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_guiju"))
            .args(args)
            .current_dir(self.folder.path())
            .env_remove("LC_ALL")
            .env("LANG", "en_US.UTF-8")
            .output()
            .unwrap()
    }

    fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{args:?}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    fn json(&self, args: &[&str], exit: i32) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        let output = self.run(&all);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{args:?}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    fn rulebook(&self) -> PathBuf {
        self.path("care.gj")
    }

    fn edit(&self, path: &Path, from: &str, to: &str) {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(from), "{from} is not in {}", path.display());
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    }
}

#[test]
fn a_new_project_checks_tests_runs_and_explains_itself() {
    for lang in ["en", "zh"] {
        let guiju = Guiju::new(lang);
        guiju.ok(&["check", "care"]);
        let tests = guiju.json(&["test", "care"], 0);
        assert!(tests["passed"].as_u64().unwrap() >= 1, "{tests}");
        assert_eq!(tests["failed"], 0, "{tests}");

        let first = guiju.json(&["run", "care", "--today", "2026-11-20"], 0);
        let new = first["new"].as_u64().unwrap();
        assert!(new >= 1, "{first}");
        assert_eq!(first["deliveries"][0]["written"].as_u64(), Some(new), "{first}");

        let again = guiju.json(&["run", "care", "--today", "2026-11-20"], 0);
        assert_eq!(
            (again["new"].as_u64(), again["already"].as_u64()),
            (Some(0), Some(new)),
            "a repeated run doubles nothing"
        );

        let tasks = guiju.json(&["list", "tasks", "care"], 0);
        let tasks = tasks["rows"].as_array().unwrap().clone();
        assert_eq!(tasks.len() as u64, new);
        let rule = tasks[0]["rule"].as_str().unwrap();
        let key = tasks[0]["key"].as_str().unwrap();
        let why = guiju.json(&["explain", rule, key, "care", "--today", "2026-11-20"], 0);
        assert_eq!(why["verdict"], "acts", "{why}");
        let told = guiju.ok(&["explain", rule, key, "care", "--today", "2026-11-20", "--lang", lang]);
        assert!(told.contains('✓'), "{told}");
        let nobody = guiju.json(&["explain", rule, "no such customer", "care", "--today", "2026-11-20"], 0);
        assert_eq!(nobody["verdict"], "no such key");

        assert_eq!(guiju.json(&["list", "runs", "care"], 0)["rows"].as_array().unwrap().len(), 2);
        guiju.ok(&["list", "rules", "care"]);
        guiju.ok(&["list", "sources", "care"]);
    }
}

#[test]
fn formatting_is_stable_and_translates_there_and_back() {
    let guiju = Guiju::new("en");
    let book = guiju.rulebook();
    let path = book.to_str().unwrap();
    guiju.ok(&["fmt", path]);
    let english = std::fs::read_to_string(&book).unwrap();
    guiju.ok(&["fmt", path, "--check"]);
    guiju.ok(&["fmt", path, "--keywords", "zh"]);
    let chinese = std::fs::read_to_string(&book).unwrap();
    assert!(chinese.contains("事件") && !chinese.contains("\nevent "), "{chinese}");
    let tests = guiju.json(&["test", "care"], 0);
    assert_eq!(tests["failed"], 0, "the translation says the same");
    guiju.ok(&["fmt", path, "--keywords", "en"]);
    assert_eq!(std::fs::read_to_string(&book).unwrap(), english);
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_an_exit_code() {
    let guiju = Guiju::new("en");
    guiju.edit(&guiju.rulebook(), "  when ", "  whne ");
    let wrong = guiju.json(&["check", "care"], 1);
    let finding = &wrong["findings"][0];
    assert_eq!(wrong["ok"], false);
    assert!(finding["line"].as_u64().unwrap() > 1 && finding["code"].is_string(), "{finding}");
    assert_eq!(guiju.run(&["run", "care"]).status.code(), Some(1), "nothing runs while something is wrong");
    assert_eq!(guiju.run(&["check", "nowhere"]).status.code(), Some(3));
    assert_eq!(guiju.run(&["chekc"]).status.code(), Some(2));
    assert_eq!(guiju.json(&["run", "care", "--today", "20.11.2026"], 1)["ok"], false);
    let guiju = Guiju::new("en");
    assert_eq!(guiju.json(&["run", "care", "--today", "20.11.2026"], 2)["findings"][0]["code"], "G7007");
    assert_eq!(guiju.json(&["explain", "nothing", "1", "care"], 2)["findings"][0]["code"], "G7005");
    assert_eq!(guiju.json(&["new", "care"], 3)["findings"][0]["code"], "G7009");
}

#[test]
fn a_failing_test_shows_expected_and_got() {
    let guiju = Guiju::new("en");
    let text = std::fs::read_to_string(guiju.rulebook()).unwrap();
    let line = text.lines().find(|line| line.trim_start().starts_with("expect event")).unwrap().to_owned();
    let nobody = line.split(" with ").next().unwrap().rsplit_once(' ').unwrap().0.to_owned() + " 424242";
    guiju.edit(&guiju.rulebook(), &line, &nobody);
    let output = guiju.run(&["test", "care"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("expected") && told.contains("got") && told.contains("1 failed"), "{told}");
}

#[test]
fn bad_data_stops_the_run_and_leaves_nothing_behind() {
    let guiju = Guiju::new("en");
    let customers = guiju.path("data/customers.csv");
    let good = std::fs::read_to_string(&customers).unwrap();
    let cases: [(&str, Vec<u8>); 4] = [
        ("ragged", good.replacen(",West desk", ",West desk,one too many", 1).into_bytes()),
        ("invalid UTF-8", [good.as_bytes(), &[0xff, 0xfe, b'\n']].concat()),
        ("empty", Vec::new()),
        ("a text where a number was", good.replacen("800000.00", "eight hundred", 1).into_bytes()),
    ];
    guiju.ok(&["run", "care", "--today", "2026-11-19"]);
    for (what, bytes) in cases {
        std::fs::write(&customers, bytes).unwrap();
        let output = guiju.run(&["run", "care", "--today", "2026-11-20"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(1 | 3)), "{what}: {told}");
        assert!(told.contains("customers.csv"), "{what}: the finding names the file: {told}");
    }
    std::fs::write(&customers, &good).unwrap();
    let runs = guiju.json(&["list", "runs", "care"], 0);
    assert_eq!(runs["rows"].as_array().unwrap().len(), 1, "only the good run is in the history: {runs}");
    guiju.ok(&["run", "care", "--today", "2026-11-20"]);
}

#[test]
fn a_gbk_rulebook_is_recognised() {
    let guiju = Guiju::new("zh");
    std::fs::write(guiju.path("old.gj"), [0xd3, 0xef, 0xd1, 0xd4, 0xb0, 0xe6, 0xb1, 0xbe, b' ', b'1', b'\n']).unwrap();
    let wrong = guiju.json(&["check", "care"], 3);
    let codes: Vec<_> = wrong["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"G7021"), "{codes:?}");
}

#[test]
fn a_template_file_is_a_text_like_any_other() {
    let guiju = Guiju::new("en");
    let (rulebook, letter) = (guiju.rulebook(), guiju.path("templates/letter.j2"));
    let text = std::fs::read_to_string(&rulebook).unwrap();
    let task = text.lines().find(|line| line.trim_start().starts_with("task ")).unwrap();
    guiju.edit(&rulebook, task, "  task template letter");
    std::fs::write(
        &rulebook,
        std::fs::read_to_string(&rulebook).unwrap() + "\ntemplate letter { file \"letter.j2\" }\n",
    )
    .unwrap();
    assert!(guiju.json(&["check", "care"], 1).to_string().contains("template-file-unknown"));

    std::fs::create_dir(guiju.path("templates")).unwrap();
    std::fs::write(&letter, "{# not said #}\nDear {{ name }},\n{% if balence > 1 %}rich{% endif %}\n").unwrap();
    let found = guiju.json(&["check", "care"], 1).to_string();
    assert!(found.contains("balence") && found.contains("letter.j2"), "{found}");

    std::fs::write(
        &letter,
        "{# not said #}\nDear {{ name }},\n{% if name == \"\" %}\nnobody\n{% else %}\nwelcome\n{% endif %}\n",
    )
    .unwrap();
    guiju.ok(&["run", "care", "--today", "2026-11-20"]);
    let tasks = guiju.ok(&["list", "tasks", "care"]);
    assert!(tasks.contains("welcome") && tasks.contains("Dear ") && !tasks.contains("not said"), "{tasks}");
}

#[test]
fn a_rulebook_is_shown_in_colours() {
    let guiju = Guiju::new("zh");
    let text = std::fs::read_to_string(guiju.rulebook()).unwrap();
    assert_eq!(guiju.ok(&["show", "care"]), text);
    assert!(guiju.ok(&["show", "care", "--color"]).contains("\x1b[35m当\x1b[0m"));
    let page = guiju.ok(&["show", "care", "--html"]);
    assert!(page.contains("<span class=\"gj-clause\">当</span>") && page.contains("</pre>"), "{page}");
    assert!(guiju.json(&["show", "care"], 0)["files"][0]["words"].as_array().unwrap().len() > 20);
}

#[test]
fn a_project_starts_from_a_table_of_ones_own() {
    for (lang, table) in [
        ("en", "id,name,due,rate\n1,Li,2026-12-01,30\n2,Wu,2027-01-05,12\n"),
        ("zh", "客户号,姓名,资产\nA01,李雷,1200.50\nA02,,88.00\n"),
        ("en", "id,level\n1,gold\n2,gold\n3,\n"),
    ] {
        let guiju = Guiju { folder: tempfile::tempdir().unwrap() };
        std::fs::write(guiju.folder.path().join("table.csv"), table).unwrap();
        guiju.ok(&["new", "care", "--from", "table.csv", "--lang", lang]);
        guiju.ok(&["check", "care"]);
        guiju.ok(&["test", "care"]);
        guiju.ok(&["run", "care", "--today", "2026-11-20"]);
        assert!(!guiju.json(&["list", "tasks", "care"], 0)["rows"].as_array().unwrap().is_empty());
    }
    let guiju = Guiju { folder: tempfile::tempdir().unwrap() };
    std::fs::write(guiju.folder.path().join("same.csv"), "a,b\n1,2\n1,3\n1,3\n").unwrap();
    let found = guiju.json(&["new", "care", "--from", "same.csv"], 3);
    assert!(found.to_string().contains("no-key-column"), "{found}");
    assert!(!guiju.path("guiju.yaml").exists());
}

#[test]
fn safe_fixes_are_applied_to_all_files_and_told() {
    let guiju = Guiju::new("en");
    let rulebook = guiju.rulebook();
    let good = std::fs::read_to_string(&rulebook).unwrap();
    let when = good.lines().find(|line| line.trim_start().starts_with("when ")).unwrap().to_owned();
    // Two slips with one reading each, one behind the other, in one file; a guess in another.
    guiju.edit(&rulebook, &when, &format!("{};", when.replacen("when ", "when:", 1)));
    let other = guiju.path("other.gj");
    let text = "let unused = 1\nevnet x {\n}\n";
    std::fs::write(&other, text).unwrap();
    let said = guiju.json(&["check", "care", "--fix"], 1);
    assert!(said["fixed"].as_u64().unwrap() >= 2, "{said}");
    assert_eq!(said["changes"].as_array().unwrap().len() as u64, said["fixed"].as_u64().unwrap());
    assert_eq!(std::fs::read_to_string(&rulebook).unwrap(), good, "the slips are gone, and nothing else changed");
    assert_eq!(std::fs::read_to_string(&other).unwrap(), text, "a guess is not applied");
    let again = guiju.json(&["check", "care", "--fix"], 1);
    assert_eq!(again["fixed"], 0, "{again}");
    assert_eq!(again["findings"], said["findings"]);
}

#[test]
fn a_code_is_explained() {
    let guiju = Guiju::new("en");
    let zh = guiju.ok(&["check", "--explain", "G2001", "--lang", "zh"]);
    assert!(zh.contains("totl_asset") && zh.contains("没有叫"), "{zh}");
    assert_eq!(guiju.json(&["check", "--explain", "unknown-name"], 0)["code"], "G2001");
    assert_eq!(guiju.json(&["check", "--explain", "G9999"], 2)["ok"], false);
}
