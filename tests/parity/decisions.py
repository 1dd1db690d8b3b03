"""The shipped policies' decisions on generated inputs, by both."""

import json
import random
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from programs import ROOT, Comparison, Programs

INPUTS = 100
SEED = 20261122
FINDINGS = ("deny", "violation", "warn")


def reference(dice: random.Random, stage: str, now_ns: int) -> dict:
    """One reference, of a kind that some rule of policy/ speaks on."""
    pick = dice.choice
    path = "/".join([pick(["dev", "test", "prod", "staging", "shared"]), pick(["shop", "flags", "config", "db"]), pick(["password", "beta", "key"])])
    store = pick(["ssm", "secretsmanager"])
    name = path if store == "secretsmanager" else "/" + path
    account, region = pick(["111122223333", "444455556666"]), pick(["eu-west-1", "us-east-1"])
    kind = f"ssm:{region}:{account}:parameter{name}" if store == "ssm" else f"secretsmanager:{region}:{account}:secret:{name}-AbCdEf"
    arn = f"arn:aws:{kind}"
    common = {
        "variable": pick(["DB_PASSWORD", "API_KEY", "FLAG", "LD_PRELOAD"]) + pick(["", "0", "1"]),
        "store": store,
        "name": name,
        "selector": pick([None, {"version": "3"}, {"label": "live"}, {"stage": pick(["AWSCURRENT", "AWSPREVIOUS", "AWSPENDING", "blue"])}]),
        "key": pick([None, None, "password"]),
        "optional": pick([True, False]),
        "has_default": pick([True, False]),
    }
    if dice.random() < 0.2:
        common |= {"source": "manifest", "region": region, "role_arn": f"arn:aws:iam::{account}:role/reader"}
    if stage == "declare":
        return common | {"arn": pick([None, arn])}
    seen = lambda: rfc3339(now_ns - dice.randrange(800) * 86_400 * 10**9)
    found = dice.random() < 0.9
    return common | {
        "arn": arn if found else pick([None, arn]),
        "found": found,
        "version": pick(["1", "2"]) if found else None,
        "type": pick(["String", "StringList", "SecureString"] if store == "ssm" else ["SecretString", "SecretBinary"]) if found else None,
        "created": pick([None, seen()]) if found else None,
        "last_modified": pick([None, seen(), seen()]) if found else None,
        "stages": pick([[], ["AWSCURRENT"], ["AWSPREVIOUS"], ["AWSCURRENT", "AWSPENDING"]]),
        "kms_key_id": pick([None, "alias/aws/ssm", "alias/prod"]) if found else None,
        "size": dice.randrange(5000) if found else None,
    }


def rfc3339(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds // 10**9, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(dice: random.Random) -> dict:
    stage = dice.choice(["declare", "resolve"])
    now_ns = 1_795_357_800 * 10**9 + dice.randrange(10**9)
    return {
        "stage": stage,
        "function": {
            "name": dice.choice(["orders-prod", "orders_dev", "shop-test-api", "orders", None]),
            "version": dice.choice(["$LATEST", "7", None]),
            "region": dice.choice(["eu-west-1", "us-east-1", None]),
            "memory_mb": dice.choice([128, 1024, None]),
            "initialization_type": dice.choice(["on-demand", "snap-start", None]),
            "account": None if stage == "declare" else dice.choice(["111122223333", None]),
        },
        "references": [reference(dice, stage, now_ns) for _ in range(dice.randrange(6))],
        "delivery": dice.choice(["socket", "file", "exec", "none"]),
        "variables": sorted(dice.sample(["LOG_LEVEL", "TZ", "LD_PRELOAD", "NODE_TLS_REJECT_UNAUTHORIZED", "SSLKEYLOGFILE"], 2)),
        "now": rfc3339(now_ns),
        "now_ns": now_ns,
    }


def said_by_opa(tree: object, package: str) -> set:
    """Every element of an entry's set, wherever below the stage's package it is."""
    said = set()
    for name, value in tree.items() if isinstance(tree, dict) else ():
        if name.split("_")[0] in FINDINGS:
            said |= {(package, name, element if isinstance(element, str) else element["msg"]) for element in value}
        else:
            said |= said_by_opa(value, f"{package}.{name}")
    return said


def compare(programs: Programs) -> bool:
    found, dice = Comparison("decisions"), random.Random(SEED)
    spoken = 0
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "input.json")
        for number in range(INPUTS):
            asked = document(dice)
            file.write_text(json.dumps(asked))
            opa = opa_decision(programs, file, asked["stage"])
            vestry = vestry_decision(programs, file)
            spoken += len(opa) if isinstance(opa, list) else 0
            found.row(f"input {number} of seed {SEED}", opa, vestry)
    # Inputs on which no rule speaks would be the same whatever the rules do.
    found.row("rules speak on the inputs", True, spoken > 10 * INPUTS // 4)
    print(f"decisions: {spoken} messages on {INPUTS} inputs")
    return found.report()


def opa_decision(programs: Programs, file: Path, stage: str) -> object:
    query = f"data.vestry.{stage}"
    options = ["--strict-builtin-errors", "--format", "json", "--ignore", "*_test.rego"]
    code, answer = programs.opa_json("eval", *options, "-d", ROOT / "policy", "-i", file, query)
    if code != 0:
        return answer
    tree = answer["result"][0]["expressions"][0]["value"] if answer.get("result") else {}
    return sorted(said_by_opa(tree, f"vestry.{stage}"))


def vestry_decision(programs: Programs, file: Path) -> object:
    code, answer = programs.vestry_json("eval", ROOT / "policy", "--input", file, "--format", "json")
    if code not in (0, 3):
        return answer
    [stage] = answer["stages"]
    findings = stage["denials"] + stage["warnings"]
    return sorted({(finding["package"], finding["rule"], finding["msg"]) for finding in findings})
