use super::*;

fn rendered(format: FileFormat, value: &[u8]) -> Result<String, Refusal> {
    let changes = Changes { set: vec![("KEY", value)], removed: vec!["GONE"] };
    let bytes = render(format, &changes)?;
    assert_eq!(bytes.capacity(), bytes.len(), "the buffer grew");
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[test]
fn dotenv_takes_the_first_quoting_that_leaves_a_value_as_it_is() {
    for (value, line) in [
        ("", "KEY=''"),
        ("plain", "KEY='plain'"),
        (" $HOME `id` $(id) # \" \n two lines ", "KEY=' $HOME `id` $(id) # \" \n two lines '"),
        (r"one\back\nslash", r"KEY='one\back\nslash'"),
        ("it's # two\nlines", "KEY=\"it's # two\nlines\""),
        (r"it's\x", r#"KEY="it's\x""#),
        (r"ends\", r"KEY=ends\"),
        (r"a\\b", r"KEY=a\\b"),
        (r"it's\n", r"KEY=it's\n"),
        (r#"{"a":"it's"}"#, r#"KEY={"a":"it's"}"#),
        ("${unfinished", "KEY='${unfinished'"),
        ("${a:b}", "KEY='${a:b}'"),
        ("${a:-b", "KEY='${a:-b'"),
    ] {
        assert_eq!(rendered(FileFormat::Dotenv, value.as_bytes()).unwrap(), format!("{line}\n"));
    }
}

#[test]
fn dotenv_refuses_what_its_readers_would_not_read_alike() {
    for (value, why) in [
        (&b"a\rb"[..], "carriage return"),
        (b"a\r\nb", "carriage return"),
        (b"${HOME}", "${...}"),
        (b"a${}b", "${...}"),
        (b"${A:-b}", "${...}"),
        (b"${A\nB}", "${...}"),
        (b"'it\"s'", "no common quoting"),
        (b"it's \"a\" #", "no common quoting"),
        (b"it's\n\\", "no common quoting"),
        (b" it's\\", "no common quoting"),
        (b"it's\\\xc2\xa0\\\\\xc2\xa0", "no common quoting"),
        (b"\xff", "not UTF-8"),
    ] {
        let refusal = rendered(FileFormat::Dotenv, value).unwrap_err().to_string();
        assert!(refusal.starts_with("KEY: ") && refusal.contains(why), "{value:?}: {refusal}");
        assert!(refusal.contains("VESTRY_FILE_FORMAT="), "{refusal}");
    }
}

#[test]
fn shell_quotes_everything() {
    for (value, line) in [
        (&b""[..], "KEY=''"),
        (b"$(touch /tmp/x) `id` $A \\ \"", "KEY='$(touch /tmp/x) `id` $A \\ \"'"),
        (b"it's", r"KEY='it'\''s'"),
        (b"'", r"KEY=''\'''"),
        (b"two\r\nlines", "KEY='two\r\nlines'"),
        (b"\xff", "KEY='\u{fffd}'"),
    ] {
        assert_eq!(rendered(FileFormat::Shell, value).unwrap(), format!("unset GONE\n{line}\n"));
    }
}

#[test]
fn json_is_one_object_of_strings() {
    let text = rendered(FileFormat::Json, "\"\\\n\u{1}é${A}".as_bytes()).unwrap();
    assert_eq!(text, "{\"KEY\":\"\\\"\\\\\\n\\u0001é${A}\"}\n");
    let refusal = rendered(FileFormat::Json, b"\xff").unwrap_err().to_string();
    assert!(refusal.contains("VESTRY_FILE_FORMAT=shell"), "{refusal}");
}

#[test]
fn names_that_a_reader_would_not_take_are_refused_together() {
    let set: Vec<(&str, &[u8])> = vec![
        ("A-B", b"s3cret"),
        ("UID", b"s3cret"),
        ("BASH_ENV", b"s3cret"),
        ("_", b"s3cret"),
        ("OK", b"s3cret"),
    ];
    let changes = Changes { set, removed: Vec::new() };
    for (format, refused) in
        [(FileFormat::Shell, &["A-B", "UID", "BASH_ENV", "_"][..]), (FileFormat::Dotenv, &["A-B"])]
    {
        let refusal = render(format, &changes).unwrap_err();
        let names: Vec<_> = refusal.problems().iter().filter_map(|p| p.variable.as_deref()).collect();
        assert_eq!(names, refused);
        assert!(!refusal.to_string().contains("s3cret"));
    }
    assert!(render(FileFormat::Json, &changes).is_ok());
}
