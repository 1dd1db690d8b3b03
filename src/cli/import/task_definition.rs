//! A task definition of ECS: JSON or YAML, as registered, as described, or the containers alone.

use super::super::Usage;
use super::chamber;
use super::found::{Found, Text};
use crate::template::node::{Kind, Node};
use crate::template::yaml;

/// The container that is named, or the only one.
pub(super) fn read(source: &str, text: &str, container: Option<&str>) -> Result<Found, Usage> {
    let root = yaml::parse(text).map_err(|(place, why)| format!("{source}:{place}: {why}"))?;
    let containers = containers(&root)
        .ok_or_else(|| format!("{source}: there are no containerDefinitions; is it a task definition?"))?;
    let container = choose(source, &containers, container)?;
    let mut found = Found::of(source);
    for entry in items(container, "environment") {
        if let (Some(name), Some(value)) = (text_of(entry, "name"), get(entry, "value")) {
            let text = match value.text() {
                Some(value) => Text::Value(value.into()),
                None => Text::Unknown { prefix: String::new(), why: "only a deployment tells it".into() },
            };
            found.add(name.into(), line(value), text);
        }
    }
    for entry in items(container, "secrets") {
        let Some(name) = text_of(entry, "name") else { continue };
        let value = get(entry, "valueFrom");
        let place = line(value.unwrap_or(entry));
        match value.and_then(Node::text) {
            Some(from) => found.add(name.into(), place, Text::ValueFrom(from.into())),
            None => {
                let why = "only a deployment tells what its valueFrom is; write the reference by hand";
                found.unread.push((place, format!("{name}: {why}")));
            }
        }
    }
    if let Some(files) = get(container, "environmentFiles") {
        let why = "environmentFiles lie in S3 and are not read; import each with --env-file".into();
        found.unread.push((line(files), why));
    }
    let words = ["entryPoint", "command"].into_iter().flat_map(|part| items(container, part));
    let words: Vec<&str> = words.filter_map(Node::text).collect();
    found.services = chamber::services(&words);
    Ok(found)
}

/// Those of every task definition: a template may have several.
fn containers(root: &Node) -> Option<Vec<&Node>> {
    let is_task = |resource: &Node| text_of(resource, "Type") == Some("AWS::ECS::TaskDefinition");
    let tasks = root.entries("Resources").map(|(_, resource)| resource).filter(|resource| is_task(resource));
    let mut tasks: Vec<&Node> = tasks.filter_map(|task| task.get("Properties")).collect();
    if tasks.is_empty() {
        // As it is described, or as it is registered.
        tasks.push(get(root, "taskDefinition").unwrap_or(root));
    }
    let listed = tasks.into_iter().map(|task| match &task.kind {
        Kind::Sequence(containers) => Some(containers),
        _ => match &get(task, "containerDefinitions")?.kind {
            Kind::Sequence(containers) => Some(containers),
            _ => None,
        },
    });
    Some(listed.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
}

fn choose<'a>(source: &str, containers: &[&'a Node], named: Option<&str>) -> Result<&'a Node, Usage> {
    let names: Vec<&str> = containers.iter().filter_map(|container| text_of(container, "name")).collect();
    let Some(wanted) = named else {
        return match containers {
            [only] => Ok(only),
            [] => Err(Usage(format!("{source}: it has no container"))),
            _ => Err(Usage(format!(
                "{source} has {} containers; choose one with --container: {}",
                containers.len(),
                names.join(", ")
            ))),
        };
    };
    let mut found = containers.iter().filter(|container| text_of(container, "name") == Some(wanted));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Usage(format!("{source} has no container {wanted}; it has {}", names.join(", ")))),
        (Some(_), Some(_)) => Err(Usage(format!(
            "{source} has several containers that are called {wanted}; give each task definition a file of its own"
        ))),
    }
}

/// Registered it begins small, in CloudFormation it begins large.
fn get<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    let entries = node.mapping()?;
    entries.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, node)| node)
}

fn text_of<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    get(node, key)?.text()
}

fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    match get(node, key).map(|node| &node.kind) {
        Some(Kind::Sequence(items)) => items,
        _ => &[],
    }
}

fn line(node: &Node) -> Option<usize> {
    Some(node.place.line).filter(|line| *line > 0)
}
