//! Fibre routes in real networks beside networkx's, which comes with the networks from PyPI.

use crate::report::{Outcome, passes};
use crate::wheels;
use crate::workspace::{cache, cargo};

/// Who is asked, and Topology Zoo, SNDlib and backbones as one package.
const WHEELS: [&str; 2] = ["networkx==3.6.1", "topohub==1.5.1"];

/// A dozen networks, a few pairs in each, every question.
pub(crate) fn test() -> Outcome {
    let home = cache("networks");
    wheels::install(&home, &WHEELS)?;
    let mut test = cargo(["test", "--workspace", "--locked", "--test", "networks", "--", "--nocapture"]);
    test.env("GUIJU_NETWORKS", home);
    passes(test).map(|()| WHEELS.join(" "))
}
