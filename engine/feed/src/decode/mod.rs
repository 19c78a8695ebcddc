//! The flat executor: walks the tape once for each message.

pub mod compiled;
pub mod decimal;
pub mod integer;
pub(crate) mod machine;
pub mod nested;
mod ranges;
pub mod rare;
mod state;
mod steps;
pub mod text;

pub(crate) use state::State;
pub(crate) use steps::name;

use crate::generated::Generated;
use crate::message::Decoded;
use crate::program::Program;
use crate::record::Record;
use crate::{Code, Fault};
use compiled::Compiled;
use std::sync::Arc;
use steps::Steps;

/// How much a decoder looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Every error of the specification is one.
    Strict,
    /// Overlong encodings (`R6`, `R7`, `R9`), bits that nobody uses (`R8`) and text that is not UTF-8 (`R2`) pass. Everything that would
    /// change a value is still an error.
    Fast,
}

/// Decodes messages of one stream: a program with its dictionaries. Allocates nothing once its buffers have grown to the longest message.
#[derive(Debug, Clone)]
pub struct Decoder {
    program: Arc<Program>,
    mode: Mode,
    steps: Arc<Steps>,
    executor: Executor,
    state: State,
    record: Record,
    most_cells: usize,
}

/// Who takes a segment's steps.
#[derive(Debug, Clone)]
pub(crate) enum Executor {
    Tape,
    Generated(&'static Generated),
    Compiled(Arc<dyn Compiled>),
}

/// Values in one message, sixteen bytes each, unless [`Decoder::limited_to`] says otherwise.
const MOST_CELLS: usize = 1 << 20;

impl Decoder {
    /// A decoder whose dictionaries are undefined.
    #[must_use]
    pub fn new(program: Arc<Program>, mode: Mode) -> Self {
        let state = State::new(program.slots);
        let record = Record::with_pool(&program.pool);
        let steps = match mode {
            Mode::Strict => Steps::new::<true>(&program),
            Mode::Fast => Steps::new::<false>(&program),
        };
        let steps = Arc::new(steps);
        Self { program, mode, steps, executor: Executor::Tape, state, record, most_cells: MOST_CELLS }
    }

    /// With a limit on the values in one message; beyond it is `X2`.
    #[must_use]
    pub fn limited_to(mut self, values: usize) -> Self {
        self.most_cells = values;
        self
    }

    /// With Rust that was generated from the same templates instead of the tape. It means the same and takes less time.
    ///
    /// # Errors
    /// The decoder as it was if the Rust was generated from other templates, another policy for `reset`, or by another version.
    pub fn generated(mut self, generated: &'static Generated) -> Result<Self, Self> {
        if generated.fingerprint() == self.program.fingerprint() {
            self.executor = Executor::Generated(generated);
            Ok(self)
        } else {
            Err(self)
        }
    }

    /// With machine code that was made from the same program, for the same mode, instead of the tape. It means the same and takes less
    /// time.
    ///
    /// # Errors
    /// The decoder as it was if the code was made from another program or for another mode.
    pub fn compiled(mut self, compiled: Arc<dyn Compiled>) -> Result<Self, Self> {
        if Arc::ptr_eq(compiled.program(), &self.program) && compiled.mode() == self.mode {
            self.executor = Executor::Compiled(compiled);
            Ok(self)
        } else {
            Err(self)
        }
    }

    /// What it decodes.
    #[must_use]
    pub const fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Makes all previous values undefined, the template identifier too: as at the start of a stream, or of a frame that says so.
    pub fn reset(&mut self) {
        self.state.reset();
        self.state.memory.template = None;
    }

    /// Decodes the message at the start of `input`: the message, and how many bytes it took.
    ///
    /// # Errors
    /// A fault with its place. The dictionaries then hold what was decoded before it; a stream without frames cannot go on, a stream of
    /// frames goes on at the next one (after a [`Decoder::reset`], if frames start afresh).
    #[inline]
    pub fn decode<'a>(&'a mut self, input: &[u8]) -> Result<(Decoded<'a>, usize), Fault> {
        let Self { program, mode, steps, executor, state, record, most_cells } = self;
        let (variant, rest) = match mode {
            Mode::Strict => machine::message::<true>((program, steps, executor), state, record, *most_cells, input),
            Mode::Fast => machine::message::<false>((program, steps, executor), state, record, *most_cells, input),
        }?;
        Ok((Decoded::new(program, record, variant), input.len() - rest.len()))
    }

    /// Decodes a block: a length in bytes and messages that fill it (section 10). `each` gets every message.
    ///
    /// # Errors
    /// As [`Decoder::decode`]; `D12` for a block of no bytes.
    pub fn block(&mut self, input: &[u8], each: &mut dyn FnMut(&Decoded<'_>)) -> Result<usize, Fault> {
        let head = |code, position| Fault { code, position, template: String::new(), field: String::new() };
        // The length may be overlong.
        let (length, rest) = crate::wire::uint::<false>(input).map_err(|code| head(code, 0))?;
        if length == 0 {
            return Err(head(Code::D12, 0));
        }
        let start = input.len() - rest.len();
        let body = usize::try_from(length).ok().and_then(|length| rest.get(..length));
        let body = body.ok_or_else(|| head(Code::X1, start))?;
        let mut at = 0;
        while at < body.len() {
            match self.decode(&body[at..]) {
                Ok((message, taken)) => {
                    each(&message);
                    at += taken;
                }
                Err(fault) => return Err(Fault { position: fault.position + start + at, ..fault }),
            }
        }
        Ok(start + body.len())
    }
}
