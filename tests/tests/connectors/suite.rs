//! What every connector has to pass.

use crate::rig::{Medium, Rig};
use std::{thread::sleep, time::Duration};

pub(crate) fn keeps_order_and_survives_bad_input<M: Medium>(medium: Option<M>) {
    let Some(medium) = medium else { return };
    let mut rig = Rig::new(medium);
    rig.start();
    for _ in 0..10 {
        rig.send(20);
    }
    // Of other types, and without what is required; nothing of it is a row.
    rig.send_with(r#"{"id":"many","customer":"C1","at":"2026-11-10T00:00:00Z","amount":1}"#);
    rig.send_with(r#"{"customer":"C1","at":"2026-11-10T00:00:00Z","amount":1}"#);
    let status = rig.until("bad rows are shown", |status| {
        rig.medium.whole() && rig.medium.connection().contains("http")
            || status["status"]["sources"][0]["refused"].as_array().is_some_and(|refused| !refused.is_empty())
    });
    assert_eq!(status["ok"] == true, status["status"]["sources"][0]["refused"].as_array().unwrap().is_empty());
    // No row at all.
    rig.send_with("poison \u{0}");
    rig.send_with(r#"[{"id":1}]"#);
    rig.send(20);
    rig.cut(200);
    rig.send(20);
    rig.settles();
}

pub(crate) fn is_slower_than_the_sender<M: Medium>(medium: Option<M>) {
    let Some(medium) = medium else { return };
    let mut rig = Rig::new(medium);
    rig.start();
    for _ in 0..60 {
        rig.send(500);
    }
    rig.settles();
}

pub(crate) fn goes_on_behind_what_was_taken<M: Medium>(medium: Option<M>) {
    let Some(medium) = medium else { return };
    let mut rig = Rig::new(medium);
    for round in 0..4 {
        rig.start();
        for _ in 0..=round * 3 {
            rig.send(50);
        }
        // Now and then in the middle of something.
        sleep(Duration::from_millis(13 * round));
        rig.kill();
    }
    rig.start();
    rig.settles();
}

pub(crate) fn takes_what_was_accepted_before_it_ends<M: Medium>(medium: Option<M>) {
    let Some(medium) = medium else { return };
    let mut rig = Rig::new(medium);
    for _ in 0..3 {
        rig.start();
        for _ in 0..5 {
            rig.send(100);
        }
        rig.stop();
    }
    rig.start();
    rig.settles();
    let before = rig.journal();
    rig.stop();
    assert_eq!(rig.journal(), before);
}

/// The suite for one medium, if this machine has it.
macro_rules! conforms {
    ($medium:expr) => {
        #[test]
        fn keeps_order_and_survives_bad_input() {
            crate::suite::keeps_order_and_survives_bad_input($medium);
        }

        #[test]
        fn is_slower_than_the_sender() {
            crate::suite::is_slower_than_the_sender($medium);
        }

        #[test]
        fn goes_on_behind_what_was_taken() {
            crate::suite::goes_on_behind_what_was_taken($medium);
        }

        #[test]
        fn takes_what_was_accepted_before_it_ends() {
            crate::suite::takes_what_was_accepted_before_it_ends($medium);
        }
    };
}
pub(crate) use conforms;
