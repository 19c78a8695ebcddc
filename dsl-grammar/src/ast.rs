//! The typed view over a rulebook's text: what was written, with its place, before anybody asks what it means.
//!
//! Every node carries the byte span it came from. Declarations that did not parse are kept as [`Item::Broken`], so that
//! a name which is declared, if badly, is not reported a second time as unknown.

mod declare;
mod expr;
mod literal;
mod table;
mod test;

use crate::keyword::Kw;
pub use declare::{
    Column, Feed, Fn, Import, Language, Let, Param, Route, Rulebook, ScriptFn, Sink, Source, Template, TemplateBody,
    Topology, TypeName,
};
pub use expr::{BinaryOp, Clock, Direction, End, Expr, ExprKind, Over, UnaryOp};
pub use literal::{DurationUnit, Literal, Magnitude, Segment, Text};
pub use table::{Cell, CellKind, Table, TableRow};
pub use test::{Expect, ExpectRoute, ExpectRows, Given, Property, Test, TestStep};

/// A range of bytes in one file's text, trimmed of blanks and comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }
    /// The smallest span that covers both.
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
    /// As indices into the text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A name as written (without backticks).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// The name itself.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// One parsed file.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// Declarations in source order.
    pub items: Vec<Item>,
}

/// A top-level declaration.
#[derive(Debug, Clone)]
pub enum Item {
    /// `language 1`
    Language(Language),
    /// `rulebook name "Title" { owner … calendar … zone … tenant … }`
    Rulebook(Rulebook),
    /// `import other_book as alias`
    Import(Import),
    /// `let name = expr`
    Let(Let),
    /// `fn name(a, b) = expr`
    Fn(Fn),
    /// `script fn name(a: type, …) -> type { rhai }`
    ScriptFn(ScriptFn),
    /// `template name { text "…" }` or `template name { file "x.j2" }`
    Template(Template),
    /// `source name from connection table "t" { … }`
    Source(Source),
    /// `sink name to connection { … }`
    Sink(Sink),
    /// `feed name from connection { format … templates … }`
    Feed(Feed),
    /// `topology name of fiber from connection`
    Topology(Topology),
    /// `route name "Title" { on … from … to … }`
    Route(Route),
    /// `table name "Title" (a, b) -> c { … }`
    Table(Table),
    /// `test "title" { … }`
    Test(Test),
    /// A declaration of any kind: `event name "Title" { clauses }`.
    Rule(Rule),
    /// A declaration that could not be read; its findings are in [`crate::Parsed::problems`].
    Broken(Broken),
}

/// A text literal without slots, such as a title or a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// The unescaped text.
    pub text: String,
    /// With the quotes.
    pub span: Span,
}

/// A declaration of some kind: one shape for all of them.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The kind's word (`event`, later `anomaly`, `route`, …).
    pub kind: Kw,
    /// Where the kind's word stands.
    pub kind_span: Span,
    /// Its name.
    pub name: Name,
    /// For people.
    pub title: Option<Plain>,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// In source order.
    pub clauses: Vec<Clause>,
    /// Some clause could not be read: "clause missing" would be a second finding for one mistake.
    pub broken: bool,
    /// The whole declaration.
    pub span: Span,
}

/// A line that starts with a clause word.
#[derive(Debug, Clone)]
pub struct Clause {
    /// The clause word.
    pub word: Kw,
    /// Where it stands.
    pub word_span: Span,
    /// What follows, in the order written.
    pub parts: Vec<Part>,
    /// The block of a clause that has one.
    pub block: Option<Vec<Clause>>,
    /// The whole clause.
    pub span: Span,
}

/// A piece of a clause. `once per customer every 30d` is `[Expr(customer), Word(EVERY), Expr(30d)]`.
#[derive(Debug, Clone)]
pub enum Part {
    /// An inner or value word: `by`, `every`, `high`.
    Word(Kw, Span),
    /// An expression; a lone name is an expression too.
    Expr(Expr),
    /// A text with slots.
    Text(Text),
}

/// A declaration that could not be read.
#[derive(Debug, Clone)]
pub struct Broken {
    /// The kind's word, if it was one.
    pub kind: Option<Kw>,
    /// Its name, if it could be made out.
    pub name: Option<Name>,
    /// What was skipped.
    pub span: Span,
}
