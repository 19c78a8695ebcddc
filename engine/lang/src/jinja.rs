//! Template files: an allow-listed part of Jinja, read with minijinja's own parser into the very text that `text "…"` is.
//!
//! A template file is therefore checked and run as every other text: its names are names of the rulebook, a slot that may be missing
//! needs a default, and there is nothing in it that reads a file, loops, or calls.
//!
//! | in the file | means |
//! |---|---|
//! | `{{ name }}`, `{{ managers.phone }}` | a slot |
//! | `{{ x \| format("%m月%d日") }}` | a slot with its format |
//! | `{{ x \| default("…") }}` | `x or else "…"` |
//! | `{% if c %} … {% elif d %} … {% else %} … {% endif %}` | one of the texts |
//! | `==` `!=` `<` `<=` `>` `>=` `in [ … ]` `and` `or` `not` `is none` | the operators of the same meaning |
//! | `{# … #}`, `{% raw %}` | nothing; the text as it stands |

mod expr;
mod syntax;

use crate::finding::{Arg, Code, codes::names as codes};
use expr::Reader;
use guiju_grammar::ast::{Segment, Span, Text};
use minijinja::{
    machinery::{
        Token,
        ast::{IfCond, Spanned, Stmt},
        parse, tokenize,
    },
    syntax::SyntaxConfig,
};

/// Words in one pair of braces: minijinja's parser makes chains of operators as deep as they are long.
const MOST_WORDS: usize = 500;
/// Branches in a file, which nest in the same way.
const MOST_BRANCHES: usize = 100;

/// Why a template file cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) span: Span,
    /// For the message's `what`.
    pub(crate) what: Arg,
    /// What belongs there instead, if that is known.
    pub(crate) meant: Option<String>,
}

/// Reads a template file; all that is wrong with it, if anything is.
pub(crate) fn read(text: &str) -> Result<Text, Vec<Refusal>> {
    let config = config();
    measured(text, &config).map_err(|refusal| vec![refusal])?;
    let tree = parse(text, "", config)
        .map_err(|error| vec![syntax::refusal(text, error.line().unwrap_or(1).saturating_sub(1))])?;
    let mut reader = Reader { text, refused: Vec::new() };
    let whole = Span { start: 0, end: text.len() as u32 };
    let read = match &tree {
        Stmt::Template(template) => reader.text(&template.children, whole),
        _ => Text { segments: Vec::new(), span: whole },
    };
    if reader.refused.is_empty() { Ok(read) } else { Err(reader.refused) }
}

/// Lines that hold nothing but a tag leave nothing behind.
fn config() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default()
}

/// Nothing in the file nests deeper than a thread's stack can follow.
fn measured(text: &str, syntax: &SyntaxConfig) -> Result<(), Refusal> {
    let (mut words, mut branches) = (0, 0);
    for token in tokenize(text, false, syntax.clone()) {
        let Ok((token, span)) = token else { break };
        match token {
            Token::VariableStart | Token::BlockStart => words = 0,
            Token::Ident("if" | "elif") => branches += 1,
            _ => words += 1,
        }
        if words > MOST_WORDS || branches > MOST_BRANCHES {
            let what = Arg::Plain(if words > MOST_WORDS { MOST_WORDS } else { MOST_BRANCHES }.to_string());
            return Err(Refusal { code: codes::TEMPLATE_FILE_TOO_LARGE, span: place(span), what, meant: None });
        }
    }
    Ok(())
}

fn place(span: minijinja::machinery::Span) -> Span {
    Span { start: span.start_offset, end: span.end_offset }
}

impl Reader<'_> {
    fn text(&mut self, statements: &[Stmt<'_>], span: Span) -> Text {
        let mut segments: Vec<Segment> = Vec::new();
        for statement in statements {
            match (self.segment(statement), segments.last_mut()) {
                (Some(Segment::Literal(more)), Some(Segment::Literal(text))) => text.push_str(&more),
                (segment, _) => segments.extend(segment),
            }
        }
        Text { segments, span }
    }

    fn segment(&mut self, statement: &Stmt<'_>) -> Option<Segment> {
        match statement {
            Stmt::EmitRaw(raw) => Some(Segment::Literal(raw.raw.to_owned())),
            Stmt::EmitExpr(emit) => self.slot(&emit.expr, place(emit.span())),
            Stmt::IfCond(branch) => {
                let expr = self.branch(branch)?;
                Some(Segment::Slot { span: expr.span, expr, format: None })
            }
            other => {
                let (what, span) = tag(other)?;
                self.refuse(what, span)
            }
        }
    }

    fn branch(&mut self, branch: &Spanned<IfCond<'_>>) -> Option<guiju_grammar::ast::Expr> {
        let span = place(branch.span());
        let condition = self.expr(&branch.expr);
        let [yes, no] = [&branch.true_body, &branch.false_body].map(|body| self.text(body, span));
        Some(expr::chosen(condition?, yes, no, span))
    }
}

/// A tag that a template file may not have.
fn tag(statement: &Stmt<'_>) -> Option<(&'static str, Span)> {
    let (what, span) = match statement {
        Stmt::ForLoop(s) => ("{% for %}", s.span()),
        Stmt::WithBlock(s) => ("{% with %}", s.span()),
        Stmt::Set(s) => ("{% set %}", s.span()),
        Stmt::SetBlock(s) => ("{% set %}", s.span()),
        Stmt::AutoEscape(s) => ("{% autoescape %}", s.span()),
        Stmt::FilterBlock(s) => ("{% filter %}", s.span()),
        Stmt::Do(s) => ("{% do %}", s.span()),
        // Read by the caller.
        _ => return None,
    };
    Some((what, place(span)))
}

#[cfg(test)]
mod tests;
