//! Work on many things at once.

use std::num::NonZero;

/// Below this many bytes of text, or as much other work, a second thread costs more than it brings.
const WORTH_A_THREAD: usize = 32 << 10;

/// What `work` makes of each item, in their order; over as many threads as the machine has and the work is worth: `bytes` says how
/// many bytes of text an item is, or is as much work as. Each thread takes a run of neighbours of about the same size.
///
/// ```
/// assert_eq!(guiju_grammar::spread(&[1, 2, 3], |_| 1, |n| n * n), [1, 4, 9]);
/// ```
pub fn spread<T: Sync, R: Send>(items: &[T], bytes: impl Fn(&T) -> usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let total: usize = items.iter().map(&bytes).sum();
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(total / WORTH_A_THREAD).max(1);
    let run = |items: &[T]| items.iter().map(&work).collect::<Vec<_>>();
    if threads == 1 {
        return run(items);
    }
    let (mut runs, mut start, mut taken) = (Vec::with_capacity(threads), 0, 0);
    for (at, item) in items.iter().enumerate() {
        taken += bytes(item);
        if taken * threads >= total * (runs.len() + 1) {
            runs.push(&items[start..=at]);
            start = at + 1;
        }
    }
    std::thread::scope(|scope| {
        let (mine, others) = runs.split_first().map_or((&items[..0], &runs[..0]), |(mine, others)| (*mine, others));
        let others: Vec<_> = others.iter().map(|items| scope.spawn(|| run(items))).collect();
        let mut all = run(mine);
        for other in others {
            match other.join() {
                Ok(more) => all.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all.extend(run(&items[start..]));
        all
    })
}

#[cfg(test)]
mod tests {
    use super::{WORTH_A_THREAD, spread};

    #[test]
    fn every_item_once_in_order_whatever_the_sizes() {
        let sizes = [0, 1, WORTH_A_THREAD * 3, 0, 5, WORTH_A_THREAD, 7, 0];
        for from in 0..sizes.len() {
            let items: Vec<usize> = sizes[from..].to_vec();
            assert_eq!(spread(&items, |size| *size, |size| *size), items);
        }
        assert_eq!(spread(&[], |size: &usize| *size, |size| *size), Vec::<usize>::new());
    }
}
