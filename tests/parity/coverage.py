"""`opa test --coverage` against `vestry policy test --coverage`: rows and figures, on policy/ and on coverage/."""

import json
import tempfile
from pathlib import Path

from programs import ROOT, Comparison, Programs

CORPUS = "tests/parity/coverage"
# What OPA says of the corpus; the project's own tests hold Vestry against it where there is no OPA.
RECORDED = ROOT / "tests/parity/coverage.json"


def rows(ranges: list) -> list[int]:
    return sorted({row for one in ranges for row in range(one["start"]["row"], one["end"]["row"] + 1)})


def figures(report: object) -> object:
    if not isinstance(report, dict) or "files" not in report:
        return report
    kept = ("covered_lines", "not_covered_lines", "coverage")
    files = {
        file: {kind: rows(part.get(kind, [])) for kind in ("covered", "not_covered")} | {name: part.get(name, 0) for name in kept}
        for file, part in report["files"].items()
    }
    return {name: report[name] for name in kept} | {"files": dict(sorted(files.items()))}


def compare(programs: Programs) -> bool:
    found = Comparison("coverage")
    with tempfile.TemporaryDirectory() as directory:
        starter = Path(directory, "starter")
        programs.run(programs.vestry, "policy", "init", starter)
        for name, paths in {"policy": ["policy"], "the starter": [starter], "what is awkward": [CORPUS], "no tests": [f"{CORPUS}/idioms.rego"]}.items():
            options = ["test", "--coverage", "--format", "json", *paths]
            (opa_code, opa), (code, vestry) = programs.opa_json(*options), programs.vestry_json(*options)
            found.row(f"{name}: exit code", opa_code, code)
            of_opa, of_vestry = figures(opa), figures(vestry)
            for file in sorted(of_opa.get("files", {}).keys() | of_vestry.get("files", {}).keys()):
                found.row(f"{name}: {file}", of_opa["files"].get(file), of_vestry["files"].get(file))
            found.row(f"{name}: the whole", of_opa, of_vestry)
            if name == "what is awkward":
                found.row("what is recorded", of_opa, json.loads(RECORDED.read_text()) if RECORDED.exists() else None)
        for threshold in ("50", "90"):
            codes = [programs.run(*program, "test", "--threshold", threshold, CORPUS).returncode for program in ([programs.opa], [programs.vestry, "policy"])]
            found.row(f"threshold {threshold}: exit code", *codes)
    return found.report()
