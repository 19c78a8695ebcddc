//! Mutants: a checked expression with one small thing changed, as a hand might slip or a meeting might decide. A test that does not
//! notice the change does not pin the rule down.
//!
//! A mutant says what it changed in the rulebook's own words: `cd_balance > 50万` instead of `cd_balance >= 50万`.

mod constant;
mod population;
mod table;
mod words;

use crate::{
    canonical,
    finding::{FileId, Place},
    hir::{ArithOp, CompareOp, Direction, Expr, ExprKind, Source},
    value::{Duration, Value},
};
use constant::stepped;
pub use constant::stepped_duration;
use guiju_grammar::keyword::Kw;
pub use population::populations;
use std::collections::HashSet;
pub use words::{number_changed, replaced};

/// The texts that places point into.
pub trait Texts {
    /// What stands there.
    fn slice(&self, place: Place) -> &str;
    /// The whole line, without the blanks around it.
    fn line(&self, place: Place) -> &str;
    /// A word as the file spells it.
    fn word(&self, file: FileId, word: Kw) -> &'static str;
}

/// What was changed, as the rulebook would say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// `operator`, `constant`, `dropped`, `word`, `negated`, `branch`, `clause`
    pub kind: &'static str,
    /// The text that was changed.
    pub at: Place,
    /// As it is.
    pub from: String,
    /// As it was made; nothing if it was taken out.
    pub to: String,
}

/// An expression with one thing changed.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// What.
    pub said: Said,
    /// All of it.
    pub expr: Expr,
}

/// At most so many of one expression: a test of them all stays a matter of seconds.
const MOST: usize = 400;

/// Everything that could be changed in an expression by one step. Changes that provably mean the same are left out: what reads
/// the same in canonical form.
pub fn mutants(root: &Expr, texts: &dyn Texts, sources: &[Source]) -> Vec<Mutant> {
    let mut grower = Grower { texts, sources, path: Vec::new(), found: Vec::new() };
    grower.grow(root, root);
    let canonical = |e: &Expr| {
        let mut text = String::new();
        canonical::expr(&mut text, e, sources);
        text
    };
    let mut known = HashSet::from([canonical(root)]);
    let mut all = Vec::new();
    for (said, path, part) in grower.found {
        let mut expr = root.clone();
        if let Some(place) = part_at(&mut expr, &path) {
            *place = part;
            if known.insert(canonical(&expr)) {
                all.push(Mutant { said, expr });
            }
        }
        if all.len() == MOST {
            break;
        }
    }
    all
}

fn part_at<'e>(expr: &'e mut Expr, path: &[usize]) -> Option<&'e mut Expr> {
    match path.split_first() {
        None => Some(expr),
        Some((first, rest)) => part_at(expr.child_mut(*first)?, rest),
    }
}

struct Grower<'a> {
    texts: &'a dyn Texts,
    sources: &'a [Source],
    path: Vec<usize>,
    found: Vec<(Said, Vec<usize>, Expr)>,
}

impl Grower<'_> {
    fn text(&self, e: &Expr) -> &str {
        self.texts.slice(e.written)
    }

    fn word(&self, e: &Expr, word: Kw) -> &'static str {
        self.texts.word(e.written.file, word)
    }

    fn push(&mut self, kind: &'static str, e: &Expr, to: Option<String>, changed: Expr) {
        if let Some(to) = to {
            let said = Said { kind, at: e.written, from: self.text(e).to_owned(), to };
            self.found.push((said, self.path.clone(), changed));
        }
    }

    /// A part that is left out of what holds it.
    fn without(&mut self, part: &Expr, rest: Expr) {
        self.push("dropped", part, Some(String::new()), rest);
    }

    /// `around` is the nearest expression whose text holds this one's.
    fn grow(&mut self, e: &Expr, around: &Expr) {
        let around = if words::holds(around.written, e.written) { around } else { e };
        let with = |kind: ExprKind| Expr { kind, ..e.clone() };
        match &e.kind {
            ExprKind::Compare(op, a, b) => self.comparison(e, *op, a, b),
            ExprKind::And(parts) | ExprKind::Or(parts) => self.chain(e, parts),
            ExprKind::Not(inner) => self.push("negated", e, Some(self.text(inner).to_owned()), (**inner).clone()),
            ExprKind::In { operand, items, negated } => {
                for (at, item) in items.iter().enumerate().filter(|_| items.len() > 1) {
                    let mut rest = items.clone();
                    rest.remove(at);
                    let kind = ExprKind::In { operand: operand.clone(), items: rest, negated: *negated };
                    self.without(item, with(kind));
                }
                let (from, to) = if *negated { (Kw::NOT_IN, Kw::IN) } else { (Kw::IN, Kw::NOT_IN) };
                let said = words::word_replaced(self.text(e), operand, e, from, self.word(e, to));
                let kind = ExprKind::In { operand: operand.clone(), items: items.clone(), negated: !negated };
                let said = said.unwrap_or_else(|| self.not(e));
                self.push("negated", e, Some(said), with(kind));
            }
            ExprKind::IsMissing { operand, negated } => {
                let word = self.word(e, if *negated { Kw::IS_MISSING } else { Kw::IS_NOT_MISSING });
                let own = words::holds(e.written, operand.written);
                let said = if own { format!("{} {word}", self.text(operand)) } else { word.to_owned() };
                let kind = ExprKind::IsMissing { operand: operand.clone(), negated: !negated };
                self.push("negated", e, Some(said), with(kind));
            }
            ExprKind::Within(operand, direction, span) => self.within(e, operand, *direction, *span),
            ExprKind::Between(..) | ExprKind::TextTest(..) | ExprKind::Matches(..) | ExprKind::InTop(_) => {
                self.push("negated", e, Some(self.not(e)), with(ExprKind::Not(Box::new(e.clone()))));
            }
            ExprKind::OrElse(first, _) if first.typed.nullable => {
                let said = words::own_text(e, first).map(|at| self.texts.slice(at).to_owned());
                self.push("dropped", e, said, (**first).clone());
            }
            ExprKind::If(condition, then, otherwise) => self.choice(e, condition, then, otherwise),
            ExprKind::Arith(op, a, b) => {
                let (other, sign) = match op {
                    ArithOp::Add => (ArithOp::Sub, ("+", "-")),
                    ArithOp::Sub => (ArithOp::Add, ("-", "+")),
                    ArithOp::Mul => (ArithOp::Div, ("*", "/")),
                    ArithOp::Div => (ArithOp::Mul, ("/", "*")),
                };
                let said = words::sign_replaced(self.text(e), a, b, e, sign.0, sign.1);
                self.push("operator", e, said, with(ExprKind::Arith(other, a.clone(), b.clone())));
            }
            ExprKind::Literal(value) => self.constant(e, value, around),
            ExprKind::Table(table, inputs) => self.table(e, table, inputs),
            _ => {}
        }
        let mut children = Vec::new();
        e.children(&mut |child| children.push(child));
        for (at, child) in children.into_iter().enumerate() {
            self.path.push(at);
            self.grow(child, if matches!(e.kind, ExprKind::Convert(_)) { around } else { e });
            self.path.pop();
        }
    }

    fn not(&self, e: &Expr) -> String {
        format!("{} ({})", self.word(e, Kw::NOT), self.text(e))
    }

    fn comparison(&mut self, e: &Expr, op: CompareOp, a: &Expr, b: &Expr) {
        use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
        let others: &[CompareOp] = match op {
            Eq => &[Ne],
            Ne => &[Eq],
            Lt => &[Le, Ge],
            Le => &[Lt, Gt],
            Gt => &[Ge, Le],
            Ge => &[Gt, Lt],
        };
        for other in others {
            let said = words::sign_replaced(self.text(e), a, b, e, "", other.sign());
            let kind = ExprKind::Compare(*other, Box::new(a.clone()), Box::new(b.clone()));
            self.push("operator", e, said, Expr { kind, ..e.clone() });
        }
    }

    fn chain(&mut self, e: &Expr, parts: &[Expr]) {
        let all = matches!(e.kind, ExprKind::And(_));
        let made = |parts: Vec<Expr>, all: bool| {
            let kind = if all { ExprKind::And(parts) } else { ExprKind::Or(parts) };
            Expr { kind, ..e.clone() }
        };
        for (at, part) in parts.iter().enumerate() {
            let mut rest = parts.to_vec();
            rest.remove(at);
            let rest = match rest.len() {
                1 => rest.swap_remove(0),
                _ => made(rest, all),
            };
            self.without(part, rest);
        }
        let (from, to) = if all { (Kw::AND, Kw::OR) } else { (Kw::OR, Kw::AND) };
        let said = words::joined_by(self.text(e), parts, e, from, self.word(e, to));
        self.push("word", e, said, made(parts.to_vec(), !all));
    }

    fn within(&mut self, e: &Expr, operand: &Expr, direction: Direction, span: Duration) {
        let made =
            |direction, span| Expr { kind: ExprKind::Within(Box::new(operand.clone()), direction, span), ..e.clone() };
        let after = words::end_in(e, operand);
        for up in [true, false] {
            if let Some(other) = stepped_duration(span, up) {
                let said = number_changed(self.text(e), after, up);
                self.push("constant", e, said, made(direction, other));
            }
        }
        let (from, to, other) = match direction {
            Direction::Next => (Kw::WITHIN_NEXT, Kw::WITHIN_LAST, Direction::Last),
            Direction::Last => (Kw::WITHIN_LAST, Kw::WITHIN_NEXT, Direction::Next),
        };
        let said = words::word_replaced(self.text(e), operand, e, from, self.word(e, to));
        self.push("word", e, said, made(other, span));
    }

    /// A row of a decision table that is not there; an `if` that takes the other branch, or always the same.
    fn choice(&mut self, e: &Expr, condition: &Expr, then: &Expr, otherwise: &Expr) {
        let same = self.canonical(then) == self.canonical(otherwise);
        if same {
            return;
        }
        if self.text(e).starts_with(['|', '｜']) {
            return self.without(e, otherwise.clone());
        }
        let swapped = ExprKind::If(Box::new(condition.clone()), Box::new(otherwise.clone()), Box::new(then.clone()));
        let said = words::swapped(self.text(e), then, otherwise, e);
        self.push("branch", e, said, Expr { kind: swapped, ..e.clone() });
        for branch in [then, otherwise] {
            let said = words::own_text(e, branch).map(|at| self.texts.slice(at).to_owned());
            self.push("branch", e, said, branch.clone());
        }
    }

    fn canonical(&self, e: &Expr) -> String {
        let mut text = String::new();
        canonical::expr(&mut text, e, self.sources);
        text
    }

    fn constant(&mut self, e: &Expr, value: &Value, around: &Expr) {
        for up in [true, false] {
            let Some((value, ty, text)) = stepped(value, &e.typed.ty, self.text(e), up) else { continue };
            let mut changed = e.clone();
            changed.kind = ExprKind::Literal(value);
            changed.typed.ty = ty;
            let said = words::spliced(self.text(around), around, e, &text);
            let said = Said { kind: "constant", at: around.written, from: self.text(around).to_owned(), to: said };
            self.found.push((said, self.path.clone(), changed));
        }
    }
}
