//! Functions of OPA that the engine does not have, or has wrongly, through the engine's own door for such.
//!
//! Only those that a policy calls are handed to the engine: whoever calls none pays nothing.

mod arguments;
mod arrays;
mod aws;
mod cidr;
mod engine;
mod glob;
mod glob_intersection;
mod hashes;
mod interpolation;
mod json;
mod jwt;
mod metadata;
mod misread;
mod numbers;
mod objects;
mod print;
mod regex;
mod rewrite;
mod semver;
mod sprintf;
mod stand_ins;
mod strings;
mod template;
mod time;
mod urlquery;
mod x509;
mod yaml;

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use regorus::unstable::BUILTINS;
use regorus::{Engine, PolicyLengthConfig, Value};

pub(super) use interpolation::interpolated;
#[cfg(feature = "tool")]
pub(super) use metadata::blocks;
pub(super) use misread::misread;
pub(super) use print::prints;
pub(super) use rewrite::{Edit, applied, rewritten};
pub(super) use stand_ins::stand_ins;

type Call = fn(&[Value]) -> Result<Value, String>;

/// One function: `strings.count`, the number of its arguments, and what it does.
///
/// An error is the reason alone; the engine adds the place, and a caller that is not strict takes it for undefined.
pub(super) struct Function {
    pub name: &'static str,
    pub arity: u8,
    call: Call,
}

impl Function {
    /// The engine has one of that name, which this one takes the place of.
    fn is_in_engine(&self) -> bool {
        BUILTINS.contains_key(self.name)
    }
}

const fn function(name: &'static str, arity: u8, call: Call) -> Function {
    Function { name, arity, call }
}

const ROOMS: &[&[Function]] = &[
    arrays::FUNCTIONS,
    aws::FUNCTIONS,
    cidr::FUNCTIONS,
    glob::FUNCTIONS,
    hashes::FUNCTIONS,
    interpolation::FUNCTIONS,
    json::FUNCTIONS,
    jwt::FUNCTIONS,
    metadata::FUNCTIONS,
    numbers::FUNCTIONS,
    objects::FUNCTIONS,
    print::FUNCTIONS,
    regex::FUNCTIONS,
    semver::FUNCTIONS,
    sprintf::FUNCTIONS,
    strings::FUNCTIONS,
    time::FUNCTIONS,
    urlquery::FUNCTIONS,
    x509::FUNCTIONS,
    yaml::FUNCTIONS,
];

pub(super) fn all() -> impl Iterator<Item = &'static Function> {
    ROOMS.iter().copied().flatten()
}

pub(super) fn find(name: &str) -> Option<&'static Function> {
    let found = BY_NAME.binary_search_by_key(&name, |(room, at)| ROOMS[*room][*at].name).ok()?;
    let (room, at) = BY_NAME[found];
    Some(&ROOMS[room][at])
}

const COUNT: usize = {
    let (mut room, mut count) = (0, 0);
    while room < ROOMS.len() {
        count += ROOMS[room].len();
        room += 1;
    }
    count
};

/// Room and place in it of each, in the order of the names: sorted by the compiler, because every start asks for some.
static BY_NAME: [(usize, usize); COUNT] = {
    let mut sorted = [(0, 0); COUNT];
    let (mut room, mut count) = (0, 0);
    while room < ROOMS.len() {
        let mut at = 0;
        while at < ROOMS[room].len() {
            let mut to = count;
            while to > 0 {
                let (before, i) = sorted[to - 1];
                if !is_less(ROOMS[room][at].name, ROOMS[before][i].name) {
                    break;
                }
                sorted[to] = sorted[to - 1];
                to -= 1;
            }
            sorted[to] = (room, at);
            (at, count) = (at + 1, count + 1);
        }
        room += 1;
    }
    sorted
};

const fn is_less(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut i = 0;
    while i < one.len() && i < other.len() {
        if one[i] != other[i] {
            return one[i] < other[i];
        }
        i += 1;
    }
    one.len() < other.len()
}

/// Why OPA has a function that Vestry refuses; `None` for everything else.
pub(super) fn refusal(name: &str) -> Option<&'static str> {
    Some(match name {
        "http.send" | "net.lookup_ip_addr" | "opa.runtime" => {
            "reaches out of the policy and is not available"
        }
        "io.jwt.verify_es512" => "is not available: Vestry has no P-521",
        "rego.parse_module" => "is not available: the engine cannot show a policy its own tree",
        "crypto.parse_private_keys" | "crypto.x509.parse_rsa_private_key" | "crypto.x509.parse_keypair" => {
            "is not available: a policy has no business with private keys"
        }
        "crypto.x509.parse_certificate_request"
        | "crypto.x509.parse_and_verify_certificates"
        | "crypto.x509.parse_and_verify_certificates_with_options" => {
            "is not available; crypto.x509.parse_certificates is"
        }
        "json.match_schema" | "json.verify_schema" => {
            "is not available: Vestry has no JSON Schema in its layer"
        }
        _ if name.starts_with("graphql.") => "is not available: Vestry has no GraphQL",
        _ => return None,
    })
}

/// For each first letter the lengths that names of functions have: most words of a policy are none, and every start asks
/// this of each.
static LENGTHS: [u64; 26] = {
    let mut lengths = [0; 26];
    let mut room = 0;
    while room < ROOMS.len() {
        let mut i = 0;
        while i < ROOMS[room].len() {
            let name = ROOMS[room][i].name.as_bytes();
            lengths[(name[0] - b'a') as usize] |= 1 << name.len();
            i += 1;
        }
        room += 1;
    }
    lengths
};

fn may_be_one(word: &str) -> bool {
    let first = word.as_bytes().first().filter(|first| first.is_ascii_lowercase());
    first.is_some_and(|first| {
        word.len() < u64::BITS as usize && LENGTHS[usize::from(first - b'a')] & (1 << word.len()) != 0
    })
}

/// Those that a text may call, each as often as it names them.
fn called_in(text: &str) -> impl Iterator<Item = &'static Function> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
    words.filter(|word| may_be_one(word)).filter_map(find)
}

/// Tokens and certificates in one line are longer than the engine's own 1,024 columns.
pub(super) const MAX_COLUMNS: NonZeroU32 = NonZeroU32::new(16 << 10).expect("not zero");

pub(super) fn permit_long_lines(engine: &mut Engine) {
    let limits = PolicyLengthConfig { max_col: MAX_COLUMNS, ..PolicyLengthConfig::default() };
    engine.set_policy_length_config(limits);
}

/// Hands the engine those functions that its modules, or a query, may call. An error of theirs is one of the evaluation
/// when `strict`, else the call is undefined.
pub(super) fn install(engine: &mut Engine, query: &str, strict: bool) {
    let mut called = BTreeMap::new();
    let texts = engine.get_modules().iter().map(|module| module.package.span.source.get_contents().as_str());
    for text in texts.chain([query]) {
        called.extend(called_in(text).map(|function| (function.name, function)));
    }
    for function in called.into_values() {
        if metadata::is_one(function.name) {
            metadata::install(engine, function.name);
            continue;
        }
        let call = function.call;
        let extension = move |arguments: Vec<Value>| match call(&arguments) {
            Ok(value) => Ok(value),
            Err(why) if strict => Err(anyhow::anyhow!("{}: {why}", function.name)),
            Err(_) => Ok(Value::Undefined),
        };
        let added = engine.add_extension(function.name.to_string(), function.arity, Box::new(extension));
        debug_assert!(added.is_ok(), "{} is listed twice", function.name);
    }
}

/// Does beforehand what only the first call of some functions takes.
pub(super) fn get_ready() {
    engine::get_ready();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_listed_once_and_found_in_a_text_that_calls_it() {
        for function in all() {
            assert_eq!(all().filter(|other| other.name == function.name).count(), 1, "{}", function.name);
            let text = format!("x:={}(y)", function.name);
            let found: Vec<_> = called_in(&text).map(|found| found.name).collect();
            assert_eq!(found, [function.name]);
        }
    }
}
