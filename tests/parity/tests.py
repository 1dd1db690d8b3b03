"""`opa test` against `vestry policy test`: the shipped rules, and tests that fail, are skipped and break."""

import tempfile
from pathlib import Path

from programs import ROOT, Comparison, Programs

RULES = "package p\n\nhigh(x) if x > 3\n"
TESTS = """package p_test

import data.p

test_passes if p.high(4)

test_fails if p.high(3)

test_is_undefined if input.no

test_is_false := false

todo_test_is_skipped if p.high(1)

test_replaces if p.high(1) with data.p.high as mock

mock(_) := true
"""


def outcomes(report: object) -> object:
    if not isinstance(report, list):
        return report
    kind = lambda test: next((word for word in ("error", "fail", "skip") if test.get(word)), "pass")
    place = lambda test: (Path(test["location"]["file"]).name, test["location"]["row"])
    return sorted((test["package"], test["name"], *place(test), kind(test)) for test in report)


def compare(programs: Programs) -> bool:
    found = Comparison("tests")
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "p.rego").write_text(RULES)
        Path(directory, "p_test.rego").write_text(TESTS)
        for name, options in {
            "policy": [ROOT / "policy"],
            "mixed": [directory],
            "mixed, some": [directory, "--run", "test_(passes|fails)"],
            "mixed, none": [directory, "--run", "nothing"],
        }.items():
            opa_code, opa = programs.opa_json("test", "--format", "json", *options)
            code, vestry = programs.vestry_json("test", "--format", "json", *options)
            found.row(f"{name}: exit code", opa_code, code)
            found.row(f"{name}: outcomes", outcomes(opa), outcomes(vestry))
        for name, path in {"policy": ROOT / "policy", "mixed": directory}.items():
            last = lambda done: [line for line in done.stdout.splitlines() if line[:5] in ("PASS:", "FAIL:", "SKIPP", "ERROR")]
            opa = programs.run(programs.opa, "test", path)
            found.row(f"{name}: summary", last(opa), last(programs.run(programs.vestry, "policy", "test", path)))
    return found.report()
