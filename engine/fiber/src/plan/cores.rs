//! Cores: which are free, and which of the free ones is taken.

use super::{Fibres, Fill, Request};
use crate::{graph::Cable, inventory::Inventory};
use std::collections::BTreeMap;

/// Cores in a tube.
const TUBE: u32 = 12;

/// Cores that are not in use by the records and still not free: held for orders. Who holds each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    cores: BTreeMap<(usize, u32), String>,
}

impl Taken {
    /// None.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// From names of cables; those that are not there any more hold nothing.
    #[must_use]
    pub fn new<'a>(plant: &Inventory, held: impl IntoIterator<Item = (&'a str, u32, &'a str)>) -> Self {
        let known = held.into_iter().filter_map(|(cable, core, by)| Some((plant.cable(cable)?, core, by)));
        Self { cores: known.map(|(cable, core, by)| ((cable.index(), core), by.to_owned())).collect() }
    }

    /// Takes one more.
    pub fn take(&mut self, cable: Cable, core: u32, by: &str) {
        self.cores.insert((cable.index(), core), by.to_owned());
    }

    /// Who holds a core.
    #[must_use]
    pub fn by(&self, cable: Cable, core: u32) -> Option<&str> {
        self.cores.get(&(cable.index(), core)).map(String::as_str)
    }

    /// How many cores of a cable are held.
    #[must_use]
    pub fn count(&self, cable: Cable) -> usize {
        self.cores.range((cable.index(), 0)..=(cable.index(), u32::MAX)).count()
    }
}

/// Core numbers as a set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Cores(Vec<u64>);

impl Cores {
    pub(super) fn insert(&mut self, core: u32) {
        let at = core as usize / 64;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (core % 64);
    }

    pub(super) fn has(&self, core: u32) -> bool {
        self.0.get(core as usize / 64).is_some_and(|word| word >> (core % 64) & 1 != 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    pub(super) fn both(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    /// Whether everything in the other one is in this one.
    pub(super) fn holds(&self, other: &Self) -> bool {
        other.0.iter().enumerate().all(|(at, word)| word & !self.0.get(at).copied().unwrap_or(0) == 0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        (0..u32::try_from(self.0.len() * 64).unwrap_or(u32::MAX)).filter(|&core| self.has(core))
    }
}

fn is_free(plant: &Inventory, taken: &Taken, cable: Cable, core: u32) -> bool {
    plant.user(cable, core).is_none() && taken.by(cable, core).is_none()
}

/// Cores of a cable that can be had: with `pairs`, the first ones of pairs of which both are free.
pub(super) fn free(plant: &Inventory, taken: &Taken, cable: Cable, pairs: bool) -> Cores {
    let mut cores = Cores::default();
    let count = plant.record(cable).map_or(0, |record| record.cores);
    for core in 1..=count {
        let neighbour = || core % 2 == 1 && core < count && is_free(plant, taken, cable, core + 1);
        if is_free(plant, taken, cable, core) && (!pairs || neighbour()) {
            cores.insert(core);
        }
    }
    cores
}

/// The core that the request takes of those that can be had.
pub(super) fn choose(plant: &Inventory, taken: &Taken, request: &Request, cable: Cable, from: &Cores) -> Option<u32> {
    let filled = |core: u32| {
        let tube = (core - 1) / TUBE;
        let all = tube * TUBE + 1..=(tube + 1) * TUBE;
        let used = all.filter(|&core| !is_free(plant, taken, cable, core)).count();
        match request.fill {
            None => 0,
            Some(Fill::Least) => used,
            Some(Fill::Most) => TUBE as usize - used,
        }
    };
    let order = |core: u32| match request.fibres {
        Fibres::Ascending => core,
        Fibres::Descending => u32::MAX - core,
    };
    from.iter().min_by_key(|&core| (filled(core), order(core)))
}

#[cfg(test)]
mod tests {
    use super::{Cores, Taken, choose, free};
    use crate::{
        graph::Cable,
        inventory::{At, CableRow, Inventory, Level, PlaceRow, Rows, UseRow},
        plan::{Fibres, Fill, Request},
    };

    /// A cable of 30 cores: 5 of the first tube are in use, 1 of the second; 7 of the third, which has but six.
    fn plant() -> Inventory {
        let at = At::default();
        let place = |name: &str| PlaceRow { at, name: name.into(), level: Level::Building, within: None };
        let cable = CableRow {
            at,
            name: "K".into(),
            ends: ["a".into(), "b".into()],
            length: Some(1),
            loss: Some(1),
            cores: 30,
            ducts: vec![],
            class: None,
            owner: None,
        };
        let used = |core| UseRow { at, circuit: "C".into(), cable: "K".into(), core };
        let uses = [1, 2, 3, 4, 7, 14, 25].map(used).to_vec();
        Inventory::new(Rows { places: vec![place("a"), place("b")], cables: vec![cable], uses, ..Rows::default() })
            .unwrap()
    }

    #[test]
    fn tubes_are_filled_as_asked_and_cores_taken_from_the_end_that_is_asked() {
        let plant = plant();
        let cable = Cable::new(0);
        let mut taken = Taken::none();
        let pick = |taken: &Taken, fill, fibres, pairs| {
            let request = Request { fill, fibres, pairs, ..Request::new("a", "b") };
            let cores: Cores = free(&plant, taken, cable, pairs);
            choose(&plant, taken, &request, cable, &cores)
        };
        let (up, down) = (Fibres::Ascending, Fibres::Descending);
        assert_eq!(pick(&taken, None, up, false), Some(5));
        assert_eq!(pick(&taken, None, down, false), Some(30));
        assert_eq!(pick(&taken, Some(Fill::Most), up, false), Some(5));
        assert_eq!(pick(&taken, Some(Fill::Most), down, false), Some(12));
        assert_eq!(pick(&taken, Some(Fill::Least), up, false), Some(13));
        assert_eq!(pick(&taken, None, up, true), Some(5));
        assert_eq!(pick(&taken, Some(Fill::Least), down, true), Some(29));
        // What is held is in use.
        for core in [5, 6, 13] {
            taken.take(cable, core, "order");
        }
        assert_eq!(pick(&taken, None, up, false), Some(8));
        assert_eq!(pick(&taken, None, up, true), Some(9));
        assert_eq!((taken.count(cable), taken.by(cable, 13)), (3, Some("order")));
    }
}
