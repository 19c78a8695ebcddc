//! For each column and segment, the rows that hold there.

use guiju_lang::{
    hir::Table,
    table::{Axis, Range},
};
use std::collections::HashMap;

/// Memory that one table's row sets may take; a column that would need more is asked row by row.
const MOST_WORDS: usize = 8 << 20;

/// Rows, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Rows {
    Few(Box<[u32]>),
    Many(Box<[u64]>),
}

impl Rows {
    fn contains(&self, row: u32) -> bool {
        match self {
            Self::Few(rows) => rows.binary_search(&row).is_ok(),
            Self::Many(words) => words.get(row as usize / 64).is_some_and(|w| w >> (row % 64) & 1 == 1),
        }
    }
}

#[derive(Debug, Clone)]
struct Column {
    /// By segment: which of the sets; of a column that is asked row by row, empty.
    set_of: Vec<u32>,
    sets: Vec<Rows>,
    /// By row, if there are no sets.
    ranges: Vec<Vec<Range>>,
}

/// The rows of a table by the segments of its columns.
#[derive(Debug, Clone)]
pub(super) struct Index {
    columns: Vec<Column>,
    rows: u32,
}

impl Index {
    /// `None` for a table with computed cells.
    pub(super) fn new(axes: &[Axis], table: &Table) -> Option<Self> {
        let rows = u32::try_from(table.rows.len()).ok()?;
        let mut columns = Vec::with_capacity(axes.len());
        let mut left = MOST_WORDS;
        for (i, axis) in axes.iter().enumerate() {
            let cells = table.rows.iter().map(|row| row.cells.get(i).and_then(|cell| axis.ranges(cell)));
            let ranges: Vec<Vec<Range>> = cells.collect::<Option<_>>()?;
            columns.push(Column::new(axis.segments(), ranges, rows, &mut left));
        }
        Some(Self { columns, rows })
    }

    /// Calls `hit` for each row that holds in these segments, in their order, until it says that it has seen enough.
    pub(super) fn each(&self, segments: &[u32], mut hit: impl FnMut(u32) -> bool) {
        let mut shortest: Option<&[u32]> = None;
        for (column, segment) in self.columns.iter().zip(segments) {
            if let Some(Rows::Few(rows)) = column.rows(*segment)
                && shortest.is_none_or(|known| rows.len() < known.len())
            {
                shortest = Some(rows);
            }
        }
        if let Some(rows) = shortest {
            for &row in rows {
                let holds = |(column, segment): (&Column, &u32)| column.holds(*segment, row);
                if self.columns.iter().zip(segments).all(holds) && !hit(row) {
                    return;
                }
            }
            return;
        }
        for word in 0..self.rows.div_ceil(64) {
            let all = if word == self.rows / 64 { (1u64 << (self.rows % 64)) - 1 } else { u64::MAX };
            let sets = self.columns.iter().zip(segments).filter_map(|(column, segment)| column.rows(*segment));
            let mut bits = sets.fold(all, |bits, rows| match rows {
                Rows::Many(words) => bits & words.get(word as usize).copied().unwrap_or(0),
                Rows::Few(_) => bits,
            });
            while bits != 0 {
                let row = word * 64 + bits.trailing_zeros();
                bits &= bits - 1;
                let unsorted =
                    |(column, segment): (&Column, &u32)| !column.set_of.is_empty() || column.holds(*segment, row);
                if self.columns.iter().zip(segments).all(unsorted) && !hit(row) {
                    return;
                }
            }
        }
    }
}

impl Column {
    fn new(segments: u32, ranges: Vec<Vec<Range>>, rows: u32, left: &mut usize) -> Self {
        // Changes in the order of segments: a row begins or ends.
        let mut changes: Vec<(u32, u32)> = Vec::new();
        for (row, ranges) in (0u32..).zip(&ranges) {
            for &(from, to) in ranges {
                changes.push((from, row));
                changes.push((to + 1, row));
            }
        }
        changes.sort_unstable();
        let mut words = vec![0u64; rows.div_ceil(64) as usize];
        let mut held = 0usize;
        let (mut sets, mut set_of) = (Vec::new(), Vec::with_capacity(segments as usize));
        let mut known: HashMap<Rows, u32> = HashMap::new();
        let (mut i, mut last) = (0, None);
        for segment in 0..segments {
            let before = i;
            while let Some(&(at, row)) = changes.get(i).filter(|change| change.0 == segment) {
                debug_assert_eq!(at, segment);
                if let Some(word) = words.get_mut(row as usize / 64) {
                    *word ^= 1 << (row % 64);
                    held = if *word >> (row % 64) & 1 == 1 { held + 1 } else { held.saturating_sub(1) };
                }
                i += 1;
            }
            if let (true, Some(last)) = (i == before, last) {
                set_of.push(last);
                continue;
            }
            let set = if held * 32 < rows as usize || held < 8 {
                Rows::Few(listed(&words))
            } else {
                Rows::Many(words.clone().into())
            };
            let size = match &set {
                Rows::Few(rows) => rows.len() / 2 + 4,
                Rows::Many(words) => words.len() + 4,
            };
            let id = *known.entry(set).or_insert_with_key(|set| {
                *left = left.saturating_sub(size);
                sets.push(set.clone());
                u32::try_from(sets.len() - 1).unwrap_or(u32::MAX)
            });
            if *left == 0 {
                return Self { set_of: Vec::new(), sets: Vec::new(), ranges };
            }
            set_of.push(id);
            last = Some(id);
        }
        Self { set_of, sets, ranges: Vec::new() }
    }

    fn rows(&self, segment: u32) -> Option<&Rows> {
        self.sets.get(*self.set_of.get(segment as usize)? as usize)
    }

    fn holds(&self, segment: u32, row: u32) -> bool {
        match self.rows(segment) {
            Some(rows) => rows.contains(row),
            None => {
                let ranges = self.ranges.get(row as usize);
                ranges.is_some_and(|ranges| ranges.iter().any(|(from, to)| *from <= segment && segment <= *to))
            }
        }
    }
}

fn listed(words: &[u64]) -> Box<[u32]> {
    let mut rows = Vec::new();
    for (i, &word) in (0u32..).zip(words) {
        let mut rest = word;
        while rest != 0 {
            rows.push(i * 64 + rest.trailing_zeros());
            rest &= rest - 1;
        }
    }
    rows.into()
}
