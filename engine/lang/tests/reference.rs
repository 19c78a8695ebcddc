//! The reference of findings: `dsl-grammar/reference/findings/*.md`, one page per code, written from
//! `dsl-grammar/reference/examples/*.txt` and from what the checker says about them. `GUIJU_BLESS=1` writes the pages anew; read
//! them before you commit them. A new code needs an example, or a line in `UNSHOWN` with the reason.
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot read its own files has failed

mod support;

use guiju_lang::{
    check::{CheckInput, check},
    finding::{At, Code, FileId, Finding, Lang, Severity, Sources, catalogue, codes, reference, render},
    market::{Form, Messages, Table},
    plant::{self, Laid, Level, Plant},
    schema::{Column, ColumnFacts, Schema, SchemaProvider},
    ty::{Type, Typed},
    value::Value,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

/// Codes that a text of a few lines cannot show, and why. The list may only become shorter.
const UNSHOWN: &[(RangeInclusive<u16>, &str, &str)] = &[
    (1001..=1001, "the last resort, where nothing better is known", "说不出更具体的原因时才会出现"),
    (1004..=1006, "takes a very large text", "要很长的文本才会出现"),
    (1023..=1023, "addresses belong to kinds of rules that are still to come", "地址用在还没有的规则种类里"),
    (2008..=2008, "takes two rulebooks", "要两个规则集才会出现"),
    (2016..=2016, "takes two rulebooks", "要两个规则集才会出现"),
    (2018..=2018, "takes two rulebooks", "要两个规则集才会出现"),
    (2019..=2019, "takes very many definitions", "要很多层定义才会出现"),
    (2037..=2037, "said of template files", "针对模板文件"),
    (2039..=2040, "said of template files", "针对模板文件"),
    (2045..=2052, "said of template files", "针对模板文件"),
    (2060..=2060, "said of template files", "针对模板文件"),
    (2104..=2104, "said by kinds of rules that ask for a text", "由需要文本的子句给出"),
    (2121..=2121, "said of template files; in a text the grammar says G1039", "针对模板文件；文字里由 G1039 说明"),
    (2169..=2169, "takes thousands of rows", "要几千行才会出现"),
    (2123..=2123, "stands only where a test gives values", "只在测试给值的地方出现"),
    (2128..=2128, "the grammar says G1002 first, where it can", "多半先由 G1002 说明"),
    (2135..=2135, "the grammar says G1026 first, where it can", "多半先由 G1026 说明"),
    (2136..=2136, "takes a very large pattern", "要很大的正则表达式才会出现"),
    (2139..=2139, "belongs to decision tables, which have pages of their own", "属于决策表"),
    (2142..=2143, "said of numbers and tables beyond every measure", "极端情况才会出现"),
    (2190..=2197, "said by the script compiler, not by the checker", "由脚本编译器给出"),
    (3004..=3004, "said of kinds that this version lacks", "这一版没有的规则种类"),
    (3006..=3006, "said by `keep top`, which the event kind checks", "由事件的 `只取前` 给出"),
    (3011..=3011, "said by the compiler of expressions, beyond every measure", "极端情况才会出现"),
    (3101..=3115, "said by the event kind, partly of data", "由事件给出，有的取决于数据"),
    (4002..=4002, "takes two kinds of rules", "要两种规则才会出现"),
    (4003..=4003, "a column in a test is G2030; this is for what only looks constant", "测试里写列是 G2030"),
    (4020..=4020, "properties belong to a kind of rules", "属性由规则的种类决定"),
    (5000..=5999, "said of files and connections, not of rulebooks", "针对文件和连接，不是针对规则文件"),
    (6000..=6999, "said of the store", "针对存储"),
    (7000..=7999, "said of commands and runs", "针对命令和运行"),
];

/// What every example may use; it belongs to the same rulebook.
const PRELUDE: &str = r#"rulebook example {
  calendar sse
}
source customers from lake table "customers" { key customer_id }
source managers from crm table "managers" { key customer_id }
数据源 客户 来自 lake 表 "客户" { 主键 客户号 }
sink tasks to desk
输出 任务单 写入 desk
event uses_everything {
  on customers
  when managers.manager_id = "x"
  task "o"
  to tasks
}
事件 都用到 {
  针对 客户
  当 姓名 = "x"
  任务 "o"
  发往 任务单
}
"#;

struct Example {
    code: Code,
    wrong: String,
    right: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dsl-grammar/reference")
}

fn examples() -> Vec<Example> {
    let whole = |e: reference::Example| Example {
        code: e.code,
        wrong: framed(e.frame, e.wrong),
        right: framed(e.frame, e.right),
    };
    let mut all: Vec<Example> = reference::examples().map(whole).collect();
    all.sort_by_key(|e| e.code);
    all
}

/// No section of the files is passed over in silence.
#[test]
fn every_example_can_be_read() {
    let sections = |path: PathBuf| fs::read_to_string(path).unwrap().matches("=== ").count();
    let folder = fs::read_dir(root().join("examples")).unwrap();
    let written: usize = folder.map(|e| sections(e.unwrap().path())).sum();
    assert_eq!(examples().len(), written);
}

/// A whole file from the part that matters.
fn framed(frame: &str, text: &str) -> String {
    let event = |when: &str, more: &str| {
        format!("event rich {{\n  on customers\n  when {when}\n{more}  task \"call {{name}}\"\n  to tasks\n}}\n")
    };
    let chinese = |when: &str, more: &str| {
        format!("事件 富裕 {{\n  针对 客户\n  当 {when}\n{more}  任务 \"联系{{姓名}}\"\n  发往 任务单\n}}\n")
    };
    let lines = |text: &str| text.lines().map(|l| format!("  {l}\n")).collect::<String>();
    match frame {
        "condition" => event(text, ""),
        "条件" => chinese(text, ""),
        "clauses" => event("total_asset > 50万", &lines(text)),
        "子句" => chinese("总资产 > 50万", &lines(text)),
        "test" => format!("{}\ntest \"rich ones\" {{\n{}}}\n", event("total_asset > 50万", ""), lines(text)),
        "file" => format!("{text}\n"),
        other => panic!("no frame `{other}`"),
    }
}

/// The world, and what is known of its customers.
struct Known;

impl SchemaProvider for Known {
    fn messages(&self, _: &Form) -> Option<Messages> {
        let column = |(name, ty): (&str, Type)| Column { name: name.to_owned(), typed: Typed::new(ty, false) };
        let fields = [("SecurityID", Type::Text), ("Price", Type::Integer), ("TickTime", Type::Integer)];
        let around = [("feed_channel", Type::Integer), ("feed_time", Type::Timestamp)];
        let columns = fields.into_iter().chain(around).map(column).collect();
        Some(Messages { tables: vec![Table { name: "Tick".to_owned(), columns }], troubles: Vec::new() })
    }
    fn plant(&self, connection: &str, _: Option<&str>) -> Result<Option<Plant>, Vec<Finding>> {
        let place = |name: &str| (name.to_owned(), plant::Place { level: Level::Building, within: Vec::new() });
        let laid = Laid { ducts: vec!["D17".to_owned()], ..Laid::default() };
        let known = Plant {
            places: ["J3", "J5", "J7"].map(place).into(),
            cables: [("K311".to_owned(), laid)].into(),
            ducts: ["D17".to_owned()].into(),
        };
        Ok((connection == "plants").then_some(known))
    }
    fn schema(&self, connection: &str, object: Option<&str>) -> Result<Option<Schema>, Finding> {
        support::World.schema(connection, object)
    }
    fn facts(&self, _: &str, object: Option<&str>, columns: &[&str]) -> Vec<Option<ColumnFacts>> {
        let facts = |missing| ColumnFacts { rows: 48_210, missing: Some(missing), ..ColumnFacts::default() };
        let one = |column: &&str| match (*column, object) {
            ("level", Some("customers")) => {
                Some(ColumnFacts { values: Some(["V4", "V5", "V6"].map(Into::into).to_vec()), ..facts(310) })
            }
            ("shares", Some("customers")) => Some(facts(48_000)),
            ("total_asset", Some("customers")) => {
                Some(ColumnFacts { low: Some(Value::Integer(0)), high: Some(Value::Integer(9_120_000)), ..facts(0) })
            }
            _ => None,
        };
        columns.iter().map(one).collect()
    }
}

/// What is found in an example, besides the prelude.
fn found(text: &str) -> (Sources, Vec<Finding>) {
    let mut files = Sources::new();
    files.add("prelude/example.gj", PRELUDE);
    files.add("example.gj", text);
    files.add_template("templates/letter.j2", "letter.j2", "Dear {{ name }},");
    files.add_template("templates/ticks.xml", "ticks.xml", "<templates/>");
    let calendars = [support::calendar()];
    let input = CheckInput { files: &files, schemas: &Known, kinds: &[&support::Event], calendars: &calendars };
    let mut findings = check(input).findings;
    findings.retain(|f| matches!(f.at, At::Text(p) if p.file == FileId(1)));
    (files, findings)
}

fn page(example: &Example) -> (String, Vec<String>) {
    let mut wrong = Vec::new();
    let (files, findings) = found(&example.wrong);
    if !findings.iter().any(|f| f.code == example.code) {
        let found: Vec<String> =
            findings.iter().map(|f| format!("{} {}", f.code, catalogue::message(f, Lang::En))).collect();
        wrong.push(format!("{}: the wrong example is found to be {found:?}\n{}", example.code, example.wrong));
    }
    let (_, after) = found(&example.right);
    if let Some(still) = after.iter().find(|f| f.severity != Severity::Note) {
        let message = catalogue::message(still, Lang::En);
        wrong.push(format!("{}: the right example has {} {message}\n{}", example.code, still.code, example.right));
    }
    let style = render::Style { color: false, width: 100 };
    let said = |lang| render::text(&findings, &files, lang, style).trim_end().to_owned();
    let mut out = head(example.code);
    let _ = write!(out, "## 错 · wrong\n\n```guiju\n{}\n```\n\n", example.wrong.trim_end());
    let _ = write!(out, "```text\n{}\n```\n\n```text\n{}\n```\n\n", said(Lang::Zh), said(Lang::En));
    let _ = write!(out, "## 对 · right\n\n```guiju\n{}\n```\n", example.right.trim_end());
    (out, wrong)
}

fn head(code: Code) -> String {
    let entry = catalogue::entry(code).unwrap();
    let severity = match entry.severity {
        Severity::Error => "错误 · error",
        Severity::Warning => "警告 · warning",
        Severity::Note => "提示 · note",
    };
    format!("# {code} {}\n\n{severity}\n\n", entry.slug)
}

fn all_codes() -> BTreeSet<Code> {
    catalogue::all().iter().map(|e| e.code).collect()
}

#[test]
fn every_code_has_its_page_and_every_page_is_true() {
    let bless = std::env::var_os("GUIJU_BLESS").is_some();
    let folder = root().join("findings");
    let mut wrong = Vec::new();
    let mut pages: BTreeMap<Code, String> = BTreeMap::new();
    for example in examples() {
        let (page, problems) = page(&example);
        wrong.extend(problems);
        if pages.insert(example.code, page).is_some() {
            wrong.push(format!("{} has two examples", example.code));
        }
    }
    for code in all_codes() {
        let reason = UNSHOWN.iter().find(|(codes, ..)| codes.contains(&code.0));
        match (pages.contains_key(&code), reason) {
            (false, None) => wrong.push(format!("{code} has no example in dsl-grammar/reference/examples")),
            (true, Some(_)) => wrong.push(format!("{code} has an example: take it out of UNSHOWN")),
            (true, None) => {}
            (false, Some((_, en, zh))) => {
                let finding = Finding::new(code, At::Nowhere);
                let mut out = head(code);
                for lang in [Lang::Zh, Lang::En] {
                    let _ = write!(out, "{}\n\n", catalogue::message(&finding, lang));
                    if let Some(help) = catalogue::help(&finding, lang) {
                        let _ = write!(out, "> {help}\n\n");
                    }
                }
                let _ = writeln!(out, "{zh} · {en}");
                pages.insert(code, out);
            }
        }
    }
    for (code, page) in &pages {
        let path = folder.join(format!("{code}.md"));
        if bless {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, page).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != *page {
            wrong.push(format!("{} is not what is said now; GUIJU_BLESS=1 writes it anew", path.display()));
        }
    }
    let index = index(&pages);
    let path = root().join("README.md");
    if bless {
        fs::write(&path, &index).unwrap();
    } else if fs::read_to_string(&path).unwrap_or_default() != index {
        wrong.push("the list of findings is not what it was; GUIJU_BLESS=1 writes it anew".into());
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn index(pages: &BTreeMap<Code, String>) -> String {
    let mut out = "# 检查结果一览 · findings\n\nWritten by `engine/lang/tests/reference.rs` from `examples/`; every page is a test.\n\n".to_owned();
    out += "| | | 中文 | English |\n|---|---|---|---|\n";
    for code in pages.keys() {
        let finding = Finding::new(*code, At::Nowhere);
        let entry = catalogue::entry(*code).unwrap();
        let say = |lang| catalogue::message(&finding, lang).replace('|', "\\|");
        let _ =
            writeln!(out, "| [{code}](findings/{code}.md) | {} | {} | {} |", entry.slug, say(Lang::Zh), say(Lang::En));
    }
    out
}

#[test]
fn every_area_has_examples() {
    let shown: BTreeSet<u16> = examples().iter().map(|e| e.code.0).collect();
    for area in [codes::words::ALL, codes::names::ALL, codes::meaning::ALL, codes::kinds::ALL, codes::tests::ALL] {
        let count = area.iter().filter(|(c, _)| shown.contains(&c.0)).count();
        assert!(count * 3 > area.len(), "{count} of {}", area.len());
    }
}
