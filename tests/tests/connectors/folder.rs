//! Files that appear in a folder.

use crate::{rig::Medium, suite::conforms};
use std::{fs, path::Path, process::Child};

pub(crate) struct Folder;

impl Medium for Folder {
    fn connection(&self) -> String {
        "{ kind: files, path: in }".to_owned()
    }

    fn connected(&mut self, _: &Path, _: &mut Child) {
        // The files lie there.
    }

    fn send(&mut self, folder: &Path, number: u64, lines: &[String]) -> bool {
        let beside = folder.join("in/trades/.part");
        fs::write(&beside, lines.join("\n")).unwrap();
        fs::rename(beside, folder.join(format!("in/trades/{number:06}.jsonl"))).unwrap();
        true
    }

    fn cut(&mut self, folder: &Path, _: u64, lines: &[String]) {
        let text = lines.join("\n");
        fs::write(folder.join("in/trades/.part"), &text[..text.len() / 2]).unwrap();
    }

    fn whole(&self) -> bool {
        true
    }
}

conforms!(Some(Folder));
