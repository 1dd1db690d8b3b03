//! Columns of what the file holds, where the engine parsed other words: a template string was put into a call.

use std::collections::HashMap;

use regorus::unstable::{Module, Ref};

use super::finding::Finding;

/// Places the findings in the texts as they are written, by file; a finding in any other file stays as it is.
pub(super) fn as_written(findings: &mut [Finding], files: &HashMap<String, &str>, modules: &[Ref<Module>]) {
    let mut moved = HashMap::new();
    for module in modules {
        let source = &module.package.span.source;
        let (file, parsed) = (source.get_path(), source.get_contents());
        if let Some(text) = files.get(file).filter(|text| *text != parsed) {
            let lines = (1..).zip(text.lines().zip(parsed.lines()));
            moved.extend(lines.map(|(line, texts)| ((file.as_str(), line), texts)));
        }
    }
    for finding in findings {
        if let Some((written, parsed)) = moved.get(&(finding.file.as_str(), finding.line)) {
            finding.col = column(written, parsed, finding.col);
        }
    }
}

/// The same of one finding in one file.
pub(super) fn as_written_in(finding: Finding, written: &str, parsed: &str) -> Finding {
    let line = |text| str::lines(text).nth((finding.line as usize).wrapping_sub(1)).unwrap_or_default();
    let col = column(line(written), line(parsed), finding.col);
    Finding { col, ..finding }
}

/// Line and column of a place in bytes.
pub(super) fn place(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let col = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (u32::try_from(line).unwrap_or_default(), u32::try_from(col).unwrap_or_default())
}

/// Before and behind what was changed it is the same text, within it the same word; else it is where the change begins.
fn column(written: &str, parsed: &str, col: u32) -> u32 {
    if written == parsed || col == 0 {
        return col;
    }
    let (written, parsed): (Vec<char>, Vec<char>) = (written.chars().collect(), parsed.chars().collect());
    // Some changes keep the columns.
    if written.len() == parsed.len() {
        return col;
    }
    let at = col as usize - 1;
    let before = written.iter().zip(&parsed).take_while(|(a, b)| a == b).count();
    let room = written.len().min(parsed.len()) - before;
    let behind = written.iter().rev().zip(parsed.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let place = if at < before {
        at
    } else if at >= parsed.len() - behind {
        at + written.len() - parsed.len()
    } else {
        let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
        let word: Vec<char> = parsed[at..].iter().copied().take_while(is_word).collect();
        let stands = |start: &usize| {
            let behind = written.get(start + word.len());
            let before = start.checked_sub(1).and_then(|before| written.get(before));
            written[*start..].starts_with(&word) && ![behind, before].into_iter().flatten().any(is_word)
        };
        let mut places = (before..written.len() - behind).filter(stands);
        match (places.next(), places.next()) {
            (Some(one), None) if !word.is_empty() => one,
            _ => before,
        }
    };
    u32::try_from(place + 1).unwrap_or(col)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_the_parsed_line_is_one_of_the_written_line() {
        let written = "x := $\"{foo(y)} is {y}\"; bar(x)";
        let parsed = "x := internal.template_string([{t|t:=foo(y)},\" is \",{t|t:=y}]); bar(x)";
        let of = |word: &str| {
            let at = column(written, parsed, parsed.find(word).unwrap() as u32 + 1);
            &written[at as usize - 1..]
        };
        assert!(of("x :=").starts_with("x :="));
        assert!(of("foo").starts_with("foo(y)"));
        assert!(of("bar").starts_with("bar(x)"));
        assert!(of("y}").starts_with("$\"{foo"), "of two one cannot tell");
        assert!(of("internal").starts_with("$\"{foo"));
        assert_eq!(column("é := 1", "é := 1", 4), 4);
        assert_eq!(column("a", "ab", 3), 2);
    }
}
