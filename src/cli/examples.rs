//! Every command shows how it is used, and what it shows is what it takes.

use clap::CommandFactory as _;
use clap::Parser as _;

use super::Cli;

/// Every command of the tree, as it is called: `vestry policy test`.
fn commands() -> Vec<(Vec<String>, clap::Command)> {
    fn collect(command: &clap::Command, path: &[String], all: &mut Vec<(Vec<String>, clap::Command)>) {
        let path: Vec<String> = path.iter().cloned().chain([command.get_name().to_string()]).collect();
        command.get_subcommands().filter(|c| c.get_name() != "help").for_each(|c| collect(c, &path, all));
        all.push((path, command.clone()));
    }
    let mut all = Vec::new();
    collect(&Cli::command(), &[], &mut all);
    all
}

/// The lines below `Examples:`, those that a backslash continues joined.
fn examples(help: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    let mut continued = false;
    for line in help.lines() {
        if matches!(line.trim(), "Example:" | "Examples:") {
            inside = true;
        } else if line.trim().is_empty() {
            inside = false;
        } else if inside {
            let part = line.trim().trim_end_matches('\\').trim_end().to_string();
            match lines.last_mut() {
                Some(last) if continued => *last = format!("{last} {part}"),
                _ => lines.push(part),
            }
            continued = line.ends_with('\\');
        }
    }
    lines
}

/// What of a line calls `vestry`, in words, without what a shell does around it.
fn calls(line: &str) -> Vec<Vec<String>> {
    let mut pieces: Vec<Vec<String>> = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars().chain([' ']) {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => match word.take().as_deref() {
                Some("&&" | "|" | ";" | "&") => pieces.push(Vec::new()),
                Some(text) => pieces.last_mut().unwrap().push(text.into()),
                None => {}
            },
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    let calls = pieces.into_iter().filter_map(|words| {
        let is_assignment =
            |word: &String| word.split_once('=').is_some_and(|(name, _)| !name.contains(['-', '/', ' ']));
        let words: Vec<String> =
            words.into_iter().skip_while(is_assignment).take_while(|word| word != ">").collect();
        (words.first().is_some_and(|word| word == "vestry")).then_some(words)
    });
    calls.collect()
}

#[test]
fn every_command_has_examples_and_takes_them() {
    let commands = commands();
    assert!(commands.len() > 10, "{}", commands.len());
    for (path, mut command) in commands {
        let shown = path.join(" ");
        let help = command.render_long_help().to_string();
        let calls: Vec<_> = examples(&help).iter().flat_map(|line| calls(line)).collect();
        assert!(
            calls.iter().any(|call| call.starts_with(&path)),
            "{shown} has no example of itself:\n{help}"
        );
        for call in calls {
            let parsed = Cli::try_parse_from(&call).map(|_| ());
            parsed.unwrap_or_else(|error| panic!("the example of {shown}, {}: {error}", call.join(" ")));
        }
    }
}

#[test]
fn every_command_says_its_exit_codes() {
    for (path, mut command) in commands() {
        let help = command.render_long_help().to_string();
        let is_group = command.has_subcommands();
        assert!(is_group || help.contains("Exit codes:"), "{} does not say its exit codes", path.join(" "));
    }
}

#[test]
fn the_definition_of_the_commands_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn calls_are_taken_out_of_what_a_shell_does_around_them() {
    let words = |line: &str| calls(line).iter().map(|call| call.join("|")).collect::<Vec<_>>();
    assert_eq!(
        words("A=ssm:/x vestry exec -- ./a 'b c' > out && opa x | vestry man"),
        ["vestry|exec|--|./a|b c", "vestry|man"]
    );
    assert_eq!(examples("x\n\nExamples:\n  a \\\n    b\n  c\n\nmore"), ["a b", "c"]);
}
