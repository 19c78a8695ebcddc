//! What holds for every text, for property tests and fuzz targets.

use crate::keyword::Language;
use crate::{FormatOptions, dump, format, parse};

/// Panics unless, for this text: reading does not panic, the tree's pieces are the text, places and edits lie in it,
/// and formatting says the same, without problems, idempotently.
#[doc(hidden)]
pub fn check_invariants(text: &str) {
    let parsed = parse(text);
    let tree = parsed.tree();
    let pieces: String = tree.pieces().iter().map(|piece| &text[piece.span().range()]).collect();
    assert_eq!(pieces, text);
    for problem in &parsed.problems {
        let edits = problem.fix.iter().map(|edit| edit.span);
        for span in std::iter::once(problem.span).chain(edits) {
            assert!(text.get(span.range()).is_some(), "{problem:?}");
        }
    }
    for keywords in [None, Some(Language::En), Some(Language::Zh)] {
        let options = FormatOptions { keywords };
        let Ok(once) = format(text, &options) else { return };
        let again = parse(&once);
        assert_eq!(again.problems, [], "{text:?}\n{once}");
        assert_eq!(dump(&again.file), dump(&parsed.file), "{text:?}\n{once}");
        assert_eq!(format(&once, &options), Ok(once), "{text:?}");
    }
}
