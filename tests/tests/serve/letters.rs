//! Effects sent to a web service that answers as it likes, or dies; and a server that is killed while it sends.

use crate::{
    Draw, journal,
    operate::{Server, json, said, until},
    pieces, put, rulebook,
};
use guiju_tests::{command::start, service::Service};
use std::{fs, path::Path, thread::sleep, time::Duration};
use tempfile::TempDir;

/// `changing` goes to `once`, at most once; the others to `tasks`, at least once.
fn desk(service: &Service) -> TempDir {
    let desk = crate::desk();
    let port = service.port();
    let hook = |path: &str| {
        format!("{{ kind: webhook, url: \"http://127.0.0.1:{port}/{path}\", token: {{ file: token }}, timeout: 2s }}")
    };
    let config = format!(
        "connections:\n  line: {{ kind: files, path: in }}\n  out: {}\n  sms: {}\nstore: store\n",
        hook("tasks"),
        hook("once")
    );
    fs::write(desk.path().join("guiju.yaml"), config).unwrap();
    fs::write(desk.path().join("token"), "s3cret\n").unwrap();
    let (head, changing) =
        rulebook(500).split_once("event changing").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let head = head.replace("sink tasks to out", "sink tasks to out\nsink once to sms {\n  deliver at most once\n}");
    let rules = format!("{head}event changing{}", changing.replace("to tasks", "to once"));
    fs::write(desk.path().join("desk.gj"), rules).unwrap();
    desk
}

fn sink(status: &serde_json::Value, name: &str, of: &str) -> u64 {
    let all = status["sinks"].as_array().unwrap();
    all.iter().find(|sink| sink["sink"] == name).map_or(0, |sink| sink[of].as_u64().unwrap())
}

fn ids(folder: &Path, rules: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for rule in rules {
        let tasks = json(folder, &["list", "tasks", "desk.gj", "--rule", rule, "--limit", "100000"]);
        all.extend(tasks["rows"].as_array().unwrap().iter().map(|row| row["effect_id"].as_str().unwrap().to_owned()));
    }
    all.sort();
    all
}

#[test]
fn what_is_refused_is_a_dead_letter_and_what_is_not_now_comes_later_in_order() {
    let service = Service::start();
    let desk = desk(&service);
    let folder = desk.path();
    let pieces = pieces();
    let _server = Server::start(folder);
    // Not now: everything waits, and the stream goes on.
    service.says(503);
    put(folder, 0, &pieces[0]);
    put(folder, 1, &pieces[1]);
    let waits = until(folder, &["status", "desk.gj"], |status| {
        status["status"]["sources"][0]["files"] == 2 && status["status"]["sinks"]["desk.tasks"].is_object()
    });
    assert!(waits["ok"] == false && waits.to_string().contains("HTTP 503"), "{waits:#}");
    assert!(!fs::read_to_string(folder.join("store/status.json")).unwrap().contains("s3cret"));
    service.says(204);
    let calm = until(folder, &["status", "desk.gj"], |status| {
        sink(status, "desk.tasks", "waiting") == 0 && sink(status, "desk.once", "waiting") == 0 && status["ok"] == true
    });
    assert!(sink(&calm, "desk.tasks", "delivered") > 0);
    assert_eq!(service.got("/tasks").into_keys().collect::<Vec<_>>(), ids(folder, &["steady", "calm"]));
    assert_eq!(service.got("/once").into_keys().collect::<Vec<_>>(), ids(folder, &["changing"]));
    assert!(service.got("/once").values().all(|times| *times == 1));
    assert!(service.authorized());

    // Refused for good: listed, and sent once more when somebody says so.
    service.says(422);
    put(folder, 2, &pieces[2]);
    until(folder, &["status", "desk.gj"], |status| {
        let waiting = sink(status, "desk.tasks", "waiting") + sink(status, "desk.once", "waiting");
        status["status"]["sources"][0]["files"] == 3 && waiting == 0
    });
    let letters = json(folder, &["letters"]);
    let dead: Vec<&str> =
        letters["letters"].as_array().unwrap().iter().filter_map(|of| of["letter"].as_str()).collect();
    assert!(!dead.is_empty() && dead.iter().all(|letter| letter.starts_with('d')), "{letters:#}");
    assert!(said(folder, &["letters"]).text.contains("HTTP 422"));
    service.says(204);
    let args: Vec<&str> = ["letters", "send"].into_iter().chain(dead.iter().copied()).collect();
    assert_eq!(said(folder, &args).exit, Some(0));
    until(folder, &["letters"], |letters| letters["letters"].as_array().unwrap().is_empty());
    assert_eq!(service.got("/tasks").into_keys().collect::<Vec<_>>(), ids(folder, &["steady", "calm"]));
    assert_eq!(said(folder, &["letters", "send", "d1"]).exit, Some(2), "it has arrived");

    // Nobody knows: what may go twice goes once more, the other is for a person to decide.
    service.says(0);
    put(folder, 3, &pieces[3]);
    until(folder, &["status", "desk.gj"], |status| sink(status, "desk.once", "uncertain") > 0);
    service.says(204);
    until(folder, &["status", "desk.gj"], |status| {
        sink(status, "desk.tasks", "waiting") == 0 && sink(status, "desk.once", "waiting") == 0
    });
    assert_eq!(service.got("/tasks").into_keys().collect::<Vec<_>>(), ids(folder, &["steady", "calm"]));
    assert!(service.got("/once").values().all(|times| *times == 1));
    let letters = json(folder, &["letters"]);
    for letter in letters["letters"].as_array().unwrap() {
        let name = letter["letter"].as_str().unwrap();
        assert!(name.starts_with('u'));
        assert_eq!(said(folder, &["letters", "arrived", name]).exit, Some(0));
    }
    assert!(json(folder, &["letters"])["letters"].as_array().unwrap().is_empty());
}

#[test]
fn killed_while_it_sends_nothing_is_lost_and_nothing_doubled_that_must_not_be() {
    let service = Service::start();
    let desk = desk(&service);
    let folder = desk.path();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = std::env::var("GUIJU_KILL_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(now);
    println!("GUIJU_KILL_SEED={seed}");
    let mut draw = Draw(seed);
    let pieces = pieces();
    let mut killed = 0;
    for first in (0..40).step_by(5) {
        let mut server = start(folder, &["serve", "--plain", "--quiet", "0", "desk.gj"]);
        for (number, text) in pieces.iter().enumerate().skip(first).take(5) {
            put(folder, number, text);
            service.says(if draw.below(8) == 0 { 503 } else { 204 });
            sleep(Duration::from_millis(draw.below(120)));
        }
        service.says(204);
        sleep(Duration::from_millis(100 + draw.below(300)));
        server.kill().unwrap();
        killed += u32::from(!server.wait().unwrap().success());
    }
    assert!(killed >= 3);
    let said = said(folder, &["serve", "--plain", "--quiet", "0", "--once", "desk.gj"]);
    assert_eq!(said.exit, Some(0), "{}", said.text);
    assert_eq!(journal(folder).len(), ids(folder, &["steady", "calm", "changing"]).len());
    assert_eq!(service.got("/tasks").into_keys().collect::<Vec<_>>(), ids(folder, &["steady", "calm"]), "lost");
    let once = service.got("/once");
    assert!(once.values().all(|times| *times == 1), "doubled");
    // Everything arrived, or is listed; what is listed may have arrived.
    let letters = json(folder, &["letters"]);
    let listed = letters["letters"].as_array().unwrap().iter().flat_map(|of| of["effects"].as_array().unwrap());
    let mut all: Vec<String> =
        listed.map(|of| of["effect_id"].as_str().unwrap().to_owned()).chain(once.into_keys()).collect();
    all.sort();
    all.dedup();
    assert_eq!(all, ids(folder, &["changing"]));
}
