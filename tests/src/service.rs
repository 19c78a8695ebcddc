//! A web service that takes effects, answers as it is told to, or dies.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering},
    },
    time::Duration,
};

/// The service, on a port of its own.
#[derive(Debug)]
pub struct Service {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Path, key and body of each message that it took, as they came.
    got: Mutex<Vec<(String, String, Value)>>,
    /// What it answers; 0: it hangs up without an answer once it has the message.
    status: AtomicU16,
    /// How long it takes, in milliseconds.
    slow: AtomicU64,
    /// The last message had the right token.
    authorized: AtomicBool,
}

impl Service {
    /// It answers 204 to whatever comes.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let shared = Arc::new(Shared {
            got: Mutex::default(),
            status: AtomicU16::new(204),
            slow: AtomicU64::new(0),
            authorized: AtomicBool::new(false),
        });
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                theirs.answer(&stream);
            }
        });
        Self { port, shared }
    }

    /// Where it listens on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on it answers so; 0: not at all, once it has the message.
    pub fn says(&self, status: u16) {
        self.shared.status.store(status, Ordering::SeqCst);
    }

    /// Sets how long it takes for each message.
    pub fn slow(&self) -> impl Fn(Duration) + Send + use<> {
        let shared = Arc::clone(&self.shared);
        move |time| shared.slow.store(time.as_millis() as u64, Ordering::SeqCst)
    }

    /// How often each effect came to a path.
    pub fn got(&self, path: &str) -> BTreeMap<String, u32> {
        let mut all = BTreeMap::new();
        for (_, key, _) in self.shared.all().iter().filter(|(at, ..)| at == path) {
            *all.entry(key.clone()).or_default() += 1;
        }
        all
    }

    /// What came to a path, in its order.
    pub fn bodies(&self, path: &str) -> Vec<Value> {
        self.shared.all().iter().filter(|(at, ..)| at == path).map(|(.., body)| body.clone()).collect()
    }

    /// The last message had the right token.
    pub fn authorized(&self) -> bool {
        self.shared.authorized.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn all(&self) -> std::sync::MutexGuard<'_, Vec<(String, String, Value)>> {
        self.got.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads one message; one that was cut off is none.
    fn answer(&self, stream: &TcpStream) {
        let status = self.status.load(Ordering::SeqCst);
        let mut reader = BufReader::new(stream);
        let (mut path, mut length, mut key, mut authorized) = (String::new(), 0, String::new(), false);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("POST ") {
                rest.split(' ').next().unwrap_or_default().clone_into(&mut path);
            } else if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.parse().expect("a length");
            } else if let Some(value) = line.strip_prefix("Idempotency-Key: ") {
                value.trim_matches('"').clone_into(&mut key);
            }
            authorized |= line == "Authorization: Bearer s3cret";
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(body["effect_id"].as_str(), Some(key.as_str()), "the key is the effect's id");
        std::thread::sleep(Duration::from_millis(self.slow.load(Ordering::SeqCst)));
        if matches!(status, 0 | 200..=299) {
            self.authorized.store(authorized, Ordering::SeqCst);
            self.all().push((path, key, body));
        }
        if status > 0 {
            let mut stream = stream;
            let _ = write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n");
        }
    }
}
