//! What the engine refuses when it gets ready to evaluate, and nothing else here does. It gets ready for the second decision
//! only after the first, which such a policy is not to see.

use regorus::unstable::{Expr, Import, Module, Ref, Rule};

use super::finding::{Code, Finding};

pub(super) fn check(modules: &[Ref<Module>], findings: &mut Vec<Finding>) {
    for module in modules {
        findings.extend(module.imports.iter().filter_map(nameless));
        findings.extend(module.policy.iter().filter_map(|rule| computed_default(rule)));
    }
}

/// `import data`
fn nameless(import: &Import) -> Option<Finding> {
    let has_name = match import.refr.as_ref() {
        Expr::RefDot { .. } => true,
        Expr::RefBrack { index, .. } => matches!(index.as_ref(), Expr::String { .. }),
        Expr::Var { span, .. } => span.text() == "input",
        _ => false,
    };
    (import.r#as.is_none() && !has_name).then(|| {
        let finding = Finding::at(Code::Compile, import.refr.span(), "invalid ref in import");
        finding.advice("give it a name: `import … as name`")
    })
}

/// `default p[x] := 1`
fn computed_default(rule: &Rule) -> Option<Finding> {
    let Rule::Default { refr, .. } = rule else { return None };
    let Expr::RefBrack { index, .. } = refr.as_ref() else { return None };
    let is_scalar = matches!(index.as_ref(), Expr::Bool { .. } | Expr::Number { .. } | Expr::String { .. });
    (!is_scalar).then(|| {
        let finding = Finding::at(Code::Compile, index.span(), "index is not a scalar value");
        finding.advice("write a default for the whole rule, or for a name within it")
    })
}
