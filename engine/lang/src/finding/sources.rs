//! The texts of a set, with their lines.

use super::FileId;
use guiju_grammar::ast::Span;
use std::sync::Arc;

/// One text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// As shown to people.
    pub path: String,
    /// All of it.
    pub text: Arc<str>,
    /// A template file's name, as rulebooks call it; rulebooks have none.
    template: Option<String>,
    starts: Vec<u32>,
}

/// The texts of a rulebook set, in order; a [`FileId`] is a position here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a text.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(self.files.len() as u32);
        self.files.push(SourceFile::new(path.into(), text.into()));
        id
    }
    /// Adds a template file, which rulebooks know by `name`.
    pub fn add_template(
        &mut self,
        path: impl Into<String>,
        name: impl Into<String>,
        text: impl Into<Arc<str>>,
    ) -> FileId {
        let id = self.add(path, text);
        if let Some(file) = self.files.last_mut() {
            file.template = Some(name.into());
        }
        id
    }
    /// The first `count` texts alone.
    pub fn first(&self, count: usize) -> Self {
        Self { files: self.files.iter().take(count).cloned().collect() }
    }
    /// The same files, some with other texts.
    #[must_use]
    pub fn with(&self, texts: &std::collections::BTreeMap<FileId, String>) -> Self {
        let file = |(id, file): (FileId, &SourceFile)| match texts.get(&id) {
            Some(text) => {
                let new = SourceFile::new(file.path.clone(), text.as_str().into());
                SourceFile { template: file.template.clone(), ..new }
            }
            None => file.clone(),
        };
        Self { files: self.iter().map(file).collect() }
    }
    /// The template file of that name.
    pub fn template(&self, name: &str) -> Option<(FileId, &SourceFile)> {
        self.iter().find(|(_, file)| file.template.as_deref() == Some(name))
    }
    /// All that are no template files.
    pub fn rulebooks(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.iter().filter(|(_, file)| !file.is_template())
    }
    /// A text by its id.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }
    /// All texts with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(i as u32), f))
    }
    /// How many.
    pub fn len(&self) -> usize {
        self.files.len()
    }
    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl<P: Into<String>, T: Into<Arc<str>>> FromIterator<(P, T)> for Sources {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(iter: I) -> Self {
        let mut all = Self::new();
        for (path, text) in iter {
            all.add(path, text);
        }
        all
    }
}

impl SourceFile {
    fn new(path: String, text: Arc<str>) -> Self {
        let starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1))
            .collect();
        Self { path, text, template: None, starts }
    }
    /// A template file's name, as rulebooks call it.
    pub fn template_name(&self) -> Option<&str> {
        self.template.as_deref()
    }
    /// Whether it is a template file.
    pub fn is_template(&self) -> bool {
        self.template.is_some()
    }
    /// The 0-based line that holds the byte.
    pub fn line_of(&self, byte: u32) -> usize {
        self.starts.partition_point(|s| *s <= byte).saturating_sub(1)
    }
    /// How many lines.
    pub fn lines(&self) -> usize {
        self.starts.len()
    }
    /// A line's bytes, without its end.
    pub fn line_span(&self, line: usize) -> Span {
        let end = self.text.len() as u32;
        let start = self.starts.get(line).copied().unwrap_or(end);
        let next = self.starts.get(line + 1).copied().unwrap_or(end + 1);
        let stop = next.saturating_sub(1).max(start).min(end);
        let text = self.text.get(start as usize..stop as usize).unwrap_or("");
        Span { start, end: start + text.trim_end_matches('\r').len() as u32 }
    }
    /// The text of a span; empty if it is not one.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }
    /// 1-based line and 1-based column in characters.
    pub fn position(&self, byte: u32) -> (usize, usize) {
        let line = self.line_of(byte);
        let start = self.line_span(line).start;
        let before = self.slice(Span { start, end: byte.max(start) });
        (line + 1, before.chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters() {
        let mut all = Sources::new();
        let id = all.add("a.gj", "当 余额\r\n且 b\n");
        let file = all.get(id).unwrap();
        assert_eq!(file.position(0), (1, 1));
        assert_eq!(file.position(4), (1, 3));
        assert_eq!(file.position(12), (2, 1));
        assert_eq!(file.slice(file.line_span(0)), "当 余额");
        assert_eq!(file.slice(file.line_span(2)), "");
        assert_eq!(file.position(17), (2, 4));
    }
}
