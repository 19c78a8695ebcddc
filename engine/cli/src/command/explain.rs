//! `guiju explain`

use crate::{
    Exit,
    args::{Common, Explain},
    clock,
    output::Out,
    progress::Bar,
};
use guiju::{
    Project,
    core::{Explanation, Flip, Reason, Verdict},
    explain::{self, Question},
    grammar::keyword,
    lang::{
        finding::{Arg, At, Finding, Lang, Place, codes},
        hir::{Program, Rule, RuleId},
        render,
        time::Zone,
        value::Value,
    },
    run,
    store::View,
};
use serde_json::{Value as Json, json};
use unicode_width::UnicodeWidthStr;

pub(crate) fn run(args: &Explain, common: &Common, out: &Out) -> Exit {
    let ended = match &args.key {
        Some(key) if args.between.is_empty() && args.against.is_none() && args.before_config.is_none() => {
            explained(args, key, common, out)
        }
        _ => super::compare::compared(args, common, out),
    };
    match ended {
        Ok(exit) | Err(exit) => exit,
    }
}

fn explained(args: &Explain, key: &str, common: &Common, out: &Out) -> Result<Exit, Exit> {
    let (project, program) = super::checked(&args.paths, common, out)?;
    let rule = find(&program, &args.rule).map_err(|finding| out.fail(&[finding], &project.sources, Exit::Usage))?;
    let zone = zone_of(&program, &rule);
    let Some(at) = clock::moment(args.today.as_deref(), &zone) else {
        return Err(out.fail(&[super::run::bad_day(args.today.as_deref())], &project.sources, Exit::Usage));
    };
    let epoch = super::linked(&project, program, out, |candidate: &Rule| candidate.head.id == rule)?;
    let store = if args.no_store || !project.config.store.exists() {
        None
    } else {
        let opened = View::open(&project.config.store);
        Some(opened.map_err(|error| out.fail(&[error.into()], &project.sources, Exit::Failed))?)
    };
    let run = run::default_run(&epoch, at).map_err(|_| Exit::Failed)?;
    let question = Question { rule: &rule, key, at, run };
    let mut bar = Bar::new(out);
    let answer = explain::explain(&project, &epoch, store.as_ref(), &question, &mut bar);
    bar.finish();
    match answer {
        Ok(Some(explanation)) => {
            Teller { out, project: &project, zone: &zone }.tell(&explanation);
            Ok(Exit::Well)
        }
        Ok(None) => Err(Exit::Failed),
        Err(found) => Err(out.fail(&found, &project.sources, Exit::Failed)),
    }
}

/// `name`, `rulebook.name` or `tenant/rulebook.name`.
pub(super) fn find(program: &Program, text: &str) -> Result<RuleId, Finding> {
    let ids = || program.rules.iter().map(|rule| &rule.head.id);
    let short = |id: &RuleId| format!("{}.{}", id.rulebook, id.name);
    let matching: Vec<&RuleId> =
        ids().filter(|id| id.name == text || short(id) == text || id.to_string() == text).collect();
    match matching.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let known = ids().map(short).collect();
            Err(Finding::new(codes::cli::NO_SUCH_RULE, At::Nowhere)
                .arg("rule", Arg::Name(text.to_owned()))
                .arg("known", Arg::Names(known)))
        }
        several => Err(Finding::new(codes::cli::RULE_AMBIGUOUS, At::Nowhere)
            .arg("rule", Arg::Name(text.to_owned()))
            .arg("known", Arg::Names(several.iter().map(|id| id.to_string()).collect()))),
    }
}

fn zone_of(program: &Program, rule: &RuleId) -> Zone {
    let book = program.rulebooks.iter().find(|book| book.name == rule.rulebook && book.tenant == rule.tenant);
    book.and_then(|book| Zone::named(&book.zone).ok()).unwrap_or_else(Zone::utc)
}

struct Teller<'a> {
    out: &'a Out,
    project: &'a Project,
    zone: &'a Zone,
}

impl Teller<'_> {
    fn tell(&self, explanation: &Explanation) {
        let words = self.out.words;
        let verdict = match explanation.verdict {
            Verdict::Acts => words.fires,
            Verdict::DoesNot => words.silent,
            Verdict::NoSuchKey => words.no_such_key,
        };
        self.out.say(format!("{} · {}{}{verdict}", explanation.rule, explanation.key, self.out.pick(": ", "：")));
        for reason in &explanation.reasons {
            self.reason(reason, 1);
        }
        self.out.document(&json!({
            "ok": true,
            "rule": explanation.rule.to_string(),
            "key": explanation.key,
            "verdict": match explanation.verdict {
                Verdict::Acts => "acts",
                Verdict::DoesNot => "does not act",
                Verdict::NoSuchKey => "no such key",
            },
            "reasons": explanation.reasons.iter().map(|reason| self.json(reason)).collect::<Vec<_>>(),
        }));
    }

    fn text(&self, place: Place) -> String {
        let written = self.project.sources.get(place.file).map_or("", |file| file.slice(place.span));
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn value(&self, value: &Value) -> String {
        render::display(value, self.out.lang, self.zone)
    }

    fn reason(&self, reason: &Reason, depth: usize) {
        let words = self.out.words;
        let (mark, truth) = match reason.truth {
            Some(true) => ("✓", words.is_true),
            Some(false) => ("✗", words.is_false),
            None => ("?", words.is_missing),
        };
        let said = self.text(reason.place);
        // Some reasons are a whole clause, and say so themselves.
        let mut words_of = keyword::all().iter().filter(|entry| entry.en == reason.clause);
        let whole = words_of.any(|entry| said.starts_with(entry.en) || said.starts_with(entry.zh));
        let said = if depth == 1 && !whole { format!("{} {said}", self.clause(reason.clause)) } else { said };
        let indent = "  ".repeat(depth);
        if reason.parts.is_empty() {
            let leaves: Vec<String> =
                reason.leaves.iter().map(|(name, value)| format!("{name} = {}", self.value(value))).collect();
            let value = reason.value.as_ref().map(|value| {
                let shown = if *value == Value::Missing { words.never.to_owned() } else { self.value(value) };
                format!("{}{}{shown}", words.last_effect, self.out.pick(": ", "："))
            });
            let facts = leaves.into_iter().chain(value).collect::<Vec<_>>().join(", ");
            let width = 48usize.saturating_sub(indent.width() + said.width());
            self.out.say(format!("{indent}{mark} {said}{}  {truth}  {facts}", " ".repeat(width)));
        } else {
            self.out.say(format!("{indent}{mark} {said}"));
        }
        if let Some(flip) = &reason.flip {
            self.out.say(format!("{indent}    {}", self.flip(flip, reason.truth == Some(true))));
        }
        for part in &reason.parts {
            self.reason(part, depth + 1);
        }
    }

    /// A clause's word in the reader's language.
    fn clause(&self, english: &'static str) -> &'static str {
        match self.out.lang {
            Lang::En => english,
            Lang::Zh => keyword::all().iter().find(|entry| entry.en == english).map_or(english, |entry| entry.zh),
        }
    }

    fn flip(&self, flip: &Flip, holds: bool) -> String {
        let threshold = if flip.relation.starts_with("is ") { String::new() } else { self.value(&flip.threshold) };
        let sentence = if holds { self.out.words.would_not_hold } else { self.out.words.would_hold };
        sentence(&self.text(flip.operand), flip.relation, &threshold, &self.value(&flip.was))
            .replace("  ", " ")
            .replace(" ;", ";")
    }

    fn json(&self, reason: &Reason) -> Json {
        let leaves: serde_json::Map<String, Json> =
            reason.leaves.iter().map(|(name, value)| (name.clone(), plain(value, self))).collect();
        json!({
            "clause": reason.clause,
            "text": self.text(reason.place),
            "truth": reason.truth,
            "value": reason.value.as_ref().map(|value| plain(value, self)),
            "leaves": leaves,
            "flip": reason.flip.as_ref().map(|flip| json!({
                "operand": self.text(flip.operand),
                "relation": flip.relation,
                "threshold": plain(&flip.threshold, self),
                "was": plain(&flip.was, self),
                "turns": if reason.truth == Some(true) { "false" } else { "true" },
            })),
            "parts": reason.parts.iter().map(|part| self.json(part)).collect::<Vec<_>>(),
        })
    }
}

fn plain(value: &Value, teller: &Teller<'_>) -> Json {
    match value {
        Value::Missing => Json::Null,
        Value::Bool(b) => json!(b),
        Value::Integer(n) => json!(n),
        Value::List(items) => items.iter().map(|item| plain(item, teller)).collect(),
        other => json!(run::canonical_text(other, teller.zone)),
    }
}
