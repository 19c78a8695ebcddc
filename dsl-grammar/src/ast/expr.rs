//! Expressions.

use super::{Literal, Name, Span, Text};

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
        over: Option<Box<Over>>,
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

/// `over 1d`, `over each 1d`.
#[derive(Debug, Clone)]
pub struct Over {
    /// Windows that follow one another, instead of one that ends with the row.
    pub each: bool,
    /// How long.
    pub span: Expr,
}
