//! `array.flatten`, one level; and sorting, where the engine has the order of OPA.

use regorus::Value;

use super::engine::by_engine;
use super::{Function, arguments, function};

pub(super) const FUNCTIONS: &[Function] = &[function("array.flatten", 1, flatten), function("sort", 1, sort)];

/// OPA has objects before sets, the engine sets before objects.
fn sort(given: &[Value]) -> Result<Value, String> {
    let items = arguments::elements(given, 0)?;
    let has = |kind: fn(&Value) -> bool| items.iter().any(kind);
    if has(|item| matches!(item, Value::Set(_))) && has(|item| matches!(item, Value::Object(_))) {
        return Err("sets and objects together are not sorted".into());
    }
    by_engine("sort", given)
}

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
    fn what_opa_would_sort_otherwise_is_an_error() {
        let (set, object) = (Value::new_set(), Value::new_object());
        assert!(sort(&[Value::from(vec![set.clone(), object])]).is_err());
        let sorted = Value::from(vec![Value::from(1), set.clone()]);
        assert_eq!(sort(&[Value::from(vec![set, Value::from(1)])]), Ok(sorted));
    }

    #[test]
    fn one_level_is_flattened() {
        let given = Value::from_json_str("[[1, [2]], 3, \"a\"]").unwrap();
        assert_eq!(flatten(&[given]).unwrap(), Value::from_json_str("[1, [2], 3, \"a\"]").unwrap());
        assert!(flatten(&[Value::from(1)]).unwrap_err().contains("must be array but got number"));
    }
}
