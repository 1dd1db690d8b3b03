//! `graph.reachable_paths`, whose cycles the engine cuts elsewhere than OPA.

use regorus::Value;
use regorus::value::Object;

use super::arguments::{elements, object, set_of};
use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] = &[function("graph.reachable_paths", 2, reachable_paths)];

/// Paths grow with the faculty of the edges.
const MAX_STEPS: usize = 100_000;
const MAX_DEPTH: usize = 1_000;

fn reachable_paths(given: &[Value]) -> Result<Value, String> {
    let graph = object(given, 0)?;
    let mut search = Search { graph, paths: Vec::new(), steps: 0 };
    for start in elements(given, 1)? {
        let Some(edges) = graph.get(&start).map(neighbours) else { continue };
        if edges.is_empty() {
            search.paths.push(vec![start.clone()]);
        }
        for neighbour in &edges {
            search.follow(neighbour, &mut vec![start.clone()])?;
        }
    }
    Ok(set_of(search.paths.into_iter().map(Value::from)))
}

struct Search<'a> {
    graph: &'a Object,
    paths: Vec<Vec<Value>>,
    steps: usize,
}

impl Search<'_> {
    /// A path ends where nothing leads on, where the graph ends, and where it would come back to itself.
    fn follow(&mut self, node: &Value, path: &mut Vec<Value>) -> Result<(), String> {
        self.steps += 1;
        if self.steps > MAX_STEPS || path.len() > MAX_DEPTH {
            return Err(format!("more than {MAX_STEPS} steps, or a path longer than {MAX_DEPTH}"));
        }
        let Some(edges) = self.graph.get(node).map(neighbours) else {
            self.paths.push(path.clone());
            return Ok(());
        };
        path.push(node.clone());
        if edges.is_empty() {
            self.paths.push(path.clone());
        }
        for neighbour in &edges {
            if path.contains(neighbour) {
                self.paths.push(path.clone());
            } else {
                self.follow(neighbour, path)?;
            }
        }
        path.pop();
        Ok(())
    }
}

fn neighbours(edges: &Value) -> Vec<Value> {
    match edges {
        Value::Array(items) => items.iter().cloned().collect(),
        Value::Set(items) => items.iter_sorted().cloned().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(graph: &str) -> Result<Value, String> {
        reachable_paths(&[Value::from_json_str(graph).unwrap(), Value::from(vec![Value::from("a")])])
    }

    #[test]
    fn a_path_ends_before_it_comes_back() {
        let found = paths(r#"{"a": ["b"], "b": ["c", "a"], "c": []}"#).unwrap();
        let wanted = Value::from_json_str(r#"[["a", "b"], ["a", "b", "c"]]"#).unwrap();
        assert_eq!(found, set_of(wanted.as_array().unwrap().iter().cloned()));
    }

    #[test]
    fn what_would_not_end_is_refused() {
        let names: Vec<String> = (0..26u8).map(|i| format!("{:?}", char::from(b'a' + i))).collect();
        let all = names.join(",");
        let graph: Vec<String> = names.iter().map(|name| format!("{name}: [{all}]")).collect();
        assert!(paths(&format!("{{{}}}", graph.join(","))).unwrap_err().contains("steps"));
    }
}
