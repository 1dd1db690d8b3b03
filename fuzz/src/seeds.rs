//! Cases to begin with: what lies in the repository.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The whole input of a decision, as the documentation has it.
pub static INPUT_RESOLVE: LazyLock<Vec<u8>> = LazyLock::new(|| file("tests/fixtures/input-resolve.json"));

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("fuzz/ lies in the repository")
}

/// A file of the repository.
pub fn file(path: &str) -> Vec<u8> {
    let path = root().join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a directory of the repository whose name ends so, in the order of the names.
pub fn below(directory: &str, end: &str) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    walk(&root().join(directory), &mut paths);
    paths.sort();
    let matching = paths.iter().filter(|path| path.to_string_lossy().ends_with(end));
    matching.filter_map(|path| std::fs::read(path).ok()).collect()
}

/// The same with their names below the directory; texts alone.
pub fn named(directory: &str, end: &str) -> Vec<(String, String)> {
    let directory = root().join(directory);
    let mut paths = Vec::new();
    walk(&directory, &mut paths);
    paths.sort();
    let matching = paths.into_iter().filter(|path| path.to_string_lossy().ends_with(end));
    matching
        .filter_map(|path| {
            let name = path.strip_prefix(&directory).ok()?.to_str()?.to_string();
            Some((name, std::fs::read_to_string(&path).ok()?))
        })
        .collect()
}

fn walk(directory: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { walk(&path, paths) } else { paths.push(path) }
    }
}

pub fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
