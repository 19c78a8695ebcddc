//! What can be said of an answer to a question that may take too long.

use crate::{cost::Cost, route::Route};

/// The answer, and how good it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<C> {
    /// Proven: nothing is cheaper.
    Optimal(Vec<Route<C>>),
    /// The best that was found in the steps that were allowed, and a cost that no answer is below.
    Gap {
        /// The answer.
        routes: Vec<Route<C>>,
        /// Proven: nothing is cheaper than this. The gap is the difference to the routes' sum.
        bound: C,
    },
    /// Proven: there is none.
    Infeasible,
    /// The steps that were allowed were not enough to find one, or to prove that there is none.
    TimedOut {
        /// Proven: nothing is cheaper than this.
        bound: C,
    },
}

impl<C: Cost> Verdict<C> {
    /// The routes, if some were found.
    #[must_use]
    pub fn routes(&self) -> Option<&[Route<C>]> {
        match self {
            Self::Optimal(routes) | Self::Gap { routes, .. } => Some(routes),
            Self::Infeasible | Self::TimedOut { .. } => None,
        }
    }
}

/// What routes cost together.
pub(crate) fn sum<C: Cost>(routes: &[Route<C>]) -> C {
    routes.iter().fold(C::default(), |sum, route| sum + route.cost)
}
