//! Changes to a module's text that leave every row where it is.

use std::collections::BTreeMap;

use regorus::Engine;
use regorus::unstable::{Module, Ref, Rule, RuleHead, Span};

use super::discover::{Found, file_of};
use super::span::range;
use crate::decide::rules::static_path;
use crate::decide::{builtins, check};

/// For each file, what is put in at an offset, and up to where it takes the place of what is there.
pub(super) type Edits = BTreeMap<String, BTreeMap<usize, Edit>>;

#[derive(Default)]
pub(super) struct Edit {
    until: usize,
    text: String,
}

/// The second test of one name gets another: it is evaluated on its own.
pub(super) fn rename(tests: &[Found], edits: &mut Edits) {
    for found in tests.iter().filter(|found| found.renamed.is_some()) {
        let (Rule::Spec { head: RuleHead::Compr { refr, .. }, .. } | Rule::Default { refr, .. }) =
            found.rule.as_ref()
        else {
            continue;
        };
        // Only a plain name can be lengthened where it ends.
        let renamed = found.renamed.as_deref().unwrap_or_default();
        let plain = static_path(refr).0.len() == 1 && !found.open_ended;
        if let Some(suffix) = plain.then(|| renamed.rfind("__")).flatten() {
            put_in(edits, refr.span(), &renamed[suffix..]);
        }
    }
}

/// `lib.name` of an import becomes `data.team.lib.name`: of an import the engine evaluates every rule, be it asked for
/// or not. All of them would be covered, and of several files it would lose some, see [`check::imports`].
///
/// The module that is to be added, where there is one.
pub(super) fn write_imports_out(modules: &[Ref<Module>], edits: &mut Edits) -> Option<String> {
    let mut written = check::without_imports(modules);
    let added = written.added.take();
    for (file, written) in written.into_files() {
        let there = edits.entry(file).or_default();
        for edit in written {
            let entry = there.entry(edit.at.start).or_default();
            // What is only put in stands before what takes a place.
            match entry.until > edit.at.start && edit.at.is_empty() {
                true => entry.text.insert_str(0, &edit.with),
                false => *entry = Edit { until: edit.at.end, text: edit.with },
            }
        }
    }
    added
}

pub(super) fn put_in_front(edits: &mut Edits, span: &Span, text: &str) {
    insert(edits, span, range(span).start, text);
}

fn put_in(edits: &mut Edits, span: &Span, text: &str) {
    insert(edits, span, range(span).end, text);
}

fn insert(edits: &mut Edits, span: &Span, at: usize, text: &str) {
    // A name is lengthened before it is given a value.
    let there = edits.entry(span.source.get_path().clone()).or_default().entry(at).or_default();
    there.text.push_str(text);
}

/// The text of a module that asks something, with its imports written out.
pub(super) fn without_imports(file: &str, text: String) -> Result<String, String> {
    let mut engine = Engine::new();
    builtins::permit_long_lines(&mut engine);
    engine.add_policy(file.to_string(), text.clone()).map_err(|error| error.to_string())?;
    let mut edits = Edits::new();
    write_imports_out(engine.get_modules(), &mut edits);
    Ok(edited(&engine.get_modules()[0], &edits).unwrap_or(text))
}

/// The module's text with its changes, where there are any.
pub(super) fn edited(module: &Module, edits: &Edits) -> Option<String> {
    let mut edited = module.package.span.source.get_contents().to_string();
    for (at, edit) in edits.get(file_of(module))?.iter().rev() {
        edited.replace_range(*at..edit.until.max(*at), &edit.text);
    }
    Some(edited)
}
