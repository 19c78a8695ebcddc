//! 6xxx: store and runs.
codes! {}
