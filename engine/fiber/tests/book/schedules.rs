//! Clients plan on snapshots, their commands are committed in groups, and the process dies anywhere; the log alone survives.

use guiju_fiber::book::{Book, Command, Core, Denied, Done, Entry, State};
use rand_like::Dice;
use std::collections::{BTreeMap, BTreeSet};

const SCHEDULES: u64 = 10_000;
const CLIENTS: usize = 4;
const CABLES: u64 = 3;
const CORES: u64 = 4;

/// A source of numbers that is the same for every run of a schedule.
mod rand_like {
    pub(super) struct Dice(pub(super) u64);

    impl Dice {
        /// SplitMix64.
        pub(super) fn roll(&mut self, below: u64) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)) % below
        }
    }
}

/// What a client has sent and not been answered.
#[derive(Clone)]
struct Sent {
    client: usize,
    now: i64,
    command: Command,
}

#[derive(Default)]
struct World {
    /// What is on disk.
    log: Vec<Entry>,
    /// In memory, lost when the process dies.
    book: Book,
    queue: Vec<Sent>,
    /// What is applied and not yet on disk.
    group: Vec<(Sent, Vec<Entry>, Result<Done, Denied>)>,
    /// Commands in the order in which they became durable, with their answers, whether they were told or not.
    serial: Vec<(Sent, Result<Done, Denied>)>,
    told: Vec<(Sent, Result<Done, Denied>)>,
    crashes: u64,
}

impl World {
    fn crash(&mut self) -> Vec<Sent> {
        self.crashes += 1;
        // Nobody who waited was answered; all of them ask again.
        let lost = self.group.drain(..).map(|(sent, ..)| sent).chain(self.queue.drain(..)).collect();
        self.book = Book::new();
        self.log.iter().for_each(|entry| self.book.replay(entry));
        lost
    }

    fn gather(&mut self) {
        for sent in std::mem::take(&mut self.queue) {
            let (entries, answer) = self.book.apply(sent.now, &sent.command);
            self.group.push((sent, entries, answer));
        }
    }

    /// One transaction: all of the group or nothing.
    fn commit(&mut self) {
        for (_, entries, _) in &self.group {
            self.log.extend(entries.iter().cloned());
        }
        self.serial.extend(self.group.iter().map(|(sent, _, answer)| (sent.clone(), answer.clone())));
    }

    fn tell(&mut self) {
        self.told.extend(self.group.drain(..).map(|(sent, _, answer)| (sent, answer)));
    }
}

fn plan(snapshot: &Book, dice: &mut Dice) -> Vec<Core> {
    let held: BTreeSet<(&str, u32)> = snapshot.held().map(|(cable, core, _)| (cable, core)).collect();
    let mut cores = Vec::new();
    for cable in 0..=dice.roll(CABLES) {
        let cable = format!("K{cable}");
        let first = (1..=u32::try_from(CORES).unwrap()).find(|&core| !held.contains(&(cable.as_str(), core)));
        cores.extend(first.map(|core| (cable, core)));
    }
    cores
}

fn schedule(seed: u64) -> World {
    let mut dice = Dice(seed);
    let mut world = World::default();
    let mut snapshots = vec![Book::new(); CLIENTS];
    let mut waits = [false; CLIENTS];
    let mut now = 0;
    for _ in 0..60 {
        now += i64::try_from(dice.roll(3)).unwrap();
        match dice.roll(10) {
            // A client looks at the book, which may be old when it asks.
            0 | 1 => {
                let client = usize::try_from(dice.roll(CLIENTS as u64)).unwrap();
                snapshots[client] = world.book.clone();
            }
            2..=5 => {
                let client = usize::try_from(dice.roll(CLIENTS as u64)).unwrap();
                if waits[client] {
                    continue;
                }
                let order = format!("o{}", dice.roll(8));
                let command = match dice.roll(8) {
                    0..=3 => {
                        let until = (dice.roll(2) == 0).then(|| now + 1 + i64::try_from(dice.roll(20)).unwrap());
                        Command::Reserve { order, cores: plan(&snapshots[client], &mut dice), until }
                    }
                    4 => Command::Plan { order, cores: plan(&snapshots[client], &mut dice) },
                    5 | 6 => Command::Release { order },
                    _ => Command::Advance { order, to: State::ALL[usize::try_from(dice.roll(7)).unwrap()] },
                };
                waits[client] = true;
                world.queue.push(Sent { client, now, command });
            }
            6 | 7 => {
                world.gather();
                // Dead before the transaction, or after it and before anybody is told, or not at all.
                match dice.roll(8) {
                    0 => retry(&mut world, now),
                    1 => {
                        world.commit();
                        retry(&mut world, now);
                    }
                    _ => {
                        world.commit();
                        let told = world.told.len();
                        world.tell();
                        world.told[told..].iter().for_each(|(sent, _)| waits[sent.client] = false);
                    }
                }
            }
            8 => retry(&mut world, now),
            _ => {}
        }
    }
    world.gather();
    world.commit();
    world.tell();
    world
}

fn retry(world: &mut World, now: i64) {
    let lost = world.crash();
    world.queue = lost.into_iter().map(|sent| Sent { now: now.max(sent.now), ..sent }).collect();
}

fn check(world: &World) -> [u64; 3] {
    // The log is what a serial order gives, answer by answer; time runs with it.
    let mut book = Book::new();
    let mut log = Vec::new();
    for (sent, answer) in &world.serial {
        let (entries, serial) = book.apply(sent.now, &sent.command);
        assert_eq!(&serial, answer);
        log.extend(entries);
    }
    assert_eq!(log, world.log, "the log is another one than the serial order's");
    assert_eq!(book, world.book, "what was recovered is another book");
    assert!(world.log.iter().zip(1..).all(|(entry, seq)| entry.seq == seq), "an entry was lost or doubled");
    // From the log alone, without the book: nobody holds what somebody else holds, at any time.
    let mut holders: BTreeMap<&Core, &str> = BTreeMap::new();
    let mut orders: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in &world.log {
        if let Some(before) = orders.insert(&entry.order, entry).filter(|before| before.state.holds()) {
            before.cores.iter().for_each(|core| assert_eq!(holders.remove(core), Some(entry.order.as_str()), "lost"));
        }
        for core in entry.cores.iter().filter(|_| entry.state.holds()) {
            assert_eq!(holders.insert(core, &entry.order), None, "doubled");
        }
    }
    assert_eq!(holders.len(), world.book.held().count());
    // Whoever was told has it on disk: of each order, the last thing told is not undone by a crash.
    for (sent, answer) in &world.told {
        if let (Command::Reserve { order, .. }, Ok(Done::New)) = (&sent.command, answer) {
            assert!(world.log.iter().any(|entry| entry.order == *order && entry.state == State::Reserved));
        }
    }
    let denied = world.told.iter().filter(|(_, answer)| matches!(answer, Err(Denied::Held { .. }))).count() as u64;
    [world.crashes, denied, world.log.iter().filter(|entry| entry.state == State::Expired).count() as u64]
}

#[test]
fn ten_thousand_schedules_lose_and_double_nothing() {
    let mut seen = [0; 3];
    for seed in 0..SCHEDULES {
        let of = check(&schedule(seed));
        seen.iter_mut().zip(of).for_each(|(seen, of)| *seen += of);
    }
    // Otherwise they would prove nothing.
    assert!(seen.iter().all(|&seen| seen > SCHEDULES / 4), "crashes, conflicts, holds that ended: {seen:?}");
}

/// The check itself sees what it is there to see.
#[test]
fn a_lost_entry_and_a_doubled_core_are_seen() {
    let broken = |breaks: fn(&mut World)| {
        let mut world = (0..).map(schedule).find(|world| world.log.len() > 6 && world.book.held().count() > 0).unwrap();
        breaks(&mut world);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&world))).is_err()
    };
    assert!(!broken(|_| {}));
    assert!(broken(|world| drop(world.log.pop())));
    assert!(broken(|world| world.log.iter_mut().for_each(|entry| entry.order = format!("{}'", entry.order))));
    assert!(broken(|world| {
        let held = world.log.iter().position(|entry| entry.state.holds()).unwrap();
        let twice = Entry { order: "another".into(), ..world.log[held].clone() };
        world.log.insert(held + 1, twice);
    }));
}
