//! Talking to the server: login, questions, answers. Packets: MySQL's "Client/Server Protocol".

use super::{
    super::{Trouble, socket::Socket},
    proof::{Proof, can_prove},
};
use crate::config::{Password, Server};
use mysql_common::{
    constants::CapabilityFlags,
    io::ParseBuf,
    packets::{AuthPlugin, AuthSwitchRequest, Column, ErrPacket, HandshakePacket, HandshakeResponse},
    proto::MySerialize,
};

/// The largest part of a packet; a part of exactly this size is followed by another.
const PART: usize = 0xff_ffff;
/// A packet larger than this is not believed.
const MOST: usize = 64 << 20;
/// Read from the socket at once.
const CHUNK: usize = 64 << 10;
/// What we speak: no second statement behind a semicolon, and no files of ours for the server.
const SPOKEN: CapabilityFlags = CapabilityFlags::CLIENT_PROTOCOL_41
    .union(CapabilityFlags::CLIENT_SECURE_CONNECTION)
    .union(CapabilityFlags::CLIENT_LONG_PASSWORD)
    .union(CapabilityFlags::CLIENT_LONG_FLAG)
    .union(CapabilityFlags::CLIENT_TRANSACTIONS)
    .union(CapabilityFlags::CLIENT_PLUGIN_AUTH)
    .union(CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA)
    .union(CapabilityFlags::CLIENT_CONNECT_WITH_DB);

pub(super) struct Wire {
    socket: Socket,
    chunk: Vec<u8>,
    /// What of the chunk is still to be taken.
    from: usize,
    to: usize,
    packet: Vec<u8>,
    sequence: u8,
}

/// Part of an answer.
pub(super) enum Answer<'a> {
    Row(&'a [u8]),
    End,
}

impl Wire {
    pub(super) fn connect(server: &Server) -> Result<Self, Trouble> {
        let password = server.password.find().map_err(Trouble::Password)?;
        let socket = Socket::connect(server, &server.host)?;
        let mut wire = Self { socket, chunk: vec![0; CHUNK], from: 0, to: 0, packet: Vec::new(), sequence: 0 };
        wire.login(server, &password)?;
        Ok(wire)
    }

    fn login(&mut self, server: &Server, password: &Password) -> Result<(), Trouble> {
        self.receive()?;
        if let Some(error) = self.error() {
            return Err(login(error));
        }
        let packet = std::mem::take(&mut self.packet);
        let hello: HandshakePacket<'_> = ParseBuf(&packet).parse(()).map_err(|e| broken(&e))?;
        // The server says which one it really wants when it has seen the user.
        let plugin = hello.auth_plugin().filter(can_prove).unwrap_or(AuthPlugin::MysqlNativePassword);
        let mut proof = Proof::of(&plugin, &password.0, &hello.nonce(), self.socket.local)?;
        let response = HandshakeResponse::new(
            Some(proof.first()?),
            (5, 7, 0),
            Some(server.user.as_bytes()),
            Some(server.database.as_bytes()),
            Some(plugin),
            SPOKEN & hello.capabilities(),
            None,
            MOST as u32,
        );
        let mut bytes = Vec::new();
        response.serialize(&mut bytes);
        self.send(&bytes)?;
        loop {
            self.receive()?;
            if let Some(error) = self.error() {
                return Err(login(error));
            }
            let packet = std::mem::take(&mut self.packet);
            let bytes = match packet.as_slice() {
                [0, ..] => return Ok(()),
                [0xfe, ..] => {
                    let wanted: AuthSwitchRequest<'_> = ParseBuf(&packet).parse(()).map_err(|e| broken(&e))?;
                    let plugin = wanted.auth_plugin();
                    proof = Proof::of(&plugin, &password.0, wanted.plugin_data(), self.socket.local)?;
                    Some(proof.first()?)
                }
                [1, more @ ..] => proof.next(more)?,
                _ => return Err(out_of_order()),
            };
            if let Some(bytes) = bytes {
                self.send(&bytes)?;
            }
        }
    }

    /// Puts a question.
    pub(super) fn ask(&mut self, sql: &str) -> Result<(), Trouble> {
        self.sequence = 0;
        let mut bytes = vec![3];
        bytes.extend_from_slice(sql.as_bytes());
        self.send(&bytes)
    }

    /// The answer of a statement that gives no rows.
    pub(super) fn end(&mut self) -> Result<(), Trouble> {
        self.receive()?;
        match self.error() {
            Some(error) => Err(statement(error)),
            None if self.packet.first() == Some(&0) => Ok(()),
            None => Err(out_of_order()),
        }
    }

    /// The columns of an answer.
    pub(super) fn head(&mut self) -> Result<Vec<Column>, Trouble> {
        self.receive()?;
        if let Some(error) = self.error() {
            return Err(statement(error));
        }
        let mut packet = self.packet.as_slice();
        let count = length(&mut packet).filter(|n| *n > 0 && packet.is_empty()).ok_or_else(out_of_order)?;
        let mut columns = Vec::new();
        for _ in 0..count {
            self.receive()?;
            columns.push(ParseBuf(&self.packet).parse(()).map_err(|e| broken(&e))?);
        }
        match self.next()? {
            Answer::End => Ok(columns),
            Answer::Row(_) => Err(out_of_order()),
        }
    }

    /// The next row.
    pub(super) fn next(&mut self) -> Result<Answer<'_>, Trouble> {
        self.receive()?;
        match self.error() {
            Some(error) => Err(statement(error)),
            None if self.packet.first() == Some(&0xfe) && self.packet.len() < 9 => Ok(Answer::End),
            None => Ok(Answer::Row(&self.packet)),
        }
    }

    /// If the packet is an error: its number and its text.
    fn error(&self) -> Option<(u16, String)> {
        if self.packet.first() != Some(&0xff) {
            return None;
        }
        match ParseBuf(&self.packet).parse::<ErrPacket<'_>>(CapabilityFlags::CLIENT_PROTOCOL_41) {
            Ok(packet) if packet.is_error() => {
                let error = packet.server_error();
                Some((error.error_code(), error.message_str().into_owned()))
            }
            _ => Some((0, "an error that cannot be read".to_owned())),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        if bytes.len() >= PART {
            return Err(Trouble::Statement(format!("it has {} bytes", bytes.len())));
        }
        let mut packet = Vec::with_capacity(bytes.len() + 4);
        packet.extend_from_slice(&(bytes.len() as u32).to_le_bytes()[..3]);
        packet.push(self.sequence);
        packet.extend_from_slice(bytes);
        self.sequence = self.sequence.wrapping_add(1);
        self.socket.write(&packet)
    }

    /// The next packet, into `self.packet`.
    fn receive(&mut self) -> Result<(), Trouble> {
        self.packet.clear();
        loop {
            let mut head = [0; 4];
            for byte in &mut head {
                *byte = self.byte()?;
            }
            self.sequence = head[3].wrapping_add(1);
            let part = u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize;
            if self.packet.len() + part > MOST {
                return Err(Trouble::Broken(format!("a packet of {} bytes", self.packet.len() + part)));
            }
            let mut left = part;
            while left > 0 {
                self.fill()?;
                let count = left.min(self.to - self.from);
                self.packet.extend_from_slice(&self.chunk[self.from..self.from + count]);
                self.from += count;
                left -= count;
            }
            if part < PART {
                return Ok(());
            }
        }
    }

    fn byte(&mut self) -> Result<u8, Trouble> {
        self.fill()?;
        let byte = self.chunk[self.from];
        self.from += 1;
        Ok(byte)
    }

    fn fill(&mut self) -> Result<(), Trouble> {
        if self.from == self.to {
            self.to = self.socket.read(&mut self.chunk)?;
            self.from = 0;
        }
        Ok(())
    }
}

/// The next value of a row; `None` if it is missing.
pub(super) fn value<'a>(row: &mut &'a [u8]) -> Result<Option<&'a [u8]>, Trouble> {
    if let [0xfb, rest @ ..] = row {
        *row = rest;
        return Ok(None);
    }
    let count = length(row).and_then(|n| usize::try_from(n).ok()).ok_or_else(out_of_order)?;
    let (value, rest) = row.split_at_checked(count).ok_or_else(out_of_order)?;
    *row = rest;
    Ok(Some(value))
}

/// A length-encoded integer.
fn length(bytes: &mut &[u8]) -> Option<u64> {
    let (first, rest) = bytes.split_first()?;
    let size = match first {
        0..=0xfa => {
            *bytes = rest;
            return Some(u64::from(*first));
        }
        0xfc => 2,
        0xfd => 3,
        0xfe => 8,
        _ => return None,
    };
    let (digits, rest) = rest.split_at_checked(size)?;
    *bytes = rest;
    Some(digits.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)))
}

fn broken(error: &std::io::Error) -> Trouble {
    Trouble::Broken(error.to_string())
}

fn out_of_order() -> Trouble {
    Trouble::Broken("packets out of order".to_owned())
}

/// While logging in. Numbers: MySQL's "Server Error Message Reference"; 1040 is too many connections, 1053 a shutdown.
fn login((code, message): (u16, String)) -> Trouble {
    if matches!(code, 1040 | 1053 | 1203) { Trouble::Unreachable(message) } else { Trouble::Login(message) }
}

fn statement((code, message): (u16, String)) -> Trouble {
    match code {
        // No such table, database; not allowed to read it.
        1146 | 1049 | 1142 | 1143 => Trouble::NoTable(None),
        // A shutdown, a killed query, a killed connection.
        1053 | 1317 | 1927 => Trouble::Broken(message),
        _ => Trouble::Statement(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_row() {
        let mut row: &[u8] = &[2, b'a', b'b', 0xfb, 0xfc, 1, 0, b'x', 0];
        assert_eq!(value(&mut row), Ok(Some(b"ab" as &[u8])));
        assert_eq!(value(&mut row), Ok(None));
        assert_eq!(value(&mut row), Ok(Some(b"x" as &[u8])));
        assert_eq!(value(&mut row), Ok(Some(b"" as &[u8])));
        assert_eq!(value(&mut row), Err(out_of_order()));
        for mut cut in [&[5, b'a'] as &[u8], &[0xfc, 1], &[0xff], &[0xfe, 255, 255, 255, 255, 255, 255, 255, 255]] {
            assert_eq!(value(&mut cut), Err(out_of_order()));
        }
    }
}
