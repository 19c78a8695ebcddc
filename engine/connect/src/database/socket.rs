//! A connection to a server, whose every wait ends.

use super::Trouble;
use crate::config::Server;
use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

/// Reads and writes; both give up after the server's `timeout`.
pub(super) struct Socket {
    stream: Box<dyn Both>,
    timeout: Duration,
    /// Between two processes of one machine: nobody can listen.
    pub(super) local: bool,
}

trait Both: Read + Write + Send {}
impl<T: Read + Write + Send> Both for T {}

impl Socket {
    /// Connects; `socket` is the path where a host that is a path means one.
    pub(super) fn connect(server: &Server, socket: &str) -> Result<Self, Trouble> {
        let timeout = server.timeout;
        if server.host.starts_with('/') {
            return Ok(Self { stream: local(socket, timeout)?, timeout, local: true });
        }
        let unreachable = |error: &std::io::Error| Trouble::Unreachable(error.to_string());
        let addresses = (server.host.as_str(), server.port).to_socket_addrs().map_err(|e| unreachable(&e))?;
        let mut last = Trouble::Unreachable(server.host.clone());
        for address in addresses {
            let stream = match TcpStream::connect_timeout(&address, server.connect_timeout) {
                Ok(stream) => stream,
                Err(error) => {
                    last = unreachable(&error);
                    continue;
                }
            };
            let set = stream.set_read_timeout(Some(timeout)).and_then(|()| stream.set_write_timeout(Some(timeout)));
            set.and_then(|()| stream.set_nodelay(true)).map_err(|e| unreachable(&e))?;
            return Ok(Self { stream: Box::new(stream), timeout, local: false });
        }
        Err(last)
    }

    /// Some bytes; none left is a connection that broke off.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Trouble> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Err(Trouble::Broken("it was closed".to_owned())),
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.trouble(&error)),
            }
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush()).map_err(|error| self.trouble(&error))
    }

    fn trouble(&self, error: &std::io::Error) -> Trouble {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Trouble::Silent(self.timeout),
            _ => Trouble::Broken(error.to_string()),
        }
    }
}

#[cfg(unix)]
fn local(path: &str, timeout: Duration) -> Result<Box<dyn Both>, Trouble> {
    let unreachable = |error: std::io::Error| Trouble::Unreachable(format!("{path}: {error}"));
    let stream = std::os::unix::net::UnixStream::connect(path).map_err(unreachable)?;
    stream
        .set_read_timeout(Some(timeout))
        .and_then(|()| stream.set_write_timeout(Some(timeout)))
        .map_err(unreachable)?;
    Ok(Box::new(stream))
}

#[cfg(not(unix))]
fn local(path: &str, _: Duration) -> Result<Box<dyn Both>, Trouble> {
    Err(Trouble::Unreachable(path.to_owned()))
}
