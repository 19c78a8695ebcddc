//! Rows over HTTP: JSON lines, posted to `/OBJECT` of an address that the configuration names.
//!
//! A post is answered with 200 once the transaction that took its rows is durable, and not before. What is not answered may be
//! posted again: a sender who numbers its posts (`Guiju-Partition`, `Guiju-Offset`) is told that they were taken already. Whoever is
//! faster than the rules is told to wait (429), and who comes while the process ends, to come later (503).

use super::{
    Address, Backlog, Bell, Chunk, Data, Inlet, MOST_PARTITIONS, Opening, Settled, Taken,
    request::{Client, Head, Trouble},
};
use crate::{
    config::{Listen, Password},
    problem,
};
use guiju_lang::finding::{Finding, Lang, Sources, render};
use std::{
    collections::{BTreeMap, HashMap},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::{Duration, Instant},
};

/// Of posts without a partition.
const PARTITION: &str = "post";
/// Posts of a source that wait to be taken.
const QUEUE: usize = 64;
/// Connections of an address at once.
const CONNECTIONS: usize = 64;
/// Bytes of bodies of an address that are in memory at once.
const BODIES: usize = 64 << 20;
/// Between two requests of a connection.
const IDLE: Duration = Duration::from_secs(30);
/// For a head.
const HEAD: Duration = Duration::from_secs(10);
/// For a body.
const BODY: Duration = Duration::from_secs(60);
/// For the transaction that takes a post.
const TAKE: Duration = Duration::from_secs(60);

/// Who listens where, so that sources behind one address share it, also while one set takes over from another.
#[derive(Debug, Clone, Default)]
pub struct Hub(Arc<Mutex<BTreeMap<String, Weak<Listener>>>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An address that is listened at, until nobody holds it any more.
#[derive(Debug)]
struct Listener {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What connections see.
#[derive(Debug, Default)]
struct Shared {
    /// `Bearer …`; empty: nobody is asked who he is.
    authorization: Mutex<String>,
    /// The largest body.
    most: AtomicU64,
    routes: Mutex<HashMap<String, Route>>,
    connections: AtomicUsize,
    bodies: AtomicUsize,
    /// Requests that are not answered yet.
    busy: AtomicUsize,
    stop: AtomicBool,
}

#[derive(Debug, Clone)]
struct Route {
    posts: SyncSender<Post>,
    waiting: Arc<Waiting>,
    bell: Bell,
}

#[derive(Debug, Default)]
struct Waiting {
    count: AtomicU64,
    bytes: AtomicU64,
    closed: AtomicBool,
}

#[derive(Debug)]
struct Post {
    partition: String,
    offset: Option<u64>,
    body: Vec<u8>,
    answer: SyncSender<(u16, String)>,
}

struct Http {
    listener: Arc<Listener>,
    path: String,
    posts: Receiver<Post>,
    waiting: Arc<Waiting>,
    /// Whoever waits for what was given.
    current: Vec<(Address, SyncSender<(u16, String)>)>,
    /// It has to wait for what was given.
    put_back: Option<Post>,
}

impl Http {
    fn post(&self) -> Option<Post> {
        let post = self.posts.try_recv().ok()?;
        self.waiting.count.fetch_sub(1, Ordering::SeqCst);
        self.waiting.bytes.fetch_sub(post.body.len() as u64, Ordering::SeqCst);
        Some(post)
    }
}

pub(super) fn open(opening: &Opening<'_>) -> Result<Box<dyn Inlet>, Finding> {
    let connection = opening.connection;
    let Some(listen) = &connection.listen else {
        return Err(problem::cannot_read_here(&connection.name, connection.kind.word()));
    };
    let absent = |reason: String| problem::secret_absent(&connection.name, &listen.token.place(), &reason);
    let token = listen.token.find().map_err(absent)?;
    let listener =
        opening.hub.listener(listen).map_err(|e| problem::cannot_listen(&connection.name, &listen.at, &e))?;
    listener.shared.set(listen, &token);
    let (posts, receiver) = sync_channel(QUEUE);
    let waiting = Arc::new(Waiting::default());
    let path = format!("/{}", opening.object.unwrap_or_default());
    let route = Route { posts, waiting: Arc::clone(&waiting), bell: opening.bell.clone() };
    lock(&listener.shared.routes).insert(path.clone(), route);
    Ok(Box::new(Http { listener, path, posts: receiver, waiting, current: Vec::new(), put_back: None }))
}

impl Hub {
    fn listener(&self, listen: &Listen) -> std::io::Result<Arc<Listener>> {
        let mut all = lock(&self.0);
        all.retain(|_, listener| listener.strong_count() > 0);
        if let Some(listener) = all.get(&listen.at).and_then(Weak::upgrade) {
            return Ok(listener);
        }
        let socket = TcpListener::bind(&listen.at)?;
        let (address, shared) = (socket.local_addr()?, Arc::<Shared>::default());
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new().name("guiju-http".to_owned()).spawn(move || accept(&socket, &theirs))?;
        let listener = Arc::new(Listener { address, shared });
        all.insert(listen.at.clone(), Arc::downgrade(&listener));
        Ok(listener)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the one who waits for connections, who sees that it is over.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        // What was decided is still said.
        let until = Instant::now() + Duration::from_secs(2);
        while self.shared.busy.load(Ordering::SeqCst) > 0 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Shared {
    fn set(&self, listen: &Listen, token: &Password) {
        let shown = if token.0.is_empty() { String::new() } else { format!("Bearer {}", token.0) };
        *lock(&self.authorization) = shown;
        self.most.store(listen.most, Ordering::SeqCst);
    }

    /// Compared to its end, so that the time says nothing about the place of the first difference.
    fn knows(&self, authorization: &str) -> bool {
        let wanted = lock(&self.authorization);
        let same = |(a, b): (u8, u8)| usize::from(a != b);
        wanted.is_empty()
            || wanted.len() == authorization.len()
                && wanted.bytes().zip(authorization.bytes()).map(same).sum::<usize>() == 0
    }

    fn reserve(&self, bytes: usize) -> bool {
        let add = |now: usize| now.checked_add(bytes).filter(|then| *then <= BODIES || now == 0);
        self.bodies.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add).is_ok()
    }
}

fn accept(socket: &TcpListener, shared: &Arc<Shared>) {
    for stream in socket.incoming() {
        if shared.stop.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else {
            // Out of descriptors, perhaps: others may be closed meanwhile.
            std::thread::sleep(Duration::from_millis(20));
            continue;
        };
        let set = stream.set_write_timeout(Some(HEAD)).and_then(|()| stream.set_nodelay(true));
        if set.is_err() {
            continue;
        }
        let theirs = Arc::clone(shared);
        let full = shared.connections.fetch_add(1, Ordering::SeqCst) >= CONNECTIONS;
        let thread = std::thread::Builder::new().name("guiju-post".to_owned());
        let spawned = thread.spawn(move || {
            let mut client = Client::of(stream);
            if full {
                // Nobody waits for the answer's end here.
                let _ = client.answer(503, &said("too many connections"), true);
            } else {
                serve(&mut client, &theirs);
            }
            theirs.connections.fetch_sub(1, Ordering::SeqCst);
        });
        if spawned.is_err() {
            shared.connections.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// One request after the other.
fn serve(client: &mut Client, shared: &Shared) {
    loop {
        let head = match client.head(IDLE, HEAD) {
            Ok(head) => head,
            Err(Trouble::Gone) => return,
            Err(Trouble::Bad(status)) => {
                let _ = client.answer(status, &said("not a request that is read here"), true);
                return;
            }
        };
        shared.busy.fetch_add(1, Ordering::SeqCst);
        let answered = match post(client, shared, &head) {
            Ok((status, body)) => client.answer(status, &body, head.close).is_ok() && !head.close,
            // What follows is the rest of a body that nobody reads.
            Err(Some((status, body))) => client.answer(status, &body, true).is_ok_and(|()| false),
            Err(None) => false,
        };
        shared.busy.fetch_sub(1, Ordering::SeqCst);
        if !answered {
            return;
        }
    }
}

type Answer = (u16, String);

/// Takes a post, and waits until it is decided. The error is an answer that is given before the body was read, if there is one.
fn post(client: &mut Client, shared: &Shared, head: &Head) -> Result<Answer, Option<Answer>> {
    let early = |status: u16, why: &str| Err(Some((status, said(why))));
    if !shared.knows(&head.authorization) {
        return early(401, "the token is missing or another");
    }
    let route = lock(&shared.routes).get(&head.path).cloned();
    let Some(route) = route else { return early(404, "no source is here") };
    if head.method != "POST" {
        return early(405, "rows are posted");
    }
    let Some(length) = head.length else { return early(411, "a post needs its length") };
    let most = shared.most.load(Ordering::SeqCst);
    let Some(length) = usize::try_from(length).ok().filter(|_| length <= most) else {
        return early(413, &format!("more than {most} bytes: post less at once"));
    };
    if shared.stop.load(Ordering::SeqCst) || route.waiting.closed.load(Ordering::SeqCst) {
        return early(503, "stopping");
    }
    if route.waiting.count.load(Ordering::SeqCst) >= QUEUE as u64 || !shared.reserve(length) {
        return early(429, "posts wait already");
    }
    let taken = whole(client, &route, head, length);
    shared.bodies.fetch_sub(length, Ordering::SeqCst);
    taken
}

fn whole(client: &mut Client, route: &Route, head: &Head, length: usize) -> Result<Answer, Option<Answer>> {
    if head.expects {
        client.go_on();
    }
    let body = client.body(length, BODY).map_err(|trouble| match trouble {
        Trouble::Gone => None,
        Trouble::Bad(status) => Some((status, said("the body did not come in time"))),
    })?;
    let (answer, decided) = sync_channel(1);
    let partition = head.partition.clone().unwrap_or_else(|| PARTITION.to_owned());
    let post = Post { partition, offset: head.offset, body, answer };
    let Waiting { count, bytes, .. } = &*route.waiting;
    count.fetch_add(1, Ordering::SeqCst);
    bytes.fetch_add(length as u64, Ordering::SeqCst);
    let undo = || {
        count.fetch_sub(1, Ordering::SeqCst);
        bytes.fetch_sub(length as u64, Ordering::SeqCst);
    };
    match route.posts.try_send(post) {
        Ok(()) => {}
        Err(TrySendError::Full(_)) => {
            undo();
            return Ok((429, said("posts wait already")));
        }
        Err(TrySendError::Disconnected(_)) => {
            undo();
            return Ok((503, said("another set takes over, or the process stops")));
        }
    }
    route.bell.ring();
    Ok(match decided.recv_timeout(TAKE) {
        Ok(answer) => answer,
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => (504, said("not taken yet, and may be: number posts")),
        Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => (503, said("not taken")),
    })
}

fn said(error: &str) -> String {
    serde_json::json!({ "error": error }).to_string()
}

impl Inlet for Http {
    fn next(&mut self, taken: &Taken) -> Result<Option<Chunk>, Vec<Finding>> {
        while let Some(Post { partition, offset, body, answer }) = self.put_back.take().or_else(|| self.post()) {
            let before = taken.get(&partition).copied();
            let again = offset.is_some_and(|offset| before.is_some_and(|before| offset <= before));
            if again && self.current.iter().any(|(address, _)| address.partition == partition) {
                // It is true that it was taken once that is durable.
                self.put_back = Some(Post { partition, offset, body, answer });
                return Ok(None);
            }
            let offset = offset.unwrap_or_else(|| before.unwrap_or(0) + 1);
            // A client that has gone hears nothing, and asks again.
            if before.is_some_and(|before| offset <= before) {
                let already = serde_json::json!({ "rows": 0, "already": true, "offset": before });
                let _ = answer.try_send((200, already.to_string()));
            } else if before.is_none() && taken.len() >= MOST_PARTITIONS {
                let _ = answer.try_send((422, said("this source has too many partitions")));
            } else {
                let address = Address { partition, offset };
                self.current.push((address.clone(), answer));
                return Ok(Some(Chunk { address, data: Data::Post(body) }));
            }
        }
        Ok(None)
    }

    fn several(&self) -> bool {
        true
    }

    fn settle(&mut self, address: &Address, settled: Settled<'_>) {
        let Some(at) = self.current.iter().position(|(given, _)| given == address) else { return };
        let (_, answer) = self.current.remove(at);
        let _ = answer.try_send(match settled {
            Settled::Taken(rows) => (200, serde_json::json!({ "rows": rows, "offset": address.offset }).to_string()),
            Settled::Refused(findings) => {
                let findings = render::json(findings, &Sources::new(), Lang::En);
                (422, serde_json::json!({ "error": "not rows of this source", "findings": findings }).to_string())
            }
        });
    }

    fn waits(&self) -> bool {
        self.put_back.is_some() || self.waiting.count.load(Ordering::SeqCst) > 0
    }

    fn backlog(&self, _: &Taken) -> Backlog {
        let Waiting { count, bytes, .. } = &*self.waiting;
        let (count, bytes) = (count.load(Ordering::SeqCst), bytes.load(Ordering::SeqCst));
        Backlog { count, bytes, refused: Vec::new() }
    }

    fn close(&mut self) {
        self.waiting.closed.store(true, Ordering::SeqCst);
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        let mut routes = lock(&self.listener.shared.routes);
        // The next set's may stand there already.
        if routes.get(&self.path).is_some_and(|route| Arc::ptr_eq(&route.waiting, &self.waiting)) {
            routes.remove(&self.path);
        }
    }
}
