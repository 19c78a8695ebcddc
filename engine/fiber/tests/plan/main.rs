//! Requests beside an oracle that looks at every route of graphs of up to nine nodes, over all combinations of rules.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod oracle;
mod refused;

use guiju_fiber::plan::{self, Criterion, Fibres, Planned, Quality, Separate, Stop, Taken};
use oracle::{Case, Way, case};
use proptest::{prelude::*, strategy::ValueTree};

fn cables(route: &Planned) -> Vec<usize> {
    route.hops.iter().map(|hop| hop.cable[1..].parse().unwrap()).collect()
}

/// What is true of every route that is given, whatever the oracle says of its being the best.
fn holds(case: &Case, route: &Planned, used: &mut Vec<(usize, u32)>) {
    let request = &case.request;
    let mut first = None;
    for (hop, &cable) in route.hops.iter().zip(&cables(route)) {
        let free = case.free(cable);
        let core = hop.cores[0];
        assert!(free.contains(&core) && !used.contains(&(cable, core)), "{hop:?}");
        used.push((cable, core));
        assert_eq!(hop.cores.len(), if request.pairs { 2 } else { 1 });
        if request.same_core {
            assert_eq!(*first.get_or_insert(core), core);
        } else if request.fill.is_none() && used.iter().filter(|(other, _)| *other == cable).count() == 1 {
            let expected = match request.fibres {
                Fibres::Ascending => free.first(),
                Fibres::Descending => free.last(),
            };
            assert_eq!(expected, Some(&core));
        }
    }
    assert!(request.loss.is_none_or(|most| route.loss <= most));
    for hops in route.hops.windows(2) {
        assert_eq!(hops[0].ends[1], hops[1].ends[0]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_best_routes_under_all_rules_together(case in case(14), count in 1..5_usize) {
        let plant = case.plant();
        let ways = case.ways(true);
        let answer = plan::best(&plant, &Taken::none(), &case.request, count);
        let Ok(answer) = answer else {
            // Contradictory rules have no route either.
            prop_assert!(ways.is_empty(), "{answer:?} {ways:?}");
            return Ok(());
        };
        let found: Vec<(Vec<u64>, Vec<usize>)> = answer.routes.iter().map(|route| (route[0].sums.clone(), cables(&route[0]))).collect();
        let expected: Vec<(Vec<u64>, Vec<usize>)> =
            ways.iter().take(count).map(|way| (way.sums[..way.sums.len() - 1].to_vec(), way.cables.clone())).collect();
        prop_assert_eq!(&found, &expected, "{:?}", case);
        prop_assert_eq!(answer.quality, if expected.is_empty() { Quality::Infeasible } else { Quality::Optimal });
        prop_assert_eq!(answer.refused.is_some(), expected.is_empty());
        answer.routes.iter().for_each(|route| holds(&case, &route[0], &mut Vec::new()));
    }

    #[test]
    fn few_steps_prove_what_is_true(case in case(14), steps in 0..12_u64, count in 1..3_usize) {
        let plant = case.plant();
        let ways = case.ways(true);
        let mut request = case.request;
        request.steps = steps;
        let Ok(answer) = plan::best(&plant, &Taken::none(), &request, count) else { return Ok(()) };
        for route in &answer.routes {
            prop_assert!(ways.iter().any(|way| way.cables == cables(&route[0])));
        }
        let worst = |at: usize| ways.get(at).map(|way| way.sums[..way.sums.len() - 1].to_vec());
        match answer.quality {
            Quality::Optimal => {
                let last = answer.routes.len() - 1;
                prop_assert_eq!(Some(answer.routes[last][0].sums.clone()), worst(last));
                prop_assert!(answer.routes.len() == count || answer.routes.len() == ways.len());
            }
            Quality::Gap { criterion, found, bound } => {
                prop_assert!(found > bound);
                if let Some(criterion) = criterion {
                    let field = request.prefer.iter().position(|other| *other == criterion).unwrap();
                    let last = &answer.routes[answer.routes.len() - 1][0];
                    prop_assert_eq!(last.sums[field], found);
                    // Before that field nothing is better, in it nothing is below the bound.
                    let best = worst(0).unwrap();
                    prop_assert!(best[..field] <= last.sums[..field]);
                    prop_assert!(count > 1 || best[..field] != last.sums[..field] || best[field] >= bound);
                }
            }
            Quality::Infeasible => prop_assert!(ways.is_empty()),
            Quality::TimedOut => {}
        }
    }

    #[test]
    fn pairs_have_the_smallest_sum(case in case(11), separate in prop_oneof![
        Just(Separate::Cables), Just(Separate::Nodes), Just(Separate::Ducts), Just(Separate::DuctsAndNodes)
    ]) {
        let plant = case.plant();
        let (ones, others) = (case.ways(true), case.ways(false));
        let answer = plan::pair(&plant, &Taken::none(), &case.request, separate);
        let sum = |one: &Way, other: &Way| one.sums.iter().zip(&other.sums).map(|(a, b)| a + b).collect::<Vec<_>>();
        let pairs = ones.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
        let smallest = pairs.filter(|(one, other)| case.apart(one, other, separate)).map(|(one, other)| sum(one, other)).min();
        let Ok(answer) = answer else {
            prop_assert!(smallest.is_none());
            return Ok(());
        };
        match answer.routes.first() {
            None => {
                prop_assert_eq!(answer.quality, Quality::Infeasible);
                prop_assert_eq!(smallest, None, "{:?}", case);
            }
            Some(pair) => {
                prop_assert_eq!(answer.quality, Quality::Optimal);
                let find = |route: &Planned| ones.iter().chain(&others).find(|way| way.cables == cables(route)).unwrap();
                let (one, other) = (find(&pair[0]), find(&pair[1]));
                prop_assert!(case.apart(one, other, separate), "{:?} {:?}", one, other);
                prop_assert!(case.request.via.is_empty() || ones.contains(one));
                prop_assert_eq!(Some(sum(one, other)), smallest, "{:?}", case);
                let mut used = Vec::new();
                pair.iter().for_each(|route| holds(&case, route, &mut used));
            }
        }
    }
}

/// Three, where the question takes them: against every three routes.
#[test]
fn three_routes_have_the_smallest_sum() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut found = 0;
    for _ in 0..3000 {
        let mut case = Strategy::new_tree(&case(13), &mut runner).unwrap().current();
        if case.from.len() > 1 || case.to.len() > 1 || case.from == case.to {
            continue;
        }
        case.request.via.clear();
        case.request.loss = None;
        case.request.same_core = false;
        case.request.prefer.retain(|criterion| *criterion != Criterion::Buildings);
        for separate in [Separate::Cables, Separate::Nodes] {
            let Ok(answer) = plan::apart(&case.plant(), &Taken::none(), &case.request, separate, 3) else { continue };
            let ways = case.ways(false);
            let mut smallest: Option<Vec<u64>> = None;
            for (a, one) in ways.iter().enumerate() {
                for (b, two) in ways.iter().enumerate().skip(a + 1).filter(|(_, two)| case.apart(one, two, separate)) {
                    let third = ways[b + 1..]
                        .iter()
                        .find(|third| case.apart(one, third, separate) && case.apart(two, third, separate));
                    let sum = third.map(|third| {
                        (0..one.sums.len()).map(|at| one.sums[at] + two.sums[at] + third.sums[at]).collect()
                    });
                    smallest = smallest.into_iter().chain(sum).min();
                }
            }
            let sum = answer.routes.first().map(|routes| {
                found += 1;
                let mut sum: Vec<u64> =
                    (0..case.request.prefer.len()).map(|at| routes.iter().map(|route| route.sums[at]).sum()).collect();
                sum.push(routes.iter().map(|route| route.hops.len() as u64).sum());
                sum
            });
            assert_eq!(sum, smallest, "{case:?}");
        }
    }
    assert!(found > 50, "{found}");
}

/// Every rule alone, and what it changes; so that the random cases are known to be about something.
#[test]
fn every_rule_is_met_by_chance_and_missed_by_chance() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut with_routes, mut refused, mut contradicted) = (0, 0, 0);
    let mut criteria = std::collections::BTreeSet::new();
    let mut stops = [0, 0];
    for _ in 0..2000 {
        let case = Strategy::new_tree(&case(14), &mut runner).unwrap().current();
        match plan::best(&case.plant(), &Taken::none(), &case.request, 1) {
            Ok(answer) if answer.quality == Quality::Optimal => with_routes += 1,
            Ok(_) => refused += 1,
            Err(_) => contradicted += 1,
        }
        criteria.extend(case.request.prefer.first().copied());
        for stop in &case.request.via {
            stops[usize::from(matches!(stop, Stop::Cable(_)))] += 1;
        }
    }
    assert!(with_routes > 600 && refused > 200 && contradicted > 20, "{with_routes} {refused} {contradicted}");
    assert_eq!(criteria.len(), 5);
    assert!(stops[0] > 100 && stops[1] > 100 && criteria.contains(&Criterion::Buildings));
}
