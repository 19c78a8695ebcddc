//! Conditions that can never or always hold, as a whole or in parts.

use super::{
    reason::{Ask, Reason},
    region::Region,
};
use crate::{
    finding::{Code, Finding, Place, Sources, codes::meaning as codes},
    hir::{Expr, ExprKind as H},
};
use std::collections::HashSet;

/// More parts than this are looked at one by one only.
const MOST_PARTS: usize = 24;

/// Looks at one rule's conditions.
pub(super) struct Look<'x, 'a> {
    pub(super) reason: &'x mut Reason<'a>,
    pub(super) files: &'x Sources,
    pub(super) findings: &'x mut Vec<Finding>,
}

/// Parts of a chain that were written in one place: a `let` that is itself a chain joins the one it stands in.
struct Unit<'e> {
    parts: Vec<&'e Expr>,
    place: Place,
}

impl Look<'_, '_> {
    /// The condition of a rule; false if it can never hold.
    pub(super) fn condition(&mut self, e: &Expr) -> bool {
        if matches!(e.kind, H::Literal(_)) {
            return true;
        }
        if self.nowhere(e, Ask::True) {
            self.never(e);
            return false;
        }
        if self.nowhere(e, Ask::NotTrue) {
            self.report(codes::ALWAYS_HOLDS, e.place, None);
            return true;
        }
        self.parts(e, &Region::all());
        true
    }

    /// `if`s in an expression that is looked at only where `when` holds.
    pub(super) fn branches(&mut self, e: &Expr, when: &Region) {
        let mut conditions = Vec::new();
        e.walk(&mut |e| {
            if let H::If(c, ..) = &e.kind {
                conditions.push((e.place, &**c));
            }
        });
        for (place, c) in conditions {
            // Decision tables and definitions are conditions of somebody else's.
            if !self.is_written(place, &["if", "如果"]) || matches!(c.kind, H::Literal(_)) {
                continue;
            }
            let yes = self.reason.region(c, Ask::True);
            let no = self.reason.region(c, Ask::NotTrue);
            if yes.and(when, &mut self.reason.work).is_empty() {
                self.report(codes::BRANCH_NEVER, c.place, None);
            } else if no.and(when, &mut self.reason.work).is_empty() {
                self.report(codes::BRANCH_ALWAYS, c.place, None);
            }
        }
    }

    fn is_written(&self, place: Place, words: &[&str]) -> bool {
        self.files.get(place.file).is_some_and(|f| {
            words.iter().any(|w| f.slice(place.span).trim_start_matches(['(', '（', ' ']).starts_with(w))
        })
    }

    fn nowhere(&mut self, e: &Expr, ask: Ask) -> bool {
        self.reason.region(e, ask).is_empty()
    }

    /// Why nothing makes `e` true: the part itself, or two that contradict each other.
    fn never(&mut self, e: &Expr) {
        if let H::And(parts) = &e.kind {
            let units = units(parts);
            let regions: Vec<Region> = units.iter().map(|u| self.unit(u, Ask::True)).collect();
            for (unit, region) in units.iter().zip(&regions) {
                if region.is_empty() {
                    match unit.parts.as_slice() {
                        [one] => self.never(one),
                        _ => self.report(codes::NEVER_HOLDS, unit.place, None),
                    }
                    return;
                }
            }
            for (i, (unit, region)) in units.iter().zip(&regions).enumerate() {
                for (other, before) in units.iter().zip(&regions).take(i) {
                    if before.and(region, &mut self.reason.work).is_empty() {
                        self.report(codes::CONTRADICTION, unit.place, Some((other.place, "contradicts")));
                        return;
                    }
                }
            }
        }
        // `name is missing` of a column that never is, and a range upside down, were said when they were typed.
        let said = match &e.kind {
            H::IsMissing { operand, .. } => matches!(operand.kind, H::Column(_)),
            H::Between(_, low, high) => matches!((&low.kind, &high.kind), (H::Literal(_), H::Literal(_))),
            _ => false,
        };
        if !said {
            self.report(codes::NEVER_HOLDS, e.place, None);
        }
    }

    fn unit(&mut self, unit: &Unit<'_>, ask: Ask) -> Region {
        let mut region = match ask {
            Ask::NotTrue => Region::none(),
            _ => Region::all(),
        };
        for part in &unit.parts {
            let one = self.reason.region(part, ask);
            region = if ask == Ask::NotTrue { region.or(one) } else { region.and(&one, &mut self.reason.work) };
        }
        region
    }

    /// Parts that add nothing, given that `context` holds; `e` itself may be true there.
    fn parts(&mut self, e: &Expr, context: &Region) {
        match &e.kind {
            H::And(parts) => self.all_of(parts, context),
            H::Or(parts) => self.any_of(parts, context),
            _ => {}
        }
    }

    fn all_of(&mut self, parts: &[Expr], context: &Region) {
        let units = units(parts);
        let yes: Vec<Region> = units.iter().map(|u| self.unit(u, Ask::True)).collect();
        let no: Vec<Region> = units.iter().map(|u| self.unit(u, Ask::NotTrue)).collect();
        let together = units.len() <= MOST_PARTS && meet(&yes, context);
        let mut gone = vec![false; units.len()];
        for i in (0..units.len()).rev() {
            let (Some(unit), Some(never)) = (units.get(i), no.get(i)) else { continue };
            if is_guard(unit) {
                continue;
            }
            if never.and(context, &mut self.reason.work).is_empty() {
                gone[i] = true;
                self.report(codes::PART_ALWAYS, unit.place, None);
                continue;
            }
            if !together {
                continue;
            }
            let rest = self.others(&yes, &gone, i, context);
            if rest.and(never, &mut self.reason.work).is_empty() {
                gone[i] = true;
                let one = (0..units.len()).find(|j| {
                    let covers = |r: &Region, work: &mut usize| r.and(never, work).is_empty();
                    *j != i && !gone[*j] && yes.get(*j).is_some_and(|r| covers(r, &mut self.reason.work))
                });
                let label = one.and_then(|j| units.get(j)).map(|u| (u.place, "says-it"));
                self.report(codes::PART_NEEDLESS, unit.place, label);
            }
        }
        for (i, unit) in units.iter().enumerate() {
            if let ([one], false) = (unit.parts.as_slice(), gone[i])
                && matches!(one.kind, H::Or(_))
            {
                let rest = if together { self.others(&yes, &gone, i, context) } else { context.clone() };
                self.parts(one, &rest);
            }
        }
    }

    /// Where all the others hold.
    fn others(&mut self, yes: &[Region], gone: &[bool], except: usize, context: &Region) -> Region {
        let kept = yes.iter().zip(gone).enumerate().filter(|(j, (_, gone))| *j != except && !**gone);
        kept.fold(context.clone(), |all, (_, (region, _))| all.and(region, &mut self.reason.work))
    }

    fn any_of(&mut self, parts: &[Expr], context: &Region) {
        let units = units(parts);
        // A `let` that is a chain of `or` was checked where it stands by itself.
        let mut gone = vec![false; units.len()];
        let yes: Vec<Region> = units.iter().map(|u| self.alternative(u, Ask::True)).collect();
        let no: Vec<Region> = units.iter().map(|u| self.alternative(u, Ask::NotTrue)).collect();
        let together = units.len() <= MOST_PARTS && meet(&yes, context);
        for i in (0..units.len()).rev() {
            let (Some(unit), Some(this)) = (units.get(i), yes.get(i)) else { continue };
            let here = this.and(context, &mut self.reason.work);
            if here.is_empty() {
                gone[i] = true;
                match unit.parts.as_slice() {
                    [one] if this.is_empty() && matches!(one.kind, H::And(_)) => self.never(one),
                    _ => self.report(codes::PART_NEVER, unit.place, None),
                }
                continue;
            }
            if !together {
                continue;
            }
            let rest = self.others(&no, &gone, i, &here);
            if rest.is_empty() {
                gone[i] = true;
                let one = (0..units.len()).find(|j| {
                    *j != i && !gone[*j] && no.get(*j).is_some_and(|r| here.and(r, &mut self.reason.work).is_empty())
                });
                let label = one.and_then(|j| units.get(j)).map(|u| (u.place, "says-it"));
                self.report(codes::ALTERNATIVE_NEEDLESS, unit.place, label);
            }
        }
        for (i, unit) in units.iter().enumerate() {
            if let ([one], false) = (unit.parts.as_slice(), gone[i])
                && matches!(one.kind, H::And(_))
            {
                self.parts(one, context);
            }
        }
    }

    fn alternative(&mut self, unit: &Unit<'_>, ask: Ask) -> Region {
        let mut region = match ask {
            Ask::NotTrue => Region::all(),
            _ => Region::none(),
        };
        for part in &unit.parts {
            let one = self.reason.region(part, ask);
            region = if ask == Ask::NotTrue { region.and(&one, &mut self.reason.work) } else { region.or(one) };
        }
        region
    }

    fn report(&mut self, code: Code, place: Place, label: Option<(Place, &'static str)>) {
        let text = self.files.get(place.file).map_or("", |f| f.slice(place.span));
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let finding = Finding::new(code, place).name("part", text);
        let finding = match label {
            Some((there, key)) if there != place => {
                let other = self.files.get(there.file).map_or("", |f| f.slice(there.span));
                finding.name("other", other).label(there, key)
            }
            _ => finding,
        };
        self.findings.push(finding);
    }
}

fn units(parts: &[Expr]) -> Vec<Unit<'_>> {
    let mut all: Vec<Unit<'_>> = Vec::with_capacity(parts.len());
    for part in parts {
        match all.last_mut() {
            Some(last) if last.place == part.place => last.parts.push(part),
            _ => all.push(Unit { parts: vec![part], place: part.place }),
        }
    }
    all
}

/// `x is not missing and …` says what a reader should know, even where the rest says it too.
fn is_guard(unit: &Unit<'_>) -> bool {
    unit.parts.iter().all(|p| matches!(p.kind, H::IsMissing { negated: true, .. } | H::Literal(_)))
}

/// Whether any two of them speak of the same thing: else no part can say anything about another.
fn meet(regions: &[Region], context: &Region) -> bool {
    let mut seen: HashSet<u32> = context.keys().collect();
    for region in regions {
        let own: HashSet<u32> = region.keys().collect();
        if own.iter().any(|key| seen.contains(key)) {
            return true;
        }
        seen.extend(own);
    }
    false
}
