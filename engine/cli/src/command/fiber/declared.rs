//! Routes that rulebooks declare.

use crate::{args::Common, output::Out};
use guiju::{
    Project,
    connect::config::Config,
    lang::{
        finding::{At, Finding, codes},
        plant::Route,
    },
};

/// The route of that name, `rulebook.name` where several rulebooks have one, and the configuration that it is declared under. What is wrong
/// with the rulebooks is shown where they are at hand.
pub(super) fn find(name: &str, common: &Common, out: &Out) -> Result<(Route, Config), Vec<Finding>> {
    let project = Project::open(&[], common.config.as_deref());
    let checked = project.check();
    let Some(program) = checked.program else {
        out.findings(&checked.findings, &project.sources);
        return Err(vec![Finding::new(codes::cli::FIBER_RULES_WRONG, At::Nowhere).name("name", name)]);
    };
    let whole = |route: &Route| format!("{}.{}", route.rulebook, route.name);
    let found: Vec<&Route> = program.routes.iter().filter(|route| route.name == name || whole(route) == name).collect();
    match found.as_slice() {
        [route] => Ok(((*route).clone(), project.config)),
        [] => {
            let known = program.routes.iter().map(|route| route.name.clone()).collect();
            let finding = Finding::new(codes::tests::UNKNOWN_ROUTE, At::Nowhere).name("name", name);
            Err(vec![finding.suggest(known)])
        }
        several => {
            let all = several.iter().map(|route| whole(route)).collect();
            let finding = Finding::new(codes::cli::FIBER_ROUTES, At::Nowhere).name("name", name);
            Err(vec![finding.suggest(all)])
        }
    }
}
