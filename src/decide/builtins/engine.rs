//! The engine's own functions, for those that only look at what goes in or comes out.

use regorus::unstable::{BUILTINS, Expr, Ref, Rule, RuleHead, Span};
use regorus::{Engine, Value};

use crate::decide::explain::engine_error;

/// What the engine makes of a call; what it takes for undefined is an error, as in OPA.
pub(super) fn by_engine(name: &str, given: &[Value]) -> Result<Value, String> {
    let (call, _) = BUILTINS.get(name).ok_or("the engine has no such function")?;
    let (span, places) = CALL.with(Clone::clone).ok_or("the engine does not read its own words")?;
    let places = places.get(..given.len()).ok_or("too many arguments")?;
    match call(&span, places, given, true) {
        Ok(Value::Undefined) => Err("has no result for these arguments".into()),
        Ok(value) => Ok(value),
        Err(error) => {
            let why = engine_error(&error);
            Err(why
                .strip_prefix(FILE)
                .and_then(|why| why.split_once(": "))
                .map_or(why.as_str(), |(_, why)| why)
                .into())
        }
    }
}

/// Makes what the first call needs.
pub(super) fn get_ready() {
    CALL.with(|_| ());
}

const FILE: &str = "vestry";

thread_local! {
    /// Some call and its arguments: a function tells its errors at the place of one.
    static CALL: Option<(Span, Vec<Ref<Expr>>)> = call();
}

fn call() -> Option<(Span, Vec<Ref<Expr>>)> {
    let mut engine = Engine::new();
    engine.add_policy(FILE.into(), "package vestry\ncall := f(1, 2, 3, 4)".into()).ok()?;
    let rule = engine.get_modules().first()?.policy.first()?.clone();
    let Rule::Spec { head: RuleHead::Compr { assign: Some(assign), .. }, .. } = rule.as_ref() else {
        return None;
    };
    let Expr::Call { span, params, .. } = assign.value.as_ref() else { return None };
    Some((span.clone(), params.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_errors_are_the_engines() {
        assert_eq!(by_engine("count", &[Value::from("ab")]), Ok(Value::from(2)));
        let why = by_engine("count", &[Value::Null]).unwrap_err();
        assert!(why.contains("count") && !why.contains(FILE), "{why}");
        assert!(by_engine("no.such", &[]).is_err());
    }
}
