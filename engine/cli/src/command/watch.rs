//! `guiju run --watch`: whom a rule finds, after every change of its text.

use super::{
    explain::find,
    run::{bad_day, tenant_of},
};
use crate::{
    Exit,
    args::{Common, Run},
    clock, interrupt,
    output::Out,
};
use guiju::{
    Project,
    connect::cache::{ColumnCache, Filled},
    hits::{self, Branch, Counted, Found, Hits},
    lang::{
        canonical,
        finding::{Finding, Lang},
        hir::{Program, RuleId},
        time::Zone,
    },
    watching::Watcher,
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Instant,
};

/// The most that is kept of each table.
const CACHE: u64 = 8 << 30;

pub(super) fn watched(args: &Run, common: &Common, out: &Out) -> Result<Exit, Exit> {
    interrupt::watch();
    let going = || !interrupt::requested();
    let mut seen = Seen::default();
    let mut memory: Option<Remembering> = None;
    // What cannot be read at the start has to be put right first; later it may be half-written.
    let first = super::checked(&args.paths, common, out)?;
    let zone = first.1.rulebooks.first().and_then(|book| Zone::named(&book.zone).ok()).unwrap_or_else(Zone::utc);
    if clock::moment(args.today.as_deref(), &zone).is_none() {
        return Err(out.fail(&[bad_day(args.today.as_deref())], &first.0.sources, Exit::Usage));
    }
    let mut watcher = watcher(&first.0, args).map_err(|found| out.fail(&[found], &first.0.sources, Exit::Failed))?;
    let mut opened = Some(first);
    loop {
        if let Some((project, program)) = opened.take() {
            let began = Instant::now();
            let chosen =
                seen.changed(&program, args).map_err(|found| out.fail(&[found], &project.sources, Exit::Usage))?;
            let project = Arc::new(project);
            // A change that changes no rule, the store's own folder among them, leaves the cache being filled.
            if !chosen.is_empty() {
                if let Some(memory) = memory.take() {
                    memory.stop(out);
                }
                let cache = ColumnCache::new(&project.config.store.join("columns"), CACHE);
                let Some(at) = clock::moment(args.today.as_deref(), &zone) else { return Err(Exit::Usage) };
                match hits::hits(&project, &program, &chosen, at, &cache) {
                    Ok(found) => {
                        Teller { out, project: &project }.tell(&found, began.elapsed().as_secs_f64());
                        memory = Some(Remembering::start(Arc::clone(&project), program, chosen, cache));
                    }
                    Err(found) => {
                        out.findings(&found, &project.sources);
                        out.line(&json!({ "ok": false, "findings": out.findings_json(&found, &project.sources) }));
                    }
                }
            }
        }
        if !watcher.wait(&going) {
            break;
        }
        let project = Project::open(&args.paths, common.config.as_deref());
        let checked = project.check();
        out.findings(&checked.findings, &project.sources);
        match checked.program {
            Some(program) => opened = Some((project, Arc::new(program))),
            None => {
                out.line(&json!({ "ok": false, "findings": out.findings_json(&checked.findings, &project.sources) }));
            }
        }
    }
    if let Some(memory) = memory {
        memory.stop(out);
    }
    Ok(Exit::Well)
}

fn watcher(project: &Project, args: &Run) -> Result<Watcher, Finding> {
    let files: Vec<PathBuf> = project.sources.iter().map(|(_, file)| PathBuf::from(&file.path)).collect();
    let folders: Vec<PathBuf> = args.paths.iter().filter(|path| path.is_dir()).cloned().collect();
    Watcher::of(&files, &folders)
}

/// What each rule meant when it was last shown.
#[derive(Default)]
struct Seen(BTreeMap<RuleId, [u8; 32]>);

impl Seen {
    /// Positions of the rules that mean something else than before.
    fn changed(&mut self, program: &Program, args: &Run) -> Result<Vec<usize>, Finding> {
        let tenant = tenant_of(program, args.tenant.as_deref())?;
        let only = match (&args.rule, self.0.is_empty()) {
            (Some(name), true) => Some(find(program, name)?),
            _ => None,
        };
        let mut changed = Vec::new();
        for (at, rule) in program.rules.iter().enumerate().filter(|(_, rule)| rule.head.id.tenant == tenant) {
            let hash = canonical::rule_hash(rule, &program.sources);
            let before = self.0.insert(rule.head.id.clone(), hash);
            if before != Some(hash) && only.as_ref().is_none_or(|only| *only == rule.head.id) {
                changed.push(at);
            }
        }
        Ok(changed)
    }
}

/// Filling the cache while somebody reads what was found.
struct Remembering {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Filled, Vec<Finding>>>,
    project: Arc<Project>,
}

impl Remembering {
    fn start(project: Arc<Project>, program: Arc<Program>, rules: Vec<usize>, cache: ColumnCache) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (asked, own) = (Arc::clone(&stop), Arc::clone(&project));
        let thread = std::thread::spawn(move || {
            let going = || !asked.load(Ordering::Relaxed);
            hits::remember(&own, &program, &rules, &cache, &going)
        });
        Self { stop, thread, project }
    }

    fn stop(self, out: &Out) {
        self.stop.store(true, Ordering::Relaxed);
        match self.thread.join() {
            Ok(Err(found)) => out.findings(&found, &self.project.sources),
            Ok(Ok(Filled::TooLarge)) => out.say(match out.lang {
                Lang::En => "— nothing is kept for the next look: the columns need more than 8 GiB",
                Lang::Zh => "—— 没有为下一次查看保留任何列：所需超过 8 GiB",
            }),
            Ok(Ok(Filled::Whole | Filled::Stopped)) | Err(_) => {}
        }
    }
}

struct Teller<'a> {
    out: &'a Out,
    project: &'a Project,
}

impl Teller<'_> {
    fn tell(&self, found: &Found, seconds: f64) {
        let out = self.out;
        out.line(&json!({
            "ok": true,
            "seconds": (seconds * 1000.0).round() / 1000.0,
            "rows": found.rows,
            "cached": found.cached,
            "rules": found.rules.iter().map(|hits| self.json(hits)).collect::<Vec<_>>(),
        }));
        for hits in &found.rules {
            self.head(hits);
            if !hits.branches.is_empty() {
                hits.branches.iter().for_each(|branch| self.branch(branch));
                self.samples(hits);
            }
        }
        let rows = found.rows;
        let from = if found.cached { out.pick(", from the cache", "，来自缓存") } else { "" };
        out.say(match out.lang {
            Lang::En => format!("— {rows} rows, {seconds:.2} s{from}"),
            Lang::Zh => format!("—— {rows} 行，{seconds:.2} 秒{from}"),
        });
    }

    fn head(&self, hits: &Hits) {
        let of = match hits.counted {
            Counted::Rows => self.out.pick("rows", "行"),
            Counted::Effects => self.out.pick("tasks", "个任务"),
        };
        self.out.say(format!("{}.{}  {} {of}", hits.rule.rulebook, hits.rule.name, hits.count));
    }

    fn branch(&self, branch: &Branch) {
        let number = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let indent = "  ".repeat(usize::from(branch.depth));
        let left = match branch.left {
            Some(left) => format!("{left:>12}"),
            None => " ".repeat(12),
        };
        self.out.say(format!("  {:>12} {left}  {indent}{}", number(branch.alone), self.text(branch)));
    }

    fn samples(&self, hits: &Hits) {
        for sample in &hits.samples {
            let values = hits.columns.iter().zip(&sample.values).map(|(name, value)| format!("{name} {value}"));
            self.out.say(format!("    {}: {}", sample.key, values.collect::<Vec<_>>().join(", ")));
        }
    }

    /// The condition on one line, as its author wrote it.
    fn text(&self, branch: &Branch) -> String {
        let file = self.project.sources.get(branch.place.file);
        let text = file.map_or("", |file| file.slice(branch.place.span));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn json(&self, hits: &Hits) -> serde_json::Value {
        let branches = hits.branches.iter().map(|branch| {
            json!({ "condition": self.text(branch), "depth": branch.depth, "alone": branch.alone, "left": branch.left })
        });
        let samples = hits.samples.iter().map(|sample| {
            let values: serde_json::Map<String, serde_json::Value> = hits
                .columns
                .iter()
                .zip(&sample.values)
                .map(|(name, value)| (name.clone(), value.as_str().into()))
                .collect();
            json!({ "key": sample.key, "values": values })
        });
        json!({
            "rule": hits.rule.to_string(),
            "count": hits.count,
            "counted": match hits.counted { Counted::Rows => "rows", Counted::Effects => "effects" },
            "branches": branches.collect::<Vec<_>>(),
            "samples": samples.collect::<Vec<_>>(),
        })
    }
}
