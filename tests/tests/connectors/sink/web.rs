//! A web service.

use super::rig::{Outlet, Row, Unfit};
use guiju_tests::service::Service;
use std::{path::Path, thread::sleep, time::Duration};

impl Outlet for Service {
    fn connection(&self) -> String {
        let port = self.port();
        format!("{{ kind: webhook, url: \"http://127.0.0.1:{port}/tasks\", token: {{ file: token }}, timeout: 5s }}")
    }

    fn got(&mut self, _: &Path) -> Vec<Row> {
        self.bodies("/tasks").iter().map(|body| Row::of(body).unwrap()).collect()
    }

    /// It dies with every message in its hands.
    fn goes(&mut self, _: &Path) {
        self.says(0);
    }

    fn comes(&mut self, _: &Path) -> bool {
        self.says(204);
        true
    }

    fn spoils(&mut self, _: &Path) -> Unfit {
        self.says(422);
        Unfit::Letters
    }

    fn fits(&mut self, _: &Path) {
        self.says(204);
    }

    fn dawdles(&mut self, _: &Path) {
        let slow = self.slow();
        slow(Duration::from_millis(20));
        std::thread::spawn(move || {
            sleep(Duration::from_secs(1));
            slow(Duration::ZERO);
        });
    }

    fn repeats(&self) -> bool {
        true
    }
}

crate::sink::suite::conforms!(Some(Service::start()));
