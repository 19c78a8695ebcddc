//! What a server lets go of, as its configuration says: a little at a time, between two pieces.

use super::{News, Server, recorded};
use crate::store::{Forgotten, Retention, Store};
use guiju_connect::config::Retain;
use std::time::{Duration, Instant};

/// How often somebody looks; in between, after a step that was not enough.
const OFTEN: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(1);

/// When the next step is taken, and the files of the last one.
#[derive(Default)]
pub(super) struct Letting {
    next: Option<Instant>,
    last: Forgotten,
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

impl Server<'_> {
    /// Lets go of what does not have to be kept, if it is time to.
    pub(super) fn let_go(&mut self, store: &mut Store, tell: &mut dyn FnMut(News<'_>)) {
        let Retain { journal, size, .. } = self.live.project.config.retain;
        let record = self.live.project.config.record;
        if journal.is_none() && size.is_none() || self.letting.next.is_some_and(|next| Instant::now() < next) {
            return;
        }
        let now = (self.options.clock)();
        let before = |time| now.saturating_sub(micros(time));
        let retention = Retention {
            young: before(Retain::YOUNG),
            old: journal.map(before),
            bytes: size,
            from: record.and_then(|_| Some(recorded(store).first()?.seq)),
        };
        let forgotten = store.forget(&retention).unwrap_or_else(|error| {
            tell(News::Trouble(&[error.into()], &self.live.project.sources));
            Forgotten::default()
        });
        self.letting.next = Some(Instant::now() + if forgotten.more { SOON } else { OFTEN });
        std::mem::replace(&mut self.letting.last, forgotten).remove_files();
    }
}
