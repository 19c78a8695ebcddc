//! The fixed text form of a graph and of questions about it, for comparing with other solvers.
//!
//! A graph is a line `nodes cables`, then a line `node node length` for each cable: undirected, nodes counted from 0, a length an integer that
//! is not negative, the same two nodes as often as there are parallel cables. A question is a line `name node node`; a name has no spaces.
//! Empty lines mean nothing.

use crate::graph::{Graph, Node};

/// More nodes than that are not read.
pub const MOST_NODES: usize = 4_000_000;
/// More cables than that are not read.
pub const MOST_CABLES: usize = 16_000_000;
/// More questions than that are not read.
pub const MOST_QUERIES: usize = 4_000_000;
/// A sum of all lengths beyond this is not read: every route's length is a 64-bit integer with a sign.
pub const MOST_LENGTH: u64 = i64::MAX as u64;

/// A graph as it was read.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Nodes and cables.
    pub graph: Graph,
    /// Each cable's length.
    pub lengths: Vec<u64>,
}

/// A question: routes between two nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What the answer is called.
    pub name: String,
    /// One end.
    pub from: Node,
    /// The other.
    pub to: Node,
}

/// Something wrong in a text, with its line counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Fault {
    /// The line; the last one for what is missing at the end.
    pub line: u64,
    /// What is wrong there.
    pub what: What,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// The first line is not two numbers.
    #[error("not `nodes cables`")]
    Header,
    /// Not two nodes and a length.
    #[error("not `node node length`")]
    Cable,
    /// Not a name and two nodes.
    #[error("not `name node node`")]
    Query,
    /// A node that is not there.
    #[error("there is no node {node} among {nodes}, which count from 0")]
    Node {
        /// The node.
        node: u64,
        /// How many there are.
        nodes: usize,
    },
    /// Another number of cables than the first line says.
    #[error("{found} cables, and the first line says {expected}")]
    Count {
        /// What the first line says.
        expected: usize,
        /// How many were found; one more than expected stands for any greater number.
        found: usize,
    },
    /// Beyond [`MOST_NODES`], [`MOST_CABLES`], [`MOST_QUERIES`] or [`MOST_LENGTH`].
    #[error("more than {most}")]
    TooLarge {
        /// The limit.
        most: u64,
    },
}

const fn fault(line: u64, what: What) -> Fault {
    Fault { line, what }
}

const fn most(limit: usize) -> What {
    What::TooLarge { most: limit as u64 }
}

/// Lines that say something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (u64, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty())
}

/// The fields of a line if there are exactly so many.
fn fields<const N: usize>(line: &str) -> Option<[&str; N]> {
    let mut fields = line.split_whitespace();
    let mut all = [""; N];
    for field in &mut all {
        *field = fields.next()?;
    }
    fields.next().is_none().then_some(all)
}

/// A number in digits: no sign, no point.
fn number(field: &str) -> Option<u64> {
    field.bytes().all(|byte| byte.is_ascii_digit()).then(|| field.parse().ok())?
}

/// The node of that number.
fn node(number: u64, nodes: usize) -> Result<u32, What> {
    let index = u32::try_from(number).ok().filter(|&index| (index as usize) < nodes);
    index.ok_or(What::Node { node: number, nodes })
}

impl Problem {
    /// Reads a graph.
    ///
    /// # Errors
    /// The first line that cannot be, or the last one if there are too few.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let mut lines = lines(text);
        let (mut at, header) = lines.next().ok_or(fault(1, What::Header))?;
        let [Some(nodes), Some(cables)] = fields::<2>(header).map(|all| all.map(number)).unwrap_or_default() else {
            return Err(fault(at, What::Header));
        };
        let within = |count: u64, limit: usize| {
            usize::try_from(count).ok().filter(|&count| count <= limit).ok_or(fault(at, most(limit)))
        };
        let (nodes, expected) = (within(nodes, MOST_NODES)?, within(cables, MOST_CABLES)?);
        let (mut ends, mut lengths, mut sum) = (Vec::new(), Vec::new(), 0_u64);
        for (line, text) in lines {
            at = line;
            let [Some(a), Some(b), Some(length)] = fields::<3>(text).map(|all| all.map(number)).unwrap_or_default()
            else {
                return Err(fault(line, What::Cable));
            };
            if ends.len() == expected {
                return Err(fault(line, What::Count { expected, found: expected + 1 }));
            }
            let end = |number| node(number, nodes).map_err(|what| fault(line, what));
            ends.push((end(a)?, end(b)?));
            lengths.push(length);
            sum = sum.saturating_add(length);
            if sum > MOST_LENGTH {
                return Err(fault(line, What::TooLarge { most: MOST_LENGTH }));
            }
        }
        if ends.len() < expected {
            return Err(fault(at, What::Count { expected, found: ends.len() }));
        }
        let graph = Graph::new(nodes, &ends).map_err(|_| fault(1, most(MOST_CABLES)))?;
        Ok(Self { graph, lengths })
    }

    /// Reads questions about this graph.
    ///
    /// # Errors
    /// The first line that cannot be.
    pub fn queries(&self, text: &str) -> Result<Vec<Query>, Fault> {
        let mut queries = Vec::new();
        for (line, text) in lines(text) {
            let read = fields::<3>(text).and_then(|[name, from, to]| Some((name, number(from)?, number(to)?)));
            let (name, from, to) = read.ok_or(fault(line, What::Query))?;
            if queries.len() == MOST_QUERIES {
                return Err(fault(line, most(MOST_QUERIES)));
            }
            let end = |number| node(number, self.graph.nodes()).map_err(|what| fault(line, what));
            let (from, to) = (Node::new(end(from)? as usize), Node::new(end(to)? as usize));
            queries.push(Query { name: name.to_owned(), from, to });
        }
        Ok(queries)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, MOST_LENGTH, Problem, What, fault};

    fn wrong(text: &str) -> Fault {
        Problem::read(text).unwrap_err()
    }

    #[test]
    fn what_is_written_is_read() {
        let problem = Problem::read("3 3\r\n0 1 5\r\n\r\n0\t1 0\n  2 2 9  \n").unwrap();
        assert_eq!((problem.graph.nodes(), problem.lengths.as_slice()), (3, [5, 0, 9].as_slice()));
        let queries = problem.queries("一 0 2\n\nb 1 1").unwrap();
        assert_eq!((queries.len(), queries[0].name.as_str(), queries[1].to.index()), (2, "一", 1));
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        assert_eq!(wrong(""), fault(1, What::Header));
        assert_eq!(wrong("\n3 x\n"), fault(2, What::Header));
        assert_eq!(wrong("2 1\n0 1 -5"), fault(2, What::Cable));
        assert_eq!(wrong("2 1\n0 1 5 5"), fault(2, What::Cable));
        assert_eq!(wrong("2 1\n0 1 1.5"), fault(2, What::Cable));
        assert_eq!(wrong("2 1\n0 1 +5"), fault(2, What::Cable));
        assert_eq!(wrong("2 1\n\n0 2 5"), fault(3, What::Node { node: 2, nodes: 2 }));
        assert_eq!(wrong("2 2\n0 1 5\n"), fault(2, What::Count { expected: 2, found: 1 }));
        assert_eq!(wrong("2 1\n0 1 5\n0 1 6"), fault(3, What::Count { expected: 1, found: 2 }));
        assert!(matches!(wrong("99999999999 1").what, What::TooLarge { .. }));
        assert!(matches!(
            wrong(&format!("2 2\n0 1 {MOST_LENGTH}\n0 1 1")),
            Fault { line: 3, what: What::TooLarge { .. } }
        ));
        let problem = Problem::read("2 0").unwrap();
        assert_eq!(problem.queries("a 0 1\nb 0").unwrap_err(), fault(2, What::Query));
        assert_eq!(problem.queries("a 0 2").unwrap_err(), fault(1, What::Node { node: 2, nodes: 2 }));
    }
}
