//! Functions on text.

use regorus::Value;

use super::arguments::{object, string};
use super::{Function, function, glob_intersection, template};

pub(super) const FUNCTIONS: &[Function] = &[
    function("regex.globs_match", 2, globs_match),
    // The engine's own counts overlapping ones, and panics on an empty needle.
    function("strings.count", 2, count),
    function("strings.render_template", 2, render_template),
];

fn globs_match(given: &[Value]) -> Result<Value, String> {
    glob_intersection::intersect(string(given, 0)?, string(given, 1)?).map(Value::from)
}

/// An empty needle is found before, between and behind the characters.
fn count(given: &[Value]) -> Result<Value, String> {
    Ok(Value::from(string(given, 0)?.matches(string(given, 1)?).count()))
}

fn render_template(given: &[Value]) -> Result<Value, String> {
    template::render(string(given, 0)?, object(given, 1)?).map(Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occurrences_do_not_overlap_and_an_empty_needle_is_no_panic() {
        let counted = |text: &str, needle: &str| count(&[Value::from(text), Value::from(needle)]).unwrap();
        assert_eq!(counted("aaaa", "aa"), Value::from(2));
        assert_eq!(counted("abc", ""), Value::from(4));
        assert_eq!(counted("", ""), Value::from(1));
        assert_eq!(counted("äö", ""), Value::from(3));
    }
}
