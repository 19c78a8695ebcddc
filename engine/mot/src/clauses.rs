//! What an event may say.

use guiju_grammar::keyword::Kw;
use guiju_lang::kind::ClauseSpec;

const fn clause(
    word: Kw,
    required: bool,
    doc: (&'static str, &'static str),
    example: (&'static str, &'static str),
) -> ClauseSpec {
    ClauseSpec { word, required, repeat: false, doc, example }
}

/// In the order the formatter's readers expect them; rules may write them in any order.
pub(crate) static CLAUSES: &[ClauseSpec] = &[
    clause(
        Kw::ON,
        true,
        (
            "the table whose rows are looked at, one by one; with `by`, a stream, whose windows (`sum(x) over 1d`) it tells apart",
            "逐行查看的数据源；加上“按”就是数据流，按它分别计算时间窗口（`合计(x) 近1d`）",
        ),
        ("on customers", "针对 客户"),
    ),
    clause(
        Kw::WHEN,
        true,
        (
            "the condition; the event happens only where it is true, not where it is missing",
            "条件；只有成立时才触发，缺失不算成立",
        ),
        ("when cd_balance >= 50万", "当 存单余额 >= 50万"),
    ),
    clause(
        Kw::FOR,
        false,
        (
            "of a stream: only once the condition has held for this long, in every row of the key; the task is that of the last row",
            "针对数据流：条件在该键的每一行上持续成立满这段时间才触发一次，任务按最后一行来写",
        ),
        ("for 5m", "持续 5m"),
    ),
    clause(
        Kw::PRIORITY,
        false,
        (
            "high, medium, low, or an expression that gives one of them as a text; medium if left out",
            "高、中、低，或结果为其中之一的表达式（加引号）；不写为中",
        ),
        ("priority high", "优先级 高"),
    ),
    clause(
        Kw::ASSIGN_TO,
        false,
        ("who gets the task", "任务交给谁"),
        ("assign to managers.manager_id or else branch_desk", "分派给 客户经理.工号 为空则取 营业部"),
    ),
    clause(
        Kw::KEEP_TOP,
        false,
        ("of the rows that fire, only the first N of each group by a value", "在触发的行里，每组只留数值最大的前几名"),
        ("keep top 3 per managers.manager_id by deposit_7d", "只取前 3 每 客户经理.工号 按 近七日转入"),
    ),
    clause(
        Kw::ONCE_PER,
        false,
        ("the cool-down: no second task for the same key within this time", "冷却期：同一对象在这段时间内不重复"),
        ("once per customer every 30d", "每个 客户 每30天一次"),
    ),
    clause(
        Kw::EXPIRES_AFTER,
        false,
        ("when the task is no longer worth doing", "任务多久后作废"),
        ("expires after 5 trading days", "有效期 5个交易日"),
    ),
    clause(
        Kw::TASK,
        true,
        ("what the person reads, with slots, or the name of a template", "给办理人看的文字，可带变量，或写模板名"),
        ("task \"call {name}: {cd_balance:万元} matures\"", "任务 \"联系{姓名}：{存单余额:万元}到期\""),
    ),
    clause(Kw::TO, true, ("the sink that receives the tasks", "任务写到哪里"), ("to tasks", "发往 任务")),
    clause(
        Kw::FORMERLY,
        false,
        ("the name this event had before; its cool-downs are carried over", "曾用名；改名后冷却记录沿用"),
        ("formerly cd_due", "曾用名 存单到期"),
    ),
    clause(
        Kw::ON_CHANGE,
        false,
        ("allows a reload to forget this event's state when its key changes", "变更后允许清空本事件的状态"),
        ("on change reset", "变更时 重置"),
    ),
];
