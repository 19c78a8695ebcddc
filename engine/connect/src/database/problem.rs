//! Findings about databases. The prose is in the catalogue (`engine/lang/findings/data.tsv`). No function here is given a password.

use crate::config::Connection;
use guiju_lang::finding::{Arg, At, Code, Finding, codes::data as codes};
use std::time::Duration;

/// Why a database does not give what it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nobody answers there.
    Unreachable(String),
    /// It does not let us in.
    Login(String),
    /// We do not know the password: what it says where the password should be.
    Password(String),
    /// It stopped answering.
    Silent(Duration),
    /// What it says is not what its kind says, or it hung up.
    Broken(String),
    /// There is no such table; the nearest name, if one is near.
    NoTable(Option<String>),
    /// It does not run the statement.
    Statement(String),
    /// A text that is not UTF-8, in this column.
    NotText(String),
    /// Somebody asked to stop.
    Stopped,
}

impl Trouble {
    /// Whether a copy may stand in: the database is not there, as opposed to there and saying no.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Silent(_) | Self::Broken(_))
    }

    /// What it says itself, for a sentence about something else.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Unreachable(m) | Self::Login(m) | Self::Password(m) | Self::Broken(m) | Self::Statement(m) => {
                m.clone()
            }
            Self::Silent(time) => format!("{} s", time.as_secs()),
            Self::NoTable(_) | Self::NotText(_) | Self::Stopped => String::new(),
        }
    }

    /// As a finding; `object` is the table or query in question.
    pub(crate) fn finding(&self, connection: &Connection, object: &str) -> Finding {
        let about = |code: Code| Finding::new(code, At::Nowhere).name("connection", &connection.name);
        let saying = |code: Code, message: &str| about(code).arg("message", plain(message));
        match self {
            Self::Unreachable(m) => saying(codes::DATABASE_UNREACHABLE, m),
            Self::Login(m) => {
                let user = connection.server.as_ref().map(|s| s.user.as_str()).unwrap_or_default();
                saying(codes::DATABASE_LOGIN, m).name("user", user)
            }
            Self::Password(m) => {
                let place = connection.server.as_ref().map(|s| s.password.place()).unwrap_or_default();
                saying(codes::PASSWORD_ABSENT, m).name("place", &place)
            }
            Self::Silent(time) => about(codes::DATABASE_SILENT)
                .arg("seconds", Arg::Count(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))),
            Self::Broken(m) => saying(codes::DATABASE_BROKEN, m),
            Self::NoTable(near) => {
                let mut finding = about(codes::DATABASE_TABLE_ABSENT).arg("object", short(object));
                finding.suggestions.extend(near.clone());
                finding
            }
            Self::Statement(m) => saying(codes::DATABASE_STATEMENT, m).arg("object", short(object)),
            Self::NotText(column) => {
                let path = super::shown(connection, object);
                Finding::new(codes::NOT_UTF8, At::Data { path, row: None, column: Some(column.clone()), byte: None })
            }
            Self::Stopped => Finding::new(guiju_lang::finding::codes::cli::INTERRUPTED, At::Nowhere),
        }
    }
}

/// A copy stands in for a database that is not there.
pub(super) fn copy_used(connection: &Connection, why: &Trouble, taken: &str, age: Duration) -> Finding {
    Finding::new(codes::COPY_USED, At::Nowhere)
        .name("connection", &connection.name)
        .arg("message", plain(&why.message()))
        .arg("taken", plain(taken))
        .arg("age", plain(&span(age)))
}

/// A copy could have stood in, but it is too old.
pub(super) fn copy_too_old(connection: &Connection, taken: &str, age: Duration) -> Finding {
    Finding::new(codes::COPY_TOO_OLD, At::Nowhere)
        .name("connection", &connection.name)
        .arg("taken", plain(taken))
        .arg("age", plain(&span(age)))
        .arg("most", plain(&span(connection.keep.most())))
}

/// There is a copy, but of other columns or tables.
pub(super) fn copy_absent(connection: &Connection, object: &str) -> Finding {
    Finding::new(codes::COPY_ABSENT, At::Nowhere).name("connection", &connection.name).arg("object", short(object))
}

/// A time as `guiju.yaml` writes it: `90s`, `15m`, `6h`, `3d`; never longer than it is.
pub fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

fn plain(text: &str) -> Arg {
    Arg::Plain(text.chars().take(300).collect())
}

fn short(object: &str) -> Arg {
    let line: String = object.split_whitespace().collect::<Vec<_>>().join(" ");
    Arg::Name(if line.chars().count() > 60 {
        format!("{}…", line.chars().take(60).collect::<String>())
    } else {
        line
    })
}
