//! `guiju test --mutate`: which change of a rule no test notices.

use super::test::position;
use crate::output::Out;
use guiju::{
    Project,
    lang::{finding::Lang, hir::RuleId},
    testing::{Mutations, Survivor},
};
use serde_json::{Value, json};

pub(super) fn show(mutations: &Mutations, project: &Project, out: &Out) {
    let &Mutations { tried, noticed, left, .. } = mutations;
    let percent = (mutations.percent() * 10.0).floor() / 10.0;
    out.say(match out.lang {
        Lang::En => format!("mutation score: the tests notice {noticed} of {tried} changes ({percent} %)"),
        Lang::Zh => format!("变异得分：{tried} 处改动中测试发现 {noticed} 处（{percent}%）"),
    });
    for survivor in &mutations.survivors {
        let (path, line, _) = position(survivor.said.at, project);
        out.say(format!("  {path}:{line}  {}", sentence(survivor, line, out)));
    }
    if !mutations.without.is_empty() {
        let rules = names(&mutations.without).join(out.pick(", ", "、"));
        out.say(match out.lang {
            Lang::En => format!("not tried, because a test fails or there is none: {rules}"),
            Lang::Zh => format!("没有测试或测试未通过，未尝试：{rules}"),
        });
    }
    if left > 0 {
        out.say(match out.lang {
            Lang::En => format!("there was no time for {left} changes; --seconds gives more"),
            Lang::Zh => format!("时间不够，还有 {left} 处改动没有尝试，可用 --seconds 延长"),
        });
    }
}

fn sentence(survivor: &Survivor, line: usize, out: &Out) -> String {
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (from, to) = (flat(&survivor.said.from), flat(&survivor.said.to));
    match (out.lang, to.is_empty()) {
        (Lang::En, true) => format!("no test notices if line {line} did not say `{from}`"),
        (Lang::En, false) => format!("no test notices if line {line} said `{to}` instead of `{from}`"),
        (Lang::Zh, true) => format!("第 {line} 行若没有 `{from}`，没有测试会发现"),
        (Lang::Zh, false) => format!("第 {line} 行若把 `{from}` 写成 `{to}`，没有测试会发现"),
    }
}

fn names(rules: &[RuleId]) -> Vec<String> {
    rules.iter().map(|rule| format!("{}.{}", rule.rulebook, rule.name)).collect()
}

pub(super) fn as_json(mutations: &Mutations, project: &Project) -> Value {
    let survivor = |survivor: &Survivor| {
        let (file, line, column) = position(survivor.said.at, project);
        json!({
            "file": file, "line": line, "column": column, "kind": survivor.said.kind,
            "from": survivor.said.from, "to": survivor.said.to, "rules": names(&survivor.rules),
        })
    };
    json!({
        "tried": mutations.tried, "noticed": mutations.noticed, "left": mutations.left, "percent": mutations.percent(),
        "survivors": mutations.survivors.iter().map(survivor).collect::<Vec<_>>(),
        "not_tried": names(&mutations.without),
    })
}
