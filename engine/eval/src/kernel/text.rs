//! Texts with slots, written straight into a column.

use crate::{
    mask::Mask,
    vector::{Data, Vector},
};
use arrow_array::builder::StringBuilder;
use guiju_lang::{context::Context, hir::SlotFormat, render::write_value, ty::Type};
use std::rc::Rc;

/// A piece of a text and its column.
pub(crate) enum Part<'a> {
    Literal(&'a str),
    Slot(Rc<Vector>, &'a Type, &'a SlotFormat),
}

/// One text a row, for the rows in `within`; rows outside are missing. If strict, a missing slot makes the text missing, else it
/// writes nothing.
pub(crate) fn render(parts: &[Part<'_>], strict: bool, len: usize, within: Option<&Mask>, cx: &Context) -> Vector {
    let mut texts = StringBuilder::with_capacity(len, within.map_or(len, Mask::count) * 16);
    let mut line = String::new();
    let missing = |row: usize| parts.iter().any(|p| matches!(p, Part::Slot(v, ..) if !v.is_present(row)));
    let valid = Mask::collect(len, |row| {
        if within.is_some_and(|w| !w.contains(row)) || (strict && missing(row)) {
            texts.append_null();
            return false;
        }
        line.clear();
        for part in parts {
            match part {
                Part::Literal(text) => line.push_str(text),
                Part::Slot(v, ty, format) => match (v.text(row), format) {
                    (Some(text), SlotFormat::Plain) => line.push_str(text),
                    _ => write_value(&mut line, &v.value(row, ty), format, cx),
                },
            }
        }
        texts.append_value(&line);
        true
    });
    let valid = (valid.count() < len).then_some(valid);
    Vector { data: Data::Text(texts.finish()), valid, len }
}
