//! Standard input, from a sender that begins anew with every process; and output, for the next program of a pipe.

use crate::{
    rig::{Medium, Rig},
    suite::conforms,
};
use guiju_tests::command::start_with;
use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::{Child, ChildStdin, Stdio},
};

/// Everything that was ever sent, and the pipe of the process that stands.
#[derive(Default)]
struct Pipe {
    all: Vec<String>,
    pipe: Option<ChildStdin>,
    /// Bytes of the next line that are sent already.
    half: usize,
}

impl Medium for Pipe {
    fn connection(&self) -> String {
        "{ kind: stdio, repeats: true }".to_owned()
    }

    fn connected(&mut self, _: &Path, child: &mut Child) {
        let mut pipe = child.stdin.take().unwrap();
        for line in &self.all {
            writeln!(pipe, "{line}").unwrap();
        }
        self.pipe = Some(pipe);
    }

    fn send(&mut self, _: &Path, _: u64, lines: &[String]) -> bool {
        let text = format!("{}\n", lines.join("\n"));
        self.all.extend_from_slice(lines);
        self.pipe.as_mut().unwrap().write_all(&text.as_bytes()[std::mem::take(&mut self.half)..]).unwrap();
        true
    }

    /// A line that stops halfway, for a while.
    fn cut(&mut self, _: &Path, _: u64, lines: &[String]) {
        self.half = lines[0].len() / 2;
        let pipe = self.pipe.as_mut().unwrap();
        pipe.write_all(&lines[0].as_bytes()[..self.half]).and_then(|()| pipe.flush()).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(300));
    }

    fn whole(&self) -> bool {
        false
    }
}

conforms!(Some(Pipe::default()));

#[test]
fn a_link_of_a_pipe_ends_with_its_input_and_says_effects_and_nothing_else() {
    let rig = Rig::new(Pipe::default());
    let folder = rig.folder.path();
    let config = fs::read_to_string(folder.join("guiju.yaml")).unwrap();
    let config =
        config.replace(", repeats: true", "").replace("{ kind: jsonl, path: \"out/{run}.jsonl\" }", "{ kind: stdio }");
    fs::write(folder.join("guiju.yaml"), config).unwrap();
    let mut all = Vec::new();
    // A pipe that does not repeat itself goes on with every process.
    for first in [1, 11] {
        let mut child = start_with(folder, &["serve", "--plain", "desk.gj"], Stdio::piped(), Stdio::piped());
        let mut pipe = child.stdin.take().unwrap();
        for id in first..first + 10 {
            writeln!(pipe, r#"{{"id":{id},"customer":"C","at":"2026-11-10T00:00:{id:02}Z","amount":1}}"#).unwrap();
        }
        drop(pipe);
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(child.wait().unwrap().success());
        for line in said.lines() {
            let effect: serde_json::Value = serde_json::from_str(line).unwrap();
            all.push(effect["task"].as_str().unwrap().parse::<u64>().unwrap());
        }
    }
    // The last row is decided by the next.
    assert_eq!(all, (1..20).collect::<Vec<_>>());
}
