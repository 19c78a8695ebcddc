//! The whole job: which rows of each table some rule acts on, and the rows that these look up.
//!
//! What the job gives back is not tasks but *rows*: the columns that rules use, the row's place in its table, and for each rule
//! whether it acts. Cool-downs, `keep top`, texts and publishing stay where they are.

use crate::{
    VERSION,
    expr::{Names, Unsaid, Writer},
    ranked, sql,
};
use guiju_lang::{
    context::Context,
    hir::{ColumnRef, Expr, ExprKind, Population, Program, SourceId},
    ty::Type,
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// A rule, as a question about each row of its table.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Position in the program.
    pub rule: usize,
    /// The table.
    pub on: SourceId,
    /// The row's key, which breaks ties.
    pub key: &'a Expr,
    /// The rule acts where this is true.
    pub when: &'a Expr,
    /// The populations that `when` asks about.
    pub populations: &'a [Population],
    /// Time, zone and calendar.
    pub cx: &'a Context,
}

/// Where a source's rows are: Parquet files that Spark reads as the engine would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceColumns {
    /// Which source.
    pub source: SourceId,
    /// Paths, and the position of each file's first row in the whole source.
    pub files: Vec<(String, u64)>,
}

/// An expression that `guiju` computes for Spark, row by row in a stage of the job.
#[derive(Debug, Clone, PartialEq)]
pub struct Staged {
    /// The rule it stands in.
    pub rule: usize,
    /// The expression.
    pub expr: Expr,
    /// The columns it reads.
    pub columns: Vec<ColumnRef>,
    /// Why Spark cannot.
    pub because: Unsaid,
}

/// All of them of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// The table.
    pub on: SourceId,
    /// What the stage's input holds after the row's position, each as text.
    pub columns: Vec<ColumnRef>,
    /// What its output holds after the row's position.
    pub values: Vec<Staged>,
}

/// A column of the job's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The row's position in its source: BIGINT.
    Position,
    /// A column of the source.
    Of(u32),
    /// Whether the rule of that position acts: BOOLEAN.
    Acts(usize),
}

/// A job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The PySpark program.
    pub script: String,
    /// Folders with the rows on which some rule acts, by table, in the order of their positions.
    pub chosen: BTreeMap<SourceId, (String, Vec<Column>)>,
    /// Folders with the rows that those look up.
    pub looked_up: BTreeMap<SourceId, (String, Vec<Column>)>,
    /// What runs outside Spark.
    pub stages: Vec<Stage>,
}

/// Plans a job. What no query and no stage can say is listed.
pub fn plan(program: &Program, sources: &[SourceColumns], questions: &[Question<'_>]) -> Result<Job, Vec<Unsaid>> {
    let mut job = Builder { program, steps: String::new(), lookups: BTreeSet::new(), unsaid: Vec::new(), lines: 0 };
    let mut tables: BTreeMap<SourceId, Vec<&Question<'_>>> = BTreeMap::new();
    for question in questions {
        tables.entry(question.on).or_default().push(question);
    }
    for source in sources {
        job.read(source);
    }
    let (mut chosen, mut looked_up, mut stages) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    let mut wanted: BTreeMap<SourceId, Vec<(SourceId, u32)>> = BTreeMap::new();
    for (on, questions) in &tables {
        for (source, own) in job.base(*on, questions) {
            wanted.entry(source).or_default().push((*on, own));
        }
        let (columns, stage) = job.choose(*on, questions);
        chosen.insert(*on, (format!("chosen_{}", on.0), columns));
        stages.extend(stage);
    }
    for (source, by) in wanted {
        let columns = job.looked_up(source, &by);
        looked_up.insert(source, (format!("looked_up_{}", source.0), columns));
    }
    if !job.unsaid.is_empty() {
        return Err(job.unsaid);
    }
    let script = include_str!("job.py").replace("@VERSION@", VERSION).replace("# @STEPS@\n", &job.steps);
    Ok(Job { script, chosen, looked_up, stages })
}

struct Builder<'a> {
    program: &'a Program,
    steps: String,
    lookups: BTreeSet<SourceId>,
    unsaid: Vec<Unsaid>,
    lines: usize,
}

impl Builder<'_> {
    fn step(&mut self, call: &str, arguments: &[&str]) {
        let written: Vec<String> = arguments.iter().map(|a| python(a)).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(self.steps, "{call}({})", written.join(", "));
    }

    fn used(&self, source: SourceId) -> &[u32] {
        &self.program.sources[source.0 as usize].used
    }

    fn ty(&self, c: ColumnRef) -> &Type {
        &self.program.sources[c.source.0 as usize].schema.columns[c.column as usize].typed.ty
    }

    /// The source's columns as the language has them.
    fn read(&mut self, source: &SourceColumns) {
        let declared = &self.program.sources[source.source.0 as usize];
        let mut query = String::from("SELECT pos");
        for &column in &declared.used {
            let c = &declared.schema.columns[column as usize];
            let raw = sql::name(&c.name);
            let value = match &c.typed.ty {
                Type::Timestamp => format!("unix_micros({raw})"),
                // NaN and infinities are missing on reading.
                Type::Real => format!(
                    "CASE WHEN abs(CAST({raw} AS DOUBLE)) <= CAST('1.7976931348623157E308' AS DOUBLE) THEN CAST({raw} AS DOUBLE) END"
                ),
                ty => format!("CAST({raw} AS {})", sql::type_name(ty).unwrap_or_else(|| "STRING".to_owned())),
            };
            let _ = write!(query, ",\n  {value} AS c{column}");
        }
        let n = source.source.0;
        let _ = writeln!(self.steps, "\n# {}", declared.name.replace(['\n', '\r'], " "));
        let files: Vec<String> =
            source.files.iter().map(|(path, first)| format!("({}, {first})", python(path))).collect();
        let _ = writeln!(self.steps, "files(\"raw{n}\", [{}])", files.join(", "));
        self.step("view", &[&format!("s{n}"), &format!("{query}\nFROM raw{n}")]);
    }

    /// The table's rows, each beside the rows that its conditions look up. What is looked up for whatever else is returned with it.
    fn base(&mut self, on: SourceId, questions: &[&Question<'_>]) -> Vec<(SourceId, u32)> {
        let (mut asked, mut all) = (BTreeSet::new(), BTreeSet::new());
        for question in questions {
            let populations = question.populations.iter().flat_map(|p| p.per.iter().chain([&p.operand]));
            for e in populations.chain([question.when]) {
                foreign(e, on, &mut asked);
            }
            for (_, e) in self.program.rules[question.rule].body.expressions() {
                foreign(e, on, &mut all);
            }
        }
        all.extend(&asked);
        let mut query = String::from("SELECT s.*");
        let mut joins = String::new();
        let mut wanted = Vec::new();
        for source in all {
            let Some((own, key)) = self.program.lookup(on, source) else { continue };
            wanted.push((source, own));
            self.first_rows(source, key);
            if !asked.contains(&source) {
                continue;
            }
            let n = source.0;
            for column in self.used(source).to_vec() {
                let _ = write!(query, ", k{n}.c{column} AS f{n}_{column}");
            }
            let meet = self.keys_meet(on, own, source, key);
            let _ = write!(joins, "\nLEFT JOIN k{n} ON {meet}");
        }
        let n = on.0;
        self.step("view", &[&format!("b{n}"), &format!("{query}\nFROM s{n} s{joins}")]);
        wanted
    }

    /// Of each key its first row.
    fn first_rows(&mut self, source: SourceId, key: u32) {
        if !self.lookups.insert(source) {
            return;
        }
        let n = source.0;
        let columns: Vec<String> = self.used(source).iter().map(|c| format!("c{c}")).collect();
        self.step(
            "view",
            &[
                &format!("k{n}"),
                &format!(
                    "SELECT pos, {} FROM (SELECT *, row_number() OVER (PARTITION BY c{key} ORDER BY pos) AS nth \
                     FROM s{n} WHERE c{key} IS NOT NULL)\nWHERE nth = 1",
                    columns.join(", ")
                ),
            ],
        );
        self.step(
            "count",
            &[&format!("again_{n}"), &format!(
"SELECT sum(many - 1), min_by(k, first) FROM (SELECT CAST(c{key} AS STRING) AS k, count(*) AS many, \
                     min(pos) AS first FROM s{n} WHERE c{key} IS NOT NULL GROUP BY c{key} HAVING count(*) > 1)"
)],
        );
    }

    /// Keys that are integers here and texts there meet in the integer's spelling.
    fn keys_meet(&self, on: SourceId, own: u32, source: SourceId, key: u32) -> String {
        let (x, y) = (format!("s.c{own}"), format!("k{}.c{key}", source.0));
        let (a, b) = (self.ty(ColumnRef { source: on, column: own }), self.ty(ColumnRef { source, column: key }));
        match (a, b) {
            (Type::Integer, Type::Text) => format!("CAST({x} AS STRING) = {y}"),
            (Type::Text, Type::Integer) => format!("{x} = CAST({y} AS STRING)"),
            _ => format!("{x} = {y}"),
        }
    }

    /// Which rules act on which rows.
    fn choose(&mut self, on: SourceId, questions: &[&Question<'_>]) -> (Vec<Column>, Option<Stage>) {
        let n = on.0;
        let mut lines: Vec<(String, ranked::Line)> = Vec::new();
        let mut members: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for question in questions {
            let names = Here { on, members: &[], staged: None };
            let writer = Writer::new(question.cx, &names);
            for population in question.populations {
                let view = format!("t{}", self.lines);
                match ranked::line(&writer, population, question.key, &format!("b{n}"), &view) {
                    Ok(line) => {
                        // Two rules with one question share its line.
                        let at = lines.iter().position(|(_, other)| other.query == line.query);
                        let at = at.unwrap_or_else(|| {
                            self.lines += 1;
                            lines.push((view, line));
                            lines.len() - 1
                        });
                        members.entry(question.rule).or_default().push(format!("m{at}"));
                    }
                    Err(unsaid) => {
                        self.unsaid.push(unsaid);
                        members.entry(question.rule).or_default().push("NULL".to_owned());
                    }
                }
            }
        }
        let (mut query, mut joins) = (String::from("SELECT b.*"), String::new());
        for (at, (view, line)) in lines.iter().enumerate() {
            self.step("view", &[view, &line.query]);
            let _ = write!(query, ", {} AS m{at}", line.member);
            let _ = write!(joins, "\nLEFT JOIN {view} ON {}", line.join);
        }
        self.step("view", &[&format!("m{n}"), &format!("{query}\nFROM b{n} b{joins}")]);
        let staged = RefCell::new(Vec::new());
        let (mut acts, mut hopes) = (Vec::new(), Vec::new());
        for question in questions {
            let none = Vec::new();
            let members = members.get(&question.rule).unwrap_or(&none);
            let before = staged.borrow().len();
            let names = Here { on, members, staged: Some((question, &staged)) };
            match Writer::new(question.cx, &names).expr(question.when) {
                Ok(said) => {
                    if staged.borrow().len() > before {
                        hopes.push(hope(question, &Here { on, members, staged: None }));
                    }
                    acts.push((question.rule, said));
                }
                Err(unsaid) => self.unsaid.push(unsaid),
            }
        }
        let stage = self.stage(on, staged.into_inner(), &hopes);
        let used = self.used(on).to_vec();
        let rows = if stage.is_some() { format!("x{n}") } else { format!("m{n}") };
        let columns: Vec<String> = used.iter().map(|c| format!("c{c}")).collect();
        let flags: Vec<String> =
            acts.iter().map(|(rule, said)| format!(",\n  coalesce({said}, false) AS r{rule}")).collect();
        let any: Vec<String> = acts.iter().map(|(rule, _)| format!("r{rule}")).collect();
        let mut chosen = vec![Column::Position];
        chosen.extend(used.iter().map(|c| Column::Of(*c)));
        chosen.extend(acts.iter().map(|(rule, _)| Column::Acts(*rule)));
        let outer = self.answered(on, "");
        let any = if any.is_empty() { "false".to_owned() } else { any.join(" OR ") };
        let flags_out: String = acts.iter().map(|(rule, _)| format!(", r{rule}")).collect();
        let comma = if columns.is_empty() { "" } else { ", " };
        let query = format!(
            "SELECT pos{outer}{flags_out} FROM (SELECT pos{comma}{}{}\nFROM {rows})\nWHERE {any}",
            columns.join(", "),
            flags.concat()
        );
        self.step("rows", &[&format!("chosen_{n}"), &query]);
        (chosen, stage)
    }

    /// A source's columns as the answer has them: instants are Spark's own there.
    fn answered(&self, source: SourceId, prefix: &str) -> String {
        let one = |c: &u32| match self.ty(ColumnRef { source, column: *c }) {
            Type::Timestamp => format!(", timestamp_micros({prefix}c{c}) AS c{c}"),
            _ => format!(", {prefix}c{c}"),
        };
        self.used(source).iter().map(one).collect()
    }

    fn stage(&mut self, on: SourceId, values: Vec<Staged>, hopes: &[String]) -> Option<Stage> {
        if values.is_empty() {
            return None;
        }
        let n = on.0;
        let columns: BTreeSet<ColumnRef> = values.iter().flat_map(|v| v.columns.iter().copied()).collect();
        let columns: Vec<ColumnRef> = columns.into_iter().collect();
        let names = Here { on, members: &[], staged: None };
        let texts: Vec<String> = columns
            .iter()
            .map(|c| {
                let name = names.column(*c);
                match self.ty(*c) {
                    Type::Decimal(d) => crate::text::plain_decimal(&name, *d),
                    _ => format!("CAST({name} AS STRING)"),
                }
            })
            .collect();
        let hope = if hopes.iter().any(|h| h == "true") { "true".to_owned() } else { hopes.join(" OR ") };
        let input = format!("SELECT to_json(array(CAST(pos AS STRING), {})) FROM m{n} WHERE {hope}", texts.join(", "));
        let output: Vec<String> = values
            .iter()
            .enumerate()
            .map(|(i, v)| {
                let ty = sql::type_name(&v.expr.typed.ty).unwrap_or_else(|| "STRING".to_owned());
                format!("CAST(x[{}] AS {ty}) AS `x{i}`", i + 1)
            })
            .collect();
        let answered = format!(
            "SELECT CAST(x[0] AS BIGINT) AS xpos, {} FROM (SELECT from_json(line, 'array<string>') AS x FROM p{n})",
            output.join(", ")
        );
        self.step("stage", &[&format!("p{n}"), &n.to_string(), &input]);
        self.step("view", &[&format!("y{n}"), &answered]);
        self.step("view", &[&format!("x{n}"), &format!("SELECT * FROM m{n} LEFT JOIN y{n} ON pos = xpos")]);
        Some(Stage { on, columns, values })
    }

    /// The rows of a source that chosen rows look up.
    fn looked_up(&mut self, source: SourceId, by: &[(SourceId, u32)]) -> Vec<Column> {
        let n = source.0;
        let key = self.program.sources[n as usize].key.unwrap_or_default();
        // As in `keys_meet`: in the integer's spelling.
        let keys: Vec<String> = by
            .iter()
            .map(|(on, own)| format!("SELECT CAST(c{own} AS STRING) AS wanted FROM chosen_{}", on.0))
            .collect();
        let columns = self.answered(source, "k.");
        let query = format!(
            "SELECT k.pos{columns} FROM k{n} k LEFT SEMI JOIN ({}) w ON CAST(k.c{key} AS STRING) = w.wanted",
            keys.join(" UNION ")
        );
        self.step("rows", &[&format!("looked_up_{n}"), &query]);
        let mut all = vec![Column::Position];
        all.extend(self.used(source).iter().map(|c| Column::Of(*c)));
        all
    }
}

/// What columns are called in the views of one table.
struct Here<'a> {
    on: SourceId,
    members: &'a [String],
    /// Whoever collects what Spark cannot say.
    staged: Option<(&'a Question<'a>, &'a RefCell<Vec<Staged>>)>,
}

impl Names for Here<'_> {
    fn column(&self, c: ColumnRef) -> String {
        if c.source == self.on { format!("c{}", c.column) } else { format!("f{}_{}", c.source.0, c.column) }
    }

    fn member(&self, index: u32) -> Option<String> {
        self.members.get(index as usize).cloned()
    }

    fn elsewhere(&self, e: &Expr) -> Option<String> {
        let (question, staged) = self.staged?;
        sql::type_name(&e.typed.ty).filter(|_| e.typed.ty != Type::Unknown)?;
        let (mut columns, mut alone) = (BTreeSet::new(), true);
        e.walk(&mut |part| match &part.kind {
            ExprKind::Column(c) => {
                columns.insert(*c);
            }
            ExprKind::InTop(_) => alone = false,
            _ => {}
        });
        if !alone {
            return None;
        }
        let because = match Writer::new(question.cx, &Here { staged: None, ..*self }).expr(e) {
            Err(unsaid) => unsaid,
            Ok(_) => return None,
        };
        let mut staged = staged.borrow_mut();
        let at = staged.iter().position(|s| s.rule == question.rule && s.expr == *e).unwrap_or_else(|| {
            let columns = columns.into_iter().collect();
            staged.push(Staged { rule: question.rule, expr: e.clone(), columns, because });
            staged.len() - 1
        });
        Some(format!("`x{at}`"))
    }
}

/// The other sources that an expression reads.
fn foreign(e: &Expr, on: SourceId, found: &mut BTreeSet<SourceId>) {
    e.walk(&mut |part| {
        if let ExprKind::Column(c) = &part.kind
            && c.source != on
        {
            found.insert(c.source);
        }
    });
}

/// Where a condition may still be true, whatever comes of the parts that cannot be said.
fn hope(question: &Question<'_>, names: &Here<'_>) -> String {
    let writer = Writer::new(question.cx, names);
    match &question.when.kind {
        ExprKind::And(parts) => {
            let said: Vec<String> = parts.iter().filter_map(|part| writer.expr(part).ok()).collect();
            if said.is_empty() { "true".to_owned() } else { format!("({})", said.join(" AND ")) }
        }
        _ => "true".to_owned(),
    }
}

/// A text as Python writes it: a query as it is, between three quotes.
fn python(text: &str) -> String {
    let plain = !text.contains('\'') && !text.contains('"') && !text.contains('\\') && !text.contains('\n');
    if plain {
        return format!("\"{text}\"");
    }
    if !text.contains("\"\"\"") && !text.ends_with(['"', '\\']) && !text.starts_with('"') && !text.contains('\r') {
        return format!("r\"\"\"{text}\"\"\"");
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
