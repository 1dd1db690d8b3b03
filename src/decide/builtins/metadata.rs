//! `rego.metadata.rule()` and `rego.metadata.chain()`: the `# METADATA` comments above the rule that asks.
//!
//! A function does not learn who calls it: `rewrite.rs` gives each call its file and the number of its rule.

use regorus::unstable::{Module, Ref};
use regorus::value::Object;
use regorus::{Engine, Value};

use super::arguments::object_of;
use super::{Function, function};
use crate::decide::rules::{defined, static_path};

pub(super) const FUNCTIONS: &[Function] =
    &[function("rego.metadata.chain", 1, |_| unplaced()), function("rego.metadata.rule", 1, |_| unplaced())];

fn unplaced() -> Result<Value, String> {
    Err("is called without arguments, within a rule".into())
}

/// What a call becomes the argument of: `["lib/a.rego", 3]`.
pub(super) fn place(file: &str, rule: usize) -> String {
    Value::from(vec![Value::from(file), Value::from(rule)]).to_string()
}

pub(super) fn is_one(name: &str) -> bool {
    FUNCTIONS.iter().any(|function| function.name == name)
}

pub(super) fn install(engine: &mut Engine, name: &'static str) {
    let files: Vec<Result<File, String>> = engine.get_modules().iter().map(File::of).collect();
    let answer = move |given: &[Value]| {
        let files: Vec<&File> = files.iter().map(Result::as_ref).collect::<Result<_, _>>()?;
        let at = given
            .first()
            .and_then(|place| place.as_array().ok())
            .map(|place| place.iter().collect::<Vec<_>>());
        let (file, rule) = match at.as_deref() {
            Some([Value::String(file), rule]) => (file.as_ref(), rule.as_u64().ok()),
            _ => return unplaced(),
        };
        let file = files.iter().find(|known| known.name == file).ok_or("is called from an unknown file")?;
        let rule = rule
            .and_then(|rule| file.rules.get(usize::try_from(rule).ok()?))
            .ok_or("is called by no rule")?;
        Ok(if name.ends_with("chain") { chain(&files, file, rule) } else { rule.own() })
    };
    let extension =
        move |given: Vec<Value>| answer(&given).map_err(|why: String| anyhow::anyhow!("{name}: {why}"));
    let added = engine.add_extension(name.to_string(), 1, Box::new(extension));
    debug_assert!(added.is_ok(), "{name} is listed twice");
}

/// What one file's comments say.
#[derive(Clone)]
struct File {
    name: String,
    package: Vec<String>,
    of_package: Vec<Annotation>,
    rules: Vec<Annotated>,
}

#[derive(Clone)]
struct Annotated {
    path: Vec<String>,
    annotations: Vec<Annotation>,
}

#[derive(Clone)]
struct Annotation {
    scope: String,
    /// The engine's own values stay with one thread, which its extensions need not.
    value: serde_json::Value,
}

impl Annotated {
    /// `{}` where the rule has none.
    fn own(&self) -> Value {
        let own = self.annotations.iter().rev().find(|annotation| annotation.scope == "rule");
        own.map_or_else(Value::new_object, |annotation| Value::from(annotation.value.clone()))
    }
}

/// From the rule outwards: its own, those of the document, of the package, and of the packages above.
fn chain(files: &[&File], file: &File, rule: &Annotated) -> Value {
    let mut chain = Vec::new();
    let entry = |path: &[String], annotation: &Annotation| {
        object_of([("annotations", Value::from(annotation.value.clone())), ("path", texts(path))])
    };
    let scoped = |annotations: &[Annotation], scope: &str| -> Vec<Annotation> {
        annotations.iter().rev().filter(|annotation| annotation.scope == scope).cloned().collect()
    };
    chain.extend(scoped(&rule.annotations, "rule").iter().map(|annotation| entry(&rule.path, annotation)));
    if chain.is_empty() {
        chain.push(object_of([("path", texts(&rule.path))]));
    }
    let same = files.iter().flat_map(|file| &file.rules).filter(|other| other.path == rule.path);
    let document = same.flat_map(|other| scoped(&other.annotations, "document")).next();
    chain.extend(document.map(|annotation| entry(&rule.path, &annotation)));
    let package = files.iter().filter(|other| other.package == file.package);
    let package = package.flat_map(|other| scoped(&other.of_package, "package")).next();
    chain.extend(package.map(|annotation| entry(&file.package, &annotation)));
    for length in (0..=file.package.len()).rev() {
        let above = files.iter().filter(|other| other.package == file.package[..length]);
        let above = above.flat_map(|other| scoped(&other.of_package, "subpackages")).next();
        chain.extend(above.map(|annotation| entry(&file.package[..length], &annotation)));
    }
    Value::from(chain)
}

fn texts(path: &[String]) -> Value {
    Value::from(path.iter().map(|part| Value::from(part.as_str())).collect::<Vec<_>>())
}

impl File {
    fn of(module: &Ref<Module>) -> Result<Self, String> {
        let source = &module.package.span.source;
        let mut file = Self {
            name: source.get_path().clone(),
            package: static_path(&module.package.refr).0,
            of_package: Vec::new(),
            rules: defined(module)
                .map(|rule| Annotated { path: rule.path, annotations: Vec::new() })
                .collect(),
        };
        let lines: Vec<u32> = module.policy.iter().map(|rule| rule.span().line).collect();
        for (end, yaml) in blocks(source.get_contents()) {
            let invalid = |why: &str| format!("{}:{end}: the METADATA above {why}", file.name);
            // A block is of the statement that follows it.
            let next =
                lines.iter().enumerate().filter(|(_, line)| **line > end).min_by_key(|(_, line)| **line);
            let package = module.package.span.line;
            let of_package = package > end && next.is_none_or(|(_, line)| package < *line);
            let value = annotation(&yaml, if of_package { "package" } else { "rule" })
                .map_err(|why| invalid(&why))?;
            match next {
                _ if of_package => file.of_package.push(value),
                Some((rule, _)) => file.rules[rule].annotations.push(value),
                None => return Err(invalid("is of nothing")),
            }
        }
        Ok(file)
    }
}

/// The line that each block of comments ends on, and the YAML in it.
pub(in crate::decide) fn blocks(text: &str) -> Vec<(u32, String)> {
    let mut blocks: Vec<(u32, String)> = Vec::new();
    let mut open = false;
    for (line, number) in text.lines().zip(1..) {
        match line.strip_prefix('#') {
            Some(comment) if comment.trim() == "METADATA" => {
                blocks.push((number, String::new()));
                open = true;
            }
            Some(comment) if open => {
                if let Some((end, yaml)) = blocks.last_mut() {
                    *end = number;
                    yaml.push_str(comment.strip_prefix(' ').unwrap_or(comment));
                    yaml.push('\n');
                }
            }
            _ => open = false,
        }
    }
    blocks
}

fn annotation(yaml: &str, default_scope: &str) -> Result<Annotation, String> {
    let parsed = Value::from_yaml_str(yaml).map_err(|_| "is no YAML")?;
    let fields = parsed.as_object().map_err(|_| "is no YAML object")?;
    let is_entrypoint = fields.get(&Value::from("entrypoint")) == Some(&Value::from(true));
    let scope = match fields.get(&Value::from("scope")) {
        Some(Value::String(scope)) => scope.to_string(),
        Some(_) => return Err("has a scope that is no text".into()),
        None if is_entrypoint => "document".into(),
        None => default_scope.into(),
    };
    let mut value = object_of([("scope", Value::from(scope.as_str()))]);
    let object = value.as_object_mut().map_err(|e| e.to_string())?;
    for (name, field) in fields.iter_sorted() {
        let field = match name.as_string().map_err(|e| e.to_string())?.as_ref() {
            "scope" => continue,
            "title" | "description" | "custom" | "entrypoint" | "organizations" => field.clone(),
            "authors" => each(field, author)?,
            "related_resources" => each(field, |text| object_of([("ref", Value::from(text))]))?,
            other => return Err(format!("has `{other}`, which is not supported")),
        };
        object.insert(name.clone(), field);
    }
    let value = serde_json::to_value(value).map_err(|_| "says what JSON cannot")?;
    Ok(Annotation { scope, value })
}

/// Texts as the objects they stand for.
fn each(list: &Value, of_text: impl Fn(&str) -> Value) -> Result<Value, String> {
    let items = list.as_array().map_err(|_| "has a list that is none")?;
    let items = items.iter().map(|item| match item {
        Value::String(text) => of_text(text),
        other => other.clone(),
    });
    Ok(Value::from(items.collect::<Vec<_>>()))
}

/// `Ada Lovelace <ada@example.org>`.
fn author(text: &str) -> Value {
    let mail = text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<'));
    let (name, mail) = mail.map_or((text, None), |(name, mail)| (name, Some(mail)));
    let mut value = Object::default();
    if !name.trim().is_empty() {
        value.insert(Value::from("name"), Value::from(name.trim()));
    }
    if let Some(mail) = mail {
        value.insert(Value::from("email"), Value::from(mail));
    }
    Value::Object(regorus::Rc::new(value))
}
