//! Reads TOML by key and type; collects what is wrong with its line and never quotes a value.

use std::ops::Range;
use std::time::SystemTime;

use serde_json::{Value, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table and where it stands.
pub(super) struct Section<'t> {
    /// `parameters."/a"`; empty for the root.
    path: String,
    table: &'t DeTable<'t>,
    at: usize,
}

impl<'t> Section<'t> {
    pub fn root(table: &'t DeTable<'t>) -> Self {
        Self { path: String::new(), table, at: 0 }
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.iter().find(|(k, _)| k.get_ref() == key).map(|(_, value)| value)
    }

    fn path_of(&self, key: &str) -> String {
        let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        let key = if bare { key.to_string() } else { format!("{key:?}") };
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }
}

/// One key of a table whose keys are names.
pub(super) struct Entry<'t> {
    pub key: &'t str,
    path: String,
    value: &'t Spanned<DeValue<'t>>,
}

impl Entry<'_> {
    pub fn as_text(&self) -> Option<&str> {
        self.value.get_ref().as_str()
    }
}

pub(super) struct Reader<'t> {
    text: &'t str,
    problems: Vec<(usize, String)>,
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, problems: Vec::new() }
    }

    /// Each begins with its line; in the order of the lines.
    pub fn problems(mut self) -> Vec<String> {
        self.problems.sort();
        self.problems.into_iter().map(|(line, what)| format!("line {line}: {what}")).collect()
    }

    pub fn document(&mut self) -> Option<DeTable<'t>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table.into_inner()),
            Err(error) => {
                let at = error.span().unwrap_or(0..0).start;
                self.tell(at, error.message().to_string());
                None
            }
        }
    }

    pub fn problem(&mut self, section: &Section, what: &str) {
        self.tell(section.at, format!("{}: {what}", section.path));
    }

    pub fn problem_at(&mut self, section: &Section, key: &str, what: &str) {
        let at = section.get(key).map_or(section.at, |value| value.span().start);
        self.tell(at, format!("{}: {what}", section.path_of(key)));
    }

    /// Every other key is a problem, with a suggestion where one is near.
    pub fn only(&mut self, section: &Section, known: &[&str]) {
        for key in section.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let near = known.iter().max_by(|a, b| {
                let near = |known| strsim::jaro_winkler(known, name);
                near(a).total_cmp(&near(b))
            });
            let suggestion = match near {
                Some(near) if strsim::jaro_winkler(near, name) > 0.75 => format!("did you mean {near}?"),
                _ => format!("the keys are {}", known.join(", ")),
            };
            self.tell(key.span().start, format!("unknown key {}; {suggestion}", section.path_of(name)));
        }
    }

    pub fn text(&mut self, section: &Section, key: &str) -> Option<String> {
        self.typed(section, key, "text", |value| value.as_str().map(str::to_string))
    }

    pub fn required_text(&mut self, section: &Section, key: &str) -> Option<String> {
        if !section.has(key) {
            // An unknown key beside it is told already, and most likely the misspelt one.
            if !self.has_problem_in(section) {
                self.problem(section, &format!("{key} is missing"));
            }
            return None;
        }
        self.text(section, key)
    }

    pub fn texts(&mut self, section: &Section, key: &str) -> Option<Vec<String>> {
        self.typed(section, key, "a list of texts", |value| {
            value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_string)).collect()
        })
    }

    pub fn whole(&mut self, section: &Section, key: &str) -> Option<u64> {
        self.typed(section, key, "a whole number", |value| {
            let number = value.as_integer()?;
            u64::from_str_radix(number.as_str(), number.radix()).ok()
        })
    }

    pub fn flag(&mut self, section: &Section, key: &str) -> Option<bool> {
        self.typed(section, key, "true or false", |value| value.as_bool())
    }

    pub fn time(&mut self, section: &Section, key: &str) -> Option<SystemTime> {
        self.typed(section, key, "a date, or a time with its offset", |value| {
            let mut text = value.as_datetime()?.to_string();
            if !text.contains([':', 'T', 't', ' ']) {
                text.push_str("T00:00:00Z");
            }
            let format = aws_smithy_types::date_time::Format::DateTimeWithOffset;
            aws_smithy_types::DateTime::from_str(&text, format).ok()?.try_into().ok()
        })
    }

    /// Text as it is; a table as the JSON object that it is.
    pub fn text_or_json(&mut self, section: &Section, key: &str) -> Option<String> {
        self.typed(section, key, "text or a table", |value| match value {
            DeValue::Table(_) => Some(to_json(value)?.to_string()),
            _ => value.as_str().map(str::to_string),
        })
    }

    /// The entries of a table whose keys are names.
    pub fn entries<'s>(&mut self, section: &Section<'s>, key: &str) -> Vec<Entry<'s>> {
        let Some(table) = section.get(key) else { return Vec::new() };
        let Some(entries) = table.get_ref().as_table() else {
            self.wrong_type(section, key, "a table");
            return Vec::new();
        };
        let path = |name: &str| Section { path: key.into(), table: entries, at: 0 }.path_of(name);
        entries
            .iter()
            .map(|(name, value)| Entry { key: name.get_ref(), path: path(name.get_ref()), value })
            .collect()
    }

    /// An entry that is a table; anything else is a problem.
    pub fn section<'s>(&mut self, entry: &Entry<'s>) -> Option<Section<'s>> {
        let span: Range<usize> = entry.value.span();
        match entry.value.get_ref() {
            DeValue::Table(table) => Some(Section { path: entry.path.clone(), table, at: span.start }),
            other => {
                let kind = kind(other);
                self.tell(span.start, format!("{} is {kind}; it must be text or a table", entry.path));
                None
            }
        }
    }

    pub fn tables<'s>(&mut self, section: &Section<'s>, key: &str) -> Vec<Section<'s>> {
        let Some(value) = section.get(key) else { return Vec::new() };
        let tables = value.get_ref().as_array().and_then(|items| {
            let section_of = |item: &'s Spanned<DeValue<'s>>| {
                let table = item.get_ref().as_table()?;
                Some(Section { path: section.path_of(key), table, at: item.span().start })
            };
            items.iter().map(section_of).collect::<Option<Vec<_>>>()
        });
        tables.unwrap_or_else(|| {
            self.wrong_type(section, key, "a list of tables");
            Vec::new()
        })
    }

    fn typed<T>(
        &mut self,
        section: &Section,
        key: &str,
        wanted: &str,
        read: impl FnOnce(&DeValue) -> Option<T>,
    ) -> Option<T> {
        let read = read(section.get(key)?.get_ref());
        if read.is_none() {
            self.wrong_type(section, key, wanted);
        }
        read
    }

    fn wrong_type(&mut self, section: &Section, key: &str, wanted: &str) {
        let Some(value) = section.get(key) else { return };
        let what = format!("{} is {}; it must be {wanted}", section.path_of(key), kind(value.get_ref()));
        self.tell(value.span().start, what);
    }

    fn has_problem_in(&self, section: &Section) -> bool {
        let unknown = format!("unknown key {}", section.path);
        self.problems.iter().any(|(_, what)| what.starts_with(&unknown))
    }

    fn tell(&mut self, at: usize, what: String) {
        let line =
            self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|&&b| b == b'\n').count() + 1;
        self.problems.push((line, what));
    }
}

fn kind(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn to_json(value: &DeValue) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => json!(text),
        DeValue::Integer(number) => json!(i64::from_str_radix(number.as_str(), number.radix()).ok()?),
        DeValue::Float(number) => json!(number.as_str().parse::<f64>().ok()?),
        DeValue::Boolean(flag) => json!(flag),
        DeValue::Datetime(time) => json!(time.to_string()),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect::<Option<_>>()?,
        DeValue::Table(table) => Value::Object(
            table
                .iter()
                .map(|(key, value)| Some((key.get_ref().to_string(), to_json(value.get_ref())?)))
                .collect::<Option<_>>()?,
        ),
    })
}
