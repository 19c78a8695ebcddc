//! What every sink has to pass.

use super::rig::{Desk, Outlet, Unfit, ids};
use guiju_tests::command::guiju;
use std::{collections::BTreeSet, thread::sleep, time::Duration};

const LEAST: &str = "at least once";
const MOST: &str = "at most once";

pub(crate) fn everything_arrives_once_and_in_order<O: Outlet>(outlet: Option<O>) {
    let Some(outlet) = outlet else { return };
    let mut desk = Desk::new(outlet, LEAST);
    desk.start();
    for _ in 0..10 {
        desk.rig.send(25);
    }
    desk.settles(false);
}

pub(crate) fn nobody_is_there_for_a_while<O: Outlet>(outlet: Option<O>) {
    let Some(outlet) = outlet else { return };
    let mut desk = Desk::new(outlet, LEAST);
    desk.start();
    for _ in 0..3 {
        desk.rig.send(40);
    }
    // In the middle of something, as likely as not.
    let folder = desk.folder().to_owned();
    desk.outlet.goes(&folder);
    for _ in 0..3 {
        desk.rig.send(40);
    }
    desk.rig.settles();
    desk.trouble();
    if !desk.outlet.comes(&folder) {
        desk.rig.kill();
        desk.start();
    }
    desk.rig.send(40);
    let repeats = desk.outlet.repeats();
    desk.settles(repeats);
    desk.rig.until("all is well", |status| status["ok"] == true);
}

pub(crate) fn what_is_there_does_not_fit<O: Outlet>(outlet: Option<O>) {
    let Some(outlet) = outlet else { return };
    let mut desk = Desk::new(outlet, LEAST);
    let folder = desk.folder().to_owned();
    let unfit = desk.outlet.spoils(&folder);
    if unfit == Unfit::Never {
        return;
    }
    desk.start();
    desk.rig.send(30);
    desk.rig.settles();
    let all: BTreeSet<String> = desk.rig.effects().into_iter().map(|(id, _)| id).collect();
    match unfit {
        Unfit::Letters => {
            desk.delivered();
            let listed: BTreeSet<String> = desk.letters().into_values().flatten().collect();
            assert_eq!(listed, all, "everything is listed");
            desk.outlet.fits(&folder);
            let letters = desk.letters();
            // They go in the order in which they are asked for.
            let mut names: Vec<&str> = letters.keys().map(String::as_str).collect();
            names.sort_by_key(|name| (name.len(), *name));
            let args: Vec<&str> = ["letters", "send"].into_iter().chain(names).collect();
            assert_eq!(guiju(&folder, "en_US.UTF-8", &args).exit, Some(0));
            desk.rig.until("letters are sent", |_| desk.letters().is_empty());
        }
        _ => {
            desk.trouble();
            desk.outlet.fits(&folder);
        }
    }
    desk.rig.send(30);
    desk.settles(false);
}

pub(crate) fn it_is_slower_than_the_stream<O: Outlet>(outlet: Option<O>) {
    let Some(outlet) = outlet else { return };
    let mut desk = Desk::new(outlet, LEAST);
    desk.start();
    let folder = desk.folder().to_owned();
    desk.rig.send(20);
    desk.outlet.dawdles(&folder);
    for _ in 0..8 {
        desk.rig.send(100);
    }
    desk.settles(false);
}

pub(crate) fn killed_while_it_delivers<O: Outlet>(outlet: Option<O>) {
    let Some(outlet) = outlet else { return };
    let mut desk = Desk::new(outlet, LEAST);
    for round in 0..4 {
        desk.start();
        for _ in 0..=round {
            desk.rig.send(60);
        }
        sleep(Duration::from_millis(37 * round));
        desk.rig.kill();
    }
    desk.start();
    let repeats = desk.outlet.repeats();
    desk.settles(repeats);
}

pub(crate) fn at_most_once_doubles_nothing<O: Outlet>(outlet: Option<O>) {
    let Some(outlet) = outlet else { return };
    let mut desk = Desk::new(outlet, MOST);
    for round in 0..4 {
        desk.start();
        for _ in 0..=round {
            desk.rig.send(40);
        }
        sleep(Duration::from_millis(41 * round));
        desk.rig.kill();
    }
    desk.start();
    desk.rig.settles();
    desk.delivered();
    let folder = desk.folder().to_owned();
    // What was said last may still be on its way through a pipe.
    sleep(Duration::from_millis(300));
    let got = desk.outlet.got(&folder);
    desk.sound(&got, false);
    // Everything arrived, or is listed; what is listed may have arrived.
    let mut known = ids(&got);
    known.extend(desk.letters().into_values().flatten());
    let all: BTreeSet<String> = desk.rig.effects().into_iter().map(|(id, _)| id).collect();
    assert_eq!(known, all);
}

pub(crate) fn asked_to_end_nothing_goes_twice<O: Outlet>(outlet: Option<O>) {
    let Some(outlet) = outlet else { return };
    let mut desk = Desk::new(outlet, LEAST);
    for _ in 0..2 {
        desk.start();
        for _ in 0..4 {
            desk.rig.send(75);
        }
        desk.rig.stop();
    }
    desk.start();
    desk.settles(false);
}

/// The suite for one way out, if this machine has it.
macro_rules! conforms {
    ($outlet:expr) => {
        crate::sink::suite::conforms!(
            $outlet,
            everything_arrives_once_and_in_order,
            nobody_is_there_for_a_while,
            what_is_there_does_not_fit,
            it_is_slower_than_the_stream,
            killed_while_it_delivers,
            at_most_once_doubles_nothing,
            asked_to_end_nothing_goes_twice
        );
    };
    ($outlet:expr, $($promise:ident),+) => {
        $(#[test]
        fn $promise() {
            crate::sink::suite::$promise($outlet);
        })+
    };
}
pub(crate) use conforms;
