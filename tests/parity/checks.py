"""`opa check --strict` against `vestry policy check` on tests/policy/check: what is refused by both, and what by one.

OPA is told the schema of the input that `vestry policy schema` prints. A policy there is a file or a directory; beside it, in `NAME.expected`, is what Vestry finds.
"""

import shutil
import tempfile
from pathlib import Path

from programs import ROOT, Comparison, Programs

CORPUS = ROOT / "tests/policy/check"

# What Vestry refuses for reasons that OPA cannot have: the code of the finding, and why.
VESTRYS_OWN = {
    "vestry_entry_error": "a rule that Vestry would never evaluate, or that could give no clean answer",
    "vestry_limit_error": "what would make the engine stall or overflow",
    "vestry_data_error": "data in a rule's place, or of which a part is lost",
}

# Policies that only one of the two can judge.
EXPLAINED = {
    "good_masks": "OPA holds every package against the one schema; what masks are told is a line of the log",
    "containers.rego": "the engine would take what has no parts for undefined, OPA would not",
    "function_in_files": "the engine would mix up its arguments, OPA would not",
    "misread.rego": "the engine would evaluate it to something else, OPA would not",
    "unions.rego": "what the braces are is read otherwise by the engine and by OPA",
    "with_functions.rego": "the engine would replace the function only where it is called by the same name",
    "with_values.rego": "the engine would take the value for undefined, OPA would not",
    "whole_around": "the engine would lose rules of it, OPA would not",
    "whole_packages": "the engine would lose rules of it, OPA would not",
    "hidden_variables.rego": "the engine would take the variable for the rule, OPA would not",
    "input_stage.rego": "OPA is told of one input, Vestry knows what each of the two stages has",
}


def compare(programs: Programs) -> bool:
    found = Comparison("checks")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as schema:
        schema.write(programs.run(programs.vestry, "policy", "schema").stdout)
        schema.flush()
        corpus(programs, schema.name, found)
    return found.report()


def corpus(programs: Programs, schema: str, found: Comparison) -> None:
    policies = [path for path in sorted(CORPUS.iterdir()) if path.suffix != ".expected"]
    for policy in policies:
        with tempfile.TemporaryDirectory() as directory:
            # Vestry checks directories.
            path = Path(shutil.copytree(policy, Path(directory, policy.name)) if policy.is_dir() else directory)
            if policy.is_file():
                shutil.copy(policy, path)
            one(programs, schema, path, policy.name, found)
    found.row("the corpus has policies", True, len(policies) > 5)


def one(programs: Programs, schema: str, path: Path, name: str, found: Comparison) -> None:
    opa = programs.run(programs.opa, "check", "--strict", "--schema", schema, path).returncode == 0
    code, answer = programs.vestry_json("check", "--format", "json", path)
    codes = {error.get("code") for error in answer.get("errors", [])} if isinstance(answer, dict) else set()
    own = codes and codes <= VESTRYS_OWN.keys()
    reason = EXPLAINED.get(name)
    if own and opa:
        reason = "; ".join(VESTRYS_OWN[code] for code in sorted(codes))
    found.row(name, "taken" if opa else "refused", "taken" if code == 0 else "refused", reason)
