//! Words to lines: two blanks for each block and each open bracket, one empty line at most.

use crate::grammar::Rule;

use super::spacing::{apart, is_block};
use super::words::{Before, Comment, Word, Words};

/// Bytes that most lines have room in.
const USUAL: usize = 96;

/// A line before its rows and comments are aligned.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) indent: usize,
    pub(super) text: String,
    pub(super) comment: Option<String>,
    /// An empty line stands before it.
    pub(super) apart: bool,
    pub(super) row: Option<Row>,
}

/// A row of a table: cells, and what follows the arrow.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) results: Option<String>,
}

/// All lines of a file.
pub(super) fn lay_out(file: Words) -> Vec<Line> {
    let mut layout = Layout::default();
    let mut spread = false;
    for words in file.declarations {
        let long = words.iter().skip(1).any(|word| word.before.starts_line() || word.text.contains('\n'));
        layout.between = layout.lines.len();
        let first = layout.lines.is_empty() && layout.line.is_none();
        layout.declaration(words);
        // A declaration of several lines stands apart from its neighbours.
        if !first && (long || spread) {
            layout.set_apart();
        }
        spread = long;
    }
    layout.finish(&file.tail);
    layout.lines
}

#[derive(Default)]
struct Layout {
    lines: Vec<Line>,
    /// The line being written.
    line: Option<Line>,
    /// Open brackets: true for a block.
    open: Vec<bool>,
    /// Index of the first line that belongs to the current declaration.
    between: usize,
}

impl Layout {
    fn declaration(&mut self, words: Vec<Word>) {
        self.open.clear();
        let blocks = spread_blocks(&words);
        let mut row: Option<usize> = None;
        let mut after_open = false;
        let mut previous: Option<Word> = None;
        for (i, word) in words.into_iter().enumerate() {
            let closes_block = is_block(&word) && word.rule == Rule::rbrace;
            let forced = i == 0
                || (after_open || closes_block) && blocks.contains(&self.blocks()) && word.rule != Rule::script_body;
            let script = previous.as_ref().is_some_and(|last| last.rule == Rule::script_body);
            let breaks = (forced || word.before.starts_line())
                && !script
                && row.is_none_or(|_| word.heads.is_some() || closes_block);
            let starts_row = matches!(word.heads, Some(Rule::row | Rule::header | Rule::values));
            if breaks {
                let may_stand_apart = !after_open && !closes_block;
                self.begin(&word, may_stand_apart, i == 0);
                row = None;
            } else if row.is_some() {
                self.inner_comments(&word.before);
            }
            if starts_row {
                row = Some(0);
                if let Some(line) = &mut self.line {
                    line.row = Some(Row::default());
                }
            }
            self.write(&word, if breaks { None } else { previous.as_ref() }, row.is_some());
            after_open = is_block(&word) && word.rule == Rule::lbrace;
            self.brackets(&word);
            previous = Some(word);
        }
    }

    fn blocks(&self) -> usize {
        self.open.iter().filter(|block| **block).count()
    }

    fn brackets(&mut self, word: &Word) {
        match word.rule {
            Rule::lparen | Rule::lbracket => self.open.push(false),
            Rule::lbrace => self.open.push(is_block(word)),
            Rule::rparen | Rule::rbracket | Rule::rbrace => {
                self.open.pop();
            }
            _ => {}
        }
    }

    /// How far in a line stands that starts with a word.
    fn indent(&self, word: &Word) -> usize {
        let base = 2 * self.blocks();
        if word.heads.is_some() {
            return base;
        }
        let inside = self.open.iter().rev().take_while(|block| !**block).count();
        match word.rule {
            Rule::rbrace if is_block(word) => base.saturating_sub(2),
            Rule::rparen | Rule::rbracket | Rule::rbrace => base + 2 * inside.saturating_sub(1),
            _ => base + 2 * inside.max(1),
        }
    }

    /// Ends the line, writes the comments before the word, and begins its line.
    fn begin(&mut self, word: &Word, may_stand_apart: bool, declares: bool) {
        let indent = if is_block(word) { 2 * self.blocks() } else { self.indent(word) };
        self.comments(&word.before.comments, indent, may_stand_apart);
        self.flush();
        if declares {
            // The comment at the end of the line above belongs there.
            self.between = self.lines.len() - self.own_comments(&word.before).min(self.lines.len());
        }
        let blank = word.before.breaks > 1 && (may_stand_apart || !word.before.comments.is_empty() && !is_block(word));
        let apart = blank && !self.lines.is_empty();
        let text = String::with_capacity(USUAL);
        self.line = Some(Line { indent: self.indent(word), apart, text, ..Line::default() });
    }

    fn own_comments(&self, before: &Before) -> usize {
        before.comments.iter().filter(|comment| comment.alone || self.lines.is_empty()).count()
    }

    fn comments(&mut self, comments: &[Comment], indent: usize, may_stand_apart: bool) {
        let mut first = true;
        for comment in comments {
            if !comment.alone
                && let Some(line) = &mut self.line
            {
                line.comment = Some(comment.text.clone());
                first = false;
                continue;
            }
            self.flush();
            let apart = comment.apart && (may_stand_apart || !first) && !self.lines.is_empty();
            self.lines.push(Line { indent, text: comment.text.clone(), apart, ..Line::default() });
            first = false;
        }
    }

    /// Comments inside a row move to its end.
    fn inner_comments(&mut self, before: &Before) {
        let Some(line) = &mut self.line else { return };
        for comment in &before.comments {
            let text = line.comment.get_or_insert_default();
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&comment.text);
        }
    }

    fn write(&mut self, word: &Word, previous: Option<&Word>, in_row: bool) {
        let Some(line) = &mut self.line else { return };
        let blank = previous.is_some_and(|previous| apart(previous, word));
        let target = match &mut line.row {
            Some(row) if in_row => {
                let separates = matches!(word.within, Rule::row | Rule::header | Rule::values);
                if separates && word.rule == Rule::arrow {
                    row.results = Some(String::new());
                    return;
                }
                if separates && word.rule == Rule::bar {
                    if row.results.is_none() {
                        row.cells.push(String::new());
                    }
                    return;
                }
                match &mut row.results {
                    Some(results) => results,
                    None => match row.cells.last_mut() {
                        Some(cell) => cell,
                        None => return,
                    },
                }
            }
            _ => &mut line.text,
        };
        if blank && !target.is_empty() {
            target.push(' ');
        }
        target.push_str(&word.text);
    }

    fn flush(&mut self) {
        self.lines.extend(self.line.take());
    }

    fn set_apart(&mut self) {
        if let Some(line) = self.lines.get_mut(self.between) {
            line.apart = true;
        } else if let Some(line) = &mut self.line {
            line.apart = true;
        }
    }

    fn finish(&mut self, tail: &Before) {
        self.comments(&tail.comments, 0, true);
        self.flush();
    }
}

/// The blocks, by their depth, that go over several lines.
fn spread_blocks(words: &[Word]) -> Vec<usize> {
    let mut spread = Vec::new();
    let mut open: Vec<bool> = Vec::new();
    for word in words {
        if word.before.starts_line() {
            open.iter_mut().for_each(|lines| *lines = true);
        }
        if is_block(word) {
            if word.rule == Rule::lbrace {
                open.push(false);
            } else if open.pop() == Some(true) {
                spread.push(open.len() + 1);
            }
        }
    }
    spread
}
