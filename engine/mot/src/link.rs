//! Compiles all events over one table into one pass.

use crate::{
    chosen,
    emit::Payload,
    event::{Event, OncePer},
    late,
    relation::lookup_key,
    snapshot,
    stream::{self, Stream},
    trace,
};
use guiju_core::{
    Cells, Feed, Input, Kept, Linked, Output, Request, StepError,
    id::{CellId, CellSpec},
};
use guiju_eval::{Plan, Root, Scripts};
use guiju_lang::{
    builtin::Builtin,
    canonical,
    context::Context,
    finding::{Arg, At, Finding, codes},
    hir::{ColumnRef, Expr, ExprKind, Population, Program, RuleId, SourceId},
    reference::{Bounds, may_hold},
    ty::{Type, Typed},
    value::Value,
};
use std::{collections::BTreeMap, sync::Arc};

/// All events of an epoch.
pub(crate) struct Events {
    pub(crate) program: Arc<Program>,
    pub(crate) scripts: Arc<Scripts>,
    pub(crate) lookups: Vec<SourceId>,
    pub(crate) tables: Vec<Table>,
}

/// Tenant and key of the windows of a stream.
type Windowed<'a> = (&'a str, String);

/// The events over one table.
pub(crate) struct Table {
    pub(crate) on: SourceId,
    /// The columns of the rows that are decided: those delivered, and a stream's figures.
    pub(crate) columns: Vec<u32>,
    /// It is fed row by row.
    pub(crate) stream: Option<Stream>,
    pub(crate) members: Vec<Member>,
    /// One root per member: where its event may fire, in the members' order; then one per population in [`Table::ranked`].
    pub(crate) plan: Plan,
    /// The row's key, as text.
    pub(crate) key: Plan,
    /// Every population of every member.
    pub(crate) ranked: Vec<RankedRoots>,
}

/// One event, compiled.
pub(crate) struct Member {
    /// Position in the program.
    pub(crate) rule: usize,
    /// Where its working cells live.
    pub(crate) cell: CellId,
    /// Its cool-down.
    pub(crate) cool_down: Option<CellId>,
    pub(crate) payload: Payload,
    /// Of a stream: what takes time.
    pub(crate) pattern: Option<stream::Pattern>,
    /// With populations: what decides for the candidates once the snapshot is complete.
    pub(crate) exact: Option<Exact>,
    /// The table's columns that its candidates and its payload read, sorted.
    pub(crate) columns: Vec<u32>,
    /// Positions in [`Table::ranked`].
    pub(crate) populations: Vec<usize>,
}

impl Member {
    pub(crate) fn event<'a>(&self, program: &'a Program) -> &'a Event {
        program.rules[self.rule]
            .body
            .as_any()
            .downcast_ref()
            .unwrap_or_else(|| unreachable!("an event's body is an Event"))
    }
    pub(crate) fn plans(&self) -> impl Iterator<Item = &Plan> {
        let other = self.pattern.iter().filter_map(stream::Pattern::other);
        self.exact.iter().flat_map(|e| [&e.when, &e.ranks]).chain([&self.payload.plan]).chain(other)
    }
    /// Its answer waits for the end of the snapshot.
    pub(crate) fn waits(&self, program: &Program) -> bool {
        self.exact.is_some() || self.event(program).keep.is_some()
    }
}

/// The second look at the candidates of an event with populations.
pub(crate) struct Exact {
    /// `when`, exactly.
    pub(crate) when: Plan,
    /// Three roots per population: value, group, key.
    pub(crate) ranks: Plan,
}

/// A population and where the plan computes what it needs.
pub(crate) struct RankedRoots {
    pub(crate) cell: CellId,
    pub(crate) part: u32,
    pub(crate) population: Population,
    /// The condition is false wherever this is: rows that cannot be in any more need not wait.
    pub(crate) decisive: bool,
    expressions: [Expr; 3],
    /// Three consecutive roots of the table's plan: value, group, key.
    pub(crate) root: usize,
}

impl Events {
    pub(crate) fn link(program: &Arc<Program>, rules: &[usize]) -> Result<Self, Vec<Finding>> {
        let scripts = Arc::new(Scripts::compile(program)?);
        let mut by_table: BTreeMap<(SourceId, Option<Windowed<'_>>), Vec<usize>> = BTreeMap::new();
        for &rule in rules {
            if let Some(event) = program.rules[rule].body.as_any().downcast_ref::<Event>() {
                // Windows are told apart by key, and tenants share nothing.
                let tenant = program.rules[rule].head.id.tenant.as_str();
                let by = event.stream.then(|| (tenant, canonical_text(program, &event.key)));
                by_table.entry((event.on, by)).or_default().push(rule);
            }
        }
        let tables = by_table
            .into_iter()
            .map(|((on, _), rules)| Table::link(program, &scripts, on, &rules))
            .collect::<Result<Vec<_>, _>>()?;
        let mut lookups: Vec<SourceId> = tables.iter().flat_map(Table::lookups).collect();
        lookups.sort_unstable();
        lookups.dedup();
        Ok(Self { program: Arc::clone(program), scripts, lookups, tables })
    }

    /// Whether some rule reads the column's values, rather than only looking rows up by them.
    pub(crate) fn reads(&self, column: ColumnRef) -> bool {
        self.tables.iter().flat_map(Table::plans).any(|plan| plan.columns().contains(&column))
    }
}

impl Table {
    fn link(
        program: &Arc<Program>,
        scripts: &Arc<Scripts>,
        on: SourceId,
        rules: &[usize],
    ) -> Result<Self, Vec<Finding>> {
        let mut members = Vec::with_capacity(rules.len());
        let mut roots = Vec::with_capacity(rules.len());
        let mut ranked = Vec::new();
        for &rule in rules {
            let (member, may_fire) = Member::link(program, scripts, rule, &mut ranked)?;
            members.push(member);
            roots.push(may_fire);
        }
        for entry in &mut ranked {
            entry.root = roots.len();
            roots.extend(entry.expressions.clone());
        }
        let plan = compile(program, scripts, &roots)?;
        let first =
            members.first().map_or_else(|| unreachable!("a table has events"), |m| (m.rule, m.event(program).clone()));
        let key = compile(program, scripts, [&as_text(first.1.key.clone())])?;
        let source = &program.sources[on.0 as usize];
        let mut columns = source.used.clone();
        let stream = if first.1.stream {
            let read = own_columns(program, on, members.iter().flat_map(Member::plans).chain([&plan]));
            let figures: Vec<u32> = read.into_iter().filter(|column| source.window(*column).is_some()).collect();
            columns.extend(&figures);
            let at = (first.0, on);
            let others = rules.iter().filter_map(|&rule| program.rules[rule].body.as_any().downcast_ref::<Event>());
            let others = others.filter_map(|event| event.pattern.as_ref()?.how.other());
            Some(Stream::link(program, scripts, at, &first.1.key, &figures, roots.iter().chain(others))?)
        } else {
            None
        };
        Ok(Self { on, columns, stream, members, plan, key, ranked })
    }

    fn plans(&self) -> impl Iterator<Item = &Plan> {
        let members = self.members.iter().flat_map(Member::plans);
        members.chain([&self.plan, &self.key]).chain(self.stream.iter().map(Stream::plan))
    }

    fn lookups(&self) -> Vec<SourceId> {
        self.plans().flat_map(Plan::columns).map(|c: &ColumnRef| c.source).filter(|s| *s != self.on).collect()
    }
}

impl Member {
    fn link(
        program: &Arc<Program>,
        scripts: &Arc<Scripts>,
        rule: usize,
        ranked: &mut Vec<RankedRoots>,
    ) -> Result<(Self, Expr), Vec<Finding>> {
        let head = &program.rules[rule].head;
        let event: &Event = program.rules[rule]
            .body
            .as_any()
            .downcast_ref()
            .unwrap_or_else(|| unreachable!("an event's body is an Event"));
        let source = &program.sources[event.on.0 as usize].name;
        let cell = |accumulator: &str, key: &str| cell_of(&head.id, accumulator, key, source);
        let first = ranked.len();
        for (part, population) in head.populations.iter().enumerate() {
            let operand = canonical_text(program, &population.operand);
            let groups: Vec<String> = population.per.iter().map(|e| canonical_text(program, e)).collect();
            let accumulator =
                format!("{:?} {:?} {operand} per {}", population.end, population.amount, groups.join(", "));
            let id = cell(&accumulator, &canonical_text(program, &event.key));
            ranked.push(RankedRoots {
                cell: id,
                part: part as u32,
                population: population.clone(),
                decisive: is_conjunct(&event.when, part as u32),
                expressions: rank_expressions(population, &event.key),
                root: 0,
            });
        }
        let exact = if head.populations.is_empty() {
            None
        } else {
            let ranks = ranked[first..].iter().flat_map(|r| &r.expressions);
            Some(Exact { when: compile(program, scripts, [&event.when])?, ranks: compile(program, scripts, ranks)? })
        };
        let payload = Payload::link(program, scripts, event)?;
        let kept = cool_down(program, rule, event);
        let mut member = Self {
            rule,
            cell: cell("candidates", ""),
            cool_down: kept.map(|kept| kept.id),
            pattern: None,
            columns: Vec::new(),
            payload,
            exact,
            populations: (first..ranked.len()).collect(),
        };
        let other = event.pattern.as_ref().and_then(|pattern| pattern.how.other());
        let other = other.map(|other| compile(program, scripts, [other])).transpose()?;
        member.columns = own_columns(program, event.on, member.plans().chain(&other));
        member.pattern = stream::Pattern::link(program, rule, event, &member.columns, other);
        Ok((member, may_be_true(&event.when, true)))
    }
}

/// A plan of these expressions. The checker accepted them, so a refusal is a limit of the executor: said, not hidden.
pub(crate) fn compile<'a>(
    program: &Program,
    scripts: &Arc<Scripts>,
    roots: impl IntoIterator<Item = &'a Expr>,
) -> Result<Plan, Vec<Finding>> {
    let roots: Vec<Root<'_>> = roots.into_iter().map(Root::from).collect();
    Plan::compile(program, scripts, &roots).map_err(|error| {
        let place = roots.first().map_or(At::Nowhere, |root| At::Text(root.expr.place));
        vec![Finding::new(codes::kinds::NOT_EXECUTABLE, place).arg("reason", Arg::Plain(error.to_string()))]
    })
}

/// The accumulator of a cool-down, in the cell's identity: it can never change.
const LAST_EFFECT: &str = "last effect";

fn cell_of(rule: &RuleId, accumulator: &str, key: &str, source: &str) -> CellId {
    CellSpec { rule, accumulator, key, window: None, source, time_column: None, edition: 1 }.id()
}

/// What an event remembers of its last effects, if it has a cool-down.
pub(crate) fn cool_down(program: &Program, rule: usize, event: &Event) -> Option<Kept> {
    let head = &program.rules[rule].head;
    let source = &program.sources[event.on.0 as usize].name;
    let key = once_key(program, event.once.as_ref()?);
    let cell = |rule: &RuleId| cell_of(rule, LAST_EFFECT, &key, source);
    Some(Kept { id: cell(&head.id), rule, role: "once per", formerly: head.formerly.as_ref().map(cell), windows: None })
}

fn once_key(program: &Program, once: &OncePer) -> String {
    once.key.iter().map(|e| canonical_text(program, e)).collect::<Vec<_>>().join(", ")
}

pub(crate) fn canonical_text(program: &Program, expr: &Expr) -> String {
    let mut text = String::new();
    canonical::expr(&mut text, expr, &program.sources);
    text
}

/// The table's columns that the plans read, directly or to look another source up.
pub(crate) fn own_columns<'a>(program: &Program, on: SourceId, plans: impl Iterator<Item = &'a Plan>) -> Vec<u32> {
    let read = |c: &ColumnRef| if c.source == on { Some(c.column) } else { lookup_key(program, on, c.source) };
    let mut columns: Vec<u32> = plans.flat_map(Plan::columns).filter_map(read).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// What is ranked, in which group (the key again where there are none), and the key that breaks ties.
fn rank_expressions(population: &Population, key: &Expr) -> [Expr; 3] {
    let key = as_text(key.clone());
    let group = if population.per.is_empty() { key.clone() } else { group_text(&population.per) };
    [population.operand.clone(), group, key]
}

fn is_conjunct(when: &Expr, index: u32) -> bool {
    match &when.kind {
        ExprKind::InTop(i) => *i == index,
        ExprKind::And(parts) => parts.iter().any(|part| is_conjunct(part, index)),
        _ => false,
    }
}

/// The condition with every question over the snapshot answered in favour of firing: true wherever the event may fire.
fn may_be_true(expr: &Expr, favour: bool) -> Expr {
    let kind = match &expr.kind {
        ExprKind::And(parts) => ExprKind::And(parts.iter().map(|e| may_be_true(e, favour)).collect()),
        ExprKind::Or(parts) => ExprKind::Or(parts.iter().map(|e| may_be_true(e, favour)).collect()),
        ExprKind::Not(inner) => ExprKind::Not(Box::new(may_be_true(inner, !favour))),
        _ if asks_population(expr) => ExprKind::Literal(Value::Bool(favour)),
        other => other.clone(),
    };
    Expr { kind, ..expr.clone() }
}

fn asks_population(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |e| found |= matches!(e.kind, ExprKind::InTop(_)));
    found
}

/// The canonical text of a value: how keys are written wherever they leave a step.
pub(crate) fn as_text(expr: Expr) -> Expr {
    if expr.typed.ty == Type::Text {
        return expr;
    }
    let typed = Typed::new(Type::Text, expr.typed.nullable);
    let (place, written) = (expr.place, expr.written);
    Expr { kind: ExprKind::Call(Builtin::Text, vec![expr]), typed, place, written }
}

/// One text for several columns; missing if one is missing.
pub(crate) fn group_text(columns: &[Expr]) -> Expr {
    let mut parts: Vec<Expr> = Vec::with_capacity(2 * columns.len());
    for column in columns {
        if !parts.is_empty() {
            let literal = ExprKind::Literal(Value::Text("\u{1f}".into()));
            parts.push(Expr::at(literal, Typed::new(Type::Text, false), column.place));
        }
        parts.push(as_text(column.clone()));
    }
    if parts.len() == 1 {
        return parts.swap_remove(0);
    }
    let nullable = columns.iter().any(|c| c.typed.nullable);
    let place = columns.first().map(|c| c.place).unwrap_or_default();
    Expr::at(ExprKind::Call(Builtin::Concat, parts), Typed::new(Type::Text, nullable), place)
}

impl Linked for Events {
    fn feeds(&self) -> Vec<Feed> {
        let lookups = self.lookups.iter().map(|s| Feed::Lookup(*s));
        let drives = |t: &Table| if t.stream.is_some() { Feed::Stream(t.on) } else { Feed::Drive(t.on) };
        lookups.chain(self.tables.iter().map(drives)).collect()
    }

    fn cells(&self) -> Vec<Kept> {
        let members = self.tables.iter().flat_map(|t| &t.members);
        let calm = members.filter_map(|m| cool_down(&self.program, m.rule, m.event(&self.program)));
        // A table has events.
        let windows = self.tables.iter().filter_map(|t| Some(t.stream.as_ref()?.kept(t.members.first()?.rule)));
        let members = self.tables.iter().flat_map(|t| &t.members);
        let patterns = members.filter_map(|m| Some(m.pattern.as_ref()?.kept(m.rule)));
        calm.chain(windows).chain(patterns).collect()
    }

    fn wants(&self, cx: &Context, source: SourceId, bounds: &Bounds<'_>) -> bool {
        // Who ranks all rows wants all, and so does who looks some of them up.
        let all = |table: &Table| table.stream.is_some() || !table.ranked.is_empty();
        let some = |member: &Member| may_hold(&member.event(&self.program).when, bounds, cx);
        let mut tables = self.tables.iter().filter(|table| table.on == source);
        self.lookups.contains(&source) || tables.any(|table| all(table) || table.members.iter().any(some))
    }

    fn late(&self, source: SourceId) -> Vec<u32> {
        late::columns(self, source)
    }

    fn step(&self, cx: &Context, cells: &mut Cells, input: &Input<'_>, out: &mut Output) -> Result<(), StepError> {
        match input {
            Input::StartOfSnapshot(source, rows) => {
                snapshot::start(self, cells, *source, *rows);
                Ok(())
            }
            Input::Batch(batch) => snapshot::batch(self, cx, cells, batch, out),
            Input::Early(early) => late::early(self, cx, cells, early, out),
            Input::Late(rows) => late::completed(self, cx, cells, rows, out),
            Input::Chosen(chosen) => chosen::rows(self, cx, cells, chosen, out),
            Input::LookedUp(source, rows) => {
                snapshot::looked_up(self, cells, *source, rows);
                Ok(())
            }
            Input::EndOfSnapshot(source) => snapshot::end(self, cx, cells, *source, out),
            Input::Request(Request::Explain(rule, key)) => {
                snapshot::ask(self, cells, rule, key);
                Ok(())
            }
            Input::Request(Request::Trace(tracing)) => {
                trace::ask(self, cells, *tracing);
                Ok(())
            }
            Input::Watermark(source, at) => stream::watermark(self, cx, cells, (*source, *at), out),
            // Events go by their stream's time, and nothing they send reports back to them.
            Input::Timer(_) | Input::Outcome(..) => Ok(()),
        }
    }
}
