//! A project: rulebook files, and the operator's configuration that binds the names they use.

use crate::plant;
use guiju_connect::{
    calendar::parse_calendar,
    config::{Config, Form},
    schemas::Schemas,
    text,
};
use guiju_lang::{
    calendar::Calendar,
    check::{self, CheckInput, Checked},
    finding::{Arg, At, FileId, Finding, Sources, codes},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The configuration's file names; a folder has one of them.
pub const CONFIGS: [&str; 2] = ["guiju.yaml", "guiju.toml"];
/// The ending of rulebook files.
pub const ENDING: &str = "gj";
/// Where template files lie, beside the configuration.
const TEMPLATES: &str = "templates";
/// The endings of template files: of texts, and of feeds.
const TEMPLATE_ENDINGS: [&str; 2] = ["j2", "xml"];
/// Deeper folders are not searched.
const DEPTH: usize = 16;

/// Files and configuration, read once.
pub struct Project {
    /// Every text that findings may point into: rulebooks first, then template files, then the configuration's files.
    pub sources: Sources,
    /// How many of the texts are rulebooks.
    pub rulebooks: usize,
    /// How many of the texts make up the set that is checked: rulebooks, then template files.
    pub set: usize,
    /// What the operator bound.
    pub config: Config,
    /// Where that is written, if anywhere.
    pub config_path: Option<PathBuf>,
    /// The calendars that the configuration names.
    pub calendars: Vec<Arc<Calendar>>,
    /// What was wrong with reading; a project with errors here cannot run.
    pub findings: Vec<Finding>,
}

impl Project {
    /// Opens the rulebooks at `paths` (files, or folders searched for `.gj`; none: the configuration's folder) with the given
    /// configuration, or the nearest `guiju.yaml` or `guiju.toml` at or above the first path. Everything that is wrong is in `findings`.
    pub fn open(paths: &[PathBuf], config: Option<&Path>) -> Self {
        let mut findings = Vec::new();
        let here = PathBuf::from(".");
        let first = paths.first().unwrap_or(&here);
        let config_path = config.map(Path::to_owned).or_else(|| nearest_config(first, &mut findings));
        let folder = config_path.as_deref().and_then(Path::parent).map_or_else(|| here.clone(), Path::to_owned);
        let mut files = Vec::new();
        let searched = if paths.is_empty() {
            vec![if folder.as_os_str().is_empty() { here } else { folder.clone() }]
        } else {
            paths.to_vec()
        };
        for path in &searched {
            collect(path, ENDING, paths.contains(path), 0, &mut files, &mut findings);
        }
        files.sort();
        files.dedup();
        if files.is_empty() && findings.is_empty() {
            let places = searched.iter().map(|p| p.display().to_string()).collect();
            findings.push(Finding::new(codes::cli::NO_RULEBOOKS, At::Nowhere).arg("paths", Arg::Names(places)));
        }
        let mut sources = Sources::new();
        for path in &files {
            match text::read(path) {
                Ok(text) => {
                    sources.add(shown(path), text);
                }
                Err(finding) => findings.push(encoding(path, finding)),
            }
        }
        let rulebooks = sources.len();
        templates(&folder.join(TEMPLATES), &mut sources, &mut findings);
        let set = sources.len();
        // Whatever it says, it may be the wrong one.
        let twice = findings.iter().any(|finding| finding.code == codes::cli::CONFIG_TWICE);
        let (config, calendars) = match twice {
            true => (Config::unread(&folder), Vec::new()),
            false => read_config(config_path.as_deref(), &folder, &mut sources, &mut findings),
        };
        Self { sources, rulebooks, set, config, config_path, calendars, findings }
    }

    /// The same project with other texts for some rulebooks, which stand in no file yet.
    #[must_use]
    pub fn with_texts(mut self, changed: &BTreeMap<FileId, String>) -> Self {
        self.sources = self.sources.with(changed);
        self
    }

    /// The same project with another set: rulebooks and template files as the store keeps them.
    #[must_use]
    pub fn with_set(mut self, files: &[(String, String)]) -> Self {
        let mut sources = Sources::new();
        let is_rulebook = |path: &str| Path::new(path).extension().is_some_and(|e| e == ENDING);
        for (path, text) in files.iter().filter(|(path, _)| is_rulebook(path)) {
            sources.add(path.as_str(), text.as_str());
        }
        self.rulebooks = sources.len();
        for (path, text) in files.iter().filter(|(path, _)| !is_rulebook(path)) {
            let mark = format!("{TEMPLATES}/");
            let name = path.rfind(&mark).map_or(path.as_str(), |at| &path[at + mark.len()..]);
            sources.add_template(path.as_str(), name, text.as_str());
        }
        let moved = sources.len();
        for (_, file) in self.sources.iter().skip(self.set) {
            sources.add(file.path.clone(), file.text.clone());
        }
        // What was said about reading the other set is of no interest; what is wrong with the configuration is.
        let (set, before) = (moved as u32, self.set as u32);
        self.findings.retain_mut(|finding| match &mut finding.at {
            At::Text(place) if place.file.0 >= before => {
                place.file = FileId(place.file.0 - before + set);
                true
            }
            _ => false,
        });
        (self.sources, self.set) = (sources, moved);
        self
    }

    /// Parses and checks all rulebooks. The project's own findings are among the result's.
    pub fn check(&self) -> Checked {
        let schemas = self.config.schemas();
        let kinds = crate::kinds::schemas();
        let set = self.sources.first(self.set);
        let known = plant::rule::Known { schemas: &schemas, config: &self.config };
        let mut checked =
            check::check(CheckInput { files: &set, schemas: &known, kinds: &kinds, calendars: &self.calendars });
        // A script that does not compile is a mistake of the rulebook like any other, and is told with the others.
        if let Some(Err(found)) = checked.program.as_ref().map(guiju_eval::Scripts::compile) {
            checked.findings.extend(found);
            checked.program = None;
        }
        for finding in &mut checked.findings {
            name_unusable(finding, &schemas);
        }
        checked.findings.extend(self.findings.iter().cloned());
        if has_errors(&self.findings) {
            checked.program = None;
        }
        checked
    }
}

/// A name that is a column after all, but of a type that rules cannot use, is not a name that nobody knows.
fn name_unusable(finding: &mut Finding, schemas: &Schemas<'_>) {
    if ![codes::names::UNKNOWN_NAME, codes::names::UNKNOWN_COLUMN].contains(&finding.code) {
        return;
    }
    let name = finding.args.iter().find_map(|(key, arg)| match arg {
        Arg::Name(name) if *key == "name" => Some(name.clone()),
        _ => None,
    });
    if let Some((name, physical)) = name.and_then(|name| Some((name.clone(), schemas.unusable(&name)?))) {
        let new = Finding::new(codes::data::COLUMN_UNSUPPORTED, finding.at.clone());
        *finding = new.name("column", name).name("physical", physical);
    }
}

/// Whether anything among these stops a run.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.severity == guiju_lang::finding::Severity::Error)
}

/// A rulebook in another encoding is saved anew; only data may declare theirs.
fn encoding(path: &Path, finding: Finding) -> Finding {
    let code = match finding.code {
        codes::data::LOOKS_LIKE_GBK => codes::cli::RULEBOOK_IS_GBK,
        codes::data::NOT_UTF8 | codes::data::UTF16 => codes::cli::RULEBOOK_NOT_UTF8,
        _ => return finding,
    };
    let mut new = Finding::new(code, finding.at.clone()).name("path", shown(path));
    new.args.extend(finding.args.into_iter().filter(|(key, _)| *key == "sample"));
    new
}

fn read_config(
    path: Option<&Path>,
    folder: &Path,
    sources: &mut Sources,
    findings: &mut Vec<Finding>,
) -> (Config, Vec<Arc<Calendar>>) {
    let Some(path) = path else { return (Config::empty(folder), Vec::new()) };
    let text = match text::read(path) {
        Ok(text) => text,
        Err(finding) => {
            findings.push(finding);
            return (Config::unread(folder), Vec::new());
        }
    };
    let file = sources.add(shown(path), text.clone());
    let (config, mut found) = Config::parse_as(Form::of(path), &text, folder, file);
    findings.append(&mut found);
    let mut calendars = Vec::new();
    for path in &config.calendars {
        match text::read(path) {
            Ok(text) => {
                let file = sources.add(shown(path), text.clone());
                let (calendar, mut found) = parse_calendar(&text, file);
                findings.append(&mut found);
                calendars.extend(calendar.map(Arc::new));
            }
            Err(finding) => findings.push(finding),
        }
    }
    (config, calendars)
}

/// The path as people know it: without a leading `./`.
fn shown(path: &Path) -> String {
    path.strip_prefix("./").unwrap_or(path).display().to_string()
}

/// The configuration beside the path or in the nearest folder above it. Where there are two, nobody can know which one is meant.
fn nearest_config(path: &Path, findings: &mut Vec<Finding>) -> Option<PathBuf> {
    let start = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
    let of = |folder: &Path| -> Vec<PathBuf> {
        CONFIGS.iter().map(|name| folder.join(name)).filter(|candidate| candidate.is_file()).collect()
    };
    let mut found = of(start);
    if found.is_empty() {
        let absolute = std::path::absolute(start).ok()?;
        found = absolute.ancestors().skip(1).map(of).find(|found| !found.is_empty())?;
    }
    if let [one, other] = &found[..] {
        let finding = Finding::new(codes::cli::CONFIG_TWICE, At::Nowhere).name("one", shown(one));
        findings.push(finding.name("other", shown(other)));
    }
    found.into_iter().next()
}

/// Adds the template files of a folder, each under its path in there.
fn templates(folder: &Path, sources: &mut Sources, findings: &mut Vec<Finding>) {
    if !folder.is_dir() {
        return;
    }
    let mut files = Vec::new();
    for ending in TEMPLATE_ENDINGS {
        collect(folder, ending, false, 0, &mut files, findings);
    }
    files.sort();
    for path in &files {
        let name = path.strip_prefix(folder).unwrap_or(path).display().to_string().replace('\\', "/");
        match text::read(path) {
            Ok(text) => {
                sources.add_template(shown(path), name, text);
            }
            Err(finding) => findings.push(finding),
        }
    }
}

fn collect(
    path: &Path,
    ending: &str,
    named: bool,
    depth: usize,
    files: &mut Vec<PathBuf>,
    findings: &mut Vec<Finding>,
) {
    let unreadable = |error: std::io::Error| {
        Finding::new(codes::cli::UNREADABLE, At::Nowhere)
            .arg("path", Arg::Name(shown(path)))
            .arg("reason", Arg::Plain(error.to_string()))
    };
    if !path.is_dir() {
        if !path.exists() {
            findings.push(Finding::new(codes::cli::NO_SUCH_PATH, At::Nowhere).arg("path", Arg::Name(shown(path))));
        } else if named || path.extension().is_some_and(|e| e == ending) {
            files.push(path.to_owned());
        }
        return;
    }
    if depth > DEPTH {
        return;
    }
    match std::fs::read_dir(path) {
        Ok(entries) => {
            for entry in entries.flatten() {
                if !entry.file_name().to_string_lossy().starts_with('.') {
                    collect(&entry.path(), ending, false, depth + 1, files, findings);
                }
            }
        }
        Err(error) => findings.push(unreadable(error)),
    }
}
