//! What a team has, before anything is made of it.

/// The variables of one function, in their order.
#[derive(Default)]
pub(super) struct Found {
    /// What a message calls the place: a file's path, or `the environment`.
    pub source: String,
    pub variables: Vec<Variable>,
    /// The services of a `chamber exec`, in their order.
    pub services: Vec<String>,
    /// What of the source could not be read: the line, where there is one, and why.
    pub unread: Vec<(Option<usize>, String)>,
    pub twice: Vec<Twice>,
}

/// A name that has two values, and their lines.
pub(super) struct Twice {
    pub name: String,
    pub first: Option<usize>,
    pub later: Option<usize>,
}

/// It has no `Debug`: what it holds may be a secret.
pub(super) struct Variable {
    pub name: String,
    pub line: Option<usize>,
    pub text: Text,
}

pub(super) enum Text {
    /// The variable's value, or a template's text with dynamic references in it.
    Value(String),
    /// `valueFrom` of a task definition.
    ValueFrom(String),
    /// Only a deployment tells the whole of it.
    Unknown { prefix: String, why: String },
}

impl Found {
    pub fn of(source: impl Into<String>) -> Self {
        Self { source: source.into(), ..Self::default() }
    }

    /// The later of two of one name is the one that counts.
    pub fn add(&mut self, name: String, line: Option<usize>, text: Text) {
        if let Some(at) = self.variables.iter().position(|there| there.name == name) {
            let first = self.variables.remove(at).line;
            self.twice.push(Twice { name: name.clone(), first, later: line });
        }
        self.variables.push(Variable { name, line, text });
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|variable| variable.name.as_str())
    }

    /// Names and values, as far as they are known.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().filter_map(|variable| match &variable.text {
            Text::Value(value) => Some((variable.name.as_str(), value.as_str())),
            Text::ValueFrom(_) | Text::Unknown { .. } => None,
        })
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.texts().find(|(there, _)| *there == name).map(|(_, value)| value)
    }
}
