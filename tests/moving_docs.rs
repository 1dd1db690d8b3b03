//! The pages of `docs/moving`, run: every file that one shows is written down or compared, every command is run and says
//! what the page says it does.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use support::TempDir;

/// A fenced block: what stands behind the fence, and what is in it.
struct Block<'a> {
    language: &'a str,
    file: Option<&'a str>,
    text: String,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (inside, line.strip_prefix("```")) {
            (true, Some(_)) => inside = false,
            (true, None) => blocks.last_mut().unwrap().text.push_str(&format!("{line}\n")),
            (false, Some(info)) => {
                let mut words = info.split(' ');
                let language = words.next().unwrap_or_default();
                blocks.push(Block { language, file: words.next(), text: String::new() });
                inside = true;
            }
            (false, None) => {}
        }
    }
    blocks
}

/// Each `$ COMMAND`, and the lines below it.
fn commands(console: &str) -> Vec<(&str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in console.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => commands.push((command, String::new())),
            None => commands.last_mut().expect("a command first").1.push_str(&format!("{line}\n")),
        }
    }
    commands
}

/// What a person sees: of `vestry exec`, whose log a terminal does not show, the command's output alone.
fn seen(command: &str, directory: &Path) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_vestry")).parent().unwrap();
    let redirected =
        if command.contains("vestry exec") { command.to_string() } else { format!("{command} 2>&1") };
    let output = Command::new("sh")
        .args(["-c", &redirected])
        .env_clear()
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display()))
        .env("VESTRY_RUN_DIR", directory.join("run"))
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .expect("sh runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    if text.is_empty() { String::from_utf8_lossy(&output.stderr).into_owned() } else { text }
}

fn check(page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/moving").join(page);
    let text = std::fs::read_to_string(&path).expect("the page");
    let directory = TempDir::new(&format!("moving-{page}"));
    let blocks = blocks(&text);
    // A store may be shown after the first command that is run on it.
    let (mut ran, mut compared) = (0, 0);
    for block in &blocks {
        let Some(file) = block.file else { continue };
        if file != "vestry.toml" {
            directory.write(file, &block.text);
        }
    }
    for block in &blocks {
        if block.file == Some("vestry.toml") {
            let written = std::fs::read_to_string(directory.path().join("vestry.toml")).expect("a manifest");
            assert_eq!(written, block.text, "{page}: vestry.toml");
            compared += 1;
        }
        if block.language == "console" {
            for (command, expected) in commands(&block.text) {
                assert_eq!(seen(command, directory.path()), expected, "{page}: $ {command}");
                ran += 1;
            }
        }
    }
    assert!(ran > 1 && compared > 0, "{page}: {ran} commands were run, {compared} manifests compared");
}

macro_rules! pages {
    ($($name:ident: $page:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            check($page);
        })*

        #[test]
        fn every_page_is_run_and_linked() {
            let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/moving");
            let index = std::fs::read_to_string(directory.join("README.md")).unwrap();
            for entry in std::fs::read_dir(&directory).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if name != "README.md" {
                    assert!([$($page),*].contains(&name.as_str()), "{name} is not run");
                    assert!(index.contains(&format!("({name})")), "{name} is not linked");
                }
            }
        }
    };
}

pages! {
    aws_env: "aws-env.md",
    aws_extension: "aws-extension.md",
    bref: "bref.md",
    chamber: "chamber.md",
    cloudformation: "cloudformation.md",
    crypteia: "crypteia.md",
    ecs: "ecs.md",
    secrets_init: "secrets-init.md",
    serverless: "serverless.md",
    ssm_env: "ssm-env.md",
}
