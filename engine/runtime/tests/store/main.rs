//! The store, from outside: what it promises, whatever happens to it.

mod desk;
mod forget;
mod kill;
mod model;
mod publish;
mod trouble;
