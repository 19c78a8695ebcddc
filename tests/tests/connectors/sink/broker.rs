//! JetStream.

use super::rig::{Outlet, Row, Unfit};
use crate::{nats::Bus, rig::Medium};
use std::{path::Path, thread::sleep, time::Duration};

/// The broker, and whether it is up.
struct Broker(Bus);

impl Outlet for Broker {
    fn connection(&self) -> String {
        Medium::connection(&self.0)
    }

    fn object(&self) -> &'static str {
        " topic \"effects\""
    }

    fn got(&mut self, _: &Path) -> Vec<Row> {
        self.0.effects().iter().map(|effect| Row::of(effect).unwrap()).collect()
    }

    fn goes(&mut self, _: &Path) {
        self.0.goes();
    }

    fn comes(&mut self, _: &Path) -> bool {
        self.0.comes();
        true
    }

    /// No stream takes the subject.
    fn spoils(&mut self, _: &Path) -> Unfit {
        self.0.takes("other");
        Unfit::Wait
    }

    fn fits(&mut self, _: &Path) {
        self.0.takes("effects");
    }

    /// Shorter than anybody's patience.
    fn dawdles(&mut self, _: &Path) {
        self.0.pauses(true);
        sleep(Duration::from_secs(1));
        self.0.pauses(false);
    }

    /// It knows what it has had.
    fn repeats(&self) -> bool {
        false
    }
}

crate::sink::suite::conforms!(Bus::new().map(Broker));
