//! Declarations that every kind of rule shares: the header, sources and sinks, definitions, templates.

use super::{Clause, Expr, Name, Plain, Span, Text};
use crate::keyword::Kw;

/// `language 1`
#[derive(Debug, Clone)]
pub struct Language {
    /// The edition.
    pub edition: u32,
    /// Where it stands.
    pub span: Span,
}

/// The header of a rulebook.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// Its name, part of every rule's identity.
    pub name: Name,
    /// For people.
    pub title: Option<Plain>,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// owner, calendar, zone, tenant.
    pub clauses: Vec<Clause>,
    /// The whole declaration.
    pub span: Span,
}

/// `import other as alias`
#[derive(Debug, Clone)]
pub struct Import {
    /// The rulebook imported.
    pub rulebook: Name,
    /// What it is called here.
    pub alias: Name,
    /// The whole declaration.
    pub span: Span,
}

/// `let name = expr`
#[derive(Debug, Clone)]
pub struct Let {
    /// What it defines.
    pub name: Name,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// Its value.
    pub value: Expr,
    /// The whole declaration.
    pub span: Span,
}

/// `fn name(a, b: type) = expr`
#[derive(Debug, Clone)]
pub struct Fn {
    /// What it defines.
    pub name: Name,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// Parameters; a type is optional since the body is expanded where it is called.
    pub params: Vec<Param>,
    /// The body.
    pub body: Expr,
    /// The whole declaration.
    pub span: Span,
}

/// A parameter.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its type, if written.
    pub ty: Option<TypeName>,
}

/// A type as written: `decimal(18, 2) in 元`, `text`, `date`.
#[derive(Debug, Clone)]
pub struct TypeName {
    /// The type's word in either language, as written.
    pub name: Name,
    /// Numbers in parentheses (precision, scale).
    pub args: Vec<u32>,
    /// The unit named after `in`/`以`, as written: `percent`, `元`, …
    pub unit: Option<Name>,
    /// The type without its unit.
    pub bare: Span,
    /// The whole type.
    pub span: Span,
}

/// `script fn name(a: type) -> type { body }`: the body is rhai.
#[derive(Debug, Clone)]
pub struct ScriptFn {
    /// What it defines.
    pub name: Name,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// Parameters, each with a type.
    pub params: Vec<Param>,
    /// What it returns.
    pub result: TypeName,
    /// The script, without the outer braces.
    pub body: Plain,
    /// The whole declaration.
    pub span: Span,
}

/// `template name { … }`
#[derive(Debug, Clone)]
pub struct Template {
    /// What it defines.
    pub name: Name,
    /// For people.
    pub title: Option<Plain>,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// Inline text or a file.
    pub body: TemplateBody,
    /// The whole declaration.
    pub span: Span,
}

/// Where a template's text is.
#[derive(Debug, Clone)]
pub enum TemplateBody {
    /// `text "…{slot}…"`
    Inline(Text),
    /// `file "x.j2"`, relative to the project's templates folder.
    File(Plain),
}

/// `source name from connection table "t" { key k … }`
#[derive(Debug, Clone)]
pub struct Source {
    /// What it defines.
    pub name: Name,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// The connection that the operator's configuration binds.
    pub connection: Name,
    /// `table`, `file`, `topic` or `query`, and its text.
    pub object: Option<(Kw, Plain)>,
    /// key, time column, lateness, column, …
    pub clauses: Vec<Clause>,
    /// `column name is type` lines.
    pub columns: Vec<Column>,
    /// The whole declaration.
    pub span: Span,
}

/// `column name is type [in unit] [required]`
#[derive(Debug, Clone)]
pub struct Column {
    /// The column.
    pub name: Name,
    /// Its type.
    pub ty: TypeName,
    /// Written `required`/`必填`: never missing.
    pub required: bool,
    /// The whole line.
    pub span: Span,
}

/// `sink name to connection { deliver … }`
#[derive(Debug, Clone)]
pub struct Sink {
    /// What it defines.
    pub name: Name,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// The connection that the operator's configuration binds.
    pub connection: Name,
    /// `table`, `file` or `topic`, and its text.
    pub object: Option<(Kw, Plain)>,
    /// deliver, …
    pub clauses: Vec<Clause>,
    /// The whole declaration.
    pub span: Span,
}

/// `feed name from connection topic "t" { format … templates … }`: messages of a market, each kind of them a source.
#[derive(Debug, Clone)]
pub struct Feed {
    /// What it defines.
    pub name: Name,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// The connection that the operator's configuration binds.
    pub connection: Name,
    /// `file`, `topic`, …, and its text.
    pub object: Option<(Kw, Plain)>,
    /// format, templates, framing, reset, time column, lateness, idle after.
    pub clauses: Vec<Clause>,
    /// The whole declaration.
    pub span: Span,
}

/// `topology name of fiber from connection file "campus"`: a plant's records, over which routes are asked for.
#[derive(Debug, Clone)]
pub struct Topology {
    /// What it defines.
    pub name: Name,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// The connection that the operator's configuration binds.
    pub connection: Name,
    /// `file` and its text: the folder or YAML file behind the connection.
    pub object: Option<(Kw, Plain)>,
    /// The whole declaration.
    pub span: Span,
}

/// `route name "Title" { on … from … to … prefer … }`: a question over a topology.
#[derive(Debug, Clone)]
pub struct Route {
    /// What it defines.
    pub name: Name,
    /// For people.
    pub title: Option<Plain>,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// on, from, to, prefer, via, avoid, redundant, fibres, loss at most, …
    pub clauses: Vec<Clause>,
    /// A clause could not be read: the route would be another one without it.
    pub broken: bool,
    /// The whole declaration.
    pub span: Span,
}
