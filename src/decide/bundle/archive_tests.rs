//! What an archive may hold and what not; and whatever its bytes, an answer.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// A header with the name as raw bytes: the library would clean it.
fn header(name: &[u8], kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    header
}

fn entry(tar: &mut Vec<u8>, name: &[u8], kind: EntryType, bytes: &[u8]) {
    tar.extend_from_slice(header(name, kind, bytes.len() as u64).as_bytes());
    tar.extend_from_slice(bytes);
    tar.resize(tar.len().next_multiple_of(512), 0);
}

fn ended(mut tar: Vec<u8>) -> Vec<u8> {
    tar.resize(tar.len() + 1024, 0);
    tar
}

fn tar_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, text) in files {
        entry(&mut tar, name.as_bytes(), EntryType::Regular, text.as_bytes());
    }
    ended(tar)
}

fn unpacked(files: &[(&str, &str)]) -> Result<Vec<File>, Fault> {
    unpack(&gzip(&tar_of(files)))
}

/// An archive of one entry of another kind beside a sound file.
fn with(name: &str, kind: EntryType) -> Fault {
    let mut tar = Vec::new();
    entry(&mut tar, b"a.rego", EntryType::Regular, b"package a");
    entry(&mut tar, name.as_bytes(), kind, b"");
    unpack(&gzip(&ended(tar))).unwrap_err()
}

#[test]
fn files_come_out_as_they_went_in() {
    let files = unpacked(&[("/data.json", "{}"), ("./lib/a.rego", "package lib"), ("empty", "")]).unwrap();
    let found: Vec<_> = files.iter().map(|f| (f.name.as_str(), f.bytes.as_slice())).collect();
    assert_eq!(found, [("data.json", &b"{}"[..]), ("lib/a.rego", b"package lib"), ("empty", b"")]);
    assert_eq!(unpack(&gzip(&[0; 10_240])).unwrap(), []);
}

#[test]
fn directories_and_long_names_are_understood() {
    let long = format!("{}/data.json", "long".repeat(40));
    let mut builder = Builder::new(Vec::new());
    let mut directory = header(b"./", EntryType::Directory, 0);
    builder.append(&directory, &b""[..]).unwrap();
    directory = header(b"lib/", EntryType::Directory, 0);
    builder.append(&directory, &b""[..]).unwrap();
    builder.append_data(&mut header(b"", EntryType::Regular, 2), &long, &b"{}"[..]).unwrap();
    builder.append_pax_extensions([("path", b"lib/pax.rego".as_slice())]).unwrap();
    builder.append(&header(b"short", EntryType::Regular, 1), &b"x"[..]).unwrap();
    let files = unpack(&gzip(&builder.into_inner().unwrap())).unwrap();
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, [long.as_str(), "lib/pax.rego"]);
}

#[test]
fn no_name_leads_out_of_the_bundle() {
    for name in [
        "../a.rego",
        "a/../../b.rego",
        "//etc/passwd",
        "/../a",
        ".hidden",
        "a\\b",
        "a//b",
        "dir/",
        "/",
        "a\u{1}",
    ] {
        let fault = unpacked(&[("a.rego", ""), (name, "x")]).unwrap_err();
        assert!(matches!(fault, Fault::Name { .. }), "{name}: {fault}");
    }
    for name in ["../", "a/../..//", ".git/"] {
        assert!(matches!(with(name, EntryType::Directory), Fault::Name { .. }), "{name}");
    }
    let mut tar = Vec::new();
    entry(&mut tar, b"a\xff.rego", EntryType::Regular, b"");
    assert!(matches!(unpack(&gzip(&ended(tar))).unwrap_err(), Fault::Name { .. }));
}

#[test]
fn a_long_name_does_not_lead_out_either() {
    for keyed in ["path", "GNU.sparse.name"] {
        let mut builder = Builder::new(Vec::new());
        builder.append_pax_extensions([(keyed, b"../../etc/passwd".as_slice())]).unwrap();
        builder.append(&header(b"a", EntryType::Regular, 1), &b"x"[..]).unwrap();
        let fault = unpack(&gzip(&builder.into_inner().unwrap())).unwrap_err();
        assert!(matches!(fault, Fault::Name { .. } | Fault::Kind { .. }), "{keyed}: {fault}");
    }
    let mut tar = Vec::new();
    entry(&mut tar, b"././@LongLink", EntryType::GNULongName, b"../a.rego\0");
    entry(&mut tar, b"a", EntryType::Regular, b"x");
    assert!(matches!(unpack(&gzip(&ended(tar))).unwrap_err(), Fault::Name { .. }));
    // A NUL does not hide the rest of a name.
    let mut tar = Vec::new();
    entry(&mut tar, b"././@LongLink", EntryType::GNULongName, b"a.rego\0/../b\0");
    entry(&mut tar, b"a", EntryType::Regular, b"x");
    assert!(matches!(unpack(&gzip(&ended(tar))).unwrap_err(), Fault::Name { .. }));
}

#[test]
fn only_files_and_directories_are_taken() {
    use EntryType::*;
    for kind in [Symlink, Link, Char, Block, Fifo, Continuous, new(b'V'), new(b'M')] {
        let fault = with("b.rego", kind);
        assert!(matches!(fault, Fault::Kind { .. }), "{kind:?}: {fault}");
    }
    // The library looks into a sparse file's map at once.
    assert!(matches!(with("b.rego", GNUSparse), Fault::Kind { .. } | Fault::Tar(_)));
    fn new(byte: u8) -> EntryType {
        EntryType::new(byte)
    }
}

/// A header of POSIX's kind before an entry, or before all of them: `17 path=a.rego\n` and the like.
fn pax(tar: &mut Vec<u8>, kind: EntryType, records: &[(&str, &str)]) {
    let mut text = String::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let digits = (1..4).find(|digits| (rest.len() + digits).to_string().len() == *digits).unwrap();
        text.push_str(&format!("{}{rest}", rest.len() + digits));
    }
    entry(tar, b"pax", kind, text.as_bytes());
}

#[test]
fn what_two_readers_take_for_another_name_or_size_is_refused() {
    use EntryType::{GNULongName, Regular, XGlobalHeader, XHeader};
    let archive = |before: &dyn Fn(&mut Vec<u8>)| {
        let mut tar = Vec::new();
        before(&mut tar);
        entry(&mut tar, b"b.rego", Regular, b"package b");
        unpack(&gzip(&ended(tar)))
    };
    let one = |records: &'static [(&str, &str)]| archive(&|tar| pax(tar, XHeader, records));
    assert_eq!(one(&[("path", "a.rego"), ("size", "9"), ("mtime", "1")]).unwrap()[0].name, "a.rego");
    for two in [
        &[("path", "a.rego"), ("path", "x.txt")],
        &[("path", "x.txt"), ("path", "a.rego")],
        &[("size", "9"), ("size", "0")],
        &[("path", "a.rego"), ("size", "-9")],
    ] {
        let fault = one(two).unwrap_err();
        assert!(matches!(fault, Fault::Tar(_)), "{two:?}: {fault}");
    }
    let gnu_too = archive(&|tar| {
        pax(tar, XHeader, &[("path", "x.txt")]);
        entry(tar, b"././@LongLink", GNULongName, b"a.rego\0");
    });
    assert!(matches!(gnu_too, Err(Fault::Tar(_))), "{gnu_too:?}");
    let of_all = |records: &'static [(&str, &str)]| archive(&|tar| pax(tar, XGlobalHeader, records));
    assert_eq!(of_all(&[("comment", "of git archive")]).unwrap()[0].name, "b.rego");
    for key in [&[("path", "x.txt")], &[("size", "0")], &[("GNU.sparse.name", "x")]] {
        assert!(matches!(of_all(key), Err(Fault::Tar(_))), "{key:?}");
    }
    let hidden = archive(&|tar| entry(tar, b"d/", EntryType::Directory, &tar_of(&[("x.rego", "package x")])));
    assert!(matches!(hidden, Err(Fault::Kind { .. })), "{hidden:?}");
}

#[test]
fn a_name_is_there_once_whatever_its_case() {
    for pair in [
        ["a.rego", "a.rego"],
        ["a.rego", "./a.rego"],
        ["/a.rego", "a.rego"],
        ["data.json", "DATA.json"],
        ["É/a", "é/a"],
    ] {
        let fault = unpacked(&[(pair[0], "1"), (pair[1], "2")]).unwrap_err();
        assert!(matches!(fault, Fault::Twice(_)), "{pair:?}: {fault}");
    }
}

#[test]
fn sizes_are_bounded_before_anything_is_unpacked() {
    assert!(matches!(unpack(&vec![0x1f; 16 << 20 | 1]).unwrap_err(), Fault::LargeArchive));
    // 20 MB of zeros: 1,000 times its size.
    let bomb = gzip(&vec![0; 20 << 20]);
    assert!(matches!(unpack(&bomb).unwrap_err(), Fault::Bomb), "{}", bomb.len());
    let mut tar = Vec::new();
    entry(&mut tar, b"a.rego", EntryType::Regular, &noise(1 << 20 | 1));
    assert!(matches!(unpack(&gzip(&ended(tar))).unwrap_err(), Fault::LargeFile { .. }));
    let mut tar = Vec::new();
    for i in 0..25 {
        entry(&mut tar, format!("{i}").as_bytes(), EntryType::Regular, &vec![b'0' + (i % 10); 1 << 20]);
    }
    // Compressed so that the ratio does not speak first.
    let mut archive = gzip(&ended(tar));
    let noise_free = archive.len();
    assert!(matches!(unpack(&archive).unwrap_err(), Fault::Bomb | Fault::LargeUnpacked), "{noise_free}");
    let mut tar = Vec::new();
    for i in 0..25 {
        entry(&mut tar, format!("{i}").as_bytes(), EntryType::Regular, &hexed(&noise(1 << 19)));
    }
    archive = gzip(&ended(tar));
    assert!(matches!(unpack(&archive).unwrap_err(), Fault::LargeUnpacked));
    let many: Vec<(String, &str)> = (0..=MAX_FILES).map(|i| (i.to_string(), "")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    assert!(matches!(unpacked(&many).unwrap_err(), Fault::ManyFiles));
}

#[test]
fn a_size_that_lies_is_found_out() {
    for size in [1 << 20, u64::MAX >> 1, 513] {
        let mut tar = header(b"a.rego", EntryType::Regular, size).as_bytes().to_vec();
        tar.extend_from_slice(&[b'x'; 512]);
        assert!(unpack(&gzip(&ended(tar))).is_err(), "{size}");
    }
    // One that covers the archive's end with the file's content.
    let mut tar = header(b"a.rego", EntryType::Regular, 1536).as_bytes().to_vec();
    tar.extend_from_slice(&[b'x'; 512]);
    assert!(matches!(unpack(&gzip(&ended(tar))).unwrap_err(), Fault::NoEnd));
}

#[test]
fn what_is_cut_off_or_goes_on_is_refused() {
    let tar = tar_of(&[("a.rego", "package a"), ("b.rego", "package b")]);
    let archive = gzip(&tar);
    for length in 0..archive.len() {
        assert!(unpack(&archive[..length]).is_err(), "{length}");
    }
    // Whole gzip around a tar archive that ends early, at a border or within a file.
    for length in [512, 1024, 1300, 1536, 2048, 2560] {
        assert!(unpack(&gzip(&tar[..length])).is_err(), "{length}");
    }
    let second = gzip(&tar_of(&[("c.rego", "package c")]));
    assert!(matches!(unpack(&[archive.clone(), second].concat()).unwrap_err(), Fault::SecondMember));
    assert!(matches!(unpack(&[archive, vec![0; 3]].concat()).unwrap_err(), Fault::SecondMember));
    let hidden = [tar.clone(), tar_of(&[("c.rego", "package c")])].concat();
    assert!(matches!(unpack(&gzip(&hidden)).unwrap_err(), Fault::NoEnd));
    assert!(matches!(unpack(b"PK\x03\x04 zip").unwrap_err(), Fault::NoGzip));
    assert!(unpack(&gzip(b"no tar")).is_err());
}

/// xorshift64: the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

fn noise(length: usize) -> Vec<u8> {
    let mut dice = Dice(88_172_645_463_325_252);
    std::iter::repeat_with(|| dice.roll(256) as u8).take(length).collect()
}

fn hexed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

/// Whatever is done to an archive, its reader answers, and what it answers keeps the rules.
#[test]
fn whatever_the_bytes_an_answer_comes() {
    let mut builder =
        Builder::new(tar_of(&[("data.json", "{}"), ("lib/a.rego", "package lib")])[..2048].to_vec());
    builder.append_pax_extensions([("path", b"lib/pax.rego".as_slice())]).unwrap();
    builder.append(&header(b"short", EntryType::Regular, 1), &b"x"[..]).unwrap();
    let long = "n".repeat(120);
    builder.append_data(&mut header(b"", EntryType::Regular, 2), &long, &b"{}"[..]).unwrap();
    let sound = builder.into_inner().unwrap();
    assert_eq!(entries(&sound).unwrap().len(), 4);
    let packed = gzip(&sound);
    let mut dice = Dice(2_685_821_657_736_338_717);
    let (mut read, mut refused) = (0, 0);
    for round in 0..20_000 {
        let in_gzip = round % 4 == 0;
        let mut bytes = if in_gzip { packed.clone() } else { sound.clone() };
        for _ in 0..=dice.roll(4) {
            let at = dice.roll(bytes.len());
            match dice.roll(5) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes.insert(at, dice.roll(256) as u8),
                2 => bytes[at] = [0, b'/', b'.', 0xff, b'7'][dice.roll(5)],
                _ => bytes[at] ^= 1 << dice.roll(8),
            }
            // A checksum that fits leads further in.
            let block = at / 512 * 512;
            if !in_gzip
                && let Some(header) = bytes.get_mut(block..block + 512)
                && dice.roll(2) == 0
            {
                header[148..156].fill(b' ');
                let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
                header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            }
        }
        match if in_gzip { unpack(&bytes) } else { entries(&bytes) } {
            Ok(files) => {
                read += 1;
                let mut names: Vec<_> = files.iter().map(|file| name::folded(&file.name)).collect();
                for file in &files {
                    assert_eq!(name::normal(&file.name), Ok(file.name.as_str()));
                    assert!(file.bytes.len() as u64 <= MAX_FILE_BYTES);
                }
                names.sort();
                names.dedup();
                assert_eq!(names.len(), files.len());
            }
            Err(fault) => {
                refused += 1;
                assert!(!fault.to_string().chars().any(char::is_control), "{fault:?}");
            }
        }
    }
    assert!(read > 500 && refused > 5_000, "{read} read, {refused} refused");
}
