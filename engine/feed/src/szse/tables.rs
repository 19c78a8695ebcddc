//! The fields of each message type.

use crate::template::{Body, Content, Dictionary, Field, Instruction, Key, Name, Operation, Operator, Template};
use crate::{Code, Finding, Program, Reset, Templates, Type};

/// A field on the wire.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wire {
    U16,
    U32,
    I64,
    /// A 64-bit integer with so many decimal places.
    Places(i32),
    /// Text of so many bytes, blanks behind it.
    Text(usize),
    /// A 32-bit number of elements and the elements.
    Rows(&'static [(&'static str, Wire)]),
}

pub(super) type Fields = &'static [(&'static str, Wire)];

/// A message type.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) kind: u32,
    pub(super) name: &'static str,
    pub(super) fields: Fields,
}

const PRICE: Wire = Wire::Places(4);
const QUANTITY: Wire = Wire::Places(2);
const AMOUNT: Wire = Wire::Places(4);
/// Prices of snapshot entries have more places than other prices.
const ENTRY_PRICE: Wire = Wire::Places(6);

macro_rules! snapshot {
    ($($more:expr),*) => {
        &[
            ("OrigTime", Wire::I64),
            ("ChannelNo", Wire::U16),
            ("MDStreamID", Wire::Text(3)),
            ("SecurityID", Wire::Text(8)),
            ("SecurityIDSource", Wire::Text(4)),
            ("TradingPhaseCode", Wire::Text(8)),
            ("PrevClosePx", PRICE),
            ("NumTrades", Wire::I64),
            ("TotalVolumeTrade", QUANTITY),
            ("TotalValueTrade", AMOUNT),
            $($more),*
        ]
    };
}

const AUCTION_ENTRY: Fields = &[
    ("MDEntryType", Wire::Text(2)),
    ("MDEntryPx", ENTRY_PRICE),
    ("MDEntrySize", QUANTITY),
    ("MDPriceLevel", Wire::U16),
    ("NumberOfOrders", Wire::I64),
    ("Orders", Wire::Rows(&[("OrderQty", QUANTITY)])),
];

/// Every type, lowest first.
pub(super) static TABLES: &[Table] = &[
    Table { kind: 3, name: "Heartbeat", fields: &[] },
    Table { kind: 300_111, name: "Snapshot", fields: snapshot!(("MDEntries", Wire::Rows(AUCTION_ENTRY))) },
    Table {
        kind: 300_191,
        name: "Trade",
        fields: &[
            ("ChannelNo", Wire::U16),
            ("ApplSeqNum", Wire::I64),
            ("MDStreamID", Wire::Text(3)),
            ("BidApplSeqNum", Wire::I64),
            ("OfferApplSeqNum", Wire::I64),
            ("SecurityID", Wire::Text(8)),
            ("SecurityIDSource", Wire::Text(4)),
            ("LastPx", PRICE),
            ("LastQty", QUANTITY),
            ("ExecType", Wire::Text(1)),
            ("TransactTime", Wire::I64),
        ],
    },
    Table {
        kind: 300_192,
        name: "Order",
        fields: &[
            ("ChannelNo", Wire::U16),
            ("ApplSeqNum", Wire::I64),
            ("MDStreamID", Wire::Text(3)),
            ("SecurityID", Wire::Text(8)),
            ("SecurityIDSource", Wire::Text(4)),
            ("Price", PRICE),
            ("OrderQty", QUANTITY),
            ("Side", Wire::Text(1)),
            ("TransactTime", Wire::I64),
            ("OrdType", Wire::Text(1)),
        ],
    },
    Table {
        kind: 300_611,
        name: "AfterHoursSnapshot",
        fields: snapshot!((
            "MDEntries",
            Wire::Rows(&[("MDEntryType", Wire::Text(2)), ("MDEntryPx", ENTRY_PRICE), ("MDEntrySize", QUANTITY)])
        )),
    },
    Table {
        kind: 309_011,
        name: "IndexSnapshot",
        fields: snapshot!(("MDEntries", Wire::Rows(&[("MDEntryType", Wire::Text(2)), ("MDEntryPx", ENTRY_PRICE)]))),
    },
    Table { kind: 309_111, name: "VolumeSnapshot", fields: snapshot!(("StockNum", Wire::U32)) },
    Table {
        kind: 390_095,
        name: "ChannelHeartbeat",
        fields: &[("ChannelNo", Wire::U16), ("ApplLastSeqNum", Wire::I64), ("EndOfChannel", Wire::U16)],
    },
];

/// The table of a type.
pub(super) fn of(kind: u32) -> Option<(usize, &'static Table)> {
    let at = TABLES.binary_search_by_key(&kind, |table| table.kind).ok()?;
    Some((at, &TABLES[at]))
}

impl Wire {
    /// Bytes at least.
    pub(super) const fn width(self) -> usize {
        match self {
            Self::U16 => 2,
            Self::U32 | Self::Rows(_) => 4,
            Self::I64 | Self::Places(_) => 8,
            Self::Text(length) => length,
        }
    }
}

/// Bytes that fields take at least.
pub(super) fn width(fields: Fields) -> usize {
    fields.iter().map(|(_, wire)| wire.width()).sum()
}

/// Whether every body has the same length.
pub(super) fn is_fixed(fields: Fields) -> bool {
    !fields.iter().any(|(_, wire)| matches!(wire, Wire::Rows(_)))
}

/// The tables as a program: its layouts name the fields of what is decoded.
///
/// # Errors
/// None: the tables are ours, and a test compiles them.
pub fn program() -> Result<Program, Finding> {
    let all = TABLES
        .iter()
        .map(|table| Template {
            name: Name { ns: String::new(), local: table.name.to_owned() },
            id: Some(u64::from(table.kind)),
            reset: false,
            body: body(table.fields),
        })
        .collect();
    let program = Program::compile(&Templates { all }, Reset::Ignore)?;
    // What decoding relies on: the fields' cells are their places.
    let tidy = program
        .layouts
        .iter()
        .all(|layout| layout.fields.iter().enumerate().all(|(at, field)| field.cell as usize == at));
    if tidy {
        Ok(program)
    } else {
        Err(Finding { code: Code::X2, line: 1, column: 1, template: None, detail: String::new() })
    }
}

fn body(fields: Fields) -> Body {
    let field = |(name, wire): &(&str, Wire)| {
        let name = Name { ns: String::new(), local: (*name).to_owned() };
        let plain = |name: &Name| Operation {
            operator: Operator::None,
            initial: None,
            dictionary: Dictionary::Global,
            key: Key::Named(name.clone()),
        };
        let content = match wire {
            Wire::U16 => Content::Scalar(Type::Unsigned(16), plain(&name)),
            Wire::U32 => Content::Scalar(Type::Unsigned(32), plain(&name)),
            Wire::I64 => Content::Scalar(Type::Signed(64), plain(&name)),
            Wire::Places(_) => Content::Scalar(Type::Decimal, plain(&name)),
            Wire::Text(_) => Content::Scalar(Type::Ascii, plain(&name)),
            Wire::Rows(fields) => Content::Sequence { length: plain(&name), body: body(fields) },
        };
        Instruction::Field(Box::new(Field { name, id: None, optional: false, content }))
    };
    Body { type_ref: None, instructions: fields.iter().map(field).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths that the published tables give; public parsers of 300192 have 52.
    #[test]
    fn bodies_are_as_long_as_published() {
        let length = |kind| width(of(kind).unwrap().1.fields);
        assert_eq!([3, 300_191, 300_192, 390_095].map(length), [0, 66, 51, 12]);
        assert_eq!(length(300_111), 69);
        assert_eq!(width(AUCTION_ENTRY), 32);
    }

    #[test]
    fn the_tables_are_sorted_and_compile() {
        assert!(TABLES.is_sorted_by_key(|table| table.kind));
        assert!(TABLES.iter().all(|table| of(table.kind).is_some()));
        assert_eq!(program().unwrap().layout("Order").unwrap().fields().len(), 10);
    }
}
