//! `is_valid` of what is no text is false; the engine's own is an error then.

use regorus::Value;

use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] =
    &[function("json.is_valid", 1, json_is_valid), function("yaml.is_valid", 1, yaml_is_valid)];

fn json_is_valid(given: &[Value]) -> Result<Value, String> {
    Ok(Value::from(matches!(given, [Value::String(text)] if Value::from_json_str(text).is_ok())))
}

fn yaml_is_valid(given: &[Value]) -> Result<Value, String> {
    Ok(Value::from(matches!(given, [Value::String(text)] if Value::from_yaml_str(text).is_ok())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_can_be_valid() {
        for (given, valid) in
            [(Value::from("{\"a\": 1}"), true), (Value::from("{"), false), (Value::from(1), false)]
        {
            assert_eq!(json_is_valid(std::slice::from_ref(&given)), Ok(Value::from(valid)), "{given}");
            assert_eq!(yaml_is_valid(std::slice::from_ref(&given)), Ok(Value::from(valid)), "{given}");
        }
    }
}
