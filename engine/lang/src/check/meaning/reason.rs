//! From a checked expression to where it may be true, false or missing. Everything said here errs on the side of "may be".

mod compare;

use super::{
    region::{Key, Region},
    set::{Line, Set},
};
use crate::{
    builtin::Builtin,
    canonical,
    check::facts,
    hir::{ColumnRef, CompareOp, Expr, ExprKind as H, Population, Source, TextOp},
    ty::Type,
    value::Value,
};
use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

/// What is asked of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    True,
    /// False or missing.
    NotTrue,
    False,
    /// True or missing.
    NotFalse,
}

/// What one may look at before giving up.
const MOST_WORK: usize = 200_000;
/// Expressions within expressions.
const MOST_DEPTH: u32 = 200;

#[derive(Debug, PartialEq, Eq, Hash)]
enum Name {
    Column(ColumnRef),
    /// Days from today to a date.
    Offset(String),
    /// -1, 0, 1: how two expressions compare.
    Order(String, String),
    Other(String),
}

/// Reasoning about the conditions of one rule, or of several over the same sources.
pub(super) struct Reason<'a> {
    sources: &'a [Source],
    populations: &'a [Population],
    /// Columns that may be missing somewhere, whatever their type says.
    nullable: HashSet<ColumnRef>,
    keys: HashMap<Name, Key>,
    /// What each key may be at all.
    bases: Vec<Rc<Set>>,
    pub(super) work: usize,
    depth: u32,
}

impl<'a> Reason<'a> {
    pub(super) fn new(sources: &'a [Source], populations: &'a [Population]) -> Self {
        let (nullable, keys, bases) = Default::default();
        Self { sources, populations, nullable, keys, bases, work: MOST_WORK, depth: 0 }
    }

    /// The next rule's populations.
    pub(super) fn of_rule(&mut self, populations: &'a [Population]) {
        self.populations = populations;
    }

    /// A type in an expression may be narrower than the column: who asks about columns says first where they occur.
    pub(super) fn saw(&mut self, e: &Expr) {
        e.walk(&mut |e| {
            if let H::Column(c) = &e.kind
                && (e.typed.nullable || self.column_nullable(c))
            {
                self.nullable.insert(*c);
            }
        });
    }

    fn column_nullable(&self, c: &ColumnRef) -> bool {
        let source = self.sources.get(c.source.0 as usize);
        source.and_then(|s| s.schema.columns.get(c.column as usize)).is_none_or(|c| c.typed.nullable)
    }

    /// Where a condition is what is asked.
    pub(super) fn region(&mut self, e: &Expr, ask: Ask) -> Region {
        if self.depth > MOST_DEPTH || self.work == 0 {
            return Region::all();
        }
        self.work -= 1;
        self.depth += 1;
        let region = self.shape(e, ask);
        self.depth -= 1;
        region
    }

    fn shape(&mut self, e: &Expr, ask: Ask) -> Region {
        match &e.kind {
            H::Not(a) => self.region(
                a,
                match ask {
                    Ask::True => Ask::False,
                    Ask::NotTrue => Ask::NotFalse,
                    Ask::False => Ask::True,
                    Ask::NotFalse => Ask::NotTrue,
                },
            ),
            H::And(parts) => self.joined(parts, ask, matches!(ask, Ask::True | Ask::NotFalse)),
            H::Or(parts) => self.joined(parts, ask, matches!(ask, Ask::NotTrue | Ask::False)),
            H::Compare(op, a, b) => self.compare(*op, a, b, ask),
            H::Between(a, low, high) => {
                let all = matches!(ask, Ask::True | Ask::NotFalse);
                let low = self.compare(CompareOp::Ge, a, low, ask);
                let high = self.compare(CompareOp::Le, a, high, ask);
                if all { low.and(&high, &mut self.work) } else { low.or(high) }
            }
            H::In { operand, items, negated } => self.membership(e, operand, items, *negated, ask),
            H::IsMissing { operand, negated } => {
                let missing = matches!(ask, Ask::True | Ask::NotFalse) != *negated;
                let set = if missing { Set::none(true) } else { Set::all(false) };
                self.operand(operand, set)
            }
            H::If(c, a, b) => {
                let then = self.region(c, Ask::True);
                let then = self.both(then, a, ask);
                let otherwise = self.region(c, Ask::NotTrue);
                then.or(self.both(otherwise, b, ask))
            }
            H::Within(a, direction, by) => self.within(e, a, *direction, *by, ask),
            H::TextTest(TextOp::StartsWith, a, prefix) => {
                let whole = self.truth(e, ask);
                match (ask, &prefix.kind) {
                    (Ask::True, H::Literal(Value::Text(prefix))) => {
                        let set = self.operand(a, Set::prefixed(prefix));
                        whole.and(&set, &mut self.work)
                    }
                    _ => whole,
                }
            }
            _ => self.truth(e, ask),
        }
    }

    fn both(&mut self, region: Region, e: &Expr, ask: Ask) -> Region {
        if region.is_empty() {
            return region;
        }
        let other = self.region(e, ask);
        region.and(&other, &mut self.work)
    }

    fn joined(&mut self, parts: &[Expr], ask: Ask, all: bool) -> Region {
        let mut region = if all { Region::all() } else { Region::none() };
        for part in parts {
            if all {
                region = self.both(region, part, ask);
            } else {
                let other = self.region(part, ask);
                region = region.or(other);
            }
        }
        region
    }

    /// A condition that is looked at as a whole.
    fn truth(&mut self, e: &Expr, ask: Ask) -> Region {
        self.operand(e, asked(Set::truth(true), Set::truth(false), ask))
    }

    /// Where an expression has one of these values.
    fn operand(&mut self, e: &Expr, set: Set) -> Region {
        if self.depth > MOST_DEPTH || self.work == 0 {
            return Region::all();
        }
        self.work -= 1;
        self.depth += 1;
        let region = self.value(e, set);
        self.depth -= 1;
        region
    }

    fn value(&mut self, e: &Expr, set: Set) -> Region {
        match &e.kind {
            H::Literal(v) => {
                let held = match Line::of(&e.typed.ty) {
                    _ if v.is_missing() => Some(set.missing),
                    Some(line) => set.holds(v, line),
                    None => None,
                };
                if held == Some(false) { Region::none() } else { Region::all() }
            }
            H::Column(c) => {
                let key = self.key(Name::Column(*c), e);
                self.at(key, &set)
            }
            H::OrElse(a, b) => {
                let other = self.operand(b, set.clone());
                let absent = self.operand(a, Set::none(true)).and(&other, &mut self.work);
                self.operand(a, set.known()).or(absent)
            }
            H::If(c, a, b) => {
                let then = self.operand(a, set.clone());
                let then = self.region(c, Ask::True).and(&then, &mut self.work);
                let otherwise = self.operand(b, set);
                then.or(self.region(c, Ask::NotTrue).and(&otherwise, &mut self.work))
            }
            // A wider number is the same number; one that does not fit becomes missing.
            H::Convert(a) if !set.missing && widens(&a.typed.ty, &e.typed.ty) => self.operand(a, set),
            // `not`, `and`, … that stand as a value.
            H::Not(_) | H::And(_) | H::Or(_) | H::Compare(..) | H::In { .. } | H::Between(..) | H::IsMissing { .. } => {
                match ask_of(&set) {
                    Some(ask) => self.region(e, ask),
                    None => Region::all(),
                }
            }
            _ => {
                let mut text = String::new();
                match &e.kind {
                    // The same question may have another number in another rule.
                    H::InTop(i) => match self.populations.get(*i as usize) {
                        Some(p) => canonical::population(&mut text, p),
                        None => return Region::all(),
                    },
                    _ => canonical::expr(&mut text, e, self.sources),
                }
                let key = self.key(Name::Other(text), e);
                let known = !set.missing;
                let region = self.at(key, &set);
                if known { self.strictly(region, e) } else { region }
            }
        }
    }

    /// Where the expression is not missing, what it is made of is not either.
    fn strictly(&mut self, mut region: Region, e: &Expr) -> Region {
        let mut columns: Vec<ColumnRef> = facts::strict(e).into_iter().collect();
        columns.sort_unstable();
        for column in columns {
            let Some(key) = self.column_key(column) else { continue };
            let known = self.at(key, &Set::all(false));
            region = region.and(&known, &mut self.work);
        }
        region
    }

    fn column_key(&mut self, c: ColumnRef) -> Option<Key> {
        let source = self.sources.get(c.source.0 as usize)?;
        let typed = source.schema.columns.get(c.column as usize)?.typed.clone();
        let nullable = typed.nullable || self.nullable.contains(&c);
        Some(self.key_of(Name::Column(c), base(&typed.ty, nullable)))
    }

    fn at(&mut self, key: Key, set: &Set) -> Region {
        self.work = self.work.saturating_sub(set.size());
        let base = self.bases.get(key as usize).map(Rc::clone);
        let Some(base) = base else { return Region::all() };
        let within = base.and(set);
        if within == *base { Region::all() } else { Region::of(key, Rc::new(within)) }
    }

    fn key(&mut self, name: Name, e: &Expr) -> Key {
        if let Name::Column(c) = name
            && let Some(key) = self.column_key(c)
        {
            return key;
        }
        let mut set = base(&e.typed.ty, true);
        if let H::Call(function, _) = &e.kind {
            set = set.and(&range(*function).or_missing());
        }
        self.key_of(name, set)
    }

    fn key_of(&mut self, name: Name, base: Set) -> Key {
        let next = self.bases.len() as Key;
        let key = *self.keys.entry(name).or_insert(next);
        if key == next {
            self.bases.push(Rc::new(base));
        }
        key
    }
}

fn asked(yes: Set, no: Set, ask: Ask) -> Set {
    match ask {
        Ask::True => yes,
        Ask::NotTrue => no.or_missing(),
        Ask::False => no,
        Ask::NotFalse => yes.or_missing(),
    }
}

/// The question that a set of truth values asks.
fn ask_of(set: &Set) -> Option<Ask> {
    let holds = |b| set.holds(&Value::Bool(b), Line::Steps).unwrap_or(true);
    Some(match (holds(true), holds(false), set.missing) {
        (true, false, false) => Ask::True,
        (false, true, true) => Ask::NotTrue,
        (false, true, false) => Ask::False,
        (true, false, true) => Ask::NotFalse,
        _ => return None,
    })
}

/// Whether every value of one type is the same value in the other, or missing.
fn widens(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Integer, Type::Decimal(_)) => true,
        (Type::Decimal(a), Type::Decimal(b)) => a.scale <= b.scale,
        (a, b) => a == b,
    }
}

fn base(ty: &Type, missing: bool) -> Set {
    let set = if *ty == Type::Bool { Set::steps(0, 1) } else { Set::all(false) };
    if missing { set.or_missing() } else { set }
}

/// What a function can give.
fn range(function: Builtin) -> Set {
    match function {
        Builtin::Month => Set::steps(1, 12),
        Builtin::Day => Set::steps(1, 31),
        Builtin::Weekday => Set::steps(1, 7),
        Builtin::MonthDay => Set::steps(101, 1231),
        Builtin::Length => Set::from_step(0),
        Builtin::Abs => {
            Set::compared(CompareOp::Ge, &Value::Integer(0), Line::Dense).unwrap_or_else(|| Set::all(false))
        }
        _ => Set::all(false),
    }
}
