//! Texts that are read as values, and values that become texts.

use crate::{
    call::trimmed,
    expr::{Said, Writer, unsaid},
    sql,
};
use guiju_lang::{
    hir::Expr,
    ty::{DecimalType, Type},
};

/// A decimal with all its digits; Spark's own cast uses exponents from the seventh digit after the point on.
pub(crate) fn plain_decimal(value: &str, d: DecimalType) -> String {
    if d.scale <= 6 {
        format!("CAST({value} AS STRING)")
    } else {
        format!("replace(format_number({value}, {}), ',', '')", d.scale)
    }
}

impl Writer<'_> {
    /// A text as a value: exactly the spellings that the language reads.
    pub(crate) fn read_text(&self, e: &Expr, text: &str) -> Said {
        self.bind(&trimmed(text), |t| {
            let matches = |pattern: &str| format!("{t} RLIKE {}", sql::text(pattern));
            Ok(match &e.typed.ty {
                Type::Integer => {
                    let whole = matches(r"\A[+-]?[0-9]+\z");
                    format!("CASE WHEN {whole} THEN CAST({t} AS BIGINT) END")
                }
                Type::Decimal(to) => {
                    let spelled = matches(r"\A[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)\z");
                    // At most 38 digits that count, at most 38 after the point.
                    let digits = format!(
                        "char_length(regexp_replace(replace({t}, '.', ''), {}, '')) <= 38",
                        sql::text(r"\A[+-]?0*")
                    );
                    let after = format!("NOT {}", matches(r"\.[0-9]{39,}\z"));
                    format!(
                        "CASE WHEN {spelled} AND {digits} AND {after} THEN CAST({t} AS {}) END",
                        sql::decimal_type(*to)
                    )
                }
                Type::Real => {
                    let spelled = matches(r"\A[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z");
                    return self.finite(&format!("CASE WHEN {spelled} THEN CAST({t} AS DOUBLE) END"));
                }
                Type::Date => {
                    let spelled = matches(r"\A(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}\z");
                    format!("CASE WHEN {spelled} THEN CAST({t} AS DATE) END")
                }
                _ => return Err(unsaid(e, "reading a text")),
            })
        })
    }
}
