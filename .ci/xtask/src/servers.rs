//! Servers for the tests: PostgreSQL and MariaDB, on loopback, with data of their own, gone afterwards; NATS's is only found. Where the machine
//! does not have them, their Debian packages are unpacked into `.cache`; nothing is installed.

use crate::report::{Outcome, Trouble};
use crate::workspace::{command, root};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Everybody's password on servers that nobody else can reach for long.
const PASSWORD: &str = "only-for-tests";
/// How long a server may take to come up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Who runs PostgreSQL for root, which it refuses to be run by: `nobody`.
const NOBODY: u32 = 65_534;
const NATS: &str = "usr/sbin/nats-server";
const PACKAGES: [&str; 3] = ["postgresql", "mariadb-server-core", "mariadb-client-core"];

/// Servers that run until this is dropped.
#[derive(Default)]
pub(crate) struct Servers {
    running: Vec<Child>,
    folder: Option<PathBuf>,
    /// What the tests are told.
    variables: Vec<(&'static str, String)>,
}

impl Servers {
    /// Starts both; what cannot be started is said.
    pub(crate) fn start(&mut self) -> Outcome {
        let folder = std::env::temp_dir().join(format!("guiju-servers-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|e| skipped(format!("{}: {e}", folder.display())))?;
        self.folder = Some(folder.clone());
        let cache = root().join(".cache/debian");
        let places = [PathBuf::from("/"), cache.join("unpacked")];
        if find(&places, "usr/lib/postgresql/*/bin/postgres").is_none() || find(&places, "usr/sbin/mariadbd").is_none()
        {
            unpack(&cache, &PACKAGES)?;
        }
        let libraries = places.iter().skip(1).flat_map(|place| libraries(place)).collect::<Vec<_>>().join(":");
        self.variables.push(("GUIJU_TEST_PASSWORD", PASSWORD.to_owned()));
        self.variables.push(("GUIJU_TEST_LIBRARIES", libraries.clone()));
        let outcomes = [self.postgres(&places, &folder, &libraries), self.mariadb(&places, &folder, &libraries)];
        let mut notes = Vec::new();
        for outcome in outcomes {
            notes.push(outcome?);
        }
        Ok(notes.join(", "))
    }

    /// Finds NATS's server, which tests start themselves: it is killed and started again in between.
    pub(crate) fn broker(&mut self) -> Outcome {
        let cache = root().join(".cache/debian");
        let places = [PathBuf::from("/"), cache.join("unpacked")];
        if find(&places, NATS).is_none() {
            unpack(&cache, &["nats-server"])?;
        }
        let server = find(&places, NATS).ok_or_else(|| skipped("no nats-server"))?;
        self.variables.push(("GUIJU_TEST_NATS", server.display().to_string()));
        Ok(server.display().to_string())
    }

    /// Tells a command where they are.
    pub(crate) fn tell(&self, mut command: Command) -> Command {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn postgres(&mut self, places: &[PathBuf], folder: &Path, libraries: &str) -> Outcome {
        let server = find(places, "usr/lib/postgresql/*/bin/postgres").ok_or_else(|| skipped("no postgres"))?;
        let folder = folder.join("postgres");
        let secret = folder.join("password");
        fs::create_dir_all(&folder).and_then(|()| fs::write(&secret, PASSWORD)).map_err(|e| skipped(e.to_string()))?;
        own(&folder)?;
        let data = folder.join("data");
        let mut init = as_nobody(program(&server.with_file_name("initdb"), libraries));
        init.args(["-U", "owner", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]).arg(&data);
        init.arg(format!("--pwfile={}", secret.display()));
        quietly(init)?;
        let port = free_port()?;
        let mut run = as_nobody(program(&server, libraries));
        run.arg("-D")
            .arg(&data)
            .args(["-h", "127.0.0.1", "-c", "fsync=off", "-p", &port.to_string(), "-k"])
            .arg(&folder);
        self.run(run, port, &folder)?;
        self.variables.push(("GUIJU_TEST_POSTGRES", port.to_string()));
        self.variables.push(("GUIJU_TEST_PSQL", server.with_file_name("psql").display().to_string()));
        Ok(format!("PostgreSQL on port {port}"))
    }

    fn mariadb(&mut self, places: &[PathBuf], folder: &Path, libraries: &str) -> Outcome {
        let server = find(places, "usr/sbin/mariadbd").ok_or_else(|| skipped("no mariadbd"))?;
        let base = server.ancestors().nth(2).unwrap_or(Path::new("/usr")).to_owned();
        let folder = folder.join("mariadb");
        let data = folder.join("data");
        fs::create_dir_all(&folder).map_err(|e| skipped(e.to_string()))?;
        let user = if is_root() { "--user=root" } else { "--skip-name-resolve" };
        let mut init = program(&base.join("bin/mariadb-install-db"), libraries);
        init.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", user]);
        init.arg(format!("--basedir={}", base.display())).arg(format!("--datadir={}", data.display()));
        quietly(init)?;
        let port = free_port()?;
        let grant = folder.join("grant.sql");
        let sql = format!(
            "CREATE USER owner@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO owner@'127.0.0.1';\n"
        );
        fs::write(&grant, sql).map_err(|e| skipped(e.to_string()))?;
        let mut run = program(&server, libraries);
        run.args(["--no-defaults", "--skip-name-resolve", "--bind-address=127.0.0.1", user])
            .arg(format!("--port={port}"));
        for (key, path) in
            [("basedir", &base), ("datadir", &data), ("init-file", &grant), ("socket", &folder.join("socket"))]
        {
            run.arg(format!("--{key}={}", path.display()));
        }
        run.arg(format!("--plugin-dir={}", base.join("lib/mysql/plugin").display()));
        self.run(run, port, &folder)?;
        self.variables.push(("GUIJU_TEST_MYSQL", port.to_string()));
        self.variables.push(("GUIJU_TEST_MARIADB", base.join("bin/mariadb").display().to_string()));
        Ok(format!("MariaDB on port {port}"))
    }

    /// Runs a server until it can be connected to.
    fn run(&mut self, mut run: Command, port: u16, folder: &Path) -> Result<(), Trouble> {
        let log = folder.join("log");
        let out = fs::File::create(&log).map_err(|e| skipped(e.to_string()))?;
        let error = out.try_clone().map_err(|e| skipped(e.to_string()))?;
        let child = run.stdin(Stdio::null()).stdout(out).stderr(error).spawn().map_err(|e| skipped(e.to_string()))?;
        self.running.push(child);
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let over = self.running.last_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None)));
            if over {
                break;
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                // It listens a moment before it lets anybody in.
                std::thread::sleep(Duration::from_secs(1));
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let text = fs::read_to_string(&log).unwrap_or_default();
        Err(skipped(format!("a server does not come up:\n{text}")))
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.running {
            // PostgreSQL's helpers see that it is gone, and end; the data is thrown away.
            drop(child.kill().and_then(|()| child.wait()));
        }
        if let Some(folder) = &self.folder {
            // Its helpers may still write for a moment.
            for _ in 0..20 {
                if fs::remove_dir_all(folder).is_ok() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

/// Downloads the packages and all that they need and this machine lacks, and unpacks them. Nothing is installed.
fn unpack(cache: &Path, packages: &[&str]) -> Result<(), Trouble> {
    fs::create_dir_all(cache.join("packages")).map_err(|e| skipped(e.to_string()))?;
    let wanted = packages;
    let plan = || {
        let output = command("apt-get").args(["-s", "-q", "install", "--no-install-recommends"]).args(wanted).output();
        let text =
            output.ok().filter(|o| o.status.success()).map(|o| String::from_utf8_lossy(&o.stdout).into_owned())?;
        let names = text.lines().filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next().map(str::to_owned));
        Some(names.collect::<Vec<_>>())
    };
    let names = plan().or_else(|| {
        // A fresh machine has no lists yet.
        quietly(command("apt-get").also(&["-q", "update"])).ok().and_then(|()| plan())
    });
    let names = names.ok_or_else(|| skipped(format!("apt-get knows no {}", wanted.join(", "))))?;
    let packages = cache.join("packages");
    let mut download = command("apt-get").also(&["-q", "-o", "APT::Sandbox::User=root", "download"]);
    download.args(&names).current_dir(&packages);
    quietly(download)?;
    for entry in fs::read_dir(&packages).map_err(|e| skipped(e.to_string()))?.flatten() {
        let mut open = command("dpkg").also(&["-x"]);
        open.arg(entry.path()).arg(cache.join("unpacked"));
        quietly(open)?;
    }
    Ok(())
}

/// The first file that a path with at most one `*` for a folder means.
fn find(places: &[PathBuf], path: &str) -> Option<PathBuf> {
    places.iter().find_map(|place| match path.split_once("/*/") {
        None => Some(place.join(path)).filter(|p| p.is_file()),
        Some((before, after)) => {
            let mut folders: Vec<PathBuf> =
                fs::read_dir(place.join(before)).ok()?.flatten().map(|e| e.path()).collect();
            folders.sort();
            folders.into_iter().rev().map(|folder| folder.join(after)).find(|p| p.is_file())
        }
    })
}

/// Where unpacked packages keep their libraries.
fn libraries(place: &Path) -> Vec<String> {
    let inside = |folder: &str| {
        let entries = fs::read_dir(place.join(folder)).into_iter().flatten().flatten();
        entries.map(|e| e.path()).filter(|p| p.to_string_lossy().ends_with("-linux-gnu")).collect::<Vec<_>>()
    };
    inside("usr/lib").into_iter().chain(inside("lib")).map(|p| p.display().to_string()).collect()
}

fn program(path: &Path, libraries: &str) -> Command {
    let mut command = Command::new(path);
    if !libraries.is_empty() {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    command
}

/// Runs something; what it says is only told if it fails.
fn quietly(mut command: Command) -> Result<(), Trouble> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| skipped(format!("{command:?}: {e}")))?;
    let said = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(()) } else { Err(skipped(format!("{command:?}\n{}", said()))) }
}

fn free_port() -> Result<u16, Trouble> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr());
    listener.map(|address| address.port()).map_err(|e| skipped(e.to_string()))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Root gives a folder and what is in it to nobody.
fn own(folder: &Path) -> Result<(), Trouble> {
    if !is_root() {
        return Ok(());
    }
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    for path in files.chain([folder.to_owned()]) {
        std::os::unix::fs::chown(&path, Some(NOBODY), Some(NOBODY)).map_err(|e| skipped(e.to_string()))?;
    }
    Ok(())
}

fn as_nobody(mut command: Command) -> Command {
    use std::os::unix::process::CommandExt;
    if is_root() {
        command.uid(NOBODY).gid(NOBODY).current_dir("/");
    }
    command
}

fn skipped(why: impl Into<String>) -> Trouble {
    Trouble::Skipped(why.into())
}

/// A command with more words.
trait Also {
    fn also(self, words: &[&str]) -> Self;
}

impl Also for Command {
    fn also(mut self, words: &[&str]) -> Self {
        self.args(words);
        self
    }
}
