#!/usr/bin/env python3
"""Policies made by dice, and what both make of them: Vestry says what OPA says, or refuses.

    policies.py OPA VESTRY FROM TO      those of these seeds, with the text of each that differs
"""

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from made import DATA, INPUT, Author
from programs import Comparison, Programs

SEEDS = range(600)
# Of them, how many have to be evaluated by both. The others are refused, most of them by OPA for a type or a variable.
EVALUATED = 150

# Of OPA alone: it knows types before it evaluates, Vestry when it does.
TYPES = "rego_type_error"
# Of a function, where it is told to be strict.
ERRORS = {"eval_builtin_error", "eval_type_error"}
REFUSED = "refused"


def compare(programs: Programs) -> bool:
    found, kinds = Comparison("policies"), Counter()
    for seed, opa, vestry in held(programs, SEEDS):
        kind = kind_of(opa, vestry)
        kinds[kind] += 1
        found.row(f"seed {seed}", *(("", "") if kind != "wrong" else (opa, vestry)))
    print(f"policies: of {len(SEEDS)} made by dice, {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}")
    found.row(f"at least {EVALUATED} are evaluated by both", True, kinds["evaluated by both"] >= EVALUATED)
    return found.report()


def kind_of(opa: object, vestry: object) -> str:
    if opa == TYPES:
        return "of types that OPA refuses"
    if isinstance(vestry, str):
        return "refused by both" if isinstance(opa, str) else "refused by Vestry alone"
    return "evaluated by both" if opa == vestry else "wrong"


def held(programs: Programs, seeds: range) -> Iterator[tuple[int, object, object]]:
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(lambda seed: (seed, *both(programs, Author(seed).policy())), seeds)


def both(programs: Programs, files: dict[str, str]) -> tuple[object, object]:
    """What each denies, or why it does not say: a text."""
    with tempfile.TemporaryDirectory() as directory:
        policy, asked = Path(directory, "policy"), Path(directory, "input.json")
        policy.mkdir()
        for name, text in files.items():
            (policy / name).write_text(text)
        (policy / "data.json").write_text(json.dumps(DATA))
        asked.write_text(json.dumps(INPUT))
        opa = denied_by_opa(programs, policy, asked, "--strict-builtin-errors")
        # What OPA does not compile need not be asked.
        if opa == TYPES:
            return opa, REFUSED
        vestry = denied_by_vestry(programs, policy, asked)
        # An error that Vestry does not come by: it looks at the other side of an equation first.
        if opa in ERRORS and not isinstance(vestry, str):
            opa = denied_by_opa(programs, policy, asked)
        return opa, vestry


def denied_by_opa(programs: Programs, policy: Path, asked: Path, *options: str) -> object:
    options = [*options, "--format", "json", "--timeout", "10s", "-d", policy, "-i", asked]
    code, answer = programs.opa_json("eval", *options, "data.vestry.declare.deny")
    if code == 0:
        return set(answer["result"][0]["expressions"][0]["value"] if "result" in answer else [])
    errors = answer.get("errors", [])
    codes = {error.get("code", "") for error in errors}
    known = sorted(codes & {TYPES, *ERRORS}, reverse=True)
    return known[0] if known else f"{REFUSED}: {errors[0]['message'] if errors else answer}"


def denied_by_vestry(programs: Programs, policy: Path, asked: Path) -> object:
    code, answer = programs.vestry_json("eval", policy, "--input", asked, "--format", "json")
    if code in (0, 3):
        return {denial["msg"] for denial in answer["stages"][0]["denials"]}
    problems = [problem["why"] for stage in answer.get("stages", []) for problem in stage.get("error", {}).get("problems", [])]
    return f"{REFUSED}: {problems[0] if problems else answer}"


def main() -> None:
    programs, seeds = Programs(*sys.argv[1:3]), range(int(sys.argv[3]), int(sys.argv[4]))
    kinds, reasons = Counter(), Counter()
    for seed, opa, vestry in held(programs, seeds):
        kind = kind_of(opa, vestry)
        kinds[kind] += 1
        if kind == "wrong":
            print(f"==== seed {seed}", *(f"-- {name}\n{text}" for name, text in Author(seed).policy().items()), sep="\n")
            print("opa:   ", opa if isinstance(opa, str) else sorted(opa - set(vestry)))
            print("vestry:", sorted(vestry if isinstance(opa, str) else vestry - opa), flush=True)
        elif kind == "refused by Vestry alone":
            # The reason, without names and places.
            reasons[re.sub(r"[\w.]*[./][\w./]*|`[^`]*`|\d+", "", vestry)[:80]] += 1
    for count in (kinds, reasons):
        print(*(f"{number:7} {what}" for what, number in count.most_common(30)), sep="\n")


if __name__ == "__main__":
    main()
