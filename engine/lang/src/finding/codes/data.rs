//! 5xxx: data and connectors.
codes! {}
