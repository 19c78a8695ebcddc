//! What a set would have done with what was recorded: the same steps as a server's, from memories that begin empty, and nothing is
//! published. A plan, a backtest, a shadow and a replay are comparisons of what comes of it.

use super::{
    live::{Fates, Live, Refused, Set},
    record::{Recorded, What},
};
use crate::{
    difference::Side,
    feed::step_finding,
    project::Project,
    run::task,
    seal,
    store::{StoreError, View},
};
use arrow_array::{Array, RecordBatch, cast::AsArray, types::TimestampMicrosecondType};
use guiju_connect::read::lang_type;
use guiju_core::{
    effect,
    id::{EffectId, EpochHash},
};
use guiju_lang::{
    finding::{Arg, At, Finding, codes},
    hir::{Program, Source},
    time::Zone,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A set that is checked and tested, and not in force.
pub struct Candidate(Live);

impl std::fmt::Debug for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Candidate").field(&self.hash()).finish()
    }
}

impl Candidate {
    /// The set on disk.
    ///
    /// # Errors
    /// Why it could not be put in force.
    pub fn on_disk(set: &Set) -> Result<Self, Refused> {
        Live::load(set).map(Self)
    }

    /// A set whose texts the store keeps; the configuration is the one on disk.
    ///
    /// # Errors
    /// Why it could not be put in force.
    pub fn of_texts(set: &Set, files: &[(String, String)]) -> Result<Self, Refused> {
        Live::of(Project::open(&set.paths, set.config.as_deref()).with_set(files), set).map(Self)
    }

    /// Its name.
    pub fn hash(&self) -> EpochHash {
        self.0.epoch.hash()
    }

    /// What was checked.
    pub fn program(&self) -> &Program {
        &self.0.epoch.program
    }

    /// What it means and says, to be compared with another.
    pub fn side(&self) -> Side<'_> {
        Side { program: self.program(), sources: &self.0.project.sources }
    }

    /// Its files and the configuration's, as it was read.
    pub fn project(&self) -> &Project {
        &self.0.project
    }

    /// Name and text of its rulebooks and template files.
    pub fn texts(&self) -> Vec<(String, String)> {
        self.0.texts()
    }

    /// What would become of everything that the set in force remembers.
    pub fn fates(&self, in_force: &Self) -> Fates {
        self.0.fates(&in_force.0)
    }

    /// Windows that are full and that it would forget.
    pub fn forgets(&self, in_force: &Self) -> Option<Finding> {
        self.0.forgets(&in_force.0.windows())
    }

    /// Plays what was recorded, in its order, and hands what comes of each piece to `take`. Sources that it does not follow are passed
    /// over. Once.
    ///
    /// # Errors
    /// A piece that cannot be read, or lacks a column; a step that fails.
    pub fn play(self, records: &[Recorded], take: &mut dyn FnMut(&Recorded, &RecordBatch)) -> Result<(), Vec<Finding>> {
        let mut live = self.0;
        records
            .iter()
            .try_for_each(|recorded| play_one(&mut live, recorded, &mut |batch| take(recorded, batch)).map(drop))
    }
}

/// One step over what was recorded, and how many rows that is; a source that the set does not follow is passed over.
pub(super) fn play_one(
    live: &mut Live,
    recorded: &Recorded,
    take: &mut dyn FnMut(&RecordBatch),
) -> Result<u64, Vec<Finding>> {
    let Some(source) = live.source(&recorded.source) else { return Ok(0) };
    if live.epoch.streams().all(|followed| followed != source) {
        return Ok(0);
    }
    let declared = &live.epoch.program.sources[source.0 as usize];
    let batches = recorded.batches().map_err(|finding| vec![finding])?;
    let read = |batch: &RecordBatch| wanted(batch, declared);
    let batches = batches.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let gathered = match recorded.what {
        What::Rows(first) => live.step(source, &batches, first)?,
        What::Until(until) => live.advance(source, until)?,
    };
    let odd = |error: arrow_schema::ArrowError| vec![step_finding(error.into())];
    for (_, fired) in gathered.into_fired() {
        for effects in seal::together(&fired.effects).map_err(odd)? {
            take(&seal::seal(&live.epoch.program, &effects, "", fired.now).map_err(odd)?);
        }
    }
    Ok(batches.iter().map(|batch| batch.num_rows() as u64).sum())
}

/// The columns that the rules use, of what was recorded.
fn wanted(batch: &RecordBatch, declared: &Source) -> Result<RecordBatch, Vec<Finding>> {
    let find = |used: &u32| {
        let column = &declared.schema.columns[*used as usize];
        let found = batch.schema().fields().iter().position(|field| {
            *field.name() == column.name && lang_type(field.data_type()).is_some_and(|ty| ty == column.typed.ty)
        });
        found.ok_or_else(|| {
            let finding = Finding::new(codes::cli::SERVE_NOT_RECORDED, At::Nowhere);
            vec![finding.name("source", &declared.name).arg("column", Arg::Name(column.name.clone()))]
        })
    };
    let columns = declared.used.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    batch.project(&columns).map_err(|error| vec![step_finding(error.into())])
}

/// Effects from one time on and before another, microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub from: i64,
    /// Not any more.
    pub to: i64,
}

impl Span {
    /// All there ever were.
    pub const ALL: Self = Self { from: i64::MIN, to: i64::MAX };
}

/// One effect, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Act {
    rule: String,
    key: String,
    /// Of everything it says.
    content: [u8; 32],
}

/// Effects by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acts(BTreeMap<EffectId, Act>);

impl Acts {
    /// Adds the effects of a batch that lie in the span. The first of an id counts.
    pub fn add(&mut self, batch: &RecordBatch, span: Span) {
        let times = batch
            .column_by_name(effect::LOGICAL_TIME)
            .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>());
        for row in 0..batch.num_rows() {
            let time = times.filter(|times| times.is_valid(row)).map_or(0, |times| times.value(row));
            if time < span.from || time >= span.to {
                continue;
            }
            let task = task(batch, row, &Zone::utc());
            let text = |name: &str| task[name].as_str().unwrap_or_default().to_owned();
            let Ok(id) = text(effect::EFFECT_ID).parse() else { continue };
            let content = *blake3::hash(task.to_string().as_bytes()).as_bytes();
            self.0.entry(id).or_insert_with(|| Act { rule: text(effect::RULE), key: text(effect::KEY), content });
        }
    }

    /// Each by itself.
    pub(super) fn each(self) -> impl Iterator<Item = (EffectId, Self)> {
        self.0.into_iter().map(|(id, act)| (id, Self(BTreeMap::from([(id, act)]))))
    }

    /// These too.
    pub(super) fn extend(&mut self, others: &Self) {
        self.0.extend(others.0.iter().map(|(id, act)| (*id, act.clone())));
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Keys named as examples.
const SAMPLES: usize = 5;

/// What one rule does differently.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// The rule.
    pub rule: String,
    /// Effects before.
    pub before: u64,
    /// Effects after.
    pub after: u64,
    /// Effects that are no more, and keys of some.
    pub gone: (u64, BTreeSet<String>),
    /// New ones.
    pub new: (u64, BTreeSet<String>),
    /// Those that say something else.
    pub changed: (u64, BTreeSet<String>),
}

impl Diff {
    /// What every rule does, side by side; rules that do nothing on either side are left out.
    pub fn between(before: &Acts, after: &Acts) -> Vec<Self> {
        let mut all: BTreeMap<&str, Self> = BTreeMap::new();
        fn note((count, keys): &mut (u64, BTreeSet<String>), key: &str) {
            *count += 1;
            if keys.len() < SAMPLES {
                keys.insert(key.to_owned());
            }
        }
        for (id, act) in &before.0 {
            let diff = all.entry(&act.rule).or_default();
            diff.before += 1;
            match after.0.get(id) {
                None => note(&mut diff.gone, &act.key),
                Some(other) if other.content != act.content => note(&mut diff.changed, &act.key),
                Some(_) => {}
            }
        }
        for (id, act) in &after.0 {
            let diff = all.entry(&act.rule).or_default();
            diff.after += 1;
            if !before.0.contains_key(id) {
                note(&mut diff.new, &act.key);
            }
        }
        let named = |(rule, diff): (&str, Self)| Self { rule: rule.to_owned(), ..diff };
        all.into_iter().map(named).collect()
    }

    /// The same rule's, of other effects.
    pub(super) fn add(&mut self, other: &Self) {
        (self.before, self.after) = (self.before + other.before, self.after + other.after);
        for (mine, theirs) in
            [(&mut self.gone, &other.gone), (&mut self.new, &other.new), (&mut self.changed, &other.changed)]
        {
            mine.0 += theirs.0;
            let room = SAMPLES.saturating_sub(mine.1.len());
            mine.1.extend(theirs.1.iter().take(room).cloned());
        }
    }

    /// Nothing is different.
    pub fn is_same(&self) -> bool {
        self.gone.0 + self.new.0 + self.changed.0 == 0
    }
}

/// What a set would have done with what was recorded.
///
/// # Errors
/// As [`Candidate::play`].
pub fn played(candidate: Candidate, records: &[Recorded], span: Span) -> Result<Acts, Vec<Finding>> {
    let mut acts = Acts::default();
    candidate.play(records, &mut |_, batch| acts.add(batch, span))?;
    Ok(acts)
}

/// What servers did, from a place in the history on.
///
/// # Errors
/// Files of effects that cannot be read.
pub fn journal(view: &View, first: i64, span: Span) -> Result<Acts, StoreError> {
    let mut acts = Acts::default();
    view.served_since(first, &mut |_, batch| acts.add(batch, span))?;
    Ok(acts)
}
