//! A session that asks and changes: for the engine's own store, whose statements are the engine's own and whose values are few of kind.
//!
//! Statements are prepared once and known by their text. Many that nobody waits for travel together, and one answer closes them all:
//! PostgreSQL's extended query protocol ("Frontend/Backend Protocol", Message Flow, Pipelining).

use super::super::Trouble;
use super::wire::{Wire, told};
use crate::config::Server;
use bytes::{BufMut, Bytes, BytesMut};
use fallible_iterator::FallibleIterator;
use postgres_protocol::{
    IsNull,
    message::{
        backend::{DataRowBody, Message},
        frontend,
    },
};
use std::{collections::HashMap, error::Error, fmt, ops::Range};

/// The store's own rows may be as large as the server lets them be.
const MOST: i32 = i32::MAX;
/// So much is written before an answer is heard: neither side waits for the other to read.
const BYTES: usize = 1 << 20;
const STATEMENTS: usize = 256;
/// Numbers of types: `src/include/catalog/pg_type.dat`.
const INT8: u32 = 20;
const TEXT: u32 = 25;
const BYTEA: u32 = 17;

/// A value that a statement is given, by its kind; one that is missing has a kind, too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Given<'a> {
    /// `bigint`
    Int(Option<i64>),
    /// `text`, without NUL
    Text(Option<&'a str>),
    /// `bytea`
    Bytes(Option<&'a [u8]>),
}

impl Given<'_> {
    fn number(self) -> u32 {
        match self {
            Self::Int(_) => INT8,
            Self::Text(_) => TEXT,
            Self::Bytes(_) => BYTEA,
        }
    }
}

/// Why a statement was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// There is no connection, or there is none any more. What was under way was done or was not: nobody knows.
    Lost(String),
    /// The server does not let us in.
    Login(String),
    /// The server says no. Codes: PostgreSQL's appendix A.
    Refused {
        /// Five characters.
        code: String,
        /// Its words.
        message: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(why) | Self::Login(why) => f.write_str(why),
            Self::Refused { code, message } => write!(f, "{message} ({code})"),
        }
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Login(why) | Trouble::Password(why) => Self::Login(why),
            Trouble::Silent(time) => Self::Lost(format!("no answer for {} s", time.as_secs())),
            other => Self::Lost(other.message()),
        }
    }
}

/// A row of an answer: values as PostgreSQL's binary format has them.
#[derive(Debug, Clone)]
pub struct Answer {
    bytes: Bytes,
    cells: Vec<Option<Range<usize>>>,
}

impl Answer {
    fn of(row: &DataRowBody) -> Result<Self, Fault> {
        let cells = row.ranges().collect().map_err(|e| Fault::Lost(e.to_string()))?;
        Ok(Self { bytes: row.buffer_bytes().clone(), cells })
    }

    /// The bytes of a column, counted from 0; inside, nothing where the value is missing. Nothing where there is no such column.
    pub fn cell(&self, column: usize) -> Option<Option<&[u8]>> {
        match self.cells.get(column)? {
            Some(range) => self.bytes.get(range.clone()).map(Some),
            None => Some(None),
        }
    }
}

/// What a statement did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Its rows.
    pub rows: Vec<Answer>,
    /// How many rows it changed, or gave.
    pub count: u64,
}

/// A connection. After [`Fault::Lost`] it is of no more use.
pub struct Client {
    wire: Wire,
    /// Names of prepared statements by their texts.
    prepared: HashMap<String, String>,
    /// Those that the server has not confirmed yet.
    fresh: Vec<String>,
    named: u64,
    queued: usize,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("prepared", &self.prepared.len()).finish_non_exhaustive()
    }
}

impl Client {
    /// Connects and logs in, with settings of the session.
    ///
    /// # Errors
    /// Nobody answers, or we are not let in.
    pub fn open(server: &Server, settings: &[(&str, &str)]) -> Result<Self, Fault> {
        let wire = Wire::connect_with(server, settings, MOST)?;
        Ok(Self { wire, prepared: HashMap::new(), fresh: Vec::new(), named: 0, queued: 0 })
    }

    /// Statements of our own without values, in one text, that give nothing back.
    ///
    /// # Errors
    /// The connection is lost, or the server says no.
    pub fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        self.finish()?;
        self.wire.ask(sql)?;
        self.hear().map(drop)
    }

    /// Has a statement done some time before the next that is waited for. Places of values are written `?1`, `?2`.
    ///
    /// # Errors
    /// The connection is lost; the server says no to this statement or to one before it.
    pub fn queue(&mut self, sql: &str, given: &[Given<'_>]) -> Result<(), Fault> {
        let name = match self.prepared.get(sql) {
            Some(name) => name.clone(),
            None => {
                self.named += 1;
                let name = format!("g{}", self.named);
                let kinds = given.iter().map(|value| value.number());
                self.wire.say(|out| frontend::parse(&name, &sql.replace('?', "$"), kinds, out))?;
                self.prepared.insert(sql.to_owned(), name.clone());
                self.fresh.push(sql.to_owned());
                name
            }
        };
        self.wire.say(|out| {
            let bound = frontend::bind("", &name, [1], given.iter().copied(), write, [1], out);
            bound.map_err(|error| match error {
                frontend::BindError::Conversion(error) => std::io::Error::other(error),
                frontend::BindError::Serialization(error) => error,
            })?;
            frontend::execute("", 0, out)
        })?;
        self.queued += 1;
        if self.queued >= STATEMENTS || self.wire.waiting() >= BYTES {
            self.finish()?;
        }
        Ok(())
    }

    /// Does a statement, after those that were queued.
    ///
    /// # Errors
    /// As [`queue`](Self::queue).
    pub fn ask(&mut self, sql: &str, given: &[Given<'_>]) -> Result<Outcome, Fault> {
        if self.queued + 1 >= STATEMENTS {
            self.finish()?;
        }
        let before = self.queued;
        self.queue(sql, given)?;
        if self.queued <= before {
            // It was so large that it has been heard already: such a statement is one that nobody asks for rows.
            return Ok(Outcome::default());
        }
        self.wire.say(|out| {
            frontend::sync(out);
            Ok(())
        })?;
        self.hear()
    }

    /// Waits until everything that was queued is done.
    ///
    /// # Errors
    /// As [`queue`](Self::queue).
    pub fn finish(&mut self) -> Result<(), Fault> {
        if self.queued == 0 {
            return Ok(());
        }
        self.wire.say(|out| {
            frontend::sync(out);
            Ok(())
        })?;
        self.hear().map(drop)
    }

    /// Hears answers until the server is ready: that of the last statement counts.
    fn hear(&mut self) -> Result<Outcome, Fault> {
        self.queued = 0;
        let (mut outcome, mut refused) = (Outcome::default(), None);
        loop {
            match self.wire.next()? {
                // Another statement begins.
                Message::BindComplete => outcome = Outcome::default(),
                Message::DataRow(row) => outcome.rows.push(Answer::of(&row)?),
                Message::CommandComplete(body) => {
                    let tag = body.tag().map_err(|e| Fault::Lost(e.to_string()))?;
                    outcome.count = tag.rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
                }
                Message::ErrorResponse(body) => {
                    let (code, message) = told(&body);
                    // Administrators' shutdowns and crashes: the connection goes with them.
                    if code.starts_with("57P") {
                        return Err(Fault::Lost(message));
                    }
                    refused.get_or_insert(Fault::Refused { code, message });
                }
                Message::ReadyForQuery(_) => break,
                _ => {}
            }
        }
        let fresh = std::mem::take(&mut self.fresh);
        match refused {
            None => Ok(outcome),
            Some(fault) => {
                // Whether the server has got to preparing them does not matter: their next names are others.
                for sql in fresh {
                    self.prepared.remove(&sql);
                }
                Err(fault)
            }
        }
    }
}

fn write(value: Given<'_>, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
    match value {
        Given::Int(Some(n)) => out.put_i64(n),
        Given::Text(Some(text)) => out.put_slice(text.as_bytes()),
        Given::Bytes(Some(bytes)) => out.put_slice(bytes),
        Given::Int(None) | Given::Text(None) | Given::Bytes(None) => return Ok(IsNull::Yes),
    }
    Ok(IsNull::No)
}
