//! What can be wrong with the words of a rulebook. `lang` gives each kind its code and its prose.

use crate::ast::Span;
use crate::keyword::Kw;

/// Something wrong with the words.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: ProblemKind,
    /// The edits that would put it right, when that is obvious; applied together.
    pub fix: Vec<Edit>,
}

/// Replace `span` by `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What to replace; empty to insert.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// What could have stood at a place, in people's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wanted {
    /// A number, text, name, …
    Value,
    /// `and`, `>=`, `in`, …
    Operator,
    /// `d`, `trading days`, `万`, …
    Unit,
    /// A line that starts with a clause word.
    Clause,
    /// A name.
    Name,
    /// `"…"`
    Text,
    /// A whole or decimal number.
    Number,
    /// `30d`, `3 trading days`
    Duration,
    /// `[a, b]`
    List,
    /// `/…/`
    Pattern,
    /// A type's name.
    Type,
    /// Nothing more on this line.
    EndOfLine,
    /// This keyword.
    Word(Kw),
    /// This sign.
    Sign(&'static str),
}

/// What can be wrong with the words. An example stands with each; [`ProblemKind::name`] is stable.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The file is larger than a rulebook can be.
    TooLarge {
        /// In bytes.
        limit: usize,
    },
    /// Brackets and `if`s within one another, deeper than anybody reads: `((((…`.
    TooDeep {
        /// How many are read.
        limit: usize,
    },
    /// More operators in one expression than anybody reads; a part could be named with `let`.
    TooLong {
        /// How many are read.
        limit: usize,
    },
    /// `evnet cd_maturing {`: no declaration starts with this word.
    UnknownKind {
        /// The word.
        found: String,
        /// What was probably meant.
        suggestion: Option<Kw>,
    },
    /// `route order_8812 {`: a kind of the language that this version does not have.
    KindNotAvailable {
        /// The kind's word.
        kind: Kw,
    },
    /// `event x {` without its `}`. The fix inserts it.
    MissingCloseBrace {
        /// Whose.
        kind: Kw,
    },
    /// Something after a complete declaration: `}` too many, or a clause below it.
    AfterDeclaration {
        /// The first word of it.
        found: String,
    },
    /// `whne balance > 3`: no clause of this declaration starts with this word.
    UnknownClause {
        /// The word.
        found: String,
        /// The declaration's kind.
        kind: Kw,
        /// What was probably meant.
        suggestion: Option<Kw>,
    },
    /// `priority high expires after 5d`: a second clause on one line. The fix breaks the line.
    SecondClause {
        /// The second clause's word.
        word: Kw,
    },
    /// `priority: high`, `优先级：高`: a colon after a clause word. The fix removes it.
    ColonAfterWord {
        /// The clause word.
        word: Kw,
    },
    /// `to tasks;`, `发往 任务。`: a clause ends with its line. The fix removes it.
    StopAtLineEnd,
    /// `当余额 > 5`: a keyword needs a space before a Chinese character. The fix inserts it.
    GluedKeyword {
        /// The keyword.
        word: Kw,
        /// What it was glued to.
        rest: String,
    },
    /// `==`, `&&`, `<>`, `并且`, `null`, `is null`: another spelling. The fix writes `meant`.
    Alias {
        /// As written.
        found: String,
        /// The language's spelling.
        meant: String,
    },
    /// `50w`, `5min`, `1e5`, `５０万`: not a number with a known unit.
    BadNumber {
        /// As written.
        found: String,
        /// The literal that was probably meant.
        meant: Option<String>,
    },
    /// `500,000`: digits are grouped with `_`, or written with `万`.
    GroupedNumber {
        /// As written.
        found: String,
        /// The literal that was meant.
        meant: String,
    },
    /// `2026/11/22`, `2026-1-5`: not a date. The fix writes it as one.
    BadDate {
        /// As written.
        found: String,
        /// The literal that was meant.
        meant: Option<String>,
    },
    /// `2026-02-30`: no such day.
    NoSuchDate {
        /// As written.
        found: String,
    },
    /// `9:30`: not a time of day. The fix writes `09:30`.
    BadTime {
        /// As written.
        found: String,
        /// The literal that was meant.
        meant: Option<String>,
    },
    /// A number with more than 38 digits, or a count that no machine word holds.
    NumberTooLarge {
        /// As written.
        found: String,
    },
    /// `10.1.2.300`, `10.0.0.0/40`, `tcp/99999`
    BadAddress {
        /// As written.
        found: String,
    },
    /// `18 < age < 60`: comparisons do not chain; the fix offers `between`.
    ChainedComparison,
    /// `a > 3 or else 5`, `a + b or else 0`: needs parentheses to say what it falls back for.
    UnclearOrElse,
    /// `客户 的 余额`, `half of total_asset`: `of` takes a percentage; `.` is for columns.
    OfWithoutPercent,
    /// `x > 5% total_asset`: a percentage of what follows needs `of`. The fix inserts it.
    MissingOf,
    /// `between 18 to 60`, `18~60`: the bounds are joined by `and`/`到`. The fix writes it.
    BetweenJoin {
        /// As written.
        found: String,
        /// The language's spelling.
        meant: String,
    },
    /// `tier in V5, V6`, `tier in ("V5", "V6")`: a list stands in `[ ]`. The fix writes them.
    ListBrackets,
    /// `within 3 days`, `in next 3 days`: `within next` or `within last`. The fix writes `within next`.
    WithinDirection,
    /// `sum(x) > 3 over 1d`, `近1天 合计(流出)`: the window stands right after the sum.
    WindowPlace,
    /// `sum(x) in 1d`: a window is written `over 1d`. The fix writes it.
    WindowWord {
        /// As written.
        found: String,
    },
    /// `expires in 5d`, `once … per 30d`, `assign x`: a word of the clause is another one. The fix writes it.
    WrongWord {
        /// As written.
        found: String,
        /// What belongs there.
        meant: String,
    },
    /// `is greater than`, `is not in`: an operator in prose. The fix writes the operator.
    ProseOperator {
        /// As written.
        found: String,
        /// The operator.
        meant: String,
    },
    /// `｛姓名｝` in a text would be read by a customer as it stands. The fix writes `{ }`.
    WideBrace,
    /// `}` in a text; a brace for the reader is written twice.
    LoneBrace,
    /// `\d` in a text: only `\"`, `\\`, `\n` and `\t`.
    UnknownEscape {
        /// As written.
        found: String,
    },
    /// `{}`, `{a b}`: a slot without a readable expression.
    BadSlot {
        /// What is in the braces.
        found: String,
    },
    /// `{"a"}`, `{5}`: a slot that always says the same.
    ConstantSlot,
    /// `"abc` without the closing quote. The fix adds it at the end of the line.
    MissingQuote,
    /// `'V5'`, `‘V5’`: texts stand in double quotes. The fix writes them.
    SingleQuotes,
    /// `"客户说"好"了"`: a text right after a text; a quote inside is written `\"`.
    QuoteInText,
    /// A slot where no slot can be: in a title, a path, an owner.
    SlotInPlainText,
    /// U+200B and its like: not to be seen, but there. The fix removes it.
    InvisibleCharacter {
        /// Its code point.
        code: u32,
    },
    /// `＃`: a comment starts with `#`. The fix writes it.
    WideHash,
    /// `到期。余额`: a point for a full stop. The fix writes `.`.
    WideDot,
    /// The language has no such edition.
    UnknownEdition {
        /// As written.
        found: String,
    },
    /// `total asset >= 50万`: two names with nothing between them; or a name with a blank in it. The span has both.
    SideBySide {
        /// The first name.
        left: String,
        /// The next one.
        right: String,
        /// A name of the text that they make up.
        meant: Option<String>,
    },
    /// `a > 3 b = 5`, `a > 3, b = 5`: two conditions that nothing joins. The fix offers `and`.
    MissingJoin,
    /// `status "open"`: a value beside what it is to be compared with.
    MissingComparison {
        /// What is compared.
        left: String,
        /// With what.
        right: String,
    },
    /// `within last week`, `expires after 3`: not a number with a unit of time.
    SpanOfTime {
        /// As written.
        found: String,
        /// The span that was probably meant.
        meant: Option<String>,
    },
    /// `["open" "waiting"]`. The fix writes the comma.
    MissingComma,
    /// `to followups, archive`: a clause that takes one name.
    OneName {
        /// The clause word.
        word: Kw,
    },
    /// `{` on the line below its declaration's head. The fix moves it up.
    BraceBelow,
    /// `event slow-complaint "…"`: not a name. The fix writes one.
    BadName {
        /// As written.
        found: String,
        /// A name like it.
        meant: String,
    },
    /// `--`, `//`, `/* … */`: how other languages write a comment. The fix writes `#`.
    ForeignComment {
        /// As written.
        found: String,
    },
    /// `when the balance > 3`, `either a or b`: a word that says nothing here. The fix removes it.
    FillerWord {
        /// The word.
        found: String,
    },
    /// A row with more or fewer cells than the row of names.
    RowLength {
        /// As the row of names has.
        wanted: usize,
        /// As this row has.
        found: usize,
    },
    /// Something else was expected.
    Expected {
        /// What could stand here; few.
        wanted: Vec<Wanted>,
        /// What stands here; empty at the end.
        found: String,
    },
}

impl ProblemKind {
    /// A stable name, for codes and documentation.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::TooDeep { .. } => "too_deep",
            Self::TooLong { .. } => "too_long",
            Self::UnknownKind { .. } => "unknown_kind",
            Self::KindNotAvailable { .. } => "kind_not_available",
            Self::MissingCloseBrace { .. } => "missing_close_brace",
            Self::AfterDeclaration { .. } => "after_declaration",
            Self::UnknownClause { .. } => "unknown_clause",
            Self::SecondClause { .. } => "second_clause",
            Self::ColonAfterWord { .. } => "colon_after_word",
            Self::StopAtLineEnd => "stop_at_line_end",
            Self::GluedKeyword { .. } => "glued_keyword",
            Self::Alias { .. } => "alias",
            Self::BadNumber { .. } => "bad_number",
            Self::GroupedNumber { .. } => "grouped_number",
            Self::BadDate { .. } => "bad_date",
            Self::NoSuchDate { .. } => "no_such_date",
            Self::BadTime { .. } => "bad_time",
            Self::NumberTooLarge { .. } => "number_too_large",
            Self::BadAddress { .. } => "bad_address",
            Self::ChainedComparison => "chained_comparison",
            Self::UnclearOrElse => "unclear_or_else",
            Self::OfWithoutPercent => "of_without_percent",
            Self::MissingOf => "missing_of",
            Self::BetweenJoin { .. } => "between_join",
            Self::ListBrackets => "list_brackets",
            Self::WithinDirection => "within_direction",
            Self::WindowPlace => "window_place",
            Self::WindowWord { .. } => "window_word",
            Self::WrongWord { .. } => "wrong_word",
            Self::ProseOperator { .. } => "prose_operator",
            Self::WideBrace => "wide_brace",
            Self::LoneBrace => "lone_brace",
            Self::UnknownEscape { .. } => "unknown_escape",
            Self::BadSlot { .. } => "bad_slot",
            Self::ConstantSlot => "constant_slot",
            Self::MissingQuote => "missing_quote",
            Self::SingleQuotes => "single_quotes",
            Self::QuoteInText => "quote_in_text",
            Self::SlotInPlainText => "slot_in_plain_text",
            Self::InvisibleCharacter { .. } => "invisible_character",
            Self::WideHash => "wide_hash",
            Self::WideDot => "wide_dot",
            Self::UnknownEdition { .. } => "unknown_edition",
            Self::SideBySide { .. } => "side_by_side",
            Self::MissingJoin => "missing_join",
            Self::MissingComparison { .. } => "missing_comparison",
            Self::SpanOfTime { .. } => "span_of_time",
            Self::MissingComma => "missing_comma",
            Self::OneName { .. } => "one_name",
            Self::BraceBelow => "brace_below",
            Self::BadName { .. } => "bad_name",
            Self::ForeignComment { .. } => "foreign_comment",
            Self::FillerWord { .. } => "filler_word",
            Self::RowLength { .. } => "row_length",
            Self::Expected { .. } => "expected",
        }
    }
}
