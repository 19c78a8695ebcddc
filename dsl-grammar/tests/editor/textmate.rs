//! As much of a TextMate engine as our grammar needs: rules by line, `begin`/`end`, captures, includes. Its purpose is to find out what an
//! editor would show; the rules are those of <https://macromates.com/manual/en/language_grammars>.

use fancy_regex::Regex;
use serde_json::Value;
use std::collections::HashMap;

pub(crate) struct Engine {
    root: Value,
    patterns: HashMap<String, Regex>,
}

/// Where a pattern and its groups matched.
type Groups = Vec<Option<(usize, usize)>>;

/// A `begin` whose `end` has not come.
struct Open<'g> {
    rule: &'g Value,
    scope: String,
}

impl Engine {
    pub(crate) fn new(grammar: &Value) -> Self {
        let mut patterns = HashMap::new();
        collect(grammar, &mut patterns);
        Self { root: grammar.clone(), patterns }
    }

    /// The innermost scope of each byte.
    pub(crate) fn scopes(&self, text: &str) -> Vec<String> {
        let mut scopes = vec![String::new(); text.len()];
        let mut open: Vec<Open<'_>> = Vec::new();
        let mut base = 0;
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches(['\n', '\r']);
            self.line(&self.root, content, 0, base, &mut open, &mut scopes);
            base += line.len();
        }
        scopes
    }

    fn line<'g>(
        &'g self,
        root: &'g Value,
        line: &str,
        mut at: usize,
        base: usize,
        open: &mut Vec<Open<'g>>,
        scopes: &mut [String],
    ) {
        // An empty match at one place may happen once per depth of rules; more would be a loop.
        let mut budget = line.len() * 4 + 64;
        loop {
            assert!(budget > 0, "the grammar loops on `{line}`");
            budget -= 1;
            let here = open.last().map(|o| o.scope.clone()).unwrap_or_default();
            let end = open.last().and_then(|o| self.find(&o.rule["end"], line, at));
            let rules = self.rules(open.last().map_or(root, |o| o.rule));
            let mut best: Option<(&Value, Groups)> = None;
            for rule in rules {
                let pattern = if rule["match"].is_string() { &rule["match"] } else { &rule["begin"] };
                if let Some(found) = self.find(pattern, line, at)
                    && best.as_ref().is_none_or(|(_, b)| whole(&found).0 < whole(b).0)
                {
                    best = Some((rule, found));
                }
            }
            if let Some(end) = end
                && best.as_ref().is_none_or(|(_, b)| whole(&end).0 <= whole(b).0)
            {
                let (from, to) = whole(&end);
                paint(scopes, base + at, base + to, &here);
                paint(scopes, base + from, base + to, open.last().and_then(|o| o.rule["name"].as_str()).unwrap_or(""));
                open.pop();
                if to == line.len() && from == to {
                    // `$` closes what the line left open; the rest of the stack may end here, too.
                    at = to;
                    if open.last().is_none_or(|o| self.find(&o.rule["end"], line, at).is_none()) {
                        return;
                    }
                    continue;
                }
                at = to;
                continue;
            }
            let Some((rule, found)) = best else {
                return paint(scopes, base + at, base + line.len(), &here);
            };
            let (from, to) = whole(&found);
            paint(scopes, base + at, base + from, &here);
            let name = rule["name"].as_str().unwrap_or(&here).to_owned();
            paint(scopes, base + from, base + to, &name);
            let captures = if rule["match"].is_string() { &rule["captures"] } else { &rule["beginCaptures"] };
            for (number, place) in found.iter().enumerate() {
                let Some((from, to)) = place else { continue };
                let capture = &captures[number.to_string()];
                if let Some(scope) = capture["name"].as_str() {
                    paint(scopes, base + from, base + to, scope);
                }
                if capture["patterns"].is_array() {
                    self.line(capture, &line[..*to], *from, base, &mut Vec::new(), scopes);
                }
            }
            if rule["begin"].is_string() {
                let scope = rule["contentName"].as_str().map_or(name, str::to_owned);
                open.push(Open { rule, scope });
            }
            at = to;
        }
    }

    fn rules<'g>(&'g self, of: &'g Value) -> Vec<&'g Value> {
        let mut all = Vec::new();
        for rule in of["patterns"].as_array().into_iter().flatten() {
            match rule["include"].as_str() {
                Some(name) => {
                    let included = &self.root["repository"][name.trim_start_matches('#')];
                    if included["match"].is_string() || included["begin"].is_string() {
                        all.push(included);
                    } else {
                        all.extend(self.rules(included));
                    }
                }
                None => all.push(rule),
            }
        }
        all
    }

    fn find(&self, pattern: &Value, line: &str, at: usize) -> Option<Groups> {
        let found = self.patterns[pattern.as_str()?].captures_from_pos(line, at).unwrap()?;
        Some(found.iter().map(|group| group.map(|g| (g.start(), g.end()))).collect())
    }
}

fn whole(found: &[Option<(usize, usize)>]) -> (usize, usize) {
    found[0].unwrap()
}

fn paint(scopes: &mut [String], from: usize, to: usize, scope: &str) {
    for place in &mut scopes[from..to] {
        scope.clone_into(place);
    }
}

fn collect(value: &Value, patterns: &mut HashMap<String, Regex>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if let ("match" | "begin" | "end", Some(text)) = (key.as_str(), value.as_str()) {
                    patterns.insert(text.to_owned(), Regex::new(text).unwrap_or_else(|e| panic!("{e}: {text}")));
                }
                collect(value, patterns);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, patterns)),
        _ => {}
    }
}
