//! Talking to the server: login, questions, answers. One question at a time.

use super::super::{Found, Line, Trouble, socket::Socket};
use crate::config::Server;
use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::{
    IsNull,
    authentication::{
        md5_hash,
        sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256},
    },
    message::{
        backend::{DataRowBody, ErrorResponseBody, Header, Message},
        frontend,
    },
};
use std::io;

/// A message larger than this is not believed: a row is at most 1 GiB there, and of no use here.
const MOST: i32 = 64 << 20;
/// Read from the socket at once.
const CHUNK: usize = 64 << 10;

pub(super) struct Wire {
    socket: Socket,
    incoming: BytesMut,
    outgoing: BytesMut,
    chunk: Vec<u8>,
    most: i32,
}

impl Wire {
    pub(super) fn connect(server: &Server) -> Result<Self, Trouble> {
        Self::connect_with(server, &[], MOST)
    }

    /// With more settings of the session, and another limit to the size of a message.
    pub(super) fn connect_with(server: &Server, more: &[(&str, &str)], most: i32) -> Result<Self, Trouble> {
        let password = server.password.find().map_err(Trouble::Password)?;
        let socket =
            Socket::connect(server, &format!("{}/.s.PGSQL.{}", server.host.trim_end_matches('/'), server.port))?;
        let (incoming, outgoing) = (BytesMut::with_capacity(CHUNK), BytesMut::new());
        let mut wire = Self { socket, incoming, outgoing, chunk: vec![0; CHUNK], most };
        let settings = [
            ("user", server.user.as_str()),
            ("database", &server.database),
            ("application_name", "guiju"),
            ("client_encoding", "UTF8"),
            // How values are written must not depend on the server's own settings.
            ("DateStyle", "ISO, YMD"),
            ("TimeZone", "UTC"),
            ("extra_float_digits", "3"),
        ];
        let settings = settings.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
        frontend::startup_message(settings.chain(more.iter().copied()), &mut wire.outgoing).map_err(|e| broken(&e))?;
        wire.login(&server.user, password.0.as_bytes())?;
        Ok(wire)
    }

    fn login(&mut self, user: &str, password: &[u8]) -> Result<(), Trouble> {
        let mut scram: Option<ScramSha256> = None;
        loop {
            match self.next()? {
                Message::AuthenticationOk | Message::BackendKeyData(_) => {}
                Message::AuthenticationCleartextPassword => {
                    frontend::password_message(password, &mut self.outgoing).map_err(|e| broken(&e))?;
                }
                Message::AuthenticationMd5Password(body) => {
                    let hash = md5_hash(user.as_bytes(), password, body.salt());
                    frontend::password_message(hash.as_bytes(), &mut self.outgoing).map_err(|e| broken(&e))?;
                }
                Message::AuthenticationSasl(body) => {
                    let offered: Vec<String> =
                        body.mechanisms().map(|m| Ok(m.to_owned())).collect().map_err(|e| broken(&e))?;
                    if !offered.iter().any(|m| m == SCRAM_SHA_256) {
                        return Err(Trouble::Login(offered.join(", ")));
                    }
                    let new = scram.insert(ScramSha256::new(password, ChannelBinding::unsupported()));
                    frontend::sasl_initial_response(SCRAM_SHA_256, new.message(), &mut self.outgoing)
                        .map_err(|e| broken(&e))?;
                }
                Message::AuthenticationSaslContinue(body) => {
                    let scram = scram.as_mut().ok_or_else(out_of_order)?;
                    scram.update(body.data()).map_err(|e| broken(&e))?;
                    frontend::sasl_response(scram.message(), &mut self.outgoing).map_err(|e| broken(&e))?;
                }
                Message::AuthenticationSaslFinal(body) => {
                    // The server, too, has to show that it knows the password.
                    scram.as_mut().ok_or_else(out_of_order)?.finish(body.data()).map_err(|e| broken(&e))?;
                }
                Message::ReadyForQuery(_) => return Ok(()),
                Message::ErrorResponse(body) => return Err(refused(&body)),
                _ => return Err(Trouble::Login("this kind of login is not supported".to_owned())),
            }
        }
    }

    /// The next message that says something; what was to be said is said first.
    pub(super) fn next(&mut self) -> Result<Message, Trouble> {
        if !self.outgoing.is_empty() {
            let bytes = self.outgoing.split();
            self.socket.write(&bytes)?;
        }
        loop {
            if let Some(header) = Header::parse(&self.incoming).map_err(|e| broken(&e))?
                && header.len() > self.most
            {
                return Err(Trouble::Broken(format!("a message of {} bytes", header.len())));
            }
            match Message::parse(&mut self.incoming).map_err(|e| broken(&e))? {
                Some(Message::NoticeResponse(_) | Message::ParameterStatus(_) | Message::NotificationResponse(_)) => {}
                Some(message) => return Ok(message),
                None => {
                    let count = self.socket.read(&mut self.chunk)?;
                    self.incoming.extend_from_slice(&self.chunk[..count]);
                }
            }
        }
    }

    /// Has something said before the next message is heard.
    pub(super) fn say(&mut self, message: impl FnOnce(&mut BytesMut) -> io::Result<()>) -> Result<(), Trouble> {
        message(&mut self.outgoing).map_err(|e| broken(&e))
    }

    /// Bytes that are to be said.
    pub(super) fn waiting(&self) -> usize {
        self.outgoing.len()
    }

    /// A statement of our own that gives nothing back.
    pub(super) fn command(&mut self, sql: &str) -> Result<(), Trouble> {
        self.ask(sql)?;
        self.answer(|_| Ok(true))
    }

    /// A question of our own.
    pub(super) fn ask(&mut self, sql: &str) -> Result<(), Trouble> {
        frontend::query(sql, &mut self.outgoing).map_err(|e| broken(&e))
    }

    /// What columns a statement would give. Prepared, so that it is one statement whatever a rulebook writes there.
    pub(super) fn describe(&mut self, sql: &str) -> Result<(), Trouble> {
        let out = &mut self.outgoing;
        let done = frontend::parse("", sql, [], out).and_then(|()| frontend::describe(b'S', "", out));
        frontend::sync(out);
        done.map_err(|e| broken(&e))
    }

    /// Starts a statement and asks for its first rows.
    pub(super) fn fetch(&mut self, sql: &str, rows: i32) -> Result<(), Trouble> {
        let out = &mut self.outgoing;
        frontend::parse("", sql, [], out).map_err(|e| broken(&e))?;
        let nothing = |(), _: &mut BytesMut| Ok(IsNull::Yes);
        let bound = frontend::bind("", "", [], std::iter::empty(), nothing, [], out);
        bound.map_err(|_| Trouble::Statement("it takes parameters".to_owned()))?;
        frontend::execute("", rows, out).map_err(|e| broken(&e))?;
        frontend::flush(out);
        Ok(())
    }

    /// Hears an answer to its end. `take` may say that it has heard enough; then the connection is of no more use.
    pub(super) fn answer(&mut self, take: impl FnMut(Message) -> Result<bool, Trouble>) -> Result<(), Trouble> {
        self.answer_by(0, take)
    }

    /// The same, asking for so many more rows each time.
    pub(super) fn answer_by(
        &mut self,
        rows: i32,
        mut take: impl FnMut(Message) -> Result<bool, Trouble>,
    ) -> Result<(), Trouble> {
        let mut failed = None;
        loop {
            match self.next()? {
                Message::ReadyForQuery(_) => return failed.map_or(Ok(()), Err),
                Message::ErrorResponse(body) => {
                    failed = Some(statement(&body));
                    if rows > 0 {
                        frontend::sync(&mut self.outgoing);
                    }
                }
                Message::PortalSuspended => {
                    frontend::execute("", rows, &mut self.outgoing).map_err(|e| broken(&e))?;
                    frontend::flush(&mut self.outgoing);
                }
                Message::CommandComplete(_) | Message::EmptyQueryResponse if rows > 0 => {
                    frontend::sync(&mut self.outgoing);
                }
                message => {
                    if !take(message)? {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// A row into a line.
pub(super) fn line(row: &DataRowBody, columns: &[Found], line: &mut Line) -> Result<(), Trouble> {
    line.clear();
    let mut ranges = row.ranges();
    let buffer = row.buffer();
    for column in columns {
        match ranges.next().map_err(|e| broken(&e))? {
            Some(Some(range)) => line.value(buffer.get(range).ok_or_else(out_of_order)?, column)?,
            Some(None) => line.missing(),
            None => return Err(out_of_order()),
        }
    }
    Ok(())
}

/// A row of a question of our own.
pub(super) fn texts(row: &DataRowBody) -> Result<Vec<Option<String>>, Trouble> {
    let buffer = row.buffer();
    let text = |range: Option<std::ops::Range<usize>>| {
        Ok(range.and_then(|r| buffer.get(r)).map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
    };
    row.ranges().map(text).collect().map_err(|e| broken(&e))
}

fn broken(error: &io::Error) -> Trouble {
    Trouble::Broken(error.to_string())
}

fn out_of_order() -> Trouble {
    Trouble::Broken("messages out of order".to_owned())
}

/// Code and text of an error.
pub(super) fn told(body: &ErrorResponseBody) -> (String, String) {
    let (mut code, mut message) = (String::new(), String::new());
    let mut fields = body.fields();
    while let Ok(Some(field)) = fields.next() {
        match field.type_() {
            b'C' => code = String::from_utf8_lossy(field.value_bytes()).into_owned(),
            b'M' => message = String::from_utf8_lossy(field.value_bytes()).into_owned(),
            _ => {}
        }
    }
    (code, message)
}

/// While logging in. Classes: PostgreSQL's appendix A; 53 and 57 are a server that cannot just now.
fn refused(body: &ErrorResponseBody) -> Trouble {
    let (code, message) = told(body);
    if code.starts_with("53") || code.starts_with("57") {
        Trouble::Unreachable(message)
    } else {
        Trouble::Login(message)
    }
}

fn statement(body: &ErrorResponseBody) -> Trouble {
    let (code, message) = told(body);
    match code.as_str() {
        // Undefined table, and schema; not allowed to read it.
        "42P01" | "3F000" | "42501" => Trouble::NoTable(None),
        _ if code.starts_with("57P") => Trouble::Broken(message),
        _ => Trouble::Statement(message),
    }
}
