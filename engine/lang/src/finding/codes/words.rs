//! 1xxx: words. What could not be read.
codes! {
    UNEXPECTED = 1001,
}
