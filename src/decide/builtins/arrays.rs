//! `array.flatten`, one level.

use regorus::Value;

use super::{Function, arguments, function};

pub(super) const FUNCTIONS: &[Function] = &[function("array.flatten", 1, flatten)];

fn flatten(given: &[Value]) -> Result<Value, String> {
    let mut flat = Vec::new();
    for item in arguments::array(given, 0)? {
        match &item {
            Value::Array(items) => flat.extend(items.iter().cloned()),
            _ => flat.push(item),
        }
    }
    Ok(Value::from(flat))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_level_is_flattened() {
        let given = Value::from_json_str("[[1, [2]], 3, \"a\"]").unwrap();
        assert_eq!(flatten(&[given]).unwrap(), Value::from_json_str("[1, [2], 3, \"a\"]").unwrap());
        assert!(flatten(&[Value::from(1)]).unwrap_err().contains("must be array but got number"));
    }
}
