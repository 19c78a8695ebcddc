//! The sandbox.

use super::decimal;
use rhai::{
    Engine, EvalAltResult, FLOAT, INT, OptimizationLevel,
    packages::{Package, StandardPackage},
};

/// What one call of a script may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScriptLimits {
    /// Interpreter steps.
    pub operations: u64,
    /// Nested calls.
    pub call_levels: usize,
    /// Nested expressions.
    pub expression_depth: usize,
    /// Bytes of a text.
    pub text_bytes: usize,
    /// Elements of an array or a map.
    pub elements: usize,
    /// Variables at one time; with the sizes above it bounds the memory of a call.
    pub variables: usize,
}

impl Default for ScriptLimits {
    fn default() -> Self {
        Self {
            operations: 100_000,
            call_levels: 32,
            expression_depth: 64,
            text_bytes: 64 * 1024,
            elements: 4096,
            variables: 64,
        }
    }
}

/// An engine that can compute and nothing else.
pub(super) fn engine(limits: ScriptLimits) -> Engine {
    let mut engine = Engine::new_raw();
    StandardPackage::new().register_into_engine(&mut engine);
    decimal::register(&mut engine);
    // The standard package can block the thread.
    let refuse = || -> Box<EvalAltResult> { "a script cannot wait".into() };
    engine
        .register_fn("sleep", move |_: INT| -> Result<(), Box<EvalAltResult>> { Err(refuse()) })
        .register_fn("sleep", move |_: FLOAT| -> Result<(), Box<EvalAltResult>> { Err(refuse()) });
    for symbol in ["eval", "print", "debug", "import", "export"] {
        engine.disable_symbol(symbol);
    }
    engine
        // Programs are small; folding at compile time would only move failures of constants into compilation.
        .set_optimization_level(OptimizationLevel::None)
        .set_strict_variables(true)
        .set_max_operations(limits.operations)
        .set_max_call_levels(limits.call_levels)
        .set_max_expr_depths(limits.expression_depth, limits.expression_depth)
        .set_max_string_size(limits.text_bytes)
        .set_max_array_size(limits.elements)
        .set_max_map_size(limits.elements)
        .set_max_variables(limits.variables)
        .set_max_functions(32)
        .set_max_strings_interned(256);
    engine
}
