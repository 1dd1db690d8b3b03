"""What a data file's YAML is to both: one file each, read by a rule that says it as JSON.

Vestry refuses what it would read otherwise than OPA; a value that differs is never explained.
"""

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from programs import Comparison, Programs

RULE = "package vestry.declare.p\n\ndeny contains json.marshal(data.k)\n"

# One a line; the value of `a`, or of a key.
SCALARS = (
    "010 08 09 -010 0o10 0o8 0O10 0x1F 0X1F 0xG 0b11 0B1 1_000 1_000.5 0_1 _1 1_ 0x_1 +1 -0 +0 - + 1e3 1E3 1e+3 1e-2 .5 1. +.5 -.5 "
    "1e400 0.1 1.0 1.50 0.0 12345678901234567890123 9223372036854775807 9223372036854775808 18446744073709551616 -9223372036854775809 "
    "yes no on off y n Yes NO On TRUE True true tRUE False NULL Null null nULL ~ .inf -.inf +.inf .Inf .nan .NaN .NAN inf nan "
    "1:30 01:02:03 190:20:30 2020-01-01 2020-01-01T00:00:00Z = == << !x !!str !!int ?x :x x:y 0.1.2 1,000 0x 0o 0b 00 000 0.0e1 1e 1e+ e1 "
    '"010" \'1_000\' "a" a%b a@b 1__0 0o_7 0b2 0x1_F -0x1F -0b1 -0o7 +0x1 +010'
).split()

DOCUMENTS = [
    "!!str 1", "!!int \"3\"", "!!float 1", "!!bool yes", "!!binary aGk=", "!!null x", "!!set {x}", "!foo 1", "|\n  x\n  y", ">\n  x\n  y", "[1,]",
    "!!timestamp 2020-01-01", "!<tag:yaml.org,2002:binary> aGk=", '"a\\/b"', "'a\\/b'", "! 1", "!!foo 1", "0xFFFFFFFFFFFFFFFFFF",
    "-0xFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFF", "0o-7", "0b-1", "-0b-1", "0o+7", "0x-7",
    "[a, 010]", "{b: 0x10}", "x # 010", "[]", "{}", "", "&n 1", "\"\\u00e9\"", "\"\\x41\"", "'it''s'", "a b", "[0o7, 1_0]",
]

WHOLE = [
    "a: 1\na: 2", "<<: {a: 1}", "a: &x {k: 1}\nb:\n  <<: *x\n  z: 2", "a: &x 1\nb: *x", "1: x", "true: x", "null: x", "1.5: x", "01: x", "0x1F: x",
    "1.0: x", "1e3: x", "off: x", "2020-01-01: x", "? a\n: b", "---\na: 1\n---\na: 2", "---\na: 1\n...", "%YAML 1.1\n---\na: 010", "a:\tb", "- a: 1",
    "a: {b: 1, b: 2}", "? [a]\n: 1", "0o7: x", "1_0: x", "~: x", "a: 1\n'a': 2", "1: x\n'1': y", "a:\n- b\n- c", "a: *x", "\"a\": 1", "a: 'b\n  c'", "", "#x",
]

MORE = "Vestry refuses it, OPA takes it"
BEYOND = "beyond 64 bits a number is a float, which the two write otherwise"
EXPLAINED = {"a: 18446744073709551616": BEYOND, "a: -9223372036854775809": BEYOND}


def compare(programs: Programs) -> bool:
    found = Comparison("documents")
    texts = [f"a: {scalar}" for scalar in SCALARS] + [f"a: {text}" for text in DOCUMENTS] + WHOLE
    with ThreadPoolExecutor(4) as pool:
        for text, (opa, vestry) in zip(texts, pool.map(lambda text: both(programs, text), texts), strict=True):
            reason = EXPLAINED.get(text)
            if reason is None and vestry == "refused" and opa != "refused":
                reason = MORE
            found.row(repr(text), opa, vestry, reason if opa != vestry else None)
    found.row("most are read", True, len(found.explained) < len(texts) // 2)
    return found.report()


def both(programs: Programs, text: str) -> tuple[object, object]:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "p.rego").write_text(RULE)
        Path(directory, "k").mkdir()
        Path(directory, "k/data.yaml").write_text(text + "\n")
        Path(directory, "input").write_text('{"stage": "declare", "references": []}')
        code, opa = programs.opa_json("eval", "--bundle", directory, "--format", "json", "data.vestry.declare.p.deny")
        opa = opa["result"][0]["expressions"][0]["value"] if code == 0 and "result" in opa else []
        code, vestry = programs.vestry_json("eval", directory, "--input", Path(directory, "input"), "--format", "json")
        vestry = [denial["msg"] for denial in vestry["stages"][0].get("denials", [])] if code == 3 else []
    read = lambda said: json.loads(said[0]) if said else "refused"
    return read(opa), read(vestry)
