//! PostgreSQL: a session of its own for everybody who asks, found again when it is gone.
//!
//! One process writes. It holds an advisory lock, by which a second one is refused, and a token, by which one that was replaced without
//! knowing is kept from writing: every transaction first looks, under a lock on that row, whether the token is still its own. The lock
//! is politeness and may be lost with a connection; the token is what nothing gets past.
//!
//! A connection that breaks may have taken an answer with it. A question is simply asked again. A transaction is begun again, and the
//! first thing it does, once what was under way is over, is to look whether it was done before.

use super::{
    Row, SqlError, Value,
    writer::{Wait, Writer},
};
use guiju_connect::{
    config::Base,
    database::{Answer, Client, Fault, Given, Outcome},
};
use std::{
    cell::RefCell,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a new writer waits for the session of one that was killed to be noticed by the server.
const GRACE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(50);

/// What somebody may do.
enum Role {
    /// Look; and change a line that the one who writes reads, such as a decision about a letter.
    Guest,
    /// Write.
    Writer(Arc<Writer>),
}

/// A connection to a database that is found again when it is lost.
pub(in super::super) struct Remote {
    base: Arc<Base>,
    role: Role,
    /// As the server knows our session: nobody else is called so.
    name: String,
    /// This is the connection whose session holds the lock.
    locks: bool,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    client: Option<Client>,
    /// There was a connection once.
    before: bool,
    /// A transaction is open.
    within: bool,
    locked: bool,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How much of the history a transaction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Scope {
    /// Its order: no other of this kind is under way.
    History,
    /// A row of its own.
    Line,
    /// It is begun again: whatever was under way is over first.
    Again,
}

impl Remote {
    /// For whoever looks.
    pub(in super::super) fn look(base: &Base) -> Result<Self, SqlError> {
        let remote = Self::new(Arc::new(base.clone()), Role::Guest, "guiju".to_owned());
        remote.connect(&mut remote.state.borrow_mut())?;
        Ok(remote)
    }

    /// For the one who writes; or whoever holds it, if another process does. `migrate` is given the format of the tables.
    pub(in super::super) fn hold(
        base: &Base,
        holder: &str,
        migrate: &dyn Fn(&mut Client, i64) -> Result<(), SqlError>,
    ) -> Result<Result<Self, Option<String>>, SqlError> {
        let mut remote = Self::look(base)?;
        remote.locks = true;
        let since = Instant::now();
        loop {
            let state = &mut *remote.state.borrow_mut();
            remote.lock(state)?;
            if state.locked {
                break;
            }
            if since.elapsed() > GRACE {
                let client = remote.connect(state)?;
                let asked = client.ask("SELECT holder FROM writer", &[]);
                // It may be just about to make the tables.
                let holder = asked.ok().and_then(|told| text(told.rows.first()?.cell(0)??));
                return Ok(Err(holder));
            }
            std::thread::sleep(LOOK);
        }
        let found = remote.version()?;
        let token = {
            let state = &mut *remote.state.borrow_mut();
            let client = remote.connect(state)?;
            migrate(client, found)?;
            client.queue("BEGIN", &[])?;
            // Whoever writes just now is waited for.
            client.queue("SELECT 1 FROM writer FOR UPDATE", &[])?;
            let next = "UPDATE writer SET token = token + 1, holder = ?1 RETURNING token";
            let told = client.ask(next, &[Given::Text(Some(holder))])?;
            client.ask("COMMIT", &[])?;
            told.rows.first().and_then(|row| int(row.cell(0)??)).ok_or(SqlError::Odd(0))?
        };
        remote.name = remote.session(token, 0);
        let called = "SELECT set_config('application_name', ?1, false)";
        remote.once(called, &[Value::from(&remote.name)])?;
        let writer = Writer::new(token);
        remote.role = Role::Writer(Arc::new(writer));
        Ok(Ok(remote))
    }

    /// The same, without a connection yet.
    pub(in super::super) fn another(&self) -> Self {
        let role = match &self.role {
            Role::Writer(writer) => Role::Writer(Arc::clone(writer)),
            Role::Guest => Role::Guest,
        };
        Self::new(Arc::clone(&self.base), role, self.name.clone())
    }

    /// Another connection of the same process, which writes as well.
    pub(in super::super) fn beside(&self) -> Result<Self, SqlError> {
        let Role::Writer(writer) = &self.role else { return Self::look(&self.base) };
        let name = self.session(writer.token, writer.next_connection());
        Ok(Self::new(Arc::clone(&self.base), Role::Writer(Arc::clone(writer)), name))
    }

    /// A name that no other session of the database has.
    fn session(&self, token: i64, number: u64) -> String {
        format!("guiju {:016x} {token}-{number}", self.key())
    }

    /// The store's number among those of the database.
    fn key(&self) -> i64 {
        let schema = blake3::derive_key("guiju store 2026 the one who writes", self.base.schema.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&schema[..8]);
        i64::from_be_bytes(first)
    }

    fn new(base: Arc<Base>, role: Role, name: String) -> Self {
        Self { base, role, name, locks: false, state: RefCell::default() }
    }

    pub(in super::super) fn writer(&self) -> Option<&Arc<Writer>> {
        match &self.role {
            Role::Writer(writer) => Some(writer),
            Role::Guest => None,
        }
    }

    /// The format of the tables; 0: there are none.
    pub(in super::super) fn version(&self) -> Result<i64, SqlError> {
        let there =
            "SELECT tablename FROM pg_catalog.pg_tables WHERE CAST(schemaname AS TEXT) = ?1 AND tablename = 'format'";
        if self.ask(there, &[Value::from(&self.base.schema)])?.rows.is_empty() {
            return Ok(0);
        }
        let told = self.ask("SELECT version FROM format", &[])?;
        told.rows.first().and_then(|row| int(row.cell(0)??)).ok_or(SqlError::Odd(0))
    }

    /// Bytes that the tables take on the server's disk.
    pub(in super::super) fn weight(&self) -> Result<u64, SqlError> {
        let query = "SELECT CAST(coalesce(sum(pg_total_relation_size(c.oid)), 0) AS BIGINT) FROM pg_catalog.pg_class c
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                     WHERE CAST(n.nspname AS TEXT) = ?1 AND c.relkind = 'r'";
        let told = self.ask(query, &[Value::from(&self.base.schema)])?;
        Ok(told.rows.first().and_then(|row| int(row.cell(0)??)).map_or(0, i64::unsigned_abs))
    }

    fn connect<'s>(&self, state: &'s mut State) -> Result<&'s mut Client, SqlError> {
        if state.client.is_none() {
            let schema = format!("\"{}\"", self.base.schema.replace('"', "\"\""));
            let settings = [
                ("application_name", self.name.as_str()),
                ("search_path", &schema),
                // A machine that is gone is noticed after half a minute, and keeps nobody waiting longer.
                ("tcp_keepalives_idle", "10"),
                ("tcp_keepalives_interval", "5"),
                ("tcp_keepalives_count", "3"),
                ("idle_in_transaction_session_timeout", "30s"),
            ];
            let mut client = Client::open(&self.base.server, &settings)?;
            // Where the server is told not to wait for its disk: what is published is durable.
            let durable = "SELECT set_config('synchronous_commit', 'on', false)
                           WHERE current_setting('synchronous_commit') = 'off'";
            client.ask(durable, &[])?;
            if state.before && self.writer().is_some() {
                // What is left of our own last session: it may hold locks, and nobody speaks to it any more.
                let ours = "SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
                            WHERE application_name = ?1 AND pid <> pg_backend_pid() AND datname = current_database()";
                client.ask(ours, &[Given::Text(Some(&self.name))])?;
            }
            (state.client, state.before, state.locked) = (Some(client), true, false);
        }
        state.client.as_mut().ok_or_else(|| Fault::Lost(String::new()).into())
    }

    /// Tries to get the lock for the session.
    fn lock(&self, state: &mut State) -> Result<(), SqlError> {
        let key = self.key();
        let query = "SELECT 1 WHERE pg_try_advisory_lock(?1)";
        let told = self.connect(state)?.ask(query, &[Given::Int(Some(key))]);
        state.locked = !Self::heard(state, told)?.rows.is_empty();
        Ok(())
    }

    /// What a question or a change comes to. Outside of transactions it is asked until it is answered.
    pub(super) fn ask(&self, sql: &str, values: &[Value<'_>]) -> Result<Outcome, SqlError> {
        if self.state.borrow().within {
            return self.once(sql, values);
        }
        let mut wait = Wait::default();
        loop {
            let lost = match self.once(sql, values) {
                Err(SqlError::Server(fault @ Fault::Lost(_))) => fault,
                other => {
                    wait.over(self.writer());
                    return other;
                }
            };
            wait.on(self.writer(), lost)?;
        }
    }

    fn once(&self, sql: &str, values: &[Value<'_>]) -> Result<Outcome, SqlError> {
        let state = &mut *self.state.borrow_mut();
        if state.within && state.client.is_none() {
            return Err(Fault::Lost("the connection was lost".to_owned()).into());
        }
        let told = self.connect(state)?.ask(sql, &given(values));
        Self::heard(state, told)
    }

    /// Has a change done before the transaction ends.
    pub(super) fn put(&self, sql: &str, values: &[Value<'_>]) -> Result<(), SqlError> {
        let state = &mut *self.state.borrow_mut();
        let told = match &mut state.client {
            Some(client) => client.queue(sql, &given(values)),
            None => Err(Fault::Lost("the connection was lost".to_owned())),
        };
        Self::heard(state, told)
    }

    /// Waits until all that was put is done.
    pub(super) fn finish(&self) -> Result<(), SqlError> {
        let state = &mut *self.state.borrow_mut();
        let told = state.client.as_mut().map_or(Ok(()), Client::finish);
        Self::heard(state, told)
    }

    fn heard<T>(state: &mut State, told: Result<T, Fault>) -> Result<T, SqlError> {
        if matches!(told, Err(Fault::Lost(_))) {
            state.client = None;
        }
        Ok(told?)
    }

    /// Everything that is asked meanwhile is answered as it was at one moment. A connection that breaks meanwhile breaks the moment.
    pub(super) fn moment<T>(&self, look: impl FnOnce() -> T) -> Result<T, SqlError> {
        // One that was cut while nobody used it is found out now, and not in between.
        self.ask("SELECT 1", &[])?;
        self.once("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", &[])?;
        self.state.borrow_mut().within = true;
        let seen = look();
        self.roll_back();
        Ok(seen)
    }

    /// A transaction, begun again as long as connections break under it. `settled` says whether an earlier try was done after all.
    pub(super) fn write<T>(
        &self,
        scope: Scope,
        work: &mut dyn FnMut() -> Result<T, SqlError>,
        settled: &mut dyn FnMut() -> Result<Option<T>, SqlError>,
    ) -> Result<T, SqlError> {
        let mut wait = Wait::default();
        loop {
            let again = wait.has_waited();
            let done = self.attempt(if again { Scope::Again } else { scope }, &mut || {
                let before = if again { settled()? } else { None };
                before.map_or_else(&mut *work, Ok)
            });
            let lost = match done {
                Err(SqlError::Server(fault @ Fault::Lost(_))) => fault,
                // The server has ended it, of several that stood in each other's way.
                Err(SqlError::Server(Fault::Refused { code, message })) if code.starts_with("40") => {
                    self.roll_back();
                    Fault::Lost(message)
                }
                done => {
                    if done.is_err() {
                        self.roll_back();
                    }
                    wait.over(self.writer());
                    return done;
                }
            };
            self.state.borrow_mut().within = false;
            wait.on(self.writer(), lost)?;
        }
    }

    fn attempt<T>(&self, scope: Scope, work: &mut dyn FnMut() -> Result<T, SqlError>) -> Result<T, SqlError> {
        {
            let state = &mut *self.state.borrow_mut();
            self.connect(state)?;
            if self.locks && !state.locked {
                self.lock(state)?;
            }
            let begun = self.begin(state, scope);
            if !Self::heard(state, begun)? {
                return Err(SqlError::Taken);
            }
        }
        let done = work()?;
        self.once("COMMIT", &[])?;
        self.state.borrow_mut().within = false;
        Ok(done)
    }

    /// Whether this process is still the one who writes.
    fn begin(&self, state: &mut State, scope: Scope) -> Result<bool, Fault> {
        let Some(client) = &mut state.client else { return Err(Fault::Lost(String::new())) };
        state.within = true;
        client.queue("BEGIN", &[])?;
        let Role::Writer(writer) = &self.role else { return Ok(true) };
        let token = [Given::Int(Some(writer.token))];
        let mine = match scope {
            Scope::History => "SELECT token FROM writer WHERE token = ?1 FOR NO KEY UPDATE",
            Scope::Line => "SELECT token FROM writer WHERE token = ?1 FOR KEY SHARE",
            Scope::Again => "SELECT token FROM writer WHERE token = ?1 FOR UPDATE",
        };
        Ok(!client.ask(mine, &token)?.rows.is_empty())
    }

    fn roll_back(&self) {
        let state = &mut *self.state.borrow_mut();
        state.within = false;
        // A session that cannot even do that is given up. What was put and not yet done fails with the rest.
        let failed = state.client.as_mut().is_some_and(|client| {
            let _ = client.finish();
            client.batch("ROLLBACK").is_err()
        });
        if failed {
            state.client = None;
        }
    }
}

fn given<'v>(values: &[Value<'v>]) -> Vec<Given<'v>> {
    let one = |value: &Value<'v>| match *value {
        Value::Int(n) => Given::Int(n),
        Value::Text(text) => Given::Text(text),
        Value::Bytes(bytes) => Given::Bytes(bytes),
    };
    values.iter().map(one).collect()
}

/// A whole number in PostgreSQL's binary format, of whatever width.
pub(super) fn int(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        8 => bytes.try_into().ok().map(i64::from_be_bytes),
        4 => bytes.try_into().ok().map(|bytes| i64::from(i32::from_be_bytes(bytes))),
        _ => None,
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

/// Rows for whoever reads them.
pub(super) fn each(rows: &[Answer], take: &mut dyn FnMut(&Row<'_>) -> Result<bool, SqlError>) -> Result<(), SqlError> {
    for row in rows {
        if !take(&Row::Remote(row))? {
            return Ok(());
        }
    }
    Ok(())
}
