//! A plant's records: what is right becomes a graph with names, what is wrong is said with its row.
#![allow(clippy::unwrap_used, missing_docs)]

use guiju_fiber::{
    Landmarks, Router, Weighted,
    inventory::{At, CableRow, Inventory, Level, PlaceRow, Problem, Rows, UseRow, Wrong},
};

const fn at(table: u32, row: usize) -> At {
    At { table, row: row as u64 }
}

fn place(row: usize, text: &str) -> PlaceRow {
    let (name, within) = text.split_once(" in ").map_or((text, None), |(name, within)| (name, Some(within.to_owned())));
    let level = match &name[..1] {
        "b" => Level::Building,
        "r" => Level::Room,
        "o" => Level::Frame,
        _ => Level::Port,
    };
    PlaceRow { at: at(0, row), name: name.to_owned(), level, within }
}

fn cable(row: usize, name: &str, ends: [&str; 2], length: u64, ducts: &[&str]) -> CableRow {
    CableRow {
        at: at(1, row),
        name: name.to_owned(),
        ends: ends.map(str::to_owned),
        length: Some(length),
        loss: Some(300),
        cores: 4,
        ducts: ducts.iter().map(|&duct| duct.to_owned()).collect(),
        class: None,
        owner: None,
    }
}

fn used(row: usize, circuit: &str, cable: &str, core: u32) -> UseRow {
    UseRow { at: at(2, row), circuit: circuit.to_owned(), cable: cable.to_owned(), core }
}

/// Two buildings, three frames, two parallel cables and one on its own.
fn plant() -> Rows {
    let places = ["b1", "b2", "r1 in b1", "r2 in b2", "o1 in r1", "o2 in r1", "o3 in r2", "p1 in o1", "p3 in o3"];
    Rows {
        places: places.iter().enumerate().map(|(row, text)| place(row, text)).collect(),
        cables: vec![
            cable(0, "K1", ["o1", "o2"], 5_000, &[]),
            cable(1, "K2", ["o2", "p3"], 90_000, &["D7", "D1"]),
            cable(2, "K3", ["o2", "o3"], 95_000, &["D7"]),
        ],
        uses: vec![used(0, "C1", "K2", 1), used(1, "C2", "K2", 3)],
        ..Rows::default()
    }
}

#[test]
fn a_plant_is_a_graph_with_names() {
    let plant = Inventory::new(plant()).unwrap();
    let (lengths, losses, usage) = (plant.lengths(), plant.losses(), plant.usage());
    let net = Weighted::<u64>::new(plant.graph(), &[&usage, &losses, &lengths]).unwrap();
    let landmarks = Landmarks::none();
    let (from, to) = (plant.node("p1").unwrap(), plant.node("p3").unwrap());
    assert_eq!((plant.node("o1"), plant.node("nowhere")), (Some(from), None));
    // The least used cable first, though it is longer.
    let route = Router::new(&net, &landmarks).shortest(from, to, |_| true).unwrap();
    let names: Vec<&str> = route.cables.iter().map(|&cable| plant.record(cable).unwrap().name.as_str()).collect();
    assert_eq!(names, ["K1", "K3"]);
    let buildings: Vec<_> =
        route.nodes(&net, from).into_iter().map(|node| plant.place(node, Level::Building)).collect();
    assert_eq!(buildings, [Some("b1"), Some("b1"), Some("b2")]);
    let two = plant.cable("K2").unwrap();
    assert_eq!(plant.free(two).collect::<Vec<_>>(), [2, 4]);
    assert_eq!((plant.user(two, 3), plant.user(two, 2)), (Some("C2"), None));
    let ducts: Vec<_> = plant.risks().of(two).iter().map(|&duct| plant.duct(duct).unwrap()).collect();
    assert_eq!(ducts, ["D7", "D1"]);
}

#[test]
fn what_is_wrong_is_said_with_its_row() {
    let wrong = |change: fn(&mut Rows)| {
        let mut rows = plant();
        change(&mut rows);
        let problems = Inventory::new(rows).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems[0].clone()
    };
    let problem = |at, what| Problem { at, what };
    assert_eq!(
        wrong(|rows| rows.cables[1].ends[1] = "o9".into()),
        problem(at(1, 1), Wrong::Dangling { cable: "K2".into(), end: "o9".into() })
    );
    assert_eq!(wrong(|rows| rows.cables[2].length = None), problem(at(1, 2), Wrong::NoLength { cable: "K3".into() }));
    assert_eq!(wrong(|rows| rows.cables[0].loss = None), problem(at(1, 0), Wrong::NoLoss { cable: "K1".into() }));
    assert_eq!(
        wrong(|rows| rows.cables.push(cable(3, "K1", ["o1", "o2"], 1, &[]))),
        problem(at(1, 3), Wrong::Twice { name: "K1".into(), first: at(1, 0) })
    );
    assert_eq!(
        wrong(|rows| rows.places.push(place(9, "r9 in b9"))),
        problem(at(0, 9), Wrong::NoSuchPlace { name: "r9".into(), within: "b9".into() })
    );
    assert_eq!(
        wrong(|rows| rows.places.push(place(9, "r9 in o1"))),
        problem(at(0, 9), Wrong::TooSmall { name: "r9".into(), within: "o1".into(), level: Level::Frame })
    );
    assert_eq!(wrong(|rows| rows.places.push(place(9, "r9"))), problem(at(0, 9), Wrong::Nowhere { name: "r9".into() }));
    assert_eq!(
        wrong(|rows| rows.uses.push(used(2, "C3", "K9", 1))),
        problem(at(2, 2), Wrong::NoSuchCable { circuit: "C3".into(), cable: "K9".into() })
    );
    for core in [0, 5] {
        let mut rows = plant();
        rows.uses.push(used(2, "C3", "K2", core));
        let what = Wrong::NoSuchCore { circuit: "C3".into(), cable: "K2".into(), core, cores: 4 };
        assert_eq!(Inventory::new(rows).unwrap_err(), [problem(at(2, 2), what)]);
    }
    let twice =
        Wrong::CoreTwice { circuit: "C3".into(), cable: "K2".into(), core: 3, other: "C2".into(), first: at(2, 1) };
    assert_eq!(wrong(|rows| rows.uses.push(used(2, "C3", "K2", 3))), problem(at(2, 2), twice));
}

#[test]
fn everything_is_found_at_once_in_the_order_of_rows() {
    let mut rows = plant();
    rows.uses.push(used(2, "C3", "K9", 1));
    rows.cables[0].length = None;
    rows.cables[0].ends = ["x".into(), "y".into()];
    rows.places.push(place(9, "r9"));
    let problems = Inventory::new(rows).unwrap_err();
    let rows: Vec<_> = problems.iter().map(|problem| (problem.at.table, problem.at.row)).collect();
    assert_eq!(rows, [(0, 9), (1, 0), (1, 0), (1, 0), (2, 2)]);
}
