//! Standard input as a stream: JSON lines, one partition, whose offset counts lines.
//!
//! A pipe cannot be asked for its lines again. What was read and not yet taken is bounded, taken before the process ends when it is
//! asked to end, and gone when it is killed, unless the connection says `repeats: true`: then whoever starts the process gives the
//! stream from its first line, and what was taken is passed over.

use super::{Address, Backlog, Bell, Chunk, Data, Inlet, MOST_BYTES, MOST_MESSAGES, Message, Settled, Taken};
use crate::{config::Connection, problem, read::Limits};
use guiju_lang::finding::Finding;
use std::{
    io::{BufRead, BufReader, Read, stdin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
};

/// Everybody's standard input.
pub(super) const PARTITION: &str = "stdin";
/// Lines that are read ahead; a writer who is faster waits.
const AHEAD: usize = 4096;

/// There is one standard input, and one who reads it: the lines, and how many of them were given.
static LINES: Mutex<Option<Arc<Pipe>>> = Mutex::new(None);

/// Lines on their way.
struct Pipe {
    lines: Mutex<Receiver<Vec<u8>>>,
    /// Of lines that wait.
    bytes: AtomicUsize,
    waiting: AtomicU64,
    ended: AtomicBool,
    closed: AtomicBool,
    /// Lines that were taken from the channel in this process.
    given: AtomicU64,
}

struct Standard {
    pipe: Arc<Pipe>,
    repeats: bool,
    /// Offset of the first line that this process reads; known once what was taken is.
    base: Option<u64>,
    over: bool,
}

pub(super) fn open(connection: &Connection, bell: &Bell) -> Result<Box<dyn Inlet>, Finding> {
    let mut shared = LINES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let pipe = match &*shared {
        // The set that is replaced still holds it for a moment, so more than one holder is no mistake.
        Some(pipe) => Arc::clone(pipe),
        None => {
            let pipe = start(bell.clone()).map_err(|e| problem::cannot_listen(&connection.name, "stdin", &e))?;
            shared.insert(pipe).clone()
        }
    };
    Ok(Box::new(Standard { pipe, repeats: connection.repeats, base: None, over: false }))
}

fn start(bell: Bell) -> std::io::Result<Arc<Pipe>> {
    let (sender, receiver) = sync_channel(AHEAD);
    let pipe = Arc::new(Pipe {
        lines: Mutex::new(receiver),
        bytes: AtomicUsize::new(0),
        waiting: AtomicU64::new(0),
        ended: AtomicBool::new(false),
        closed: AtomicBool::new(false),
        given: AtomicU64::new(0),
    });
    let theirs = Arc::clone(&pipe);
    let thread = std::thread::Builder::new().name("guiju-stdin".to_owned());
    thread.spawn(move || {
        fill(&mut BufReader::new(stdin()), &theirs, &sender, &bell);
        theirs.ended.store(true, Ordering::SeqCst);
        drop(sender);
        bell.ring();
    })?;
    Ok(pipe)
}

/// Reads lines until the input ends or nobody wants more. A line that is too long is cut, so that it is refused and not kept.
fn fill(input: &mut impl BufRead, pipe: &Pipe, lines: &SyncSender<Vec<u8>>, bell: &Bell) {
    let most = Limits::default().record_bytes;
    // A line that was read is handed on, whatever happens meanwhile.
    while !pipe.closed.load(Ordering::SeqCst) {
        let mut line = Vec::new();
        match input.by_ref().take(most as u64 + 2).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line.last() != Some(&b'\n') && line.len() > most => {
                if skip(input).is_err() {
                    return;
                }
            }
            Ok(_) => {}
        }
        while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            line.pop();
        }
        pipe.bytes.fetch_add(line.len(), Ordering::SeqCst);
        pipe.waiting.fetch_add(1, Ordering::SeqCst);
        if lines.send(line).is_err() {
            return;
        }
        bell.ring();
        // A few long lines must not fill the memory either.
        while pipe.bytes.load(Ordering::SeqCst) > 4 * MOST_BYTES && !pipe.closed.load(Ordering::SeqCst) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// The rest of a line.
fn skip(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let (used, ended) = {
            let buffer = input.fill_buf()?;
            match buffer.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), buffer.is_empty()),
            }
        };
        input.consume(used);
        if ended {
            return Ok(());
        }
    }
}

impl Inlet for Standard {
    fn next(&mut self, taken: &Taken) -> Result<Option<Chunk>, Vec<Finding>> {
        let before = taken.get(PARTITION).copied().unwrap_or(0);
        let given = self.pipe.given.load(Ordering::SeqCst);
        let base = *self.base.get_or_insert(if self.repeats { 0 } else { before.saturating_sub(given) });
        let lines = self.pipe.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (mut messages, mut bytes) = (Vec::new(), 0);
        while messages.len() < MOST_MESSAGES && bytes < MOST_BYTES {
            match lines.try_recv() {
                Ok(body) => {
                    self.pipe.bytes.fetch_sub(body.len(), Ordering::SeqCst);
                    self.pipe.waiting.fetch_sub(1, Ordering::SeqCst);
                    let offset = base + self.pipe.given.fetch_add(1, Ordering::SeqCst) + 1;
                    if offset > before {
                        bytes += body.len();
                        messages.push(Message { offset, body });
                    }
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.over = true;
                    break;
                }
            }
        }
        let Some(last) = messages.last() else { return Ok(None) };
        let address = Address { partition: PARTITION.to_owned(), offset: last.offset };
        Ok(Some(Chunk { address, data: Data::Messages(messages) }))
    }

    fn settle(&mut self, _: &Address, _: Settled<'_>) {}

    fn waits(&self) -> bool {
        let more = !self.pipe.closed.load(Ordering::SeqCst) || self.pipe.waiting.load(Ordering::SeqCst) > 0;
        !self.over && more
    }

    fn backlog(&self, _: &Taken) -> Backlog {
        let count = self.pipe.waiting.load(Ordering::SeqCst);
        Backlog { count, bytes: self.pipe.bytes.load(Ordering::SeqCst) as u64, refused: Vec::new() }
    }

    fn close(&mut self) {
        self.pipe.closed.store(true, Ordering::SeqCst);
    }

    fn ended(&self) -> bool {
        self.over
    }
}
