//! A pair of routes that share no risk: no duct, trench or room that one accident takes out (shared-risk link groups, RFC 8776's SRLG).
//!
//! Finding such a pair is NP-complete (J. Q. Hu, *Diverse routing in optical mesh networks*, IEEE Trans. Communications 51, 2003). So the
//! search has a limit, and says whether it has proven what it gives.

use crate::{
    conflict::{Barred, Question, Things},
    cost::Cost,
    disjoint::Apart,
    graph::{Cable, Node},
    route::Route,
    router::Router,
    verdict::{Verdict, sum},
};

/// Which risks each cable is exposed to: a duct's number for every cable that lies in it.
#[derive(Debug, Clone, Default)]
pub struct Risks {
    of_cable: Vec<Vec<u32>>,
    count: usize,
}

impl Risks {
    /// From each cable's risks, in the order of the cables; a cable without any has none.
    #[must_use]
    pub fn new(of_cable: Vec<Vec<u32>>) -> Self {
        let count = of_cable.iter().flatten().max().map_or(0, |&most| most as usize + 1);
        Self { of_cable, count }
    }

    /// Those of one cable.
    #[must_use]
    pub fn of(&self, cable: Cable) -> &[u32] {
        self.of_cable.get(cable.index()).map_or(&[], Vec::as_slice)
    }

    /// Risks, then cables, then nodes if routes may not share those.
    fn things<C: Cost>(&self, router: &Router<'_, C>, apart: Apart) -> Things {
        let graph = router.net.graph();
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let of_cable = (0..graph.cables()).map(|at| {
            let own = number(self.count + at);
            self.of(Cable::new(at)).iter().copied().chain([own]).collect()
        });
        let first = self.count + graph.cables();
        let of_node = (0..graph.nodes()).map(|at| (apart == Apart::Nodes).then(|| number(first + at)));
        Things { of_cable: of_cable.collect(), of_node: of_node.collect(), count: first + graph.nodes() }
    }
}

impl<C: Cost> Router<'_, C> {
    /// Two routes with the smallest sum that share no risk, no cable and, if asked for, no node between the ends; at most `steps` nodes are
    /// expanded. If both ends are one node, both routes are without cables.
    pub fn risk_disjoint(
        &mut self,
        from: Node,
        to: Node,
        risks: &Risks,
        apart: Apart,
        steps: u64,
        passable: impl Fn(Cable) -> bool,
    ) -> Verdict<C> {
        let Some(ends) = self.ends(from, to) else { return Verdict::Infeasible };
        if ends.from == ends.to {
            return Verdict::Optimal(vec![Route::nowhere(C::default()); 2]);
        }
        // Apart without regard to risks is cheaper, if it is possible at all.
        let Some(apart_anyway) = self.disjoint(from, to, 2, apart, &passable) else { return Verdict::Infeasible };
        let things = risks.things(self, apart);
        let barred = vec![Barred::none(things.count); 2];
        let question = Question {
            net: self.net,
            things: &things,
            ends: vec![ends; 2],
            passable,
            steps,
            floor: sum(&apart_anyway),
        };
        match question.answer(barred) {
            Verdict::Optimal(routes) => Verdict::Optimal(sorted(routes)),
            Verdict::Gap { routes, bound } => Verdict::Gap { routes: sorted(routes), bound },
            nothing => nothing,
        }
    }
}

fn sorted<C: Cost>(mut routes: Vec<Route<C>>) -> Vec<Route<C>> {
    routes.sort();
    routes
}
