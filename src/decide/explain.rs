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

/// `deny` for `dney`: the nearest of some names, when it is near.
pub(super) fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let distance = |candidate: &&str| strsim::damerau_levenshtein(name, candidate);
    names
        .iter()
        .copied()
        .min_by_key(distance)
        .filter(|candidate| distance(candidate) <= 1 + candidate.len() / 4)
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

    #[test]
    fn a_near_name_is_found_and_a_far_one_not() {
        assert_eq!(nearest("declared", &["declare", "resolve"]), Some("declare"));
        assert_eq!(nearest("main", &["declare", "resolve"]), None);
    }
}
