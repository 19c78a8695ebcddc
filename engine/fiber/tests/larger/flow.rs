//! Min-cost flow by Bellman and Ford, over arcs: no potentials, no labels kept, no bounds.

/// The smallest sum of `count` routes that share no cable, or with `apart` no node between the ends either. Cables: ends and cost.
pub(crate) fn smallest(
    nodes: usize,
    cables: &[(u32, u32, i64)],
    (from, to): (usize, usize),
    count: usize,
    apart: bool,
) -> Option<i64> {
    // Nodes are split: in is `v`, out is `nodes + v`. An arc: from, to, capacity, cost; the one after it is its reverse.
    let mut arcs: Vec<(usize, usize, usize, i64)> = Vec::new();
    let mut arc = |a: usize, b: usize, capacity: usize, cost: i64| {
        arcs.push((a, b, capacity, cost));
        arcs.push((b, a, 0, -cost));
    };
    for node in 0..nodes {
        arc(node, nodes + node, if apart && node != from && node != to { 1 } else { count }, 0);
    }
    for &(a, b, cost) in cables {
        arc(nodes + a as usize, b as usize, 1, cost);
        arc(nodes + b as usize, a as usize, 1, cost);
    }
    let mut sum = 0;
    for _ in 0..count {
        let mut distance = vec![i64::MAX; 2 * nodes];
        let mut before = vec![usize::MAX; 2 * nodes];
        distance[nodes + from] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for (at, &(a, b, capacity, cost)) in arcs.iter().enumerate() {
                if capacity > 0 && distance[a] < i64::MAX && distance[a] + cost < distance[b] {
                    distance[b] = distance[a] + cost;
                    before[b] = at;
                    changed = true;
                }
            }
        }
        if distance[to] == i64::MAX {
            return None;
        }
        sum += distance[to];
        let mut at = to;
        while at != nodes + from {
            let by = before[at];
            arcs[by].2 -= 1;
            arcs[by ^ 1].2 += 1;
            at = arcs[by].0;
        }
    }
    Some(sum)
}
