//! What can be said of market feeds.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use guiju::market::frame::Envelope;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Feed {
    #[command(subcommand)]
    pub(crate) command: FeedCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FeedCommand {
    /// Print every message of a file, a capture (pcap, pcapng) or a live feed, or write them as Parquet, Arrow or JSON lines
    Decode(Decode),
    /// Write messages, one JSON object a line as `decode --json` prints them, as feed data
    Encode(Encode),
    /// Send a capture's payloads, or its messages as narrowed records, to a UDP address at the pace they were captured, or faster
    Replay(Replay),
    /// Count messages by template, and what is missing, repeated, late or broken
    Stats(Stats),
    /// Compare two files of messages as `decode --json` prints them: what is missing, extra, repeated, different
    Diff(Diff),
    /// Decode a file again and again, and say what a message costs with each executor
    Bench(Bench),
}

/// Feed data and how to read it.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Input {
    /// The file or capture; or where a feed arrives: udp://GROUP:PORT, tcp://ADDRESS:PORT
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) shape: Shape,
    /// What a vendor has put around the frames: head=16,length=12:4be,zlib (the length's first byte and how many; le; total; deflate)
    #[arg(long, value_name = "ENVELOPE")]
    pub(crate) envelope: Option<Envelope>,
    /// A live feed has ended when nothing came for so many seconds; otherwise it ends with Ctrl-C, or when the sender closes
    #[arg(long, value_name = "SECONDS")]
    pub(crate) idle: Option<f64>,
    /// What walks through the messages: `native` compiles the templates first, `generated` is for those built into this program
    #[arg(long, value_enum, default_value = "tape")]
    pub(crate) executor: Executor,
    /// Let pass what does not change a value: overlong numbers, unused bits, text that is not UTF-8
    #[arg(long)]
    pub(crate) lenient: bool,
    /// The capture's flows are lines of one feed, as A and B: of every numbered message the first copy, missing is what all lines lack
    #[arg(long)]
    pub(crate) joined: bool,
}

/// How messages are encoded and framed.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Shape {
    /// FAST templates (XML); for step-fast otherwise our reconstruction of Shanghai's
    #[arg(long, value_name = "FILE")]
    pub(crate) templates: Option<PathBuf>,
    /// How messages are encoded
    #[arg(long, value_enum)]
    pub(crate) format: FeedFormat,
    /// What stands before each FAST message: a length or a sequence number of four bytes, lowest first, or nothing
    #[arg(long, value_enum, default_value = "none")]
    pub(crate) framing: FeedFraming,
    /// What the templates' attribute `reset` does
    #[arg(long, value_enum, default_value = "ignore")]
    pub(crate) reset: FeedReset,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FeedFormat {
    Fast,
    StepFast,
    Szse,
    Narrow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FeedFraming {
    Len32le,
    Seq32le,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FeedReset {
    Honour,
    Ignore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Executor {
    Tape,
    Native,
    Generated,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Decode {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Write the messages instead: parquet or arrow into a folder, a file for each template; jsonl into one file
    #[arg(long, num_args = 2, value_names = ["parquet|arrow|jsonl", "PATH"])]
    pub(crate) to: Vec<PathBuf>,
    /// Of parquet and arrow: `found` reads the data twice and gives each column the places its values need, a number gives all so many,
    /// `parts` writes mantissa and exponent
    #[arg(long, value_name = "found|parts|PLACES", default_value = "found", requires = "to")]
    pub(crate) decimals: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Stats {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Look for books that are crossed, negative quantities, and amounts that are not price times quantity
    #[arg(long)]
    pub(crate) sanity: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Encode {
    /// Messages, one JSON object a line
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) shape: Shape,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Replay {
    /// The capture
    pub(crate) file: PathBuf,
    /// Where datagrams go: udp://ADDRESS:PORT, a multicast group is fine
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: String,
    /// Decode the messages and send them as narrowed records, which `decode --format narrow` reads
    #[arg(long, requires = "format")]
    pub(crate) narrow: bool,
    /// Of --narrow: how messages are encoded in the capture
    #[arg(long, value_enum, requires = "narrow")]
    pub(crate) format: Option<FeedFormat>,
    /// Of --narrow: what stands before each FAST message
    #[arg(long, value_enum, default_value = "none")]
    pub(crate) framing: FeedFraming,
    /// Of --narrow: FAST templates (XML); for step-fast otherwise our reconstruction of Shanghai's
    #[arg(long, value_name = "FILE", requires = "narrow")]
    pub(crate) templates: Option<PathBuf>,
    /// Of --narrow: what the templates' attribute `reset` does
    #[arg(long, value_enum, default_value = "ignore")]
    pub(crate) reset: FeedReset,
    /// Of --narrow: the capture's flows are lines of one feed, as A and B, and each message is sent once
    #[arg(long, requires = "narrow")]
    pub(crate) joined: bool,
    /// So many times as fast as it was captured; 0 is as fast as possible
    #[arg(long, default_value_t = 1.0)]
    pub(crate) speed: f64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Diff {
    /// One decoder's messages
    pub(crate) a: PathBuf,
    /// The other's
    pub(crate) b: PathBuf,
    /// Fields that name a message, such as Channel,BizIndex; otherwise channel and sequence number where there are such
    #[arg(long, value_delimiter = ',')]
    pub(crate) key: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Bench {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Passes over the file
    #[arg(long, default_value_t = 11)]
    pub(crate) rounds: usize,
}
