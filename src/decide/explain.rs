//! What the engine says of an error, in one line.

/// `stage.rego:12:3: expecting identifier` of the engine's drawing with arrows and carets.
pub(super) fn engine_error(error: &anyhow::Error) -> String {
    let text = error.to_string();
    let place = text.lines().find_map(|line| line.trim_start().strip_prefix("--> "));
    let why = text.lines().find_map(|line| line.strip_prefix("error: "));
    match (place, why) {
        (Some(place), Some(why)) => format!("{}: {}", place.trim(), why.trim()),
        _ => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_of_an_error_becomes_a_line() {
        let mut engine = regorus::Engine::new();
        let error = engine.add_policy("a.rego".into(), "package a\n\ndeny contains".into()).unwrap_err();
        let line = engine_error(&error);
        assert!(line.starts_with("a.rego:3:"), "{line}");
        assert!(!line.contains('\n') && !line.contains("-->"), "{line}");
    }
}
