//! `array.flatten`, one level; and what orders values, where the engine has the order of OPA.

use regorus::Value;

use super::engine::by_engine;
use super::{Function, arguments, function};

pub(super) const FUNCTIONS: &[Function] = &[
    function("array.flatten", 1, flatten),
    function("max", 1, |given| most("max", given)),
    function("min", 1, |given| most("min", given)),
    function("sort", 1, |given| {
        are_ordered(given)?;
        by_engine("sort", given)
    }),
];

fn most(name: &str, given: &[Value]) -> Result<Value, String> {
    if are_ordered(given)? == 0 { Ok(Value::Undefined) } else { by_engine(name, given) }
}

/// OPA has objects before sets, the engine sets before objects. How many there are, where that tells none of them apart.
fn are_ordered(given: &[Value]) -> Result<usize, String> {
    let mut items = arguments::elements(given, 0)?;
    items.sort();
    if items.is_sorted_by(|a, b| !are_told_apart_by_kind(a, b)) {
        Ok(items.len())
    } else {
        Err("sets and objects together are not ordered".into())
    }
}

/// Whether what differs first in them is a set in the one and an object in the other.
fn are_told_apart_by_kind(a: &Value, b: &Value) -> bool {
    fn first(mut pairs: impl Iterator<Item = (Value, Value)>) -> bool {
        pairs.find(|(a, b)| a != b).is_some_and(|(a, b)| are_told_apart_by_kind(&a, &b))
    }
    match (a, b) {
        (Value::Set(_), Value::Object(_)) | (Value::Object(_), Value::Set(_)) => true,
        (Value::Array(a), Value::Array(b)) => first(a.iter().cloned().zip(b.iter().cloned())),
        (Value::Set(a), Value::Set(b)) => first(a.iter_sorted().cloned().zip(b.iter_sorted().cloned())),
        (Value::Object(a), Value::Object(b)) => {
            let flat = |object: &regorus::value::Object| -> Vec<Value> {
                object.iter_sorted().flat_map(|(key, value)| [key.clone(), value.clone()]).collect()
            };
            first(flat(a).into_iter().zip(flat(b)))
        }
        _ => false,
    }
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
    fn what_opa_would_order_otherwise_is_an_error() {
        let (set, object) = (Value::new_set(), Value::new_object());
        let list = |items: Vec<Value>| Value::from(items);
        for mixed in [
            list(vec![set.clone(), object.clone()]),
            list(vec![list(vec![object.clone()]), list(vec![set.clone()])]),
            list(vec![
                arguments::object_of([("a", object.clone())]),
                arguments::object_of([("a", set.clone())]),
            ]),
        ] {
            assert!(are_ordered(std::slice::from_ref(&mixed)).is_err(), "{mixed}");
            assert!(most("max", &[mixed]).is_err());
        }
        let apart =
            list(vec![arguments::object_of([("a", object)]), arguments::object_of([("b", set.clone())])]);
        assert_eq!(are_ordered(&[apart]), Ok(2));
        assert_eq!(most("max", &[list(vec![set.clone(), Value::from(1)])]), Ok(set));
        assert_eq!(most("min", &[list(Vec::new())]), Ok(Value::Undefined));
    }

    #[test]
    fn one_level_is_flattened() {
        let given = Value::from_json_str("[[1, [2]], 3, \"a\"]").unwrap();
        assert_eq!(flatten(&[given]).unwrap(), Value::from_json_str("[1, [2], 3, \"a\"]").unwrap());
        assert!(flatten(&[Value::from(1)]).unwrap_err().contains("must be array but got number"));
    }
}
