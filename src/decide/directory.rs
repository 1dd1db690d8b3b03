//! One policy directory, read: its Rego, its data, and the hash of both.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;

use super::bundle::{Bundle, File, is_archive};
use super::hex::hex;
use super::settings;
use crate::declare::suggest::nearest;
use crate::error::{ErrorType, Problem};

/// More than any team writes, less than a slow start is made of.
const MAX_FILES: usize = 2_000;
const MAX_ENTRIES: usize = 20_000;
const MAX_DEPTH: usize = 32;
const MAX_FILE_BYTES: u64 = 1 << 20;
const MAX_TOTAL_BYTES: u64 = 16 << 20;

/// What a policy directory holds, in the order of the paths.
///
/// Hidden files and directories are left out. A link is followed to a file within the directory and
/// nowhere else.
#[derive(Debug)]
pub(super) struct Directory {
    pub root: PathBuf,
    pub policies: Vec<PolicyFile>,
    /// `*_test.rego`, where they were asked for; they are no part of the revision.
    pub tests: Vec<PolicyFile>,
    pub with_tests: bool,
    /// There is more, which could not be read: half of what the files say would be found wrong.
    pub incomplete: bool,
    pub data: Vec<PolicyFile>,
    /// The `settings.toml` at its top, and those at the top of bundles in it.
    pub settings: Vec<PolicyFile>,
    /// Files that look as if they were meant and are not read: `settings.yaml`, `deny.REGO`.
    pub ignored: Vec<PathBuf>,
    /// `sha256:…` over the paths and contents of everything read.
    pub revision: String,
    /// `*.tar.gz` directly in it: bundles.
    pub archives: Vec<PathBuf>,
    /// What is known of the bundles that files here came in.
    pub bundles: Vec<Bundle>,
}

#[derive(Debug)]
pub(super) struct PolicyFile {
    /// With the root in front, for messages.
    pub path: PathBuf,
    /// Below the root.
    pub relative: PathBuf,
    pub text: String,
}

/// Without those that say the same as one before them, as a layer does that was made of a directory. What cannot be read
/// stays, to be told of.
#[cfg(feature = "tool")]
pub(super) fn without_copies(roots: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut seen = Vec::new();
    roots
        .into_iter()
        .filter(|root| {
            let (directory, problems) = read_files(root, false);
            let directory = directory.complete();
            let known = problems.is_empty() && directory.archives.is_empty();
            let copy = known && seen.contains(&directory.revision);
            seen.extend(known.then_some(directory.revision));
            !copy
        })
        .collect()
}

#[cfg(feature = "tool")]
impl Directory {
    /// The files of another one besides; their places in messages and in `data` stay.
    pub fn append(&mut self, other: Self) {
        self.policies.extend(other.policies);
        self.tests.extend(other.tests);
        self.data.extend(other.data);
        self.ignored.extend(other.ignored);
        self.bundles.extend(other.bundles);
        self.incomplete |= other.incomplete;
    }
}

impl PolicyFile {
    /// Where the content of a data file goes: the directories it lies in, below the root.
    pub fn mount(&self) -> Vec<String> {
        let parent = self.relative.parent().unwrap_or(Path::new(""));
        parent.iter().map(|part| part.to_string_lossy().into_owned()).collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Policy,
    Test,
    Data,
    /// Only at the top.
    Settings,
    /// A bundle, where it lies directly in the directory.
    Archive,
    /// Not read, but somebody may believe that it is.
    NearMiss,
    Other,
}

fn kind_of(name: &str) -> Kind {
    let lower = name.to_ascii_lowercase();
    if name.ends_with("_test.rego") {
        Kind::Test
    } else if name.ends_with(".rego") {
        Kind::Policy
    } else if ["data.json", "data.yaml", "data.yml"].contains(&name) {
        Kind::Data
    } else if name == settings::FILE {
        Kind::Settings
    } else if is_archive(name) {
        Kind::Archive
    } else if nearest(name, [settings::FILE]).is_some()
        || [".rego", ".json", ".yaml", ".yml", ".tar.gz", ".tgz"].iter().any(|end| lower.ends_with(end))
    {
        Kind::NearMiss
    } else {
        Kind::Other
    }
}

/// Reads the directory at `root`.
///
/// Fails with `PolicyInvalid` when it is missing, unreadable, larger than the bounds above, or holds what is neither a
/// file nor a directory.
#[cfg(feature = "tool")]
pub(super) fn read(root: &Path) -> Result<Directory, Vec<Problem>> {
    let (directory, problems) = read_files(root, false);
    if problems.is_empty() { Ok(directory.complete()) } else { Err(problems) }
}

/// The same, to be [completed](Directory::complete), and its tests where they are asked for; what can be read, and what cannot.
pub(super) fn read_files(root: &Path, tests: bool) -> (Directory, Vec<Problem>) {
    let real_root = match fs::canonicalize(root) {
        Ok(real) if real.is_dir() => real,
        other => {
            let problem = match other {
                Err(error) => unreadable(root, &error),
                Ok(_) => invalid(root, "is not a directory").advice("name a directory of .rego files"),
            };
            return (Directory::empty(root), vec![problem]);
        }
    };
    let mut walk = Walk {
        real_root,
        tests,
        files: Vec::new(),
        ignored: Vec::new(),
        archives: Vec::new(),
        problems: Vec::new(),
        entries: 0,
        bytes: 0,
    };
    if let Err(problem) = walk.directory(root, Path::new(""), 0) {
        walk.problems.push(problem);
    }
    let Walk { files, ignored, mut archives, problems, .. } = walk;
    archives.sort();
    let mut directory = Directory { ignored, archives, with_tests: tests, ..Directory::empty(root) };
    for (kind, file) in files {
        let to = match kind {
            Kind::Policy => &mut directory.policies,
            Kind::Test => &mut directory.tests,
            Kind::Settings => &mut directory.settings,
            _ => &mut directory.data,
        };
        to.push(file);
    }
    (directory, problems)
}

impl Directory {
    pub fn empty(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            policies: Vec::new(),
            tests: Vec::new(),
            with_tests: false,
            incomplete: false,
            data: Vec::new(),
            settings: Vec::new(),
            ignored: Vec::new(),
            revision: String::new(),
            archives: Vec::new(),
            bundles: Vec::new(),
        }
    }

    /// A file out of the bundle at `bundle`; fails where it would be read and is not UTF-8.
    pub fn add(&mut self, bundle: &Path, file: File) -> Result<(), FromUtf8Error> {
        let path = bundle.join(&file.name);
        let base = file.name.rsplit('/').next().unwrap_or(&file.name);
        let to = match kind_of(base) {
            Kind::Policy => &mut self.policies,
            Kind::Data => &mut self.data,
            Kind::Test if self.with_tests => &mut self.tests,
            Kind::Settings if file.name == settings::FILE => &mut self.settings,
            Kind::NearMiss | Kind::Archive | Kind::Settings => {
                self.ignored.push(path);
                return Ok(());
            }
            Kind::Test | Kind::Other => return Ok(()),
        };
        to.push(PolicyFile { path, relative: file.name.into(), text: String::from_utf8(file.bytes)? });
        Ok(())
    }

    /// In the order of the paths, with the revision of all.
    pub fn complete(mut self) -> Self {
        self.policies.sort_by(|a, b| a.path.cmp(&b.path));
        self.tests.sort_by(|a, b| a.path.cmp(&b.path));
        self.data.sort_by(|a, b| a.path.cmp(&b.path));
        self.revision = revision(&self);
        self
    }
}

struct Walk {
    real_root: PathBuf,
    tests: bool,
    files: Vec<(Kind, PolicyFile)>,
    ignored: Vec<PathBuf>,
    archives: Vec<PathBuf>,
    /// Of single files and directories; what is past a bound ends the walk.
    problems: Vec<Problem>,
    entries: usize,
    bytes: u64,
}

impl Walk {
    fn directory(&mut self, path: &Path, relative: &Path, depth: usize) -> Result<(), Problem> {
        if depth > MAX_DEPTH {
            return Err(invalid(path, &format!("is nested deeper than {MAX_DEPTH} directories"))
                .advice("put its files higher up"));
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                self.problems.push(unreadable(path, &error));
                return Ok(());
            }
        };
        for entry in entries {
            let entry = entry.map_err(|e| unreadable(path, &e))?;
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(invalid(path, &format!("is past {MAX_ENTRIES} directory entries"))
                    .advice("leave in it what belongs to the policy"));
            }
            let path = path.join(entry.file_name());
            let Some(name) = entry.file_name().to_str().map(str::to_string) else {
                self.problems.push(invalid(&path, "has a name that is not UTF-8").advice("rename it"));
                continue;
            };
            if name.starts_with('.') {
                continue;
            }
            if name.contains(char::is_control) {
                let why = format!("holds {name:?}, whose name has a control character in it");
                self.problems.push(invalid(path.parent().unwrap_or(&path), &why).advice("rename it"));
                continue;
            }
            let relative = relative.join(&name);
            let file_type = entry.file_type().map_err(|e| unreadable(&path, &e))?;
            if file_type.is_dir() {
                self.directory(&path, &relative, depth + 1)?;
            } else if file_type.is_symlink() {
                match self.follow(&path) {
                    Ok(target) => self.file(&name, path, relative, &target)?,
                    Err(problem) => self.problems.push(problem),
                }
            } else if file_type.is_file() {
                self.file(&name, path.clone(), relative, &path)?;
            } else if self.kind_of(&name) != Kind::Other {
                self.problems
                    .push(invalid(&path, "is not a regular file").advice("put the file itself in its place"));
            }
        }
        Ok(())
    }

    fn kind_of(&self, name: &str) -> Kind {
        let kind = kind_of(name);
        if kind == Kind::Test && !self.tests { Kind::Other } else { kind }
    }

    /// Only a regular file within the directory: then no loop, no device and nothing from elsewhere is reached.
    fn follow(&self, link: &Path) -> Result<PathBuf, Problem> {
        let target = fs::canonicalize(link).map_err(|e| unreadable(link, &e))?;
        if target.starts_with(&self.real_root) && target.is_file() {
            return Ok(target);
        }
        Err(invalid(link, "is a link to something other than a file of the same policy directory")
            .advice("put the file itself in its place"))
    }

    fn file(&mut self, name: &str, path: PathBuf, relative: PathBuf, target: &Path) -> Result<(), Problem> {
        match self.kind_of(name) {
            Kind::Other => {}
            Kind::Archive if relative.as_os_str() == name => self.archives.push(path),
            Kind::NearMiss | Kind::Archive => self.ignored.push(path),
            Kind::Settings if relative.as_os_str() != name => self.ignored.push(path),
            kind @ (Kind::Policy | Kind::Test | Kind::Data | Kind::Settings) => {
                let bytes = self.bytes(&path, target)?;
                match bytes.and_then(|bytes| String::from_utf8(bytes).map_err(|e| not_utf8(&path, &e))) {
                    Ok(text) => self.files.push((kind, PolicyFile { path, relative, text })),
                    Err(problem) => self.problems.push(problem),
                }
            }
        }
        Ok(())
    }

    /// The outer error ends the walk, the inner one is the file's.
    fn bytes(&mut self, path: &Path, target: &Path) -> Result<Result<Vec<u8>, Problem>, Problem> {
        if self.files.len() >= MAX_FILES {
            return Err(invalid(path, &format!("is past {MAX_FILES} files in one policy directory"))
                .advice("make fewer files of its rules"));
        }
        let mut bytes = Vec::new();
        let read = fs::File::open(target).and_then(|file| {
            // Read at once, where it is as long as it says, and a byte is left to see that it ends.
            let length = file.metadata()?.len().min(MAX_FILE_BYTES);
            bytes.reserve_exact(length as usize + 1);
            file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)
        });
        if let Err(error) = read {
            return Ok(Err(unreadable(path, &error)));
        }
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_TOTAL_BYTES {
            return Err(invalid(path, &format!("is past {MAX_TOTAL_BYTES} bytes in one policy directory"))
                .advice("leave in it what belongs to the policy"));
        }
        let is_large = bytes.len() as u64 > MAX_FILE_BYTES;
        let large = || {
            invalid(path, &format!("is larger than {MAX_FILE_BYTES} bytes"))
                .advice("spread what it says over several files")
        };
        Ok(if is_large { Err(large()) } else { Ok(bytes) })
    }
}

/// Lengths go in with the bytes, so that no two directories share a revision by shifting a border.
fn revision(directory: &Directory) -> String {
    let Directory { policies, data, settings, .. } = directory;
    let mut files: Vec<_> = policies.iter().chain(data).chain(settings).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    for file in files {
        let name = file.path.strip_prefix(&directory.root).unwrap_or(&file.path).to_string_lossy();
        for part in [name.as_bytes(), file.text.as_bytes()] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    format!("sha256:{}", hex(hash.finish().as_ref()))
}

fn not_utf8(path: &Path, error: &FromUtf8Error) -> Problem {
    let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let row = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let column = String::from_utf8_lossy(row).chars().count() + 1;
    invalid(path, &format!("is not UTF-8 at line {line} column {column}")).advice("save it as UTF-8")
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "name one that is there",
        io::ErrorKind::PermissionDenied => "give files the mode 0644 and directories 0755",
        _ => "look at what is there, and put it there anew",
    };
    invalid(path, &format!("cannot be read: {error}")).advice(advice)
}

fn invalid(path: &Path, why: &str) -> Problem {
    Problem::new(ErrorType::PolicyInvalid, format!("policy {} {why}", path.display()))
}
