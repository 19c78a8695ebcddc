//! Streams in which nothing comes. The rows of a stream move its time; where the source says `idle after 10m`, and nothing has come for ten
//! minutes by the server's clock, the clock does, ten minutes behind it (never less than the lateness): as soon as something is due by
//! then. It is recorded as rows are, so that what is played again does the same.
//!
//! Without that word nothing is due before a row says so, as in a run over history.
//!
//! A clock can be wrong, and rows that come before a time which it made pass are late for ever. So it is believed only once it has been the
//! same for as long as the source says: where it jumps, forwards or back, beside a clock that only goes on, silence begins anew. A jump that
//! is put right within that time, and a machine that was suspended, make nothing pass.

use super::{Commit, News, Room, Server, commit};
use crate::store::Store;
use guiju_lang::{finding::Finding, hir::SourceId};
use std::sync::PoisonError;

/// By how much the wall clock may run away from the steady one between two looks, in microseconds: being set right little by little is no jump.
const APART: i64 = 2_000_000;

impl Server<'_> {
    /// Nothing is there to be taken from a source: its time may go on without.
    pub(super) fn pass(
        &mut self,
        at: usize,
        store: &mut Store,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Result<(), Vec<Finding>> {
        let name = self.spools[at].source.clone();
        let Some(source) = self.live.source(&name) else { return Ok(()) };
        let Some(until) = self.silent_until(source, &name) else { return Ok(()) };
        let gathered = self.live.advance(source, until)?;
        let turn = store.turn();
        let turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let fired = self.sound(gathered, &[], store, tell)?;
        let mut room = Room { going: self.going, keeper: &mut self.keeper, clock: self.options.clock, tell };
        let recorded = match &self.recorder {
            Some(recorder) => {
                let (next, now) = (commit::next(store)?, (self.options.clock)());
                Some(room.wait(|| recorder.until(next, now, &name, until))?)
            }
            None => None,
        };
        let mut commit = Commit { live: &mut self.live, store, clock: self.options.clock };
        let done = room.wait(|| commit.passed(&fired, &name, until))?;
        drop(turn);
        self.ear.tell(recorded);
        if done.effects > 0 {
            tell(News::Passed { source: &name, until, effects: done.effects });
            self.deliver(store, &done.run, done.ready, false, tell);
        }
        Ok(())
    }

    /// How far the time of a source in which nothing comes has come, if something is due by then.
    fn silent_until(&mut self, source: SourceId, name: &str) -> Option<i64> {
        let declared = &self.live.epoch.program.sources[source.0 as usize];
        let (idle, lateness) = (declared.idle?, declared.lateness);
        let (now, steady) = ((self.options.clock)(), (self.options.steady)());
        if let Some((before, then)) = self.looked.replace((now, steady)) {
            let (passed, truly) = (now.saturating_sub(before), steady.saturating_sub(then));
            if passed.saturating_sub(truly).saturating_abs() > APART {
                self.silent.clear();
            }
        }
        let since = *self.silent.entry(name.to_owned()).or_insert(now);
        let until = now.saturating_sub(idle.max(lateness));
        (now.saturating_sub(since) >= idle && self.live.is_due(source, until)).then_some(until)
    }
}
