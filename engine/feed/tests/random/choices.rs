//! Choices made from numbers that the property test draws, so that it can shrink them: once they are used up, every choice is the first.

pub(crate) struct Choices<'a> {
    drawn: &'a [u32],
    at: usize,
}

impl<'a> Choices<'a> {
    pub(crate) fn new(drawn: &'a [u32]) -> Self {
        Self { drawn, at: 0 }
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        let drawn = self.drawn.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        drawn as usize % end
    }

    pub(crate) fn one<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// True once in so many times.
    pub(crate) fn rarely(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }
}
