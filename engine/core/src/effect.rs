//! Effects as columns. Every batch of effects begins with the same columns, whatever the rule's kind; what the effect says
//! (priority, text, …) follows in the kind's own columns. The epoch is the same for a whole run and is kept beside the batch.

use arrow_schema::{DataType, Field, Schema, TimeUnit};

/// Name of the effect's id: 16 bytes.
pub const EFFECT_ID: &str = "effect_id";
/// Name of the rule's id, `tenant/rulebook.name`.
pub const RULE: &str = "rule";
/// Name of the sort of effect: `task`, …
pub const KIND: &str = "kind";
/// Name of the key's canonical text.
pub const KEY: &str = "key";
/// Name of the effect's number among those of one key in one occurrence.
pub const ORDINAL: &str = "ordinal";
/// Name of the source that the input row came from.
pub const SOURCE: &str = "source";
/// Name of that row's number in the source, from 0.
pub const ROW: &str = "row";
/// Name of the logical time.
pub const LOGICAL_TIME: &str = "logical_time";
/// Name of the leaf values that `why` answers from: a JSON object, leaf name to canonical text or null.
pub const EVIDENCE: &str = "evidence";
/// Name of the sink the effect goes to, where the kind has one. Missing: it is only recorded.
pub const SINK: &str = "sink";

/// Text that repeats: dictionary-coded.
pub fn repeated_text() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Microseconds, UTC.
pub fn logical_time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The columns every effect has, in order.
pub fn common_fields() -> Vec<Field> {
    vec![
        Field::new(EFFECT_ID, DataType::FixedSizeBinary(16), false),
        Field::new(RULE, repeated_text(), false),
        Field::new(KIND, repeated_text(), false),
        Field::new(KEY, DataType::Utf8, false),
        Field::new(ORDINAL, DataType::UInt32, false),
        Field::new(SOURCE, repeated_text(), false),
        Field::new(ROW, DataType::UInt64, false),
        Field::new(LOGICAL_TIME, logical_time_type(), false),
        Field::new(EVIDENCE, DataType::Utf8, true),
    ]
}

/// The schema of a kind's effects: the common columns, then the kind's.
pub fn schema(payload: impl IntoIterator<Item = Field>) -> Schema {
    let mut fields = common_fields();
    fields.extend(payload);
    Schema::new(fields)
}

/// The first common column that a batch lacks or has with another type.
pub fn missing_column(schema: &Schema) -> Option<Field> {
    common_fields()
        .into_iter()
        .find(|wanted| !schema.field_with_name(wanted.name()).is_ok_and(|got| got.data_type() == wanted.data_type()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_columns_are_asked_for() {
        let whole = schema([Field::new("priority", repeated_text(), true)]);
        assert_eq!(missing_column(&whole), None);
        assert_eq!(whole.fields().len(), 10);
        let fields: Vec<_> = common_fields().into_iter().filter(|f| f.name() != KEY).collect();
        assert_eq!(missing_column(&Schema::new(fields)).map(|f| f.name().clone()), Some(KEY.to_owned()));
    }
}
