//! Records in every form are one plant; what is wrong with them is said with its file and row; graphs of other tools become tables.

use guiju::{
    connect::config::Config,
    fiber::plan::{self, Request, Taken},
    lang::finding::{At, FileId, Finding},
    plant::{Import, Plant, import, read, write},
};
use std::{fs, path::Path};

const PLACES: [(&str, &str); 4] = [
    ("buildings", "name\n\"B1, north\"\nB2\n"),
    ("rooms", "name,within\n007,\"B1, north\"\n008,B2\n"),
    ("frames", "name,within\nF1,007\nF2,008\n"),
    ("ports", "name,within,cable,core\nF1/1,F1,K1,1\n"),
];
const CABLES: &str =
    "name,a,b,length,loss,cores,ducts,class\nK1,F1,F2,120.5,0.35,12,D1;D2,OM4\nK2,F1,F2,130,0.4,12,,OM4\n";
const CORES: &str = "cable,core,circuit\nK1,1,C1\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in PLACES.iter().chain(&[("cables", CABLES), ("cores", CORES)]) {
        fs::write(folder.path().join(format!("{name}.csv")), text).unwrap();
    }
    folder
}

fn config(folder: &Path, text: &str) -> Config {
    let (config, findings) = Config::parse(text, folder, FileId(0));
    assert_eq!(findings, []);
    config
}

fn plant(path: &Path, config: &Config) -> Plant {
    read(path, config).unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// The cables, with decimals, binary fractions and integers.
fn parquet(path: &Path) {
    use arrow_array::{ArrayRef, Decimal128Array, Float64Array, Int32Array, RecordBatch, StringArray};
    use std::sync::Arc;
    let text = |values: [Option<&str>; 2]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let length = Decimal128Array::from(vec![120_500, 130_000]).with_precision_and_scale(12, 3).unwrap();
    let batch = RecordBatch::try_from_iter([
        ("name", text([Some("K1"), Some("K2")])),
        ("a", text([Some("F1"); 2])),
        ("b", text([Some("F2"); 2])),
        ("length", Arc::new(length)),
        ("loss", Arc::new(Float64Array::from(vec![0.35, 0.4]))),
        ("cores", Arc::new(Int32Array::from(vec![12, 12]))),
        ("ducts", text([Some("D1;D2"), None])),
        ("class", text([Some("OM4"); 2])),
    ])
    .unwrap();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn route(plant: &Plant) -> Vec<(String, u32)> {
    let answer = plan::best(&plant.inventory, &Taken::none(), &Request::new("007", "F2"), 1).unwrap();
    answer.routes[0][0].hops.iter().map(|hop| (hop.cable.clone(), hop.cores[0])).collect()
}

#[test]
fn folders_yaml_json_lines_parquet_and_databases_are_one_plant() {
    let there = folder();
    let folder = there.path();
    let none = Config::empty(folder);
    let first = plant(folder, &none);
    assert_eq!(route(&first), [("K1".to_owned(), 2)]);
    assert_eq!(first.sources.len(), 6);

    // Rows in YAML, files beside it, a table of a database.
    let db = rusqlite::Connection::open(folder.join("net.db")).unwrap();
    db.execute_batch(
        "CREATE TABLE used (cable TEXT NOT NULL, core INTEGER NOT NULL, circuit TEXT NOT NULL);
         INSERT INTO used VALUES ('K1', 1, 'C1');",
    )
    .unwrap();
    drop(db);
    fs::write(
        folder.join("cables.jsonl"),
        "{\"name\":\"K1\",\"a\":\"F1\",\"b\":\"F2\",\"length\":120.5,\"loss\":0.35,\"cores\":12,\"ducts\":\"D1;D2\",\"class\":\"OM4\"}\n\
         {\"name\":\"K2\",\"a\":\"F1\",\"b\":\"F2\",\"length\":130,\"loss\":0.4,\"cores\":12,\"ducts\":null,\"class\":\"OM4\"}\n",
    )
    .unwrap();
    let yaml = "
buildings: [ { name: 'B1, north' }, { name: B2 } ]
rooms: [ { name: '007', within: 'B1, north' }, { name: '008', within: B2 } ]
frames: frames.csv
ports: [ { name: F1/1, within: F1, cable: K1, core: 1 } ]
cables: cables.jsonl
cores: { connection: net, table: used }
";
    fs::write(folder.join("plant.yaml"), yaml).unwrap();
    let with = config(folder, "connections: { net: { kind: sqlite, path: net.db } }");
    let second = plant(&folder.join("plant.yaml"), &with);
    assert_eq!(route(&second), route(&first));
    assert_eq!(second.inventory.lengths(), [120_500, 130_000]);
    assert_eq!(second.inventory.ducts(), ["D1", "D2"]);
    // The same records, however a length is written.
    assert_eq!(second.digest, first.digest);
    // Parquet, with numbers of every sort that tables have.
    parquet(&folder.join("cables.parquet"));
    fs::write(folder.join("plant.yaml"), yaml.replace("cables.jsonl", "cables.parquet")).unwrap();
    assert_eq!(plant(&folder.join("plant.yaml"), &with).digest, first.digest);
    // Two files for one table are no table.
    let codes: Vec<String> = read(folder, &none).unwrap_err().iter().map(|finding| finding.code.to_string()).collect();
    assert_eq!(codes, ["G7241"]);
    fs::remove_file(folder.join("cables.parquet")).unwrap();
    fs::write(folder.join("cores.csv"), "cable,core,circuit\nK1,2,C1\n").unwrap();
    fs::remove_file(folder.join("cables.jsonl")).unwrap();
    assert_ne!(plant(folder, &none).digest, first.digest);
}

#[test]
fn what_is_wrong_names_its_file_and_row() {
    let wrong = |file: &str, text: &str| -> Vec<(String, String, Option<u64>)> {
        let there = folder();
        fs::write(there.path().join(file), text).unwrap();
        let findings = read(there.path(), &Config::empty(there.path())).unwrap_err();
        let place = |finding: &Finding| match &finding.at {
            At::Data { path, row, .. } => (Path::new(path).file_name().unwrap().to_string_lossy().into_owned(), *row),
            _ => (String::new(), None),
        };
        findings.iter().map(|finding| (finding.code.to_string(), place(finding).0, place(finding).1)).collect()
    };
    let one = |file: &str, text: &str, code: &str, row: Option<u64>| {
        assert_eq!(wrong(file, text), [(code.to_owned(), file.to_owned(), row)], "{text}");
    };
    let cables = |line: &str| format!("{CABLES}{line}\n");
    one("cables.csv", &cables("K3,F1,F9,1,1,1,,"), "G7249", Some(3));
    one("cables.csv", &cables("K3,F1,F2,,1,1,,"), "G7250", Some(3));
    one("cables.csv", &cables("K3,F1,F2,1,,1,,"), "G7251", Some(3));
    one("cables.csv", &cables("K3,F1,F2,1.0005,1,1,,"), "G7244", Some(3));
    one("cables.csv", &cables("K1,F1,F2,1,1,1,,"), "G7245", Some(3));
    one("cables.csv", "name,a,b,length,loss\nK1,F1,F2,1,1\n", "G7242", None);
    one("rooms.csv", "name,within\n007,\n008,B2\n", "G7248", Some(1));
    one("rooms.csv", "name,within\n007,B3\n008,B2\n", "G7246", Some(1));
    one("frames.csv", "name,within\nF1,007\nF2,F1\n", "G7247", Some(2));
    one("cores.csv", "cable,core,circuit\nK9,1,C1\n", "G7252", Some(1));
    one("cores.csv", "cable,core,circuit\nK1,13,C1\n", "G7253", Some(1));
    one("cores.csv", "cable,core,circuit\nK1,1,C1\nK2,2,C1\nK1,1,C2\n", "G7254", Some(3));
    one("cores.csv", "cable,core,circuit\nK1,1,\n", "G7243", Some(1));
    one("customers.csv", "name\nx\nx\n", "G7245", Some(2));
    assert_eq!(wrong("circuits.csv", "name,order\nC2,\n"), [("G7255".to_owned(), "cores.csv".to_owned(), Some(1))]);
}

#[test]
fn graphs_and_traces_become_tables() {
    let there = tempfile::tempdir().unwrap();
    let at = |name: &str| there.path().join(name);
    let how = Import { building: "campus".into(), cores: Some(24), loss_per_km: Some(350) };
    fs::write(
        at("graph.json"),
        r#"{"directed": false, "multigraph": true, "graph": {}, "nodes": [{"id": 0, "name": "Köln"}, {"id": 1, "name": "Bonn", "site": "south"}, {"id": 2, "name": "Bonn"}],
            "edges": [{"source": 0, "target": 1, "dist": 27.5}, {"source": 0, "target": 1, "length": 30000, "ducts": ["A", "B"], "cores": 2}, {"source": 1, "target": 2, "dist": 1}]}"#,
    )
    .unwrap();
    let imported = import(&at("graph.json"), &how).unwrap();
    assert_eq!(write(&imported, &at("graph")).unwrap().len(), 3);
    let graph = plant(&at("graph"), &Config::empty(there.path()));
    assert_eq!(graph.inventory.lengths(), [27_500_000, 30_000_000, 1_000_000]);
    assert_eq!(graph.inventory.losses(), [9_625, 10_500, 350]);
    assert_eq!(graph.inventory.ducts(), ["A", "B"]);
    let answer = plan::best(&graph.inventory, &Taken::none(), &Request::new("Köln", "Bonn#2"), 9).unwrap();
    assert_eq!(answer.routes.len(), 2);

    // Two pieces over a patch panel, in the forms before and since release 3.3.
    let end = |id: u32, name: &str, device: &str| {
        format!(r#"{{"id": {id}, "name": "{name}", "device": {{"id": 1, "name": "{device}"}}}}"#)
    };
    let piece = |near: &str, cable: &str, far: &str| format!("[{near}, {cable}, {far}]");
    let one = r##"{"id": 7, "label": "#A7", "type": "smf", "length": 120.5, "length_unit": "m"}"##;
    let two = r#"{"id": 8, "label": "", "length": 0.2, "length_unit": {"value": "km", "label": "Kilometers"}}"#;
    let old = format!(
        "[{},{}]",
        piece(&end(1, "et0", "switch"), one, &end(2, "1", "panel")),
        piece(&end(3, "R1", "panel"), two, &end(4, "9", "router"))
    );
    let new = format!(
        "[{},{}]",
        piece(&format!("[{}]", end(1, "et0", "switch")), one, &format!("[{}]", end(2, "1", "panel"))),
        piece(&format!("[{}]", end(3, "R1", "panel")), two, &format!("[{}]", end(4, "9", "router")))
    );
    for (name, text) in [("old", &old), ("new", &new)] {
        fs::write(at(name), text).unwrap();
        let imported = import(&at(name), &Import { cores: None, ..how.clone() }).unwrap();
        let folder = at(&format!("{name}-plant"));
        write(&imported, &folder).unwrap();
        let trace = plant(&folder, &Config::empty(there.path()));
        assert_eq!(trace.inventory.lengths(), [120_500, 200_000]);
        let uses: Vec<_> =
            trace.inventory.uses().map(|(cable, core, circuit)| (cable.index(), core, circuit.to_owned())).collect();
        assert_eq!(uses, [(0, 1, "trace-1".to_owned()), (1, 1, "trace-1".to_owned())]);
        let cable = trace.inventory.cable("cable-8").unwrap();
        assert_eq!(trace.inventory.port(trace.inventory.node("panel").unwrap(), cable, 1), Some("panel/R1"));
    }
    for wrong in ["", "{}", "[[1,2,3]]", "{\"nodes\": 5}", "{\"nodes\": [], \"links\": [5]}", "[[[],[],[]]]"] {
        fs::write(at("wrong"), wrong).unwrap();
        assert_eq!(
            import(&at("wrong"), &how).err().map(|finding| finding.code.to_string()),
            (wrong != "[[[],[],[]]]").then(|| "G7270".to_owned()),
            "{wrong}"
        );
    }
}
