//! Tables of texts become rows: what CSV, YAML, Parquet files and databases have in common when they hold a plant's records.

use super::{
    problem::{Problem, Wrong},
    rows::{At, CableRow, EndRow, Level, NameRow, PlaceRow, Rows, SegmentRow, UseRow},
};

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Places of one level; columns `name`, `within`, of ports also `cable` and `core`.
    Places(Level),
    /// `name`, `a`, `b`, `length` (metres), `loss` (decibels), `cores`, `ducts` (between `;`), `class`, `owner`.
    Cables,
    /// `cable`, `duct`, `length`.
    Segments,
    /// `name`.
    Ducts,
    /// Cores in use: `cable`, `core`, `circuit`.
    Cores,
    /// `name`, `order`.
    Circuits,
    /// `name`, `customer`.
    Orders,
    /// `name`.
    Customers,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Places(Level::Building),
        Self::Places(Level::Floor),
        Self::Places(Level::Room),
        Self::Places(Level::Rack),
        Self::Places(Level::Frame),
        Self::Places(Level::Port),
        Self::Cables,
        Self::Segments,
        Self::Ducts,
        Self::Cores,
        Self::Circuits,
        Self::Orders,
        Self::Customers,
    ];

    /// What its table is called.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Places(Level::Building) => "buildings",
            Self::Places(Level::Floor) => "floors",
            Self::Places(Level::Room) => "rooms",
            Self::Places(Level::Rack) => "racks",
            Self::Places(Level::Frame) => "frames",
            Self::Places(Level::Port) => "ports",
            Self::Cables => "cables",
            Self::Segments => "segments",
            Self::Ducts => "ducts",
            Self::Cores => "cores",
            Self::Circuits => "circuits",
            Self::Orders => "orders",
            Self::Customers => "customers",
        }
    }

    /// The kind whose table is called so.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Columns without which a row says nothing.
    const fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Places(Level::Building) | Self::Ducts | Self::Circuits | Self::Orders | Self::Customers => &["name"],
            Self::Places(_) => &["name", "within"],
            Self::Cables => &["name", "a", "b", "length", "loss", "cores"],
            Self::Segments => &["cable"],
            Self::Cores => &["cable", "core", "circuit"],
        }
    }
}

/// A table of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it holds.
    pub kind: Kind,
    /// Its number among all tables: [`At::table`].
    pub number: u32,
    /// Its columns.
    pub columns: Vec<String>,
    /// Its rows, each with its number for people; nothing where a value is missing.
    pub rows: Vec<(u64, Vec<Option<String>>)>,
}

/// A row while it is read.
struct Line<'t> {
    table: &'t Table,
    at: At,
    values: &'t [Option<String>],
}

impl Line<'_> {
    fn text(&self, column: &str) -> Option<String> {
        let at = self.table.columns.iter().position(|name| name == column)?;
        self.values.get(at)?.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn wrong<T>(&self, what: Wrong) -> Result<T, Problem> {
        Err(Problem { at: self.at, what })
    }

    fn needed(&self, column: &'static str) -> Result<String, Problem> {
        self.text(column).map_or_else(|| self.wrong(Wrong::Empty { column }), Ok)
    }

    fn thousandths(&self, column: &'static str, expected: &'static str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let read = thousandths(&text);
        read.map_or_else(|| self.wrong(Wrong::NotAnAmount { column, text, expected }), |amount| Ok(Some(amount)))
    }

    fn whole(&self, column: &'static str) -> Result<u32, Problem> {
        let text = self.needed(column)?;
        let digits = text.strip_suffix(".0").unwrap_or(&text);
        match digits.parse() {
            Ok(number) if number > 0 && !digits.starts_with('+') => Ok(number),
            _ => self.wrong(Wrong::NotAnAmount { column, text, expected: "a whole number from 1" }),
        }
    }
}

/// `12.345` as 12,345: a decimal with at most three places that is not negative. More places are taken if they are zeros.
#[must_use]
pub fn thousandths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (kept, rest) = part.split_at_checked(3).unwrap_or((part, ""));
    if whole.is_empty() || !digits(whole) || !digits(part) || rest.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let part: u64 = format!("{kept:0<3}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(part)
}

/// The rows of all tables.
///
/// # Errors
/// Columns that are missing, values that are empty or no amounts.
pub fn rows(tables: &[Table]) -> Result<Rows, Vec<Problem>> {
    let (mut rows, mut problems) = (Rows::default(), Vec::new());
    for table in tables {
        let has = |column: &&'static str| table.columns.iter().any(|name| name == column);
        let missing: Vec<_> = table.kind.needed().iter().filter(|column| !has(column)).collect();
        for column in &missing {
            let at = At { table: table.number, row: 0 };
            problems.push(Problem { at, what: Wrong::NoColumn { table: table.kind.word(), column } });
        }
        open(&mut rows, table.kind);
        if missing.is_empty() {
            for (row, values) in &table.rows {
                let line = Line { table, at: At { table: table.number, row: *row }, values };
                problems.extend(line.read(&mut rows).err());
            }
        }
    }
    if problems.is_empty() { Ok(rows) } else { Err(problems) }
}

/// That a table is there says that it is complete, even without a row.
fn open(rows: &mut Rows, kind: Kind) {
    let list = match kind {
        Kind::Ducts => &mut rows.ducts,
        Kind::Circuits => &mut rows.circuits,
        Kind::Orders => &mut rows.orders,
        Kind::Customers => &mut rows.customers,
        _ => return,
    };
    list.get_or_insert_default();
}

impl Line<'_> {
    fn read(&self, rows: &mut Rows) -> Result<(), Problem> {
        let at = self.at;
        let named = |of: Option<String>| Ok(NameRow { at, name: self.needed("name")?, of });
        match self.table.kind {
            Kind::Places(level) => {
                let name = self.needed("name")?;
                if level == Level::Port
                    && let Some(cable) = self.text("cable")
                {
                    rows.ends.push(EndRow { at, port: name.clone(), cable, core: self.whole("core")? });
                }
                rows.places.push(PlaceRow { at, name, level, within: self.text("within") });
            }
            Kind::Cables => rows.cables.push(self.cable()?),
            Kind::Segments => rows.segments.push(SegmentRow {
                at,
                cable: self.needed("cable")?,
                duct: self.text("duct"),
                length: self.thousandths("length", "metres")?,
            }),
            Kind::Cores => rows.uses.push(UseRow {
                at,
                circuit: self.needed("circuit")?,
                cable: self.needed("cable")?,
                core: self.whole("core")?,
            }),
            Kind::Ducts => rows.ducts.get_or_insert_default().push(named(None)?),
            Kind::Circuits => rows.circuits.get_or_insert_default().push(named(self.text("order"))?),
            Kind::Orders => rows.orders.get_or_insert_default().push(named(self.text("customer"))?),
            Kind::Customers => rows.customers.get_or_insert_default().push(named(None)?),
        }
        Ok(())
    }

    fn cable(&self) -> Result<CableRow, Problem> {
        let ducts = self.text("ducts").unwrap_or_default();
        let mut named: Vec<String> = Vec::new();
        for duct in ducts.split([';', '；']).map(str::trim).filter(|duct| !duct.is_empty()) {
            if !named.iter().any(|other| other == duct) {
                named.push(duct.to_owned());
            }
        }
        Ok(CableRow {
            at: self.at,
            name: self.needed("name")?,
            ends: [self.needed("a")?, self.needed("b")?],
            length: self.thousandths("length", "metres")?,
            loss: self.thousandths("loss", "decibels")?,
            cores: self.whole("cores")?,
            ducts: named,
            class: self.text("class"),
            owner: self.text("owner"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::thousandths;

    #[test]
    fn amounts_are_exact_to_the_millimetre() {
        let read = ["12", "12.3", "0.345", "7.1000", "0"].map(thousandths);
        assert_eq!(read, [Some(12_000), Some(12_300), Some(345), Some(7_100), Some(0)]);
        for text in ["", "-1", "+1", ".5", "1.0001", "1e3", "1,5", "99999999999999999999", "１"] {
            assert_eq!(thousandths(text), None, "{text}");
        }
    }
}
