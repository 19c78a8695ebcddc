//! From a connection and an object to files: a path, a folder, or a glob; sorted by name.

use crate::{
    config::{Connection, Kind},
    problem,
};
use guiju_lang::finding::Finding;
use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
};

/// A source of more files than this is refused.
pub const MAX_FILES: usize = 100_000;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Parquet.
    Parquet,
    /// Comma separated values.
    Csv,
    /// One JSON object per line.
    JsonLines,
}

impl Format {
    const ALL: [Self; 3] = [Self::Parquet, Self::Csv, Self::JsonLines];

    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Parquet => &["parquet"],
            Self::Csv => &["csv"],
            Self::JsonLines => &["jsonl", "ndjson"],
        }
    }

    /// By the file's name.
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|f| f.extensions().contains(&extension.as_str()))
    }
}

/// The files of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// All of one format.
    pub format: Format,
    /// At least one, sorted.
    pub paths: Vec<PathBuf>,
}

/// How the files of a connection are written, where it says so; nothing if it is none of files.
fn forced(kind: Kind) -> Option<Option<Format>> {
    match kind {
        Kind::Files => Some(None),
        Kind::Csv => Some(Some(Format::Csv)),
        Kind::JsonLines => Some(Some(Format::JsonLines)),
        Kind::Parquet => Some(Some(Format::Parquet)),
        Kind::Sqlite
        | Kind::Postgres
        | Kind::Mysql
        | Kind::Webhook
        | Kind::Standard
        | Kind::Http
        | Kind::Nats
        | Kind::Udp => None,
    }
}

/// Finds the files of `object` behind `connection`.
pub fn locate(connection: &Connection, object: Option<&str>) -> Result<Files, Finding> {
    let Some(forced) = forced(connection.kind) else {
        return Err(problem::cannot_read_here(&connection.name, connection.kind.word()));
    };
    match object {
        // A connection that is itself one file has one table, whatever the rulebook calls it.
        None => at(&connection.path, forced),
        Some(_) if connection.path.is_file() || is_glob(&connection.path) => at(&connection.path, forced),
        Some(object) => {
            let inside = Path::new(object).components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
            if !inside || object.trim().is_empty() {
                return Err(problem::object_outside(&connection.name, object));
            }
            table(connection, object, forced)
        }
    }
}

/// Files of a folder of which not all are looked at: those whose names come last.
const NEWEST: usize = 8;

/// Of a folder in which more and more files lie, some of the last ones; nothing where there are not so many, or they are not all of one
/// format.
pub(crate) fn newest(connection: &Connection, object: &str) -> Option<Files> {
    let inside = Path::new(object).components().all(|c| matches!(c, Component::Normal(_)));
    let forced = forced(connection.kind)?;
    let entries = inside.then(|| fs::read_dir(connection.path.join(object)).ok()).flatten()?;
    let mut last: BTreeSet<PathBuf> = BTreeSet::new();
    let mut all = 0;
    for file in entries.flatten().map(|entry| entry.path()) {
        let hidden = file.file_name().is_some_and(|n| n.to_string_lossy().starts_with(['.', '_']));
        if hidden || Format::of(&file).is_none_or(|f| forced.is_some_and(|w| w != f)) {
            continue;
        }
        all += 1;
        if last.len() < NEWEST || last.first().is_some_and(|first| *first < file) {
            last.insert(file);
            if last.len() > NEWEST {
                last.pop_first();
            }
        }
    }
    let files = (all > NEWEST && last.iter().all(|path| path.is_file())).then(|| last.into_iter().collect())?;
    one_format(files, forced).ok()
}

/// The files of a feed behind `connection`: captures and recordings, whatever they are called.
pub(crate) fn captures(connection: &Connection, object: Option<&str>) -> Result<Vec<PathBuf>, Finding> {
    if connection.kind != Kind::Files {
        return Err(problem::cannot_read_here(&connection.name, connection.kind.word()));
    }
    let path = match object {
        Some(object) if !connection.path.is_file() && !is_glob(&connection.path) => {
            let inside = Path::new(object).components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
            if !inside || object.trim().is_empty() {
                return Err(problem::object_outside(&connection.name, object));
            }
            connection.path.join(object)
        }
        _ => connection.path.clone(),
    };
    let mut paths = match (is_glob(&path), fs::metadata(&path)) {
        (true, _) => expand(&path)?.into_iter().filter(|path| path.is_file()).collect(),
        (false, Ok(meta)) if !meta.is_dir() => vec![path.clone()],
        (false, Ok(_)) => inside(&path)?,
        (false, Err(e)) if e.kind() == std::io::ErrorKind::NotFound => return Err(problem::file_absent(&path, None)),
        (false, Err(e)) => return Err(problem::file_unreadable(&path, &e)),
    };
    if paths.is_empty() {
        return Err(if is_glob(&path) { problem::glob_empty(&path) } else { problem::folder_empty(&path) });
    }
    paths.sort();
    Ok(paths)
}

/// A folder's files. What begins with a dot is somebody's who is still writing.
fn inside(folder: &Path) -> Result<Vec<PathBuf>, Finding> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| problem::file_unreadable(folder, &e))? {
        let file = entry.map_err(|e| problem::file_unreadable(folder, &e))?.path();
        let hidden = file.file_name().is_some_and(|n| n.to_string_lossy().starts_with(['.', '_']));
        if !hidden && file.is_file() {
            paths.push(file);
        }
        if paths.len() > MAX_FILES {
            return Err(problem::too_many_files(folder, MAX_FILES));
        }
    }
    Ok(paths)
}

/// Whether that is a folder without any data file.
pub fn is_empty_folder(connection: &Connection, object: Option<&str>) -> bool {
    let folder = object.map_or_else(|| connection.path.clone(), |object| connection.path.join(object));
    let empty = |entries: fs::ReadDir| !entries.flatten().any(|entry| Format::of(&entry.path()).is_some());
    connection.is_of_files() && locate(connection, object).is_err() && fs::read_dir(folder).is_ok_and(empty)
}

/// `table "customers"`: `customers.parquet`, `customers/`, `customers.csv`, …; exactly one of them, or the very path.
fn table(connection: &Connection, object: &str, forced: Option<Format>) -> Result<Files, Finding> {
    let path = connection.path.join(object);
    if is_glob(Path::new(object)) || path.is_file() {
        return at(&path, forced);
    }
    let mut found: Vec<PathBuf> = Vec::new();
    for format in Format::ALL.into_iter().filter(|f| forced.is_none_or(|w| w == *f)) {
        for extension in format.extensions() {
            let with = connection.path.join(format!("{object}.{extension}"));
            if with.exists() {
                found.push(with);
            }
        }
    }
    if path.is_dir() {
        found.push(path.clone());
    }
    match found.as_slice() {
        [] => {
            let names = names(&connection.path)?;
            Err(problem::file_absent(&path, problem::nearest(object, names.iter().map(String::as_str))))
        }
        [one] => at(one, forced),
        several => {
            let paths = several.iter().map(|p| p.display().to_string()).collect();
            Err(problem::ambiguous(&connection.name, object, paths))
        }
    }
}

/// The tables one could have meant: names in a folder, without their extensions.
fn names(folder: &Path) -> Result<Vec<String>, Finding> {
    let entries = match fs::read_dir(folder) {
        Ok(e) => e,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(problem::file_absent(folder, None)),
        Err(e) => return Err(problem::file_unreadable(folder, &e)),
    };
    Ok(entries.take(MAX_FILES).flatten().filter_map(|e| Some(e.path().file_stem()?.to_str()?.to_owned())).collect())
}

/// A file, a folder's files, or a glob's.
fn at(path: &Path, forced: Option<Format>) -> Result<Files, Finding> {
    if is_glob(path) {
        let mut paths = expand(path)?;
        paths.retain(|p| p.is_file());
        paths.sort();
        if paths.is_empty() {
            return Err(problem::glob_empty(path));
        }
        return one_format(paths, forced);
    }
    let meta = match fs::metadata(path) {
        Ok(m) => m,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(problem::file_absent(path, None)),
        Err(e) => return Err(problem::file_unreadable(path, &e)),
    };
    if !meta.is_dir() {
        return one_format(vec![path.to_owned()], forced);
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(path).map_err(|e| problem::file_unreadable(path, &e))? {
        let file = entry.map_err(|e| problem::file_unreadable(path, &e))?.path();
        let hidden = file.file_name().is_some_and(|n| n.to_string_lossy().starts_with(['.', '_']));
        if !hidden && file.is_file() && Format::of(&file).is_some_and(|f| forced.is_none_or(|w| w == f)) {
            paths.push(file);
        }
        if paths.len() > MAX_FILES {
            return Err(problem::too_many_files(path, MAX_FILES));
        }
    }
    if paths.is_empty() {
        return Err(problem::folder_empty(path));
    }
    paths.sort();
    one_format(paths, forced)
}

fn one_format(paths: Vec<PathBuf>, forced: Option<Format>) -> Result<Files, Finding> {
    if let Some(format) = forced {
        return Ok(Files { format, paths });
    }
    let mut format = None;
    for path in &paths {
        let this = Format::of(path).ok_or_else(|| problem::format_unknown(path))?;
        if *format.get_or_insert(this) != this {
            return Err(problem::formats_mixed(path, &paths[0]));
        }
    }
    match format {
        Some(format) => Ok(Files { format, paths }),
        None => Err(problem::glob_empty(Path::new(""))),
    }
}

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?'])
}

/// Expands `*` and `?`, which stay within one component of the path.
fn expand(pattern: &Path) -> Result<Vec<PathBuf>, Finding> {
    let mut paths = vec![PathBuf::new()];
    for component in pattern.components() {
        let text = component.as_os_str().to_string_lossy();
        if !matches!(component, Component::Normal(_)) || !text.contains(['*', '?']) {
            paths.iter_mut().for_each(|p| p.push(component));
            continue;
        }
        let wanted: Vec<char> = text.chars().collect();
        let mut next = Vec::new();
        for folder in paths {
            let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder.as_path() };
            let Ok(entries) = fs::read_dir(here) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let text: Vec<char> = name.to_string_lossy().chars().collect();
                if text.first() != Some(&'.') && matches(&wanted, &text) {
                    next.push(folder.join(&name));
                }
                if next.len() > MAX_FILES {
                    return Err(problem::too_many_files(pattern, MAX_FILES));
                }
            }
        }
        paths = next;
    }
    Ok(paths)
}

/// Wildcards without recursion: on a mismatch, the last `*` takes one more.
fn matches(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t, mut back) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p.min(pattern.len())..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        let m = |p: &str, t: &str| matches(&p.chars().collect::<Vec<_>>(), &t.chars().collect::<Vec<_>>());
        assert!(
            m("*.csv", "客户.csv") && m("part-??.parquet", "part-00.parquet") && m("*", "") && m("a*b*c", "aXbYbZc")
        );
        assert!(!m("*.csv", "x.csv.gz") && !m("?", "") && !m("a*b", "ac"));
    }
}
