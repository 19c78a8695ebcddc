use super::*;
use crate::finding::{Arg, codes};

fn sources() -> Sources {
    let text = "source a from b\n\nevent x {\n  当 总资产 > 50万 且 余额 != 3\n}\n";
    [("规则/客户.gj", text)].into_iter().collect()
}

fn place(text: &str) -> Place {
    let all = sources();
    let (file, source) = all.iter().next().unwrap();
    let start = source.text.find(text).unwrap();
    Place { file, span: Span::new(start, start + text.len()) }
}

#[test]
fn carets_stand_under_wide_characters() {
    let finding = Finding::new(codes::names::UNKNOWN_NAME, place("余额"))
        .name("name", "余额")
        .suggest(vec!["可用余额".into()])
        .label(place("a from"), "first-here")
        .fix(Fix::replace(place("余额"), "可用余额"));
    let shown = text(&[finding.clone(), finding], &sources(), Lang::Zh, Style { color: false, width: 60 });
    let expected = "\
错误[G2001]：这里没有叫 `余额` 的东西
  --> 规则/客户.gj:4:17
  |
1 | source a from b
  |        ------ 第一次在这里
  :
4 |   当 总资产 > 50万 且 余额 != 3
  |                       ^^^^
  = 建议：是不是想写 `可用余额`？
  = 建议：规则里可以用：本数据源的列、用“令”定义的值，以及用
          “数据源.列”取其他数据源的列
  = 改为：当 总资产 > 50万 且 可用余额 != 3
";
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn data_findings_name_row_and_column() {
    let at = At::Data { path: "a.csv".into(), row: Some(17), column: Some("余额".into()), byte: None };
    let finding = Finding::new(codes::names::UNKNOWN_COLUMN, at).name("name", "x").arg("source", Arg::Name("a".into()));
    let shown = text(&[finding], &Sources::new(), Lang::En, Style::default());
    assert!(shown.contains("--> a.csv:17:余额\n"), "{shown}");
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let line = format!("{} 余额 {}", "长".repeat(200), "x".repeat(300));
    let all: Sources = [("a", line.as_str())].into_iter().collect();
    let start = line.find("余额").unwrap();
    let at = Place { file: all.iter().next().unwrap().0, span: Span::new(start, start + 6) };
    let shown =
        text(&[Finding::new(codes::names::UNKNOWN_NAME, at)], &all, Lang::En, Style { color: false, width: 60 });
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines.iter().take(5).all(|l| l.width() <= 60), "{shown}");
    let column = lines[3].find("余额").map(|i| lines[3][..i].width());
    assert_eq!(column, lines[4].find('^'), "{shown}");
}
