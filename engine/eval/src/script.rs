//! `script fn`: rhai in a sandbox. No files, modules, clock, randomness, printing or `eval`; steps, depth and sizes are limited.
//! A script sees its arguments by name; what it returns must be of the declared type.

mod convert;
mod decimal;
mod limits;
mod refused;

pub use limits::ScriptLimits;

use guiju_lang::{
    context::{Incident, Incidents},
    finding::{At, Finding, Place, Span},
    hir::{Program, Script, ScriptId},
    ty::Type,
    value::Value,
};
use rhai::{AST, Dynamic, Engine, Position, Scope};
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Once, OnceLock},
};

/// All scripts of a program, compiled.
#[derive(Default)]
pub struct Scripts {
    engine: Option<Engine>,
    scripts: Vec<Compiled>,
}

struct Compiled {
    name: String,
    params: Vec<String>,
    result: Type,
    ast: AST,
    first_failure: OnceLock<String>,
}

impl fmt::Debug for Scripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.scripts.iter().map(|s| &s.name)).finish()
    }
}

impl Scripts {
    /// Compiles all scripts of a program, with the usual limits.
    pub fn compile(program: &Program) -> Result<Self, Vec<Finding>> {
        Self::with_limits(program, ScriptLimits::default())
    }

    /// Compiles all scripts of a program.
    pub fn with_limits(program: &Program, limits: ScriptLimits) -> Result<Self, Vec<Finding>> {
        if program.scripts.is_empty() {
            return Ok(Self::default());
        }
        fix_hashing();
        let engine = limits::engine(limits);
        let (mut scripts, mut findings) = (Vec::new(), Vec::new());
        for script in &program.scripts {
            match compile(&engine, script) {
                Ok(ast) => scripts.push(Compiled {
                    name: script.name.clone(),
                    params: script.params.iter().map(|(name, _)| name.clone()).collect(),
                    result: script.result.ty.clone(),
                    ast,
                    first_failure: OnceLock::new(),
                }),
                Err(finding) => findings.push(*finding),
            }
        }
        if findings.is_empty() { Ok(Self { engine: Some(engine), scripts }) } else { Err(findings) }
    }

    /// Calls a script. The result is of the declared type or missing; a failure is counted.
    pub fn call(&self, script: ScriptId, arguments: &[Value], incidents: &mut Incidents) -> Value {
        let (Some(engine), Some(script)) = (&self.engine, self.scripts.get(script.0 as usize)) else {
            incidents.count(Incident::Script);
            return Value::Missing;
        };
        match script.run(engine, arguments) {
            Ok(value) => value,
            Err(message) => {
                incidents.count(Incident::Script);
                let _ = script.first_failure.set(message);
                Value::Missing
            }
        }
    }

    /// What the first failed call of a script said, if any failed.
    pub fn first_failure(&self, script: ScriptId) -> Option<&str> {
        self.scripts.get(script.0 as usize)?.first_failure.get().map(String::as_str)
    }

    /// Names and first failures of the scripts that failed.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.scripts.iter().filter_map(|s| Some((s.name.as_str(), s.first_failure.get()?.as_str())))
    }
}

impl Compiled {
    fn run(&self, engine: &Engine, arguments: &[Value]) -> Result<Value, String> {
        let mut scope = Scope::new();
        for (name, value) in self.params.iter().zip(arguments) {
            let value = convert::to_script(value).ok_or_else(|| format!("`{name}` cannot be given to a script"))?;
            scope.push_dynamic(name.as_str(), value);
        }
        // The sandbox has no known way to panic; if the interpreter has one, it stays this call's failure.
        let result = catch_unwind(AssertUnwindSafe(|| {
            engine.eval_ast_with_scope::<Dynamic>(&mut scope, &self.ast).map_err(|e| e.to_string())
        }));
        let value = result.unwrap_or_else(|_| Err("the interpreter gave up".into()))?;
        let kind = value.type_name();
        convert::from_script(value, &self.result)
            .ok_or_else(|| format!("returned {} where {} is declared", convert::plain_name(kind), self.result))
    }
}

/// Function look-up must not depend on a random seed: fixed before any engine exists.
fn fix_hashing() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Fails only if an embedder has fixed its own seed already, which serves as well.
        let _ = rhai::config::hashing::set_hashing_seed(Some([0x6775_696a, 0x75, 0x7275_6c65, 0x73]));
    });
}

fn compile(engine: &Engine, script: &Script) -> Result<AST, Box<Finding>> {
    let mut scope = Scope::new();
    for (name, _) in &script.params {
        scope.push(name.as_str(), ());
    }
    engine.compile_with_scope(&scope, &*script.body).map_err(|error| {
        let at = At::Text(place(script, error.position()));
        Box::new(refused::finding(&script.name, error.err_type(), &at))
    })
}

/// A position in the body as a place in the rulebook.
fn place(script: &Script, at: Position) -> Place {
    let start = script.place.span.start as usize;
    let line = at.line().unwrap_or(1);
    let before: usize = script.body.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = script.body.get(before..).unwrap_or_default();
    let column = at.position().unwrap_or(1).max(1) - 1;
    let offset = rest.char_indices().nth(column).map_or(rest.len(), |(i, _)| i);
    let width = rest.get(offset..).and_then(|r| r.chars().next()).map_or(0, char::len_utf8);
    let offset = start + before + offset;
    Place { file: script.place.file, span: Span::new(offset, offset + width) }
}

#[cfg(test)]
mod tests;
