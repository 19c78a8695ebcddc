//! The template file's elements: what of them is ours, where they stand, what they may carry.

use crate::{Code, Finding};
use roxmltree::Node;

const NAMESPACES: [&str; 2] =
    ["http://www.fixprotocol.org/ns/fast/td/1.1", "http://www.fixprotocol.org/ns/fast/td/1.2"];

/// An element of the template language.
#[derive(Clone, Copy)]
pub(super) struct Element<'a>(Node<'a, 'a>);

/// Whether the name belongs to the template language: in its namespace, or in none if the root is in none.
fn is_ours(node: Node<'_, '_>) -> bool {
    let bare = node.document().root_element().tag_name().namespace().is_none();
    match node.tag_name().namespace() {
        Some(ns) => NAMESPACES.contains(&ns),
        None => bare,
    }
}

impl<'a> Element<'a> {
    pub(super) fn root(document: &'a roxmltree::Document<'a>) -> Result<Self, Finding> {
        let element = Self(document.root_element());
        if is_ours(element.0) { Ok(element) } else { Err(element.wrong(Code::S1, element.name())) }
    }

    pub(super) fn name(self) -> &'a str {
        self.0.tag_name().name()
    }

    /// The elements of the language inside, foreign ones left out (section 9). Text is not allowed.
    pub(super) fn children(self) -> Result<Vec<Self>, Finding> {
        let mut found = Vec::new();
        for child in self.0.children() {
            if child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty()) {
                return Err(self.at(child.range().start, Code::S1, child.text().unwrap_or_default().trim()));
            }
            if child.is_element() && is_ours(child) {
                found.push(Self(child));
            } else if child.is_element() && child.tag_name().namespace().is_none() {
                return Err(Self(child).wrong(Code::S1, child.tag_name().name()));
            }
        }
        Ok(found)
    }

    /// Refuses attributes other than these; foreign ones are free.
    pub(super) fn only(self, allowed: &[&str]) -> Result<(), Finding> {
        for attribute in self.0.attributes() {
            let foreign = attribute.namespace().is_some_and(|ns| !NAMESPACES.contains(&ns));
            if !foreign && !allowed.contains(&attribute.name()) {
                return Err(self.at(attribute.range().start, Code::S1, attribute.name()));
            }
        }
        Ok(())
    }

    /// Refuses children.
    pub(super) fn empty(self) -> Result<(), Finding> {
        self.children()?.first().map_or(Ok(()), |child| Err(child.wrong(Code::S1, child.name())))
    }

    pub(super) fn attribute(self, name: &str) -> Option<&'a str> {
        self.0.attribute(name)
    }

    /// An attribute by its name in whatever namespace.
    pub(super) fn any_attribute(self, name: &str) -> Option<&'a str> {
        self.0.attributes().find(|attribute| attribute.name() == name).map(|attribute| attribute.value())
    }

    /// A token: an attribute with its white space tidied.
    pub(super) fn token(self, name: &str) -> Option<String> {
        self.attribute(name).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    pub(super) fn required(self, name: &str) -> Result<String, Finding> {
        match self.token(name) {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(self.wrong(Code::S1, &format!("<{}> without `{name}`", self.name()))),
        }
    }

    /// A finding about this element.
    pub(super) fn wrong(self, code: Code, detail: &str) -> Finding {
        self.at(self.0.range().start, code, detail)
    }

    /// A finding about one of its attributes.
    pub(super) fn wrong_attribute(self, name: &str, code: Code, detail: &str) -> Finding {
        let start = self.0.attribute_node(name).map_or(self.0.range().start, |attribute| attribute.range().start);
        self.at(start, code, detail)
    }

    fn at(self, start: usize, code: Code, detail: &str) -> Finding {
        let place = self.0.document().text_pos_at(start);
        let detail = detail.chars().take(80).collect();
        Finding { code, line: place.row, column: place.col, template: None, detail }
    }
}
