//! The order in which OPA has values: null, booleans, numbers, texts, arrays, objects, sets. The engine has sets before
//! objects, and so in another place wherever both stand in one set, or are the names of one object.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use regorus::Value;
use regorus::value::{Object, Set};

pub(super) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Object(_), Value::Set(_)) => Ordering::Less,
        (Value::Set(_), Value::Object(_)) => Ordering::Greater,
        (Value::Array(a), Value::Array(b)) => in_turn(a.iter(), b.iter()),
        (Value::Set(a), Value::Set(b)) => in_turn(elements(a).into_iter(), elements(b).into_iter()),
        (Value::Object(a), Value::Object(b)) => {
            let flat = |object| members(object).into_iter().flat_map(|(key, value)| [key, value]);
            in_turn(flat(a), flat(b))
        }
        _ => a.cmp(b),
    }
}

fn in_turn<'v>(a: impl Iterator<Item = &'v Value>, mut b: impl Iterator<Item = &'v Value>) -> Ordering {
    for a in a {
        match b.next().map_or(Ordering::Greater, |b| compare(a, b)) {
            Ordering::Equal => {}
            other => return other,
        }
    }
    if b.next().is_some() { Ordering::Less } else { Ordering::Equal }
}

pub(super) fn elements(set: &Set) -> Vec<&Value> {
    let mut elements: Vec<&Value> = set.iter_sorted().collect();
    elements.sort_by(|a, b| compare(a, b));
    elements
}

pub(super) fn members(object: &Object) -> Vec<(&Value, &Value)> {
    let mut members: Vec<_> = object.iter_sorted().collect();
    members.sort_by(|(a, _), (b, _)| compare(a, b));
    members
}

/// What becomes the JSON that OPA makes of it: sets are arrays in its order, and all names are texts.
///
/// Fails where a name cannot be written.
pub(super) fn as_json(value: &Value) -> Result<Cow<'_, Value>, String> {
    if is_json(value) {
        return Ok(Cow::Borrowed(value));
    }
    let each = |items: Vec<&Value>| -> Result<Value, String> {
        let items = items.into_iter().map(|item| as_json(item).map(Cow::into_owned));
        items.collect::<Result<Vec<_>, _>>().map(Value::from)
    };
    let json = match value {
        Value::Set(items) => each(elements(items))?,
        Value::Array(items) => each(items.iter().collect())?,
        Value::Object(fields) => {
            let mut object = BTreeMap::new();
            for (key, value) in fields.iter() {
                object.insert(name(key)?, as_json(value)?.into_owned());
            }
            Value::from(object)
        }
        other => other.clone(),
    };
    Ok(Cow::Owned(json))
}

fn name(key: &Value) -> Result<Value, String> {
    match key {
        Value::String(_) => Ok(key.clone()),
        _ => serde_json::to_string(&as_json(key)?).map(Value::from).map_err(|e| e.to_string()),
    }
}

/// Whether the engine writes the very same.
fn is_json(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_json),
        // Of texts and other scalars the order is the same.
        Value::Set(items) => {
            items.iter().all(|item| !matches!(item, Value::Array(_) | Value::Set(_) | Value::Object(_)))
        }
        Value::Object(fields) => {
            fields.iter().all(|(key, value)| matches!(key, Value::String(_)) && is_json(value))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        regorus::Engine::new().eval_query(format!("x := {text}"), false).unwrap().result[0].bindings["x"]
            .clone()
    }

    /// As OPA 1.22 prints it.
    #[test]
    fn values_stand_in_the_order_of_opa() {
        let set = value(
            r#"{set(), {1}, {"a": 1}, [1], "a", 1, true, null, {}, [{1}], [{"a": 1}], {{1}}, {{"a": 1}}}"#,
        );
        let told: Vec<String> = elements(set.as_set().unwrap()).into_iter().map(Value::to_string).collect();
        let json = r#"null true 1 "a" [1] [{"a":1}] [[1]] {} {"a":1} [] [1] [{"a":1}] [[1]]"#;
        assert_eq!(told.join(" "), json);
        for (less, more) in [("[1]", "[1, 0]"), ("{1}", "{1, 2}"), (r#"{"a": {"b": 1}}"#, r#"{"a": {1}}"#)] {
            assert_eq!(compare(&value(less), &value(more)), Ordering::Less, "{less}");
            assert_eq!(compare(&value(more), &value(less)), Ordering::Greater, "{more}");
            assert_eq!(compare(&value(more), &value(more)), Ordering::Equal, "{more}");
        }
    }

    #[test]
    fn json_is_that_of_opa() {
        for (rego, json) in [
            (r#"{{1}, {"a": 1}}"#, r#"[{"a":1},[1]]"#),
            (r#"[{"x": {{1}, {"a": {3, 2}}}}]"#, r#"[{"x":[{"a":[2,3]},[1]]}]"#),
            (r#"{{1}: 1, {"a": 1}: 2, "b": 3}"#, r#"{"[1]":1,"b":3,"{\"a\":1}":2}"#),
            (r#"{"a", 1}"#, r#"[1,"a"]"#),
        ] {
            assert_eq!(serde_json::to_string(&as_json(&value(rego)).unwrap()).unwrap(), json);
        }
    }
}
