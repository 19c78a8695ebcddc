//! The two graphs that are measured on: one that looks like a campus, one that looks like nothing.

/// A small generator (xorshift64*): the same graphs on every machine.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) const fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end as u64) as u32
    }
}

/// Ends and lengths (millimetres) of cables.
pub(crate) struct Plant {
    pub(crate) name: &'static str,
    pub(crate) nodes: u32,
    pub(crate) cables: Vec<(u32, u32)>,
    pub(crate) lengths: Vec<u64>,
}

/// Points on a square; a shortest spanning tree joins them, then the shortest other cables between neighbours.
pub(crate) fn campus(nodes: u32, cables: usize, seed: u64) -> Plant {
    let mut dice = Dice::new(seed);
    let side = 10_000_000;
    let points: Vec<(i64, i64)> =
        (0..nodes).map(|_| (i64::from(dice.below(side)), i64::from(dice.below(side)))).collect();
    let across = (f64::from(nodes) / 2.0).sqrt().ceil() as i64;
    let cell = |(x, y): (i64, i64)| (x * across / i64::from(side), y * across / i64::from(side));
    let mut cells = vec![Vec::new(); (across * across) as usize];
    for (node, &point) in (0_u32..).zip(&points) {
        let (x, y) = cell(point);
        cells[(x * across + y) as usize].push(node);
    }
    let mut near = Vec::new();
    for (node, &(x, y)) in (0_u32..).zip(&points) {
        let (column, row) = cell((x, y));
        for other in (-2..=2).flat_map(|dx| (-2..=2).map(move |dy| (column + dx, row + dy))) {
            if (0..across).contains(&other.0) && (0..across).contains(&other.1) {
                for &other in &cells[(other.0 * across + other.1) as usize] {
                    if other > node {
                        let (dx, dy) = (points[other as usize].0 - x, points[other as usize].1 - y);
                        near.push((((dx * dx + dy * dy) as f64).sqrt() as u64, node, other));
                    }
                }
            }
        }
    }
    near.sort_unstable();
    let mut joined = petgraph::unionfind::UnionFind::new(nodes as usize);
    let (tree, rest): (Vec<_>, Vec<_>) = near.into_iter().partition(|&(_, a, b)| joined.union(a as usize, b as usize));
    let more = cables - tree.len();
    let chosen: Vec<_> = tree.into_iter().chain(rest.into_iter().take(more)).collect();
    Plant {
        name: "campus",
        nodes,
        cables: chosen.iter().map(|&(_, a, b)| (a, b)).collect(),
        lengths: chosen.iter().map(|&(length, ..)| length).collect(),
    }
}

/// A random tree and random cables beside it, of random lengths.
pub(crate) fn random(nodes: u32, cables: usize, seed: u64) -> Plant {
    let mut dice = Dice::new(seed);
    let mut ends: Vec<(u32, u32)> = (1..nodes).map(|node| (dice.below(node), node)).collect();
    while ends.len() < cables {
        ends.push((dice.below(nodes), dice.below(nodes)));
    }
    let lengths = ends.iter().map(|_| u64::from(1_000 + dice.below(500_000))).collect();
    Plant { name: "random", nodes, cables: ends, lengths }
}
