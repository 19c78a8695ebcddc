//! Refusals: what they name is in the way, and what they offer would do.

use crate::oracle::{Case, case};
use guiju_fiber::plan::{self, Reason, Taken};
use proptest::prelude::*;

fn without(case: &Case, reason: &Reason) -> Option<Case> {
    let mut case = case.clone();
    let request = &mut case.request;
    match reason {
        Reason::Avoid(avoid) => {
            let at = request.avoid.iter().position(|other| other == avoid)?;
            request.avoid.remove(at);
        }
        Reason::Loss(most) => request.loss = Some(*most),
        Reason::SameCore => request.same_core = false,
        Reason::Pairs => request.pairs = false,
        Reason::Classes => request.classes.clear(),
        Reason::Owners => request.owners.clear(),
        Reason::Free(cables) => {
            for cable in cables {
                case.cables[cable[1..].parse::<usize>().ok()?].used.clear();
            }
        }
        _ => return None,
    }
    Some(case)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_offered_would_do(case in case(12)) {
        let Ok(answer) = plan::best(&case.plant(), &Taken::none(), &case.request, 1) else { return Ok(()) };
        let Some(refusal) = answer.refused else { return Ok(()) };
        prop_assert!(refusal.relaxations.is_sorted_by_key(|relaxation| relaxation.longer));
        for relaxation in &refusal.relaxations {
            if let Some(relaxed) = without(&case, &relaxation.reason) {
                let ways = relaxed.ways(true);
                let cables: Vec<usize> = relaxation.routes[0].hops.iter().map(|hop| hop.cable[1..].parse().unwrap()).collect();
                prop_assert!(ways.iter().any(|way| way.cables == cables), "{:?} {:?}", relaxation, case);
                if let Reason::Loss(most) = relaxation.reason {
                    // One thousandth less would not do.
                    let mut less = relaxed.clone();
                    less.request.loss = most.checked_sub(1);
                    prop_assert!(most == 0 || less.ways(true).is_empty());
                }
            }
        }
        // What single change of the request would do is offered.
        for reason in case.request.avoid.iter().cloned().map(Reason::Avoid).chain([Reason::SameCore, Reason::Pairs, Reason::Classes]) {
            let would_do = without(&case, &reason).is_some_and(|relaxed| !relaxed.ways(true).is_empty());
            let is_offered = refusal.relaxations.iter().any(|relaxation| relaxation.reason == reason);
            prop_assert_eq!(would_do, is_offered, "{:?} {:?}", reason, case);
        }
        prop_assert!(!refusal.is_connected || !refusal.bars.is_empty() || !refusal.relaxations.is_empty() || !case.request.via.is_empty() || case.request.loss.is_some() || case.request.same_core);
    }
}
