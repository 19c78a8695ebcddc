//! Conditions as steps: a question about one column, and where to go on for yes and for no. Nothing is nested, nothing is copied;
//! a step is 48 bytes and most conditions have as many as they have comparisons.

use super::{AtRow, Datum, RowView};
use crate::{
    graph::{Graph, MaskId, MaskOp, RootNode, ValueOp},
    test::{Test, TextTest},
};
use guiju_lang::{context::Incidents, hir::CompareOp};

/// Where the answer is yes.
const YES: u32 = u32::MAX;
/// Where the answer is no.
const NO: u32 = u32::MAX - 1;

#[derive(Debug, Clone, Copy)]
struct Step {
    ask: Ask,
    /// What the step says, for values of an unexpected shape.
    mask: MaskId,
    column: u32,
    yes: u32,
    no: u32,
}

/// Questions about a column; a missing value answers none of them with yes.
#[derive(Debug, Clone, Copy)]
enum Ask {
    /// A whole number within (or outside) the closed range.
    Whole {
        low: i64,
        high: i64,
        outside: bool,
    },
    /// A double, likewise.
    Real {
        low: f64,
        high: f64,
        outside: bool,
    },
    /// A short text, equal (or not).
    Text {
        bytes: [u8; 16],
        len: u8,
        outside: bool,
    },
    /// A truth value.
    Is(bool),
    Present,
    /// Anything else: walks the graph.
    Mask,
}

/// All conditions of a plan.
#[derive(Debug)]
pub(super) struct Code {
    steps: Vec<Step>,
    /// By root.
    entries: Vec<u32>,
}

impl Code {
    /// `fixed` gives the tests that no time changes.
    pub(super) fn of<'a>(graph: &'a Graph, fixed: impl Fn(MaskId) -> Option<&'a Test>) -> Self {
        let mut code = Self { steps: Vec::new(), entries: Vec::with_capacity(graph.roots.len()) };
        for root in &graph.roots {
            let entry = match root {
                RootNode::Condition { yes, .. } => code.place(graph, &fixed, *yes, YES, NO, true),
                RootNode::Value(_) => NO,
            };
            code.entries.push(entry);
        }
        code
    }

    pub(super) fn entry(&self, root: usize) -> u32 {
        self.entries.get(root).copied().unwrap_or(NO)
    }

    /// Writes a mask's steps, last step first, and says where they begin.
    fn place<'a>(
        &mut self,
        graph: &'a Graph,
        fixed: &impl Fn(MaskId) -> Option<&'a Test>,
        id: MaskId,
        yes: u32,
        no: u32,
        top: bool,
    ) -> u32 {
        let node = graph.mask(id);
        let column = |v| if let ValueOp::Column(c) = graph.value(v).op { Some(c) } else { None };
        let (ask, column) = match &node.op {
            MaskOp::Never => return no,
            MaskOp::Always => return yes,
            // What several read is asked once a row and remembered; written out here it could also grow without bound.
            MaskOp::And(_) | MaskOp::Or(_) | MaskOp::Not(_) if node.uses > 1 && !top => (Ask::Mask, 0),
            MaskOp::And(parts) => {
                return parts.iter().rev().fold(yes, |next, &part| self.place(graph, fixed, part, next, no, false));
            }
            MaskOp::Or(parts) => {
                return parts.iter().rev().fold(no, |next, &part| self.place(graph, fixed, part, yes, next, false));
            }
            MaskOp::Not(inner) => return self.place(graph, fixed, *inner, no, yes, false),
            MaskOp::Present(v) => column(*v).map_or((Ask::Mask, 0), |c| (Ask::Present, c)),
            MaskOp::Is(v, wanted) => column(*v).map_or((Ask::Mask, 0), |c| (Ask::Is(*wanted), c)),
            MaskOp::Test(v, ..) => match (column(*v), fixed(id).and_then(simple)) {
                (Some(c), Some(ask)) => (ask, c),
                _ => (Ask::Mask, 0),
            },
            MaskOp::Constant(..) | MaskOp::Compare(..) | MaskOp::TextPair(..) | MaskOp::Population(..) => {
                (Ask::Mask, 0)
            }
        };
        self.steps.push(Step { ask, mask: id, column, yes, no });
        u32::try_from(self.steps.len() - 1).unwrap_or(NO)
    }
}

/// A test as a question of one step, if it is that simple.
fn simple(test: &Test) -> Option<Ask> {
    // No column holds what 64 bits cannot, unless it says so by its own bounds: then the graph is asked.
    let narrow = |x: i128| match x {
        i128::MIN => Some(i64::MIN),
        i128::MAX => Some(i64::MAX),
        x => i64::try_from(x).ok(),
    };
    match test {
        Test::Range { low, high, outside } => {
            Some(Ask::Whole { low: narrow(*low)?, high: narrow(*high)?, outside: *outside })
        }
        Test::Reals { low, high, outside } => Some(Ask::Real { low: *low, high: *high, outside: *outside }),
        Test::Text { test: TextTest::Compare(CompareOp::Eq, text), outside } => {
            let mut bytes = [0; 16];
            bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
            Some(Ask::Text { bytes, len: text.len() as u8, outside: *outside })
        }
        Test::Present => Some(Ask::Present),
        _ => None,
    }
}

impl<R: RowView + ?Sized> AtRow<'_, R> {
    /// Follows the steps from an entry to their end.
    #[inline]
    pub(super) fn follow(&self, entry: u32, incidents: &mut Incidents) -> bool {
        let steps = &*self.plan.fixed.code.steps;
        let mut at = entry;
        while let Some(step) = steps.get(at as usize) {
            let column = step.column as usize;
            let yes = match &step.ask {
                Ask::Mask => self.mask(step.mask, incidents),
                ask => match (ask, self.row.datum(column)) {
                    (_, Datum::Missing) => false,
                    (Ask::Whole { low, high, outside }, Datum::Whole(x)) => match i64::try_from(x) {
                        Ok(x) => (*low <= x && x <= *high) != *outside,
                        Err(_) => self.mask(step.mask, incidents),
                    },
                    (Ask::Real { low, high, outside }, Datum::Real(x)) => {
                        x.is_finite() && (*low <= x && x <= *high) != *outside
                    }
                    (Ask::Text { bytes, len, outside }, Datum::Text(text)) => same(bytes, *len, text) != *outside,
                    (Ask::Is(wanted), Datum::Bool(b)) => b == *wanted,
                    (Ask::Present, Datum::Bool(_) | Datum::Whole(_) | Datum::Text(_)) => true,
                    _ => self.mask(step.mask, incidents),
                },
            };
            at = if yes { step.yes } else { step.no };
        }
        at == YES
    }
}

/// Whether a text is these bytes.
fn same(bytes: &[u8; 16], len: u8, text: &str) -> bool {
    text.len() == usize::from(len) && text.bytes().zip(bytes).all(|(a, b)| a == *b)
}
