//! What can be said of bundles.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Bundle {
    #[command(subcommand)]
    pub(crate) command: BundleCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BundleCommand {
    /// Make a key to sign with, in a file that only you may read, and say its public part
    Key {
        /// The file to make
        #[arg(long)]
        to: PathBuf,
    },
    /// Check and test a set, and put its texts into one file
    Create {
        #[command(flatten)]
        candidate: super::Candidate,
        /// The file to make
        #[arg(long)]
        to: PathBuf,
    },
    /// Sign the set in a bundle
    Sign {
        /// The bundle
        bundle: PathBuf,
        /// The file with the key
        #[arg(long)]
        key: PathBuf,
    },
    /// Check and test the set in a bundle, and say who of those that guiju.yaml trusts has signed it
    Verify {
        /// The bundle
        bundle: PathBuf,
    },
}
