//! Why a script does not compile, in the catalogue's words where the mistake is a common one; else as the compiler says it.

use guiju_lang::finding::{Arg, At, Finding, codes::names as codes};
use rhai::{LexError, ParseErrorType as E};

pub(super) fn finding(name: &str, error: &E, at: &At) -> Finding {
    let new = |code| Finding::new(code, at.clone()).name("name", name);
    match error {
        E::UnexpectedEOF => new(codes::SCRIPT_ENDS),
        E::MissingToken(token, _) => new(codes::SCRIPT_TOKEN).name("token", token),
        E::MissingSymbol(_) | E::ExprExpected(_) | E::PropertyExpected | E::VariableExpected => {
            new(codes::SCRIPT_VALUE)
        }
        E::VariableUndefined(variable) => new(codes::SCRIPT_VARIABLE).name("variable", variable),
        E::Reserved(word) | E::ForbiddenVariable(word) => new(codes::SCRIPT_WORD).name("word", word),
        E::UnknownOperator(sign) => new(codes::SCRIPT_SIGN).name("sign", sign),
        E::BadInput(LexError::UnterminatedString) => new(codes::SCRIPT_QUOTE),
        E::BadInput(LexError::UnexpectedInput(sign)) => new(codes::SCRIPT_SIGN).name("sign", sign),
        other => new(codes::SCRIPT_SYNTAX).arg("reason", Arg::Name(other.to_string())),
    }
}
