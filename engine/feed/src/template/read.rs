//! The template file, element by element, against the schema of appendix 1.

use super::operator::{Host, dictionary, operation};
use super::xml::Element;
use super::{Body, Content, Dictionary, Field, Instruction, Key, Name, Template, Templates, Type};
use crate::{Code, Finding};

/// Files longer than this are refused, in bytes.
const LONGEST: usize = 16 << 20;
/// Elements, attributes and texts in one file.
const NODES: u32 = 1 << 20;
/// Groups and sequences inside one another.
const DEEPEST: usize = 32;

/// What is inherited from the elements around.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) ns: String,
    template_ns: String,
    pub(super) dictionary: Dictionary,
    depth: usize,
}

impl Scope {
    fn inside(&self, element: Element<'_>) -> Self {
        let own = |name: &str, outer: &str| element.attribute(name).unwrap_or(outer).to_owned();
        Self {
            ns: own("ns", &self.ns),
            template_ns: own("templateNs", &self.template_ns),
            dictionary: element.attribute("dictionary").map_or_else(|| self.dictionary.clone(), dictionary),
            depth: self.depth + 1,
        }
    }
}

pub(super) fn templates(text: &str) -> (Templates, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut all: Vec<Template> = Vec::new();
    match elements(text, &mut |element, scope| match template(element, scope) {
        Ok(template) if all.iter().any(|known| known.clashes(&template)) => {
            findings.push(element.wrong(Code::X4, &template.name.local));
        }
        Ok(template) => all.push(template),
        Err(mut finding) => {
            finding.template = element.token("name");
            findings.push(finding);
        }
    }) {
        Ok(()) => {}
        Err(finding) => findings.push(finding),
    }
    (Templates { all }, findings)
}

/// Hands every template element on.
fn elements(text: &str, each: &mut dyn FnMut(Element<'_>, &Scope)) -> Result<(), Finding> {
    let whole = |code, detail: String| Finding { code, line: 1, column: 1, template: None, detail };
    if text.len() > LONGEST {
        return Err(whole(Code::X2, format!("{} > {LONGEST}", text.len())));
    }
    let options = roxmltree::ParsingOptions { nodes_limit: NODES, ..roxmltree::ParsingOptions::default() };
    let document = roxmltree::Document::parse_with_options(text, options).map_err(|error| {
        let place = error.pos();
        Finding { line: place.row, column: place.col, ..whole(Code::S1, error.to_string()) }
    })?;
    let outside = Scope { ns: String::new(), template_ns: String::new(), dictionary: Dictionary::Global, depth: 0 };
    let root = Element::root(&document)?;
    match root.name() {
        "template" => each(root, &outside),
        "templates" => {
            root.only(&["ns", "templateNs", "dictionary"])?;
            let scope = outside.inside(root);
            for child in root.children()? {
                if child.name() == "template" {
                    each(child, &scope);
                } else {
                    return Err(child.wrong(Code::S1, child.name()));
                }
            }
        }
        other => return Err(root.wrong(Code::S1, other)),
    }
    Ok(())
}

fn template(element: Element<'_>, outer: &Scope) -> Result<Template, Finding> {
    element.only(&["name", "templateNs", "id", "ns", "dictionary", "reset"])?;
    let scope = outer.inside(element);
    let name = Name { ns: scope.template_ns.clone(), local: element.required("name")? };
    let id = element.token("id").and_then(|id| id.parse().ok());
    let reset = match element.any_attribute("reset").map(str::trim) {
        None | Some("N" | "n" | "no" | "false" | "0") => false,
        Some("Y" | "y" | "yes" | "true" | "1") => true,
        Some(other) => return Err(element.wrong(Code::S1, &format!("reset=\"{other}\""))),
    };
    Ok(Template { name, id, reset, body: body(element.children()?, &scope)? })
}

/// `typeRef?` and instructions.
fn body(children: Vec<Element<'_>>, scope: &Scope) -> Result<Body, Finding> {
    let mut children = children.into_iter().peekable();
    let type_ref = match children.next_if(|child| child.name() == "typeRef") {
        None => None,
        Some(element) => {
            element.only(&["name", "ns"])?;
            element.empty()?;
            let ns = element.attribute("ns").unwrap_or(&scope.ns).to_owned();
            Some(Name { ns, local: element.required("name")? })
        }
    };
    let instructions = children.map(|child| instruction(child, scope)).collect::<Result<_, _>>()?;
    Ok(Body { type_ref, instructions })
}

fn instruction(element: Element<'_>, scope: &Scope) -> Result<Instruction, Finding> {
    if element.name() == "templateRef" {
        element.only(&["name", "templateNs"])?;
        element.empty()?;
        let ns = element.attribute("templateNs").unwrap_or(&scope.template_ns).to_owned();
        return Ok(match element.token("name") {
            Some(local) => Instruction::Static(Name { ns, local }),
            None => Instruction::Dynamic,
        });
    }
    let attributes: &[&str] = match element.name() {
        "string" => &["name", "ns", "id", "presence", "charset"],
        "sequence" | "group" => &["name", "ns", "id", "presence", "dictionary"],
        _ => &["name", "ns", "id", "presence"],
    };
    let kind = kind(element)?;
    element.only(attributes)?;
    let name = Name { ns: element.attribute("ns").unwrap_or(&scope.ns).to_owned(), local: element.required("name")? };
    let optional = match element.token("presence").as_deref() {
        None | Some("mandatory") => false,
        Some("optional") => true,
        Some(other) => return Err(element.wrong_attribute("presence", Code::S1, other)),
    };
    let content = content(element, scope, kind, &name, optional)?;
    Ok(Instruction::Field(Box::new(Field { name, id: element.token("id"), optional, content })))
}

#[derive(Clone, Copy)]
enum Kind {
    Scalar(Type),
    Sequence,
    Group,
}

fn kind(element: Element<'_>) -> Result<Kind, Finding> {
    Ok(Kind::Scalar(match element.name() {
        "int8" => Type::Signed(8),
        "int16" => Type::Signed(16),
        "int32" => Type::Signed(32),
        "int64" => Type::Signed(64),
        "uInt8" => Type::Unsigned(8),
        "uInt16" => Type::Unsigned(16),
        "uInt32" => Type::Unsigned(32),
        "uInt64" => Type::Unsigned(64),
        "decimal" => Type::Decimal,
        "byteVector" => Type::Bytes,
        "string" => match element.token("charset").as_deref() {
            None | Some("ascii") => Type::Ascii,
            Some("unicode") => Type::Unicode,
            Some(other) => return Err(element.wrong_attribute("charset", Code::S1, other)),
        },
        "sequence" => return Ok(Kind::Sequence),
        "group" => return Ok(Kind::Group),
        other => return Err(element.wrong(Code::S1, other)),
    }))
}

fn content(element: Element<'_>, outer: &Scope, kind: Kind, name: &Name, optional: bool) -> Result<Content, Finding> {
    // A field's own `ns` is also that of its operator's key.
    let scope = outer.inside(element);
    let mut children = element.children()?;
    if scope.depth > DEEPEST {
        return Err(element.wrong(Code::X2, &format!("{DEEPEST}")));
    }
    match kind {
        Kind::Scalar(Type::Decimal) if children.iter().any(|part| matches!(part.name(), "exponent" | "mantissa")) => {
            split(&children, &scope, name, optional)
        }
        Kind::Scalar(kind) => {
            if matches!(kind, Type::Unicode | Type::Bytes) && children.first().is_some_and(|c| c.name() == "length") {
                // A handle for applications; it changes nothing in the stream (section 6.2.4).
                let length = children.remove(0);
                length.only(&["name", "ns", "id"])?;
                length.empty()?;
            }
            let host = Host { kind, optional, key: Key::Named(name.clone()) };
            Ok(Content::Scalar(kind, operation(&children, &scope, host)?))
        }
        Kind::Group => Ok(Content::Group(body(children, &scope)?)),
        Kind::Sequence => {
            let place = usize::from(children.first().is_some_and(|child| child.name() == "typeRef"));
            let mut key = Key::Length(name.clone());
            let mut parts = Vec::new();
            if children.get(place).is_some_and(|child| child.name() == "length") {
                let length = children.remove(place);
                length.only(&["name", "ns", "id"])?;
                if let Some(local) = length.token("name") {
                    key = Key::Named(Name { ns: length.attribute("ns").unwrap_or(&scope.ns).to_owned(), local });
                }
                parts = length.children()?;
            }
            let length = operation(&parts, &scope, Host { kind: Type::Unsigned(32), optional, key })?;
            Ok(Content::Sequence { length, body: body(children, &scope)? })
        }
    }
}

/// A decimal with operators for its parts: of an optional one only the exponent may be absent (section 10.5.1).
fn split(children: &[Element<'_>], scope: &Scope, name: &Name, optional: bool) -> Result<Content, Finding> {
    let mut children = children.iter().peekable();
    let mut part = |word: &str, host: Host| {
        let parts = match children.next_if(|child| child.name() == word) {
            None => Vec::new(),
            Some(element) => {
                element.only(&[])?;
                element.children()?
            }
        };
        operation(&parts, scope, host)
    };
    let exponent = part("exponent", Host { kind: Type::Signed(32), optional, key: Key::Exponent(name.clone()) })?;
    let host = Host { kind: Type::Signed(64), optional: false, key: Key::Mantissa(name.clone()) };
    let mantissa = part("mantissa", host)?;
    children.next().map_or(Ok(Content::Split { exponent, mantissa }), |more| Err(more.wrong(Code::S1, more.name())))
}
