//! What a changed set has to show before it is put in force, where the operator asks for it.

use super::{
    desk::in_force,
    live::{Live, Refused, Set},
    play::{Acts, Candidate, Diff, Span, played},
    record::recorded,
};
use crate::{
    Epoch,
    store::{StoreError, View},
    testing,
};
use guiju_connect::config::Home;
use guiju_lang::finding::{Arg, At, Finding, codes};
use std::sync::Arc;

/// Who lets a set through where a second person has to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// It stands on disk, and nobody was asked.
    Nobody,
    /// Somebody wants it.
    One,
    /// And somebody else agrees.
    Two,
}

/// Whether a set may be put in force; one that is may stay, and where none ever was the first may come.
pub(super) fn pass(live: Live, set: &Set, store: &Home, consent: Consent) -> Result<Live, Refused> {
    match shut(&live, set, store, consent) {
        None => Ok(live),
        Some(findings) => Err(Refused { findings, sources: live.project.sources.clone() }),
    }
}

fn shut(live: &Live, set: &Set, store: &Home, consent: Consent) -> Option<Vec<Finding>> {
    let gates = &live.project.config.gates;
    if gates.is_open() {
        return None;
    }
    let view = match View::open(store) {
        Ok(view) => view,
        Err(StoreError::Absent { .. }) => return None,
        // Nobody knows what is in force: that opens no gate.
        Err(error) => return Some(vec![error.into()]),
    };
    let texts = match in_force(&view) {
        Ok((epoch, _)) if epoch == live.epoch.hash() => return None,
        Ok((_, texts)) => Some(texts),
        Err(_) => None,
    };
    if let Some(finding) = gates.coverage.and_then(|least| uncovered(live, least)) {
        return Some(vec![finding]);
    }
    let texts = texts?;
    if gates.approval && consent == Consent::Nobody {
        return Some(vec![Finding::new(codes::cli::SERVE_APPLY_ONLY, At::Nowhere)]);
    }
    match gates.effects.map(|most| changed(live, set, &view, &texts, most)) {
        Some(Err(findings)) => return Some(findings),
        Some(Ok(Some(finding))) => return Some(vec![finding]),
        Some(Ok(None)) | None => {}
    }
    (gates.approval && consent == Consent::One)
        .then(|| vec![Finding::new(codes::cli::SERVE_WAITS, At::Nowhere).name("set", live.epoch.hash().short())])
}

/// Its tests have seen too little.
fn uncovered(live: &Live, least: u8) -> Option<Finding> {
    let whole = Epoch::link(Arc::clone(&live.epoch.program), &live.project.calendars, |_| true).ok()?;
    let (_, coverage) = testing::test_covered(&live.project, &whole, |_| true);
    let seen = coverage.percent();
    let percent = |percent: f64| Arg::Count(percent.floor() as i64);
    let finding = Finding::new(codes::cli::SERVE_COVERAGE_LOW, At::Nowhere).arg("seen", percent(seen));
    (seen < f64::from(least)).then(|| finding.arg("least", Arg::Count(i64::from(least))))
}

/// It would come to too many other effects.
fn changed(
    live: &Live,
    set: &Set,
    view: &View,
    texts: &[(String, String)],
    most: u16,
) -> Result<Option<Finding>, Vec<Finding>> {
    let records = recorded(view);
    let Some(last) = records.last() else { return Ok(None) };
    let hours = i64::from(live.project.config.gates.hours);
    let span = Span { from: last.at - hours * 3_600_000_000, to: i64::MAX };
    let acts = |texts: &[(String, String)]| -> Result<Acts, Vec<Finding>> {
        played(Candidate::of_texts(set, texts).map_err(|refused| refused.findings)?, &records, span)
    };
    let was = acts(texts)?;
    let diffs = Diff::between(&was, &acts(&live.texts())?);
    let other: u64 = diffs.iter().map(|diff| diff.gone.0 + diff.new.0).sum();
    if other * 100 <= u64::from(most) * was.len() as u64 {
        return Ok(None);
    }
    let count = |n: u64| Arg::Count(i64::try_from(n).unwrap_or(i64::MAX));
    let finding = Finding::new(codes::cli::SERVE_EFFECTS_CHANGE, At::Nowhere);
    let finding = finding.arg("count", count(other)).arg("before", count(was.len() as u64));
    Ok(Some(finding.arg("most", Arg::Count(i64::from(most)))))
}
