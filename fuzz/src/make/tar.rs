//! Tar archives, with names, kinds and sizes that archives of policies have and that attacks have.

use crate::random::Random;

const BLOCK: usize = 512;
const NAMES: &[&str] = &[
    "a.rego",
    "/a.rego",
    "./a.rego",
    "A.rego",
    "lib/data.json",
    "data.yaml",
    ".manifest",
    ".signatures.json",
    "settings.toml",
    "../a.rego",
    "a/../../b.rego",
    "//a",
    "a//b",
    "a\\b.rego",
    ".hidden",
    "lib/",
    "lib",
    "",
    ".",
    "/",
    "a.rego ",
    "é.rego",
    "policy.wasm",
    "._a.rego",
    "pax_global_header",
];
const KINDS: &[u8] = b"000000005\x0012346789gxLKSVDM";

pub fn archive(random: &mut Random) -> Vec<u8> {
    let mut archive = Vec::new();
    for _ in 0..random.below(6) {
        entry(&mut archive, random);
    }
    archive.resize(archive.len() + BLOCK * random.pick(&[2, 2, 2, 18, 1, 0]), 0);
    archive
}

fn entry(archive: &mut Vec<u8>, random: &mut Random) {
    let kind = *random.pick(KINDS);
    let content = match kind {
        b'x' | b'g' => pax(random),
        b'L' | b'K' => format!("{}\0", "n/".repeat(random.below(90))).into_bytes(),
        _ => vec![b'x'; random.few(900)],
    };
    let mut header = [0; BLOCK];
    let name = random.pick(NAMES).as_bytes();
    header[..name.len()].copy_from_slice(name);
    header[100..108].copy_from_slice(b"0000644\0");
    let size = match random.below(12) {
        0 => "77777777777\0".to_string(),
        1 => format!("{:011o}\0", content.len() + random.below(2_000)),
        2 => "00000000000\0".to_string(),
        _ => format!("{:011o}\0", content.len()),
    };
    header[124..136].copy_from_slice(size.as_bytes());
    header[156] = kind;
    let magic: &[u8] = if random.once_in(2) { b"ustar  \0" } else { b"ustar\x0000" };
    header[257..265].copy_from_slice(magic);
    if random.once_in(6) {
        header[345..351].copy_from_slice(b"prefix");
    }
    archive.extend_from_slice(&header);
    archive.extend_from_slice(&content);
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
}

fn pax(random: &mut Random) -> Vec<u8> {
    let records = [
        "path=b.rego",
        "path=../b.rego",
        "size=1",
        "size=99999999999999999999",
        "size=-1",
        "GNU.sparse.major=1",
        "linkpath=/etc",
        "GNU.sparse.name=x",
        "uid=1",
        "=",
        "path=",
        "charset=BINARY",
    ];
    let mut pax = String::new();
    for _ in 0..random.below(4) {
        let record = random.pick(&records);
        let length = record.len() + 3 + random.pick(&[0, 0, 0, 1, 50]);
        pax += &format!("{length} {record}\n");
    }
    pax.into_bytes()
}

/// What was changed gets the sums that it needs to be looked at.
pub fn with_sums(mut archive: Vec<u8>) -> Vec<u8> {
    let mut at = 0;
    while at + BLOCK <= archive.len() {
        let header = &mut archive[at..at + BLOCK];
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let octal = std::str::from_utf8(&header[124..135]).ok();
        let size = octal.and_then(|octal| usize::from_str_radix(octal.trim_matches(['\0', ' ']), 8).ok());
        let content = size.unwrap_or(0).min(archive.len());
        at += BLOCK + content.next_multiple_of(BLOCK);
    }
    archive
}
