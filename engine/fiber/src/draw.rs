//! A drawing of a plant with routes in it: SVG, nodes in the boxes of their rooms and buildings, cables as lines, routes in colours with the
//! labels of their cables and cores. The same plant is always drawn in the same way; there is no script and nothing to fetch in it.

use crate::{
    graph::{Cable, Node},
    inventory::{Inventory, Level},
    plan::Planned,
};
use petgraph::visit::EdgeRef;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// A plant with more nodes than that is drawn only where the routes are.
const MOST_NODES: usize = 300;
/// Cables without a route have labels if there are no more than these.
const MOST_LABELS: usize = 80;

const NODE: (f64, f64) = (132.0, 26.0);
const GAP: f64 = 18.0;
const HEAD: f64 = 24.0;
/// Between buildings, where most lines run.
const STREET: f64 = 90.0;
/// Of the routes, in their order: told apart by people who do not see red and green apart, too, as the second is dashed.
const COLOURS: [(&str, &str); 4] =
    [("#0b5fa5", "none"), ("#c2410c", "9 5"), ("#15803d", "3 4"), ("#7e22ce", "12 3 3 3")];

#[derive(Clone, Copy)]
struct Box {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

/// Draws the plant, and the routes one over the other.
#[must_use]
pub fn svg(plant: &Inventory, routes: &[Planned]) -> String {
    let shown = shown(plant, routes);
    let mut drawing = Drawing::default();
    let places = drawing.buildings(plant, &shown);
    drawing.cables(plant, &places, routes);
    for (number, route) in routes.iter().enumerate() {
        drawing.route(plant, &places, route, number);
    }
    // Over the lines that end in them, and under the labels of routes.
    drawing.nodes(plant, &places);
    for (number, route) in routes.iter().enumerate() {
        drawing.labels(plant, &places, route, number);
    }
    let (w, h) = (drawing.w + GAP, drawing.h + GAP);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w:.0} {h:.0}\" width=\"{w:.0}\" height=\"{h:.0}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
        drawing.out
    )
}

/// Nodes at which cables end; of a large plant, those of the routes.
fn shown(plant: &Inventory, routes: &[Planned]) -> BTreeSet<Node> {
    let ends = |cable: Cable| plant.graph().ends(cable).map_or_else(Vec::new, |(a, b)| vec![a, b]);
    let all: BTreeSet<Node> = plant.cables().flat_map(ends).collect();
    let passed = routes.iter().flat_map(|route| &route.hops).flat_map(|hop| &hop.ends);
    let passed: BTreeSet<Node> = passed
        .chain(routes.iter().flat_map(|route| [&route.from, &route.to]))
        .filter_map(|end| plant.node(end))
        .collect();
    if all.len() <= MOST_NODES || passed.is_empty() { &all | &passed } else { passed }
}

#[derive(Default)]
struct Drawing {
    out: String,
    w: f64,
    h: f64,
}

impl Drawing {
    /// Boxes of buildings and rooms; where each node is.
    fn buildings(&mut self, plant: &Inventory, shown: &BTreeSet<Node>) -> BTreeMap<Node, Box> {
        let mut tree: BTreeMap<&str, BTreeMap<&str, Vec<Node>>> = BTreeMap::new();
        for &node in shown {
            let building = plant.place(node, Level::Building).unwrap_or_default();
            let levels = [Level::Room, Level::Floor];
            let room = levels.into_iter().find_map(|level| plant.place(node, level)).unwrap_or_default();
            tree.entry(building).or_default().entry(room).or_default().push(node);
        }
        let columns = (1..).find(|columns| columns * columns >= tree.len()).unwrap_or(1).max(1);
        let mut places = BTreeMap::new();
        let all: Vec<_> = tree.iter().collect();
        let mut y = GAP;
        for row in all.chunks(columns) {
            let (mut x, mut tallest) = (GAP, 0.0_f64);
            for (building, rooms) in row {
                let at = Box { x, y, w: 0.0, h: 0.0 };
                let size = self.building(at, building, rooms, &mut places);
                x += size.w + STREET;
                tallest = tallest.max(size.h);
            }
            self.w = self.w.max(x - STREET);
            y += tallest + STREET;
        }
        self.h = y - STREET;
        places
    }

    fn building(
        &mut self,
        at: Box,
        name: &str,
        rooms: &BTreeMap<&str, Vec<Node>>,
        places: &mut BTreeMap<Node, Box>,
    ) -> Box {
        let stack = |nodes: &Vec<Node>| nodes.iter().fold(HEAD + GAP / 2.0, |h, _| h + NODE.1 + GAP / 2.0);
        let tallest = rooms.values().map(stack).fold(0.0, f64::max);
        let width = rooms.values().fold(GAP, |w, _| w + NODE.0 + 2.0 * GAP);
        let size = Box { w: width, h: tallest + HEAD + GAP, ..at };
        self.frame(size, name, "#f1f5f9", "#64748b", 14);
        let mut x = at.x + GAP;
        for (room, nodes) in rooms {
            let outer = Box { x, y: at.y + HEAD, w: NODE.0 + GAP, h: stack(nodes) };
            self.frame(outer, room, "#ffffff", "#94a3b8", 12);
            let mut y = outer.y + HEAD;
            for &node in nodes {
                places.insert(node, Box { x: x + GAP / 2.0, y, w: NODE.0, h: NODE.1 });
                y += NODE.1 + GAP / 2.0;
            }
            x += outer.w + GAP;
        }
        size
    }

    fn frame(&mut self, at: Box, name: &str, fill: &str, stroke: &str, size: u32) {
        let Box { x, y, w, h } = at;
        let _ = writeln!(
            self.out,
            "<rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{w:.0}\" height=\"{h:.0}\" rx=\"6\" fill=\"{fill}\" stroke=\"{stroke}\"/>\
             <text x=\"{:.0}\" y=\"{:.0}\" font-size=\"{size}\" fill=\"#334155\">{}</text>",
            x + 8.0,
            y + 16.0,
            escaped(name)
        );
    }

    fn nodes(&mut self, plant: &Inventory, places: &BTreeMap<Node, Box>) {
        for (&node, at) in places {
            let Box { x, y, w, h } = *at;
            let _ = writeln!(
                self.out,
                "<rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{w:.0}\" height=\"{h:.0}\" rx=\"4\" fill=\"#e2e8f0\" stroke=\"#475569\"/>\
                 <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                x + w / 2.0,
                y + h / 2.0 + 4.0,
                escaped(&short(plant.name(node)))
            );
        }
    }

    fn cables(&mut self, plant: &Inventory, places: &BTreeMap<Node, Box>, routes: &[Planned]) {
        let used: BTreeSet<&str> = routes.iter().flat_map(|route| &route.hops).map(|hop| hop.cable.as_str()).collect();
        let has_labels = plant.graph().cables() <= MOST_LABELS;
        for cable in plant.cables() {
            let Some(record) = plant.record(cable).filter(|record| !used.contains(record.name.as_str())) else {
                continue;
            };
            if let Some((a, b)) = ends(plant, places, cable) {
                let bend = bend(plant, cable);
                self.line(a, b, bend, "#cbd5e1", "none", 1.5);
                if has_labels {
                    self.label(a, b, bend, &record.name, "#64748b", 0.0);
                }
            }
        }
    }

    fn route(&mut self, plant: &Inventory, places: &BTreeMap<Node, Box>, route: &Planned, number: usize) {
        let (colour, dashes) = COLOURS[number % COLOURS.len()];
        for hop in &route.hops {
            let Some(cable) = plant.cable(&hop.cable) else { continue };
            if let Some((a, b)) = ends(plant, places, cable) {
                self.line(a, b, beside(plant, cable, number), colour, dashes, 3.0);
            }
        }
    }

    fn labels(&mut self, plant: &Inventory, places: &BTreeMap<Node, Box>, route: &Planned, number: usize) {
        let (colour, _) = COLOURS[number % COLOURS.len()];
        for hop in &route.hops {
            let Some(cable) = plant.cable(&hop.cable) else { continue };
            let Some((a, b)) = ends(plant, places, cable) else { continue };
            let cores: Vec<String> = hop.cores.iter().map(u32::to_string).collect();
            let label = format!("{} · {}", hop.cable, cores.join("+"));
            self.label(a, b, beside(plant, cable, number), &label, colour, 13.0 * small(number));
        }
        for (end, text) in [(&route.from, "A"), (&route.to, "Z")] {
            if let Some(at) = plant.node(end).and_then(|node| places.get(&node)) {
                let _ = writeln!(
                    self.out,
                    "<circle cx=\"{:.0}\" cy=\"{:.0}\" r=\"9\" fill=\"{colour}\"/>\
                     <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"#ffffff\" font-weight=\"bold\">{text}</text>",
                    at.x,
                    at.y,
                    at.x,
                    at.y + 4.0
                );
            }
        }
    }

    fn line(&mut self, a: (f64, f64), b: (f64, f64), bend: f64, colour: &str, dashes: &str, width: f64) {
        let (x, y) = middle(a, b, 2.0 * (bend + bow(a, b)));
        let _ = writeln!(
            self.out,
            "<path d=\"M{:.0} {:.0} Q{x:.0} {y:.0} {:.0} {:.0}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" \
             stroke-dasharray=\"{dashes}\"/>",
            a.0, a.1, b.0, b.1
        );
    }

    fn label(&mut self, a: (f64, f64), b: (f64, f64), bend: f64, text: &str, colour: &str, down: f64) {
        let (x, y) = middle(a, b, bend + bow(a, b));
        let (y, text) = (y - 4.0 + down, escaped(text));
        // Twice, because not every program knows how to draw the outline before the letters.
        for paint in ["stroke=\"#ffffff\" stroke-width=\"3\"".to_owned(), format!("fill=\"{colour}\"")] {
            let _ = writeln!(self.out, "<text x=\"{x:.0}\" y=\"{y:.0}\" text-anchor=\"middle\" {paint}>{text}</text>");
        }
    }
}

/// A line along a row goes over the heads of those between its ends.
fn bow(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let passes = dy.abs() < NODE.1 && dx.abs() > 2.0 * NODE.0;
    if passes { -dx.signum() * 1.2 * NODE.1 } else { 0.0 }
}

/// The middle of a line, moved to its side.
fn middle(a: (f64, f64), b: (f64, f64), bend: f64) -> (f64, f64) {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx.hypot(dy).max(1.0);
    (f64::midpoint(a.0, b.0) - dy / length * bend, f64::midpoint(a.1, b.1) + dx / length * bend)
}

fn small(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(0))
}

/// A cable that two routes share has both lines beside one another.
fn beside(plant: &Inventory, cable: Cable, number: usize) -> f64 {
    bend(plant, cable) + 6.0 * small(number)
}

/// Parallel cables bend apart.
fn bend(plant: &Inventory, cable: Cable) -> f64 {
    let Some((a, b)) = plant.graph().ends(cable) else { return 0.0 };
    let earlier = plant.graph().petgraph().edges_connecting(a, b).filter(|edge| edge.id() < cable).count();
    14.0 * small(earlier)
}

fn ends(plant: &Inventory, places: &BTreeMap<Node, Box>, cable: Cable) -> Option<((f64, f64), (f64, f64))> {
    let (a, b) = plant.graph().ends(cable)?;
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let centre = |node| places.get(&node).map(|at: &Box| (at.x + at.w / 2.0, at.y + at.h / 2.0));
    centre(a).zip(centre(b)).filter(|_| a != b)
}

/// A name that fits into a box: its end, which is what distinguishes it.
fn short(name: &str) -> String {
    let count = name.chars().count();
    if count <= 18 { name.to_owned() } else { format!("…{}", name.chars().skip(count - 17).collect::<String>()) }
}

/// Text as XML takes it; control characters, which it does not take, are shown as a sign.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            char if char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            char => out.push(char),
        }
    }
    out
}
