//! Fibre routing: questions over a graph of cables, answered exactly.
//!
//! ```
//! use guiju_fiber::{Apart, Graph, Landmarks, Node, Router, Weighted};
//!
//! // Four rooms in a ring, and a second cable between the first two. Lengths in millimetres.
//! let graph = Graph::new(4, &[(0, 1), (1, 2), (2, 3), (3, 0), (0, 1)])?;
//! let net = Weighted::<u64>::new(&graph, &[&[500, 700, 900, 400, 650]])?;
//! let landmarks = Landmarks::new(&net);
//! let mut router = Router::new(&net, &landmarks);
//!
//! let (from, to) = (Node::new(0), Node::new(2));
//! let shortest = router.shortest(from, to, |_| true).ok_or("no way")?;
//! assert_eq!(net.packing().unpack(shortest.cost), [1200, 2]); // 1.2 m over two cables
//! let pair = router.disjoint(from, to, 2, Apart::Nodes, |_| true).ok_or("no pair")?;
//! assert_eq!(net.packing().unpack(pair[1].cost), [1300, 2]);
//! assert_eq!(router.k_best(from, to, 9, |_| true).len(), 3); // parallel cables are different routes
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Amounts are integers (millimetres, milli-decibels, counts); several criteria in their order are one integer per cable
//! ([`Packing`]). There is no clock in here: what takes long is bounded in steps by whoever asks.

mod best;
pub mod book;
mod conflict;
mod cost;
mod disjoint;
pub mod draw;
mod graph;
pub mod impact;
pub mod inventory;
mod landmarks;
mod meeting;
pub mod plan;
mod region;
mod risks;
mod route;
mod router;
mod sharing;
mod shortest;
pub mod solve;
pub mod text;
mod verdict;
mod via;
mod weighted;

pub use cost::{Cost, Packing, TooLarge};
pub use disjoint::Apart;
pub use graph::{Cable, Graph, GraphError, MOST, Node};
pub use landmarks::Landmarks;
pub use risks::Risks;
pub use route::Route;
pub use router::Router;
pub use sharing::{Pair, Sharing};
pub use verdict::Verdict;
pub use weighted::Weighted;
