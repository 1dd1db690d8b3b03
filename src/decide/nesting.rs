//! A guard before the parser, whose time doubles with every level of nesting.

use regorus::Source;
use regorus::unstable::{Lexer, TokenKind};

/// Deeper than people write; the parser needs milliseconds for it, and seconds from about 22 on.
const MAX_NESTING: usize = 14;

/// Reads the tokens once, in linear time, and fails with `file:line:col: …` where brackets nest too deep.
///
/// The parser's own lexer reads them, so both agree on what is a string or a comment.
pub(super) fn check(source: &Source) -> Result<(), String> {
    // The lexer takes a NUL for the end of the file: what stands behind it would silently be no policy.
    if let Some(at) = source.get_contents().find('\0') {
        let line = source.get_contents()[..at].matches('\n').count() + 1;
        return Err(format!("{}:{line}: holds a NUL byte", source.get_path()));
    }
    let mut lexer = Lexer::new(source);
    lexer.set_max_col(super::builtins::MAX_COLUMNS);
    let mut depth = 0usize;
    loop {
        let token = lexer.next_token().map_err(|e| super::explain::engine_error(&e))?;
        match (&token.0, token.1.text()) {
            (TokenKind::Eof, _) => return Ok(()),
            (TokenKind::Symbol, "(" | "[" | "{") => depth += 1,
            (TokenKind::Symbol, ")" | "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Err(format!(
                "{}:{}:{}: nested deeper than {MAX_NESTING} brackets",
                source.get_path(),
                token.1.line,
                token.1.col
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str) -> Result<(), String> {
        check(&Source::from_contents("p.rego".into(), text.into()).unwrap())
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let brackets = "[".repeat(100);
        check_text(&format!("package a\n# {brackets}\nx := \"{brackets}\"\ny := `{brackets}\n{brackets}`\n"))
            .unwrap();
    }

    #[test]
    fn deep_nesting_is_refused_with_its_place() {
        let error = check_text(&format!("package a\n\nx := {}", "[".repeat(MAX_NESTING + 1))).unwrap_err();
        assert!(error.starts_with("p.rego:3:"), "{error}");
        check_text(&format!("package a\nx := {}1{}", "[".repeat(MAX_NESTING), "]".repeat(MAX_NESTING)))
            .unwrap();
    }

    #[test]
    fn what_a_nul_would_hide_is_refused() {
        assert!(check_text("package a\n\0deny := 1").unwrap_err().starts_with("p.rego:2:"));
    }
}
