//! One suite for everything that a stream can come from: what a source promises, its connector keeps, whichever it is.
//!
//! | promise | test |
//! |---|---|
//! | rows of a key come in their order, each once | `keeps_order_and_survives_bad_input` |
//! | another schema, a poison message: reported, nothing else is kept back | the same |
//! | a sender cut off in the middle of a batch has sent nothing, or may send it again | the same |
//! | who is slower than the sender makes it wait, and loses nothing | `is_slower_than_the_sender` |
//! | killed at any moment, it goes on behind what was taken | `goes_on_behind_what_was_taken` |
//! | asked to end, it takes what it has accepted | `takes_what_was_accepted_before_it_ends` |
//!
//! And one for everything that effects go to (`sink`): files, a database, standard output, a web service, JetStream.
//!
//! | promise | test |
//! |---|---|
//! | everything arrives, whatever texts are in it, once, and a key's effects in their order | `everything_arrives_once_and_in_order` |
//! | nobody is there any more in the middle of something: the stream goes on, everything arrives later | `nobody_is_there_for_a_while` |
//! | what is there does not fit, or refuses: said, and sent once it fits | `what_is_there_does_not_fit` |
//! | a slow one loses nothing | `it_is_slower_than_the_stream` |
//! | killed at any moment: at least once loses nothing and repeats only with the same id | `killed_while_it_delivers` |
//! | at most once doubles nothing, and lists what may not have arrived | `at_most_once_doubles_nothing` |
//! | a network that is cut in the middle of a message, with or without a word, loses nothing | `nobody_is_there_for_a_while`, `a_network_to_the_broker_that_is_cut_in_the_middle_loses_nothing` |
//! | asked to end, it ends, and nothing goes twice | `asked_to_end_nothing_goes_twice` |
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot set up its streams has failed
#![allow(clippy::print_stderr)] // a test that is skipped says so

mod folder;
mod http;
mod nats;
mod proxy;
mod rig;
mod sink;
mod standard;
mod suite;
