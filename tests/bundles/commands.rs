//! `vestry policy bundle`, `sign` and `verify`, as a governance team's pipeline calls them.

use std::fs;
use std::path::Path;

use crate::key::{Keys, done, fails, packed, text, vestry_policy};
use crate::policy::{Dir, allows};

fn directory() -> Dir {
    Dir::new(&[
        ("a.rego", &allows("vestry.declare.mine")),
        ("a_test.rego", "package vestry.declare.mine_test\n\ntest_it if true\n"),
        ("lib/limits/data.yaml", "most: 3\nnames: [a, \"yes\"]\n"),
        ("other/data.json", "{\"x\": 1.50}"),
        (".hidden.rego", "not rego"),
        ("README.md", "read me"),
    ])
}

#[test]
fn the_same_directory_gives_the_same_bytes() {
    let (one, other, out) = (directory(), directory(), Dir::new(&[]));
    let (a, b) = (out.path().join("a.tar.gz"), out.path().join("b.tar.gz"));
    packed(&one, "r1", &a);
    fs::set_permissions(other.path().join("a.rego"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    packed(&other, "r1", &b);
    assert_eq!(fs::read(&a).unwrap(), fs::read(&b).unwrap());
    packed(&other, "r2", &b);
    assert_ne!(fs::read(&a).unwrap(), fs::read(&b).unwrap());
}

#[test]
fn a_bundle_holds_policies_one_data_file_and_the_manifest() {
    let (dir, out) = (directory(), Dir::new(&[]));
    let path = out.path().join("b.tar.gz");
    let arguments = ["bundle", text(dir.path()), "-o", text(&path), "--revision", "r1"];
    let roots = ["--root", "vestry/declare/mine", "--root", "lib", "--root", "other"];
    assert!(done(&[&arguments[..], &roots].concat()).contains("3 files"));
    let files = vestry::decide::bundle::files(&path).unwrap();
    let text_of = |name: &str| {
        let file = files.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("{name}"));
        String::from_utf8(file.bytes.clone()).unwrap()
    };
    assert_eq!(
        files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(),
        [".manifest", "a.rego", "data.json"]
    );
    assert_eq!(text_of("a.rego"), allows("vestry.declare.mine"));
    assert_eq!(
        text_of("data.json"),
        "{\"lib\":{\"limits\":{\"most\":3,\"names\":[\"a\",\"yes\"]}},\"other\":{\"x\":1.5}}\n"
    );
    let manifest =
        "{\"rego_version\":1,\"revision\":\"r1\",\"roots\":[\"vestry/declare/mine\",\"lib\",\"other\"]}\n";
    assert_eq!(text_of(".manifest"), manifest);
}

#[test]
fn what_the_extension_would_refuse_is_not_packed() {
    let out = Dir::new(&[]);
    let path = out.path().join("b.tar.gz");
    for (rego, why) in [
        ("package vestry.declare\ndeny contains", "a.rego:2:"),
        ("package elsewhere\nx := 1", "holds no rule that Vestry evaluates"),
    ] {
        let dir = Dir::new(&[("a.rego", rego)]);
        let said = fails(&["bundle", text(dir.path()), "-o", text(&path), "--revision", "r"], 1);
        assert!(said.contains(why), "{said}");
    }
    let dir = directory();
    let said = fails(&["bundle", text(dir.path()), "-o", text(&path), "--root", "lib"], 1);
    assert!(said.contains("do not permit data/vestry/declare/mine"), "{said}");
    assert!(said.contains("do not permit data/other"), "{said}");
    assert!(!path.exists());
    fails(&["bundle", "/nonexistent", "-o", text(&path)], 2);
    let nested = directory();
    packed(&directory(), "r1", &nested.path().join("more.tar.gz"));
    let said = fails(&["bundle", text(nested.path()), "-o", text(&path)], 1);
    assert!(said.contains("holds more.tar.gz") && said.contains("a bundle within a bundle"), "{said}");
    assert!(!path.exists());
}

#[test]
fn a_bundle_that_lands_in_its_own_directory_is_told() {
    let dir = directory();
    let bundle = |output: &Path| vestry_policy(&["bundle", text(dir.path()), "-o", text(output)]);
    let out = Dir::new(&[]);
    assert!(bundle(&out.path().join("b.tar.gz")).stderr.is_empty());
    let within = bundle(&dir.path().join("b.tar.gz"));
    assert!(within.status.success());
    let said = String::from_utf8(within.stderr).unwrap();
    assert!(said.contains("would be read as a part of that policy; move it"), "{said}");
}

#[test]
fn a_signed_bundle_is_verified_until_one_thing_is_altered() {
    let (keys, other, dir, out) = (Keys::new(), Keys::new(), directory(), Dir::new(&[]));
    let path = out.path().join("b.tar.gz");
    packed(&dir, "r1", &path);
    let verify = ["verify", "--key", text(&keys.public()), text(&path)].map(str::to_string);
    let verify: Vec<&str> = verify.iter().map(String::as_str).collect();
    assert!(fails(&verify, 1).contains("is not signed"));
    keys.sign(&path);
    assert!(done(&verify).contains("verified, ES256, 2 files, revision r1"));
    // Again, over the first.
    keys.sign(&path);
    done(&verify);
    assert!(fails(&["verify", "--key", text(&other.public()), text(&path)], 1).contains("not the key's"));
    assert!(fails(&[&verify[..], &["--scope", "prod"]].concat(), 1).contains("its scope is"));
    assert!(fails(&[&verify[..], &["--alg", "RS256"]].concat(), 2).contains("it verifies ES256, not RS256"));
    assert!(fails(&["verify", "--key", text(&keys.private()), text(&path)], 2).contains("private key"));
    done(&["sign", "--key", text(&keys.private()), "--scope", "prod", text(&path)]);
    done(&[&verify[..], &["--scope", "prod"]].concat());
    assert!(fails(&verify, 1).contains("its scope is \"prod\""));
}

#[test]
fn a_signed_directory_is_verified_wherever_it_lies() {
    let (keys, out) = (Keys::new(), Dir::new(&[("policy/a.rego", "package a\n"), ("policy/notes.txt", "x")]));
    let path = out.path().join("policy");
    keys.sign(&path);
    let moved = out.path().join("elsewhere");
    fs::rename(&path, &moved).unwrap();
    let key = keys.public();
    let verify = ["verify", "--key", text(&key), text(&moved)];
    assert!(done(&verify).contains("2 files"));
    fs::write(moved.join("more.txt"), "").unwrap();
    assert!(fails(&verify, 1).contains("holds more.txt, which its signature does not list"));
    fs::remove_file(moved.join("more.txt")).unwrap();
    std::os::unix::fs::symlink("a.rego", moved.join("b.rego")).unwrap();
    assert!(fails(&verify, 1).contains("a link"));
}

#[test]
fn a_shared_secret_is_for_tests() {
    let (dir, out) = (directory(), Dir::new(&[("secret", "not a canary\n")]));
    let (path, secret) = (out.path().join("b.tar.gz"), out.path().join("secret"));
    packed(&dir, "r1", &path);
    let hs256 = |command: &'static str| [command, "--alg", "HS256", "--key"].map(str::to_string);
    for command in ["sign", "verify"] {
        let arguments: Vec<String> =
            hs256(command).into_iter().chain([text(&secret).into(), text(&path).into()]).collect();
        done(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let empty = out.path().join("empty");
    fs::write(&empty, "").unwrap();
    for command in ["sign", "verify"] {
        let said = fails(&[command, "--alg", "HS256", "--key", text(&empty), text(&path)], 2);
        assert!(said.contains("it is empty"), "{said}");
    }
    let said = fails(&["sign", "--key", text(&secret), text(&path)], 2);
    assert!(said.contains("no PEM") && !said.contains("canary"), "{said}");
}

/// As `--key <(command)` hands it over: it lies on no disk.
#[test]
fn a_key_may_come_by_a_pipe() {
    let (keys, out) = (Keys::new(), Dir::new(&[]));
    let path = out.path().join("b.tar.gz");
    packed(&directory(), "r1", &path);
    let by_pipe = |command: &str, key: &Path| {
        let key = std::process::Stdio::from(piped(&fs::read(key).unwrap()));
        let mut vestry = std::process::Command::new(env!("CARGO_BIN_EXE_vestry"));
        vestry.args(["policy", command, "--key", "/proc/self/fd/0", text(&path)]).env_clear().stdin(key);
        let output = vestry.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    by_pipe("sign", &keys.private());
    by_pipe("verify", &keys.public());
}

/// A pipe that holds these bytes and is closed behind them.
fn piped(bytes: &[u8]) -> std::io::PipeReader {
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, bytes).unwrap();
    reader
}

#[test]
fn what_is_no_file_is_written_to_and_a_file_keeps_its_mode_and_its_links() {
    let (dir, out) = (directory(), Dir::new(&[("old.tar.gz", "old")]));
    let place = |name: &str| out.path().join(name);
    let bundle =
        |output: &Path| vestry_policy(&["bundle", text(dir.path()), "-o", text(output), "--revision", "r1"]);
    let mode = std::os::unix::fs::PermissionsExt::from_mode;
    fs::set_permissions(place("old.tar.gz"), mode(0o640)).unwrap();
    std::os::unix::fs::symlink("old.tar.gz", place("link.tar.gz")).unwrap();
    assert!(bundle(&place("link.tar.gz")).status.success());
    assert!(place("link.tar.gz").symlink_metadata().unwrap().is_symlink());
    let packed = fs::read(place("old.tar.gz")).unwrap();
    assert!(packed.starts_with(&[0x1f, 0x8b]));
    assert_eq!(fs::metadata(place("old.tar.gz")).unwrap().permissions(), mode(0o100640));

    // Standard output is a pipe here: the bundle goes into it, and what is said of it does not.
    let output = bundle(Path::new("/proc/self/fd/1"));
    assert_eq!((output.status.code(), output.stdout == packed), (Some(0), true));
    assert!(String::from_utf8(output.stderr).unwrap().contains("not signed"));

    let long = place(&"x".repeat(255));
    assert!(bundle(&long).status.success() && long.is_file());
    for (wrong, why) in [(Path::new("-"), "no file name"), (out.path(), "cannot write")] {
        let output = bundle(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(why), "{wrong:?}");
    }
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 3, "nothing is left beside them");
}

#[test]
fn a_manifest_is_no_link_and_settings_may_be_a_directory() {
    let (dir, out) =
        (directory(), Dir::new(&[("b.tar.gz", ""), ("m.json", "{\"revision\": \"elsewhere\"}")]));
    let bundle = out.path().join("b.tar.gz");
    let arguments = ["bundle", text(dir.path()), "-o", text(&bundle)];
    dir.write("settings.toml/notes.txt", "no setting");
    done(&arguments);
    std::os::unix::fs::symlink(out.path().join("m.json"), dir.path().join(".manifest")).unwrap();
    let said = fails(&arguments, 1);
    assert!(said.contains("/.manifest is not a regular file; put the file itself in its place"), "{said}");
    let said = fails(&["check", text(dir.path())], 1);
    assert!(said.contains("is not a regular file"), "{said}");
}

#[test]
fn a_failed_write_leaves_what_was_there() {
    let (keys, out) = (Keys::new(), Dir::new(&[("b.tar.gz", "no bundle")]));
    let path = out.path().join("b.tar.gz");
    fails(&["sign", "--key", text(&keys.private()), text(&path)], 1);
    assert_eq!(fs::read(&path).unwrap(), b"no bundle");
    let said = fails(&["sign", "--key", "/nonexistent", text(&path)], 2);
    assert!(said.contains("cannot read the key /nonexistent"), "{said}");
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1);
}

#[test]
fn what_is_left_out_although_it_looks_meant_is_told() {
    let (dir, out) = (directory(), Dir::new(&[]));
    dir.write("more.REGO", allows("vestry.declare.more"));
    let output = vestry_policy(&["bundle", text(dir.path()), "-o", text(&out.path().join("b.tar.gz"))]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && said.contains("more.REGO is not read: policies end in .rego"),
        "{said}"
    );
    assert!(!said.contains("README.md"), "{said}");
}
