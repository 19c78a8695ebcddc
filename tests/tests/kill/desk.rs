//! A table of people, and desks that get the same tasks from it whatever happens to them.

use arrow_array::{Array, ArrayRef, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray, cast::AsArray};
use guiju::core::effect;
use guiju::store::{EffectFilter, View};
use parquet::arrow::ArrowWriter;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

/// The second is within every cool-down, the third is not.
pub(crate) const DAYS: [&str; 3] = ["2026-01-01", "2026-01-02", "2026-01-05"];

/// The people and their managers, as Parquet.
pub(crate) fn lake(people: i64) -> TempDir {
    let folder = TempDir::new().unwrap();
    let ids = || 0..people;
    // Spread evenly, the same for ever.
    let drawn = |id: i64, most: i64| (id.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64) >> 33).rem_euclid(most);
    let cents = ids().map(|id| (drawn(id, 37) > 0).then(|| i128::from(drawn(id + 7, 1_000_000))));
    let people: [(&str, ArrayRef); 4] = [
        ("id", Arc::new(Int64Array::from_iter_values(ids()))),
        ("name", Arc::new(StringArray::from_iter_values(ids().map(|id| format!("客户{id}"))))),
        ("balance", Arc::new(cents.collect::<Decimal128Array>().with_precision_and_scale(18, 2).unwrap())),
        ("visits", Arc::new(Int32Array::from_iter_values(ids().map(|id| drawn(id + 3, 20) as i32)))),
    ];
    let known: Vec<i64> = ids().filter(|id| drawn(id + 11, 20) > 0).collect();
    let of = known.iter().map(|&id| format!("M{:03}", drawn(id + 5, 200)));
    let managers: [(&str, ArrayRef); 2] = [
        ("manager", Arc::new(StringArray::from_iter_values(of))),
        ("id", Arc::new(Int64Array::from_iter_values(known.iter().copied()))),
    ];
    write(&folder.path().join("people.parquet"), people);
    write(&folder.path().join("managers.parquet"), managers);
    folder
}

fn write<const N: usize>(path: &Path, columns: [(&str, ArrayRef); N]) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// A project of its own over the table: a journal, a database of calls, a file of letters.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn over(lake: &Path) -> Self {
        let folder = TempDir::new().unwrap();
        let lake = lake.display();
        let config = format!(
            "connections:\n  lake: {{ kind: files, path: \"{lake}\" }}\n  desk: {{ kind: sqlite, path: desk.db }}\n  \
             post: {{ kind: jsonl, path: letters.jsonl }}\nstore: store\n"
        );
        fs::write(folder.path().join("guiju.yaml"), config).unwrap();
        fs::write(folder.path().join("care.gj"), include_str!("care.gj")).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    fn store(&self) -> PathBuf {
        self.path().join("store")
    }

    /// Everything here is what is there: the journal's effects, the calls and the letters.
    pub(crate) fn is_like(&self, twin: &Self, what: &str) {
        let (ours, theirs) = (self.effects(), twin.effects());
        assert!(!theirs.is_empty(), "nobody was found");
        assert_eq!(ours.len(), theirs.len(), "{what}: effects in the journal");
        assert!(ours == theirs, "{what}: other effects in the journal");
        assert!(ours.windows(2).all(|pair| pair[0] != pair[1]), "{what}: an effect is there twice");
        View::open(self.store()).unwrap().verify().expect(what);

        let calls = rusqlite::Connection::open(self.path().join("desk.db")).unwrap();
        calls.execute("ATTACH ?1 AS twin", [twin.path().join("desk.db").to_str().unwrap()]).unwrap();
        for (one, other) in [("main", "twin"), ("twin", "main")] {
            let differ = format!("SELECT count(*) FROM (SELECT * FROM {one}.calls EXCEPT SELECT * FROM {other}.calls)");
            let count: i64 = calls.query_row(&differ, [], |row| row.get(0)).unwrap();
            assert_eq!(count, 0, "{what}: calls of {one} alone");
        }
        let count = |of: &str| -> i64 {
            calls.query_row(&format!("SELECT count(*) FROM {of}.calls"), [], |row| row.get(0)).unwrap()
        };
        assert_eq!(count("main"), count("twin"), "{what}: calls");
        assert!(self.letters() == twin.letters(), "{what}: letters");
    }

    /// Ids in the journal, in order.
    fn effects(&self) -> Vec<Vec<u8>> {
        let mut ids = Vec::new();
        for batch in View::open(self.store()).unwrap().effects(&EffectFilter::default()).unwrap() {
            let column = batch.column_by_name(effect::EFFECT_ID).unwrap().as_fixed_size_binary().clone();
            ids.extend((0..column.len()).map(|row| column.value(row).to_vec()));
        }
        ids.sort();
        ids
    }

    /// Blank lines are no letters: there is one wherever somebody has added to the file.
    fn letters(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path().join("letters.jsonl")).unwrap();
        let mut lines: Vec<String> = text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        lines.sort();
        lines
    }
}
