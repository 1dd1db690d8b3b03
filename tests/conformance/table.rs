//! The part of docs/rego.md that the run writes, between two comments.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::{Folder, Miss, reasons::Reasons};

const BEGIN: &str = "<!-- The rest is written by `make conformance-docs`. -->\n";

/// Writes the table, or says where it differs from what is there.
pub fn hold(
    folders: &BTreeMap<String, Folder>,
    reasons: &Reasons,
    docs: &Path,
    write: bool,
) -> Option<String> {
    let text = std::fs::read_to_string(docs).unwrap_or_else(|e| panic!("{}: {e}", docs.display()));
    let (head, rest) =
        text.split_once(BEGIN).unwrap_or_else(|| panic!("{} has lost {BEGIN}", docs.display()));
    let table = table(folders, reasons);
    if write {
        std::fs::write(docs, format!("{head}{BEGIN}{table}"))
            .unwrap_or_else(|e| panic!("{}: {e}", docs.display()));
        return None;
    }
    (rest != table)
        .then(|| format!("{} is not what the cases give; run `make conformance-docs`", docs.display()))
}

fn table(folders: &BTreeMap<String, Folder>, reasons: &Reasons) -> String {
    let mut out = String::new();
    let sum = |of: &dyn Fn(&Folder) -> usize| folders.values().map(of).sum::<usize>();
    let (passed, refused, wrong) = (sum(&|f| f.passed), sum(&|f| f.refused.len()), sum(&|f| f.wrong.len()));
    let whole = folders.values().filter(|f| f.refused.is_empty() && f.wrong.is_empty()).count();
    let _ = writeln!(
        out,
        "\nOf {} cases in {} folders, {passed} pass, {refused} are refused, and {wrong} give another result. \
         {whole} folders pass whole; these do not:\n",
        passed + refused + wrong,
        folders.len()
    );
    out.push_str("| folder | pass | refused | other result |\n|---|---:|---:|---:|\n");
    let missing = || folders.iter().filter(|(_, f)| !f.refused.is_empty() || !f.wrong.is_empty());
    for (name, folder) in missing() {
        let _ = writeln!(
            out,
            "| {name} | {} | {} | {} |",
            folder.passed,
            folder.refused.len(),
            folder.wrong.len()
        );
    }
    for (name, folder) in missing() {
        let _ = writeln!(out, "\n### {name}\n");
        let mut by_reason: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for Miss { note, why, .. } in folder.refused.iter().chain(&folder.wrong) {
            by_reason.entry(why.unwrap_or(usize::MAX)).or_default().push(note);
        }
        for (reason, notes) in by_reason {
            let why = if reason == usize::MAX { "Not explained." } else { reasons.why(reason) };
            let _ = writeln!(out, "{why}\n");
            for note in notes {
                let _ = writeln!(out, "- {}", note.trim());
            }
            out.push('\n');
        }
    }
    format!("{}\n", out.trim_end())
}
