//! The operator's configuration as TOML, read into the same tree as YAML: whatever reads the tree does not know which it was. The only module
//! that knows which library reads it. TOML has no word for nothing, and dates stay texts.

use crate::yaml::{Broken, Document, MAX_BYTES, Yaml};
use guiju_lang::finding::Span;
use toml_span::value::{Table, Value, ValueInner};

/// Brackets within brackets: configuration has four. The library does not count them.
const DEEPEST: usize = 64;

/// Reads a text. Doubled keys are refused by the library.
pub(crate) fn parse(text: &str) -> Result<Document, Broken> {
    let refuse = |message: String, at: usize| Err(Broken { message, span: Span::new(at, at) });
    if text.len() > MAX_BYTES {
        return refuse(format!("larger than {} MiB", MAX_BYTES >> 20), 0);
    }
    if let Some(at) = too_deep(text) {
        return refuse(format!("more than {DEEPEST} brackets or names within one another"), at);
    }
    let root = toml_span::parse(text).map_err(|error| {
        let end = error.span.end.min(text.len()).max(error.span.start.min(text.len()));
        Broken { message: error.kind.to_string(), span: Span::new(error.span.start.min(text.len()), end) }
    })?;
    let mut places = Vec::new();
    let root = convert(root, &mut Vec::new(), &mut places);
    Ok(Document::placed(root, text.to_owned(), places))
}

/// Where so many brackets are open, or so many dots follow each other, that a reader that goes down with each could run out of stack. Those
/// in texts count too: no configuration has them.
fn too_deep(text: &str) -> Option<usize> {
    let (mut open, mut dots) = (0_usize, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            b'.' => dots += 1,
            b'\n' => dots = 0,
            _ => {}
        }
        if open > DEEPEST || dots > DEEPEST {
            return Some(at);
        }
    }
    None
}

type Place = (Vec<String>, Span, Span);

fn convert(mut value: Value<'_>, path: &mut Vec<String>, places: &mut Vec<Place>) -> Yaml {
    match value.take() {
        ValueInner::String(text) => Yaml::Text(text.into_owned()),
        ValueInner::Integer(number) => Yaml::Integer(number),
        ValueInner::Float(number) => Yaml::Real(number),
        ValueInner::Boolean(is) => Yaml::Bool(is),
        ValueInner::Array(items) => Yaml::List(items.into_iter().map(|item| convert(item, path, places)).collect()),
        ValueInner::Table(table) => Yaml::Map(entries(table, path, places)),
    }
}

/// In the order in which they stand; the library sorts them by name.
fn entries(table: Table<'_>, path: &mut Vec<String>, places: &mut Vec<Place>) -> Vec<(String, Yaml)> {
    let mut all: Vec<_> = table.into_iter().collect();
    all.sort_by_key(|(key, _)| key.span.start);
    let one = |(key, value): (toml_span::value::Key<'_>, Value<'_>)| {
        path.push(key.name.clone().into_owned());
        let (name, of) = (key.span, value.span);
        places.push((path.clone(), Span::new(name.start, name.end), Span::new(of.start, of.end)));
        let value = convert(value, path, places);
        path.pop();
        (key.name.into_owned(), value)
    };
    all.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Config, Form},
        yaml,
    };
    use guiju_lang::finding::FileId;
    use std::path::Path;

    #[test]
    fn the_same_tree_as_of_yaml_and_exact_places() {
        let text = "store = \"s\" # 库\n[connections]\nlake = { kind = \"files\", path = \"数据\" }\n\n[connections.\"客户 系统\"]\n\
                    kind = \"csv\"\nnull = [\"\", \"NULL\"]\n[connections.crm]\nkind = \"csv\"\nrows = 7\n";
        let same = "store: s\nconnections:\n  lake: {kind: files, path: 数据}\n  客户 系统: {kind: csv, null: ['', 'NULL']}\n  \
                    crm: {kind: csv, rows: 7}\n";
        let document = parse(text).unwrap();
        assert_eq!(document.root, yaml::parse(same).unwrap().root);
        let kind = document.place(&["connections", "crm", "kind"]);
        assert_eq!((&text[kind.range()], kind.start as usize), ("kind", text.rfind("kind").unwrap()));
        let value = document.place_of_value(&["connections", "lake", "path"], "数据");
        assert_eq!(&text[value.range()], "数据");
        let null = document.place_of_value(&["connections", "客户 系统", "null"], "NULL");
        assert_eq!(&text[null.range()], "NULL");
        // What is not there: the nearest that is.
        let lake = document.place(&["connections", "lake", "pth"]);
        assert_eq!(&text[lake.range()], "lake");
    }

    #[test]
    fn the_page_says_the_same_twice() {
        let page = include_str!("../../../dsl-grammar/reference/connections.md");
        let block = |form: &str| {
            let start = page.find(&format!("```{form}\n")).unwrap() + form.len() + 4;
            &page[start..start + page[start..].find("```").unwrap()]
        };
        let of = |form, text| {
            let (mut config, findings) = Config::parse_as(form, text, Path::new("/desk"), FileId(0));
            assert_eq!(findings, vec![]);
            config.connections.iter_mut().for_each(|connection| connection.span = Span::default());
            config
        };
        let (yaml, toml) = (of(Form::Yaml, block("yaml")), of(Form::Toml, block("toml")));
        assert_eq!(yaml.connections.len(), 5);
        assert_eq!(yaml, toml);
    }

    #[test]
    fn broken_texts_say_where() {
        for text in ["a = 1\na = 2\n", "a = [1, 2\nb = 3\n", "a: 1", "[a]\nx = 1\n[a]\n", "a = \"\u{1}\"", "= 1"] {
            let broken = parse(text).unwrap_err();
            assert!(broken.span.end as usize <= text.len() && !broken.message.is_empty(), "{broken:?}");
        }
        for deep in ["a = ".to_owned() + &"[".repeat(1 << 20), "a.".repeat(1 << 20) + "b = 1", "[".repeat(1 << 20)] {
            assert!(parse(&deep).is_err());
        }
        assert!(parse(&"x".repeat(MAX_BYTES + 1)).is_err());
    }
}
