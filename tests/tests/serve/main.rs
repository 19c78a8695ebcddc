//! `guiju serve`, killed with SIGKILL at random moments while files come and rulebooks change: what comes of it is what one run over
//! all the files comes to, and every effect is there once.
#![allow(clippy::unwrap_used)] // a test that cannot write its own files has failed
#![allow(clippy::print_stderr)] // a test that is skipped says so

mod bundle;
mod faults;
mod feed;
mod gates;
mod idle;
mod letters;
mod load;
mod operate;
mod page;
mod play;
mod remote;
mod schedule;
#[path = "../../../engine/connect/tests/databases/server.rs"]
#[allow(dead_code, reason = "the tests of connections use all of it")]
mod server;

use arrow_array::cast::AsArray;
use guiju::{
    core::effect,
    store::{EffectFilter, View},
};
use guiju_tests::command::{guiju, start};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
    thread::sleep,
    time::Duration,
};
use tempfile::TempDir;

const ENGLISH: &str = "en_US.UTF-8";

/// `limit` is what changes; the first rule means the same under every limit.
fn rulebook(limit: u32) -> String {
    format!(
        r#"rulebook desk {{ zone "UTC" }}
source trades from line topic "trades" {{
  key id
  time column at
  lateness 30s
  column id is integer required
  column customer is text
  column at is timestamp
  column amount is decimal(18, 2)
}}
sink tasks to out
event steady {{
  on trades by customer
  when count() over 10m >= 3
  task "{{id}}: {{count() over 10m}} moves, {{sum(amount) over 10m or else 0}}, most {{max(amount) over 1h or else 0}}"
  to tasks
}}
event calm {{
  on trades by customer
  when amount > 100
  once per customer every 20m
  task "{{id}}"
  to tasks
}}
event changing {{
  on trades by customer
  when sum(amount) over 10m > {limit}
  task "over {limit}"
  to tasks
}}
"#
    )
}

/// Numbers that look drawn, the same for ever.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

const FILES: usize = 60;
const ROWS: i64 = 30;

/// The stream, cut into files.
fn pieces() -> Vec<String> {
    let mut draw = Draw(7);
    let mut clock = 9 * 3_600_i64;
    let piece = |file: i64| {
        let mut text = String::from("id,customer,at,amount\n");
        for row in 0..ROWS {
            clock += draw.below(9) as i64;
            // Some come out of order, a few too late.
            let at = clock - if draw.below(5) == 0 { draw.below(40) as i64 } else { 0 };
            let time = format!("{:02}:{:02}:{:02}", at / 3_600, at / 60 % 60, at % 60);
            let (customer, cents) = (draw.below(12), draw.below(20_000));
            writeln!(text, "{},C{customer},2026-11-20T{time}Z,{}.{:02}", file * ROWS + row, cents / 100, cents % 100)
                .unwrap();
        }
        text
    };
    let mut all: Vec<String> = (0..FILES as i64).map(piece).collect();
    // No row can come before these any more: the stream has decided what the run over the whole table decides.
    all.push("id,customer,at,amount\n9999,END,2026-11-20T23:00:00Z,1.00\n".to_owned());
    all
}

fn desk() -> TempDir {
    let folder = TempDir::new().unwrap();
    let config = "connections:\n  line: { kind: files, path: in }\n  out: { kind: jsonl, path: \"out/{run}.jsonl\" }\nstore: store\n";
    fs::write(folder.path().join("guiju.yaml"), config).unwrap();
    fs::create_dir_all(folder.path().join("in/trades")).unwrap();
    fs::write(folder.path().join("desk.gj"), rulebook(500)).unwrap();
    folder
}

/// A file appears whole: written beside its place, and moved there.
fn put(folder: &Path, number: usize, text: &str) {
    put_as(folder, &format!("{number:04}.csv"), text);
}

fn put_as(folder: &Path, name: &str, text: &str) {
    let beside = folder.join("in/trades/.part");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, folder.join("in/trades").join(name)).unwrap();
}

/// Every effect in the journal, in its order: id, rule, text.
fn journal(folder: &Path) -> Vec<(Vec<u8>, String, String)> {
    effects(&View::open(folder.join("store")).unwrap())
}

fn effects(view: &View) -> Vec<(Vec<u8>, String, String)> {
    let mut all = Vec::new();
    for batch in view.effects(&EffectFilter::default()).unwrap() {
        let ids = batch.column_by_name(effect::EFFECT_ID).unwrap().as_fixed_size_binary();
        let rules = batch.column_by_name(effect::RULE).unwrap().as_any_dictionary();
        let names = rules.values().as_string::<i32>();
        let tasks = batch.column_by_name("task").unwrap().as_string::<i32>();
        for row in 0..batch.num_rows() {
            let rule = names.value(rules.normalized_keys()[row]).to_owned();
            all.push((ids.value(row).to_vec(), rule, tasks.value(row).to_owned()));
        }
    }
    all
}

/// What a sink has by now: text by id, and how many lines there are.
fn delivered(folder: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for file in fs::read_dir(folder.join("out")).unwrap() {
        for line in fs::read_to_string(file.unwrap().path()).unwrap().lines().filter(|line| !line.is_empty()) {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let (id, task) = (row["effect_id"].as_str().unwrap(), row["task"].as_str().unwrap());
            let before = all.insert(id.to_owned(), task.to_owned());
            assert!(before.is_none_or(|before| before == task), "{id} says two things");
        }
    }
    all
}

#[test]
fn killed_while_rules_change_and_nothing_is_lost_or_doubled() {
    let pieces = pieces();
    let twin = desk();
    pieces.iter().enumerate().for_each(|(number, text)| put(twin.path(), number, text));
    let said = guiju(twin.path(), ENGLISH, &["run", "--plain", "desk.gj"]);
    assert_eq!(said.exit, Some(0), "{}", said.text);
    let of = |folder: &Path, rules: &[&str]| -> BTreeSet<(Vec<u8>, String, String)> {
        let wanted = |rule: &str| rules.iter().any(|wanted| rule.ends_with(wanted));
        journal(folder).into_iter().filter(|(_, rule, _)| wanted(rule)).collect()
    };

    let desk = desk();
    let folder = desk.path();
    // From now on, so that every time dies at other moments; told, so that one can be repeated.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = std::env::var("GUIJU_KILL_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(now);
    println!("GUIJU_KILL_SEED={seed}");
    let mut draw = Draw(seed);
    let (mut killed, mut limit) = (0, 500);
    let mut next = pieces.iter().enumerate();
    let mut more = true;
    while more {
        let mut server = start(folder, &["serve", "--plain", "--quiet", "0", "desk.gj"]);
        // Enough for some to start and for some not to.
        let mut left = 80 + draw.below(600);
        while left > 0 {
            let pause = (5 + draw.below(40)).min(left);
            left -= pause;
            sleep(Duration::from_millis(pause));
            match draw.below(6) {
                0 => {
                    limit = if limit == 500 { 700 } else { 500 };
                    // Half-written, then whole.
                    fs::write(folder.join("desk.gj"), &rulebook(limit).as_bytes()[..200]).unwrap();
                    sleep(Duration::from_millis(draw.below(3)));
                    fs::write(folder.join("desk.gj"), rulebook(limit)).unwrap();
                }
                _ => match next.next() {
                    Some((number, text)) => put(folder, number, text),
                    None => more = false,
                },
            }
        }
        server.kill().unwrap();
        killed += u32::from(!server.wait().unwrap().success());
    }
    let said = guiju(folder, ENGLISH, &["serve", "--plain", "--quiet", "0", "--once", "desk.gj"]);
    assert_eq!(said.exit, Some(0), "{}", said.text);
    println!("killed {killed} times");
    assert!(killed >= 3);

    let all = journal(folder);
    let ids: BTreeSet<&Vec<u8>> = all.iter().map(|(id, ..)| id).collect();
    assert_eq!(ids.len(), all.len(), "an effect is there twice");
    let steady = ["desk.steady", "desk.calm"];
    let (got, wanted) = (of(folder, &steady), of(twin.path(), &steady));
    let lost: Vec<_> = wanted.difference(&got).collect();
    let odd: Vec<_> = got.difference(&wanted).collect();
    assert!(lost.is_empty() && odd.is_empty(), "lost {lost:?}, not wanted {odd:?}");
    assert!(of(folder, &["desk.steady"]).len() > 500 && of(folder, &["desk.calm"]).len() > 20);
    // The windows of the rule that changed went on, too: a limit is exceeded where it was exceeded in one run.
    let lower = of(twin.path(), &["desk.changing"]).into_iter().map(|(id, ..)| id).collect::<BTreeSet<_>>();
    let changing = of(folder, &["desk.changing"]);
    assert!(!changing.is_empty() && changing.iter().all(|(id, ..)| lower.contains(id)));
    assert_eq!(delivered(folder).len(), all.len(), "the sink has every effect");
    // What was recorded is what was taken, each piece once: the rules that stayed come to the same effects once more.
    let same = play::backtest(folder);
    for rule in steady {
        assert_eq!(same.get(&format!("default/{rule}")), Some(&true), "{same:?}");
    }
}

#[test]
fn a_set_that_does_not_pass_changes_nothing_and_the_last_good_one_starts() {
    let desk = desk();
    let folder = desk.path();
    let pieces = pieces();
    let serve = || guiju(folder, ENGLISH, &["serve", "--plain", "--quiet", "0", "--once", "desk.gj"]);
    put(folder, 0, &pieces[0]);
    assert_eq!(serve().exit, Some(0));
    // A test that fails.
    let failing = format!(
        "{}\ntest \"no\" {{\n  given now 2026-11-20 09:00\n  expect event calm for \"C1\"\n}}\n",
        rulebook(500)
    );
    fs::write(folder.join("desk.gj"), failing).unwrap();
    put(folder, 1, &pieces[1]);
    let said = serve();
    assert_eq!(said.exit, Some(0), "{}", said.text);
    assert!(said.text.contains("error[G7161]") && said.text.contains("warning[G7164]"), "{}", said.text);
    assert!(said.text.contains("0001.csv: 30 rows"), "{}", said.text);
    // One that does not parse.
    fs::write(folder.join("desk.gj"), "event {").unwrap();
    put(folder, 2, &pieces[2]);
    let said = serve();
    assert!(said.exit == Some(0) && said.text.contains("0002.csv: 30 rows"), "{}", said.text);
    // A file that is none, and one after it.
    fs::write(folder.join("desk.gj"), rulebook(500)).unwrap();
    put(folder, 3, "id,customer,at,amount\nx,y,z,w\n");
    put(folder, 4, &pieces[4]);
    let said = serve();
    assert!(said.exit == Some(0) && said.text.contains("0004.csv: 30 rows"), "{}", said.text);
    assert!(said.text.contains("error[G7162]"), "{}", said.text);
    // A window that is full is not forgotten unless somebody says so.
    fs::write(folder.join("desk.gj"), rulebook(500).replace("count() over 10m", "count() over 5m")).unwrap();
    put(folder, 5, &pieces[5]);
    let said = serve();
    assert!(said.exit == Some(0) && said.text.contains("error[G7165]"), "{}", said.text);
    assert!(said.text.contains("0005.csv: 30 rows"), "{}", said.text);
    let said = guiju(folder, ENGLISH, &["serve", "--plain", "--once", "--forget", "desk.gj"]);
    assert!(said.exit == Some(0) && !said.text.contains("G7165"), "{}", said.text);
    assert!(!serve().text.contains("G7165"));
    // A new store knows no good set.
    fs::remove_dir_all(folder.join("store")).unwrap();
    fs::write(folder.join("desk.gj"), "event {").unwrap();
    assert_ne!(serve().exit, Some(0));
}
