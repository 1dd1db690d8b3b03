//! `array.flatten`, one level; and what orders values, in the order of OPA.

use regorus::Value;

use super::{Function, arguments, function};
use crate::decide::order;

pub(super) const FUNCTIONS: &[Function] = &[
    function("array.flatten", 1, flatten),
    function("max", 1, |given| Ok(sorted(given)?.pop().unwrap_or(Value::Undefined))),
    function("min", 1, |given| Ok(sorted(given)?.into_iter().next().unwrap_or(Value::Undefined))),
    function("sort", 1, |given| sorted(given).map(Value::from)),
];

fn sorted(given: &[Value]) -> Result<Vec<Value>, String> {
    let mut items = arguments::elements(given, 0)?;
    items.sort_by(order::compare);
    Ok(items)
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
    fn what_is_sorted_is_in_the_order_of_opa() {
        let (set, object) = (Value::new_set(), Value::new_object());
        let list =
            |items: &[&Value]| Value::from(items.iter().map(|item| (*item).clone()).collect::<Vec<_>>());
        let called = |name: &str, given: Value| {
            let function = FUNCTIONS.iter().find(|function| function.name == name).unwrap();
            (function.call)(&[given]).unwrap()
        };
        assert_eq!(called("sort", list(&[&set, &object])), list(&[&object, &set]));
        let (with_set, with_object) = (list(&[&set]), list(&[&object]));
        assert_eq!(called("max", list(&[&with_set, &with_object])), with_set);
        assert_eq!(called("min", list(&[&with_set, &with_object])), with_object);
        assert_eq!(called("min", list(&[])), Value::Undefined);
    }

    #[test]
    fn one_level_is_flattened() {
        let given = Value::from_json_str("[[1, [2]], 3, \"a\"]").unwrap();
        assert_eq!(flatten(&[given]).unwrap(), Value::from_json_str("[1, [2], 3, \"a\"]").unwrap());
        assert!(flatten(&[Value::from(1)]).unwrap_err().contains("must be array but got number"));
    }
}
