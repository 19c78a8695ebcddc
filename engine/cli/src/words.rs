//! The command line's own sentences, in both languages. What is wrong is said by the finding catalogues, not here.

use guiju::{connect::inspect::Hint, lang::finding::Lang};

pub(crate) struct Words {
    pub(crate) counted: fn(usize, usize) -> String,
    pub(crate) checked: fn(usize, usize) -> String,
    pub(crate) tests: fn(usize, usize) -> String,
    pub(crate) fires: &'static str,
    pub(crate) silent: &'static str,
    pub(crate) no_such_key: &'static str,
    pub(crate) would_hold: fn(&str, &str, &str, &str) -> String,
    pub(crate) would_not_hold: fn(&str, &str, &str, &str) -> String,
    pub(crate) is_true: &'static str,
    pub(crate) is_false: &'static str,
    pub(crate) is_missing: &'static str,
    pub(crate) last_effect: &'static str,
    pub(crate) never: &'static str,
    pub(crate) hint: fn(Hint) -> &'static str,
}

impl Words {
    pub(crate) fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::En => &EN,
            Lang::Zh => &ZH,
        }
    }
}

fn plural(n: usize, one: &str, more: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {more}") }
}

static EN: Words = Words {
    counted: |errors, warnings| match (errors, warnings) {
        (0, 0) => "nothing wrong".to_owned(),
        (0, w) => plural(w, "warning", "warnings"),
        (e, 0) => plural(e, "error", "errors"),
        (e, w) => format!("{}, {}", plural(e, "error", "errors"), plural(w, "warning", "warnings")),
    },
    checked: |files, rules| format!("{} with {}", plural(files, "file", "files"), plural(rules, "rule", "rules")),
    tests: |passed, failed| format!("{passed} passed, {failed} failed"),
    fires: "acts",
    silent: "does not act",
    no_such_key: "no row has this key",
    would_hold: |operand, relation, threshold, was| {
        format!("would hold with {operand} {relation} {threshold}; was {was}")
    },
    would_not_hold: |operand, relation, threshold, was| {
        format!("would no longer hold with {operand} {relation} {threshold}; is {was}")
    },
    is_true: "true",
    is_false: "false",
    is_missing: "unknown",
    last_effect: "last effect",
    never: "never",
    hint: |hint| match hint {
        Hint::Share => "a share of one: 30% is 0.3",
        Hint::Percent => "percent: 30% is 30",
        Hint::TenThousands => "units of ten thousand",
        Hint::DayDigits => "days written as digits: 20261120",
        Hint::Flag => "yes or no",
        Hint::Code => "a number that names something",
    },
};

static ZH: Words = Words {
    counted: |errors, warnings| match (errors, warnings) {
        (0, 0) => "没有问题".to_owned(),
        (0, w) => format!("{w} 个警告"),
        (e, 0) => format!("{e} 个错误"),
        (e, w) => format!("{e} 个错误，{w} 个警告"),
    },
    checked: |files, rules| format!("{files} 个文件，{rules} 条规则"),
    tests: |passed, failed| format!("通过 {passed} 个，失败 {failed} 个"),
    fires: "会触发",
    silent: "不触发",
    no_such_key: "没有这个主键的行",
    would_hold: |operand, relation, threshold, was| format!("若 {operand} {relation} {threshold} 则成立；现为 {was}"),
    would_not_hold: |operand, relation, threshold, was| {
        format!("若 {operand} {relation} {threshold} 则不再成立；现为 {was}")
    },
    is_true: "成立",
    is_false: "不成立",
    is_missing: "无法判断",
    last_effect: "上次触发",
    never: "从未",
    hint: |hint| match hint {
        Hint::Share => "比例，30% 即 0.3",
        Hint::Percent => "百分数，30% 即 30",
        Hint::TenThousands => "以万为单位",
        Hint::DayDigits => "用八位数字写的日期",
        Hint::Flag => "是或否",
        Hint::Code => "编号，不用于计算",
    },
};
