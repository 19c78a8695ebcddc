//! A server with one stream, and what it made of the stream: one effect for every row.

use arrow_array::{RecordBatch, cast::AsArray};
use guiju::{
    core::{effect, id::EffectId},
    store::View,
};
use guiju_tests::command::{guiju, start_with};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const RULES: &str = r#"rulebook desk { zone "UTC" }
source trades from line topic "trades" {
  key id
  time column at
  lateness 1s
  column id is integer required
  column customer is text
  column at is timestamp
  column amount is decimal(18, 2)
}
sink tasks to out
event each {
  on trades by customer
  when id >= 0
  task "{id}"
  to tasks
}
"#;

/// A way for rows to come in.
pub(crate) trait Medium: Send {
    /// What stands behind `line`, as the configuration says it.
    fn connection(&self) -> String;
    /// The process stands, or stands again: everything that was sent and may not have been taken is sent once more, as this medium
    /// does that.
    fn connected(&mut self, folder: &Path, child: &mut Child);
    /// Sends the batch with this number, the first is 1, and hands over all responsibility for it; `false`: the server refuses it.
    fn send(&mut self, folder: &Path, number: u64, lines: &[String]) -> bool;
    /// Sends the beginning of a batch, and disappears.
    fn cut(&mut self, folder: &Path, number: u64, lines: &[String]);
    /// A bad message keeps back the batch that it stands in, or only itself.
    fn whole(&self) -> bool;
}

/// Customers, by number: what people write, and what nobody should.
const NAMES: [&str; 7] =
    ["C0", "Müller, \"Anna\"", "李四\r\n第二行", "=1+1", "a|b\\c'", "tab\tand 𝄞", "\u{1}end\u{0}\u{2028}"];

/// Whose row this is.
pub(crate) fn customer(id: u64) -> &'static str {
    NAMES[usize::try_from(id % 7).unwrap()]
}

/// The server, its stream, and what has to come of it.
pub(crate) struct Rig<M> {
    pub(crate) folder: TempDir,
    pub(crate) medium: M,
    pub(crate) child: Option<Child>,
    /// Ids that have to come, by customer, in order.
    wanted: BTreeMap<String, Vec<u64>>,
    id: u64,
    batch: u64,
}

impl<M: Medium> Rig<M> {
    pub(crate) fn new(medium: M) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path();
        let config = format!(
            "connections:\n  line: {}\n  out: {{ kind: jsonl, path: \"out/{{run}}.jsonl\" }}\nstore: store\n",
            medium.connection()
        );
        fs::write(path.join("guiju.yaml"), config).unwrap();
        fs::write(path.join("desk.gj"), RULES).unwrap();
        fs::create_dir_all(path.join("in/trades")).unwrap();
        fs::write(path.join("token"), "s3cret\n").unwrap();
        Self { folder, medium, child: None, wanted: BTreeMap::new(), id: 0, batch: 0 }
    }

    pub(crate) fn start(&mut self) {
        self.start_saying(Stdio::null());
    }

    /// As [`start`](Self::start), with its standard output.
    pub(crate) fn start_saying(&mut self, output: Stdio) {
        let path = self.folder.path();
        let args = ["serve", "--plain", "--quiet", "0", "desk.gj"];
        let mut child = start_with(path, &args, Stdio::piped(), output);
        let pid = u64::from(child.id());
        self.until("it serves", |status| status["status"]["pid"] == pid && status["starting"] == false);
        self.medium.connected(self.folder.path(), &mut child);
        self.child = Some(child);
    }

    /// Rows that follow each other, a second apart.
    fn lines(&mut self, rows: u64) -> Vec<(String, String)> {
        (0..rows)
            .map(|_| {
                self.id += 1;
                let id = self.id;
                let name = Value::from(customer(id));
                let (hour, minute, second) = (id / 3600 % 24, id / 60 % 60, id % 60);
                let (day, cents) = (10 + id / 86_400, id % 100);
                let time = format!("2026-11-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
                let line =
                    format!(r#"{{"id":{id},"customer":{name},"at":"{time}","amount":{}.{cents:02}}}"#, id % 1000);
                (customer(id).to_owned(), line)
            })
            .collect()
    }

    /// Sends a batch of good rows.
    pub(crate) fn send(&mut self, rows: u64) {
        let lines = self.good(rows);
        self.batch += 1;
        assert!(self.medium.send(self.folder.path(), self.batch, &lines), "a good batch is refused");
    }

    fn good(&mut self, rows: u64) -> Vec<String> {
        let first = self.id + 1;
        let lines = self.lines(rows);
        for (at, (customer, _)) in lines.iter().enumerate() {
            self.wanted.entry(customer.clone()).or_default().push(first + at as u64);
        }
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// Sends a good row, a bad line, and a good row as one batch.
    pub(crate) fn send_with(&mut self, bad: &str) {
        let before = self.wanted.clone();
        let mut lines = self.good(2);
        lines.insert(1, bad.to_owned());
        self.batch += 1;
        let taken = self.medium.send(self.folder.path(), self.batch, &lines);
        if self.medium.whole() {
            self.wanted = before;
        } else {
            assert!(taken);
        }
    }

    /// Sends half a batch and disappears; then comes again with the whole.
    pub(crate) fn cut(&mut self, rows: u64) {
        let lines = self.good(rows);
        self.batch += 1;
        self.medium.cut(self.folder.path(), self.batch, &lines);
        assert!(self.medium.send(self.folder.path(), self.batch, &lines), "a good batch is refused");
    }

    #[track_caller]
    pub(crate) fn until(&self, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let said = guiju(self.folder.path(), "en_US.UTF-8", &["status", "--json", "desk.gj"]);
            let status: Value = serde_json::from_str(&said.text).unwrap_or_default();
            if so(&status) {
                return status;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{what}: {status:#}");
            sleep(Duration::from_millis(30));
        }
    }

    /// Ids of effects by customer, in the journal's order.
    pub(crate) fn journal(&self) -> BTreeMap<String, Vec<u64>> {
        let mut all: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for (_, id) in self.effects() {
            all.entry(customer(id).to_owned()).or_default().push(id);
        }
        all
    }

    /// Every effect in the journal, in its order, with the row's id.
    pub(crate) fn effects(&self) -> Vec<(String, u64)> {
        let mut all = Vec::new();
        let Ok(view) = View::open(self.folder.path().join("store")) else { return all };
        let mut take = |_, batch: &RecordBatch| {
            let tasks = batch.column_by_name("task").unwrap().as_string::<i32>();
            let ids = batch.column_by_name(effect::EFFECT_ID).unwrap().as_fixed_size_binary();
            for row in 0..batch.num_rows() {
                let id = EffectId(ids.value(row).try_into().unwrap());
                all.push((id.to_string(), tasks.value(row).parse().unwrap()));
            }
        };
        view.served_since(0, &mut take).unwrap();
        all
    }

    /// Everything that was sent is there, in its order, once; but for the last row, which nothing has followed yet.
    #[track_caller]
    pub(crate) fn settles(&mut self) {
        // A row is decided once a later one shows that none can come before it.
        self.send(1);
        let last = self.id;
        let mut wanted = self.wanted.clone();
        wanted.get_mut(customer(last)).unwrap().retain(|id| *id != last);
        wanted.retain(|_, ids| !ids.is_empty());
        let count = |all: &BTreeMap<String, Vec<u64>>| all.values().map(Vec::len).sum::<usize>();
        let began = Instant::now();
        loop {
            let journal = self.journal();
            if count(&journal) >= count(&wanted) {
                for (customer, ids) in &wanted {
                    let got = &journal[customer];
                    let odd = got.iter().zip(ids).position(|(got, wanted)| got != wanted);
                    assert!(
                        got.len() == ids.len() && odd.is_none(),
                        "{customer}: {} of {}, {odd:?}",
                        got.len(),
                        ids.len()
                    );
                }
                assert_eq!(count(&journal), count(&wanted));
                return;
            }
            let (have, want) = (count(&journal), count(&wanted));
            assert!(began.elapsed() < Duration::from_secs(60), "{have} of {want}");
            sleep(Duration::from_millis(30));
        }
    }

    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let began = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < Duration::from_secs(30), "it does not end");
            sleep(Duration::from_millis(10));
        }
        assert!(child.wait().unwrap().success());
    }
}

impl<M> Drop for Rig<M> {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
