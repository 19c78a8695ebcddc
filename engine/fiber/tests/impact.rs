//! Cuts, capacity and drawings of a small plant with an order, a customer, and two ways between two rooms.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use guiju_fiber::{
    draw,
    impact::{self, Restored, Step},
    inventory::{Inventory, Kind, Table, Wrong, rows},
    plan::{self, Avoid, Request, Separate, Taken},
};

fn table(number: u32, kind: &str, text: &str) -> Table {
    let mut lines = text.lines().map(|line| line.split(',').map(str::trim));
    let columns = lines.next().unwrap().map(str::to_owned).collect();
    let value = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let rows = lines.zip(1..).map(|(values, row)| (row, values.map(value).collect())).collect();
    Table { kind: Kind::of(kind).unwrap(), number, columns, rows }
}

/// A square of frames, one in each room; K1 and K2 are in one duct.
fn tables() -> Vec<Table> {
    vec![
        table(0, "buildings", "name\nB1\nB<2>"),
        table(1, "rooms", "name,within\nR1,B1\nR2,B1\nR3,B<2>\nR4,B<2>"),
        table(2, "frames", "name,within\nF1,R1\nF2,R2\nF3,R3\nF4,R4"),
        table(3, "ports", "name,within,cable,core\nF1/1,F1,K1,1\nF2/1,F2,K1,1\nF2/9,F2,K2,1"),
        table(
            4,
            "cables",
            "name,a,b,length,loss,cores,ducts,class\nK1,F1,F2,,0.3,2,,OS2\nK2,F2,F4,100,0.3,2,D1,OS2\nK3,F1,F3,150.5,0.4,2,,OS2\nK4,F3,F4,90,0.4,2,,OS2",
        ),
        table(5, "segments", "cable,duct,length\nK1,D1,40.25\nK1,,9.75"),
        table(6, "cores", "cable,core,circuit\nK1,1,C1\nK2,1,C1\nK3,2,C2\nK1,2,C3\nK3,1,C3"),
        table(7, "circuits", "name,order\nC1,O1\nC2,\nC3,"),
        table(8, "orders", "name,customer\nO1,ACME"),
        table(9, "customers", "name\nACME"),
    ]
}

fn plant() -> Inventory {
    Inventory::new(rows(&tables()).unwrap()).unwrap()
}

#[test]
fn stretches_make_a_cable_and_belongings_are_known() {
    let plant = plant();
    assert_eq!(plant.lengths(), [50_000, 100_000, 150_500, 90_000]);
    assert_eq!(plant.ducts(), ["D1"]);
    assert_eq!(plant.order("C1"), (Some("O1"), Some("ACME")));
    let one = plant.cable("K1").unwrap();
    assert_eq!(plant.port(plant.node("F2").unwrap(), one, 1), Some("F2/1"));
    assert_eq!(plant.core_at("F2/9"), Some((plant.cable("K2").unwrap(), 1)));
    assert_eq!(plant.nodes_within("R1"), [plant.node("R1").unwrap(), plant.node("F1").unwrap()]);
}

#[test]
fn a_cut_takes_out_circuits_and_what_is_left_restores_them() {
    let plant = plant();
    let hits = impact::what_if(&plant, &Taken::none(), &[Avoid::Duct("D1".into())]).unwrap();
    assert_eq!(hits.iter().map(|hit| hit.circuit.as_str()).collect::<Vec<_>>(), ["C1", "C3"]);
    assert_eq!((hits[0].order.as_deref(), hits[0].customer.as_deref()), (Some("O1"), Some("ACME")));
    assert_eq!(hits[0].cut, [("K1".to_owned(), 1), ("K2".to_owned(), 1)]);
    // K3 is full: nothing is left for the one; the other ends at F2, which is cut off.
    assert_eq!((&hits[0].restored, &hits[1].restored), (&Restored::No, &Restored::No));
    let hits = impact::what_if(&plant, &Taken::none(), &[Avoid::Cable("K3".into())]).unwrap();
    let routes: Vec<_> =
        hits.iter().map(|hit| (hit.circuit.as_str(), matches!(hit.restored, Restored::Over(_)))).collect();
    // C2 ends at F1, where K1 is full too; C3 leads from F2 to F3, and there is another way.
    assert_eq!(routes, [("C2", false), ("C3", true)]);
    let steps = impact::maintenance(&hits);
    assert_eq!(steps, [Step::Agree("C2".into(), None), Step::Move("C3".into()), Step::Work, Step::Back("C3".into())]);

    let mut more = tables();
    more[4] = table(
        4,
        "cables",
        "name,a,b,length,loss,cores,ducts\nK1,F1,F2,50,0.3,3,D1\nK2,F2,F4,100,0.3,2,D1\nK3,F1,F3,150.5,0.4,3,\nK4,F3,F4,90,0.4,2,",
    );
    more.remove(5);
    let plant = Inventory::new(rows(&more).unwrap()).unwrap();
    let hits = impact::what_if(&plant, &Taken::none(), &[Avoid::Cable("K3".into())]).unwrap();
    let Restored::Over(route) = &hits[0].restored else { panic!("{hits:?}") };
    assert_eq!(
        route.hops.iter().map(|hop| (hop.cable.as_str(), hop.cores[0])).collect::<Vec<_>>(),
        [("K1", 3), ("K2", 2), ("K4", 1)]
    );
    // The first took the last core of K1: the second has to wait.
    assert_eq!(hits[1].restored, Restored::No);
    let steps = impact::maintenance(&hits);
    assert_eq!(steps, [Step::Agree("C3".into(), None), Step::Move("C2".into()), Step::Work, Step::Back("C2".into())]);
    assert!(impact::what_if(&plant, &Taken::none(), &[Avoid::Duct("D9".into())]).is_err());
}

#[test]
fn cores_are_counted_by_cable_duct_and_rooms() {
    let plant = plant();
    let taken = Taken::new(&plant, [("K2", 2, "O7"), ("gone", 1, "O8")]);
    let capacity = impact::capacity(&plant, &taken);
    let load = |load: &impact::Load| (load.cores, load.used, load.held, load.free());
    assert_eq!(load(&capacity.cables["K2"]), (2, 1, 1, 0));
    assert_eq!(load(&capacity.ducts["D1"]), (4, 3, 1, 0));
    assert_eq!(load(&capacity.rooms[&("R1".to_owned(), "R3".to_owned())]), (2, 2, 0, 0));
}

#[test]
fn a_drawing_shows_both_routes_with_their_cores() {
    let mut free = tables();
    free[6] = table(6, "cores", "cable,core,circuit\nK1,1,C1");
    let plant = Inventory::new(rows(&free).unwrap()).unwrap();
    let request = Request::new("F1", "F4");
    let answer = plan::pair(&plant, &Taken::none(), &request, Separate::DuctsAndNodes).unwrap();
    let drawing = draw::svg(&plant, &answer.routes[0]);
    for label in ["K1 · 2", "K2 · 1", "K3 · 1", "K4 · 1", "B&lt;2&gt;", "stroke-dasharray=\"9 5\""] {
        assert!(drawing.contains(label), "{label}\n{drawing}");
    }
    assert_eq!(drawing, draw::svg(&plant, &answer.routes[0]));
    assert!(drawing.starts_with("<svg ") && drawing.ends_with("</svg>\n"));
    let patches = plan::patches(&answer.routes[0][0]);
    let side = |cable: &str, core, port: Option<&str>| Some((cable.to_owned(), core, port.map(str::to_owned)));
    assert_eq!(patches[1].place, "F2");
    assert_eq!((&patches[0].from, &patches[0].to), (&None, &side("K1", 2, None)));
    assert_eq!((&patches[1].from, &patches[1].to), (&side("K1", 2, None), &side("K2", 1, Some("F2/9"))));
}

#[test]
fn what_is_wrong_with_tables_is_said_with_table_and_row() {
    let wrong = |at: usize, kind: &str, text: &str| {
        let mut tables = tables();
        tables[at] = table(u32::try_from(at).unwrap(), kind, text);
        let problems = rows(&tables).map_or_else(|problems| problems, |rows| Inventory::new(rows).unwrap_err());
        assert_eq!(problems.len(), 1, "{problems:?}");
        ((problems[0].at.table, problems[0].at.row), problems[0].what.clone())
    };
    let cables =
        "name,a,b,length,loss,cores,ducts,class\nK1,F1,F2,,0.3,2,,\nK2,F2,F4,100,0.3,2,D1,\nK3,F1,F3,150.5,0.4,2,,";
    assert_eq!(
        wrong(4, "cables", "name,a,b,length,loss\nK1,F1,F2,,0.3").1,
        Wrong::NoColumn { table: "cables", column: "cores" }
    );
    let amount = Wrong::NotAnAmount { column: "length", text: "long".into(), expected: "metres" };
    assert_eq!(wrong(4, "cables", &format!("{cables}\nK4,F3,F4,long,0.4,2,,")), ((4, 4), amount));
    assert_eq!(wrong(6, "cores", "cable,core,circuit\nK1,1,").1, Wrong::Empty { column: "circuit" });
    let not = |name: &str, kind, other: &str| Wrong::NotListed { name: name.into(), kind, other: other.into() };
    assert_eq!(wrong(6, "cores", "cable,core,circuit\nK1,1,C9"), ((6, 1), not("K1", "circuit", "C9")));
    assert_eq!(wrong(7, "circuits", "name,order\nC1,O1\nC2,O2\nC3,"), ((7, 2), not("C2", "order", "O2")));
    assert_eq!(wrong(8, "orders", "name,customer\nO1,EMCA"), ((8, 1), not("O1", "customer", "EMCA")));
    assert_eq!(wrong(5, "segments", "cable,duct,length\nK1,D1,50\nK9,D1,1"), ((5, 2), not("segment", "cable", "K9")));
    let ports = |line: &str| wrong(3, "ports", &format!("name,within,cable,core\nF1/1,F1,K1,1\n{line}"));
    assert_eq!(
        ports("F1/2,F1,K1,1").1,
        Wrong::EndTwice { port: "F1/2".into(), cable: "K1".into(), core: 1, other: "F1/1".into() }
    );
    assert_eq!(ports("F3/1,F3,K1,1"), ((3, 2), Wrong::EndElsewhere { port: "F3/1".into(), cable: "K1".into() }));
}
