//! What is wrong with a plant's records, with requests and with reservations, as findings.

use guiju_fiber::{
    book::Denied,
    inventory::{At as Row, Level, Problem, Wrong},
    plan::Contradiction,
};
use guiju_lang::finding::{Arg, At, Code, Finding, codes::cli as codes};

/// A problem with its table's place and row.
pub(super) fn problem(problem: &Problem, tables: &[String]) -> Finding {
    use Wrong as W;
    let place = |at: Row| tables.get(at.table as usize).cloned().unwrap_or_default();
    let of = |code: Code| {
        let row = Some(problem.at.row).filter(|row| *row > 0);
        Finding::new(code, At::Data { path: place(problem.at), row, column: None, byte: None })
    };
    let name = |text: &String| Arg::Name(text.clone());
    match &problem.what {
        W::Twice { name: twice, first } => {
            of(codes::PLANT_TWICE).arg("name", name(twice)).arg("first", first_row(*first, &place(*first)))
        }
        W::NoSuchPlace { name: of_what, within } => {
            of(codes::PLANT_NO_PLACE).arg("name", name(of_what)).arg("within", name(within))
        }
        W::TooSmall { name: of_what, within, level } => of(codes::PLANT_TOO_SMALL)
            .arg("name", name(of_what))
            .arg("within", name(within))
            .arg("level", level_word(*level)),
        W::Nowhere { name: of_what } => of(codes::PLANT_NOWHERE).arg("name", name(of_what)),
        W::Dangling { cable, end } => of(codes::PLANT_DANGLING).arg("cable", name(cable)).arg("end", name(end)),
        W::NoLength { cable } => of(codes::PLANT_NO_LENGTH).arg("cable", name(cable)),
        W::NoLoss { cable } => of(codes::PLANT_NO_LOSS).arg("cable", name(cable)),
        W::NoSuchCable { circuit, cable } => {
            of(codes::PLANT_NO_CABLE).arg("circuit", name(circuit)).arg("cable", name(cable))
        }
        W::NoSuchCore { circuit, cable, core, cores } => of(codes::PLANT_NO_CORE)
            .arg("circuit", name(circuit))
            .arg("cable", name(cable))
            .arg("core", Arg::Count((*core).into()))
            .arg("cores", Arg::Count((*cores).into())),
        W::CoreTwice { circuit, cable, core, other, first } => of(codes::PLANT_CORE_TWICE)
            .arg("circuit", name(circuit))
            .arg("cable", name(cable))
            .arg("core", Arg::Count((*core).into()))
            .arg("other", name(other))
            .arg("first", first_row(*first, &place(*first))),
        W::NotListed { name: by, kind, other } => {
            of(codes::PLANT_NOT_LISTED).arg("name", name(by)).arg("kind", kind_word(kind)).arg("other", name(other))
        }
        W::EndTwice { port, cable, core, other } => of(codes::PLANT_END_TWICE)
            .arg("port", name(port))
            .arg("cable", name(cable))
            .arg("core", Arg::Count((*core).into()))
            .arg("other", name(other)),
        W::EndElsewhere { port, cable } => {
            of(codes::PLANT_END_ELSEWHERE).arg("port", name(port)).arg("cable", name(cable))
        }
        W::NoColumn { table, column } => of(codes::PLANT_NO_COLUMN)
            .arg("table", Arg::Name((*table).to_owned()))
            .arg("column", Arg::Name((*column).to_owned())),
        W::Empty { column } => of(codes::PLANT_EMPTY).arg("column", Arg::Name((*column).to_owned())),
        W::NotAnAmount { column, text, expected } => of(codes::PLANT_AMOUNT)
            .arg("column", Arg::Name((*column).to_owned()))
            .arg("text", name(text))
            .arg("expected", amount(expected)),
        W::TooLarge => of(codes::PLANT_TOO_LARGE),
    }
}

fn first_row(first: Row, place: &str) -> Arg {
    Arg::Plain(format!("{place}:{}", first.row))
}

const fn level_word(level: Level) -> Arg {
    match level {
        Level::Building => Arg::Either("building", "楼宇"),
        Level::Floor => Arg::Either("floor", "楼层"),
        Level::Room => Arg::Either("room", "机房"),
        Level::Rack => Arg::Either("rack", "机架"),
        Level::Frame => Arg::Either("frame", "配线架"),
        Level::Port => Arg::Either("port", "端口"),
    }
}

fn kind_word(kind: &str) -> Arg {
    match kind {
        "place" => Arg::Either("place", "位置"),
        "cable" => Arg::Either("cable", "光缆"),
        "duct" => Arg::Either("duct", "管道"),
        "circuit" => Arg::Either("circuit", "电路"),
        "order" => Arg::Either("order", "工单"),
        "customer" => Arg::Either("customer", "客户"),
        "port" => Arg::Either("port", "端口"),
        "class" => Arg::Either("class of cables", "光缆类型"),
        "owner" => Arg::Either("owner of cables", "光缆权属"),
        other => Arg::Plain(other.to_owned()),
    }
}

fn amount(expected: &str) -> Arg {
    match expected {
        "metres" => Arg::Either("a length in metres, to the millimetre", "以米为单位的长度（最多三位小数）"),
        "decibels" => Arg::Either("a loss in decibels, to the thousandth", "以分贝为单位的损耗（最多三位小数）"),
        _ => Arg::Either("a whole number from 1", "从 1 起的整数"),
    }
}

/// Why a request cannot be asked.
pub fn contradiction(contradiction: &Contradiction) -> Finding {
    let of = |code| Finding::new(code, At::Nowhere);
    let name = |text: &String| Arg::Name(text.clone());
    match contradiction {
        Contradiction::Unknown { kind, name: unknown } => {
            of(codes::FIBER_UNKNOWN).arg("kind", kind_word(kind)).arg("name", name(unknown))
        }
        Contradiction::UsedAndAvoided { name: used, by } => {
            of(codes::FIBER_CONTRADICTION).arg("name", name(used)).arg("by", name(by))
        }
        Contradiction::Twice => of(codes::FIBER_TWICE),
        Contradiction::NotHere { rule } => of(codes::FIBER_NOT_HERE).arg("rule", Arg::Name((*rule).to_owned())),
        Contradiction::PortInUse { port } => of(codes::FIBER_PORT_IN_USE).arg("port", name(port)),
    }
}

/// Why nothing was reserved, released or moved on.
pub fn denied(denied: &Denied) -> Finding {
    let of = |code| Finding::new(code, At::Nowhere);
    let name = |text: &String| Arg::Name(text.clone());
    match denied {
        Denied::Held { cable, core, by } => {
            of(codes::FIBER_HELD).arg("cable", name(cable)).arg("core", Arg::Count((*core).into())).arg("by", name(by))
        }
        Denied::Unknown { order } => of(codes::FIBER_ORDER_UNKNOWN).arg("order", name(order)),
        Denied::NotNext { order, from, to } => of(codes::FIBER_ORDER_STATE)
            .arg("order", name(order))
            .arg("from", Arg::Name((*from).to_owned()))
            .arg("to", Arg::Name((*to).to_owned())),
        Denied::Over { order } => of(codes::FIBER_HOLD_OVER).arg("order", name(order)),
        Denied::NoCores { order } => of(codes::FIBER_NO_CORES).arg("order", name(order)),
    }
}
