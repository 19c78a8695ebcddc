//! From the tape to machine code. Code that keeps the contract of [`crate::code`] by its shape: before each step
//! [`build::Emit::prepare`] sees to it that all of it can be read, mostly by one comparison for many steps; cells and dictionary entries
//! are checked here, once, before any code is made.

mod build;
mod field;
mod nest;
mod read;
mod text;

use crate::Error;
use build::Emit;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{AbiParam, Function, Signature, UserFuncName, types::I32, types::I64};
use cranelift_codegen::isa::{self, CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use guiju_feed::Program;
use guiju_feed::compiled::{Op, OpCode, Segment};

/// Steps of one function; what would be longer stays on the tape, as the compiler's time grows faster than they do.
const MOST_STEPS: usize = 1_000;

/// Addresses of what code calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calls {
    pub(crate) pad: usize,
    pub(crate) step: usize,
    pub(crate) exponent: usize,
    pub(crate) enter: usize,
    pub(crate) map: usize,
    pub(crate) end: usize,
}

/// Code of all segments that have code of their own.
pub(crate) struct Emitted {
    pub(crate) bytes: Vec<u8>,
    /// Where a segment's code begins, and how many cells it needs.
    pub(crate) segments: Vec<Option<(usize, usize)>>,
}

/// The tape, and what is known of it as a whole.
struct Tape<'p> {
    program: &'p Program,
    segments: Vec<Segment<'p>>,
    /// Steps with those of the sequences inside.
    steps: Vec<usize>,
    strict: bool,
    /// The processor multiplies bytes side by side.
    side_by_side: bool,
    calls: &'p Calls,
}

pub(crate) fn program(program: &Program, strict: bool, calls: &Calls) -> Result<Emitted, Error> {
    let segments: Vec<Segment<'_>> = program.tape().collect();
    for segment in &segments {
        if segment.ops.iter().any(|op| !within(op, segment, program)) {
            return Err(Error::Compiler("a step outside of its row".into()));
        }
    }
    let isa = processor()?;
    let side_by_side = isa.isa_flags().iter().any(|flag| flag.name == "has_ssse3" && flag.as_bool() == Some(true));
    let mut tape = Tape { program, steps: Vec::new(), segments, strict, side_by_side, calls };
    // A segment stands behind those inside of it.
    for segment in &tape.segments {
        let inside = |op: &Op| tape.steps.get(op.aux as usize).copied().unwrap_or(MOST_STEPS);
        let inner: usize = segment.ops.iter().filter(|op| op.code == OpCode::Sequence).map(inside).sum();
        tape.steps.push((segment.ops.len() + inner).min(MOST_STEPS + 1));
    }
    let mut emitted = Emitted { bytes: Vec::new(), segments: vec![None; tape.segments.len()] };
    let mut builder = FunctionBuilderContext::new();
    for at in tape.of_their_own() {
        let start = emitted.bytes.len().next_multiple_of(64);
        emitted.bytes.resize(start, 0);
        function(&tape, at, &*isa, &mut builder, &mut emitted.bytes)?;
        emitted.segments[at] = Some((start, tape.segments[at].end));
    }
    Ok(emitted)
}

/// Whether what a step touches is there.
fn within(op: &Op, segment: &Segment<'_>, program: &Program) -> bool {
    let cells = op.cell as usize + if op.code == OpCode::Join { 3 } else { 1 };
    let touches = !matches!(op.code, OpCode::Refill | OpCode::Missing);
    let fits = |cells: usize| i32::try_from(cells).is_ok_and(|cells| cells < i32::MAX / 16);
    let keeps = op.code.of_field().is_some() || matches!(op.code, OpCode::Split | OpCode::SplitNull);
    (!touches || cells <= segment.end && fits(segment.end))
        && (!keeps || op.slot == 0 || (op.slot as usize) < program.dictionary() && fits(program.dictionary()))
}

impl Tape<'_> {
    /// Whether places of bits in the map are the same for every message: no refill, no bit that may be missing.
    fn plain(&self, at: usize) -> bool {
        !self.segments[at].ops.iter().any(|op| matches!(op.code, OpCode::Refill | OpCode::Unless))
    }

    /// Whether a sequence's elements are decoded by the code around it.
    fn inlined(&self, outer: usize, element: usize) -> bool {
        self.plain(outer) && self.steps[element] < MOST_STEPS / 2
    }

    /// Segments that others call: those of messages and groups, and elements that are not part of the code around them.
    fn of_their_own(&self) -> Vec<usize> {
        let mut own: Vec<usize> = self.program.roots().map(|root| root as usize).collect();
        for (at, segment) in self.segments.iter().enumerate() {
            for op in segment.ops {
                let inner = op.aux as usize;
                match op.code {
                    OpCode::Group | OpCode::GroupNull => own.push(inner),
                    OpCode::Sequence if !self.inlined(at, inner) => own.push(inner),
                    _ => {}
                }
            }
        }
        own.sort_unstable();
        own.dedup();
        own.retain(|at| self.steps[*at] < MOST_STEPS);
        own
    }
}

/// The processor at hand.
fn processor() -> Result<OwnedTargetIsa, Error> {
    let wrong = |error: &dyn std::fmt::Display| Error::Compiler(error.to_string());
    let mut flags = settings::builder();
    let verify = if cfg!(debug_assertions) { "true" } else { "false" };
    for (name, value) in [("opt_level", "speed"), ("enable_verifier", verify), ("probestack_strategy", "inline")] {
        flags.set(name, value).map_err(|error| wrong(&error))?;
    }
    // The triple says what calls look like; calls here say it themselves.
    let mut isa = isa::lookup_by_name("x86_64-unknown-linux-gnu").map_err(|error| wrong(&error))?;
    let has = [
        ("has_sse3", std::arch::is_x86_feature_detected!("sse3")),
        ("has_ssse3", std::arch::is_x86_feature_detected!("ssse3")),
        ("has_sse41", std::arch::is_x86_feature_detected!("sse4.1")),
        ("has_sse42", std::arch::is_x86_feature_detected!("sse4.2")),
        ("has_avx", std::arch::is_x86_feature_detected!("avx")),
        ("has_bmi1", std::arch::is_x86_feature_detected!("bmi1")),
        ("has_bmi2", std::arch::is_x86_feature_detected!("bmi2")),
        ("has_lzcnt", std::arch::is_x86_feature_detected!("lzcnt")),
    ];
    for (name, _) in has.iter().filter(|(_, has)| *has) {
        isa.enable(name).map_err(|error| wrong(&error))?;
    }
    isa.finish(settings::Flags::new(flags)).map_err(|error| wrong(&error))
}

/// Appends a segment's code.
fn function(
    tape: &Tape<'_>,
    at: usize,
    isa: &dyn isa::TargetIsa,
    context: &mut FunctionBuilderContext,
    bytes: &mut Vec<u8>,
) -> Result<(), Error> {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.extend([AbiParam::new(I64), AbiParam::new(I64)]);
    signature.returns.push(AbiParam::new(I64));
    let mut call = Signature::new(CallConv::SystemV);
    call.params.extend([AbiParam::new(I64), AbiParam::new(I32), AbiParam::new(I64)]);
    call.returns.push(AbiParam::new(I64));
    let mut function = Function::with_name_signature(UserFuncName::user(0, at as u32), signature);
    Emit::new(FunctionBuilder::new(&mut function, context), tape, call).whole(at, isa);
    let mut compiler = cranelift_codegen::Context::for_function(function);
    let code = compiler
        .compile(isa, &mut ControlPlane::default())
        .map_err(|error| Error::Compiler(error.inner.to_string()))?;
    if !code.buffer.relocs().is_empty() {
        return Err(Error::Compiler("code that must be linked".into()));
    }
    bytes.extend_from_slice(code.code_buffer());
    Ok(())
}
