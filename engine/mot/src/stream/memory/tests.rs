use super::{
    super::layout::{LogShape, Needs},
    *,
};
use arrow_array::{ArrayRef, Decimal128Array};
use guiju_lang::ty::DecimalType;
use std::{collections::BTreeSet, sync::Arc};

const FIGURES: [Figure; 8] =
    [Figure::Count, Figure::Sum, Figure::Avg, Figure::Min, Figure::Max, Figure::Distinct, Figure::First, Figure::Last];

fn shape(spans: &[i64], wide: bool) -> Shape {
    let mut needs = Needs::default();
    FIGURES.iter().for_each(|figure| needs.add(*figure));
    let log = |span: &i64| LogShape { name: span.to_string(), reach: Reach::Last(*span), operand: Some(0), needs };
    Shape { logs: spans.iter().map(log).collect(), wide: vec![wide] }
}

fn numbers(values: &[Option<i128>], wide: bool) -> Numbers {
    let array: ArrayRef = Arc::new(values.iter().copied().collect::<Decimal128Array>());
    Numbers::of(&array, wide, &mut super::super::values::Digests::default()).unwrap()
}

fn read(columns: Vec<Figures<'_>>) -> Vec<Vec<Option<i128>>> {
    let read = |column: Figures<'_>| {
        let array = column.finish().unwrap();
        let numbers = Numbers::of(&array, true, &mut super::super::values::Digests::default()).unwrap();
        (0..array.len()).map(|row| numbers.value(row)).collect()
    };
    columns.into_iter().map(read).collect()
}

/// The figures of these values by definition: integers, but money for sums and averages with four more digits.
fn slow(figure: Figure, values: &[i128]) -> Option<i128> {
    let sum: i128 = values.iter().sum();
    let n = values.len() as i128;
    match figure {
        Figure::Count => Some(n),
        Figure::Distinct => Some(values.iter().collect::<BTreeSet<_>>().len() as i128),
        Figure::Sum => (n > 0).then_some(sum),
        // Half up, away from zero.
        Figure::Avg => (n > 0).then(|| (sum.abs() * 20_000 + n) / (2 * n) * sum.signum()),
        Figure::Min => values.iter().min().copied(),
        Figure::Max => values.iter().max().copied(),
        Figure::First => values.first().copied(),
        Figure::Last => values.last().copied(),
    }
}

#[test]
fn figures_are_those_of_the_rows_in_the_window() {
    let sums = Type::Decimal(DecimalType { precision: 38, scale: 2 });
    let means = Type::Decimal(DecimalType { precision: 38, scale: 6 });
    for wide in [false, true] {
        let spans = [3, 40, 400];
        let mut memory = Memory::of(&shape(&spans, wide));
        let asked: Vec<Asked<'_>> = (0..spans.len())
            .flat_map(|log| FIGURES.map(|figure| (log, figure)))
            .map(|(log, figure)| {
                let ty = if figure == Figure::Avg { &means } else { &sums };
                Asked { log, figure, scale: 2, ty }
            })
            .collect();
        let mut state = 7_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        let mut past: Vec<(String, i64, i128)> = Vec::new();
        let mut time = 0;
        for turn in 0..40 {
            let (mut keys, mut times, mut values) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..random(200) {
                time += random(3) as i64 + i64::from(random(60) == 0) * 500;
                keys.push(format!("key {}", random(if turn > 20 { 3 } else { 12 })));
                times.push(time);
                let large = if wide { i128::from(u64::MAX) * 3 } else { 1 };
                values.push((random(9) > 0).then(|| (i128::from(random(30)) - 15) * large));
            }
            let texts: StringArray = keys.iter().map(Some).collect();
            let mut incidents = Incidents::default();
            let found = read(memory.rows((&texts, &times), &[numbers(&values, wide)], &asked, &mut incidents));
            for row in 0..keys.len() {
                past.extend(values[row].map(|value| (keys[row].clone(), times[row], value)));
                for (asked, found) in asked.iter().zip(&found) {
                    let from = times[row] - spans[asked.log];
                    let own = past.iter().filter(|(key, at, _)| *key == keys[row] && *at > from);
                    let own: Vec<i128> = own.map(|(.., value)| *value).collect();
                    assert_eq!(found[row], slow(asked.figure, &own), "{:?} {turn} {row}", asked.figure);
                }
            }
            if turn % 5 == 4 {
                memory.sweep(time);
                // Other logs, and back: what stays keeps its rows.
                memory.adopt(&shape(&[400, 3, 40, 9], wide), &Zone::utc());
                memory.adopt(&shape(&spans, wide), &Zone::utc());
            }
            past.retain(|(_, at, _)| *at > time - 400);
        }
        assert!(memory.keys.len() <= 12);
        let words = memory.arenas.words();
        memory.sweep(time + 1_000);
        assert_eq!((memory.keys.len(), memory.arenas.words()), (0, words));
        assert!(!memory.gone.is_empty());
    }
}

#[test]
fn the_oldest_make_room_however_rows_are_cut() {
    let names: Vec<String> = (0..400_i64).map(|n| format!("key {}", n * n % 97)).collect();
    let keys: StringArray = names.iter().map(Some).collect();
    let times: Vec<i64> = (0..400).collect();
    let values: Vec<Option<i128>> = (0..400).map(Some).collect();
    let ty = Type::Integer;
    let asked = [Asked { log: 0, figure: Figure::Count, scale: 0, ty: &ty }];
    let run = |cut: usize| {
        let mut memory = Memory::of(&shape(&[300], false));
        memory.most = 32;
        let mut found = Vec::new();
        for start in (0..400).step_by(cut) {
            let len = cut.min(400 - start);
            let operand = [numbers(&values[start..start + len], false)];
            let rows = (&keys.slice(start, len), &times[start..start + len]);
            found.extend(read(memory.rows(rows, &operand, &asked, &mut Incidents::default())).swap_remove(0));
            assert!(memory.keys.len() <= 32);
            if cut % 2 == 1 {
                memory.sweep(times[start + len - 1]);
            }
        }
        (found, memory.let_go, memory.oldest())
    };
    let whole = run(400);
    assert!(whole.1 > 0 && whole.2.is_some_and(|oldest| oldest > 99));
    assert_eq!([run(7), run(64), run(1)], [whole.clone(), whole.clone(), whole]);
}

#[test]
fn of_a_key_with_too_many_rows_the_newest_count() {
    let mut memory = Memory::of(&shape(&[40, 400], false));
    memory.most_rows = 5;
    let ty = Type::Decimal(DecimalType { precision: 38, scale: 0 });
    let figures = [Figure::Count, Figure::Sum, Figure::Min, Figure::Max, Figure::Distinct, Figure::First];
    let both = (0..2).flat_map(|log| figures.map(|figure| (log, figure)));
    let asked: Vec<_> = both.map(|(log, figure)| Asked { log, figure, scale: 0, ty: &ty }).collect();
    let values: Vec<Option<i128>> = (0..60).map(|n| Some(n * n % 23)).collect();
    let times: Vec<i64> = (0..60).map(|n| n * 6).collect();
    let keys: StringArray = (0..60).map(|n| Some(if n % 3 == 0 { "A" } else { "B" })).collect();
    let operand = [numbers(&values, false)];
    let found = read(memory.rows((&keys, &times), &operand, &asked, &mut Incidents::default()));
    for row in 0..60 {
        for (asked, found) in asked.iter().zip(&found) {
            let from = times[row] - [40, 400][asked.log];
            // Of the key, the last five, as far as the window reaches.
            let own = (0..=row).rev().filter(|other| keys.value(*other) == keys.value(row)).take(5);
            let mut own: Vec<i128> = own.filter(|other| times[*other] > from).filter_map(|row| values[row]).collect();
            own.reverse();
            assert_eq!(found[row], slow(asked.figure, &own), "{:?} {row}", asked.figure);
        }
    }
    assert_eq!(memory.rows_let_go, 15 + 35);
}

#[test]
fn a_sum_that_does_not_fit_is_an_overflow_and_comes_back() {
    let mut memory = Memory::of(&shape(&[3], true));
    let most = 10_i128.pow(38) - 1;
    let widest = Type::Decimal(DecimalType { precision: 38, scale: 0 });
    let asked = [Asked { log: 0, figure: Figure::Sum, scale: 0, ty: &widest }];
    let keys: StringArray = ["A"; 5].into_iter().map(Some).collect();
    let values = [Some(most), Some(most), Some(most), Some(-most), Some(1)];
    let mut incidents = Incidents::default();
    let found = read(memory.rows((&keys, &[0, 1, 2, 2, 5]), &[numbers(&values, true)], &asked, &mut incidents));
    assert_eq!(found[0], [Some(most), None, None, None, Some(1)]);
    assert!(!incidents.is_empty());
}
