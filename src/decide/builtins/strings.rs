//! Functions on text.

use regorus::Value;

use super::arguments::{object, string, type_name};
use super::engine::by_engine;
use super::{Function, function, glob_intersection, template};

pub(super) const FUNCTIONS: &[Function] = &[
    function("regex.globs_match", 2, globs_match),
    // The engine's own counts a text's UTF-16 units.
    function("count", 1, length),
    // The engine's own counts overlapping ones, and panics on an empty needle.
    function("strings.count", 2, count),
    function("strings.render_template", 2, render_template),
    function("strings.replace_n", 2, replace_n),
    function("replace", 3, replace),
    function("indexof", 2, |given| index_of("indexof", given)),
    function("indexof_n", 2, |given| index_of("indexof_n", given)),
    // The engine's own is the text.
    function("trace", 1, |given| string(given, 0).map(|_| Value::from(true))),
    function("lower", 1, |given| Ok(Value::from(string(given, 0)?.chars().map(lower).collect::<String>()))),
    function("upper", 1, |given| Ok(Value::from(string(given, 0)?.chars().map(upper).collect::<String>()))),
];

/// Letter by letter, as Go: none becomes two, and none looks at its neighbours.
fn lower(c: char) -> char {
    // The only one that becomes two.
    if c == 'İ' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
}

fn upper(c: char) -> char {
    let mut letters = c.to_uppercase();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => letter,
        // Of those that become two, these have a capital with the iota below.
        _ => match c {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => moved(c, 8),
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => moved(c, 9),
            _ => c,
        },
    }
}

fn moved(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}

fn index_of(name: &str, given: &[Value]) -> Result<Value, String> {
    if string(given, 1)?.is_empty() { Err("empty search character".into()) } else { by_engine(name, given) }
}

/// OPA cuts letters into bytes where the old text is empty.
fn replace(given: &[Value]) -> Result<Value, String> {
    let (text, old, new) = (string(given, 0)?, string(given, 1)?, string(given, 2)?);
    if old.is_empty() && !text.is_ascii() {
        return Err("nothing cannot be replaced within letters outside ASCII".into());
    }
    Ok(Value::from(text.replace(old, new)))
}

/// Everywhere the first key in order that fits; what was put in is not looked at again.
fn replace_n(given: &[Value]) -> Result<Value, String> {
    let mut pairs = Vec::new();
    for (old, new) in object(given, 0)?.iter() {
        let (Value::String(old), Value::String(new)) = (old, new) else {
            return Err("operand 1 must be an object of texts".into());
        };
        if old.is_empty() {
            return Err("nothing cannot be replaced".into());
        }
        pairs.push((old.to_string(), new.to_string()));
    }
    pairs.sort();
    let (mut out, mut rest) = (String::new(), string(given, 1)?);
    while let Some(c) = rest.chars().next() {
        match pairs.iter().find(|(old, _)| rest.starts_with(old.as_str())) {
            Some((old, new)) => {
                out.push_str(new);
                rest = &rest[old.len()..];
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    Ok(Value::from(out))
}

/// Of a text its characters, of a collection what is in it. No call of the engine's: `count` is in most policies.
fn length(given: &[Value]) -> Result<Value, String> {
    Ok(Value::from(match given {
        [Value::String(text)] => text.chars().count(),
        [Value::Array(items)] => items.len(),
        [Value::Set(items)] => items.len(),
        [Value::Object(fields)] => fields.len(),
        [other] => {
            let kind = type_name(other);
            return Err(format!("operand 1 must be array, object, set or string but got {kind}"));
        }
        _ => return Err("takes one argument".into()),
    }))
}

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
    fn letters_are_changed_one_by_one() {
        let all = |of: fn(char) -> char, text: &str| text.chars().map(of).collect::<String>();
        assert_eq!(all(lower, "İÄΑΣ"), "iäας".replace('ς', "σ"));
        assert_eq!(all(upper, "ßﬀäᾀᾳŉǆı"), "ßﬀÄᾈᾼŉǄI");
    }

    #[test]
    fn what_was_put_in_is_not_replaced_again() {
        let pairs = Value::from_json_str(r#"{"a": "b", "b": "c", "ab": "x"}"#).unwrap();
        assert_eq!(replace_n(&[pairs, Value::from("aabä")]), Ok(Value::from("bbcä")));
        assert!(replace(&["ä", "", "-"].map(Value::from)).is_err());
        assert_eq!(replace(&["ab", "", "-"].map(Value::from)), Ok(Value::from("-a-b-")));
        assert!(index_of("indexof_n", &["aaa", ""].map(Value::from)).is_err());
        assert_eq!(index_of("indexof", &["äb", "b"].map(Value::from)), Ok(Value::from(1)));
    }

    #[test]
    fn a_text_is_as_long_as_its_characters() {
        for (json, wanted) in
            [(r#""a😀b""#, 3), (r#""ä""#, 1), ("[1, [2]]", 2), (r#"{"a": 1}"#, 1), ("[]", 0), (r#""""#, 0)]
        {
            assert_eq!(length(&[Value::from_json_str(json).unwrap()]), Ok(Value::from(wanted)), "{json}");
        }
        assert_eq!(length(&[Value::new_set()]), Ok(Value::from(0)));
        assert!(length(&[Value::Null]).unwrap_err().contains("but got null"));
    }

    #[test]
    fn occurrences_do_not_overlap_and_an_empty_needle_is_no_panic() {
        let counted = |text: &str, needle: &str| count(&[Value::from(text), Value::from(needle)]).unwrap();
        assert_eq!(counted("aaaa", "aa"), Value::from(2));
        assert_eq!(counted("abc", ""), Value::from(4));
        assert_eq!(counted("", ""), Value::from(1));
        assert_eq!(counted("äö", ""), Value::from(3));
    }
}
