//! Messages of feeds as files: what is read back is what was written, decimals exactly; what cannot be written leaves nothing.
#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

use arrow_array::{Array, RecordBatch, cast::AsArray, types::*};
use arrow_schema::DataType;
use guiju_connect::market::{Decimals, Kind, Lines, Survey, Tables};
use guiju_feed::{Decimal, Decoder, Encoder, Message, Mode, Program, Reset, Templates, Value};
use guiju_lang::finding::Finding;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::{fs::File, path::Path, sync::Arc};

const TEMPLATES: &str = r#"<templates>
    <template name="Tick" id="1"><uInt64 name="N"/><int32 name="I" presence="optional"/><decimal name="Price" presence="optional"/>
        <string name="S"/><string name="S" ns="other" presence="optional"/><byteVector name="B" presence="optional"/>
        <sequence name="Levels" presence="optional"><decimal name="Price"/><uInt32 name="Q" presence="optional"/></sequence>
        <group name="G" presence="optional"><int32 name="I"/><group name="Empty" presence="optional"/></group>
        <sequence name="Nothings"/><templateRef/></template>
    <template name="a/b" id="2"><decimal name="D"/></template>
    <template name="A_B" id="3"><uInt32 name="_message"/></template>
    <template name="Beat" id="4"/></templates>"#;

fn program() -> Arc<Program> {
    let (templates, findings) = Templates::read(TEMPLATES);
    assert_eq!(findings, []);
    Arc::new(Program::compile(&templates, Reset::Ignore).unwrap())
}

fn decimal(mantissa: i64, exponent: i32) -> Option<Value> {
    Some(Value::Decimal(Decimal { mantissa, exponent }))
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

fn message(template: &str, row: Vec<Option<Value>>) -> Message {
    Message { template: template.to_owned(), row }
}

fn tick(at: u64) -> Message {
    let level = |price| vec![price, at.is_multiple_of(2).then_some(Value::Unsigned(at))];
    let levels = Value::Sequence(vec![level(decimal(-5, -1)), level(decimal(i64::MAX, -4))]);
    let inner = message("a/b", vec![decimal(7, 2)]);
    message(
        "Tick",
        vec![
            Some(Value::Unsigned(u64::MAX - at)),
            at.is_multiple_of(3).then_some(Value::Signed(-1)),
            if at.is_multiple_of(2) { decimal(1_250, -2) } else { decimal(3, 1) },
            text("鱼").filter(|_| false).or_else(|| text("fish")),
            at.is_multiple_of(5).then(|| Value::Text("again".into())),
            Some(Value::Bytes(vec![0, at as u8])),
            (!at.is_multiple_of(4)).then_some(levels),
            (at % 2 == 1).then(|| Value::Group(vec![Some(Value::Signed(9)), Some(Value::Group(vec![]))])),
            Some(Value::Sequence(vec![vec![]; (at % 3) as usize])),
            Some(Value::Message(Box::new(inner))),
        ],
    )
}

/// Every message of a stream, decoded.
fn each(messages: &[Message], see: &mut dyn FnMut(&guiju_feed::Decoded<'_>)) {
    let (mut encoder, mut decoder) = (Encoder::new(program()), Decoder::new(program(), Mode::Strict));
    for message in messages {
        let mut bytes = Vec::new();
        encoder.encode(message, &mut bytes).unwrap();
        see(&decoder.decode(&bytes).unwrap().0);
    }
}

fn survey(messages: &[Message]) -> Decimals {
    let mut survey = Survey::default();
    each(messages, &mut |message| survey.see(message));
    Decimals::Found(survey)
}

fn written(messages: &[Message], folder: &Path, kind: Kind, decimals: Decimals) -> Result<Vec<String>, Finding> {
    let mut tables = Tables::create(folder, kind, decimals)?;
    let mut failed = None;
    each(messages, &mut |message| failed = failed.take().or_else(|| tables.push(message).err()));
    if let Some(failed) = failed {
        return Err(failed);
    }
    Ok(tables.publish()?.into_iter().map(|file| format!("{} {} {}", file.template, file.file, file.rows)).collect())
}

fn read(path: &Path) -> Vec<RecordBatch> {
    let file = File::open(path).unwrap();
    if path.extension().unwrap() == "arrow" {
        return arrow_ipc::reader::FileReader::try_new(file, None).unwrap().map(Result::unwrap).collect();
    }
    ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).collect()
}

#[test]
fn what_is_read_back_is_what_was_written() {
    let mut messages: Vec<Message> = (0..20_000).map(tick).collect();
    messages.insert(3, message("a/b", vec![decimal(1, -30)]));
    messages.insert(4, message("A_B", vec![Some(Value::Unsigned(8))]));
    messages.push(message("a/b", vec![decimal(1, 30)]));
    messages.push(message("Beat", vec![]));
    let folder = tempfile::tempdir().unwrap();
    for (kind, ending) in [(Kind::Parquet, "parquet"), (Kind::Arrow, "arrow")] {
        let out = folder.path().join(format!("in/{ending}"));
        let files = written(&messages, &out, kind, survey(&messages)).unwrap();
        let expected = ["Tick Tick", "a/b a_b", "A_B A_B-2", "Beat Beat"].map(|name| format!("{name}.{ending}"));
        let expected: Vec<String> =
            expected.iter().zip([20_000, 2, 1, 1]).map(|(name, rows)| format!("{name} {rows}")).collect();
        assert_eq!(files, expected);

        let mut at = 0u64;
        for batch in read(&out.join(format!("Tick.{ending}"))) {
            let column = |name: &str| batch.column_by_name(name).unwrap();
            assert_eq!(column("Price").data_type(), &DataType::Decimal128(18, 2));
            let levels = column("Levels").as_list::<i32>();
            for row in 0..batch.num_rows() {
                let number = column("_message").as_primitive::<UInt64Type>().value(row);
                assert_eq!(number, if at < 3 { at + 1 } else { at + 3 }, "the two of other templates are numbered too");
                assert_eq!(column("N").as_primitive::<UInt64Type>().value(row), u64::MAX - at);
                assert_eq!(column("I").is_null(row), !at.is_multiple_of(3));
                let price = column("Price").as_primitive::<Decimal128Type>().value(row);
                assert_eq!(price, if at.is_multiple_of(2) { 1_250 } else { 3_000 });
                assert_eq!(
                    (column("S").as_string::<i32>().value(row), column("S_2").is_null(row)),
                    ("fish", !at.is_multiple_of(5))
                );
                assert_eq!(column("B").as_binary::<i32>().value(row), [0, at as u8]);
                assert_eq!(levels.is_null(row), at.is_multiple_of(4));
                if !at.is_multiple_of(4) {
                    let elements = levels.value(row);
                    let elements = elements.as_struct();
                    let prices = elements.column(0).as_primitive::<Decimal128Type>();
                    assert_eq!(elements.column(0).data_type(), &DataType::Decimal128(38, 4));
                    assert_eq!(prices.values()[..], [-5_000, i128::from(i64::MAX)]);
                    assert_eq!(elements.column(1).is_null(0), !at.is_multiple_of(2));
                }
                assert_eq!(column("G").is_null(row), at.is_multiple_of(2));
                if at % 2 == 1 {
                    assert_eq!(column("G").as_struct().column(0).as_primitive::<Int64Type>().value(row), 9);
                    assert!(column("G").as_struct().column(1).as_boolean().value(row));
                }
                assert_eq!(column("Nothings").as_primitive::<UInt64Type>().value(row), at % 3);
                assert_eq!(column("message").as_string::<i32>().value(row), r#"{"a/b":{"D":"7e2"}}"#);
                at += 1;
            }
        }
        assert_eq!(at, 20_000);
        // From 10^-30 to 10^30 is more than 38 digits: as it is on the wire.
        let batch = &read(&out.join(format!("a_b.{ending}")))[0];
        let parts = batch.column_by_name("D").unwrap().as_struct();
        assert_eq!(parts.column(0).as_primitive::<Int64Type>().values()[..], [1, 1]);
        assert_eq!(parts.column(1).as_primitive::<Int32Type>().values()[..], [-30, 30]);
        let batch = &read(&out.join(format!("A_B-2.{ending}")))[0];
        assert_eq!(batch.schema().field(0).name(), "__message");
        assert_eq!(batch.num_columns(), 2);
    }
}

#[test]
fn places_that_are_given_and_parts() {
    let messages = [message("a/b", vec![decimal(1_250, -2)]), message("a/b", vec![decimal(125, -3)])];
    let folder = tempfile::tempdir().unwrap();
    let refused = written(&messages, &folder.path().join("two"), Kind::Parquet, Decimals::Places(2)).unwrap_err();
    assert_eq!(refused.code.to_string(), "G7212", "{refused:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left of it");

    written(&messages, &folder.path().join("three"), Kind::Arrow, Decimals::Places(3)).unwrap();
    let batch = &read(&folder.path().join("three/a_b.arrow"))[0];
    assert_eq!(batch.column(1).as_primitive::<Decimal128Type>().values()[..], [12_500, 125]);
    written(&messages, &folder.path().join("parts"), Kind::Parquet, Decimals::Parts).unwrap();
    let batch = &read(&folder.path().join("parts/a_b.parquet"))[0];
    assert_eq!(batch.column(1).as_struct().column(1).as_primitive::<Int32Type>().values()[..], [-2, -3]);
}

#[test]
fn whole_or_not_at_all() {
    let messages = [tick(1)];
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let before = Tables::create(&out, Kind::Parquet, Decimals::Parts).unwrap();
    drop(before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "given up: no trace");
    written(&messages, &out, Kind::Parquet, Decimals::Parts).unwrap();
    let again = written(&messages, &out, Kind::Arrow, Decimals::Parts).unwrap_err();
    assert_eq!(again.code.to_string(), "G7211");
    let names: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["Tick.parquet"]);

    let file = folder.path().join("lines.jsonl");
    let mut lines = Lines::create(&file).unwrap();
    each(&messages, &mut |message| lines.push(message).unwrap());
    assert!(!file.exists());
    assert_eq!(lines.publish().unwrap(), 1);
    let mut expected = String::new();
    each(&messages, &mut |message| message.write_json(&mut expected));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{expected}\n"));
}
