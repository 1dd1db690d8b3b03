//! What a shell completes, and the manual pages.

mod support;

use std::path::Path;

use support::TempDir;
use support::vestry::{Ended, vestry};

fn run(arguments: &[&str], directory: &Path) -> Ended {
    support::vestry::run(vestry(arguments, &[]).current_dir(directory))
}

#[test]
fn completions_and_pages_know_every_command() {
    let directory = TempDir::new("completions");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = run(&["completions", shell], directory.path());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        for command in ["import", "completions", "emulate", "verify"] {
            assert!(ended.stdout.contains(command), "{shell} lacks {command}");
        }
    }
    let ended = run(&["man"], directory.path());
    assert!(ended.stdout.contains(".TH") && ended.stdout.contains("import"), "{}", ended.stdout);
    assert_eq!(run(&["man", "share/man1"], directory.path()).code, 0);
    let pages = directory.path().join("share/man1");
    for page in ["vestry.1", "vestry-import.1", "vestry-policy-test.1"] {
        let text = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.contains("Examples:") || page == "vestry.1", "{page}");
        let title = text.lines().find(|line| line.starts_with(".TH")).unwrap();
        assert!(title.contains(concat!("\"vestry ", env!("CARGO_PKG_VERSION"), "\"")), "{title}");
    }
    directory.write("file", "");
    assert_eq!(run(&["man", "file/x"], directory.path()).code, 2);
}
