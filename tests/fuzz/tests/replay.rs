//! What random input once broke stays fixed, and a few thousand new mutations are tried on the way.

use guiju_fuzz::mutate::{Dice, mutated};
use guiju_fuzz::{TARGETS, seeds};
use std::panic::catch_unwind;

#[test]
fn every_seed_and_every_old_crash_passes() {
    for target in TARGETS {
        for (file, bytes) in seeds::regressions(target) {
            assert!(
                catch_unwind(|| (target.run)(&bytes)).is_ok(),
                "`{}` broke again on {}",
                target.name,
                file.display()
            );
        }
        for seed in seeds::of(target) {
            let shown = String::from_utf8_lossy(&seed).into_owned();
            assert!(catch_unwind(|| (target.run)(&seed)).is_ok(), "`{}` broke on this seed:\n{shown}", target.name);
        }
    }
}

#[test]
fn mutations_of_the_seeds_pass() {
    let words = seeds::words();
    for target in TARGETS {
        let seeds = seeds::of(target);
        for number in 0..300 {
            let input = mutated(&mut Dice::new(number), &seeds, &words, target.longest.min(2_000));
            let shown = String::from_utf8_lossy(&input).into_owned();
            assert!(
                catch_unwind(|| (target.run)(&input)).is_ok(),
                "`{}` broke on mutation {number}:\n{shown}",
                target.name
            );
        }
    }
}

#[test]
fn every_target_has_seeds_of_its_own() {
    for target in TARGETS {
        assert!(seeds::of(target).len() >= 3, "`{}` starts from almost nothing", target.name);
    }
}

#[test]
fn mutation_changes_its_input_and_repeats_itself() {
    let seeds = vec![b"event a \"b\" {\n  when x > 3\n}\n".to_vec()];
    let run = |number| mutated(&mut Dice::new(number), &seeds, &seeds::words(), 1_000);
    let changed = (0..100).filter(|number| run(*number) != seeds[0]).count();
    assert!(changed > 80, "{changed} of 100 mutations changed anything");
    assert!((0..100).all(|number| run(number) == run(number)));
}
