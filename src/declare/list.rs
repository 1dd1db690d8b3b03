//! The two lists: `VESTRY_PARAMETERS` and `VESTRY_SECRETS`.

use super::grammar::{self, Fault, fault};
use super::names;
use super::naming::Naming;
use super::reference::{Declaration, Origin, Reference, Store};

pub const LISTS: [(Store, &str); 2] =
    [(Store::Ssm, "VESTRY_PARAMETERS"), (Store::SecretsManager, "VESTRY_SECRETS")];

/// The entries of a list, which commas or line ends part, counted from 1.
pub fn entries(list: &str) -> impl Iterator<Item = (usize, &str)> {
    list.split([',', '\n'])
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .enumerate()
        .map(|(i, entry)| (i + 1, entry))
}

/// One entry: `[NAME=]REFERENCE`, the reference without its scheme.
pub fn declaration(store: Store, origin: Origin, entry: &str) -> Result<Declaration, Fault> {
    let (name, text) = split_name(entry)?;
    if let Some(Ok((claimed, _))) = grammar::scheme(text) {
        return scheme_in_list(store, claimed);
    }
    let reference = grammar::reference(store, text).map_err(|fault| without_scheme(store, fault))?;
    named(origin, name, reference, Naming::default())
}

/// A declaration with the name that is written, else with the one that follows from the reference.
pub fn named(
    origin: Origin,
    name: Option<&str>,
    reference: Reference,
    naming: Naming,
) -> Result<Declaration, Fault> {
    let name = match name {
        Some(name) => Some(name.to_string()),
        None if reference.expands() => None,
        None => Some(derived_name(&reference, &naming)?),
    };
    Ok(Declaration { naming, ..Declaration::new(origin, name, reference) })
}

/// `NAME=` in front, told from an `=` within a secret's name or an option by what stands before it.
pub fn split_name(entry: &str) -> Result<(Option<&str>, &str), Fault> {
    match entry.split_once('=') {
        Some((name, text)) if !name.contains(['/', ':', '#', '?']) => {
            let name = name.trim_end();
            if !names::is_valid(name) {
                return fault(
                    "what stands before the = is no name that a variable can have",
                    "letters, digits and _ may stand there, no digit first",
                );
            }
            Ok((Some(name), text.trim_start()))
        }
        _ => Ok((None, entry)),
    }
}

/// The grammar's advice as it is right for an entry of a list.
fn without_scheme(store: Store, mut fault: Fault) -> Fault {
    fault.advice = fault.advice.replace(&format!(" {}:", store.as_str()), " ");
    fault
}

fn scheme_in_list<T>(store: Store, claimed: Store) -> Result<T, Fault> {
    let list = LISTS.iter().find(|(s, _)| *s == claimed).map_or("", |(_, list)| list);
    let scheme = claimed.as_str();
    fault(
        "an entry of a list has no scheme",
        if claimed == store {
            format!("drop the {scheme}:")
        } else {
            format!("move it to {list}, without the {scheme}:")
        },
    )
}

/// The last segment of the name, upper-cased. The random suffix of a secret's ARN is not part of it.
fn derived_name(reference: &Reference, naming: &Naming) -> Result<String, Fault> {
    let full = reference.source.name();
    let last = full.rsplit('/').next().unwrap_or(full);
    let last = match (&reference.source.arn, last.rsplit_once('-')) {
        (Some(arn), Some((name, suffix)))
            if arn.service == Store::SecretsManager.as_str() && suffix.len() == 6 && !name.is_empty() =>
        {
            name
        }
        _ => last,
    };
    if let Some(name) = naming.renamed(last) {
        return Ok(name.to_string());
    }
    let name = naming.derive(last);
    if !names::is_valid(&name) {
        return fault(
            "the name that follows from it is none that a variable can have",
            "write NAME= in front",
        );
    }
    if names::steers(&name) {
        return fault(
            "it would set a name that steers the loader or the runtime",
            "write another NAME= in front",
        );
    }
    Ok(name)
}
