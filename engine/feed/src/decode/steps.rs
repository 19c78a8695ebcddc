//! The tape as it is walked: for each step the function that takes it, chosen once. What is seldom or comes in a run stands in a range
//! of its own, so that nothing is ever jumped over.

use super::integer::{Signed, Unsigned};
use super::machine::{Machine, Rest};
use super::{decimal, integer, nested, ranges, rare, text};
use crate::program::{Op, OpCode, Program, Segment};

/// Takes one step.
pub(super) type Take = for<'m, 'd> fn(&mut Machine<'m, 'd>, &Op, &'d [u8]) -> Rest<'d>;

/// One step and who takes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) take: Take,
    pub(super) op: Op,
}

/// The steps of all segments, for one mode.
#[derive(Debug, Clone)]
pub(crate) struct Steps {
    pub(super) all: Vec<Step>,
    /// Where each segment begins and ends.
    pub(super) segments: Vec<(u32, u32)>,
}

/// Defaults in a row that are worth a look at their bits together.
const WORTH_A_LOOK: usize = 8;

impl Steps {
    pub(super) fn new<const STRICT: bool>(program: &Program) -> Self {
        let mut steps = Self { all: Vec::new(), segments: Vec::new() };
        for Segment { start, end, .. } in &program.segments {
            let range = steps.range::<STRICT>(&program.ops[*start as usize..*end as usize]);
            steps.segments.push(range);
        }
        steps
    }

    /// Appends steps that are taken one after the other, ranges inside of them first.
    fn range<const STRICT: bool>(&mut self, ops: &[Op]) -> (u32, u32) {
        let mut own = Vec::with_capacity(ops.len());
        let mut rest = ops;
        while let Some((op, after)) = rest.split_first() {
            let run = rest.iter().take_while(|op| op.code.is_default()).count();
            rest = after;
            let op = match op.code {
                OpCode::Utf8 if !STRICT => continue,
                OpCode::Unless => {
                    let (inner, after) = after.split_at((op.aux as usize).min(after.len()));
                    rest = after;
                    let (start, end) = self.range::<STRICT>(inner);
                    Op { slot: start, aux: end, ..*op }
                }
                _ if run >= WORTH_A_LOOK => {
                    let (inner, after) = ops[ops.len() - after.len() - 1..].split_at(run);
                    rest = after;
                    let start = self.all.len() as u32;
                    self.all.extend(inner.iter().map(|op| Step { take: take::<STRICT>(op.code), op: *op }));
                    let mask = inner.iter().fold(0, |mask, op| mask | op.mask);
                    Op { slot: start, aux: start + run as u32, mask, code: OpCode::Run, ..*op }
                }
                _ => *op,
            };
            own.push(Step { take: take::<STRICT>(op.code), op });
        }
        let start = self.all.len() as u32;
        self.all.append(&mut own);
        (start, self.all.len() as u32)
    }
}

/// For each step the function that takes it, and the same as Rust.
macro_rules! takers {
    ($($($code:ident)|+ => $module:ident::$function:ident $(::<$($parameter:ident),+>)?;)+) => {
        pub(super) fn take<const STRICT: bool>(code: OpCode) -> Take {
            match code {
                $($(OpCode::$code)|+ => $module::$function $(::<$($parameter),+>)?,)+
            }
        }

        /// What generated Rust calls it.
        pub(crate) const fn name(code: OpCode) -> &'static str {
            match code {
                $($(OpCode::$code)|+ => concat!(
                    stringify!($module), "::", stringify!($function) $(, "::<", stringify!($($parameter),+), ">")?
                ),)+
            }
        }
    };
}

/// Whether a field may be null.
const NULL: bool = true;
const THERE: bool = false;

takers! {
    Unsigned => integer::plain::<Unsigned, STRICT, THERE>;
    UnsignedNull => integer::plain::<Unsigned, STRICT, NULL>;
    UnsignedDefault => integer::default::<Unsigned, STRICT, THERE>;
    UnsignedDefaultNull => integer::default::<Unsigned, STRICT, NULL>;
    UnsignedCopy => integer::copy::<Unsigned, STRICT, THERE>;
    UnsignedCopyNull => integer::copy::<Unsigned, STRICT, NULL>;
    UnsignedIncrement => integer::increment::<Unsigned, STRICT, THERE>;
    UnsignedIncrementNull => integer::increment::<Unsigned, STRICT, NULL>;
    UnsignedDelta => integer::delta::<Unsigned, STRICT, THERE>;
    UnsignedDeltaNull => integer::delta::<Unsigned, STRICT, NULL>;
    Signed => integer::plain::<Signed, STRICT, THERE>;
    SignedNull => integer::plain::<Signed, STRICT, NULL>;
    SignedDefault => integer::default::<Signed, STRICT, THERE>;
    SignedDefaultNull => integer::default::<Signed, STRICT, NULL>;
    SignedCopy => integer::copy::<Signed, STRICT, THERE>;
    SignedCopyNull => integer::copy::<Signed, STRICT, NULL>;
    SignedIncrement => integer::increment::<Signed, STRICT, THERE>;
    SignedIncrementNull => integer::increment::<Signed, STRICT, NULL>;
    SignedDelta => integer::delta::<Signed, STRICT, THERE>;
    SignedDeltaNull => integer::delta::<Signed, STRICT, NULL>;
    Ascii => text::plain::<STRICT, THERE>;
    AsciiNull => text::plain::<STRICT, NULL>;
    AsciiDefault => text::default::<STRICT, THERE>;
    AsciiDefaultNull => text::default::<STRICT, NULL>;
    AsciiCopy => text::copy::<STRICT, THERE>;
    AsciiCopyNull => text::copy::<STRICT, NULL>;
    Split => decimal::split::<STRICT, THERE>;
    SplitNull => decimal::split::<STRICT, NULL>;
    Run => ranges::run;
    Unless => ranges::unless;
    Sequence => nested::sequence::<STRICT>;
    Group => nested::group::<STRICT>;
    GroupNull => nested::group_null::<STRICT>;
    Dynamic => nested::dynamic::<STRICT>;
    Refill => rare::refill;
    Guard => rare::guard;
    Utf8 => rare::utf8;
    Missing => rare::missing;
    ConstantNull => rare::constant;
    Join => rare::join;
    Decimal | DecimalNull | DecimalDefault | DecimalDefaultNull | DecimalCopy | DecimalCopyNull | DecimalDelta | DecimalDeltaNull
        | AsciiDelta | AsciiDeltaNull | AsciiTail | AsciiTailNull | Bytes | BytesNull | BytesDefault | BytesDefaultNull | BytesCopy
        | BytesCopyNull | BytesDelta | BytesDeltaNull | BytesTail | BytesTailNull => rare::field::<STRICT>;
}
