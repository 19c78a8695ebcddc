//! Time of `guiju check`: start to first output on one file, and a set of 1,000 rules in 50 files; and of `guiju fmt` on that set.

use super::{Run, Scratch, Strictness, line, millis, run};
use crate::report::{Outcome, Trouble};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

const FILES: usize = 50;
const RULES: usize = 20;
const FIRST_OUTPUT: Duration = Duration::from_millis(20);
const WHOLE_SET: Duration = Duration::from_millis(150);
const FORMAT: Duration = Duration::from_millis(50);

/// Measures them, interleaved with the program's bare start.
pub(crate) fn check(strictness: Strictness) -> Outcome {
    let guiju = strictness.built("guiju")?;
    let scratch = Scratch::new("bench-check")?;
    // Nothing outside the folder may take part: the nearest configuration is this empty one.
    scratch.write("guiju.yaml", "connections: {}\n")?;
    scratch.write("one/rules.gj", &rulebook(0, 1))?;
    for number in 0..FILES {
        scratch.write(&format!("set/rules{number:02}.gj"), &rulebook(number, RULES))?;
    }
    scratch.write("wrong/good.gj", &rulebook(0, RULES))?;
    scratch.write("wrong/bad.gj", &rulebook(1, RULES).replacen("total_asset >", "totl_asset >", 1))?;

    // Formatted once, so that measuring changes nothing.
    well_formed(run(&guiju, &scratch.0, &["fmt", "set"])?)?;
    let (mut bare, mut one, mut set, mut format) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..strictness.rounds(21) {
        bare.push(run(&guiju, &scratch.0, &["--version"])?.whole);
        one.push(well(&guiju, &scratch.0, "one")?.first);
        set.push(well(&guiju, &scratch.0, "set")?.whole);
        format.push(well_formed(run(&guiju, &scratch.0, &["fmt", "--check", "set"])?)?.whole);
    }
    // A check that finds nothing would be quick too: the same rules with one misspelt column must be refused.
    let wrong = run(&guiju, &scratch.0, &["check", "--json", "wrong"])?;
    if wrong.code != Some(1) || !wrong.said.contains("totl_asset") {
        return Err(Trouble::Failed(format!(
            "a misspelt column was not found: exit code {:?}\n{}",
            wrong.code, wrong.said
        )));
    }

    line("start alone (`guiju --version`)", &mut bare, None);
    let one = line("one file, start to first output", &mut one, strictness.limit(FIRST_OUTPUT));
    let set = line(&format!("{} rules in {FILES} files", FILES * RULES), &mut set, strictness.limit(WHOLE_SET));
    let format = line(&format!("formatting {} rules", FILES * RULES), &mut format, strictness.limit(FORMAT));
    if [(one, FIRST_OUTPUT), (set, WHOLE_SET), (format, FORMAT)]
        .iter()
        .any(|&(time, goal)| strictness.is_over(time, goal))
    {
        return Err(Trouble::Failed("slower than the target".to_owned()));
    }
    let (one, set, format) = (millis(one), millis(set), millis(format));
    Ok(format!("first output {one:.1} ms, {} rules {set:.1} ms, formatted {format:.1} ms", FILES * RULES))
}

fn well_formed(run: Run) -> Result<Run, Trouble> {
    if run.code == Some(0) {
        return Ok(run);
    }
    Err(Trouble::Failed(format!("`guiju fmt` ended with {:?}:\n{}", run.code, run.said)))
}

fn well(guiju: &Path, folder: &Path, what: &str) -> Result<Run, Trouble> {
    let run = run(guiju, folder, &["check", "--plain", what])?;
    if run.code == Some(0) {
        return Ok(run);
    }
    Err(Trouble::Failed(format!("`guiju check {what}` ended with {:?}:\n{}", run.code, run.said)))
}

/// A rulebook of its own source and `rules` events of ten shapes, no two alike.
fn rulebook(number: usize, rules: usize) -> String {
    let mut text = format!("language 1\n\nrulebook book{number} \"第{number}册\" {{\n  owner \"bench\"\n}}\n{SOURCES}");
    for rule in 0..rules {
        let n = number * rules + rule;
        let condition = match rule % 10 {
            0 => format!("total_asset > {}万 and level in [\"V5\", \"V6\", \"V7\"]", n + 1),
            1 => format!("cd_maturity within next {}d and cd_balance >= {}万", n % 30 + 1, n + 1),
            2 => format!("total_asset < {}% of prev_asset and status != \"CLOSED\"", n % 90 + 5),
            3 => format!("years between 18 and {} and not is_employee", n % 60 + 20),
            4 => format!("last_trade is missing or last_trade < today - {}d", n + 1),
            5 => format!("name starts with \"A{n}\" or name contains \"{n}\""),
            6 => format!("(trades_30d + {n}) * 2 > trades_90d - 3 and trades_90d != 0"),
            7 => format!("phone matches /^1[3-9]{{1}}[0-9]+{}$/ and level = \"V3\"", n % 10),
            8 => format!("(if years > {} then cd_balance else total_asset) > {}万", n % 80, n + 1),
            _ => format!("cd_balance or else 0 > {n}万 and age(birth) >= {}", n % 70),
        };
        let _ = write!(
            text,
            "\nevent rule{n} \"规则 {n}\" {{\n  on customers\n  when {condition}\n  priority high\n  assign to managers.manager_id or else branch\n  \
             once per customer every {}d\n  expires after 5d\n  task \"请联系{{name}}：资产{{total_asset:万元}}，规则 {n}\"\n  to tasks\n}}\n",
            n % 60 + 1
        );
    }
    text
}

const SOURCES: &str = r#"
source customers from lake table "customers" {
  key customer
  column customer is integer required
  column name is text required
  column phone is text
  column level is text
  column status is text required
  column branch is text required
  column years is integer
  column birth is date
  column is_employee is bool required
  column total_asset is decimal(18, 2) required
  column prev_asset is decimal(18, 2)
  column cd_balance is decimal(18, 2)
  column cd_maturity is date
  column last_trade is date
  column trades_30d is integer required
  column trades_90d is integer required
}

source managers from lake table "managers" {
  key customer
  column customer is integer required
  column manager_id is text
}

sink tasks to desk {
  deliver at least once
}
"#;
