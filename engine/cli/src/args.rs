//! What can be said on the command line.

pub(crate) mod bundle;
pub(crate) mod feed;
pub(crate) mod fiber;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Guiju (规矩): rulebooks that people read aloud, checked, tested, run and explained.
#[derive(Debug, Parser)]
#[command(name = "guiju", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 well, 1 rulebooks or tests are wrong, 2 usage, 3 data or run failed, 130 interrupted."
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Debug, ClapArgs)]
pub(crate) struct Common {
    /// Language of messages; otherwise as the LANG of the terminal says
    #[arg(long, global = true, value_enum)]
    pub(crate) lang: Option<Language>,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The configuration that binds connections; otherwise the nearest guiju.yaml or guiju.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// No colours and no progress bar
    #[arg(long, global = true)]
    pub(crate) plain: bool,
}

/// Language of messages and keywords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Zh,
    En,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a project: a configuration, a rulebook with a test, and data to try it on
    New(New),
    /// Find everything that is wrong with rulebooks
    Check(Check),
    /// Lay rulebooks out, and translate their keywords
    Fmt(Fmt),
    /// Run the tests in rulebooks
    Test(Test),
    /// Run rulebooks on real tables and publish the tasks
    Run(Run),
    /// Stay, take the files that appear in the folders of streams, and put changed rulebooks in force between two of them
    Serve(Serve),
    /// What the server is doing: its set, its streams, what rules remember, what sinks are owed; exit 3 unless all is well
    Status(Place),
    /// Which sets of rulebooks were in force, who wanted them, why, and what they changed
    History(History),
    /// What a changed set would do: what it means, what becomes of what rules remember, and of the effects of the last hours
    Plan(Plan),
    /// Sets in one file, signed: make a key, make a bundle, sign it, say who has signed it
    Bundle(bundle::Bundle),
    /// Put a changed set in force on the running server
    Apply(Apply),
    /// Put the set in force that was in force before, on the running server
    Rollback(Rollback),
    /// What a set would have done with what the server took, beside what was done
    Backtest(Backtest),
    /// Let a changed set run beside the one in force, without effects
    Shadow(Shadow),
    /// Come to an effect once more, from what the server took, and compare
    Replay(Replay),
    /// Effects that their sink refused for good, or that nobody knows to have arrived: list them, decide about them
    Letters(Letters),
    /// Say why a rule does or does not act for a key
    Explain(Explain),
    /// Show what a table holds, and the source declaration for it
    Inspect(Inspect),
    /// Show rulebooks in colours, for the terminal or as a page
    Show(Show),
    /// List rules, sources, runs or tasks
    List(List),
    /// Take a decision table to a spreadsheet, and back
    Table(Table),
    /// Market feeds: decode, encode, count, compare, replay
    Feed(feed::Feed),
    /// Fibre routes: questions over a graph of cables
    Fiber(fiber::Fiber),
    /// Write rulebooks as jobs for other engines
    Export(Export),
    /// Answer the rows that a Spark job pipes in
    #[command(hide = true)]
    Stage(Stage),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct New {
    /// The folder to make
    pub(crate) folder: PathBuf,
    /// Start from a table of your own (Parquet, CSV, JSON lines)
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Keywords and comments in this language; otherwise that of the messages
    #[arg(long, value_enum)]
    pub(crate) keywords: Option<Language>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Check {
    /// Rulebook files or folders; otherwise the project's
    pub(crate) paths: Vec<PathBuf>,
    /// Apply the fixes that cannot change a meaning
    #[arg(long)]
    pub(crate) fix: bool,
    /// Say what a code of a finding means, with an example of what is wrong and what is right
    #[arg(long, value_name = "CODE", conflicts_with = "fix")]
    pub(crate) explain: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Fmt {
    /// Rulebook files or folders; `-` reads standard input
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Translate keywords
    #[arg(long, value_enum)]
    pub(crate) keywords: Option<Language>,
    /// Change nothing; exit 1 if something would change
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Test {
    /// Rulebook files or folders; otherwise the project's
    pub(crate) paths: Vec<PathBuf>,
    /// Only tests whose title contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
    /// Say which conditions, branches, rows and clauses no test has seen at work
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Fail below this percentage; implies --coverage
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(crate) min: Option<f64>,
    /// Change each rule in small ways and say which changes no test notices
    #[arg(long)]
    pub(crate) mutate: bool,
    /// With --mutate: stop after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) seconds: u64,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "a percentage from 0 to 100 is expected".to_owned())
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Run {
    /// Rulebook files or folders; otherwise the project's
    pub(crate) paths: Vec<PathBuf>,
    /// The logical day (2026-11-20) or time (2026-11-20T09:25); otherwise today
    #[arg(long, value_name = "DAY")]
    pub(crate) today: Option<String>,
    /// Name of the run; repeating a run doubles nothing. Otherwise its day
    #[arg(long, value_name = "ID")]
    pub(crate) run_id: Option<String>,
    /// Only the rules of this tenant; needed where a set has several
    #[arg(long)]
    pub(crate) tenant: Option<String>,
    /// Publish nothing: only say what would be done
    #[arg(long)]
    pub(crate) dry: bool,
    /// Publish nothing, stay, and after every change of a rulebook show whom the changed rules find
    #[arg(long, conflicts_with_all = ["run_id", "dry", "on"])]
    pub(crate) watch: bool,
    /// With --watch: from the start only this rule
    #[arg(long, value_name = "RULE", requires = "watch")]
    pub(crate) rule: Option<String>,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Serve {
    /// Rulebook files or folders; otherwise the project's
    pub(crate) paths: Vec<PathBuf>,
    /// Only the rules of this tenant; needed where a set has several
    #[arg(long)]
    pub(crate) tenant: Option<String>,
    /// A file counts once nobody has written to it for so many milliseconds; 0 where files are moved into the folder whole
    #[arg(long, value_name = "MS", default_value_t = 500)]
    pub(crate) quiet: u64,
    /// Stop when everything that is there has been taken
    #[arg(long)]
    pub(crate) once: bool,
    /// Put sets in force that forget windows: a changed span or operand, a rule that is gone
    #[arg(long)]
    pub(crate) forget: bool,
}

/// Whose server.
#[derive(Debug, ClapArgs)]
pub(crate) struct Place {
    /// Rulebook files or folders of the project; otherwise the nearest
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct History {
    /// Rulebook files or folders of the project; otherwise the nearest
    pub(crate) paths: Vec<PathBuf>,
    /// At most so many, the last one first
    #[arg(long, default_value_t = 20)]
    pub(crate) limit: usize,
}

/// A set, and whose rules.
#[derive(Debug, ClapArgs)]
pub(crate) struct Candidate {
    /// Rulebook files or folders; otherwise the project's
    pub(crate) paths: Vec<PathBuf>,
    /// Only the rules of this tenant; needed where a set has several
    #[arg(long)]
    pub(crate) tenant: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) candidate: Candidate,
    /// Compare the effects of so many hours before the last row that was taken; 0: none
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub(crate) hours: u32,
}

/// Who wants a change, and why.
#[derive(Debug, ClapArgs)]
pub(crate) struct Wish {
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Who wants it, where that is not the account that asks
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Option<String>,
    /// Wait for so many seconds until the server has answered
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) wait: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(crate) candidate: Candidate,
    #[command(flatten)]
    pub(crate) wish: Wish,
    /// The set may forget windows: a changed span or operand, a rule that is gone
    #[arg(long)]
    pub(crate) forget: bool,
    /// Instead: agree to the set whose hash begins so, which waits for a second person
    #[arg(long, value_name = "HASH", conflicts_with_all = ["forget", "reason", "author"])]
    pub(crate) approve: Option<String>,
    /// Instead of rulebooks: the set in this bundle, with its signatures
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "approve"])]
    pub(crate) bundle: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rollback {
    /// Rulebook files or folders of the project; otherwise the nearest
    pub(crate) paths: Vec<PathBuf>,
    /// The set whose hash begins so; otherwise the one that was in force before
    #[arg(long, value_name = "HASH")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) wish: Wish,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Letters {
    #[command(subcommand)]
    pub(crate) what: Option<LettersWhat>,
    /// Rulebook files or folders of the project; otherwise the nearest
    #[arg(long, value_name = "PATH", global = true)]
    pub(crate) project: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LettersWhat {
    /// Send refused ones once more, now that it may go: the running server does it
    Send {
        /// As `guiju letters` shows them: d12
        #[arg(required = true)]
        letters: Vec<String>,
    },
    /// Uncertain ones have arrived
    Arrived {
        /// As `guiju letters` shows them: u3
        #[arg(required = true)]
        letters: Vec<String>,
    },
    /// Uncertain ones are lost
    Lost {
        /// As `guiju letters` shows them: u3
        #[arg(required = true)]
        letters: Vec<String>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Backtest {
    #[command(flatten)]
    pub(crate) candidate: Candidate,
    /// Effects from this day (2026-11-20) or time (2026-11-20T09:25) on; otherwise all
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<String>,
    /// Effects before this day or time
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Shadow {
    #[command(subcommand)]
    pub(crate) what: ShadowWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ShadowWhat {
    /// From now on, note what this set would do
    Start(Candidate),
    /// What it would have done since, beside what was done
    Report(Place),
    /// Put it in force
    Promote(Promote),
    /// Forget it
    Stop(Place),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Promote {
    /// Rulebook files or folders of the project; otherwise the nearest
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) wish: Wish,
    /// The set may forget windows
    #[arg(long)]
    pub(crate) forget: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Replay {
    /// The effect's id, as `guiju list tasks` shows it
    pub(crate) id: String,
    /// Rulebook files or folders of the project; otherwise the nearest
    pub(crate) paths: Vec<PathBuf>,
}

/// A Spark that looks through the tables.
#[derive(Debug, ClapArgs)]
pub(crate) struct Cluster {
    /// Look through the tables on this Spark master: spark://host:port, or local[2]
    #[arg(long, value_name = "MASTER")]
    pub(crate) on: Option<String>,
    /// Spark's spark-submit; otherwise that of SPARK_HOME, otherwise the one on the PATH
    #[arg(long, value_name = "FILE", requires = "on")]
    pub(crate) spark_submit: Option<PathBuf>,
    /// A setting of the job; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "on")]
    pub(crate) spark_conf: Vec<String>,
    /// A folder that this machine and all workers see under one path; otherwise the system's for temporary files
    #[arg(long, value_name = "FOLDER", requires = "on")]
    pub(crate) spark_work: Option<PathBuf>,
    /// This program on the workers; otherwise at the path it has here
    #[arg(long, value_name = "FILE", requires = "on")]
    pub(crate) spark_guiju: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Export {
    #[command(subcommand)]
    pub(crate) what: ExportWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportWhat {
    /// Write the PySpark job that finds the rows on which rules act
    Spark(ExportSpark),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExportSpark {
    /// Rulebook files or folders; otherwise the project's
    pub(crate) paths: Vec<PathBuf>,
    /// The folder to write to; it must not exist, or be empty
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: PathBuf,
    /// The logical day or time; otherwise today
    #[arg(long, value_name = "DAY")]
    pub(crate) today: Option<String>,
    /// Only the rules of this tenant; needed where a set has several
    #[arg(long)]
    pub(crate) tenant: Option<String>,
}

/// What a job calls on Spark's workers.
#[derive(Debug, ClapArgs)]
pub(crate) struct Stage {
    /// What the job was written with
    pub(crate) bundle: PathBuf,
    /// The number of the table
    #[arg(long)]
    pub(crate) table: u32,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Explain {
    /// The rule: `name`, `rulebook.name` or `tenant/rulebook.name`
    pub(crate) rule: String,
    /// The key, for example the customer's number
    #[arg(required_unless_present_any = ["between", "against", "before_config"])]
    pub(crate) key: Option<String>,
    /// Rulebook files or folders; otherwise the project's
    pub(crate) paths: Vec<PathBuf>,
    /// The logical day or time; otherwise today
    #[arg(long, value_name = "DAY")]
    pub(crate) today: Option<String>,
    /// Do not count cool-downs in the store
    #[arg(long)]
    pub(crate) no_store: bool,
    /// Instead of a key: why the count changed between two days. RULE may be `all`
    #[arg(long, value_name = "DAY", num_args = 2, conflicts_with = "today")]
    pub(crate) between: Vec<String>,
    /// Instead of a key: why the count differs from that of another version of the rulebooks: files, a folder, or a git revision
    #[arg(long, value_name = "VERSION")]
    pub(crate) against: Option<String>,
    /// The configuration of the side before: other data
    #[arg(long, value_name = "FILE")]
    pub(crate) before_config: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Inspect {
    /// A file or folder, or a connection of the configuration, also with its table or query: crm:managers
    pub(crate) table: String,
    /// The connection's table
    pub(crate) object: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// Rulebook files or folders; otherwise the project's
    pub(crate) paths: Vec<PathBuf>,
    /// As an HTML page
    #[arg(long)]
    pub(crate) html: bool,
    /// Colours even where the output is no terminal
    #[arg(long)]
    pub(crate) color: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct List {
    /// What to list
    #[arg(value_enum, default_value = "rules")]
    pub(crate) what: What,
    /// Rulebook files or folders; otherwise the project's
    pub(crate) paths: Vec<PathBuf>,
    /// Tasks of this rule only
    #[arg(long)]
    pub(crate) rule: Option<String>,
    /// Tasks for this key only
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// At most so many tasks
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    Rules,
    Sources,
    Tests,
    Runs,
    Tasks,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Table {
    #[command(subcommand)]
    pub(crate) command: TableCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TableCommand {
    /// Write a decision table to a .csv or .xlsx file
    Export(ExportTable),
    /// Read a decision table from a .csv or .xlsx file, and print it or put it into a rulebook
    Import(ImportTable),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExportTable {
    /// The table's name
    pub(crate) name: String,
    /// Rulebook files or folders; otherwise the project's
    pub(crate) paths: Vec<PathBuf>,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ImportTable {
    /// The file to read
    pub(crate) file: PathBuf,
    /// The rulebook to put it into: in the place of the table of that name, or at the end
    #[arg(long, value_name = "RULEBOOK")]
    pub(crate) into: Option<PathBuf>,
    /// The worksheet of a workbook; otherwise its first
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
}
