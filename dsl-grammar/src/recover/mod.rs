//! What is wrong with a stretch that the grammar could not read, in an analyst's terms: first the mistakes that are
//! known by their looks, then what was expected where reading stopped.

mod clause;
mod declaration;
mod expected;
mod literal;
mod operators;
mod patterns;
mod repair;
mod similar;
mod slice;
mod unglue;

pub(crate) use clause::clause;
pub(crate) use declaration::{head, header, missing_close, trailing};
pub(crate) use literal::{literal, slot};
pub use unglue::{Unglued, unglue};
