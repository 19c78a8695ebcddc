//! Comparisons, `within` and `in`: with a constant, with today, with one another.

use super::super::{
    region::{Key, Region},
    set::{Line, Set},
};
use super::{Ask, Name, Reason, asked, base};
use crate::{
    canonical,
    hir::{ArithOp, CompareOp, Direction, Expr, ExprKind as H},
    ty::{self, Type},
    value::{Duration, Value},
};

/// Days from today that are a date for sure.
const MOST_DAYS: i64 = 400_000;

impl Reason<'_> {
    pub(super) fn compare(&mut self, op: CompareOp, a: &Expr, b: &Expr, ask: Ask) -> Region {
        if let H::Literal(v) = &b.kind {
            return self.with_constant(op, a, b, v, ask);
        }
        if let H::Literal(v) = &a.kind {
            return self.with_constant(op.mirrored(), b, a, v, ask);
        }
        if let Some((days, date)) = from_today(b)
            && from_today(a).is_none()
        {
            return self.offset(op, a, days, date, ask);
        }
        if let Some((days, date)) = from_today(a)
            && from_today(b).is_none()
        {
            return self.offset(op.mirrored(), b, days, date, ask);
        }
        let (mut x, mut y) = (String::new(), String::new());
        canonical::expr(&mut x, a, self.sources);
        canonical::expr(&mut y, b, self.sources);
        let same = x == y;
        let (op, name) = if x <= y { (op, Name::Order(x, y)) } else { (op.mirrored(), Name::Order(y, x)) };
        let base = if same { Set::steps(0, 0) } else { Set::steps(-1, 1) };
        let key = self.key_of(name, base.or_missing());
        let Some(set) = Set::compared(op, &Value::Integer(0), Line::Steps) else { return Region::all() };
        let others = set.others();
        let region = self.at(key, &asked(set, others, ask));
        self.parts_known(region, &[a, b], ask)
    }

    /// A comparison that is true or false has operands that are not missing.
    fn parts_known(&mut self, region: Region, operands: &[&Expr], ask: Ask) -> Region {
        if !matches!(ask, Ask::True | Ask::False) {
            return region;
        }
        operands.iter().fold(region, |region, e| {
            let known = self.operand(e, Set::all(false));
            region.and(&known, &mut self.work)
        })
    }

    fn with_constant(&mut self, op: CompareOp, a: &Expr, b: &Expr, constant: &Value, ask: Ask) -> Region {
        let whole = |me: &mut Self| {
            // Looked at as one thing that is true, false or missing.
            let mut text = format!("{op:?} ");
            canonical::expr(&mut text, a, me.sources);
            canonical::expr(&mut text, b, me.sources);
            let key = me.key_of(Name::Other(text), base(&Type::Bool, true));
            me.at(key, &asked(Set::truth(true), Set::truth(false), ask))
        };
        // Beside a decimal of another size, a comparison may be missing for values that are not.
        if ty::compared_as(a, b).is_some() {
            return whole(self);
        }
        let set = Line::of(&a.typed.ty).and_then(|line| Set::compared(op, constant, line));
        match set {
            Some(set) => {
                let others = set.others();
                self.operand(a, asked(set, others, ask))
            }
            None => whole(self),
        }
    }

    /// A date against today plus so many days.
    fn offset(&mut self, op: CompareOp, a: &Expr, days: i64, date: bool, ask: Ask) -> Region {
        if !date || days.abs() > MOST_DAYS || a.typed.ty != Type::Date {
            return Region::all();
        }
        let Some(set) = Set::compared(op, &Value::Integer(days), Line::Steps) else { return Region::all() };
        let others = set.others();
        let key = self.offset_key(a);
        let region = self.at(key, &asked(set, others, ask));
        self.parts_known(region, &[a], ask)
    }

    fn offset_key(&mut self, a: &Expr) -> Key {
        let mut text = String::new();
        canonical::expr(&mut text, a, self.sources);
        self.key_of(Name::Offset(text), Set::all(true))
    }

    pub(super) fn within(&mut self, e: &Expr, a: &Expr, direction: Direction, by: Duration, ask: Ask) -> Region {
        if a.typed.ty != Type::Date {
            return self.truth(e, ask);
        }
        let next = direction == Direction::Next;
        let region = match by {
            Duration::Days(n) if n.abs() <= MOST_DAYS => {
                let set = if next { Set::steps(0, n) } else { Set::steps(n.saturating_neg(), 0) };
                let others = set.others();
                let key = self.offset_key(a);
                self.at(key, &asked(set, others, ask))
            }
            _ => {
                let whole = self.truth(e, ask);
                if ask != Ask::True {
                    return whole;
                }
                let set = if next { Set::from_step(0) } else { Set::from_step(1).others() };
                let key = self.offset_key(a);
                let side = self.at(key, &set);
                whole.and(&side, &mut self.work)
            }
        };
        self.parts_known(region, &[a], ask)
    }

    pub(super) fn membership(&mut self, e: &Expr, operand: &Expr, items: &[Expr], negated: bool, ask: Ask) -> Region {
        let constants: Option<Vec<&Value>> = items
            .iter()
            .map(|i| match &i.kind {
                H::Literal(v) if !v.is_missing() && ty::compared_as(operand, i).is_none() => Some(v),
                _ => None,
            })
            .collect();
        let line = Line::of(&operand.typed.ty);
        let set = constants.zip(line).and_then(|(all, line)| Set::any_of(all.into_iter(), line));
        let Some(set) = set else { return self.truth(e, ask) };
        let others = set.others();
        let (yes, no) = if negated { (others, set) } else { (set, others) };
        self.operand(operand, asked(yes, no, ask))
    }
}

/// `today`, `today + 7d`: how many days, and whether they are calendar days.
fn from_today(e: &Expr) -> Option<(i64, bool)> {
    match &e.kind {
        H::Today => Some((0, true)),
        H::Arith(op @ (ArithOp::Add | ArithOp::Sub), a, b) => {
            let (days, plain) = from_today(a)?;
            match &b.kind {
                H::Literal(Value::Duration(Duration::Days(n))) => {
                    let n = if *op == ArithOp::Add { *n } else { n.checked_neg()? };
                    Some((days.checked_add(n)?, plain))
                }
                H::Literal(Value::Duration(_)) => Some((0, false)),
                _ => None,
            }
        }
        _ => None,
    }
}
