//! The formatter: one canonical layout, keywords in either language, comments kept.
//!
//! It works on words, not on the AST, so that nothing an author wrote can get lost: the words of each declaration, with
//! the line breaks and comments before them, are spelt ([`spelling`]), set apart ([`spacing`]) and laid out in lines
//! ([`lines`]); rows and comments at line ends are then aligned ([`align`]).

mod align;
mod lines;
mod spacing;
mod spelling;
mod words;

use crate::keyword::Language;
use crate::problem::Problem;
use crate::spread::spread;

/// How to format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FormatOptions {
    /// The language to write keywords in; none leaves each in its own.
    pub keywords: Option<Language>,
}

/// Formats a rulebook's text. A text with problems is refused with them: rearranging words that could not be read
/// would hide what was meant.
///
/// Formatting is idempotent and says the same: the AST of the result is the AST of the text, places apart.
///
/// ```
/// use guiju_grammar::{FormatOptions, format, keyword::Language};
/// let zh = FormatOptions { keywords: Some(Language::Zh) };
/// assert_eq!(format("let  x=30% of a", &zh), Ok("令 x = a 的 30%\n".into()));
/// ```
pub fn format(text: &str, options: &FormatOptions) -> Result<String, Vec<Problem>> {
    let words = words::words(text, options.keywords)?;
    Ok(align::print(lines::lay_out(words)))
}

/// Formats many texts as [`format`] formats each, over all processors.
pub fn format_all(texts: &[&str], options: &FormatOptions) -> Vec<Result<String, Vec<Problem>>> {
    spread(texts, |text| text.len(), |text| format(text, options))
}
