//! What has to be patched for a route, in the order of work: from the start to the end, so that light can be measured after every step.

use super::Planned;

/// One patch cord, or what is connected at an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The place where the work is done.
    pub place: String,
    /// What comes in: cable, core, port; nothing at the start.
    pub from: Option<(String, u32, Option<String>)>,
    /// What goes out; nothing at the end.
    pub to: Option<(String, u32, Option<String>)>,
}

/// A route's patches, place by place; of a pair of cores one after the other.
#[must_use]
pub fn patches(route: &Planned) -> Vec<Patch> {
    let width = route.hops.iter().map(|hop| hop.cores.len()).max().unwrap_or(0);
    let mut patches = Vec::new();
    for at in 0..=route.hops.len() {
        let (before, after) = (at.checked_sub(1).map(|at| &route.hops[at]), route.hops.get(at));
        let Some(place) = after.map(|hop| &hop.ends[0]).or(before.map(|hop| &hop.ends[1])) else { continue };
        for core in 0..width {
            let side = |hop: Option<&super::Hop>, end: usize| {
                let hop = hop?;
                Some((hop.cable.clone(), *hop.cores.get(core)?, hop.ports[end].get(core).cloned().flatten()))
            };
            patches.push(Patch { place: place.clone(), from: side(before, 1), to: side(after, 0) });
        }
    }
    patches
}
