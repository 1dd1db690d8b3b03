//! "Did you mean": the nearest of the words that would have been right.

/// The candidate that `word` most likely is a slip of, if any is near enough.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        // To one letter every other one is near.
        .filter(|(distance, candidate)| *distance < word.chars().count().max(candidate.chars().count()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean X?`, or what else there is to say.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    otherwise: impl Into<String>,
) -> String {
    nearest(word, candidates).map_or_else(|| otherwise.into(), |near| format!("did you mean {near}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_is_near_and_nothing_else() {
        let candidates = ["VESTRY_SECRETS", "VESTRY_PARAMETERS", "VESTRY_POLICY"];
        assert_eq!(nearest("VESTRY_SECRET", candidates), Some("VESTRY_SECRETS"));
        assert_eq!(nearest("vestry_polciy", candidates), Some("VESTRY_POLICY"));
        assert_eq!(nearest("VESTRY_UNHEARD_OF", candidates), None);
        assert_eq!(nearest("k", ["a", "ab"]), None);
        assert_eq!(nearest("k", ["a", "ks"]), Some("ks"));
    }
}
