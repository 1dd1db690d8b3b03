//! Bundles as archives: whatever is unpacked stays in its root and within its bounds, each name once.

use std::collections::HashSet;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use vestry::decide::bundle::{File, MAX_FILE_BYTES, pack, unpack};

use crate::make::tar;
use crate::random::Random;
use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape};

/// `z` and a `.tar.gz`, or anything else and a tar.
pub struct Archive;

impl Target for Archive {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let archives = seeds::below("tests/fixtures/bundles", ".tar.gz");
        let files = [
            File { name: "a.rego".into(), bytes: b"package a\n".to_vec() },
            File { name: "lib/data.json".into(), bytes: b"{}".to_vec() },
        ];
        archives
            .into_iter()
            .chain([pack::pack(&files)])
            .map(|archive| [b"z".to_vec(), archive].concat())
            .collect()
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "ustar\0",
            "ustar  \0",
            "../",
            "a.rego",
            "\x1f\u{8b}",
            "00000000000",
            "77777777777",
            "path=",
            "GNU.sparse.",
        ]
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        Some([b"t".to_vec(), tar::archive(random)].concat())
    }

    fn longest(&self) -> usize {
        16 << 10
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let archive = match case.split_first() {
            Some((b'z', archive)) => archive.to_vec(),
            Some((_, archive)) => gzip(&tar::with_sums(archive.to_vec())),
            None => return Ok("no case".into()),
        };
        let files = match unpack(&archive) {
            Ok(files) => files,
            Err(fault) => return Ok(shape(&fault.to_string())),
        };
        let mut names = HashSet::new();
        for File { name, bytes } in &files {
            let leaves = name.is_empty()
                || name.contains(['\\', '\0', '\n'])
                || name.split('/').any(|part| matches!(part, "" | "." | ".."));
            if leaves {
                return Err(format!("{name:?} leaves the root"));
            }
            if !names.insert(name.to_lowercase()) {
                return Err(format!("{name:?} is there twice"));
            }
            if bytes.len() as u64 > MAX_FILE_BYTES {
                return Err(format!("{name:?} is too large"));
            }
        }
        match unpack(&pack::pack(&files)) {
            Ok(again) if again == files => Ok(format!("{} files", files.len().min(5))),
            again => Err(format!("packed again, it is otherwise: {:?}", again.map(|files| files.len()))),
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).and_then(|()| gzip.finish()).expect("memory takes everything")
}
