//! Values as text: in slots, in `text(x)`, and for people.

mod number;
mod people;
mod slot;
#[cfg(test)]
mod tests;
mod time;

pub use people::{display, display_typed};
pub use slot::{plain, write_value};
