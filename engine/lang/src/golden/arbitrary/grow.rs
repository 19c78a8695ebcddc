//! An expression from a string of numbers.

use super::cell;
use crate::{
    builtin::Builtin,
    golden::build,
    hir::{ArithOp, CompareOp, Direction, Expr, SlotFormat, TextOp, TextSegment},
    ty::{DecimalType, Type, Typed},
    value::{Duration, Value},
};

/// Deepest nesting.
const DEPTH: u32 = 6;

/// What an expression must be; numbers are of any numeric type, so that they mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Bool,
    Number,
    Integer,
    Text,
    Date,
    Timestamp,
    Time,
}

pub(super) fn expression(numbers: &[u32], columns: &[Typed]) -> Expr {
    let mut growth = Growth { numbers, at: 0, columns };
    let want = match growth.below(8) {
        0..=3 => Want::Bool,
        4 => Want::Number,
        5 => Want::Text,
        6 => Want::Date,
        _ => Want::Timestamp,
    };
    growth.grow(want, 0)
}

struct Growth<'a> {
    numbers: &'a [u32],
    at: usize,
    columns: &'a [Typed],
}

impl Growth<'_> {
    fn draw(&mut self) -> u32 {
        let n = self.numbers.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        n
    }

    fn below(&mut self, n: u32) -> u32 {
        self.draw() % n.max(1)
    }

    fn grow(&mut self, want: Want, depth: u32) -> Expr {
        let choice = self.below(16);
        // 0 and 1 are leaves; so is everything at the end of the numbers.
        if depth >= DEPTH || choice < 2 {
            return self.leaf(want);
        }
        let d = depth + 1;
        // Every type knows `if` and `or else`.
        let grown = match choice {
            2 => build::choose(self.grow(Want::Bool, d), self.grow(want, d), self.grow(want, d)),
            3 => build::or_else(self.grow(want, d), self.grow(want, d)),
            _ => match want {
                Want::Bool => Some(self.condition(choice, d)),
                Want::Number => self.number(d),
                Want::Integer => self.integer(d),
                Want::Text => self.text(d),
                Want::Date => self.date(d),
                Want::Timestamp => self.timestamp(d),
                Want::Time => None,
            },
        };
        grown.unwrap_or_else(|| self.leaf(want))
    }

    fn leaf(&mut self, want: Want) -> Expr {
        let fits = |ty: &Type| match want {
            Want::Bool => *ty == Type::Bool,
            Want::Number => matches!(ty, Type::Integer | Type::Decimal(_) | Type::Real),
            Want::Integer => *ty == Type::Integer,
            Want::Text => *ty == Type::Text,
            Want::Date => *ty == Type::Date,
            Want::Timestamp => *ty == Type::Timestamp,
            Want::Time => *ty == Type::Time,
        };
        let fitting: Vec<usize> = (0..self.columns.len()).filter(|&i| fits(&self.columns[i].ty)).collect();
        let n = self.draw();
        if n % 3 != 2 {
            let at = fitting[usize::try_from(n / 3).unwrap_or(0) % fitting.len()];
            return build::column(u32::try_from(at).unwrap_or(0), &self.columns[at]);
        }
        if n % 64 == 2 {
            // A typed missing, as a folded constant leaves it.
            let ty = self.columns[fitting[0]].ty.clone();
            return build::constant(Value::Missing, ty);
        }
        let seed = u64::from(self.draw());
        match want {
            Want::Number => match seed % 4 {
                0 | 1 => build::integer((seed >> 2) as i64 % 1000),
                2 => {
                    let ty = DecimalType { precision: 9, scale: (seed >> 2) as u8 % 5 };
                    build::literal(cell::present(&Type::Decimal(ty), seed >> 4))
                }
                _ => build::literal(cell::present(&Type::Real, seed >> 2)),
            },
            Want::Date if seed % 4 == 0 => build::today(),
            Want::Timestamp if seed % 4 == 0 => build::now(),
            _ => build::literal(cell::present(&self.columns[fitting[0]].ty, seed)),
        }
    }

    fn condition(&mut self, choice: u32, d: u32) -> Expr {
        match choice {
            4 | 5 => {
                let n = 2 + self.below(3);
                build::and((0..n).map(|_| self.grow(Want::Bool, d)).collect())
            }
            6 | 7 => {
                let n = 2 + self.below(3);
                build::or((0..n).map(|_| self.grow(Want::Bool, d)).collect())
            }
            8 => build::not(self.grow(Want::Bool, d)),
            9 => {
                let want = self.any_want();
                let negated = self.below(2) == 1;
                build::is_missing(self.grow(want, d), negated)
            }
            10 => {
                let want = self.any_want();
                let operand = self.grow(want, d);
                let n = 1 + self.below(4);
                let items = (0..n).map(|_| self.grow(want, d + 2)).collect();
                build::is_in(operand, items, self.below(2) == 1)
            }
            11 => {
                let want = self.any_want();
                build::between(self.grow(want, d), self.grow(want, d), self.grow(want, d))
            }
            12 => {
                let direction = if self.below(2) == 1 { Direction::Last } else { Direction::Next };
                let span = self.span(true);
                let want = if self.below(3) == 2 { Want::Timestamp } else { Want::Date };
                build::within(self.grow(want, d), direction, span)
            }
            13 => match self.below(5) {
                0 => build::matches(self.grow(Want::Text, d), PATTERNS[self.below(PATTERNS.len() as u32) as usize]),
                n => {
                    let op = match n {
                        1 => TextOp::Contains,
                        2 => TextOp::StartsWith,
                        _ => TextOp::EndsWith,
                    };
                    build::text_test(op, self.grow(Want::Text, d), self.grow(Want::Text, d))
                }
            },
            _ => {
                let want = self.any_want();
                let op = match self.below(6) {
                    0 => CompareOp::Eq,
                    1 => CompareOp::Ne,
                    2 => CompareOp::Lt,
                    3 => CompareOp::Le,
                    4 => CompareOp::Gt,
                    _ => CompareOp::Ge,
                };
                build::compare(op, self.grow(want, d), self.grow(want, d))
            }
        }
    }

    /// Mostly numbers.
    fn any_want(&mut self) -> Want {
        match self.below(10) {
            0..=4 => Want::Number,
            5 | 6 => Want::Text,
            7 => Want::Date,
            8 => Want::Timestamp,
            _ => Want::Time,
        }
    }

    fn span(&mut self, trading: bool) -> Duration {
        let n = i64::from(self.below(40));
        match self.below(4) {
            0 => Duration::Days(n),
            1 => Duration::Months(n),
            2 if trading => Duration::TradingDays(n),
            _ => Duration::Micros(n * 3_600_000_000),
        }
    }

    fn number(&mut self, d: u32) -> Option<Expr> {
        match self.below(12) {
            0..=5 => {
                let op = match self.below(4) {
                    0 => ArithOp::Add,
                    1 => ArithOp::Sub,
                    2 => ArithOp::Mul,
                    _ => ArithOp::Div,
                };
                build::arith(op, self.grow(Want::Number, d), self.grow(Want::Number, d))
            }
            6 => Some(build::negate(self.grow(Want::Number, d))),
            7 => {
                let x = self.grow(Want::Number, d);
                build::call(Builtin::Round, vec![x, build::integer(self.below(6).into())])
            }
            8 => {
                let function = [Builtin::Abs, Builtin::Floor, Builtin::Ceiling][self.below(3) as usize];
                build::call(function, vec![self.grow(Want::Number, d)])
            }
            9 => {
                const OF_SOME: [Builtin; 4] = [Builtin::Least, Builtin::Greatest, Builtin::Average, Builtin::Median];
                let function = OF_SOME[self.below(4) as usize];
                let n = 2 + self.below(2);
                build::call(function, (0..n).map(|_| self.grow(Want::Number, d)).collect())
            }
            10 => {
                let want = if self.below(3) == 0 { Want::Text } else { Want::Number };
                let x = self.grow(want, d);
                build::call(Builtin::Decimal, vec![x, build::integer(self.below(10).into())])
            }
            _ => match self.below(3) {
                0 => build::call(Builtin::Real, vec![self.grow(Want::Number, d)]),
                1 => self.conversion(d),
                _ => Some(self.grow(Want::Integer, d)),
            },
        }
    }

    /// What the checker inserts: integer to decimal, decimal to decimal, any to real.
    fn conversion(&mut self, d: u32) -> Option<Expr> {
        let x = self.grow(Want::Number, d);
        let to = match (&x.typed.ty, self.below(2)) {
            (Type::Real, _) | (_, 0) => Type::Real,
            (Type::Decimal(t), _) => {
                Type::Decimal(DecimalType { precision: (t.precision + 2).min(38), scale: t.scale })
            }
            _ => Type::Decimal(DecimalType { precision: 22, scale: 2 }),
        };
        Some(build::convert(x, to))
    }

    fn integer(&mut self, d: u32) -> Option<Expr> {
        match self.below(8) {
            0 | 1 => {
                let op = [ArithOp::Add, ArithOp::Sub, ArithOp::Mul][self.below(3) as usize];
                build::arith(op, self.grow(Want::Integer, d), self.grow(Want::Integer, d))
            }
            2 => build::arith(ArithOp::Sub, self.grow(Want::Date, d), self.grow(Want::Date, d)),
            3 => build::call(Builtin::Length, vec![self.grow(Want::Text, d)]),
            4 => build::call(Builtin::Integer, vec![self.grow(Want::Number, d)]),
            5 => {
                let function = [Builtin::Days, Builtin::Months, Builtin::TradingDays][self.below(3) as usize];
                build::call(function, vec![self.grow(Want::Date, d), self.grow(Want::Timestamp, d)])
            }
            _ => {
                const OF_DATE: [Builtin; 7] = [
                    Builtin::Days,
                    Builtin::Age,
                    Builtin::MonthDay,
                    Builtin::Year,
                    Builtin::Month,
                    Builtin::Day,
                    Builtin::Weekday,
                ];
                let function = OF_DATE[self.below(7) as usize];
                let want = if self.below(3) == 2 { Want::Timestamp } else { Want::Date };
                build::call(function, vec![self.grow(want, d)])
            }
        }
    }

    fn text(&mut self, d: u32) -> Option<Expr> {
        match self.below(8) {
            7 => Some(self.template(d)),
            0 => build::call(Builtin::Lower, vec![self.grow(Want::Text, d)]),
            1 => build::call(Builtin::Upper, vec![self.grow(Want::Text, d)]),
            2 => build::call(Builtin::Trim, vec![self.grow(Want::Text, d)]),
            3 => build::call(Builtin::Concat, vec![self.grow(Want::Text, d), self.grow(Want::Text, d)]),
            4 => {
                let from = build::integer(i64::from(self.below(7)) - 3);
                let mut arguments = vec![self.grow(Want::Text, d), from];
                if self.below(2) == 1 {
                    arguments.push(build::integer(i64::from(self.below(5)) - 1));
                }
                build::call(Builtin::Substring, arguments)
            }
            _ => {
                let want = self.any_want();
                build::call(Builtin::Text, vec![self.grow(want, d)])
            }
        }
    }

    /// A text with one to three slots; a missing value writes nothing.
    fn template(&mut self, d: u32) -> Expr {
        let n = 1 + self.below(3);
        let mut segments = Vec::new();
        for _ in 0..n {
            segments.push(TextSegment::Literal("客户：".into()));
            let (want, format) = match self.below(6) {
                0 => (Want::Date, SlotFormat::Time("%m月%-d日".into())),
                1 => (Want::Timestamp, SlotFormat::Time("%Y-%m-%d %H:%M".into())),
                2 => (Want::Number, SlotFormat::Scaled { power: 4, suffix: "万元".into() }),
                3 => {
                    let percent = self.below(2) == 1;
                    let format = SlotFormat::Number {
                        grouping: true,
                        min_integer: 1,
                        min_fraction: 2,
                        max_fraction: 2,
                        percent,
                    };
                    (Want::Number, format)
                }
                _ => (self.any_want(), SlotFormat::Plain),
            };
            segments.push(TextSegment::Slot { expr: self.grow(want, d), format });
        }
        build::text(segments)
    }

    fn date(&mut self, d: u32) -> Option<Expr> {
        match self.below(6) {
            0..=2 => {
                let op = if self.below(2) == 0 { ArithOp::Add } else { ArithOp::Sub };
                let date = self.grow(Want::Date, d);
                let span = self.span(true);
                build::arith(op, date, build::literal(Value::Duration(span)))
            }
            3 => {
                const OF_DATE: [Builtin; 5] = [
                    Builtin::Anniversary,
                    Builtin::MonthStart,
                    Builtin::MonthEnd,
                    Builtin::NextTradingDay,
                    Builtin::PreviousTradingDay,
                ];
                build::call(OF_DATE[self.below(5) as usize], vec![self.grow(Want::Date, d)])
            }
            4 => build::call(Builtin::Date, vec![self.grow(Want::Timestamp, d)]),
            _ => build::call(Builtin::Greatest, vec![self.grow(Want::Date, d), self.grow(Want::Date, d)]),
        }
    }

    fn timestamp(&mut self, d: u32) -> Option<Expr> {
        let op = if self.below(2) == 0 { ArithOp::Add } else { ArithOp::Sub };
        let at = self.grow(Want::Timestamp, d);
        let span = self.span(true);
        build::arith(op, at, build::literal(Value::Duration(span)))
    }
}

const PATTERNS: [&str; 6] = [r"^\w+$", r"\d", "国.", "^$", r"[^\d\s]+", "(ETF|股)"];
