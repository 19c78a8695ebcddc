//! Posts over HTTP, from a sender that numbers them and repeats what was not answered.

use crate::{
    rig::{Medium, Rig},
    suite::conforms,
};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Child,
    sync::Mutex,
    thread::sleep,
    time::{Duration, Instant},
};

struct Posts {
    port: u16,
}

impl Posts {
    fn new() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        Self { port: free.local_addr().unwrap().port() }
    }

    /// Posts once; what is answered, or nothing if the server has gone.
    fn post(&self, head: &str, body: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = body.len();
        let request = format!(
            "POST /trades HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer s3cret\r\n{head}Content-Length: {length}\r\n\r\n{body}"
        );
        // A refusal may come before everything was sent.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
    }

    /// Until it is decided; how often one had to wait.
    fn insist(&self, head: &str, body: &str) -> (u16, u32) {
        let began = Instant::now();
        let mut again = 0;
        loop {
            match self.post(head, body) {
                Some((429 | 503 | 504, _)) | None => again += 1,
                Some((status, _)) => return (status, again),
            }
            assert!(began.elapsed() < Duration::from_secs(60), "nobody takes it");
            sleep(Duration::from_millis(30));
        }
    }
}

impl Medium for Posts {
    fn connection(&self) -> String {
        format!("{{ kind: http, listen: \"127.0.0.1:{}\", token: {{ file: token }} }}", self.port)
    }

    fn connected(&mut self, _: &Path, _: &mut Child) {}

    fn send(&mut self, _: &Path, number: u64, lines: &[String]) -> bool {
        let head = format!("Guiju-Partition: desk\r\nGuiju-Offset: {number}\r\n");
        match self.insist(&head, &lines.join("\n")).0 {
            200 => true,
            422 => false,
            other => panic!("{other}"),
        }
    }

    fn cut(&mut self, _: &Path, number: u64, lines: &[String]) {
        let body = lines.join("\n");
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "POST /trades HTTP/1.1\r\nAuthorization: Bearer s3cret\r\nGuiju-Offset: {number}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{}", &body[..body.len() / 2]).as_bytes()).unwrap();
    }

    fn whole(&self) -> bool {
        true
    }
}

conforms!(Some(Posts::new()));

#[test]
fn what_is_no_post_of_rows_is_told_so() {
    let mut rig = Rig::new(Posts::new());
    rig.start();
    let posts = &rig.medium;
    let row = r#"{"id":1,"customer":"C1","at":"2026-11-10T00:00:00Z","amount":1.50}"#;
    assert_eq!(posts.insist("", row).0, 200);
    let (status, body) = posts.post("", &row.replace("1.50", "\"much\"")).unwrap();
    assert!(status == 422 && body.contains("G5308"), "{status} {body}");
    // The same number again was taken already; a later one was not.
    let head = |offset: u32| format!("Guiju-Partition: p\r\nGuiju-Offset: {offset}\r\n");
    assert_eq!(posts.insist(&head(5), row).0, 200);
    assert!(posts.post(&head(5), row).unwrap().1.contains("already"));
    assert!(posts.post(&head(4), row).unwrap().1.contains("already"));
    assert!(!posts.post(&head(6), row).unwrap().1.contains("already"));
    let raw = |request: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", posts.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer.split(' ').nth(1).unwrap_or_default().parse::<u16>().unwrap_or(0)
    };
    let token = "Authorization: Bearer s3cret\r\nConnection: close\r\n";
    for (request, status) in [
        ("POST /trades HTTP/1.1\r\nContent-Length: 1\r\nAuthorization: Bearer s3cres\r\n\r\nx".to_owned(), 401),
        ("POST /trades HTTP/1.1\r\nContent-Length: 1\r\n\r\nx".to_owned(), 401),
        (format!("POST /other HTTP/1.1\r\n{token}Content-Length: 1\r\n\r\nx"), 404),
        (format!("GET /trades HTTP/1.1\r\n{token}\r\n"), 405),
        (format!("POST /trades HTTP/1.1\r\n{token}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 411),
        (format!("POST /trades HTTP/1.1\r\n{token}Content-Length: 99999999999\r\n\r\n"), 413),
        (format!("POST /trades HTTP/1.1\r\n{token}X: {}\r\n\r\n", "x".repeat(20_000)), 431),
        ("nonsense\r\n\r\n".to_owned(), 400),
        (format!("POST /trades HTTP/1.1\r\n{token}Content-Length: 0\r\n\r\n"), 200),
    ] {
        assert_eq!(raw(&request), status, "{}", &request[..request.len().min(120)]);
    }
    let said = guiju_tests::command::guiju(rig.folder.path(), "en_US.UTF-8", &["status", "--json", "desk.gj"]).text;
    assert!(!said.contains("s3cret"));
}

#[test]
fn more_senders_than_there_is_room_for_wait_and_lose_nothing() {
    let mut rig = Rig::new(Posts::new());
    rig.start();
    let posts = &rig.medium;
    let waited = Mutex::new(0);
    std::thread::scope(|scope| {
        for sender in 0..100_u64 {
            let waited = &waited;
            scope.spawn(move || {
                for offset in 1..=3_u64 {
                    let id = 1 + sender * 3 + offset;
                    let row = format!(r#"{{"id":{id},"customer":"C","at":"2026-11-10T00:00:00Z","amount":1}}"#);
                    let head = format!("Guiju-Partition: s{sender}\r\nGuiju-Offset: {offset}\r\n");
                    let (status, again) = posts.insist(&head, &row);
                    assert_eq!(status, 200);
                    *waited.lock().unwrap() += again;
                }
            });
        }
    });
    let row = r#"{"id":9999,"customer":"C","at":"2026-11-10T01:00:00Z","amount":1}"#;
    assert_eq!(posts.insist("", row).0, 200);
    let began = Instant::now();
    let count = |all: &BTreeMap<String, Vec<u64>>| all.values().map(Vec::len).sum::<usize>();
    while count(&rig.journal()) < 300 {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", count(&rig.journal()));
        sleep(Duration::from_millis(30));
    }
    let mut ids: Vec<u64> = rig.journal().into_values().flatten().collect();
    ids.sort_unstable();
    assert_eq!(ids, (2..302).collect::<Vec<_>>());
    println!("told to wait {} times", waited.lock().unwrap());
}
