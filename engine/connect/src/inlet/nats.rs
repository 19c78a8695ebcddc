//! A JetStream subject as a stream: a thread asks for messages and keeps some of them ready; the partition is the stream, the offset a
//! message's sequence in it.

use super::{Address, Backlog, Bell, Chunk, Data, Inlet, MOST_BYTES, MOST_MESSAGES, Message, Opening, Settled, Taken};
use crate::{
    config::{Nats as Config, Password},
    nats::{is_subject, pull::Pull},
    problem,
};
use guiju_lang::finding::Finding;
use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Between two looks whether anybody still wants messages.
const LOOK: Duration = Duration::from_millis(100);
/// Between two tries of a server that does not answer.
const AGAIN: Duration = Duration::from_millis(500);

struct Nats {
    connection: String,
    config: Config,
    subject: String,
    bell: Bell,
    shared: Arc<Shared>,
    /// The thread's, until it begins.
    secret: Option<Password>,
}

#[derive(Default)]
struct Shared {
    ready: Mutex<Ready>,
    /// There is room, or it is over.
    room: Condvar,
}

#[derive(Default)]
struct Ready {
    messages: VecDeque<Message>,
    bytes: usize,
    partition: String,
    /// Of each partition, how far it was taken or stands here.
    after: Taken,
    /// Why nothing comes.
    trouble: Option<String>,
    over: bool,
}

pub(super) fn open(opening: &Opening<'_>) -> Result<Box<dyn Inlet>, Finding> {
    let connection = opening.connection;
    let absent = || problem::cannot_read_here(&connection.name, connection.kind.word());
    let config = connection.nats.clone().ok_or_else(absent)?;
    let subject = opening.object.unwrap_or_default().to_owned();
    if !is_subject(&subject) {
        return Err(problem::server_trouble(&connection.name, "`topic` names no subject"));
    }
    let lost = |reason: String| problem::secret_absent(&connection.name, &config.secret.place(), &reason);
    let secret = config.secret.find().map_err(lost)?;
    let (connection, bell) = (connection.name.clone(), opening.bell.clone());
    let shared = Arc::default();
    Ok(Box::new(Nats { connection, config, subject, bell, shared, secret: Some(secret) }))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room: how many messages there is room for; nothing if it is over.
    fn room(&self) -> Option<usize> {
        let full =
            |ready: &mut Ready| !ready.over && (ready.messages.len() >= MOST_MESSAGES || ready.bytes >= 2 * MOST_BYTES);
        let ready = self.room.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        (!ready.over).then(|| MOST_MESSAGES - ready.messages.len())
    }
}

/// Asks until it is over.
fn pull(config: &Config, secret: &Password, subject: &str, shared: &Shared, bell: &Bell) {
    while !shared.lock().over {
        let reason = connected(config, secret, subject, shared, bell);
        let Err(reason) = reason else { return };
        shared.lock().trouble = Some(reason);
        bell.ring();
        let ready = shared.lock();
        drop(shared.room.wait_timeout_while(ready, AGAIN, |ready| !ready.over));
    }
}

fn connected(config: &Config, secret: &Password, subject: &str, shared: &Shared, bell: &Bell) -> Result<(), String> {
    let after = |partition: &str| shared.lock().after.get(partition).copied().unwrap_or(0);
    let (mut pull, stream) = Pull::open(config, secret, subject, after)?;
    {
        let mut ready = shared.lock();
        if ready.partition != stream.partition {
            // What stands here of another stream is taken first.
            if !ready.messages.is_empty() {
                return Err("another stream holds the subject now".to_owned());
            }
            ready.partition.clone_from(&stream.partition);
        }
        ready.trouble = None;
    }
    while let Some(room) = shared.room() {
        // A request is for few, so that long messages do not come in thousands.
        let Some(pulled) = pull.next(room.min(256), LOOK)? else { continue };
        let mut ready = shared.lock();
        ready.bytes += pulled.body.len();
        ready.after.insert(stream.partition.clone(), pulled.sequence);
        ready.messages.push_back(Message { offset: pulled.sequence, body: pulled.body });
        drop(ready);
        bell.ring();
    }
    Ok(())
}

impl Inlet for Nats {
    fn next(&mut self, taken: &Taken) -> Result<Option<Chunk>, Vec<Finding>> {
        if let Some(secret) = self.secret.take() {
            self.shared.lock().after.clone_from(taken);
            let (config, subject) = (self.config.clone(), self.subject.clone());
            let (shared, bell) = (Arc::clone(&self.shared), self.bell.clone());
            let thread = std::thread::Builder::new().name("guiju-nats".to_owned());
            let spawned = thread.spawn(move || pull(&config, &secret, &subject, &shared, &bell));
            if let Err(error) = spawned {
                self.shared.lock().trouble = Some(error.to_string());
            }
        }
        let mut ready = self.shared.lock();
        let partition = ready.partition.clone();
        let before = taken.get(&partition).copied().unwrap_or(0);
        let (mut messages, mut bytes) = (Vec::new(), 0);
        while bytes < MOST_BYTES
            && let Some(message) = ready.messages.pop_front()
        {
            bytes += message.body.len();
            // The thread may have begun before something was taken by another set's hand.
            if message.offset > before {
                messages.push(message);
            }
        }
        ready.bytes -= bytes;
        self.shared.room.notify_all();
        match (messages.last(), &ready.trouble) {
            (Some(last), _) => {
                let address = Address { partition, offset: last.offset };
                Ok(Some(Chunk { address, data: Data::Messages(messages) }))
            }
            (None, Some(reason)) => Err(vec![problem::server_trouble(&self.connection, reason)]),
            (None, None) => Ok(None),
        }
    }

    fn settle(&mut self, _: &Address, _: Settled<'_>) {}

    fn waits(&self) -> bool {
        // What stands here can be asked for again.
        false
    }

    fn backlog(&self, _: &Taken) -> Backlog {
        let ready = self.shared.lock();
        Backlog { count: ready.messages.len() as u64, bytes: ready.bytes as u64, refused: Vec::new() }
    }

    fn close(&mut self) {
        self.shared.lock().over = true;
        self.shared.room.notify_all();
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.close();
    }
}
