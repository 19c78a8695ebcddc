//! 7xxx: command line and configuration.
codes! {}
