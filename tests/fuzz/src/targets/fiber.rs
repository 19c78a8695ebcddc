//! A graph and questions about it: any text is a graph or a fault in one of its lines, and whatever is read can be answered.

use crate::Target;
use guiju_fiber::solve::solve;
use guiju_fiber::text::Problem;

/// Larger graphs are read and not searched.
const MOST: usize = 40;

/// An empty line between the graph and the questions.
pub(super) const TARGET: Target = Target {
    name: "fiber-text",
    files: &[],
    examples: &[
        "4 5\n0 1 500\n1 2 700\n2 3 900\n3 0 400\n0 1 650\n\na 0 2\nb 1 1\n",
        "3 3\n0 1 0\n1 1 5\n0 1 9223372036854775807\n\n一 0 2\n",
        "2 0\n\nq 0 1\n",
        "9999 1\n0 9998 1\n\nq 9998 0\n",
    ],
    longest: 1024,
    run: |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let (graph, queries) = text.split_once("\n\n").unwrap_or((&text, ""));
        // Nodes that the first line promises are made, as many as there may be: slow, and nothing to learn.
        if graph.split_whitespace().next().is_some_and(|nodes| nodes.len() > 4) {
            return;
        }
        let lines = |text: &str| text.lines().count().max(1) as u64;
        let problem = match Problem::read(graph) {
            Ok(problem) => problem,
            Err(fault) => return assert!((1..=lines(graph)).contains(&fault.line)),
        };
        let queries = match problem.queries(queries) {
            Ok(queries) => queries,
            Err(fault) => return assert!((1..=lines(queries)).contains(&fault.line)),
        };
        if problem.graph.nodes() > MOST || problem.graph.cables() > MOST {
            return;
        }
        let told = solve(&problem, &queries[..queries.len().min(12)], 5, |query, answer| {
            let connected = problem.graph.connected(query.from, query.to);
            assert_eq!(answer.distance.is_some(), connected);
            assert_eq!(answer.k_shortest.first().copied(), answer.distance);
            assert!(answer.k_shortest.is_sorted());
            assert!(answer.edge_disjoint_2 <= answer.node_disjoint_2 || answer.node_disjoint_2.is_none());
            true
        });
        assert!(told.is_ok(), "what is read can be added up");
    },
};
