//! Standard output, read by the next program of a pipe.

use super::rig::{Outlet, Row, Unfit};
use std::{
    io::Read,
    path::Path,
    process::Child,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{JoinHandle, sleep},
    time::Duration,
};

/// What one process said.
#[derive(Default)]
struct Heard {
    said: Mutex<Vec<u8>>,
    pauses: AtomicBool,
    hung_up: AtomicBool,
}

#[derive(Default)]
struct Pipe {
    /// By process.
    heard: Vec<Arc<Heard>>,
    reader: Option<JoinHandle<()>>,
}

impl Outlet for Pipe {
    fn connection(&self) -> String {
        "{ kind: stdio }".to_owned()
    }

    fn listens(&self) -> bool {
        true
    }

    fn started(&mut self, child: &mut Child) {
        let mut output = child.stdout.take().unwrap();
        let heard = Arc::new(Heard::default());
        self.heard.push(Arc::clone(&heard));
        self.reader = Some(std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !heard.hung_up.load(Ordering::SeqCst) {
                if heard.pauses.load(Ordering::SeqCst) {
                    sleep(Duration::from_millis(5));
                    continue;
                }
                match output.read(&mut buffer) {
                    Ok(0) | Err(_) => return,
                    Ok(count) => heard.said.lock().unwrap().extend_from_slice(&buffer[..count]),
                }
            }
        }));
    }

    fn got(&mut self, _: &Path) -> Vec<Row> {
        let mut all = Vec::new();
        for heard in &self.heard {
            let said = heard.said.lock().unwrap();
            // What was cut off is no line.
            let whole = said.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            let lines = said[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            all.extend(lines.map(|line| Row::of(&serde_json::from_slice(line).unwrap()).unwrap()));
        }
        all
    }

    /// The next program has ended.
    fn goes(&mut self, _: &Path) {
        self.heard.last().unwrap().hung_up.store(true, Ordering::SeqCst);
    }

    fn comes(&mut self, _: &Path) -> bool {
        false
    }

    fn spoils(&mut self, _: &Path) -> Unfit {
        Unfit::Never
    }

    fn fits(&mut self, _: &Path) {}

    fn dawdles(&mut self, _: &Path) {
        let heard = Arc::clone(self.heard.last().unwrap());
        heard.pauses.store(true, Ordering::SeqCst);
        std::thread::spawn(move || {
            sleep(Duration::from_secs(1));
            heard.pauses.store(false, Ordering::SeqCst);
        });
    }

    fn repeats(&self) -> bool {
        true
    }
}

crate::sink::suite::conforms!(Some(Pipe::default()));
