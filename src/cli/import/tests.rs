use std::collections::BTreeSet;

use super::found::Text;
use super::*;
use crate::texts::Texts;

/// What means something to one reader or another.
const PIECES: [&str; 40] = [
    "A",
    "=",
    "'",
    "\"",
    "\\",
    "\n",
    " ",
    "#",
    "export ",
    "x-crypteia-ssm:/a",
    "x-crypteia",
    "ssm://",
    "sm://a",
    "arn:aws:ssm:",
    "{{resolve:",
    "ssm",
    "ssm-secure",
    "secretsmanager",
    ":",
    "SecretString",
    "}}",
    "/a",
    "?",
    "*",
    "$",
    "${",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"containerDefinitions\":",
    "\"secrets\":",
    "\"name\":\"N\"",
    "\"valueFrom\":\"/a\"",
    "_SECRET_ID",
    "_PARAMETER_NAME",
    "é",
    "\0",
    "- ",
];

fn translated(found: &Found, copy_text: bool) -> Translation {
    translate::translate(found, &Rules { asked: Asked(&[]), services: &[], copy_text })
}

#[test]
fn whatever_is_read_the_manifest_is_one_and_a_plain_secret_is_nowhere() {
    use crate::declare::manifest::read;
    const CANARY: &str = "c4n4ry5up3r";
    let mut texts = Texts::of(&PIECES, 2);
    let mut imported = 0;
    for _ in 0..3_000 {
        let mut found = dotenv::read(".env", &texts.text(40));
        found.add("NAME".into(), None, Text::Value(texts.text(8)));
        found.add("FROM".into(), None, Text::ValueFrom(texts.text(5)));
        found.add("DYNAMIC".into(), None, Text::Value(format!("{{{{resolve:ssm:/a}}}}{}", texts.text(4))));
        found.add("UNKNOWN".into(), None, Text::Unknown { prefix: texts.text(4), why: "why".into() });
        found.add("PLAIN_TOKEN".into(), None, Text::Value(CANARY.into()));
        found.add("AROUND".into(), None, Text::Value(format!("{CANARY}{{{{resolve:ssm:/a}}}}")));
        let translation = translated(&found, false);
        let said: Vec<&str> = translation
            .untranslated
            .iter()
            .chain(&translation.notes)
            .map(|line| line.text.as_str())
            .collect();
        let text = translation.manifest.text(".env", Format::Toml);
        assert!(!text.contains(CANARY) && !said.concat().contains(CANARY), "{text}");
        for translation in [translation, translated(&found, true)] {
            for format in [Format::Toml, Format::Json, Format::Yaml] {
                let text = translation.manifest.text(".env", format);
                let manifest = read(text.as_bytes(), Path::new("vestry"), format, None);
                let manifest = manifest.unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
                let back = manifest.declarations.iter().map(|declaration| declaration.reference.to_string());
                assert_eq!(back.collect::<BTreeSet<_>>(), translation.manifest.written(), "{text}");
                imported += manifest.declarations.len();
            }
        }
    }
    assert!(imported > 9_000, "only {imported} references were imported");
}

#[test]
fn whatever_a_task_definition_is_it_is_read_or_refused() {
    let mut texts = Texts::of(&PIECES, 3);
    let mut read = 0;
    for _ in 0..3_000 {
        let inside = texts.text(8);
        for text in [texts.text(30), format!("{{\"containerDefinitions\":[{{\"secrets\":[{{{inside}}}]}}]}}")]
        {
            read += usize::from(task_definition::read("task.json", &text, None).is_ok());
        }
    }
    assert!(read > 20, "only {read} were read");
}

#[test]
fn what_would_begin_as_a_reference_is_not_composed() {
    for value in ["ssm:/a{{resolve:ssm:/b}}", "secretmanager:{{resolve:ssm:/b}}"] {
        let translation = translated(&dotenv::read(".env", &format!("A={value}")), true);
        assert!(translation.manifest.is_empty(), "{value}");
        assert!(translation.untranslated[0].text.contains("begins as a reference"), "{value}");
    }
    assert_eq!(translated(&dotenv::read(".env", "A=x:{{resolve:ssm:/b}}"), true).manifest.count(), 1);
}

#[test]
fn the_name_of_a_service_is_no_key_and_no_option() {
    for service in ["a#b", "a?optional", "a*"] {
        let mut found = Found::of("task.json");
        found.services.push(service.into());
        let translation = translated(&found, false);
        assert!(translation.manifest.is_empty() && translation.untranslated.len() == 1, "{service}");
    }
}
