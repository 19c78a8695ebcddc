//! A route by way of given nodes, in their order, that is loopless as a whole: RFC 8776's explicit route with loose hops.
//!
//! The shortest pieces put together may cross; then no piece of the best route need be a shortest one. Each piece is a route of its own
//! that no other may cross, which is the question that `conflict` answers.

use crate::{
    conflict::{Barred, Question, Things},
    cost::Cost,
    graph::{Cable, Node},
    route::Route,
    router::{Ends, Router},
    verdict::{Verdict, sum},
};

impl<C: Cost> Router<'_, C> {
    /// The cheapest loopless route from `from` by way of `via`, in this order, to `to`; at most `steps` nodes are expanded. Infeasible
    /// without a search if a node is named twice.
    pub fn via(
        &mut self,
        from: Node,
        via: &[Node],
        to: Node,
        steps: u64,
        passable: impl Fn(Cable) -> bool,
    ) -> Verdict<C> {
        let stops: Vec<Node> = [from].iter().chain(via).chain([&to]).copied().collect();
        if stops.len() == 2 {
            return self
                .shortest(from, to, passable)
                .map_or(Verdict::Infeasible, |route| Verdict::Optimal(vec![route]));
        }
        let mut distinct = stops.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let pieces: Option<Vec<Ends>> = stops.windows(2).map(|stop| self.ends(stop[0], stop[1])).collect();
        let Some(ends) = pieces.filter(|_| distinct.len() == stops.len()) else { return Verdict::Infeasible };
        let nodes = u32::try_from(self.net.graph().nodes()).unwrap_or(u32::MAX);
        let things = Things { of_cable: Vec::new(), of_node: (0..nodes).map(Some).collect(), count: nodes as usize };
        // A piece may not pass another's stops; its own ends are not passed.
        let all = ends.iter().flat_map(|ends| [ends.from, ends.to]);
        let barred = Barred::none(things.count).with(all);
        let question =
            Question { net: self.net, things: &things, passable, steps, floor: C::default(), ends: ends.clone() };
        match question.answer(vec![barred; ends.len()]) {
            Verdict::Optimal(pieces) => Verdict::Optimal(vec![whole(&pieces)]),
            Verdict::Gap { routes, bound } => Verdict::Gap { routes: vec![whole(&routes)], bound },
            nothing => nothing,
        }
    }
}

fn whole<C: Cost>(pieces: &[Route<C>]) -> Route<C> {
    Route { cost: sum(pieces), cables: pieces.iter().flat_map(|piece| piece.cables.iter().copied()).collect() }
}
