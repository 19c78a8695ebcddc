//! The book of reservations: what it denies, and 10,000 schedules of clients, group commits and crashes, each beside a serial order.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod schedules;

use guiju_fiber::book::{Book, Command, Core, Denied, Done, State};

fn cores(all: &[(&str, u32)]) -> Vec<Core> {
    all.iter().map(|&(cable, core)| (cable.to_owned(), core)).collect()
}

fn reserve(order: &str, all: &[(&str, u32)], until: Option<i64>) -> Command {
    Command::Reserve { order: order.into(), cores: cores(all), until }
}

fn advance(order: &str, to: State) -> Command {
    Command::Advance { order: order.into(), to }
}

#[test]
fn an_order_lives_from_plan_to_retirement() {
    let mut book = Book::new();
    let mut all = Vec::new();
    let mut ask = |now, command: &Command| {
        let (entries, done) = book.apply(now, command);
        all.extend(entries);
        (done, book.clone())
    };
    let plan = Command::Plan { order: "a".into(), cores: cores(&[("K1", 1), ("K2", 1)]) };
    assert_eq!(ask(1, &plan).0, Ok(Done::New));
    assert_eq!(ask(1, &plan).0, Ok(Done::Already(State::Planned)));
    // What is planned holds nothing.
    assert_eq!(ask(2, &reserve("b", &[("K2", 1)], Some(10))).0, Ok(Done::New));
    let held = Denied::Held { cable: "K2".into(), core: 1, by: "b".into() };
    assert_eq!(ask(3, &reserve("a", &[], Some(20))).0, Err(held));
    let (done, book) = ask(4, &reserve("a", &[("K1", 1), ("K2", 2)], Some(20)));
    assert_eq!(done, Ok(Done::New));
    assert_eq!(book.held().collect::<Vec<_>>(), [("K1", 1, "a"), ("K2", 1, "b"), ("K2", 2, "a")]);
    // Asked again, even for other cores: what is there.
    assert_eq!(ask(5, &reserve("a", &[("K9", 1)], None)).0, Ok(Done::Already(State::Reserved)));
    assert_eq!(ask(6, &advance("a", State::Patched)).0, Ok(Done::New));
    // The hold of the one is over, the other is patched and stays.
    let (_, book) = ask(30, &Command::Sweep);
    assert_eq!(book.order("b").unwrap().state, State::Expired);
    assert_eq!(book.held().collect::<Vec<_>>(), [("K1", 1, "a"), ("K2", 2, "a")]);
    assert_eq!(
        ask(31, &advance("a", State::Retired)).0,
        Err(Denied::NotNext { order: "a".into(), from: "patched", to: "retired" })
    );
    assert_eq!(ask(32, &advance("a", State::InService)).0, Ok(Done::New));
    assert_eq!(
        ask(33, &Command::Release { order: "a".into() }).0,
        Err(Denied::NotNext { order: "a".into(), from: "in service", to: "released" })
    );
    let (done, last) = ask(34, &advance("a", State::Retired));
    assert_eq!((done, last.held().count()), (Ok(Done::New), 0));
    let states: Vec<_> = all.iter().map(|entry| (entry.order.as_str(), entry.at, entry.state)).collect();
    let expected = [
        ("a", 1, State::Planned),
        ("b", 2, State::Reserved),
        ("a", 4, State::Reserved),
        ("a", 6, State::Patched),
        ("b", 10, State::Expired),
        ("a", 32, State::InService),
        ("a", 34, State::Retired),
    ];
    assert_eq!(states, expected);
    let mut again = Book::new();
    all.iter().for_each(|entry| again.replay(entry));
    assert_eq!(again, last);
    assert_eq!(last.version(), 7);
}

#[test]
fn what_is_not_a_reservation_is_denied() {
    let mut book = Book::new();
    let order = || "a".to_owned();
    for (command, denied) in [
        (reserve("a", &[], None), Denied::NoCores { order: order() }),
        (reserve("a", &[("K1", 1), ("K1", 1)], None), Denied::NoCores { order: order() }),
        (reserve("a", &[("K1", 1)], Some(5)), Denied::Over { order: order() }),
        (Command::Release { order: order() }, Denied::Unknown { order: order() }),
        (advance("a", State::Patched), Denied::Unknown { order: order() }),
    ] {
        assert_eq!(book.apply(5, &command), (vec![], Err(denied)));
    }
    assert_eq!(book, Book::new());
    for state in State::ALL {
        assert_eq!(State::of(state.word()), Some(state));
    }
}
