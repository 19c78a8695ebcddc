//! YAML, behind one door: the only module that knows which library reads it.
//!
//! The library forgets where a value stood, so [`Document::place`] finds keys again in the text; good enough for findings.

use guiju_lang::finding::Span;

/// A YAML text is refused beyond this size: configuration and calendars are small.
pub const MAX_BYTES: usize = 4 << 20;

/// A value. Dates stay texts.
#[derive(Debug, Clone, PartialEq)]
pub enum Yaml {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Yaml>),
    /// Keys and values, in order.
    Map(Vec<(String, Yaml)>),
}

/// A parsed text.
#[derive(Debug, Clone)]
pub struct Document {
    /// The whole value.
    pub root: Yaml,
    text: String,
    /// Where keys and their values stand, if whoever read them said so.
    places: Vec<(Vec<String>, Span, Span)>,
}

/// Why a text is not YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What the library says.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// Reads a text. Aliases that explode, deep nesting and doubled keys are refused by the library.
pub fn parse(text: &str) -> Result<Document, Broken> {
    if text.len() > MAX_BYTES {
        return Err(Broken { message: format!("larger than {} MiB", MAX_BYTES >> 20), span: Span::default() });
    }
    let value: serde_yaml::Value = serde_yaml::from_str(text).map_err(|e| broken(text, &e))?;
    let root = convert(value).map_err(|message| Broken { message, span: Span::default() })?;
    Ok(Document::placed(root, text.to_owned(), Vec::new()))
}

fn broken(text: &str, error: &serde_yaml::Error) -> Broken {
    let at = error.location().map_or(0, |l| l.index().min(text.len()));
    let mut message = error.to_string();
    if let Some(cut) = message.rfind(" at line ") {
        message.truncate(cut);
    }
    let end = text.get(at..).and_then(|t| t.find('\n')).map_or(text.len(), |n| at + n);
    Broken { message, span: Span::new(at, end.max(at)) }
}

fn convert(value: serde_yaml::Value) -> Result<Yaml, String> {
    use serde_yaml::Value as V;
    Ok(match value {
        V::Null => Yaml::Null,
        V::Bool(b) => Yaml::Bool(b),
        V::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(i), _) => Yaml::Integer(i),
            (None, Some(f)) => Yaml::Real(f),
            (None, None) => return Err(format!("number {n} is out of range")),
        },
        V::String(s) => Yaml::Text(s),
        V::Sequence(items) => Yaml::List(items.into_iter().map(convert).collect::<Result<_, _>>()?),
        V::Mapping(map) => Yaml::Map(
            map.into_iter()
                .map(|(k, v)| match convert(k)? {
                    Yaml::Text(k) => Ok((k, convert(v)?)),
                    Yaml::Integer(k) => Ok((k.to_string(), convert(v)?)),
                    Yaml::Bool(k) => Ok((k.to_string(), convert(v)?)),
                    // `null:` is a key of ours, and YAML reads it as nothing.
                    Yaml::Null => Ok(("null".to_owned(), convert(v)?)),
                    _ => Err("a key must be a text".to_owned()),
                })
                .collect::<Result<_, String>>()?,
        ),
        V::Tagged(t) => return Err(format!("tag {} is not used here", t.tag)),
    })
}

impl Document {
    /// A value, and where its keys stand: the keys on the way to it, the last one's place, its value's place.
    pub(crate) fn placed(root: Yaml, text: String, places: Vec<(Vec<String>, Span, Span)>) -> Self {
        Self { root, text, places }
    }

    fn known(&self, path: &[&str]) -> Option<(Span, Span)> {
        let (_, key, of) = self.places.iter().find(|(known, ..)| known == path)?;
        Some((*key, *of))
    }

    /// Where the key at the end of `path` stands: each key is looked for after the one before it.
    pub fn place(&self, path: &[&str]) -> Span {
        if !self.places.is_empty() {
            let known = (1..=path.len()).rev().find_map(|upto| self.known(&path[..upto]));
            return known.map(|(key, _)| key).unwrap_or_default();
        }
        let mut from = 0;
        let mut found = Span::default();
        for key in path {
            match find_key(&self.text, from, key) {
                Some(at) => {
                    found = Span::new(at, at + key.len());
                    from = at + key.len();
                }
                None => break,
            }
        }
        found
    }

    /// Where a scalar stands, looked for after the key at the end of `path`.
    pub fn place_of_value(&self, path: &[&str], value: &str) -> Span {
        let key = self.place(path);
        let from = self.known(path).map_or(key.end, |(_, of)| of.start) as usize;
        match self.text.get(from..).and_then(|t| t.find(value)) {
            Some(n) if !value.is_empty() => Span::new(from + n, from + n + value.len()),
            _ => key,
        }
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The first place from `from` on where `key` stands as a key: after a line's start, a blank, `{`, `,`, `-` or a quote, and before a colon.
fn find_key(text: &str, from: usize, key: &str) -> Option<usize> {
    if key.is_empty() {
        return None;
    }
    let mut at = from;
    while let Some(n) = text.get(at..)?.find(key) {
        let start = at + n;
        let end = start + key.len();
        let before = text.get(..start)?.chars().next_back();
        let after = text.get(end..)?.trim_start_matches(['"', '\'']).trim_start_matches([' ', '\t']);
        let line = text.get(..start)?.rsplit('\n').next().unwrap_or_default();
        let free = before.is_none_or(|c| c.is_whitespace() || "{,-\"'".contains(c));
        if free && after.starts_with(':') && !line.trim_start().starts_with('#') {
            return Some(start);
        }
        at = end;
    }
    None
}

impl Yaml {
    /// The entries, if it is a map.
    pub fn entries(&self) -> Option<&[(String, Yaml)]> {
        match self {
            Self::Map(m) => Some(m),
            _ => None,
        }
    }
    /// A key's value, if it is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        self.entries()?.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(t),
            _ => None,
        }
    }
    /// The items, if it is a list.
    pub fn items(&self) -> Option<&[Yaml]> {
        match self {
            Self::List(l) => Some(l),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_again() {
        let text = "# kind: no\nconnections:\n  crm: { kind: csv, path: x }\n  desk:\n    kind: sqlite\n";
        let d = parse(text).unwrap();
        let at = d.place(&["connections", "desk", "kind"]);
        assert_eq!(&text[at.range()], "kind");
        assert!(at.start as usize > text.find("desk").unwrap());
        assert_eq!(d.place(&["connections", "crm", "kind"]).start as usize, text.find("kind: csv").unwrap());
        assert_eq!(&text[d.place_of_value(&["connections", "desk", "kind"], "sqlite").range()], "sqlite");
    }

    #[test]
    fn broken_texts_say_where() {
        let b = parse("a: 1\nb: [1, 2\nc: 3\n").unwrap_err();
        assert!(b.span.start > 0, "{b:?}");
        assert!(parse("a: 1\na: 2\n").is_err(), "a doubled key");
        assert!(parse(&"x".repeat(MAX_BYTES + 1)).is_err());
    }
}
