//! Customer events (moments of truth): which customers need a call today, and why.
//!
//! `clauses` says what an event may say, `check` turns one into an [`Event`], `link` compiles all events over one table into one
//! pass, `snapshot` is that pass, `late` is for columns that only tasks
//! need, `stream` feeds it the rows of a stream in their order, `population` answers "in the top …", `emit` writes the tasks,
//! `chosen` takes rows that another engine has decided on, `explain` says why,
//! `trace` what each part came to.

mod asked;
mod check;
mod chosen;
mod clauses;
mod emit;
mod event;
mod explain;
mod frame;
mod late;
mod link;
mod mutate;
mod population;
mod priority;
mod relation;
pub mod single;
mod snapshot;
mod stream;
mod trace;

pub use event::{Event, How, KeepTop, OncePer, Pattern};

use guiju_core::{KindSpec, Linked};
use guiju_grammar::{ast, keyword::Kw};
use guiju_lang::{
    finding::Finding,
    hir::Program,
    kind::{ClauseSpec, KindSchema, RuleBody, RuleContext},
};
use std::sync::Arc;

/// The kind `event` / 事件.
#[derive(Debug, Clone, Copy)]
pub struct EventKind;

/// The kind, to be handed to the facade's registry.
pub static EVENT: EventKind = EventKind;

impl KindSchema for EventKind {
    fn word(&self) -> Kw {
        Kw::EVENT
    }
    fn name(&self) -> &'static str {
        "event"
    }
    fn clauses(&self) -> &'static [ClauseSpec] {
        clauses::CLAUSES
    }
    fn properties(&self) -> &'static [(&'static str, Kw)] {
        &[("priority", Kw::PRIORITY), ("assignee", Kw::ASSIGN_TO), ("task", Kw::TASK), ("expires", Kw::EXPIRES_AFTER)]
    }
    fn check(&self, rule: &ast::Rule, cx: &mut dyn RuleContext) -> Option<Arc<dyn RuleBody>> {
        check::event(rule, cx).map(|event| Arc::new(event) as Arc<dyn RuleBody>)
    }
}

impl KindSpec for EventKind {
    fn link(&self, program: &Arc<Program>, rules: &[usize]) -> Result<Box<dyn Linked>, Vec<Finding>> {
        Ok(Box::new(link::Events::link(program, rules)?))
    }
    fn schema(&'static self) -> &'static dyn KindSchema {
        self
    }
}
