//! Something between us and a server that stops forwarding, as a broken network does: nothing is closed, nothing comes.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// What happens after so many bytes from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Silence.
    Hang,
    /// The connection is gone.
    Cut,
}

/// Starts one; gives its port and the bytes it still lets through.
pub(crate) fn start(server: u16, bytes: u64, then: Then) -> (u16, Arc<AtomicU64>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let left = Arc::new(AtomicU64::new(bytes));
    let shared = Arc::clone(&left);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                // Who has given up on us closes, and the server is told.
                drop(std::io::copy(&mut from, &mut to));
                drop(to.shutdown(Shutdown::Both));
            });
            let left = Arc::clone(&shared);
            thread::spawn(move || forward(server, client, &left, then));
        }
    });
    (port, left)
}

fn forward(mut from: TcpStream, mut to: TcpStream, left: &AtomicU64, then: Then) {
    let mut buffer = [0; 4096];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer) else { return };
        let allowed = left.load(Ordering::SeqCst).min(count as u64);
        left.fetch_sub(allowed, Ordering::SeqCst);
        if to.write_all(&buffer[..allowed as usize]).is_err() {
            return;
        }
        if allowed < count as u64 {
            match then {
                Then::Cut => drop(to.shutdown(Shutdown::Both)),
                // This end stays open; longer than anybody waits for it.
                Then::Hang => thread::sleep(Duration::from_secs(10)),
            }
            return;
        }
    }
}
