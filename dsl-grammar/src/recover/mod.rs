//! What is wrong with a stretch that the grammar could not read, in an analyst's terms: first the mistakes that are
//! known by their looks, then what was expected where reading stopped.

mod between;
mod clause;
mod declaration;
mod expected;
mod foreign;
mod head;
mod literal;
mod operators;
mod patterns;
mod repair;
mod similar;
mod slang;
mod slice;
mod unglue;

pub(crate) use between::say_names;
pub(crate) use clause::{clause, rest_below};
pub(crate) use declaration::{head, header, missing_close, trailing};
pub(crate) use literal::{literal, slot};
pub use unglue::{Unglued, unglue};
