//! `guiju explain`: how its answers read.
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot set up its files has failed

mod common;

use common::{guiju, json, place};

const RULES: &str = r#"language 1

rulebook line {
  zone "Asia/Shanghai"
}

source pings from probes topic "pings" {
  key ping_id
  time column at
  column ping_id is integer required
  column host is text
  column at is timestamp
  column delay is integer
}
sink tasks to desk

event slow "响应缓慢" {
  on pings by host
  when delay > 200
  for 3s
  task "{host}"
  to tasks
}
"#;

#[test]
fn a_reason_that_is_a_whole_clause_names_it_once() {
    let config =
        "connections:\n  probes: { kind: files, path: data }\n  desk: { kind: jsonl, path: out.jsonl }\nstore: store\n";
    let rows = "ping_id,host,at,delay\n1,a,2026-11-20T09:30:00+08:00,250\n2,a,2026-11-20T09:30:05+08:00,250\n";
    let folder = place(&[("guiju.yaml", config), ("line.gj", RULES), ("data/pings.csv", rows)]);
    let asked = ["explain", "line.slow", "a", "--today", "2026-11-20"];
    assert_eq!(json(folder.path(), &asked, 0)["verdict"], "acts");
    for (lang, when, wait) in [("en", "✓ when delay > 200", "✓ for 3s"), ("zh", "✓ 当 delay > 200", "✓ for 3s")]
    {
        let (code, text) = guiju(folder.path(), &[&asked[..], &["--lang", lang]].concat());
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains(when) && text.contains(wait), "{text}");
    }
}
