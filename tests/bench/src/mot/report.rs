//! What was measured, as people read it, and whether it is good enough.

use super::Task;
use super::peers::Rows;
use super::process::Took;
use std::fmt;
use std::time::Duration;

/// What was measured.
#[derive(Debug)]
pub struct Report {
    data: String,
    /// New tasks per event, in the order of the rulebook.
    pub(super) counts: Vec<u64>,
    /// Of every round, by who ran; the first line is what the others are compared with.
    took: Vec<(String, Vec<Took>)>,
    /// Compared with DuckDB's, if there is a DuckDB.
    pub(super) rows: Option<Rows>,
}

impl Report {
    pub(super) fn new(data: &str, task: &Task) -> Self {
        let data = format!("{data}, {} rounds in turns", task.rounds);
        Self { data, counts: Vec::new(), took: Vec::new(), rows: None }
    }

    pub(super) fn took(&mut self, who: &str, took: Took) {
        match self.took.iter_mut().find(|(name, _)| name == who) {
            Some((_, all)) => all.push(took),
            None => self.took.push((who.to_owned(), vec![took])),
        }
    }

    /// Fails when the engine's rows are not DuckDB's, or the median of publishing runs is over the limit.
    ///
    /// # Errors
    /// Which.
    pub fn verdict(&self, limit_ms: usize) -> Result<(), String> {
        let wrong = self.rows.iter().filter_map(|rows| rows.differ.get("guiju")).flatten();
        let wrong: Vec<&str> = wrong.map(String::as_str).collect();
        if !wrong.is_empty() {
            return Err(format!("not DuckDB's rows:\n{}", wrong.join("\n")));
        }
        let tasks: u64 = self.counts.iter().sum();
        if self.rows.as_ref().is_some_and(|rows| rows.count != tasks) {
            return Err("the run's own counts are not those of its rows".to_owned());
        }
        if tasks == 0 {
            return Err("no event found anybody".to_owned());
        }
        let middle = self.took.first().map_or(Duration::ZERO, |(_, all)| median(all, |took| took.wall));
        let limit = Duration::from_millis(limit_ms as u64);
        if middle > limit { Err(format!("{middle:.2?} is over the limit of {limit:.2?}")) } else { Ok(()) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks: u64 = self.counts.iter().sum();
        writeln!(f, "    {}: {} events, {tasks} tasks", self.data, self.counts.len())?;
        writeln!(f, "    {:<32} {:>8}  {:<18}{:>8} {:>8}   of guiju's", "medians", "wall", "from, to", "CPU", "peak")?;
        let ours = self.took.first().map(|(_, all)| middle(all)).unwrap_or_default();
        for (who, all) in &self.took {
            let took = middle(all);
            let (least, most) = (all.iter().map(|t| t.wall).min(), all.iter().map(|t| t.wall).max());
            let spread =
                format!("{:.2} to {:.2}", seconds(least.unwrap_or_default()), seconds(most.unwrap_or_default()));
            let (wall, cpu) = (seconds(took.wall), seconds(took.cpu));
            let ratios = format!("{:.2} wall, {:.2} CPU", wall / seconds(ours.wall), cpu / seconds(ours.cpu));
            writeln!(f, "    {who:<32} {wall:>6.2} s  {spread:<18}{cpu:>6.2} s {:>5} MB   {ratios}", took.peak >> 20)?;
        }
        let Some(rows) = &self.rows else {
            return writeln!(f, "    !!! no peers: ROWS WERE NOT COMPARED, only run against run");
        };
        for (who, wrong) in &rows.differ {
            if wrong.is_empty() {
                writeln!(f, "    {who}: the {} rows (event, customer, manager) of DuckDB, all of them", rows.count)?;
            } else {
                writeln!(f, "    !!! {who}: not DuckDB's rows: {}", wrong.join("; "))?;
            }
        }
        Ok(())
    }
}

fn middle(all: &[Took]) -> Took {
    let peak = all.iter().map(|took| took.peak).max().unwrap_or_default();
    Took { wall: median(all, |took| took.wall), cpu: median(all, |took| took.cpu), peak }
}

fn median(all: &[Took], of: impl Fn(&Took) -> Duration) -> Duration {
    let mut times: Vec<Duration> = all.iter().map(of).collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(counts: &[u64], wrong: &[&str]) -> Report {
        let took = Took { wall: Duration::from_millis(10), ..Took::default() };
        let differ = [("guiju".to_owned(), wrong.iter().map(|&line| line.to_owned()).collect())].into();
        Report {
            data: String::new(),
            counts: counts.to_vec(),
            took: vec![("guiju".to_owned(), vec![took])],
            rows: Some(Rows { count: 3, differ }),
        }
    }

    #[test]
    fn wrong_rows_and_a_slow_run_are_refused() {
        assert!(report(&[1, 2], &[]).verdict(10).is_ok());
        assert!(report(&[1, 2], &["a: 1 missing"]).verdict(10).unwrap_err().contains("a: 1 missing"));
        assert!(report(&[1, 1], &[]).verdict(10).is_err());
        assert!(report(&[1, 2], &[]).verdict(9).is_err());
        assert!(Report { rows: None, ..report(&[0], &[]) }.verdict(10).is_err());
    }
}
