//! The checked form: every name resolved, every expression typed, `let` and `fn` expanded. What executors and kinds read.

mod compare;
mod narrow;
mod table;
mod walk;
mod window;

use crate::{builtin::Builtin, finding::Place, schema::Schema, ty::Typed, value::Value};
pub use guiju_grammar::ast::{Direction, End};
use std::sync::Arc;
pub use table::{Cell, Policy, Table, TableInput, TableRow};
pub use walk::parts;
pub use window::{Figure, LONGEST_WINDOW, Reach, Window};

/// Index into [`Program::sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);
/// Index into [`Program::sinks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SinkId(pub u32);
/// Index into [`Program::scripts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScriptId(pub u32);
/// A checked expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type, unit and nullability.
    pub typed: Typed,
    /// Where it was written (of an expanded `let` or `fn`: where it was used).
    pub place: Place,
    /// Its own text, also inside an expanded definition: the cell of a decision table, the condition in a `fn`'s body.
    pub written: Place,
}

/// A column of the row at hand, or of another source looked up by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnRef {
    /// The source it belongs to. If it is not the rule's `on` source, the row is the one whose key equals this row's column of
    /// the same name (`managers.manager_id`): missing if there is none.
    pub source: SourceId,
    /// Position in that source's schema.
    pub column: u32,
}

/// Checked expressions. Operand types are as the checker left them: numeric operands of one operation may still differ
/// (integer, decimal of any scale, real); executors convert as `semantics` says, the result type is in [`Expr::typed`].
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A constant; percent and 万 already applied.
    Literal(Value),
    /// A column.
    Column(ColumnRef),
    /// The logical time (timestamp).
    Now,
    /// Its date in the rulebook's zone.
    Today,
    /// Three-valued not.
    Not(Box<Expr>),
    /// Numeric minus.
    Neg(Box<Expr>),
    /// `+ - * /` on numbers; date ± duration; timestamp ± duration; `date - date` is integer days.
    Arith(ArithOp, Box<Expr>, Box<Expr>),
    /// Same-family operands.
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// Two or more, flattened.
    And(Vec<Expr>),
    /// Two or more, flattened.
    Or(Vec<Expr>),
    /// Membership in constants or expressions. Three-valued as SQL: missing operand is missing.
    In {
        /// Looked for.
        operand: Box<Expr>,
        /// In these.
        items: Vec<Expr>,
        /// `not in`
        negated: bool,
    },
    /// Never missing.
    IsMissing {
        /// Asked of.
        operand: Box<Expr>,
        /// `is not missing`
        negated: bool,
    },
    /// Both ends included; as `low <= x and x <= high`.
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `date within next N …`: today ≤ d ≤ today + N; `within last N`: today − N ≤ d ≤ today. With trading days the N-th
    /// trading day strictly after (before) today. Timestamps against `now` for exact durations.
    Within(Box<Expr>, Direction, crate::value::Duration),
    /// The first unless it is missing.
    OrElse(Box<Expr>, Box<Expr>),
    /// Text predicates, by bytes.
    TextTest(TextOp, Box<Expr>, Box<Expr>),
    /// Regular expression, unanchored; `\d \w \s` ASCII.
    Matches(Box<Expr>, Pattern),
    /// A missing condition takes `otherwise`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A built-in function.
    Call(Builtin, Vec<Expr>),
    /// A `script fn`; arguments already have the declared types.
    Script(ScriptId, Vec<Expr>),
    /// Over the whole snapshot (semantics.md, Quantile / top). Index into [`RuleHead::populations`] of the rule it stands in.
    InTop(u32),
    /// Numeric conversion the language makes by itself, to [`Expr::typed`]: integer → decimal, decimal → decimal, any → real.
    Convert(Box<Expr>),
    /// List of values.
    List(Vec<Expr>),
    /// A text with slots, rendered.
    Text(Arc<TextTemplate>),
    /// A decision table asked about these inputs, one for each of its columns.
    Table(Arc<Table>, Vec<Expr>),
}

/// A question over all rows of a snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Population {
    /// What is ranked; rows where it is missing do not count and are not in.
    pub operand: Expr,
    /// Which end.
    pub end: End,
    /// How many.
    pub amount: Amount,
    /// Groups (columns); empty: all rows.
    pub per: Vec<Expr>,
}

/// A share or a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Amount {
    /// Of the non-missing rows: a share as numerator over 10^scale, in (0, 1).
    Share(crate::value::Decimal),
    /// The N largest; ties by key.
    Count(u64),
}

/// `+ - * /`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum ArithOp {
    Add,
    Sub,
    Mul,
    Div,
}

/// `= != < <= > >=`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// contains, starts with, ends with
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum TextOp {
    Contains,
    StartsWith,
    EndsWith,
}

/// A regular expression that the checker accepted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// As written between the slashes.
    pub source: Arc<str>,
}

/// Typed segments of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextTemplate {
    /// In order.
    pub segments: Vec<TextSegment>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum TextSegment {
    /// Stands as it is.
    Literal(Arc<str>),
    /// A value, formatted. The expression is not nullable (the checker insists on `or else`).
    Slot {
        /// What.
        expr: Expr,
        /// How.
        format: SlotFormat,
    },
}

/// How a slot writes its value. Rounding is HALF_UP.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SlotFormat {
    /// Decimals with their scale, dates ISO, text as it is.
    Plain,
    /// `{d:%m月%d日}`: strftime's %Y %m %d %H %M %S %y %j %e %-m %-d %%.
    Time(Arc<str>),
    /// `{x:#,##0.00}`: grouping and digits; a trailing `%` multiplies by 100.
    Number {
        /// Thousands separators.
        grouping: bool,
        /// Least digits before the point.
        min_integer: u8,
        /// Least digits after the point.
        min_fraction: u8,
        /// Most digits after the point.
        max_fraction: u8,
        /// Times 100 with a percent sign.
        percent: bool,
    },
    /// `{x:万元}` `{x:亿元}` `{x:元}` `{x:万}` …: divides by the power of ten, at most two digits after the point, then the word.
    Scaled {
        /// 0, 4 or 8.
        power: u8,
        /// The word after the number.
        suffix: Arc<str>,
    },
}

/// A source, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// `rulebook.name`, unique in the program.
    pub name: String,
    /// Bound by the operator.
    pub connection: String,
    /// The text after `table`, `file`, …
    pub object: Option<String>,
    /// Rows pass by: whatever lies there now is not all of them, and says nothing of the next.
    pub passes: bool,
    /// All columns: those that a connector delivers, then one for each of `windows`.
    pub schema: Schema,
    /// Position of the key column.
    pub key: Option<u32>,
    /// Position of the time column.
    pub time: Option<u32>,
    /// As a stream: how much older than the newest row a row may be, in microseconds.
    pub lateness: i64,
    /// As a stream that is served: once nothing has come for so long, its time goes on with the clock, so many microseconds behind it.
    pub idle: Option<i64>,
    /// Of a market feed: how its messages are written, and which of them are its rows.
    pub feed: Option<Arc<crate::market::Feed>>,
    /// As a stream: the figures that rules want over its windows, in the order of their columns.
    pub windows: Vec<Window>,
    /// Columns that some rule reads, sorted: what a connector must deliver.
    pub used: Vec<u32>,
    /// Where it is declared.
    pub place: Place,
}

impl Source {
    /// The columns that a connector delivers.
    pub fn delivered(&self) -> &[crate::schema::Column] {
        let own = self.schema.columns.len().saturating_sub(self.windows.len());
        &self.schema.columns[..own]
    }

    /// What stands in a column that no connector delivers.
    pub fn window(&self, column: u32) -> Option<&Window> {
        self.windows.iter().find(|window| window.column == column)
    }
}

/// A sink, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Sink {
    /// `rulebook.name`.
    pub name: String,
    /// Bound by the operator.
    pub connection: String,
    /// The text after `table`, `file`, …
    pub object: Option<String>,
    /// At most once, else at least once.
    pub at_most_once: bool,
    /// Where it is declared.
    pub place: Place,
}

/// A `script fn`.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// Its name.
    pub name: String,
    /// Parameters in order.
    pub params: Vec<(String, Typed)>,
    /// What it returns (always nullable).
    pub result: Typed,
    /// rhai.
    pub body: Arc<str>,
    /// Of the body's first byte.
    pub place: Place,
}

/// What the program knows of a rule of any kind.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Identity, kind and documentation.
    pub head: RuleHead,
    /// The kind's own checked form; its crate downcasts it.
    pub body: Arc<dyn crate::kind::RuleBody>,
}

/// Common to rules of all kinds.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleHead {
    /// tenant/rulebook.name
    pub id: RuleId,
    /// The id it had before (`formerly`).
    pub formerly: Option<RuleId>,
    /// The kind's English keyword: `event`.
    pub kind: &'static str,
    /// For people.
    pub title: Option<String>,
    /// The `##` lines.
    pub doc: Option<String>,
    /// Questions over the snapshot used by its expressions.
    pub populations: Vec<Population>,
    /// Where it is declared.
    pub place: Place,
}

/// A rule's identity: `tenant/rulebook.name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId {
    /// Whose.
    pub tenant: String,
    /// In which rulebook.
    pub rulebook: String,
    /// Its name.
    pub name: String,
}

impl std::fmt::Display for RuleId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}.{}", self.tenant, self.rulebook, self.name)
    }
}

/// A rulebook of the set.
#[derive(Debug, Clone, PartialEq)]
pub struct Rulebook {
    /// Its name.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// Whose; `default` if not said.
    pub tenant: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The calendar's name, if one is set.
    pub calendar: Option<String>,
    /// IANA zone; Asia/Shanghai if not said.
    pub zone: String,
    /// Where.
    pub place: Place,
}

/// A checked rulebook set.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The set's rulebooks.
    pub rulebooks: Vec<Rulebook>,
    /// All sources.
    pub sources: Vec<Source>,
    /// All sinks.
    pub sinks: Vec<Sink>,
    /// All script functions.
    pub scripts: Vec<Script>,
    /// All rules, in file and source order.
    pub rules: Vec<Rule>,
    /// All fibre routes.
    pub routes: Vec<crate::plant::Route>,
    /// All tests.
    pub tests: Vec<Test>,
    /// Hash of the expanded checked form, not of the text: the epoch's name.
    pub hash: [u8; 32],
}

impl Program {
    /// How rows of `on` find their row of another source: the column of `on` that has the name of the other's key, and that key.
    pub fn lookup(&self, on: SourceId, of: SourceId) -> Option<(u32, u32)> {
        let source = self.sources.get(of.0 as usize)?;
        let key = source.key?;
        let name = &source.schema.columns.get(key as usize)?.name;
        let own = self.sources.get(on.0 as usize)?.schema.index_of(name)?;
        Some((u32::try_from(own).ok()?, key))
    }
}

/// A test in a rulebook, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// Its title.
    pub title: String,
    /// The rulebook it stands in.
    pub rulebook: String,
    /// In order.
    pub steps: Vec<TestStep>,
    /// Where.
    pub place: Place,
}

/// A step of a test.
#[derive(Debug, Clone, PartialEq)]
pub enum TestStep {
    /// Set the clock: microseconds since 1970-01-01 UTC.
    Clock(i64),
    /// Move the clock.
    After(crate::value::Duration),
    /// Rows for a source; values in the schema's order, missing where not given.
    Given {
        /// Which source.
        source: SourceId,
        /// One value per column of the schema.
        rows: Vec<Vec<Value>>,
        /// Where.
        place: Place,
    },
    /// What follows is so for every row of a source that meets the condition.
    ForAny {
        /// Which source.
        source: SourceId,
        /// What its rows are like.
        with: Option<Expr>,
        /// Where.
        place: Place,
    },
    /// An effect that must appear.
    Expect {
        /// Of this rule.
        rule: RuleId,
        /// For this key, written as effects write keys; without it, for the row that [`TestStep::ForAny`] made.
        key: Option<Value>,
        /// Property name (English keyword where it is one) and its value.
        with: Vec<(String, Value)>,
        /// Where.
        place: Place,
    },
    /// All effects of a rule: these, and no others.
    ExpectRows {
        /// Of this rule.
        rule: RuleId,
        /// The properties that are compared (English keyword where it is one).
        properties: Vec<String>,
        /// Keys, written as effects write keys, and the properties' values.
        rows: Vec<(Value, Vec<Value>)>,
        /// Where.
        place: Place,
    },
    /// No effect (of that rule) (for that key).
    ExpectNothing {
        /// Of this rule only.
        rule: Option<RuleId>,
        /// For this key only.
        key: Option<Value>,
        /// Where.
        place: Place,
    },
    /// A fibre route as it must turn out on the records as they are, with nothing held.
    ExpectRoute {
        /// Which of [`Program::routes`].
        route: usize,
        /// Other ends than it declares.
        ends: Option<[String; 2]>,
        /// What it passes, in this order.
        via: Vec<crate::plant::Named>,
        /// It must be proven that there is none.
        none: bool,
        /// Where.
        place: Place,
    },
}
