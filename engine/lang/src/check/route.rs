//! Fibre routes as they are declared and expected: names are those of the topology's records, rules do not contradict one another.

use super::{
    declare::{full_name, inexact_spans, place, span_of},
    names::{Decl, DeclId, Item, literal_text},
    scope::{Checker, On, Scope},
    suggest,
};
use crate::{
    finding::{Arg, Finding, Fix, Span, codes::names as codes, codes::tests as test_codes},
    hir::TestStep,
    plant::{Apart, Criterion, Level, Named, Plant, Route, Thing, Topology},
};
use guiju_grammar::{
    ast::{self, ExprKind, Literal, Magnitude, Part},
    keyword::Kw,
};
use std::sync::Arc;

/// So many routes at most share nothing.
const MOST_ROUTES: u32 = 16;
/// Thousandths of a decibel have so many places.
const PLACES: u8 = 3;

/// A name in a clause: the word before it, the name, where it stands.
type Said = (Option<Kw>, String, Span);

impl Checker<'_, '_> {
    /// The names of a topology's records; nothing where they are not known, which is reported once.
    pub(super) fn plant(&mut self, id: DeclId) -> Option<Arc<Plant>> {
        if let Some(known) = self.declared.plants.get(&id) {
            return known.clone();
        }
        let decl = self.names.decl(id);
        let Item::Topology(x) = decl.item else { return None };
        let object = x.object.as_ref().map(|(_, text)| text.text.as_str());
        let plant = match self.input.schemas.plant(&x.connection.text, object) {
            Ok(Some(plant)) => Some(Arc::new(plant)),
            Ok(None) => {
                if !self.input.schemas.refused(&x.connection.text) {
                    let finding = Finding::new(codes::PLANT_UNKNOWN, place(decl, x.connection.span));
                    let finding = finding.name("name", &x.name.text).name("connection", &x.connection.text);
                    self.findings.push(finding);
                }
                None
            }
            Err(found) => {
                let at = place(decl, x.connection.span);
                self.findings.extend(found.into_iter().map(|finding| finding.label(at, "declared-here")));
                None
            }
        };
        self.declared.plants.insert(id, plant.clone());
        plant
    }

    pub(super) fn route(&mut self, id: DeclId, decl: &Decl<'_>, x: &ast::Route) {
        let mut scope = Scope::new(decl.book, decl.file, On::Nothing);
        inexact_spans(&x.clauses, |span| place(decl, span), self.findings);
        self.said_once(&mut scope, x);
        let clause = |word| x.clauses.iter().find(|clause| clause.word == word);
        for word in [Kw::ON, Kw::R_FROM, Kw::R_TO] {
            // What could not be read may be the clause that is not there.
            if clause(word).is_none() && !x.broken {
                let finding = Finding::new(codes::ROUTE_CLAUSE_NEEDED, scope.at(x.name.span));
                self.report(&mut scope, finding.name("name", &x.name.text).arg("clause", Arg::Keyword(word)));
            }
        }
        let topology = clause(Kw::ON).and_then(|clause| self.topology(&mut scope, clause));
        let plant = topology.as_ref().and_then(|(id, _)| self.plant(*id));
        let mut asked = Asked { checker: self, scope: &mut scope, plant: plant.as_deref() };
        let from = clause(Kw::R_FROM).and_then(|clause| asked.one(clause));
        let to = clause(Kw::R_TO).and_then(|clause| asked.one(clause));
        let prefer = clause(Kw::PREFER).map(|clause| asked.criteria(clause)).unwrap_or_default();
        let via = clause(Kw::VIA).map(|clause| asked.all(clause, &[Thing::Place, Thing::Cable])).unwrap_or_default();
        let everything = [Thing::Place, Thing::Cable, Thing::Duct];
        let avoid: Vec<(Named, Span)> = x
            .clauses
            .iter()
            .filter(|clause| clause.word == Kw::AVOID)
            .flat_map(|clause| asked.all(clause, &everything))
            .collect();
        let classes = clause(Kw::R_CLASS).map(|clause| asked.marks(clause)).unwrap_or_default();
        let owners = clause(Kw::R_OWNER).map(|clause| asked.marks(clause)).unwrap_or_default();
        let apart = clause(Kw::REDUNDANT).and_then(|clause| asked.apart(clause));
        let loss = clause(Kw::LOSS).and_then(|clause| asked.loss(clause));
        if let (Some((from, _)), Some((to, at))) = (&from, &to)
            && from == to
        {
            asked.alike(&to.name, *at);
        }
        asked.contradictions(from.iter().chain(&to).chain(&via), &avoid, &classes, &owners);
        let (Some((from, _)), Some((to, _)), Some((_, on))) = (from, to, topology) else { return };
        let bare = |all: Vec<(Named, Span)>| all.into_iter().map(|(named, _)| named).collect();
        let descends = |part: &Part| matches!(part, Part::Word(Kw::DESCENDING, _));
        let route = Route {
            rulebook: self.names.book_of(decl.book).info.name.clone(),
            name: x.name.text.clone(),
            title: x.title.as_ref().map(|title| title.text.clone()),
            on,
            from: from.name,
            to: to.name,
            prefer,
            via: bare(via),
            avoid: bare(avoid),
            apart,
            loss,
            classes: classes.into_iter().map(|(name, _)| name).collect(),
            owners: owners.into_iter().map(|(name, _)| name).collect(),
            same_core: clause(Kw::SAME_CORE).is_some(),
            pairs: clause(Kw::R_PAIRED).is_some(),
            descending: clause(Kw::FIBRES).is_some_and(|clause| clause.parts.iter().any(descends)),
            hold: span_of(&x.clauses, Kw::HOLD_FOR),
            place: place(decl, x.name.span),
        };
        self.declared.route_ids.insert(id, self.declared.routes.len());
        self.declared.routes.push(route);
    }

    /// `expect route r from "A" to "B" via "C"`, `expect no route r`.
    pub(super) fn expected_route(&mut self, scope: &mut Scope, x: &ast::ExpectRoute) -> Option<TestStep> {
        let id = self.named(scope, &x.route, test_codes::UNKNOWN_ROUTE, |book| &book.routes)?;
        // A route with something wrong was reported.
        let route = *self.declared.route_ids.get(&id)?;
        let on = self.declared.routes.get(route)?.on.clone();
        let known = |names: &super::names::Names<'_>, at: &DeclId| full_name(names, names.decl(*at)) == on.name;
        let plant = self.declared.plants.iter().find(|(at, _)| known(self.names, at));
        let plant = plant.and_then(|(_, plant)| plant.clone());
        let mut asked = Asked { checker: self, scope, plant: plant.as_deref() };
        let said = |text: &ast::Plain| (None, text.text.clone(), text.span);
        let ends = match &x.ends {
            None => None,
            Some([from, to]) => {
                let both = [from, to].map(|end| asked.named(said(end), &[Thing::Place]));
                let [Some(from), Some(to)] = both else { return None };
                if from == to {
                    asked.alike(&to.name, x.span);
                    return None;
                }
                Some([from.name, to.name])
            }
        };
        let via: Vec<_> = x.via.iter().map(|via| asked.named(said(via), &[Thing::Place, Thing::Cable])).collect();
        let via = via.into_iter().collect::<Option<Vec<_>>>()?;
        Some(TestStep::ExpectRoute { route, ends, via, none: x.none, place: scope.at(x.span) })
    }

    fn topology(&mut self, scope: &mut Scope, clause: &ast::Clause) -> Option<(DeclId, Topology)> {
        let path = clause.parts.iter().find_map(|part| match part {
            Part::Expr(ast::Expr { kind: ExprKind::Path(path), .. }) => Some(path.as_slice()),
            _ => None,
        });
        let Some(path) = path.filter(|path| path.len() < 3) else {
            let finding = Finding::new(codes::UNKNOWN_TOPOLOGY, scope.at(clause.span));
            let said = self.text_of(scope, clause.span);
            self.report(scope, finding.name("name", said));
            return None;
        };
        let id = self.named(scope, path, codes::UNKNOWN_TOPOLOGY, |book| &book.topologies)?;
        let decl = self.names.decl(id);
        let Item::Topology(x) = decl.item else { return None };
        let topology = Topology {
            name: full_name(self.names, decl),
            connection: x.connection.text.clone(),
            object: x.object.as_ref().map(|(_, text)| text.text.clone()),
        };
        Some((id, topology))
    }

    fn said_once(&mut self, scope: &mut Scope, x: &ast::Route) {
        for (at, clause) in x.clauses.iter().enumerate().filter(|(_, clause)| clause.word != Kw::AVOID) {
            if let Some(first) = x.clauses[..at].iter().find(|first| first.word == clause.word) {
                let finding = Finding::new(codes::ROUTE_CLAUSE_TWICE, scope.at(clause.word_span));
                let finding = finding.arg("clause", Arg::Keyword(clause.word));
                self.report(scope, finding.label(scope.at(first.word_span), "first-here"));
            }
        }
    }
}

/// What is read of one route, against the records.
struct Asked<'r, 'c, 'a> {
    checker: &'r mut Checker<'c, 'a>,
    scope: &'r mut Scope,
    /// Nothing where they are not known: then every name will do.
    plant: Option<&'r Plant>,
}

/// The names of a clause, each with the word before it.
fn said(clause: &ast::Clause) -> Vec<Said> {
    let (mut all, mut word) = (Vec::new(), None);
    for part in &clause.parts {
        match part {
            Part::Word(kw, _) => word = Some(*kw),
            Part::Text(text) => all.push((word.take(), literal_text(text), text.span)),
            Part::Expr(_) => {}
        }
    }
    all
}

fn is_level(word: Option<Kw>, level: Level) -> bool {
    match word {
        Some(Kw::PORT) => level == Level::Port,
        Some(Kw::ODF) => level == Level::Frame,
        Some(Kw::ROOM) => level == Level::Room,
        Some(Kw::CABLE | Kw::DUCT) => false,
        _ => true,
    }
}

impl Asked<'_, '_, '_> {
    fn report(&mut self, finding: Finding) {
        self.checker.report(self.scope, finding);
    }

    fn one(&mut self, clause: &ast::Clause) -> Option<(Named, Span)> {
        let said = said(clause).pop()?;
        let at = said.2;
        Some((self.named(said, &[Thing::Place])?, at))
    }

    fn all(&mut self, clause: &ast::Clause, things: &[Thing]) -> Vec<(Named, Span)> {
        let found = said(clause).into_iter().filter_map(|said| {
            let at = said.2;
            Some((self.named(said, things)?, at))
        });
        found.collect()
    }

    /// What a name stands for: a place, a cable, a duct, in this order, unless a word before it says so.
    fn named(&mut self, (word, name, at): Said, things: &[Thing]) -> Option<Named> {
        let Some(plant) = self.plant else { return Some(Named { thing: Thing::Place, name }) };
        let asks = |thing: Thing| {
            let said = match word {
                None => true,
                Some(Kw::CABLE) => thing == Thing::Cable,
                Some(Kw::DUCT) => thing == Thing::Duct,
                Some(_) => thing == Thing::Place,
            };
            said && things.contains(&thing)
        };
        let places = plant.places.iter().filter(|(_, place)| asks(Thing::Place) && is_level(word, place.level));
        let places = places.map(|(name, _)| (Thing::Place, name.as_str()));
        let cables = plant.cables.keys().filter(|_| asks(Thing::Cable)).map(|name| (Thing::Cable, name.as_str()));
        let ducts = plant.ducts.iter().filter(|_| asks(Thing::Duct)).map(|name| (Thing::Duct, name.as_str()));
        let known: Vec<(Thing, &str)> = places.chain(cables).chain(ducts).collect();
        if let Some((thing, _)) = known.iter().find(|(_, known)| *known == name) {
            return Some(Named { thing: *thing, name });
        }
        let near = suggest::nearest(&name, known.iter().map(|(_, known)| *known));
        let kind = match (word, things) {
            (Some(word), _) => Arg::Keyword(word),
            (None, [Thing::Place]) => Arg::Either("place", "位置"),
            (None, [Thing::Place, Thing::Cable]) => Arg::Either("place or cable", "位置或光缆"),
            (None, _) => Arg::Either("place, cable or duct", "位置、光缆或管道"),
        };
        self.unknown(kind, &name, at, near);
        None
    }

    fn unknown(&mut self, kind: Arg, name: &str, at: Span, near: Vec<String>) {
        let at = self.scope.at(at);
        let finding = Finding::new(codes::UNKNOWN_IN_PLANT, at).arg("kind", kind).name("name", name);
        let finding = match near.as_slice() {
            [one] => finding.fix(Fix::replace(at, format!("\"{one}\""))),
            _ => finding,
        };
        self.report(finding.suggest(near));
    }

    /// Classes or owners, each of which some cable has.
    fn marks(&mut self, clause: &ast::Clause) -> Vec<(String, Span)> {
        let all: Vec<(String, Span)> = said(clause).into_iter().map(|(_, name, at)| (name, at)).collect();
        let Some(plant) = self.plant else { return all };
        let known = plant.cables.values().filter_map(|cable| match clause.word {
            Kw::R_CLASS => cable.class.as_deref(),
            _ => cable.owner.as_deref(),
        });
        let known: std::collections::BTreeSet<&str> = known.collect();
        for (name, at) in all.iter().filter(|(name, _)| !known.contains(name.as_str())) {
            let kind = match clause.word {
                Kw::R_CLASS => Arg::Either("class of cables", "光缆类别"),
                _ => Arg::Either("owner of cables", "光缆归属"),
            };
            let near = suggest::nearest(name, known.iter().copied());
            self.unknown(kind, name, *at, near);
        }
        all
    }

    fn criteria(&mut self, clause: &ast::Clause) -> Vec<Criterion> {
        let mut all: Vec<(Criterion, Span)> = Vec::new();
        for part in &clause.parts {
            let Part::Word(word, at) = part else { continue };
            let criterion = match word {
                Kw::FEWEST_HOPS => Criterion::Hops,
                Kw::SHORTEST => Criterion::Length,
                Kw::LEAST_LOSS => Criterion::Loss,
                Kw::LEAST_USED => Criterion::Use,
                Kw::FEWEST_BUILDINGS => Criterion::Buildings,
                _ => continue,
            };
            match all.iter().find(|(before, _)| *before == criterion) {
                None => all.push((criterion, *at)),
                Some((_, first)) => {
                    let finding = Finding::new(codes::PREFER_TWICE, self.scope.at(*at));
                    let first = self.scope.at(*first);
                    self.report(finding.arg("criterion", Arg::Keyword(*word)).label(first, "first-here"));
                }
            }
        }
        all.into_iter().map(|(criterion, _)| criterion).collect()
    }

    fn apart(&mut self, clause: &ast::Clause) -> Option<(Apart, u32)> {
        let (apart, word, most) = clause.parts.iter().find_map(|part| match part {
            Part::Word(Kw::AS_DISJOINT, _) => Some((Apart::Most, Kw::CABLE, 2)),
            Part::Word(word @ Kw::CABLE, _) => Some((Apart::Cables, *word, MOST_ROUTES)),
            Part::Word(word @ Kw::NODE, _) => Some((Apart::Nodes, *word, MOST_ROUTES)),
            Part::Word(word @ Kw::DUCT, _) => Some((Apart::Ducts, *word, 2)),
            _ => None,
        })?;
        if apart == Apart::Most {
            return Some((apart, 2));
        }
        let count = clause.parts.iter().find_map(|part| match part {
            Part::Expr(number) => Some(number),
            _ => None,
        })?;
        let whole = match &count.kind {
            ExprKind::Literal(Literal::Number { mantissa, scale: 0, magnitude: Magnitude::One, unit: None }) => {
                u32::try_from(*mantissa).ok()
            }
            _ => None,
        };
        let fits = whole.filter(|whole| (2..=most).contains(whole));
        if fits.is_none() {
            let finding = Finding::new(codes::REDUNDANT_COUNT, self.scope.at(count.span));
            let said = self.checker.text_of(self.scope, count.span);
            self.report(finding.arg("count", Arg::Plain(said)).arg("what", Arg::Keyword(word)));
        }
        Some((apart, fits?))
    }

    fn loss(&mut self, clause: &ast::Clause) -> Option<u64> {
        let Some(Part::Expr(said)) = clause.parts.first() else { return None };
        let thousandths = match &said.kind {
            ExprKind::Literal(Literal::Number { mantissa, scale, magnitude: Magnitude::One, unit })
                if unit.as_deref().is_none_or(|unit| unit == "dB") && *scale <= PLACES =>
            {
                let digits = u64::try_from(*mantissa).ok();
                digits.and_then(|digits| digits.checked_mul(10_u64.pow(u32::from(PLACES - scale))))
            }
            _ => None,
        };
        if thousandths.is_none() {
            let finding = Finding::new(codes::ROUTE_LOSS, self.scope.at(said.span));
            self.report(finding);
        }
        thousandths
    }

    fn alike(&mut self, name: &str, at: Span) {
        let finding = Finding::new(codes::ROUTE_ENDS_ALIKE, self.scope.at(at)).name("name", name);
        self.report(finding);
    }

    /// What is to be used and is ruled out: it, what it lies in, its class or owner.
    fn contradictions<'n>(
        &mut self,
        used: impl Iterator<Item = &'n (Named, Span)>,
        avoid: &[(Named, Span)],
        classes: &[(String, Span)],
        owners: &[(String, Span)],
    ) {
        let Some(plant) = self.plant else { return };
        for (used, at) in used {
            let place = plant.places.get(&used.name).filter(|_| used.thing == Thing::Place);
            let cable = plant.cables.get(&used.name).filter(|_| used.thing == Thing::Cable);
            let by_rule = avoid.iter().find(|(avoid, _)| {
                avoid == used
                    || match avoid.thing {
                        Thing::Place => place.is_some_and(|place| place.within.contains(&avoid.name)),
                        Thing::Duct => cable.is_some_and(|cable| cable.ducts.contains(&avoid.name)),
                        Thing::Cable => false,
                    }
            });
            let by_rule = by_rule.map(|(avoid, at)| (avoid.name.as_str(), *at));
            let by = by_rule.or_else(|| {
                let cable = cable?;
                ruled_out(classes, cable.class.as_ref()).or_else(|| ruled_out(owners, cable.owner.as_ref()))
            });
            if let Some((by, there)) = by {
                let finding = Finding::new(codes::ROUTE_CONTRADICTION, self.scope.at(*at));
                let there = self.scope.at(there);
                self.report(finding.name("name", &used.name).name("by", by).label(there, "declared-here"));
            }
        }
    }
}

/// The first of what is asked for, if it is something and this is none of it.
fn ruled_out<'m>(marks: &'m [(String, Span)], of: Option<&String>) -> Option<(&'m str, Span)> {
    let first = marks.first().filter(|_| !marks.iter().any(|(mark, _)| Some(mark) == of));
    first.map(|(mark, at)| (mark.as_str(), *at))
}
