//! A disk that is full. What has been worked out stays in memory, nothing more is taken, and the rules that run go on as soon as there is
//! room: nothing is lost, and nobody has to start anything again.

use super::{News, status::Keeper, told::Told};
use guiju_lang::finding::{Finding, Sources, codes};
use std::time::{Duration, Instant};

/// The first time between two tries, and the longest.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(5);
/// How often it is asked whether to go on.
const ASK: Duration = Duration::from_millis(50);

/// Who waits for room, and who is told.
pub(super) struct Room<'a, 'b> {
    pub(super) going: &'a (dyn Fn() -> bool + Sync),
    pub(super) keeper: &'a mut Keeper,
    pub(super) clock: fn() -> i64,
    pub(super) tell: &'a mut (dyn FnMut(News<'_>) + 'b),
}

impl Room<'_, '_> {
    /// Does the work as soon as there is room for it. Asked to end meanwhile, it fails as it did: the next start goes on.
    pub(super) fn wait<T>(&mut self, mut work: impl FnMut() -> Result<T, Vec<Finding>>) -> Result<T, Vec<Finding>> {
        let mut wait = FIRST;
        loop {
            match work() {
                Err(found) if is_full(&found) && (self.going)() => {
                    let sources = Sources::new();
                    if wait == FIRST {
                        (self.tell)(News::Trouble(&found, &sources));
                    }
                    self.keeper.stuck(Some(Told::of(&found, &sources)), (self.clock)());
                    let until = Instant::now() + wait;
                    while (self.going)() && Instant::now() < until {
                        std::thread::sleep(ASK);
                    }
                    wait = (wait * 2).min(LONGEST);
                }
                done => {
                    if wait > FIRST && done.is_ok() {
                        self.keeper.stuck(None, (self.clock)());
                    }
                    return done;
                }
            }
        }
    }
}

fn is_full(found: &[Finding]) -> bool {
    !found.is_empty() && found.iter().all(|finding| finding.code == codes::store::STORE_FULL)
}
