//! Findings as text: message, excerpt with carets, help, and the line as a fix would leave it.

use super::arrange;
use crate::finding::{At, Finding, Fix, Lang, Place, Severity, SourceFile, Sources, Span, catalogue};
use std::{collections::BTreeMap, fmt::Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// ANSI colours.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 100 }
    }
}

/// All findings, arranged, one block each, separated by an empty line.
pub fn text(findings: &[Finding], sources: &Sources, lang: Lang, style: Style) -> String {
    let blocks = arrange(findings).into_iter().map(|finding| {
        let mut page = Page { out: String::new(), sources, lang, style };
        page.finding(finding);
        page.out
    });
    blocks.collect::<Vec<_>>().join("\n")
}

struct Page<'a> {
    out: String,
    sources: &'a Sources,
    lang: Lang,
    style: Style,
}

const BLUE: &str = "\x1b[1;34m";
const BOLD: &str = "\x1b[1m";
const GREEN: &str = "\x1b[32m";

impl Page<'_> {
    fn finding(&mut self, finding: &Finding) {
        let (word, color) = match finding.severity {
            Severity::Error => ("severity.error", "\x1b[1;31m"),
            Severity::Warning => ("severity.warning", "\x1b[1;33m"),
            Severity::Note => ("severity.note", "\x1b[1;36m"),
        };
        let word = self.paint(color, &format!("{}[{}]", catalogue::phrase(word, self.lang), finding.code));
        let message = self.paint(BOLD, &catalogue::message(finding, self.lang));
        let colon = if self.lang == Lang::Zh { "：" } else { ": " };
        let _ = writeln!(self.out, "{word}{colon}{message}");
        let gutter = self.gutter(finding);
        match &finding.at {
            At::Text(place) => self.excerpts(Some(*place), &finding.labels, color, gutter),
            At::Data { path, row, column, byte } => {
                let arrow = self.paint(BLUE, "-->");
                let mut at = path.clone();
                let parts = [row.map(|r| r.to_string()), column.clone(), byte.map(|b| format!("@{b}"))];
                parts.into_iter().flatten().for_each(|p| at += &format!(":{p}"));
                let _ = writeln!(self.out, "{:gutter$}{arrow} {at}", "");
                self.excerpts(None, &finding.labels, color, gutter);
            }
            At::Nowhere => self.excerpts(None, &finding.labels, color, gutter),
        }
        let notes = [catalogue::did_you_mean(finding, self.lang), catalogue::help(finding, self.lang)];
        notes.into_iter().flatten().for_each(|note| self.note("help", &note, gutter));
        if let Some(fix) = finding.fixes.first() {
            self.fix(fix, gutter);
        }
    }

    fn paint(&self, color: &str, text: &str) -> String {
        if self.style.color { format!("{color}{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Width of the widest line number in the block.
    fn gutter(&self, finding: &Finding) -> usize {
        let primary = if let At::Text(p) = &finding.at { Some(p) } else { None };
        let places = primary.into_iter().chain(finding.labels.iter().map(|(p, _)| p));
        let lines = places.filter_map(|p| self.sources.get(p.file).map(|f| f.line_of(p.span.start) + 1));
        lines.max().unwrap_or(1).to_string().len() + 1
    }

    fn excerpts(&mut self, primary: Option<Place>, labels: &[(Place, &'static str)], color: &str, gutter: usize) {
        let mut marks: Vec<(Place, &str, bool)> = primary.into_iter().map(|p| (p, "", true)).collect();
        marks.extend(labels.iter().map(|(p, key)| (*p, catalogue::label(key, self.lang), false)));
        let mut files: Vec<_> = marks.iter().map(|m| m.0.file).collect();
        files.dedup();
        for (nth, id) in files.into_iter().enumerate() {
            let Some(file) = self.sources.get(id) else { continue };
            let here: Vec<_> = marks.iter().filter(|m| m.0.file == id).collect();
            let Some(first) = here.first() else { continue };
            let (line, column) = file.position(first.0.span.start);
            let arrow = self.paint(BLUE, if nth == 0 && primary.is_some() { "-->" } else { ":::" });
            let _ = writeln!(self.out, "{:gutter$}{arrow} {}:{line}:{column}", "", file.path);
            let mut lines: BTreeMap<usize, Vec<(Span, &str, bool)>> = BTreeMap::new();
            for (place, label, main) in here {
                lines.entry(file.line_of(place.span.start)).or_default().push((place.span, label, *main));
            }
            let bar = self.paint(BLUE, &format!("{:gutter$}|", ""));
            let _ = writeln!(self.out, "{bar}");
            let mut last = None;
            for (line, marks) in lines {
                if last.is_some_and(|l: usize| l + 1 < line) {
                    let dots = self.paint(BLUE, &format!("{:gutter$}:", ""));
                    let _ = writeln!(self.out, "{dots}");
                }
                self.line(file, line, &marks, color, gutter);
                last = Some(line);
            }
        }
    }

    fn line(&mut self, file: &SourceFile, line: usize, marks: &[(Span, &str, bool)], color: &str, gutter: usize) {
        let span = file.line_span(line);
        let source = file.slice(span);
        let main = marks.iter().find(|m| m.2).or(marks.first()).map_or(span, |m| m.0);
        let room = self.style.width.saturating_sub(gutter + 2).max(20);
        let mark = (main.start.saturating_sub(span.start)) as usize
            ..(main.end.min(span.end).saturating_sub(span.start)) as usize;
        let seen = window(source, mark, room);
        let (cut_left, cut_right) = (seen.start > 0, seen.end < source.len());
        let shown = source.get(seen.clone()).unwrap_or("");
        let from = seen.start;
        let number = self.paint(BLUE, &format!("{:>1$} |", line + 1, gutter - 1));
        let (left, right) = (if cut_left { "…" } else { "" }, if cut_right { "…" } else { "" });
        let _ = writeln!(self.out, "{number} {left}{}{right}", expand(shown));
        for (mark, label, is_main) in marks {
            // A mark beyond the part of a long line that is shown stands at its edge.
            let last = from + shown.len();
            let start = (mark.start.saturating_sub(span.start) as usize).clamp(from, last);
            let end = (mark.end.min(span.end).saturating_sub(span.start) as usize).clamp(start, last);
            let before = source.get(from..start).map_or(0, |t| expand(t).width()) + usize::from(cut_left);
            let under = source.get(start..end).map_or(1, |t| expand(t).width()).max(1);
            let under = under.min(room.saturating_sub(before).max(1));
            let carets = if *is_main { "^" } else { "-" }.repeat(under);
            let carets = self.paint(if *is_main { color } else { BLUE }, format!("{carets} {label}").trim_end());
            let bar = self.paint(BLUE, &format!("{:gutter$}|", ""));
            let _ = writeln!(self.out, "{bar} {:before$}{carets}", "");
        }
    }

    fn note(&mut self, word: &str, note: &str, gutter: usize) {
        let word = catalogue::phrase(word, self.lang);
        let head = format!("{:gutter$}= {word}{}", "", if self.lang == Lang::Zh { "：" } else { ": " });
        let indent = head.width();
        let wrapped = wrap(note, self.style.width.saturating_sub(indent).max(30));
        for (i, line) in wrapped.into_iter().enumerate() {
            let _ =
                if i == 0 { writeln!(self.out, "{head}{line}") } else { writeln!(self.out, "{:indent$}{line}", "") };
        }
    }

    /// The lines that a fix touches, as it would leave them.
    fn fix(&mut self, fix: &Fix, gutter: usize) {
        let Some(file) = fix.edits.first().and_then(|(p, _)| self.sources.get(p.file)) else { return };
        let from = fix.edits.iter().map(|(p, _)| file.line_of(p.span.start)).min().unwrap_or(0);
        let to = fix.edits.iter().map(|(p, _)| file.line_of(p.span.end)).max().unwrap_or(from);
        let whole = Span { start: file.line_span(from).start, end: file.line_span(to).end };
        let mut edits: Vec<_> = fix.edits.iter().collect();
        edits.sort_by_key(|(p, _)| (p.span.start, p.span.end));
        let (mut result, mut at) = (String::new(), whole.start);
        for (place, new) in edits {
            result += file.slice(Span { start: at, end: place.span.start.max(at) });
            result += new;
            at = place.span.end.max(at);
        }
        result += file.slice(Span { start: at, end: whole.end.max(at) });
        let head = format!("{:gutter$}= {}", "", catalogue::phrase("fix", self.lang));
        let colon = if self.lang == Lang::Zh { "：" } else { ": " };
        let mut lines = result.lines().map(|l| expand(l.trim_end())).filter(|l| !l.trim().is_empty()).peekable();
        let Some(first) = lines.next() else { return };
        if lines.peek().is_none() {
            let line = self.paint(GREEN, first.trim());
            let _ = writeln!(self.out, "{head}{colon}{line}");
            return;
        }
        let _ = writeln!(self.out, "{head}{}", colon.trim_end());
        for line in std::iter::once(first).chain(lines) {
            let line = self.paint(GREEN, &line);
            let _ = writeln!(self.out, "{:gutter$}  {line}", "");
        }
    }
}

/// Tabs as four blanks: a caret cannot follow a tab stop.
fn expand(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || *c == '\t')
        .map(|c| if c == '\t' { "    ".into() } else { c.to_string() })
        .collect()
}

/// The bytes of a long line that fit: from its start if the marked ones do, else from a little before them.
fn window(line: &str, mark: std::ops::Range<usize>, room: usize) -> std::ops::Range<usize> {
    if line.width() <= room {
        return 0..line.len();
    }
    let room = room.saturating_sub(2);
    let (start, end) = (line.floor_char_boundary(mark.start), line.floor_char_boundary(mark.end));
    let mut from = 0;
    if line[..end].width() > room {
        let mut before = line[..start].width();
        for c in line[..start].chars() {
            if before <= room / 3 {
                break;
            }
            before -= c.width().unwrap_or(0);
            from += c.len_utf8();
        }
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= room
    };
    let length: usize = line[from..].chars().take_while(fits).map(char::len_utf8).sum();
    from..from + length
}

/// Breaks at blanks, or between Han characters, so that no line is wider than `room`.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if !line.is_empty() && line.width() + piece.trim_end().width() > room && !closes(piece) {
            lines.push(line.trim_end().to_owned());
            line = String::new();
        }
        line += piece;
    }
    lines.push(line.trim_end().to_owned());
    lines
}

fn closes(piece: &str) -> bool {
    piece.chars().next().is_some_and(|c| "，。、；：？！）”`".contains(c))
}

fn pieces(text: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    let mut inside = false;
    let mut wide = false;
    for (i, c) in text.char_indices() {
        let is_wide = c.width() == Some(2);
        if i > 0 && !inside && (is_wide || wide) {
            cuts.push(i);
        }
        inside ^= c == '`';
        wide = is_wide;
        if c == ' ' && !inside {
            cuts.push(i + 1);
        }
    }
    cuts.push(text.len());
    cuts.dedup();
    cuts.windows(2).filter_map(|w| text.get(w[0]..w[1])).collect()
}

#[cfg(test)]
mod tests;
