//! A network between two programs, that is cut: with the ends told, or with nobody told anything.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU8, Ordering},
    },
    thread::{sleep, spawn},
    time::Duration,
};

/// What becomes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Both ends are told, and new connections are refused.
    Closed = 1,
    /// Nobody is told: whatever is sent vanishes, also on connections that are made now, for ever.
    Silent = 2,
}

/// A port that leads to another.
pub(crate) struct Network {
    pub(crate) port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// 0: open.
    now: AtomicU8,
    /// What it becomes once so many bytes have passed.
    then: AtomicU8,
    left: AtomicI64,
}

impl Network {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        spawn(move || {
            for near in listener.incoming().flatten() {
                let now = shared.now.load(Ordering::SeqCst);
                let far = TcpStream::connect(("127.0.0.1", port));
                let Ok(far) = far.as_ref().map(|far| far.try_clone().unwrap()) else { continue };
                if now == Cut::Closed as u8 {
                    continue;
                }
                let ends = [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)];
                for (from, to) in ends {
                    let state = Arc::clone(&shared);
                    spawn(move || state.pass(from, to));
                }
            }
        });
        Self { port: own, state }
    }

    /// After so many bytes more, in the middle of whatever that is.
    pub(crate) fn cut(&self, cut: Cut, after: i64) {
        self.state.left.store(after, Ordering::SeqCst);
        self.state.then.store(cut as u8, Ordering::SeqCst);
    }

    /// It is cut, whether anything came or not.
    pub(crate) fn is_cut(&self) -> bool {
        self.state.now.load(Ordering::SeqCst) != 0
    }

    /// New connections go through again.
    pub(crate) fn mend(&self) {
        self.state.then.store(0, Ordering::SeqCst);
        self.state.now.store(0, Ordering::SeqCst);
    }
}

impl State {
    fn pass(&self, mut from: TcpStream, mut to: TcpStream) {
        from.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let mut buffer = [0; 2048];
        let mut lost = false;
        loop {
            let now = self.now.load(Ordering::SeqCst);
            lost |= now == Cut::Silent as u8;
            if now == Cut::Closed as u8 {
                break;
            }
            let count = match from.read(&mut buffer) {
                Ok(0) if lost => {
                    // Not even that is told to the other end.
                    sleep(Duration::from_secs(30));
                    break;
                }
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
                Err(_) => break,
            };
            if lost {
                continue;
            }
            let then = self.then.load(Ordering::SeqCst);
            let bytes = i64::try_from(count).unwrap();
            let left = if then == 0 { i64::MAX } else { self.left.fetch_sub(bytes, Ordering::SeqCst) };
            let passes = usize::try_from(left.clamp(0, bytes)).unwrap();
            if to.write_all(&buffer[..passes]).is_err() {
                break;
            }
            if left < bytes {
                self.now.store(then, Ordering::SeqCst);
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}
