//! What type a column of texts holds. Cautious: a real is only guessed for exponents, and numbers that are names (leading zeros,
//! identity and card numbers) stay texts.

use crate::read::parse;
use guiju_lang::{
    time::Zone,
    ty::{DecimalType, Type},
};

/// A number with so many digits, as wide in every row, is a name: identity cards, bank cards.
const NAME_DIGITS: usize = 16;

/// What the values of one column had in common so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    values: u64,
    /// Every value reads as this.
    bool: bool,
    integer: bool,
    decimal: bool,
    real: bool,
    date: bool,
    time: bool,
    timestamp: bool,
    /// A number was written with a needless zero in front.
    padded: bool,
    /// Most digits before and after the point.
    before: usize,
    after: usize,
    /// Shortest and longest value, in digits.
    widths: (usize, usize),
}

impl Default for Guess {
    fn default() -> Self {
        Self {
            values: 0,
            bool: true,
            integer: true,
            decimal: true,
            real: true,
            date: true,
            time: true,
            timestamp: true,
            padded: false,
            before: 0,
            after: 0,
            widths: (usize::MAX, 0),
        }
    }
}

impl Guess {
    /// Looks at one value that is not missing, as it stands in a CSV file or between JSON quotes.
    pub fn see(&mut self, text: &str) {
        let text = text.trim();
        self.values += 1;
        self.bool &= text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
        if self.integer || self.decimal || self.real {
            self.number(text);
        }
        // Eight digits may be a date or a number; only a declaration can say.
        self.date &= text.len() == 10 && parse::date(text).is_some();
        self.time &= parse::time(text).is_some();
        self.timestamp &= text.len() > 10 && parse::timestamp(text, &Zone::utc()).is_some();
    }

    fn number(&mut self, text: &str) {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let decimal = !whole.is_empty() && all(whole) && all(fraction) && (fraction.is_empty() != digits.contains('.'));
        self.padded |= whole.len() > 1 && whole.starts_with('0');
        self.integer &= decimal && fraction.is_empty() && parse::integer(text).is_some();
        self.decimal &= decimal;
        // `nan` and `inf` are numbers to the parser, and words to people: they alone do not make a column real.
        self.real &= decimal
            || (digits.contains(['e', 'E'])
                && digits.starts_with(|c: char| c.is_ascii_digit())
                && parse::real(text).is_some());
        if decimal {
            self.before = self.before.max(whole.len());
            self.after = self.after.max(fraction.len());
        }
        self.widths = (self.widths.0.min(digits.len()), self.widths.1.max(digits.len()));
    }

    /// How many values were seen.
    pub fn values(&self) -> u64 {
        self.values
    }

    /// The type that holds all of them.
    pub fn result(&self) -> Type {
        if self.values == 0 {
            return Type::Text;
        }
        let is_name = self.padded || (self.after == 0 && self.before >= NAME_DIGITS && self.widths.0 == self.widths.1);
        match () {
            () if self.bool => Type::Bool,
            () if self.date => Type::Date,
            () if self.time => Type::Time,
            () if self.timestamp => Type::Timestamp,
            () if self.integer && !is_name => Type::Integer,
            () if self.decimal && !is_name => match self.decimal_type() {
                Some(d) => Type::Decimal(d),
                None => Type::Text,
            },
            () if self.real && !self.decimal && !self.padded => Type::Real,
            () => Type::Text,
        }
    }

    /// With room to grow, so that tomorrow's larger amount is no change of schema.
    fn decimal_type(&self) -> Option<DecimalType> {
        let scale = u8::try_from(self.after).ok()?;
        let precision = match self.before + self.after {
            n if n <= 16 => 18,
            n if n <= 38 => 38,
            _ => return None,
        };
        Some(DecimalType { precision, scale })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(values: &[&str]) -> String {
        let mut g = Guess::default();
        values.iter().for_each(|v| g.see(v));
        g.result().to_string()
    }

    #[test]
    fn guesses() {
        let cases: [(&[&str], &str); 20] = [
            (&["1", "-20", "0"], "integer"),
            (&["000123", "000124"], "text"),
            (&["110101199003071234", "110101199003074321"], "text"),
            (&["110101199003071234", "11010119900307123X"], "text"),
            (&["13800000000", "13900000001"], "integer"),
            (&["99999999999999999999"], "text"),
            (&["1.5", "20", "-0.25"], "decimal(18,2)"),
            (&["12345678901234567.5"], "decimal(38,1)"),
            (&["1e5", "2"], "real"),
            (&["nan", "1.5"], "text"),
            (&["2026-11-22", "2024-02-29"], "date"),
            (&["2026-11-22", "2026-02-29"], "text"),
            (&["20261122"], "integer"),
            (&["2026-11-22 09:30:00", "2026-11-22T09:30:00Z"], "timestamp"),
            (&["09:30", "15:00:00.5"], "time"),
            (&["true", "FALSE"], "bool"),
            (&["0", "1"], "integer"),
            (&["1.2.3"], "text"),
            (&["1."], "text"),
            (&[], "text"),
        ];
        for (values, want) in cases {
            assert_eq!(guess(values), want, "{values:?}");
        }
    }
}
