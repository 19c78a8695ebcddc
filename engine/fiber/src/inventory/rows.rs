//! What a plant's records say, before anything is checked. Every row knows where it stands, so that what is wrong can be found.

/// Where a row stands: the table's number among those that were read, and the row, as their reader counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct At {
    /// The table.
    pub table: u32,
    /// The row in it.
    pub row: u64,
}

/// What a place is. Each lies within one of an earlier kind, a building within none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A building.
    Building,
    /// A floor of it.
    Floor,
    /// A room.
    Room,
    /// A rack.
    Rack,
    /// A distribution frame (ODF, DDF), where fibres are joined.
    Frame,
    /// A port of a frame.
    Port,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRow {
    /// Where it is said.
    pub at: At,
    /// Its name, its own among all places.
    pub name: String,
    /// What it is.
    pub level: Level,
    /// The place that it lies in; none for a building.
    pub within: Option<String>,
}

/// A cable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CableRow {
    /// Where it is said.
    pub at: At,
    /// Its name, its own among all cables.
    pub name: String,
    /// The places where it ends.
    pub ends: [String; 2],
    /// Its length in millimetres.
    pub length: Option<u64>,
    /// Its loss in thousandths of a decibel.
    pub loss: Option<u64>,
    /// How many cores it has; they count from 1.
    pub cores: u32,
    /// The ducts, trenches and other risks that it shares with those that name them too.
    pub ducts: Vec<String>,
    /// What kind of cable it is (`G.652D`, `OM4`), if that is recorded.
    pub class: Option<String>,
    /// Whose it is, likewise.
    pub owner: Option<String>,
}

/// A stretch of a cable: it adds its duct to the cable's, and its length where the cable has none of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRow {
    /// Where it is said.
    pub at: At,
    /// The cable.
    pub cable: String,
    /// The duct that it lies in, if any.
    pub duct: Option<String>,
    /// Its length in millimetres.
    pub length: Option<u64>,
}

/// At which port a core ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndRow {
    /// Where it is said.
    pub at: At,
    /// The port.
    pub port: String,
    /// The cable.
    pub cable: String,
    /// The core, from 1.
    pub core: u32,
}

/// A name, and the one that it belongs to: a circuit's order, an order's customer; a duct and a customer belong to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRow {
    /// Where it is said.
    pub at: At,
    /// The name, its own among its kind.
    pub name: String,
    /// What it belongs to.
    pub of: Option<String>,
}

/// A circuit's use of one core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseRow {
    /// Where it is said.
    pub at: At,
    /// The circuit.
    pub circuit: String,
    /// The cable.
    pub cable: String,
    /// The core, from 1.
    pub core: u32,
}

/// All records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Places, in any order.
    pub places: Vec<PlaceRow>,
    /// Cables.
    pub cables: Vec<CableRow>,
    /// Stretches of cables.
    pub segments: Vec<SegmentRow>,
    /// Cores in use.
    pub uses: Vec<UseRow>,
    /// Ports at which cores end.
    pub ends: Vec<EndRow>,
    /// Ducts; without a list of them, whatever a cable names is one.
    pub ducts: Option<Vec<NameRow>>,
    /// Circuits and their orders; without a list, whatever uses a core is one.
    pub circuits: Option<Vec<NameRow>>,
    /// Orders and their customers; without a list, whatever a circuit names is one.
    pub orders: Option<Vec<NameRow>>,
    /// Customers, likewise.
    pub customers: Option<Vec<NameRow>>,
}
