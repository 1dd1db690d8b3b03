//! Versions may begin with a `v`, as OPA has it.

use regorus::Value;

use super::arguments::string;
use super::engine::by_engine;
use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] =
    &[function("semver.compare", 2, compare), function("semver.is_valid", 1, is_valid)];

fn plain(version: &str) -> Value {
    Value::from(version.strip_prefix('v').unwrap_or(version))
}

fn compare(given: &[Value]) -> Result<Value, String> {
    by_engine("semver.compare", &[plain(string(given, 0)?), plain(string(given, 1)?)])
}

fn is_valid(given: &[Value]) -> Result<Value, String> {
    match given {
        [Value::String(version)] => by_engine("semver.is_valid", &[plain(version)]),
        _ => Ok(Value::from(false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_v_in_front_is_left_away() {
        assert_eq!(compare(&["v1.0.1", "1.0.0"].map(Value::from)), Ok(Value::from(1)));
        for (version, valid) in [("v1.2.3", true), ("1.2", false), ("vv1.2.3", false)] {
            assert_eq!(is_valid(&[Value::from(version)]), Ok(Value::from(valid)), "{version}");
        }
    }
}
