//! Where Spark is, and how it is asked.

use serde_json::Value as Json;
use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// The virtual environment with pyspark, if this machine has one.
pub(crate) fn home() -> Option<PathBuf> {
    let home = std::env::var_os("GUIJU_SPARK").map(PathBuf::from);
    if home.is_none() {
        println!("!!! SKIPPED: GUIJU_SPARK is not set; `cargo xtask test spark` installs Spark and sets it");
    }
    home
}

/// Whether this is the long test, `cargo xtask test-spark`.
pub(crate) fn thorough() -> bool {
    std::env::var_os("GUIJU_SPARK_THOROUGH").is_some()
}

/// Where `guiju run --on` sends its jobs. Processes of its own end with it.
pub(crate) struct Cluster {
    pub(crate) submit: PathBuf,
    pub(crate) arguments: Vec<String>,
    processes: Vec<Child>,
}

impl Cluster {
    fn at(home: &Path, master: &str) -> Self {
        let spark = spark_home(home);
        let submit = home.join("bin/submit");
        // The wheel's own `spark-submit` takes whatever Python is on the PATH.
        let python = home.join("bin/python");
        let script = format!(
            "#!/bin/sh\nexport SPARK_HOME='{}' PYSPARK_PYTHON='{}'\nexec \"$SPARK_HOME/bin/spark-submit\" \"$@\"\n",
            spark.display(),
            python.display()
        );
        let part = home.join(format!("bin/submit.{}.{:?}", std::process::id(), std::thread::current().id()));
        fs::write(&part, script).unwrap();
        fs::set_permissions(&part, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        fs::rename(&part, &submit).unwrap();
        let settings = ["spark.sql.shuffle.partitions=2", "spark.driver.memory=1500m", "spark.default.parallelism=2"];
        let mut arguments = vec!["--on".to_owned(), master.to_owned()];
        arguments.extend(["--spark-submit".to_owned(), submit.display().to_string()]);
        arguments.extend(settings.iter().flat_map(|s| ["--spark-conf".to_owned(), (*s).to_owned()]));
        Self { submit, arguments, processes: Vec::new() }
    }

    /// Threads of the job itself.
    pub(crate) fn local(home: &Path) -> Self {
        Self::at(home, "local[2]")
    }

    /// A master and two workers on loopback.
    pub(crate) fn standalone(home: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let master = format!("spark://127.0.0.1:{port}");
        let mut cluster = Self::at(home, &master);
        for setting in ["spark.executor.memory=700m", "spark.driver.host=127.0.0.1", "spark.cores.max=2"] {
            cluster.arguments.extend(["--spark-conf".to_owned(), setting.to_owned()]);
        }
        let class = spark_home(home).join("bin/spark-class");
        let port = port.to_string();
        let work = home.join("work");
        fs::create_dir_all(&work).unwrap();
        let work = work.display().to_string();
        cluster.start(
            &class,
            &["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", &port, "--webui-port", "0"],
            "I have been elected leader",
        );
        for _ in 0..2 {
            let worker = "org.apache.spark.deploy.worker.Worker";
            let limits =
                ["--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0", "--work-dir", &work];
            let words: Vec<&str> = [worker].into_iter().chain(limits).chain([master.as_str()]).collect();
            cluster.start(&class, &words, "Successfully registered with master");
        }
        cluster
    }

    /// Starts a process and waits until its log says that it is there.
    fn start(&mut self, class: &Path, words: &[&str], ready: &str) {
        let mut child = Command::new(class)
            .args(words)
            .env("SPARK_LOCAL_IP", "127.0.0.1")
            .env("SPARK_NO_DAEMONIZE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        self.processes.push(child);
        let (mut line, mut all) = (String::new(), String::new());
        loop {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "{words:?} ended:\n{all}");
            if line.contains(ready) {
                break;
            }
            all.push_str(&line);
        }
        // A full pipe would stop it.
        std::thread::spawn(move || log.lines().for_each(drop));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Spark's own folder in the virtual environment.
fn spark_home(home: &Path) -> PathBuf {
    let versions = fs::read_dir(home.join("lib")).unwrap();
    let found = versions.map(|entry| entry.unwrap().path().join("site-packages/pyspark")).find(|path| path.exists());
    found.expect("pyspark in the virtual environment")
}

/// Expressions over one relation.
pub(crate) struct Query {
    pub(crate) from: String,
    pub(crate) select: Vec<String>,
}

/// The rows of each query, every cell as a text.
pub(crate) fn evaluate(home: &Path, queries: &[Query]) -> Vec<Vec<Vec<Option<String>>>> {
    let folder = tempfile::tempdir().unwrap();
    let (ask, answer) = (folder.path().join("ask"), folder.path().join("answer"));
    let lines: Vec<String> =
        queries.iter().map(|q| serde_json::json!({ "from": q.from, "select": q.select }).to_string()).collect();
    fs::write(&ask, lines.join("\n")).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spark/evaluate.py");
    let output = Command::new(home.join("bin/python"))
        .arg(script)
        .args([&ask, &answer])
        .env("PYSPARK_SUBMIT_ARGS", "--master local[2] --conf spark.ui.enabled=false --driver-memory 2g pyspark-shell")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cell = |cell: &Json| match cell {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => panic!("not a text: {other}"),
    };
    let row = |row: &Json| row.as_array().unwrap().iter().map(cell).collect();
    let answer = fs::read_to_string(answer).unwrap();
    answer
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap().as_array().unwrap().iter().map(row).collect())
        .collect()
}
