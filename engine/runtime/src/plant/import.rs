//! Graphs and traces that other tools write, as the tables of a plant: node-link JSON (networkx, D3, topohub) and NetBox's cable traces.
//!
//! What they do not say is left empty, so that reading the plant says what is missing, by row; defaults are only those that are asked for.

use guiju_fiber::inventory::{Kind, Level, Table};
use guiju_lang::finding::{Arg, At, Finding, codes::cli as codes};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::Path,
};

/// A longer file is not read.
const MOST_BYTES: u64 = 256 << 20;

/// What is to be imported, and what stands where the file says nothing.
#[derive(Debug, Clone)]
pub struct Import {
    /// The building of places of which none is said.
    pub building: String,
    /// Cores of cables of which no number is said.
    pub cores: Option<u32>,
    /// Loss of cables of which none is said, in thousandths of a decibel for each kilometre.
    pub loss_per_km: Option<u64>,
}

/// Tables: columns and rows, each a list of texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// By kind.
    pub tables: BTreeMap<Kind, (Vec<&'static str>, Vec<Vec<String>>)>,
    /// Cables that say no length.
    pub without_length: usize,
    /// Names of places that several rows of a file stand for.
    known: BTreeSet<(Kind, String)>,
}

impl Imported {
    /// The tables as they are read once they are written.
    #[must_use]
    pub fn records(&self) -> Vec<Table> {
        let mut records = Vec::new();
        for (number, (&kind, (columns, all))) in (0..).zip(&self.tables) {
            let value = |value: &String| (!value.is_empty()).then(|| value.clone());
            let columns = columns.iter().map(|&column| column.to_owned()).collect();
            let rows = all.iter().zip(1..).map(|(row, at)| (at, row.iter().map(value).collect())).collect();
            records.push(Table { kind, number, columns, rows });
        }
        records
    }

    fn add(&mut self, kind: Kind, columns: &[&'static str], row: Vec<String>) {
        self.tables.entry(kind).or_insert_with(|| (columns.to_vec(), Vec::new())).1.push(row);
    }

    /// The same, if nothing of that name is there.
    fn once(&mut self, kind: Kind, columns: &[&'static str], row: Vec<String>) {
        if self.known.insert((kind, row.first().cloned().unwrap_or_default())) {
            self.add(kind, columns, row);
        }
    }
}

const PLACE: &[&str] = &["name", "within"];
const BUILDING: &[&str] = &["name"];
const PORT: &[&str] = &["name", "within", "cable", "core"];
const CABLE: &[&str] = &["name", "a", "b", "length", "loss", "cores", "ducts", "class", "owner"];

/// Reads a file of either form: which one it is, it shows itself.
///
/// # Errors
/// What cannot be read, or is neither.
pub fn import(path: &Path, how: &Import) -> Result<Imported, Finding> {
    let io = |error: std::io::Error| {
        let path = Arg::Name(path.display().to_string());
        Finding::new(codes::UNREADABLE, At::Nowhere).arg("path", path).arg("reason", Arg::Plain(error.to_string()))
    };
    let wrong = |expected: (&'static str, &'static str)| {
        Finding::new(codes::FIBER_IMPORT, At::data(path.display().to_string()))
            .arg("expected", Arg::Either(expected.0, expected.1))
    };
    if fs::metadata(path).map_err(io)?.len() > MOST_BYTES {
        return Err(Finding::new(codes::PLANT_TOO_LARGE, At::data(path.display().to_string())));
    }
    let bytes = fs::read(path).map_err(io)?;
    of_json(&bytes, how).map_err(wrong)
}

/// The same, of bytes.
///
/// # Errors
/// What it is not.
pub fn of_json(bytes: &[u8], how: &Import) -> Result<Imported, (&'static str, &'static str)> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| ("JSON", " JSON"))?;
    let mut imported = Imported::default();
    imported.once(Kind::Places(Level::Building), BUILDING, vec![how.building.clone()]);
    match &value {
        Value::Object(graph) if graph.contains_key("nodes") => node_link(graph, how, &mut imported)?,
        // One trace, or many by name.
        Value::Array(trace) => netbox(trace, "trace-1", how, &mut imported)?,
        Value::Object(traces) if !traces.is_empty() && traces.values().all(Value::is_array) => {
            for (name, trace) in traces {
                netbox(trace.as_array().map_or(&[][..], Vec::as_slice), name, how, &mut imported)?;
            }
        }
        _ => return Err(("a node-link graph or a cable trace", "节点-连线图或线缆追踪")),
    }
    Ok(imported)
}

/// A member as text: of texts, numbers, truths.
fn text(of: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match of.get(*key)? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A length in thousandths, from a number of that many metres.
fn metres(of: &Map<String, Value>, keys: &[(&str, f64)]) -> Option<f64> {
    keys.iter().find_map(|(key, unit)| of.get(*key)?.as_f64().filter(|n| n.is_finite() && *n >= 0.0).map(|n| n * unit))
}

/// To the millimetre, which is as exact as a binary fraction was meant.
fn shown(metres: Option<f64>) -> String {
    metres.filter(|metres| *metres < 1e12).map(|metres| format!("{metres:.3}")).unwrap_or_default()
}

fn loss(said: Option<String>, metres: Option<f64>, how: &Import) -> String {
    let per_km = how.loss_per_km.zip(metres);
    let worked_out = || per_km.map(|(loss, metres)| format!("{:.3}", loss as f64 * metres / 1_000_000.0));
    said.or_else(worked_out).unwrap_or_default()
}

fn node_link(graph: &Map<String, Value>, how: &Import, to: &mut Imported) -> Result<(), (&'static str, &'static str)> {
    let form = (
        "a node-link graph: `nodes` with `id`, `links` or `edges` with `source` and `target`",
        "节点-连线图：`nodes` 有 `id`，`links` 或 `edges` 有 `source` 和 `target`",
    );
    let nodes = graph.get("nodes").and_then(Value::as_array).ok_or(form)?;
    let links = graph.get("links").or_else(|| graph.get("edges")).and_then(Value::as_array).ok_or(form)?;
    let (mut names, mut called) = (BTreeMap::<String, String>::new(), BTreeSet::new());
    for node in nodes {
        let node = node.as_object().ok_or(form)?;
        let id = text(node, &["id"]).ok_or(form)?;
        let name = text(node, &["name", "label"]).unwrap_or_else(|| id.clone());
        // Two nodes may be called the same; their numbers differ.
        let name = if called.contains(&name) { format!("{name}#{id}") } else { name };
        called.insert(name.clone());
        let building = text(node, &["building", "site"]).unwrap_or_else(|| how.building.clone());
        to.once(Kind::Places(Level::Building), BUILDING, vec![building.clone()]);
        let mut within = building;
        if let Some(room) = text(node, &["room"]) {
            to.once(Kind::Places(Level::Room), PLACE, vec![room.clone(), within]);
            within = room;
        }
        to.add(Kind::Places(Level::Frame), PLACE, vec![name.clone(), within]);
        names.insert(id, name);
    }
    for (link, number) in links.iter().zip(1..) {
        let link = link.as_object().ok_or(form)?;
        let end = |key: &str| {
            let id = text(link, &[key]).ok_or(form)?;
            Ok::<String, (&'static str, &'static str)>(names.get(&id).cloned().unwrap_or(id))
        };
        let length = metres(link, &[("length", 1.0), ("length_m", 1.0), ("length_km", 1000.0), ("dist", 1000.0)]);
        to.without_length += usize::from(length.is_none());
        let ducts = match link.get("ducts") {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(";"),
            _ => text(link, &["ducts", "duct"]).unwrap_or_default(),
        };
        let name = text(link, &["name", "label", "id"]).unwrap_or_else(|| format!("L{number}"));
        to.add(
            Kind::Cables,
            CABLE,
            vec![
                name,
                end("source")?,
                end("target")?,
                shown(length),
                loss(text(link, &["loss", "loss_db"]), length, how),
                text(link, &["cores", "fibers", "fibres"])
                    .or_else(|| how.cores.map(|cores| cores.to_string()))
                    .unwrap_or_default(),
                ducts,
                text(link, &["class", "type"]).unwrap_or_default(),
                text(link, &["owner"]).unwrap_or_default(),
            ],
        );
    }
    Ok(())
}

/// A trace is what `/api/dcim/interfaces/N/trace/` answers: for each piece the near end, the cable, the far end; ends are objects, or since
/// release 3.3 lists of them. Ports of one device are ports of one frame; what lies between two pieces is patched there.
fn netbox(trace: &[Value], name: &str, how: &Import, to: &mut Imported) -> Result<(), (&'static str, &'static str)> {
    let form = ("a cable trace: pieces of near end, cable, far end", "线缆追踪：每段为近端、线缆、远端");
    for piece in trace {
        let piece = piece.as_array().filter(|piece| piece.len() == 3).ok_or(form)?;
        let cable = match &piece[1] {
            Value::Object(cable) => cable,
            // Where a trace splits, or ends at something that is no cable.
            Value::Null => continue,
            Value::Array(none) if none.is_empty() => continue,
            _ => return Err(form),
        };
        let label = text(cable, &["label"]);
        let number = text(cable, &["id"]).ok_or(form)?;
        let label = label.unwrap_or_else(|| format!("cable-{number}"));
        let mut ends = Vec::new();
        for end in [&piece[0], &piece[2]] {
            let end = end.as_array().and_then(|all| all.first()).unwrap_or(end).as_object().ok_or(form)?;
            let device = end.get("device").and_then(Value::as_object).ok_or(form)?;
            let device = text(device, &["name", "display"]).ok_or(form)?;
            let port = format!("{device}/{}", text(end, &["name", "display"]).ok_or(form)?);
            to.once(Kind::Places(Level::Frame), PLACE, vec![device.clone(), how.building.clone()]);
            to.once(Kind::Places(Level::Port), PORT, vec![port, device.clone(), label.clone(), "1".to_owned()]);
            ends.push(device);
        }
        let unit = match text(cable, &["length_unit"])
            .or_else(|| cable.get("length_unit").and_then(Value::as_object).and_then(|unit| text(unit, &["value"])))
        {
            Some(unit) => match unit.as_str() {
                "km" => 1000.0,
                "cm" => 0.01,
                "mi" => 1609.344,
                "ft" => 0.3048,
                "in" => 0.0254,
                _ => 1.0,
            },
            None => 1.0,
        };
        let length = metres(cable, &[("length", unit)]);
        to.without_length += usize::from(length.is_none());
        let far = ends.pop().unwrap_or_default();
        let near = ends.pop().unwrap_or_default();
        to.once(
            Kind::Cables,
            CABLE,
            vec![
                label.clone(),
                near,
                far,
                shown(length),
                loss(None, length, how),
                how.cores.map_or_else(|| "1".to_owned(), |cores| cores.to_string()),
                String::new(),
                text(cable, &["type"]).unwrap_or_default(),
                text(cable.get("tenant").and_then(Value::as_object).unwrap_or(&Map::new()), &["name"])
                    .unwrap_or_default(),
            ],
        );
        to.add(Kind::Cores, &["cable", "core", "circuit"], vec![label, "1".to_owned(), name.to_owned()]);
    }
    Ok(())
}

/// Writes the tables as CSV files, each in one piece; files that are there are replaced.
///
/// # Errors
/// What cannot be written.
pub fn write(imported: &Imported, folder: &Path) -> Result<Vec<String>, Finding> {
    let failed = |path: &Path, error: &std::io::Error| {
        let path = Arg::Name(path.display().to_string());
        Finding::new(codes::UNWRITABLE, At::Nowhere).arg("path", path).arg("reason", Arg::Plain(error.to_string()))
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut written = Vec::new();
    for (kind, (columns, rows)) in &imported.tables {
        let path = folder.join(format!("{}.csv", kind.word()));
        let mut text = columns.join(",") + "\n";
        for row in rows {
            let quoted: Vec<String> = row.iter().map(|value| quoted(value)).collect();
            text += &quoted.join(",");
            text.push('\n');
        }
        let part = folder.join(format!(".{}.csv.part", kind.word()));
        let all = || {
            let mut file = fs::File::create(&part)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, &path)
        };
        all().map_err(|error| failed(&path, &error))?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

fn quoted(value: &str) -> String {
    if value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}
