//! Operators: which applies to what, and what it needs.

use super::read::Scope;
use super::xml::Element;
use super::{Dictionary, Key, Name, Operation, Operator, Type, literal};
use crate::{Code, Finding};

/// The field that an operator stands in.
pub(super) struct Host {
    pub(super) kind: Type,
    pub(super) optional: bool,
    pub(super) key: Key,
}

/// The operator among an element's children, or none.
pub(super) fn operation(parts: &[Element<'_>], scope: &Scope, host: Host) -> Result<Operation, Finding> {
    let [element] = parts else {
        return match parts.get(1) {
            None => {
                Ok(Operation { operator: Operator::None, initial: None, dictionary: Dictionary::Global, key: host.key })
            }
            Some(second) => Err(second.wrong(Code::S1, second.name())),
        };
    };
    let operator = operator(*element)?;
    element.empty()?;
    if !applies(operator, host.kind) {
        return Err(element.wrong(Code::S2, element.name()));
    }
    let initial = match element.attribute("value") {
        None => None,
        Some(text) => {
            let value = literal(text, host.kind).map_err(|_| element.wrong_attribute("value", Code::S3, text))?;
            Some(value)
        }
    };
    if initial.is_none() && operator == Operator::Constant {
        return Err(element.wrong(Code::S4, element.name()));
    }
    if initial.is_none() && operator == Operator::Default && !host.optional {
        return Err(element.wrong(Code::S5, element.name()));
    }
    let key = match element.token("key") {
        None => host.key,
        Some(local) => Key::Named(Name { ns: element.attribute("ns").unwrap_or(&scope.ns).to_owned(), local }),
    };
    let dictionary = element.attribute("dictionary").map_or_else(|| scope.dictionary.clone(), dictionary);
    Ok(Operation { operator, initial, dictionary, key })
}

fn operator(element: Element<'_>) -> Result<Operator, Finding> {
    const WITH_PREVIOUS: &[&str] = &["dictionary", "key", "ns", "value"];
    let (operator, attributes) = match element.name() {
        "constant" => (Operator::Constant, &["value"][..]),
        "default" => (Operator::Default, &["value"][..]),
        "copy" => (Operator::Copy, WITH_PREVIOUS),
        "increment" => (Operator::Increment, WITH_PREVIOUS),
        "delta" => (Operator::Delta, WITH_PREVIOUS),
        "tail" => (Operator::Tail, WITH_PREVIOUS),
        other => return Err(element.wrong(Code::S1, other)),
    };
    element.only(attributes)?;
    Ok(operator)
}

const fn applies(operator: Operator, kind: Type) -> bool {
    match operator {
        Operator::Increment => matches!(kind, Type::Unsigned(_) | Type::Signed(_)),
        Operator::Tail => matches!(kind, Type::Ascii | Type::Unicode | Type::Bytes),
        _ => true,
    }
}

/// A dictionary by its name.
pub(super) fn dictionary(name: &str) -> Dictionary {
    match name {
        "global" => Dictionary::Global,
        "template" => Dictionary::Template,
        "type" => Dictionary::Type,
        other => Dictionary::Named(other.to_owned()),
    }
}
