//! The typed view over a rulebook's text: what was written, with its place, before anybody asks what it means.
//!
//! Every node carries the byte span it came from. Declarations that did not parse are kept as [`Item::Broken`], so that
//! a name which is declared, if badly, is not reported a second time as unknown.

use crate::keyword::Kw;

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
    /// `table name "Title" (a, b) -> c { … }`
    Table(Table),
    /// `test "title" { … }`
    Test(Test),
    /// A declaration of any kind: `event name "Title" { clauses }`.
    Rule(Rule),
    /// A declaration that could not be read; its findings are in [`crate::Parsed::problems`].
    Broken(Broken),
}

/// `language 1`
#[derive(Debug, Clone)]
pub struct Language {
    /// The edition.
    pub edition: u32,
    /// Where it stands.
    pub span: Span,
}

/// A text literal without slots, such as a title or a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// The unescaped text.
    pub text: String,
    /// With the quotes.
    pub span: Span,
}

/// The header of a rulebook.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// Its name, part of every rule's identity.
    pub name: Name,
    /// For people.
    pub title: Option<Plain>,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// owner, calendar, zone, tenant.
    pub clauses: Vec<Clause>,
    /// The whole declaration.
    pub span: Span,
}

/// `import other as alias`
#[derive(Debug, Clone)]
pub struct Import {
    /// The rulebook imported.
    pub rulebook: Name,
    /// What it is called here.
    pub alias: Name,
    /// The whole declaration.
    pub span: Span,
}

/// `let name = expr`
#[derive(Debug, Clone)]
pub struct Let {
    /// What it defines.
    pub name: Name,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// Its value.
    pub value: Expr,
    /// The whole declaration.
    pub span: Span,
}

/// `fn name(a, b: type) = expr`
#[derive(Debug, Clone)]
pub struct Fn {
    /// What it defines.
    pub name: Name,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// Parameters; a type is optional since the body is expanded where it is called.
    pub params: Vec<Param>,
    /// The body.
    pub body: Expr,
    /// The whole declaration.
    pub span: Span,
}

/// A parameter.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its type, if written.
    pub ty: Option<TypeName>,
}

/// A type as written: `decimal(18, 2) in 元`, `text`, `date`.
#[derive(Debug, Clone)]
pub struct TypeName {
    /// The type's word in either language, as written.
    pub name: Name,
    /// Numbers in parentheses (precision, scale).
    pub args: Vec<u32>,
    /// The unit named after `in`/`以`, as written: `percent`, `元`, …
    pub unit: Option<Name>,
    /// The whole type.
    pub span: Span,
}

/// `script fn name(a: type) -> type { body }`: the body is rhai.
#[derive(Debug, Clone)]
pub struct ScriptFn {
    /// What it defines.
    pub name: Name,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// Parameters, each with a type.
    pub params: Vec<Param>,
    /// What it returns.
    pub result: TypeName,
    /// The script, without the outer braces.
    pub body: Plain,
    /// The whole declaration.
    pub span: Span,
}

/// `template name { … }`
#[derive(Debug, Clone)]
pub struct Template {
    /// What it defines.
    pub name: Name,
    /// For people.
    pub title: Option<Plain>,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// Inline text or a file.
    pub body: TemplateBody,
    /// The whole declaration.
    pub span: Span,
}

/// Where a template's text is.
#[derive(Debug, Clone)]
pub enum TemplateBody {
    /// `text "…{slot}…"`
    Inline(Text),
    /// `file "x.j2"`, relative to the project's templates folder.
    File(Plain),
}

/// `source name from connection table "t" { key k … }`
#[derive(Debug, Clone)]
pub struct Source {
    /// What it defines.
    pub name: Name,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// The connection that the operator's configuration binds.
    pub connection: Name,
    /// `table`, `file`, `topic` or `query`, and its text.
    pub object: Option<(Kw, Plain)>,
    /// key, time column, lateness, column, …
    pub clauses: Vec<Clause>,
    /// `column name is type` lines.
    pub columns: Vec<Column>,
    /// The whole declaration.
    pub span: Span,
}

/// `column name is type [in unit] [required]`
#[derive(Debug, Clone)]
pub struct Column {
    /// The column.
    pub name: Name,
    /// Its type.
    pub ty: TypeName,
    /// Written `required`/`必填`: never missing.
    pub required: bool,
    /// The whole line.
    pub span: Span,
}

/// `sink name to connection { deliver … }`
#[derive(Debug, Clone)]
pub struct Sink {
    /// What it defines.
    pub name: Name,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// The connection that the operator's configuration binds.
    pub connection: Name,
    /// `table`, `file` or `topic`, and its text.
    pub object: Option<(Kw, Plain)>,
    /// deliver, …
    pub clauses: Vec<Clause>,
    /// The whole declaration.
    pub span: Span,
}

/// `table name "Title" (a, b) -> c { hit first  | cell | cell -> value | }`
#[derive(Debug, Clone)]
pub struct Table {
    /// What it defines.
    pub name: Name,
    /// For people.
    pub title: Option<Plain>,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// Inputs; a name that is not a parameter's type only names the column for readers.
    pub inputs: Vec<Param>,
    /// Outputs.
    pub outputs: Vec<Param>,
    /// `hit first|unique|any|priority|all|sum|min|max|count`.
    pub hit: Option<(Kw, Span)>,
    /// The output's values after `hit priority`, the one that wins first.
    pub priorities: Vec<Expr>,
    /// In order.
    pub rows: Vec<TableRow>,
    /// The whole declaration.
    pub span: Span,
}

/// One row of a decision table.
#[derive(Debug, Clone)]
pub struct TableRow {
    /// One per input; `otherwise` rows have none.
    pub cells: Vec<Cell>,
    /// Written `otherwise`.
    pub otherwise: bool,
    /// One per output.
    pub outputs: Vec<Expr>,
    /// The whole row.
    pub span: Span,
}

/// A cell's condition on its column.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The condition.
    pub kind: CellKind,
    /// The cell without its bars.
    pub span: Span,
}

/// What a cell says of its column.
#[derive(Debug, Clone)]
pub enum CellKind {
    /// `-`
    Any,
    /// `< 60`, or a bare value (`=`).
    Compare(BinaryOp, Expr),
    /// `18..60`, `60..`, `..60`: both ends included.
    Range(Option<Expr>, Option<Expr>),
    /// `a, b` or, negated, `not a, b`.
    OneOf(Vec<Expr>, bool),
    /// `is missing`, or negated.
    Missing(bool),
}

/// `test "title" { given … expect … }`
#[derive(Debug, Clone)]
pub struct Test {
    /// What it shows.
    pub title: Plain,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// In order.
    pub steps: Vec<TestStep>,
    /// The whole declaration.
    pub span: Span,
}

/// One line of a test.
#[derive(Debug, Clone)]
pub enum TestStep {
    /// `given today 2026-11-19` or `given now 2026-11-19 09:30`: the virtual clock.
    Clock(Kw, Expr),
    /// `given customers { customer_id: 1, … }`, or a table of rows; they are added to the source.
    Given(Given),
    /// `for any customers with cd_balance < 50万`: what follows is so for every row of the source that meets the condition.
    ForAny {
        /// The source, maybe through an alias.
        source: Vec<Name>,
        /// What its rows are like.
        with: Option<Expr>,
        /// The whole line.
        span: Span,
    },
    /// `after 3d`: the clock moves on.
    After(Expr, Span),
    /// `expect event cd_maturing for 1 with priority high, task "…"`
    Expect(Expect),
    /// `expect event cd_maturing`, and a table of rows: exactly these effects of the rule.
    ExpectRows(ExpectRows),
    /// `expect nothing for 2`; without a key: no effect at all.
    ExpectNothing {
        /// Only of this rule, if written: `expect nothing of cd_maturing for 2`; maybe through an alias.
        rule: Vec<Name>,
        /// Only for this key, if written.
        key: Option<Expr>,
        /// The whole line.
        span: Span,
    },
}

/// Rows given to a source.
#[derive(Debug, Clone)]
pub struct Given {
    /// The source, maybe through an alias.
    pub source: Vec<Name>,
    /// Column names and values, row by row.
    pub rows: Vec<Vec<(Name, Expr)>>,
    /// The whole step.
    pub span: Span,
}

/// An effect that must appear.
#[derive(Debug, Clone)]
pub struct Expect {
    /// The kind's word: `event`.
    pub kind: Kw,
    /// The rule, maybe through an alias.
    pub rule: Vec<Name>,
    /// For which key; without it, for the row that `for any` made.
    pub key: Option<Expr>,
    /// Properties after `with`.
    pub with: Vec<Property>,
    /// The whole step.
    pub span: Span,
}

/// All effects of a rule, row by row.
#[derive(Debug, Clone)]
pub struct ExpectRows {
    /// The kind's word: `event`.
    pub kind: Kw,
    /// The rule, maybe through an alias.
    pub rule: Vec<Name>,
    /// The heads: the key first, then properties.
    pub columns: Vec<Name>,
    /// Heads and values, row by row.
    pub rows: Vec<Vec<(Name, Expr)>>,
    /// The whole step.
    pub span: Span,
}

impl ExpectRows {
    /// The keyword that a head is, if it is one.
    pub fn word(head: &Name) -> Option<Kw> {
        crate::keyword::clauses("event").find(|entry| entry.is(&head.text)).map(|entry| entry.kw)
    }
}

/// `priority high`, `task "…"`, `assignee "M01"`: what an expected effect must carry.
#[derive(Debug, Clone)]
pub struct Property {
    /// The property's word as written.
    pub name: Name,
    /// The word's keyword, if it is one.
    pub word: Option<Kw>,
    /// What it must be.
    pub value: Part,
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

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The shapes of expressions. Parentheses are gone: the tree says it.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// A text with or without slots.
    Text(Text),
    /// `name`, `source.column`, `alias.name`.
    Path(Vec<Name>),
    /// `f(a, b)`; `sum(x) over 1d`.
    Call {
        /// What is called, maybe through an alias.
        function: Vec<Name>,
        /// In order.
        args: Vec<Expr>,
        /// The window after `over`.
        over: Option<Box<Expr>>,
    },
    /// `now`, `today`.
    Clock(Clock),
    /// `not a`, `-a`.
    Unary(UnaryOp, Box<Expr>),
    /// `a op b`, with the operator's place.
    Binary(BinaryOp, Span, Box<Expr>, Box<Expr>),
    /// `x in [a, b]`, `x not in list`, `x in 1..5`.
    In {
        /// What is looked for.
        operand: Box<Expr>,
        /// `not in`.
        negated: bool,
        /// A list, a range or a name.
        set: Box<Expr>,
    },
    /// `x is missing`, `x is not missing`.
    IsMissing(Box<Expr>, bool),
    /// `x between low and high`: both ends included.
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `x within next 3 trading days`, `x within last 30d`; the span of time is a duration literal.
    Within(Box<Expr>, Direction, Box<Expr>),
    /// `x in top 5%`, `x in top 10 per branch`, `x in bottom …`.
    InTop {
        /// What is ranked.
        operand: Box<Expr>,
        /// Which end.
        end: End,
        /// A share (with `%`) or a whole number.
        amount: Box<Expr>,
        /// Groups.
        per: Vec<Name>,
    },
    /// `x matches /re/`; the place is the pattern's, without slashes.
    Matches(Box<Expr>, String, Span),
    /// `if c then a else b`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `30% of x`: the share, then the whole, whatever the language's order.
    PercentOf(Box<Expr>, Box<Expr>),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `{ a: 1 }`.
    Record(Vec<(Name, Expr)>),
    /// `18..60`, `60..`, `..60`.
    Range(Option<Box<Expr>>, Option<Box<Expr>>),
}

/// `now` or `today`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Clock {
    /// The logical time.
    Now,
    /// Its date in the rulebook's zone.
    Today,
}

/// After or before today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `within next`
    Next,
    /// `within last`
    Last,
}

/// The end of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// The largest.
    Top,
    /// The smallest.
    Bottom,
}

/// Prefix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Neg,
}

/// Infix operators, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the operators' own names
pub enum BinaryOp {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Contains,
    StartsWith,
    EndsWith,
    OrElse,
    Add,
    Sub,
    Mul,
    Div,
}

/// A constant as written.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `missing`
    Missing,
    /// `true`, `false`
    Bool(bool),
    /// `50万元`: mantissa 50, scale 0, magnitude 万, unit `元`. `0.05%`: mantissa 5, scale 2, magnitude percent.
    Number {
        /// All digits; at most 38.
        mantissa: i128,
        /// How many of them stand after the point.
        scale: u8,
        /// The suffix.
        magnitude: Magnitude,
        /// `元`, `股`, `dB`, `km`, `metres`, as written.
        unit: Option<String>,
    },
    /// `30d`, `3 trading days`, `5m`.
    Duration {
        /// How many.
        count: i64,
        /// Of what.
        unit: DurationUnit,
    },
    /// `2026-11-22` (checked: it exists).
    Date {
        /// Year.
        year: i32,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// `09:30`, `09:30:15`: microseconds since midnight.
    Time(i64),
    /// `2026-11-22 09:30`: the date, and microseconds since midnight in the rulebook's zone.
    Timestamp {
        /// Year.
        year: i32,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
        /// Microseconds since midnight.
        time: i64,
    },
    /// `10.1.2.3`
    Ip(std::net::IpAddr),
    /// `10.1.2.0/24`
    Cidr(std::net::IpAddr, u8),
    /// `tcp/8080`, `udp/53..60`, `icmp/8`
    Service {
        /// tcp, udp or icmp.
        protocol: String,
        /// First port.
        low: u16,
        /// Last port.
        high: u16,
    },
}

/// A number's suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Magnitude {
    /// None.
    One,
    /// `万`: × 10⁴
    Wan,
    /// `亿`: × 10⁸
    Yi,
    /// `%`: × 10⁻²
    Percent,
    /// `bp`: × 10⁻⁴
    BasisPoint,
}

/// The unit of a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DurationUnit {
    /// `s`, 秒
    Second,
    /// `m`, 分钟
    Minute,
    /// `h`, 小时
    Hour,
    /// `d`, `days`, 天: a calendar day.
    Day,
    /// `trading days`, 个交易日
    TradingDay,
    /// `months`, 个月: clamps to the last day.
    Month,
    /// `years`, 年
    Year,
}

/// A text with slots.
#[derive(Debug, Clone)]
pub struct Text {
    /// In order; adjacent literals are one.
    pub segments: Vec<Segment>,
    /// With the quotes.
    pub span: Span,
}

/// A piece of a text.
#[derive(Debug, Clone)]
pub enum Segment {
    /// Unescaped characters.
    Literal(String),
    /// `{expression:format}`
    Slot {
        /// The value.
        expr: Expr,
        /// After the first colon that follows the complete expression.
        format: Option<Plain>,
        /// With the braces.
        span: Span,
    },
}
