//! Changes to a module's text that leave every row where it is.

use std::collections::BTreeMap;

use regorus::unstable::{Module, Ref, Rule, RuleHead, Span};

use super::discover::{Found, file_of};
use crate::decide::rules::static_path;

/// For each file, what is put in at an offset.
pub(super) type Edits = BTreeMap<String, BTreeMap<usize, String>>;

/// The second test of one name gets another: it is evaluated on its own.
pub(super) fn rename(tests: &[Found], edits: &mut Edits) {
    for found in tests.iter().filter(|found| found.renamed.is_some()) {
        let Rule::Spec { head: RuleHead::Compr { refr, .. }, .. } = found.rule.as_ref() else { continue };
        // Only a plain name can be lengthened where it ends.
        let renamed = found.renamed.as_deref().unwrap_or_default();
        let plain = static_path(refr).0.len() == 1 && !found.open_ended;
        if let Some(suffix) = plain.then(|| renamed.rfind("__")).flatten() {
            put_in(edits, refr.span(), &renamed[suffix..]);
        }
    }
}

/// `allow if {` becomes `allow := true if {`: the engine marks rows by the expressions it evaluates, and a head has
/// none where its value goes without saying.
pub(super) fn give_heads_a_value(modules: &[Ref<Module>], edits: &mut Edits) {
    for rule in modules.iter().flat_map(|module| &module.policy) {
        let Rule::Spec { head, bodies, .. } = rule.as_ref() else { continue };
        match head {
            RuleHead::Compr { span, assign: None, .. } | RuleHead::Func { span, assign: None, .. } => {
                put_in(edits, span, " := true");
            }
            _ => {}
        }
        for body in bodies.iter().filter(|body| body.is_else && body.assign.is_none()) {
            let text = body.span.text();
            if text.starts_with("else") {
                let at = body.span.start as usize + "else".len();
                insert(edits, body.span.source.get_path(), at, " := true");
            }
        }
    }
}

fn put_in(edits: &mut Edits, span: &Span, text: &str) {
    insert(edits, span.source.get_path(), span.end as usize, text);
}

fn insert(edits: &mut Edits, file: &str, at: usize, text: &str) {
    // A name is lengthened before it is given a value.
    let there = edits.entry(file.to_string()).or_default().entry(at).or_default();
    there.push_str(text);
}

/// The module's text with its changes, where there are any.
pub(super) fn edited(module: &Module, edits: &Edits) -> Option<String> {
    let mut text = module.package.span.source.get_contents().to_string();
    for (at, inserted) in edits.get(file_of(module))?.iter().rev() {
        text.insert_str(*at, inserted);
    }
    Some(text)
}
