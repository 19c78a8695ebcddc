//! What can be said of fibre routes.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use guiju::fiber::plan::{Criterion, Fibres, Fill, Separate};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Fiber {
    #[command(subcommand)]
    pub(crate) command: FiberCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FiberCommand {
    /// Answer questions in the fixed form that other solvers can be compared in; with --json one object a line
    Solve(Solve),
    /// Find everything that is wrong with a plant's records
    Check(Records),
    /// The best route under rules, or a pair of them, down to cable, core and port; with --reserve it is held
    Route(Route),
    /// The best routes, for somebody to choose from
    KBest(KBest),
    /// Circuits and customers that a cut takes out, and routes that would restore them
    WhatIf(WhatIf),
    /// Used, held and free cores by cable, duct and pair of rooms
    Capacity(Records),
    /// Make tables of a node-link graph or of NetBox's cable traces
    Import(Import),
    /// Draw a plant, and routes in it, as SVG
    Draw(Draw),
    /// Orders and their states, or one order's history
    Orders(Orders),
    /// Take an order on: reserved, patched, in service, retired; or release it
    Advance(Advance),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Solve {
    /// The graph: a line `nodes cables`, then a line `node node length` for each cable
    #[arg(long, value_name = "FILE")]
    pub(crate) graph: PathBuf,
    /// The questions: a line `name node node` for each
    #[arg(long, value_name = "FILE")]
    pub(crate) queries: PathBuf,
    /// So many shortest routes for each question
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) k: u32,
}

/// Which records.
#[derive(Debug, ClapArgs)]
pub(crate) struct Records {
    /// The plant's records: a folder of tables, or a YAML file
    #[arg(long, value_name = "PATH")]
    pub(crate) plant: PathBuf,
    /// The folder in which reservations are kept; otherwise guiju.yaml's store
    #[arg(long, value_name = "FOLDER")]
    pub(crate) ledger: Option<PathBuf>,
}

/// A request's rules.
#[derive(Debug, ClapArgs)]
pub(crate) struct Rules {
    /// What is preferred, the most important first: length, hops, loss, use, buildings
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "length")]
    pub(crate) prefer: Vec<Prefer>,
    /// A place or cable that the route passes; several in their order
    #[arg(long, value_name = "NAME")]
    pub(crate) via: Vec<String>,
    /// A place, cable or duct that it does not use (`duct:D17` where a name could be several)
    #[arg(long, value_name = "NAME")]
    pub(crate) avoid: Vec<String>,
    /// The most loss, in decibels
    #[arg(long, value_name = "DB")]
    pub(crate) loss: Option<String>,
    /// What each place where fibres are joined loses, in decibels
    #[arg(long, value_name = "DB", default_value = "0")]
    pub(crate) joint: String,
    /// The same core number in every cable
    #[arg(long)]
    pub(crate) same_core: bool,
    /// Two neighbouring cores of every cable: 1 and 2, 3 and 4, …
    #[arg(long)]
    pub(crate) pairs: bool,
    /// Which cores are taken first
    #[arg(long, value_enum, default_value = "ascending")]
    pub(crate) fibres: Direction,
    /// From tubes with the fewest, or the most, cores in use
    #[arg(long, value_enum)]
    pub(crate) fill: Option<Filling>,
    /// Only cables of this class
    #[arg(long, value_name = "NAME")]
    pub(crate) class: Vec<String>,
    /// Only cables of this owner
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: Vec<String>,
    /// Share nothing with this circuit: what, says --apart (otherwise no cable)
    #[arg(long, value_name = "CIRCUIT")]
    pub(crate) apart_from: Option<String>,
    /// So many nodes are expanded at most; then the answer has a gap, or there is none
    #[arg(long, value_name = "COUNT", default_value_t = guiju::fiber::plan::STEPS)]
    pub(crate) steps: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Route {
    /// A route that a rulebook declares: its rules, over its topology; only its ends may be others
    #[arg(long, value_name = "NAME", conflicts_with_all = [
        "plant", "prefer", "via", "avoid", "loss", "joint", "same_core", "pairs", "fibres", "fill", "class", "owner", "apart_from",
        "apart", "routes",
    ])]
    pub(crate) rule: Option<String>,
    /// The plant's records: a folder of tables, or a YAML file
    #[arg(long, value_name = "PATH", required_unless_present = "rule")]
    pub(crate) plant: Option<PathBuf>,
    /// The folder in which reservations are kept; otherwise guiju.yaml's store
    #[arg(long, value_name = "FOLDER")]
    pub(crate) ledger: Option<PathBuf>,
    /// Where the route begins: a port, a frame, a room, any place
    #[arg(long, value_name = "PLACE", required_unless_present = "rule")]
    pub(crate) from: Option<String>,
    /// Where it ends
    #[arg(long, value_name = "PLACE", required_unless_present = "rule")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) rules: Rules,
    /// Two routes that share no cable, node, duct; `most`: as little as possible
    #[arg(long, value_enum)]
    pub(crate) apart: Option<Apart>,
    /// So many routes with --apart; more than two share no cable or no node
    #[arg(long, value_name = "COUNT", default_value_t = 2, requires = "apart", value_parser = clap::value_parser!(u32).range(2..=16))]
    pub(crate) routes: u32,
    /// Remember the route for this order, and hold nothing yet: `advance ORDER reserved` holds it, if its cores are still free
    #[arg(long, value_name = "ORDER", conflicts_with = "reserve")]
    pub(crate) plan: Option<String>,
    /// Hold the cores for this order
    #[arg(long, value_name = "ORDER")]
    pub(crate) reserve: Option<String>,
    /// So long, unless it is patched by then: 30m, 12h, 7d; otherwise until it is released
    #[arg(long, value_name = "TIME", requires = "reserve")]
    pub(crate) hold: Option<String>,
    /// Draw it, too
    #[arg(long, value_name = "FILE")]
    pub(crate) draw: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct KBest {
    #[command(flatten)]
    pub(crate) records: Records,
    /// Where the routes begin
    #[arg(long, value_name = "PLACE")]
    pub(crate) from: String,
    /// Where they end
    #[arg(long, value_name = "PLACE")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) rules: Rules,
    /// So many
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) k: u32,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WhatIf {
    #[command(flatten)]
    pub(crate) records: Records,
    /// A cable, duct or place that is cut
    #[arg(long, value_name = "NAME", required = true)]
    pub(crate) cut: Vec<String>,
    /// The steps of work on it
    #[arg(long)]
    pub(crate) plan: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Import {
    /// A JSON file: a node-link graph, a cable trace, or an object of traces by circuit
    pub(crate) file: PathBuf,
    /// The folder that the tables are written to
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// The building of places of which none is said
    #[arg(long, value_name = "NAME", default_value = "campus")]
    pub(crate) building: String,
    /// Cores of cables of which no number is said
    #[arg(long, value_name = "COUNT")]
    pub(crate) cores: Option<u32>,
    /// Loss of cables of which none is said, in decibels for each kilometre
    #[arg(long, value_name = "DB")]
    pub(crate) loss_per_km: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Draw {
    #[command(flatten)]
    pub(crate) records: Records,
    /// Where a route begins; without one, the plant alone
    #[arg(long, value_name = "PLACE", requires = "to")]
    pub(crate) from: Option<String>,
    /// Where it ends
    #[arg(long, value_name = "PLACE", requires = "from")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) rules: Rules,
    /// Two routes
    #[arg(long, value_enum)]
    pub(crate) apart: Option<Apart>,
    /// The file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Orders {
    /// One order: its history
    pub(crate) order: Option<String>,
    /// The folder in which reservations are kept; otherwise guiju.yaml's store
    #[arg(long, value_name = "FOLDER")]
    pub(crate) ledger: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Advance {
    /// The order
    pub(crate) order: String,
    /// What it becomes
    #[arg(value_enum)]
    pub(crate) to: Becomes,
    /// The folder in which reservations are kept; otherwise guiju.yaml's store
    #[arg(long, value_name = "FOLDER")]
    pub(crate) ledger: Option<PathBuf>,
}

/// What can be preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Prefer {
    Length,
    Hops,
    Loss,
    Use,
    Buildings,
}

impl From<Prefer> for Criterion {
    fn from(prefer: Prefer) -> Self {
        match prefer {
            Prefer::Length => Self::Length,
            Prefer::Hops => Self::Hops,
            Prefer::Loss => Self::Loss,
            Prefer::Use => Self::Use,
            Prefer::Buildings => Self::Buildings,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

impl From<Direction> for Fibres {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Ascending => Self::Ascending,
            Direction::Descending => Self::Descending,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Filling {
    Min,
    Max,
}

impl From<Filling> for Fill {
    fn from(filling: Filling) -> Self {
        match filling {
            Filling::Min => Self::Least,
            Filling::Max => Self::Most,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Apart {
    Cables,
    Nodes,
    Ducts,
    DuctsAndNodes,
    Most,
}

impl Apart {
    /// What must not be shared; nothing where it is only to be as little as possible.
    pub(crate) const fn separate(self) -> Option<Separate> {
        match self {
            Self::Cables => Some(Separate::Cables),
            Self::Nodes => Some(Separate::Nodes),
            Self::Ducts => Some(Separate::Ducts),
            Self::DuctsAndNodes => Some(Separate::DuctsAndNodes),
            Self::Most => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Becomes {
    Reserved,
    Patched,
    InService,
    Retired,
    Released,
}
