//! Servers whose store is a PostgreSQL: killed, and taken over by another machine; and a database that goes away while one serves.

use crate::{
    Draw, ENGLISH, delivered, desk, effects, journal,
    operate::{Server, json, said, until},
    pieces, put, rulebook,
    server::{Kind, PASSWORD},
};
use guiju::store::View;
use guiju_connect::config::{Config, Home};
use guiju_lang::finding::FileId;
use guiju_tests::command::{guiju, start};
use std::{
    collections::BTreeSet,
    fs,
    net::{TcpListener, TcpStream},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;

/// A machine that serves what comes in `shared`, and keeps what it remembers in the database.
fn machine(shared: &Path, url: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let shared = shared.display();
    let config = format!(
        "connections:\n  line: {{ kind: files, path: \"{shared}/in\" }}\n  out: {{ kind: jsonl, path: \"{shared}/out/{{run}}.jsonl\" }}\n\
         store: {{ folder: store, url: \"{url}\", password: {{ env: {PASSWORD} }}, timeout: 5s }}\n"
    );
    fs::write(folder.path().join("guiju.yaml"), config).unwrap();
    fs::write(folder.path().join("desk.gj"), rulebook(500)).unwrap();
    folder
}

fn home(machine: &Path) -> Home {
    let (config, findings) =
        Config::parse(&fs::read_to_string(machine.join("guiju.yaml")).unwrap(), machine, FileId(0));
    assert_eq!(findings, vec![]);
    config.store
}

/// What a run over all the files comes to, and nothing twice.
#[track_caller]
fn is_like_one_run(machine: &Path, shared: &Path) {
    let twin = desk();
    for (number, text) in pieces().iter().enumerate() {
        put(twin.path(), number, text);
    }
    let said = guiju(twin.path(), ENGLISH, &["run", "--plain", "desk.gj"]);
    assert_eq!(said.exit, Some(0), "{}", said.text);
    let all = effects(&View::open(home(machine)).unwrap());
    let (got, wanted): (BTreeSet<_>, BTreeSet<_>) =
        (all.iter().cloned().collect(), journal(twin.path()).into_iter().collect());
    assert_eq!(got.len(), all.len(), "an effect is there twice");
    let lost: Vec<_> = wanted.difference(&got).collect();
    let odd: Vec<_> = got.difference(&wanted).collect();
    assert!(lost.is_empty() && odd.is_empty(), "lost {lost:?}, not wanted {odd:?}");
    assert!(got.len() > 500, "{}", got.len());
    assert_eq!(delivered(shared).len(), got.len(), "the sink has every effect");
}

#[test]
fn killed_again_and_again_and_taken_over_by_machines_that_have_nothing() {
    let Some(database) = Kind::Postgres.database() else { return };
    let shared = TempDir::new().unwrap();
    fs::create_dir_all(shared.path().join("in/trades")).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = std::env::var("GUIJU_KILL_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(now);
    println!("GUIJU_KILL_SEED={seed}");
    let mut draw = Draw(seed);
    let pieces = pieces();
    let mut next = pieces.iter().enumerate().peekable();
    let mut killed = 0;
    while next.peek().is_some() {
        let machine = machine(shared.path(), &database.url(None));
        let mut server = start(machine.path(), &["serve", "--plain", "--quiet", "0", "desk.gj"]);
        let mut left = 500 + draw.below(900);
        while left > 0 {
            let pause = (5 + draw.below(60)).min(left);
            left -= pause;
            sleep(Duration::from_millis(pause));
            if let Some((number, text)) = next.next() {
                put(shared.path(), number, text);
            }
        }
        server.kill().unwrap();
        killed += u32::from(!server.wait().unwrap().success());
    }
    let last = machine(shared.path(), &database.url(None));
    let said = guiju(last.path(), ENGLISH, &["serve", "--plain", "--quiet", "0", "--once", "desk.gj"]);
    assert_eq!(said.exit, Some(0), "{}", said.text);
    println!("killed {killed} times");
    assert!(killed >= 2);
    is_like_one_run(last.path(), shared.path());
    View::open(home(last.path())).unwrap().verify().unwrap();
    // Whoever asks from any machine is told the same.
    let asked = machine(shared.path(), &database.url(None));
    let status = json(asked.path(), &["status", "desk.gj"]);
    assert_eq!(
        (&status["running"], &status["remembered"].as_array().map(Vec::is_empty)),
        (&false.into(), &Some(false))
    );
    let history = json(asked.path(), &["history", "desk.gj"]);
    assert_eq!(history["changes"].as_array().map(Vec::len), Some(1), "{history:#}");
    let text = crate::operate::said(asked.path(), &["list", "tasks", "--json"]).text;
    assert!(text.contains("desk.steady"), "{text}");
    assert!(!format!("{said:?}{status}{history}{text}").contains("only-for-tests"), "a password is shown");
}

/// A server of PostgreSQL of its own, which can be stopped.
struct Cluster {
    folder: TempDir,
    port: u16,
    running: Option<Child>,
}

impl Cluster {
    fn program(name: &str) -> Option<Command> {
        let psql = PathBuf::from(std::env::var("GUIJU_TEST_PSQL").ok()?);
        let mut command = Command::new(psql.with_file_name(name));
        command.env("LD_LIBRARY_PATH", std::env::var("GUIJU_TEST_LIBRARIES").unwrap_or_default()).current_dir("/");
        // PostgreSQL refuses to be run by root.
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            command.uid(65_534).gid(65_534);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Some(command)
    }

    fn new() -> Option<Self> {
        Kind::Postgres.port()?;
        let folder = TempDir::new().unwrap();
        let secret = folder.path().join("password");
        fs::write(&secret, std::env::var(PASSWORD).unwrap()).unwrap();
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            for path in [folder.path(), &secret] {
                std::os::unix::fs::chown(path, Some(65_534), Some(65_534)).unwrap();
            }
        }
        let mut init = Self::program("initdb")?;
        init.args(["-U", "owner", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]);
        init.arg(format!("--pwfile={}", secret.display())).arg("-D").arg(folder.path().join("data"));
        assert!(init.status().unwrap().success());
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        Some(Self { folder, port, running: None })
    }

    fn start(&mut self) {
        let mut run = Self::program("postgres").unwrap();
        run.arg("-D").arg(self.folder.path().join("data")).args(["-h", "127.0.0.1", "-c", "fsync=off"]);
        run.args(["-p", &self.port.to_string()]).arg("-k").arg(self.folder.path());
        self.running = Some(run.spawn().unwrap());
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "the server does not come up");
            sleep(Duration::from_millis(50));
        }
    }

    /// At once, in the middle of whatever it does.
    fn stop(&mut self) {
        let Some(mut child) = self.running.take() else { return };
        let quit = Command::new("kill").args(["-QUIT", &child.id().to_string()]).status();
        assert!(quit.is_ok_and(|quit| quit.success()));
        child.wait().unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

#[test]
fn a_database_that_goes_away_and_comes_back_while_a_server_runs() {
    let Some(mut cluster) = Cluster::new() else {
        eprintln!("SKIPPED: there is no PostgreSQL; `cargo xtask test` starts one");
        return;
    };
    cluster.start();
    let shared = TempDir::new().unwrap();
    fs::create_dir_all(shared.path().join("in/trades")).unwrap();
    let machine = machine(shared.path(), &format!("postgres://owner@127.0.0.1:{}/postgres", cluster.port));
    let folder = machine.path();
    let asked = || said(folder, &["status", "--json", "desk.gj"]).text;
    let began = Instant::now();
    // It may still be starting, and letting nobody in.
    let mut server = loop {
        let server = Server::start(folder);
        sleep(Duration::from_millis(700));
        if asked().contains("\"running\":true") || asked().contains("\"running\": true") {
            break server;
        }
        drop(server);
        assert!(began.elapsed() < Duration::from_secs(60), "{}", asked());
    };
    let pieces = pieces();
    let third = pieces.len() / 3;
    for (number, text) in pieces.iter().enumerate() {
        put(shared.path(), number, text);
        sleep(Duration::from_millis(20));
        if number == third || number == 2 * third {
            cluster.stop();
            // More comes meanwhile.
            put(shared.path(), number, text);
            let told = || -> Option<serde_json::Value> {
                serde_json::from_slice(&fs::read(folder.join("store/status.json")).ok()?).ok()
            };
            let began = Instant::now();
            while !told().is_some_and(|status| status["store"]["en"]["text"].to_string().contains("G6016")) {
                assert!(began.elapsed() < Duration::from_secs(30), "{:#?}", told());
                sleep(Duration::from_millis(50));
            }
            assert!(server.runs(), "it gave up");
            let text = asked();
            assert!(text.contains("G6016") && !text.contains("only-for-tests"), "{text}");
            cluster.start();
        }
    }
    let all = |status: &serde_json::Value| {
        status["status"]["sources"][0]["files"] == pieces.len() as u64 && status["status"]["store"].is_null()
    };
    // Until it has come up, asking fails.
    let began = Instant::now();
    while !asked().contains("\"status\"") {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", asked());
        sleep(Duration::from_millis(100));
    }
    until(folder, &["status", "desk.gj"], all);
    assert!(server.runs());
    drop(server);
    // What was still owed to the sink.
    let said = guiju(folder, ENGLISH, &["serve", "--plain", "--quiet", "0", "--once", "desk.gj"]);
    assert_eq!(said.exit, Some(0), "{}", said.text);
    is_like_one_run(folder, shared.path());
}

#[test]
fn a_run_once_over_a_store_on_a_server() {
    let Some(database) = Kind::Postgres.database() else { return };
    let shared = TempDir::new().unwrap();
    fs::create_dir_all(shared.path().join("in/trades")).unwrap();
    for (number, text) in pieces().iter().enumerate() {
        put(shared.path(), number, text);
    }
    let one = machine(shared.path(), &database.url(None));
    let run = |of: &Path| guiju(of, ENGLISH, &["run", "--plain", "--today", "2026-11-24", "desk.gj"]);
    let first = run(one.path());
    assert_eq!(first.exit, Some(0), "{}", first.text);
    let all = effects(&View::open(home(one.path())).unwrap()).len();
    // The same run by another machine finds everything published.
    let other = machine(shared.path(), &database.url(None));
    let again = run(other.path());
    assert_eq!(again.exit, Some(0), "{}", again.text);
    assert_eq!(effects(&View::open(home(other.path())).unwrap()).len(), all);
}
