//! The same services at the end of a network that is cut in the middle of a message.

use super::rig::{Outlet, Row, Unfit};
use crate::{
    nats::Bus,
    proxy::{Cut, Network},
    rig::{Medium, Rig},
};
use guiju_tests::service::Service;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Child,
    thread::sleep,
    time::{Duration, Instant},
};

/// A web service behind a network.
struct Far {
    service: Service,
    network: Network,
    cut: Cut,
}

impl Far {
    fn new(cut: Cut) -> Self {
        let service = Service::start();
        let network = Network::to(service.port());
        Self { service, network, cut }
    }
}

impl Outlet for Far {
    fn connection(&self) -> String {
        let port = self.network.port;
        format!("{{ kind: webhook, url: \"http://127.0.0.1:{port}/tasks\", token: {{ file: token }}, timeout: 1s }}")
    }

    fn got(&mut self, _: &Path) -> Vec<Row> {
        self.service.bodies("/tasks").iter().map(|body| Row::of(body).unwrap()).collect()
    }

    /// In the middle of the next message but one or two.
    fn goes(&mut self, _: &Path) {
        self.network.cut(self.cut, 1_234);
    }

    fn comes(&mut self, _: &Path) -> bool {
        self.network.mend();
        true
    }

    fn spoils(&mut self, _: &Path) -> Unfit {
        Unfit::Never
    }

    fn fits(&mut self, _: &Path) {}

    fn dawdles(&mut self, _: &Path) {}

    fn repeats(&self) -> bool {
        true
    }
}

mod closed {
    crate::sink::suite::conforms!(Some(super::Far::new(super::Cut::Closed)), nobody_is_there_for_a_while);
}

mod silent {
    crate::sink::suite::conforms!(Some(super::Far::new(super::Cut::Silent)), nobody_is_there_for_a_while);
}

/// A broker behind a network: rows come from there, and effects go there.
struct FarBus {
    bus: Bus,
    network: Network,
}

impl Medium for FarBus {
    fn connection(&self) -> String {
        format!(
            "{{ kind: nats, url: \"nats://127.0.0.1:{}\", token: {{ file: token }}, timeout: 1s }}",
            self.network.port
        )
    }

    fn connected(&mut self, folder: &Path, child: &mut Child) {
        self.bus.connected(folder, child);
    }

    /// Senders have a network of their own.
    fn send(&mut self, folder: &Path, number: u64, lines: &[String]) -> bool {
        self.bus.send(folder, number, lines)
    }

    fn cut(&mut self, folder: &Path, number: u64, lines: &[String]) {
        self.bus.cut(folder, number, lines);
    }

    fn whole(&self) -> bool {
        false
    }
}

#[test]
fn a_network_to_the_broker_that_is_cut_in_the_middle_loses_nothing() {
    let Some(bus) = Bus::new() else { return };
    let network = Network::to(bus.port());
    let mut rig = Rig::new(FarBus { bus, network });
    let folder = rig.folder.path().to_owned();
    let change = |name: &str, from: &str, to: &str| {
        let before = fs::read_to_string(folder.join(name)).unwrap();
        assert!(before.contains(from));
        fs::write(folder.join(name), before.replace(from, to)).unwrap();
    };
    change("guiju.yaml", "{ kind: jsonl, path: \"out/{run}.jsonl\" }", &rig.medium.connection());
    change("desk.gj", "sink tasks to out", "sink tasks to out topic \"effects\"");
    rig.start();
    rig.send(60);
    for (round, after) in (0..6).zip([10, 900, 4_000, 333, 12_345, 2_500]) {
        rig.medium.network.cut(if round % 2 == 0 { Cut::Closed } else { Cut::Silent }, after);
        let began = Instant::now();
        while !rig.medium.network.is_cut() {
            rig.send(20);
            sleep(Duration::from_millis(50));
            assert!(began.elapsed() < Duration::from_secs(60), "round {round}: nothing passes");
        }
        rig.send(60);
        sleep(Duration::from_millis(300 * round));
        rig.medium.network.mend();
    }
    rig.settles();
    let effects: usize = rig.journal().values().map(Vec::len).sum();
    rig.until("everything is delivered", |status| {
        status["sinks"].as_array().is_some_and(|sinks| sinks.iter().all(|sink| sink["waiting"] == 0))
    });
    let id = |effect: &Value| effect["task"].as_str().unwrap().parse::<u64>().unwrap();
    let all: Vec<u64> = rig.medium.bus.effects().iter().map(id).collect();
    assert_eq!(all.len(), effects, "twice, or not at all");
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), rig.journal().into_values().flatten().collect());
}
