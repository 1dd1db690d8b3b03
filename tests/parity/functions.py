"""What functions make of ordinary and odd arguments, by both: one rule each, through the whole of `vestry policy eval`.

An error of the one is to be an error of the other: Vestry is strict, and OPA is told to be.
"""

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from programs import Comparison, Programs

REFUSED = "Vestry refuses what it does not do as Go does"
LENIENT = "the engine takes for undefined what is an error in OPA; without --strict-builtin-errors, OPA does, too"
NUMBERS = "beyond 64-bit floats the engine has no numbers"

# What is known to differ, and why.
EXPLAINED = {
    'sprintf("%*d", [1])': REFUSED,
    'sprintf("%[1]d", [1])': REFUSED,
    'sprintf("%U", [-1])': REFUSED,
    'sprintf("%999999999d", [1])': REFUSED,
    'sprintf("%5.2f", ["x"])': REFUSED,
    'walk(1)[0]': "the engine finds nothing there, so `check` refuses it",
    'time.add_date(0, 1000000000, 0, 0)': LENIENT,
    'regex.replace("a", "(", "b")': LENIENT,
    'json.patch([1], [{"op": "remove", "path": "/-1"}])': LENIENT,
    'json.patch({"a": 1}, [{"op": "move", "from": "/a", "path": "/a/b"}])': LENIENT,
    'regex.template_match("{", "a", "{", "}")': "the engine does not look at braces that are not closed",
    'urlquery.decode("%")': "the engine leaves broken escapes as they are",
    'indexof_n("aaa", "")': "the engine finds the empty text everywhere",
    'regex.split("", "äö")': "the engine has an empty part at either end",
    'lower("İ")': "Go maps letters one to one, the engine as Unicode says",
    'upper("ß")': "Go maps letters one to one, the engine as Unicode says",
    'ceil(-0.5)': "OPA 1.22 says 1 here",
    'time.format([0, "UTC", "MST"])': "the engine knows no names of time zones, but offsets",
    '1e308 * 10': NUMBERS,
    'sum([1e308, 1e308])': NUMBERS,
}

EXPRESSIONS = [
    *EXPLAINED,
    'array.flatten([1, [2, [3]]])', 'array.slice([1, 2, 3], 1, 2)', 'array.slice([1], 5, 2)', 'base64.decode("YQ==")',
    'base64.decode("ä")', 'base64url.encode_no_pad("a?b")', 'bits.lsh(1, 64)', 'bits.and(1.5, 1)', 'ceil(-1.5)',
    'concat(",", {"b", "a"})', 'contains("ä", "")', 'count("äö")', 'crypto.hmac.md5("a", "b")', 'crypto.md5("a")',
    'crypto.hmac.sha512("a", "b")', 'crypto.sha1("")', 'crypto.sha256("ä")', 'crypto.hmac.equal("a", "a")',
    'crypto.x509.parse_certificates("AAAA")', 'format_int(255, 16)', 'format_int(-10, 2)', 'glob.match("a*", ["."], "a.b")',
    'glob.match("a**", ["."], "a.b")', 'glob.match("[a-z0-9]", [], "a")', 'glob.match("/**/flags/*", ["/"], "/flags/a")', 'glob.match("*", [""], "x")', 'glob.match("[!a-c]?", [], "/x")', 'glob.match("{a,b}c", [], "bc")', 'glob.match("[", [], "x")', 'hex.decode("0")',
    'hex.encode("ä")', 'indexof("äö", "ö")', 'io.jwt.decode("a.b.c")', 'io.jwt.verify_hs256("a.b.c", "k")',
    'io.jwt.encode_sign({"alg": "HS256"}, {"a": "<&>"}, {"kty": "oct", "k": "AA"})',
    'io.jwt.decode_verify(io.jwt.encode_sign({"alg": "HS256"}, {"a": 1}, {"kty": "oct", "k": "YQ"}), {"secret": "a"})',
    'io.jwt.decode_verify(io.jwt.encode_sign({"alg": "HS256"}, {"aud": "x"}, {"kty": "oct", "k": "YQ"}), {"secret": "a"})',
    'io.jwt.decode_verify(io.jwt.encode_sign({"alg": "HS256"}, {"exp": 1}, {"kty": "oct", "k": "YQ"}), {"secret": "a"})',
    'io.jwt.decode_verify("a.b.c", {"secret": "a", "other": 1})', 'json.filter({"a": {"b": 1, "c": 2}}, ["a/b"])',
    'json.is_valid("{")', 'json.marshal({"b": [1, {2}], "a": null})', 'json.remove({"a": [1]}, ["a/0"])',
    'json.unmarshal("")', 'lower("ÄÖ")', 'max([])', 'net.cidr_contains("10.0.0.0/8", "10.1.0.0/16")',
    'net.cidr_contains("::/0", "1.1.1.1")', 'net.cidr_contains_matches(["10.0.0.0/8"], {"10.1.1.1", "11.0.0.0"})',
    'net.cidr_expand("10.0.0.0/30")', 'net.cidr_intersects("10.0.0.0/8", "10.1.0.0/16")', 'net.cidr_is_valid("10.0.0.0/33")',
    'net.cidr_merge(["10.0.0.1", "10.1.0.0/16", "::1/128", "::/127"])', 'net.cidr_merge(["192.0.2.1"])',
    'net.cidr_merge(["10.0.0.0/24", "10.0.1.0/24", "10.0.3.0/24"])', 'numbers.range(3, -1)', 'numbers.range_step(0, 5, 2)',
    'numbers.range(1.5, 2)', 'numbers.range_step(0, 5, 0)', 'object.get({"a": {"b": 1}}, ["a", "b"], 2)', 'object.keys({"a": 1})',
    'object.remove({"a": 1, "b": 2}, {"a"})', 'object.union_n([{"a": 1}, {"a": {"b": 2}}])', 'product([2, 3])',
    'regex.find_n("a", "aaa", 2)', 'regex.globs_match("a[0-9]+", "a.")', 'regex.globs_match("a]", "a")', 'regex.is_valid("(")',
    'regex.match("^a+$", "aaa")', 'regex.replace("abc", "(b)", "<$1>")', 'replace("abc", "", "x")', 'round(-0.5)', '5 % 0', '-5 % 3',
    'semver.compare("1.2.3-a", "1.2.3")', 'semver.is_valid("1.2")', 'sort({3, "a", null, [1]})', 'split("a,b", ",")', 'split("", "")',
    'sprintf("%", [])', 'sprintf("%d", [])', 'sprintf("%d|%5d|%-5d|%05d", [-1, 2, 3, -4])', 'sprintf("%s", [1])', 'sprintf("%d", ["a"])',
    'sprintf("%v %v %v", [[1, "a"], {"b": {1}}, set()])', 'sprintf("%.2f %f", [0.125, 1.5])', 'sprintf("%x %X %b %o", [255, 255, -5, 8])',
    'sprintf("%s", ["a", "b"])', 'sprintf("%v", [1234567.5])', 'startswith("abc", "")', 'strings.any_prefix_match("abc", ["x", "a"])',
    'strings.count("aaaa", "aa")', 'strings.count("abc", "")', 'strings.render_template("{{range .a}}{{.}},{{end}}{{.b}}", {"a": [1, "x"]})',
    'strings.render_template("{{", {})', 'strings.replace_n({"a": "b"}, "aa")', 'strings.reverse("äö")', 'substring("äöü", 1, 1)',
    'substring("abc", 1, -1)', 'sum([1, 2.5])', 'time.clock(0)', 'time.date(1e18)', 'time.diff(1e18, 0)', 'time.format([0, "UTC", "2006-01-02"])',
    'time.parse_duration_ns("1h2m")', 'time.parse_rfc3339_ns("2026-11-22T00:00:00Z")', 'time.parse_rfc3339_ns("no")', 'time.weekday(0)',
    'to_number("")', 'to_number("1.50")', 'trim("  a ", " ")', 'trim_left("aab", "a")', 'trim_space(" a\\n")', 'type_name({1})',
    'units.parse("1.5Gi")', 'units.parse("K")', 'units.parse_bytes("1MiB")', 'upper("ä")', 'urlquery.decode("a%20b")',
    'urlquery.encode_object({"a": ["b", "c"]})', 'uuid.parse("00000000-0000-4000-8000-000000000000")', 'yaml.is_valid("a: [")',
    'yaml.unmarshal("a: [1, b]")', '9223372036854775807 + 1', '[path | walk({"a": [1]}, [path, _])]', '[p | [p, _] := walk({"a": [1]})]',
    '$"a {1 + 1} {data.no} {[1, "x"]} {{1}} \\{"', '{"a": 1} | {"b": 2}', '{1, 2} - {2}', '{x | some x in [1, 2]; x > 1}',
    '"a" in {"b": "a"}', 'object.subset({"a": [1, 2]}, {"a": [1]})', 'graph.reachable({"a": ["b"], "b": []}, ["a"])',
    'graph.reachable_paths({"a": ["b", "c"], "b": ["a"], "c": []}, ["a"])',
    'providers.aws.sign_req({"url": "https://a.example/b?c=d", "method": "GET"}, {"aws_service": "s3", "aws_access_key": "a", "aws_secret_access_key": "b", "aws_region": "c"}, 1700000000000000000)',
]


def policy(expression: str) -> str:
    return f"package vestry.declare\n\ndeny contains msg if {{\n\tvalue := {expression}\n\tmsg := json.marshal(value)\n}}\n"


def compare(programs: Programs) -> bool:
    found = Comparison("functions")
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(2) as pool:
        file = Path(directory, "input.json")
        file.write_text(json.dumps({"stage": "declare"}))
        for expression, (opa, vestry) in zip(EXPRESSIONS, pool.map(lambda e: asked(programs, Path(directory), file, e), EXPRESSIONS)):
            found.row(expression, opa, vestry, EXPLAINED.get(expression))
    return found.report()


def asked(programs: Programs, directory: Path, file: Path, expression: str) -> tuple[object, object]:
    place = directory / f"policy{EXPRESSIONS.index(expression)}"
    place.mkdir()
    (place / "a.rego").write_text(policy(expression))
    options = ["--strict-builtin-errors", "--format", "json", "-d", place, "-i", file]
    code, answer = programs.opa_json("eval", *options, "data.vestry.declare.deny")
    opa = "error" if code != 0 else values(answer["result"][0]["expressions"][0]["value"])
    code, answer = programs.vestry_json("eval", place, "--input", file, "--format", "json")
    if code not in (0, 3):
        return opa, "error"
    return opa, values([finding["msg"] for finding in answer["stages"][0]["denials"]])


def values(texts: list[str]) -> list[object]:
    """As JSON, so that only what is said counts, not how it is written."""
    return [json.loads(text) for text in texts]
