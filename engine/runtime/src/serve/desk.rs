//! Where somebody asks a running server for another set: a folder beside the store, with a file for each question and each answer. Who
//! may write there may ask, and a question belongs to whoever owns its file: the system's own rights, and no port.

use super::{
    commit::Active,
    gates::{self, Consent},
    live::{Fates, Live, Refused, Set},
    told::{self, Told},
    trust,
};
use crate::{
    project::Project,
    signed::Signature,
    store::{Origin, StoreError, Undone, View},
};
use guiju_connect::config::Home;
use guiju_connect::inlet::Bell;
use guiju_core::id::EpochHash;
use guiju_lang::finding::{Arg, At, Finding, Sources, codes};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc::Sender,
    time::{Duration, Instant},
};

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// What to do.
    pub ask: Ask,
    /// Who asks, as he calls himself.
    pub author: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Windows that are full may be forgotten.
    pub forget: bool,
    /// Who has signed the set.
    #[serde(default)]
    pub signatures: Vec<Signature>,
}

/// What to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Ask {
    /// Put these texts in force: name and text of rulebooks and template files.
    Apply(Vec<(String, String)>),
    /// Agree to the set that waits for a second person, whose hash begins so.
    Approve(String),
    /// Put the set in force that was in force before, or the one whose hash begins so.
    Rollback(Option<String>),
}

/// What became of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Answer {
    /// It was done.
    pub ok: bool,
    /// The set in force now.
    pub set: String,
    /// It was in force before.
    pub already: bool,
    /// What became of what rules remember.
    pub fates: Fates,
    /// Why not, or what else there is to say.
    pub told: Told,
}

/// A set that wants to be in force.
pub(super) struct Proposal {
    pub(super) loaded: Result<Live, Refused>,
    pub(super) by: By,
}

/// Where sets are proposed: whoever decides is woken.
#[derive(Clone)]
pub(super) struct Proposals(pub(super) Sender<Proposal>, pub(super) Bell);

impl Proposals {
    /// Whether anybody listens.
    pub(super) fn put(&self, proposal: Proposal) -> bool {
        let heard = self.0.send(proposal).is_ok();
        self.1.ring();
        heard
    }
}

/// Who wants it.
pub(super) enum By {
    /// The rulebooks on disk are these.
    Files,
    /// Somebody asked.
    Asked(Asked),
}

/// A question that waits for its answer.
pub(super) struct Asked {
    pub(super) origin: Origin,
    pub(super) author: Option<String>,
    pub(super) approver: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) forget: bool,
    answer: PathBuf,
}

impl Asked {
    /// Whoever asked is told; if he is gone, the history knows.
    pub(super) fn answer(&self, answer: &Answer) {
        let _ = told::put(&self.answer, answer);
    }
}

/// Questions are not as large as this.
const LARGEST: u64 = 64 << 20;
/// How often somebody looks.
const LOOK: Duration = Duration::from_millis(25);

fn desk(store: &Path) -> PathBuf {
    store.join("control")
}

/// Asks the server that holds this store, and waits for what becomes of it.
///
/// # Errors
/// Nobody serves, or nobody answers in time.
pub fn ask(store: &View, request: &Request, patience: Duration) -> Result<Answer, Finding> {
    if !store.is_held() {
        return Err(Finding::new(codes::cli::SERVE_NOT_RUNNING, At::Nowhere));
    }
    let folder = desk(store.folder());
    let name = format!("{}-{}", std::process::id(), request.ask.word());
    let (question, answer) = (folder.join(format!("{name}.request")), folder.join(format!("{name}.answer")));
    let failed = |error: &std::io::Error| {
        let finding = Finding::new(codes::cli::UNWRITABLE, At::Nowhere).name("path", folder.display().to_string());
        finding.arg("reason", Arg::Plain(error.to_string()))
    };
    fs::create_dir_all(&folder).map_err(|e| failed(&e))?;
    let _ = fs::remove_file(&answer);
    told::put(&question, request).map_err(|e| failed(&e))?;
    let asked = Instant::now();
    loop {
        if let Some(answered) = told::get(&answer) {
            let _ = fs::remove_file(&answer);
            return Ok(answered);
        }
        if asked.elapsed() >= patience || !store.is_held() {
            let _ = fs::remove_file(&question);
            return Err(Finding::new(codes::cli::SERVE_NO_ANSWER, At::Nowhere));
        }
        std::thread::sleep(LOOK);
    }
}

impl Ask {
    fn word(&self) -> &'static str {
        match self {
            Self::Apply(_) => "apply",
            Self::Approve(_) => "approve",
            Self::Rollback(_) => "rollback",
        }
    }
}

/// Makes the folder for questions, whose rights stay as the operator has set them. Whoever asked before this process began waits no more.
pub(super) fn open(store: &Path) {
    let folder = desk(store);
    let _ = fs::create_dir_all(&folder);
    for old in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let _ = fs::remove_file(old.path());
    }
}

/// Takes questions until `going` says no. Reading, checking and testing a set happens here, beside the rules that run.
pub(super) fn attend(set: &Set, store: &Home, going: &dyn Fn() -> bool, proposals: &Proposals) {
    let folder = desk(store);
    while going() {
        for question in questions(&folder) {
            let Some(proposal) = read(&question, set, store) else { continue };
            if !proposals.put(proposal) {
                return;
            }
        }
        std::thread::sleep(LOOK);
    }
}

fn questions(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "request")).collect();
    all.sort();
    all
}

/// Takes a question. What is none is thrown away.
fn read(question: &Path, set: &Set, store: &Home) -> Option<Proposal> {
    let owner = owner(question);
    let small = fs::symlink_metadata(question).is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
    let request: Option<Request> = if small { told::get(question) } else { None };
    // The same question is not answered twice, whatever happens now.
    let _ = fs::remove_file(question);
    let request = request?;
    let signatures = request.signatures.clone();
    let nowhere = |finding| Refused { findings: vec![finding], sources: Sources::new() };
    let given = match &request.ask {
        Ask::Approve(start) => Wanted::approved(store, start, owner),
        Ask::Apply(_) | Ask::Rollback(_) => Wanted::of(request, owner, store),
    };
    let (loaded, asked) = match given {
        Ok(Wanted { origin, files, owner, author, approver, reason, forget }) => {
            let loaded = Live::of(Project::open(&set.paths, set.config.as_deref()).with_set(&files), set);
            let loaded = loaded.and_then(|live| trust::pass(live, store, &signatures));
            let consent = if approver.is_some() { Consent::Two } else { Consent::One };
            let loaded = match origin {
                // The way back is never shut.
                Origin::Rollback => loaded,
                _ => loaded.and_then(|live| gates::pass(live, set, store, consent)),
            };
            if let Err(refused) = &loaded
                && let Some(hash) = waits(refused)
            {
                let (author, reason) = (author.clone(), reason.clone());
                let wanted = Wanted { origin, files, owner, author, approver: None, reason, forget };
                let _ = told::put(&pending(store), &(hash, wanted));
            }
            (loaded, (origin, author, approver, reason, forget))
        }
        Err(finding) => (Err(nowhere(finding)), (Origin::Apply, None, None, None, false)),
    };
    let (origin, author, approver, reason, forget) = asked;
    let answer = question.with_extension("answer");
    Some(Proposal { loaded, by: By::Asked(Asked { origin, author, approver, reason, forget, answer }) })
}

/// The set that passed everything but a second person.
fn waits(refused: &Refused) -> Option<String> {
    let finding = refused.findings.iter().find(|finding| finding.code == codes::cli::SERVE_WAITS)?;
    finding.args.iter().find_map(|(_, arg)| match arg {
        Arg::Name(hash) => Some(hash.clone()),
        _ => None,
    })
}

/// A set that somebody wants, with all there is to say about it.
#[derive(Serialize, Deserialize)]
struct Wanted {
    origin: Origin,
    files: Vec<(String, String)>,
    /// The account that asked.
    owner: Option<String>,
    author: Option<String>,
    approver: Option<String>,
    reason: Option<String>,
    forget: bool,
}

impl Wanted {
    fn of(request: Request, owner: Option<String>, store: &Home) -> Result<Self, Finding> {
        let Request { ask, author, reason, forget, .. } = request;
        let author = match (author, owner.clone()) {
            (Some(author), Some(owner)) if author != owner => Some(format!("{author} ({owner})")),
            (author, owner) => author.or(owner),
        };
        let (origin, files) = match ask {
            Ask::Apply(files) => (Origin::Apply, files),
            Ask::Rollback(to) => (Origin::Rollback, kept(store, to.as_deref())?),
            Ask::Approve(_) => (Origin::Apply, Vec::new()),
        };
        Ok(Self { origin, files, owner, author, approver: None, reason, forget })
    }

    /// The set that waits, if somebody else agrees to it. It is checked once more, as it is now.
    fn approved(store: &Home, start: &str, owner: Option<String>) -> Result<Self, Finding> {
        let path = pending(store);
        let nothing = || Finding::new(codes::cli::SERVE_NOTHING_WAITS, At::Nowhere).name("set", start);
        let (hash, wanted): (String, Self) = told::get(&path).ok_or_else(nothing)?;
        if start.len() < 4 || !hash.starts_with(start) {
            return Err(nothing());
        }
        // Without accounts nobody can be told from anybody.
        if owner.is_none() || owner == wanted.owner {
            return Err(Finding::new(codes::cli::SERVE_SAME_PERSON, At::Nowhere));
        }
        let _ = fs::remove_file(&path);
        Ok(Self { approver: owner, ..wanted })
    }
}

/// A set waits here for a second person, its hash beside it.
fn pending(store: &Path) -> PathBuf {
    store.join("pending.json")
}

/// The texts of the set to go back to.
fn kept(store: &Home, to: Option<&str>) -> Result<Vec<(String, String)>, Finding> {
    let view = View::open(store)?;
    let hash = match to {
        Some(start) => set_called(&view, start)?,
        None => previous(&view)?,
    };
    Ok(texts(&view, hash)?)
}

fn texts(view: &View, hash: EpochHash) -> Result<Vec<(String, String)>, StoreError> {
    Ok(view.epoch(hash)?.map(|bundle| bundle.files).unwrap_or_default())
}

/// The set whose hash begins so.
///
/// # Errors
/// None does, or several do.
pub fn set_called(view: &View, start: &str) -> Result<EpochHash, Finding> {
    let known = || Finding::new(codes::cli::SERVE_NO_SUCH_SET, At::Nowhere).name("set", start);
    view.epoch_called(start)?.ok_or_else(known)
}

/// The set that was in force before.
fn previous(view: &View) -> Result<EpochHash, Finding> {
    view.previous()?.map_err(|undone| match undone {
        Undone::First => Finding::new(codes::cli::SERVE_FIRST_SET, At::Nowhere),
        Undone::Never => Finding::new(codes::cli::SERVE_NEVER, At::Nowhere),
    })
}

/// The texts of the set in force.
///
/// # Errors
/// No set ever was.
pub fn in_force(view: &View) -> Result<(EpochHash, Vec<(String, String)>), Finding> {
    let active = Active::load(view)?.ok_or_else(|| Finding::new(codes::cli::SERVE_NEVER, At::Nowhere))?;
    Ok((active.epoch, texts(view, active.epoch)?))
}

/// The name of the account that a file belongs to.
#[cfg(unix)]
fn owner(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let uid = fs::symlink_metadata(path).ok()?.uid();
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    Some(named.unwrap_or_else(|| format!("#{uid}")))
}

#[cfg(not(unix))]
fn owner(_: &Path) -> Option<String> {
    None
}
