//! Where the rows of a stream come from: folders, standard input, posts over HTTP, JetStream, one interface for all.
//!
//! An inlet gives *chunks*, one at a time. A chunk belongs to a *partition* of its source (a file of a folder, a sender, standard
//! input) and ends at an *offset* in it. Whoever takes chunks remembers the offset of every partition in the transaction that takes
//! the chunk, hands that back at the next start, and so neither loses nor doubles a row. Within a partition the order stays.
//!
//! After [`Inlet::next`] gave a chunk, the next thing it hears is [`Inlet::settle`]: only then is a sender answered. Where chunks are small
//! and a transaction is not, an inlet may give [several](Inlet::several) before it hears what became of them, each in its turn.

mod datagrams;
mod folder;
mod http;
mod nats;
pub(crate) mod request;
mod standard;

use crate::{
    config::{Connection, Kind},
    feeds, problem,
    read::{self, ReadOptions},
};
use arrow_array::RecordBatch;
use guiju_lang::{finding::Finding, schema::Schema};
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

pub use http::Hub;

/// A chunk of messages has no more of them, and no more bytes unless one message alone has.
pub const MOST_MESSAGES: usize = 4096;
/// See [`MOST_MESSAGES`].
pub const MOST_BYTES: usize = 4 << 20;
/// A source has no more partitions that are remembered by the name a sender gives them.
pub const MOST_PARTITIONS: usize = 10_000;
/// Larger files are refused: a chunk is in memory while it is taken.
pub const LARGEST_FILE: u64 = 512 << 20;

/// How far each partition of a source has been taken.
pub type Taken = BTreeMap<String, u64>;

/// Where a chunk ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Never empty.
    pub partition: String,
    /// Behind its last message. Offsets of a partition only grow.
    pub offset: u64,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.partition, self.offset)
    }
}

/// Some rows that are there now.
#[derive(Debug)]
pub struct Chunk {
    /// Where it ends. Of a file: the offset is its length in bytes.
    pub address: Address,
    /// The rows, as they came.
    pub data: Data,
}

/// Rows as they came.
#[derive(Debug)]
pub enum Data {
    /// A file of any format that is read; taken whole or not at all.
    File(PathBuf),
    /// JSON lines that their sender waits for; taken whole or not at all.
    Post(Vec<u8>),
    /// Messages, each of one or several JSON lines. One that cannot be read is put aside, and the others are taken.
    Messages(Vec<Message>),
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Behind it.
    pub offset: u64,
    /// JSON lines in UTF-8, or what somebody took for it.
    pub body: Vec<u8>,
}

/// What became of a chunk.
#[derive(Debug, Clone, Copy)]
pub enum Settled<'a> {
    /// A transaction that is durable has taken so many rows.
    Taken(u64),
    /// It cannot be read; nothing was taken.
    Refused(&'a [Finding]),
}

/// What waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Chunks or messages, as far as one knows.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What cannot be read and is passed over until it changes.
    pub refused: Vec<String>,
}

/// Something that rows come from.
pub trait Inlet: Send {
    /// The next chunk behind what was taken, if one is there; does not wait for one.
    ///
    /// # Errors
    /// What keeps it from looking: a folder that is gone. It is asked again.
    fn next(&mut self, taken: &Taken) -> Result<Option<Chunk>, Vec<Finding>>;

    /// It may be asked for another chunk before it hears what became of those that it gave; `taken` already counts them.
    fn several(&self) -> bool {
        false
    }

    /// What became of the chunk that `next` gave last, or of the first of several that it has heard nothing of yet.
    fn settle(&mut self, address: &Address, settled: Settled<'_>);

    /// Something is on its way that is no chunk yet, so that this is no moment to say that everything was taken.
    fn waits(&self) -> bool;

    /// What waits.
    fn backlog(&self, taken: &Taken) -> Backlog;

    /// Nothing more is accepted from outside; what was accepted can still be asked for. Called before a process ends.
    fn close(&mut self) {}

    /// Nothing will ever come any more.
    fn ended(&self) -> bool {
        false
    }
}

/// Wakes whoever waits for something to do.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<(Mutex<bool>, Condvar)>);

impl Bell {
    /// There is something.
    pub fn ring(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Waits until somebody rings, or for so long.
    pub fn wait(&self, most: Duration) {
        let rung = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.1.wait_timeout_while(rung, most, |rung| !*rung);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}

/// How inlets are opened.
#[derive(Debug, Clone)]
pub struct Opening<'a> {
    /// Behind which connection.
    pub connection: &'a Connection,
    /// The text after `topic`, `table`, ….
    pub object: Option<&'a str>,
    /// A file counts once nobody has written to it for so long.
    pub quiet: Duration,
    /// Rung when something comes.
    pub bell: &'a Bell,
    /// Who listens for posts.
    pub hub: &'a Hub,
}

/// Opens what a connection means.
///
/// # Errors
/// No stream comes from there; it cannot be listened at.
pub fn open(opening: &Opening<'_>) -> Result<Box<dyn Inlet>, Finding> {
    let connection = opening.connection;
    match connection.kind {
        // Bytes of a feed come in files.
        kind if connection.feed.is_some() && !matches!(kind, Kind::Files | Kind::Udp) => {
            Err(problem::cannot_read_here(&connection.name, kind.word()))
        }
        Kind::Files | Kind::Csv | Kind::JsonLines | Kind::Parquet => {
            let folder = opening.object.map_or_else(|| connection.path.clone(), |object| connection.path.join(object));
            Ok(Box::new(folder::Folder::of(folder, opening.quiet, connection.feed.is_some())))
        }
        Kind::Standard => standard::open(connection, opening.bell),
        Kind::Http => http::open(opening),
        Kind::Nats => nats::open(opening),
        Kind::Udp => datagrams::open(opening),
        Kind::Sqlite | Kind::Postgres | Kind::Mysql | Kind::Webhook => {
            Err(problem::cannot_read_here(&connection.name, connection.kind.word()))
        }
    }
}

/// Reads a file that is a chunk: these columns of the declared ones. What there is to say of it besides is put to `said`.
///
/// # Errors
/// What is wrong with it.
pub fn file(
    connection: &Connection,
    path: &Path,
    delivered: &Schema,
    columns: &[u32],
    said: &mut Vec<Finding>,
) -> Result<Vec<RecordBatch>, Vec<Finding>> {
    let alone = Connection { path: path.to_owned(), ..connection.clone() };
    let mut scan = read::open(&read::Request {
        connection: &alone,
        object: None,
        schema: Some(delivered),
        columns: Some(columns),
        options: ReadOptions::default(),
    })?;
    let batches = scan.by_ref().map(|batch| Ok(batch?.batch)).collect();
    said.append(&mut scan.said());
    batches
}

/// Reads JSON lines that are in memory. `name` stands for a file's where something is wrong.
///
/// # Errors
/// What is wrong with them.
pub fn lines(
    connection: &Connection,
    name: &str,
    text: &[u8],
    delivered: &Schema,
    columns: &[u32],
) -> Result<Vec<RecordBatch>, Vec<Finding>> {
    read::lines(connection, Path::new(name), text.to_vec(), delivered, columns)
}

/// Messages that were read, and those that were no rows, each with what is wrong with it.
#[derive(Debug, Default)]
pub struct Sifted {
    /// The rows of the good ones, in order.
    pub batches: Vec<RecordBatch>,
    /// The others.
    pub refused: Vec<(Message, Vec<Finding>)>,
    /// What there is to say besides.
    pub said: Vec<Finding>,
}

/// Reads messages; one that cannot be read keeps nobody else back. Halves a chunk until the bad ones are alone.
pub fn sift(
    connection: &Connection,
    partition: &str,
    messages: &[Message],
    delivered: &Schema,
    columns: &[u32],
) -> Sifted {
    if let Some(feed) = &connection.feed {
        // Bytes of a feed are no rows that could be put aside: what is wrong in them is said.
        let (read, said) = feeds::datagrams(feed, connection, partition, messages, delivered, columns);
        return Sifted { batches: read.into_iter().collect(), refused: Vec::new(), said };
    }
    let mut sifted = Sifted::default();
    let mut open = vec![messages];
    while let Some(part) = open.pop() {
        let Some(last) = part.last() else { continue };
        let mut text = Vec::with_capacity(part.iter().map(|message| message.body.len() + 1).sum());
        for message in part {
            text.extend_from_slice(&message.body);
            text.push(b'\n');
        }
        let name = format!("{partition}:{}", last.offset);
        match (lines(connection, &name, &text, delivered, columns), part) {
            (Ok(batches), _) => sifted.batches.extend(batches),
            (Err(findings), [message]) => sifted.refused.push((message.clone(), findings)),
            (Err(_), _) => {
                let (first, second) = part.split_at(part.len() / 2);
                open.extend([second, first]);
            }
        }
    }
    sifted
}
