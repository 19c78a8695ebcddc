//! One file per command.

pub(crate) mod apply;
pub(crate) mod backtest;
pub(crate) mod bundle;
pub(crate) mod check;
mod compare;
mod coverage;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod feed;
pub(crate) mod fiber;
pub(crate) mod fmt;
pub(crate) mod history;
pub(crate) mod inspect;
pub(crate) mod letters;
pub(crate) mod list;
mod mutate;
pub(crate) mod new;
pub(crate) mod plan;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod shadow;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod table;
pub(crate) mod test;
mod watch;

use crate::{Exit, args::Common, output::Out};
use guiju::{Epoch, Project, lang::hir::Rule, project};
use std::{path::PathBuf, sync::Arc};

/// Opens and checks; findings are shown, and end the command if they are errors.
pub(crate) fn checked(
    paths: &[PathBuf],
    common: &Common,
    out: &Out,
) -> Result<(Project, Arc<guiju::lang::hir::Program>), Exit> {
    let project = Project::open(paths, common.config.as_deref());
    let checked = project.check();
    match checked.program {
        Some(program) => {
            out.findings(&checked.findings, &project.sources);
            Ok((project, Arc::new(program)))
        }
        None => {
            let exit = if project::has_errors(&project.findings) { Exit::Failed } else { Exit::Wrong };
            Err(out.fail(&checked.findings, &project.sources, exit))
        }
    }
}

/// Compiles the rules that `only` selects.
pub(crate) fn linked(
    project: &Project,
    program: Arc<guiju::lang::hir::Program>,
    out: &Out,
    only: impl Fn(&Rule) -> bool,
) -> Result<Epoch, Exit> {
    Epoch::link(program, &project.calendars, only).map_err(|found| out.fail(&found, &project.sources, Exit::Wrong))
}
