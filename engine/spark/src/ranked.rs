//! Questions over a whole table (`in top`), as row numbers: one line is drawn for each group, and membership is a comparison with it.

use crate::expr::{Said, Unsaid, Writer, unsaid};
use guiju_lang::{
    hir::{Amount, End, Expr, Population},
    ty::Type,
};

/// A population's line, and how a row is compared with it.
pub(crate) struct Line {
    /// The query that draws it: one row for each group, with columns `v`, `k` and `g0`, `g1`, …
    pub(crate) query: String,
    /// How the base's row finds its group's line `{line}`.
    pub(crate) join: String,
    /// Whether the row is in; missing where its value or group is.
    pub(crate) member: String,
}

/// The line of a population over the table `base`; `line` is what the query's view will be called.
pub(crate) fn line(
    writer: &Writer<'_>,
    population: &Population,
    key: &Expr,
    base: &str,
    line: &str,
) -> Result<Line, Unsaid> {
    let operand = &population.operand;
    let value = writer.expr(operand)?;
    let value = match operand.typed.ty {
        // Zero has one place, whatever its sign.
        Type::Real => format!("({value} + 0.0D)"),
        Type::Integer | Type::Decimal(_) | Type::Date | Type::Time | Type::Timestamp => value,
        _ => return Err(unsaid(operand, "in top of this type")),
    };
    let groups = population.per.iter().map(|g| group(writer, g)).collect::<Result<Vec<_>, _>>()?;
    let key = key_text(writer, key)?;
    let (order, better, best) = match population.end {
        End::Top => ("DESC", ">", "max"),
        End::Bottom => ("ASC", "<", "min"),
    };
    let names: Vec<String> = (0..groups.len()).map(|i| format!("g{i}")).collect();
    let columns: String = groups.iter().zip(&names).map(|(g, n)| format!("{g} AS {n}, ")).collect();
    let listed: String = names.iter().map(|n| format!("{n}, ")).collect();
    let by = if names.is_empty() { String::new() } else { format!("PARTITION BY {} ", names.join(", ")) };
    let present: String = names.iter().map(|n| format!(" AND {n} IS NOT NULL")).collect();
    let query = match population.amount {
        Amount::Count(n) if names.is_empty() => format!(
            "SELECT v, k FROM (SELECT v, k FROM (SELECT {value} AS v, {key} AS k FROM {base}) WHERE v IS NOT NULL \
             ORDER BY v {order}, k ASC LIMIT {n}) ORDER BY v {}, k DESC LIMIT 1",
            if order == "DESC" { "ASC" } else { "DESC" }
        ),
        Amount::Count(n) => format!(
            "SELECT {listed}v, k FROM (SELECT {listed}v, k, row_number() OVER ({by}ORDER BY v {order}, k ASC) AS n, \
             count(*) OVER ({by}) AS m FROM (SELECT {columns}{value} AS v, {key} AS k FROM {base}) \
             WHERE v IS NOT NULL{present}) WHERE n = least({n}, m)"
        ),
        Amount::Share(share) => {
            let share = share.stripped();
            let whole = 10_i128.checked_pow(share.scale.into()).filter(|_| share.scale <= 8);
            let whole = whole.ok_or_else(|| unsaid(operand, "in top of so fine a share"))?;
            let rest = whole - share.mantissa;
            // The rows before the line: n less those that must be at or below it, at least one.
            let before = format!("m - greatest(1L, least(m, (m * {rest}L + {}L) DIV {whole}L))", whole - 1);
            let grouped = if names.is_empty() { String::new() } else { format!(" GROUP BY {}", names.join(", ")) };
            format!(
                "SELECT {listed}{best}(v) AS v FROM (SELECT {listed}v, sum(c) OVER ({by}ORDER BY v {order} \
                 ROWS UNBOUNDED PRECEDING) AS upto, sum(c) OVER ({by}) AS m FROM (SELECT {listed}v, count(*) AS c \
                 FROM (SELECT {columns}{value} AS v FROM {base}) WHERE v IS NOT NULL{present} GROUP BY {listed}v)) \
                 WHERE upto > {before}{grouped}"
            )
        }
    };
    let join = if names.is_empty() {
        "true".to_owned()
    } else {
        let equal: Vec<String> = groups.iter().zip(&names).map(|(g, n)| format!("{g} = {line}.{n}")).collect();
        equal.join(" AND ")
    };
    let member = match population.amount {
        Amount::Share(_) => format!("({value} {better}= {line}.v)"),
        Amount::Count(_) => format!("({value} {better} {line}.v OR ({value} = {line}.v AND {key} <= {line}.k))"),
    };
    Ok(Line { query, join, member })
}

/// A group's column: rows are in one group if it is written the same.
fn group(writer: &Writer<'_>, e: &Expr) -> Said {
    if e.typed.ty == Type::Real {
        return Err(unsaid(e, "a group of reals"));
    }
    writer.expr(e)
}

/// The key as it is written, by which ties are broken.
fn key_text(writer: &Writer<'_>, key: &Expr) -> Said {
    let value = writer.expr(key)?;
    match key.typed.ty {
        Type::Text => Ok(value),
        Type::Integer | Type::Date => Ok(format!("CAST({value} AS STRING)")),
        Type::Decimal(d) => Ok(crate::text::plain_decimal(&value, d)),
        _ => Err(unsaid(key, "a key of this type")),
    }
}
