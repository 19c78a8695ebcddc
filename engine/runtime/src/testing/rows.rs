//! `expect event …` with a table: exactly these effects, what is missing and what is too much side by side.

use super::{
    play::canonical_text,
    report::{Difference, Failure, FailureKind, Got},
};
use guiju_lang::{finding::Place, hir::RuleId, value::Value};

/// What differs between the table and what happened; nothing if they are the same.
pub(super) fn expect(
    got: &[Got],
    rule: &RuleId,
    properties: &[String],
    rows: &[(Value, Vec<Value>)],
    place: Place,
) -> Option<Failure> {
    let mut left: Vec<&Got> = got.iter().filter(|got| got.rule == *rule).collect();
    let mut lines = Vec::new();
    let mut differs = false;
    for (key, values) in rows {
        let key = canonical_text(key);
        let missing = |value: &Value| (*value != Value::Missing).then(|| canonical_text(value));
        let expected: Vec<Option<String>> =
            std::iter::once(Some(key.clone())).chain(values.iter().map(missing)).collect();
        // Of several effects for a key the one that is the same, if there is one.
        let at = left.iter().position(|got| cells(got, properties) == expected);
        let at = at.or_else(|| left.iter().position(|got| got.key == key));
        let found = at.map(|at| cells(left.remove(at), properties));
        differs |= found.as_ref() != Some(&expected);
        lines.push(Difference { expected: Some(expected), got: found });
    }
    differs |= !left.is_empty();
    lines.extend(left.into_iter().map(|got| Difference { expected: None, got: Some(cells(got, properties)) }));
    let kind = FailureKind::Rows { rule: rule.clone(), properties: properties.to_vec(), lines };
    differs.then_some(Failure { place, kind })
}

/// The key and the properties that are compared.
fn cells(got: &Got, properties: &[String]) -> Vec<Option<String>> {
    let property = |name: &String| got.properties.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone());
    std::iter::once(Some(got.key.clone())).chain(properties.iter().map(property)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> RuleId {
        RuleId { tenant: "t".into(), rulebook: "b".into(), name: "r".into() }
    }

    fn got(key: &str, priority: &str) -> Got {
        Got { rule: id(), key: key.into(), properties: vec![("priority".into(), priority.into())] }
    }

    fn row(key: i64, priority: &str) -> (Value, Vec<Value>) {
        (Value::Integer(key), vec![Value::text(priority)])
    }

    #[test]
    fn exactly_these_in_any_order() {
        let happened = [got("2", "low"), got("1", "high")];
        let properties = ["priority".to_owned()];
        let check = |rows: &[(Value, Vec<Value>)]| expect(&happened, &id(), &properties, rows, Place::default());
        assert!(check(&[row(1, "high"), row(2, "low")]).is_none());
        let Some(Failure { kind: FailureKind::Rows { lines, .. }, .. }) = check(&[row(1, "low"), row(3, "low")]) else {
            panic!("a difference was expected")
        };
        let shown: Vec<(bool, bool, bool)> =
            lines.iter().map(|l| (l.expected.is_some(), l.got.is_some(), l.expected == l.got)).collect();
        // 1 differs, 3 is missing, 2 was not expected.
        assert_eq!(shown, [(true, true, false), (true, false, false), (false, true, false)]);
        assert!(expect(&[], &id(), &properties, &[], Place::default()).is_none());
    }
}
