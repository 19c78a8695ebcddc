//! A table goes to a sheet and comes back as the table it was.

use guiju_grammar::sheet::{MisfitKind, Sheet, export, import};
use guiju_grammar::{dump, parse};
use proptest::prelude::*;

fn tables_only(text: &str) -> String {
    let parsed = parse(text);
    assert_eq!(parsed.problems, [], "{text}");
    dump(&parsed.file)
}

const WHOLE: &str = r#"let before = 1
## 客户分级：按年龄和资产
## 每年复核
table grade "客户\"分级\"" (age: integer, total_asset: decimal(18, 2) in 元, `in`: text) -> level: text {
  # 先看年龄
  hit first
  | < 60      | ≥ 500万      | "007", "a|b # c" -> "A->B" |  # 高净值
  | 18..60    | -5..1_000.50 | not "x\n", “全角” -> "B"    |
  # 其余情况
  | is missing | - | is not missing -> missing |
  | -         | 介于 5万 到 1亿 之间 | - -> if true then "a" else "b" |
  | otherwise -> "C" |  # 兜底
}
let after = 2
"#;

#[test]
fn a_table_goes_to_a_sheet_and_back() {
    let parsed = parse(WHOLE);
    assert_eq!(parsed.problems, []);
    let sheet = export(&parsed, "grade").unwrap();
    assert_eq!(sheet.rows[0], ["## 客户分级：按年龄和资产"]);
    assert_eq!(sheet.rows[2], ["table", "grade", "\"客户\\\"分级\\\"\""]);
    assert_eq!(sheet.rows[3], ["hit", "first"]);
    assert_eq!(sheet.rows[4], ["age: integer", "total_asset: decimal(18, 2) in 元", "`in`: text", "-> level: text"]);
    assert_eq!(sheet.rows[6], ["< 60", "≥ 500万", "\"007\", \"a|b # c\"", "\"A->B\"", "# 高净值"]);
    let back = import(&sheet, "other");
    assert_eq!(back.misfits, []);
    assert_eq!(back.name, "grade");
    let place = guiju_grammar::sheet::place(&parsed, "grade").unwrap();
    assert_eq!(tables_only(&back.text), tables_only(&WHOLE[place.whole.range()]));
    // Comments come along.
    for comment in ["# 先看年龄", "# 高净值", "# 其余情况", "# 兜底"] {
        assert!(back.text.contains(comment), "{comment} in {}", back.text);
    }
    // And once more is the same again.
    let again = export(&parse(&back.text), "grade").unwrap();
    assert_eq!(import(&again, "x").text, back.text);
}

#[test]
fn cells_that_end_a_cell_are_named() {
    let rows = [
        vec!["age", "-> level"],
        vec!["< 60 | 5", "\"A\""],
        vec!["< 60", "\"A"],
        vec!["> 5", "", "what"],
        vec!["1", "2 # x"],
    ];
    let sheet = Sheet { rows: rows.iter().map(|row| row.iter().map(|c| (*c).to_owned()).collect()).collect() };
    let found: Vec<_> = import(&sheet, "t").misfits.iter().map(|m| (m.row, m.column, m.kind)).collect();
    assert_eq!(
        found,
        [
            (1, 0, MisfitKind::Sign('|')),
            (2, 1, MisfitKind::OpenText),
            (3, 1, MisfitKind::NoOutput),
            (3, 2, MisfitKind::TooFar),
            (4, 1, MisfitKind::Sign('#')),
        ]
    );
    assert_eq!(import(&Sheet::default(), "t").misfits[0].kind, MisfitKind::NoColumns);
}

/// Cells as analysts write them, all kinds.
fn cell() -> impl Strategy<Value = String> {
    let fixed = vec![
        "-",
        "< 60",
        ">= 50万",
        "≥ 1.5亿元",
        "18..60",
        "60..",
        "..5",
        "\"007\"",
        "“全角”",
        "not \"a\", \"b\"",
        "is missing",
        "为空",
        "2026-11-22",
        "2026年1月5日",
        "09:30",
        "30%",
        "25bp",
        "-5",
        "= 3",
        "!= 3",
        "between 1 and 5",
        "10.0.0.0/8",
        "tcp/80",
        "true",
        "\"a\\nb\"",
        "\"say \\\"hi\\\" | # -> \"",
        "1_000.50",
        "5, 7, 9",
        "today - 30d",
    ];
    prop_oneof![
        prop::sample::select(fixed).prop_map(str::to_owned),
        "[ a-z，。、“”|#0-9!-]{0,8}".prop_map(|t| format!("\"{}\"", t.replace(['“', '”'], "'"))),
    ]
}

fn table() -> impl Strategy<Value = String> {
    let policy = prop::sample::select(vec![
        "",
        "  hit unique\n",
        "  命中方式 任一\n",
        "  hit priority \"A\", “B”\n",
        "  hit count\n",
    ]);
    let title = prop::sample::select(vec!["", " \"标题\"", " \"with \\\"quotes\\\"\""]);
    let row = (
        prop::collection::vec(cell(), 3),
        prop::sample::select(vec!["1", "\"A\"", "missing", "30%", "a + 1"]),
        prop::sample::select(vec!["", "  # why", "  ＃ 全角"]),
    );
    let rows = prop::collection::vec(row, 0..6);
    (policy, title, rows, any::<bool>(), prop::sample::select(vec!["", "## doc\n## 说明\n"])).prop_map(
        |(policy, title, rows, otherwise, doc)| {
            let mut text = format!("{doc}table t{title} (a, b: text, `in`) -> c {{\n{policy}");
            for (cells, output, comment) in rows {
                text += &format!("  | {} -> {output} |{comment}\n", cells.join(" | "));
            }
            if otherwise {
                text += "  # last\n  | otherwise -> 0 |\n";
            }
            text + "}\n"
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn any_table_comes_back(text in table()) {
        let parsed = parse(&text);
        prop_assume!(parsed.problems.is_empty());
        let sheet = export(&parsed, "t").unwrap();
        let back = import(&sheet, "x");
        prop_assert_eq!(&back.misfits, &[]);
        let again = parse(&back.text);
        prop_assert!(again.problems.is_empty(), "{:?}\n{}", again.problems, back.text);
        prop_assert_eq!(dump(&again.file), dump(&parsed.file));
        for (span, row, column) in &back.cells {
            let cell = sheet.rows[*row][*column].trim();
            prop_assert!(cell.ends_with(&back.text[span.range()]), "{cell}");
        }
    }

    #[test]
    fn any_sheet_is_read(rows in prop::collection::vec(prop::collection::vec("[ a-z\"“”|#>\n<0-9-]{0,6}|->|table|hit|otherwise", 0..5), 0..6)) {
        let imported = import(&Sheet { rows }, "t");
        parse(&imported.text);
    }
}

#[test]
fn a_rows_cells_are_found_in_its_text() {
    let row = "| < 60 | \"a|b -> c\", “｜” |  - -> \"A\" |";
    let cells: Vec<&str> = guiju_grammar::sheet::cells_of(row).into_iter().map(|place| &row[place]).collect();
    assert_eq!(cells, ["< 60", "\"a|b -> c\", “｜”", "-"]);
}
