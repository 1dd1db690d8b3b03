//! Whether the extension would be there, and whether anything would take the values from it.

use std::path::Path;

use super::layers::Layers;
use crate::error::{ErrorType, Problem};
use crate::template::{Function, Value};

/// Lambda takes no more.
const MOST_LAYERS: usize = 5;
/// After which Lambda ends an INIT on demand.
const INIT_MS: u64 = 10_000;

/// A function of a template, with what bears upon how it starts.
pub struct Configuration<'a> {
    pub function: &'a Function,
    pub layers: &'a Layers,
    /// What the extension's layer is called, where not by its own name.
    pub called: Option<&'a str>,
    /// Whether it declares anything, or may.
    pub declares: bool,
    /// Whether `AWS_LAMBDA_EXEC_WRAPPER` is `vestry-exec`.
    pub wrapper: bool,
    pub deadline_ms: Option<u64>,
    /// What the function's package is made of, where that is a directory of this machine.
    pub package: Option<&'a Path>,
    /// Whether VESTRY_DELIVERY says how the values travel, or may.
    pub delivery: bool,
}

/// What INIT would fail for, and what is worth a thought.
#[derive(Debug, Default)]
pub struct Judgement {
    pub problems: Vec<Problem>,
    pub warnings: Vec<String>,
}

impl Judgement {
    fn problem(&mut self, of: &str, why: impl Into<String>, advice: &str) {
        let problem = Problem::new(ErrorType::InvalidDeclaration, why).variable(of).advice(advice);
        self.problems.push(problem);
    }
}

impl Configuration<'_> {
    pub fn judge(&self) -> Judgement {
        let mut judgement = Judgement::default();
        if !self.declares && !self.wrapper {
            return judgement;
        }
        if self.is_image() {
            self.image(&mut judgement);
        } else {
            self.layers(&mut judgement);
            self.runtime(&mut judgement);
        }
        self.time(&mut judgement);
        judgement
    }

    pub fn is_image(&self) -> bool {
        self.function.property("PackageType").and_then(Value::text) == Some("Image")
    }

    pub fn is_os_only(&self) -> bool {
        self.function.runtime.as_deref().is_some_and(|runtime| runtime.starts_with("provided"))
    }

    /// Whether a bootstrap of ours would start an OS-only runtime: Lambda takes one of the package before it.
    pub fn has_bootstrap(&self) -> bool {
        self.brings_bootstrap() && !self.package_has_bootstrap()
    }

    fn brings_bootstrap(&self) -> bool {
        self.is_os_only() && self.layers.ours(self.called).any(|layer| layer.has_bootstrap())
    }

    fn package_has_bootstrap(&self) -> bool {
        self.package.is_some_and(|package| package.join("bootstrap").is_file())
    }

    fn image(&self, judgement: &mut Judgement) {
        if self.layers.count > 0 {
            judgement.problem(
                "Layers",
                "a function of PackageType Image takes no layers",
                "copy extensions/vestry to /opt/extensions/ and vestry-exec into the image",
            );
        }
        judgement.warnings.push(
            "whether the image holds /opt/extensions/vestry, and vestry-exec in its ENTRYPOINT, is not looked at".into(),
        );
    }

    fn layers(&self, judgement: &mut Judgement) {
        let Layers { known, open, count, .. } = self.layers;
        let unknown = *open || self.function.unknown.iter().any(|(property, _)| *property == "Layers");
        if *count > MOST_LAYERS {
            judgement.problem(
                "Layers",
                format!("Lambda takes {MOST_LAYERS} layers; there are {count}"),
                "put several into one",
            );
        }
        let mut ours = self.layers.ours(self.called).peekable();
        if ours.peek().is_none() && !unknown {
            let mut advice = "attach the layer vestry (vestry-provided on an OS-only runtime); --layer NAME says what yours is called";
            let unbuilt = self.layers.unbuilt(self.called);
            let why = if let Some((layer, directory)) = unbuilt {
                advice = "build it (make layer)";
                format!("{}: its directory {} has no extensions/vestry", layer.shown, directory.display())
            } else if known.is_empty() {
                "no layer is attached, so nothing resolves the references".to_string()
            } else {
                let names: Vec<_> = known.iter().map(|layer| layer.shown.as_str()).collect();
                format!("none of its layers ({}) is Vestry's", names.join(", "))
            };
            judgement.problem("Layers", why, advice);
        }
        let architecture = match self.function.property("Architectures").map(Value::items) {
            None => Some("x86_64"),
            Some(values) => values.first().and_then(Value::text),
        };
        let Some(architecture) = architecture else { return };
        for layer in ours {
            if !layer.architectures.is_empty()
                && !layer.architectures.iter().any(|there| there == architecture)
            {
                judgement.problem(
                    "Architectures",
                    format!(
                        "the function is {architecture}, its layer {} for {}",
                        layer.shown,
                        layer.architectures.join(", ")
                    ),
                    "build the layer for it: make layer ARCH=x86_64 or ARCH=arm64",
                );
            }
        }
    }

    fn runtime(&self, judgement: &mut Judgement) {
        let in_vain = self.brings_bootstrap() && self.package_has_bootstrap();
        if in_vain && !self.wrapper && !self.delivery {
            judgement.problem(
                "CodeUri",
                "the package has a bootstrap, which Lambda starts in place of that of vestry-provided, so the function \
                 would see the references themselves",
                "have no bootstrap in the package: give the program another name, and name it with the handler",
            );
        }
        if !self.wrapper || !self.is_os_only() {
            return;
        }
        if self.has_bootstrap() {
            judgement.warnings.push(
                "AWS_LAMBDA_EXEC_WRAPPER has no effect on an OS-only runtime: the bootstrap of vestry-provided does what \
                 it would; leave it away"
                    .into(),
            );
            return;
        }
        judgement.problem(
            "AWS_LAMBDA_EXEC_WRAPPER",
            format!(
                "it has no effect on the OS-only runtime {}, so the function would see the references themselves",
                self.function.runtime.as_deref().unwrap_or_default()
            ),
            "attach vestry-provided, name the program with the handler, and have no bootstrap in the package",
        );
    }

    /// <https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-runtimes>
    fn may_snap_start(&self) -> bool {
        let Some(runtime) = self.function.runtime.as_deref() else { return !self.is_image() };
        let python = runtime.strip_prefix("python3.").and_then(|minor| minor.parse::<u32>().ok());
        let old = ["java8", "java8.al2", "dotnet6", "dotnet5.0", "dotnetcore3.1"].contains(&runtime);
        match runtime.find(|c: char| !c.is_ascii_lowercase()).map_or(runtime, |end| &runtime[..end]) {
            "python" => python.is_some_and(|minor| minor >= 12),
            "nodejs" | "ruby" | "go" | "provided" => false,
            _ => !old,
        }
    }

    fn time(&self, judgement: &mut Judgement) {
        match self.function.initialization_type {
            "snap-start" if !self.may_snap_start() => judgement.warnings.push(
                "SnapStart is of Java, of .NET 8 and of Python 3.12 and later, and of no container image: Lambda refuses it \
                 for this function"
                    .into(),
            ),
            "snap-start" => judgement.warnings.push(
                "with SnapStart, INIT runs when a version is published: its values stay in the snapshot until the next, \
                 whatever changes in the stores"
                    .into(),
            ),
            "on-demand" => {
                if let Some(deadline) = self.deadline_ms.filter(|deadline| *deadline > INIT_MS) {
                    judgement.warnings.push(format!(
                        "VESTRY_DEADLINE_MS is {deadline}, but Lambda ends an INIT on demand after {INIT_MS} ms"
                    ));
                }
            }
            _ => {}
        }
    }
}
