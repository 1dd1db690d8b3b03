"""`vestry check` against moto and against templates: what it finds is what INIT does, and no value is in what it says."""

import json
import os

import pytest

from support import paths
from support.canaries import Search, make
from support.permissions import EVERYTHING, Enforced, allowing
from support.programs import exec_, run

CANARIES = [make("PARAMETER", "@@"), make("SECRET", "@-@"), make("DEFAULT", "@.@"), make("PLAIN", "@_@")]
PARAMETER, SECRET, DEFAULT, PLAIN = (canary.text for canary in CANARIES)


def check(env: dict[str, str], *arguments, cwd=None):
    done = run([paths.VESTRY, "check", *arguments], env, cwd=cwd)
    assert Search(CANARIES).find(done.said) == []
    return done


def function_of(done) -> dict:
    document = json.loads(done.out)
    assert document["exit_code"] == done.status, done.said
    return document["functions"][0]


def by_variable(done) -> dict[str, dict]:
    return {reference["variable"]: reference for reference in function_of(done)["references"]}


@pytest.fixture
def filled(stores) -> dict[str, str]:
    stores.parameter("/prod/db/password", PARAMETER)
    for name in "ab":
        stores.parameter(f"/prod/flags/{name}", PARAMETER, kind="String")
    arn = stores.secret("prod/stripe", json.dumps({"key": SECRET, "other": SECRET}))
    stores.secret("prod/plain", SECRET)
    return {
        "DB": "ssm:/prod/db/password",
        "FLAGS": "ssm:/prod/flags/*",
        "KEY": "secretsmanager:prod/stripe#key",
        "WHOLE": "secretsmanager:prod/plain",
        "ARN": f"secretsmanager:{arn}",
        "ABSENT": "ssm:/prod/absent?optional",
        "DEFAULT": f"ssm:/prod/absent?default={DEFAULT}",
        "TEXT": PLAIN,
    }


# Online


def test_what_is_found(stores, filled):
    done = check({**stores.env(), **filled}, "--json")
    assert done.status == 0 and done.err == "", done.said
    found = by_variable(done)
    assert set(found) == {"DB", "FLAGS_A", "FLAGS_B", "KEY", "WHOLE", "ARN", "ABSENT", "DEFAULT"}
    assert (found["DB"]["found"], found["DB"]["version"], found["DB"]["type"]) == (True, "1", "SecureString")
    assert (found["KEY"]["type"], found["KEY"]["name"]) == ("SecretString", "prod/stripe")
    assert found["WHOLE"]["found"] and found["WHOLE"]["stages"] == ["AWSCURRENT"] and len(found["WHOLE"]["version"]) == 36
    assert found["FLAGS_B"]["reference"] == "ssm:/prod/flags/b"
    assert all(found[name]["last_changed"].startswith("20") for name in ("DB", "KEY", "WHOLE", "ARN"))
    assert (found["ABSENT"]["found"], found["DEFAULT"]["found"]) == (False, False)


def test_the_table(stores, filled):
    missing = {"GONE": "secretsmanager:gone", "NO_KEY": "secretsmanager:prod/stripe#nokey"}
    for columns in ("80", "100"):
        done = check({**stores.env(), **filled, **missing, "COLUMNS": columns})
        assert done.status == 5
        lines = done.out.splitlines()
        assert lines[0].split() == ["VARIABLE", "REFERENCE", "FOUND", "VERSION", "TYPE", "CHANGED"]
        assert all(len(line) <= int(columns) for line in lines), done.out
        row = next(line for line in lines if line.startswith("DB "))
        assert row.split()[2:5] == ["yes", "1", "SecureString"]
        gone = next(i for i, line in enumerate(lines) if line.startswith("GONE "))
        assert "✗ not found in eu-west-1; create it" in lines[gone + 1]
        assert "the JSON has no key nokey" in done.out and "\x1b" not in done.out
        assert "INIT would be refused: Vestry.NotFound, 2 problems" in lines[-1]


def test_metadata_alone_where_that_tells(stores, filled):
    with Enforced(stores, EVERYTHING) as enforced:
        done = check({**enforced.env(), **filled, "TWICE": filled["DB"]}, "--json")
        assert done.status == 0 and function_of(done)["asked"] == "metadata"
        # The one secret whose key is asked for, and no other; parameters undecrypted.
        assert sorted(enforced.calls) == ["BatchGetSecretValue"] + ["DescribeSecret"] * 2 + ["GetParameters", "GetParametersByPath"]
        assert enforced.secrets_fetched == {"prod/stripe"} and not enforced.decryptions
        enforced.calls.clear()
        assert check({**enforced.env(), **filled}, "--fetch").status == 0
        assert "DescribeSecret" not in enforced.calls and enforced.decryptions


def test_inits_own_permissions_are_enough(stores, filled):
    actions = ["ssm:GetParameters", "ssm:GetParametersByPath", "secretsmanager:GetSecretValue"]
    actions += ["secretsmanager:BatchGetSecretValue", "kms:Decrypt"]
    with Enforced(stores, allowing(*actions)) as enforced:
        assert check({**enforced.env(), **filled}).status == 0


def test_what_is_denied_is_told_from_what_is_missing(stores, filled, short_tmp):
    with Enforced(stores, allowing("secretsmanager:*", "kms:*", "ssm:GetParameters")) as enforced:
        env = {**enforced.env(), **filled, "GONE": "ssm:/prod/gone"}
        done = check(env, "--json")
        assert done.status == 6
        found = by_variable(done)
        denied, gone = found["FLAGS"]["problem"], found["GONE"]["problem"]
        assert denied["type"] == "Vestry.AccessDenied" and "ssm:GetParametersByPath" in denied["advice"]
        assert (gone["type"], found["GONE"]["found"], found["FLAGS"]["found"]) == ("Vestry.NotFound", False, None)
        assert exec_(env, short_tmp).status == 3, "INIT says the same"
    with Enforced(stores, allowing("secretsmanager:*", "ssm:*")) as enforced:
        env = {**enforced.env(), "DB": filled["DB"]}
        assert check(env).status == 0, "that it may be decrypted, metadata does not tell"
        done = check(env, "--fetch")
        assert done.status == 6 and "kms:Decrypt" in done.out


def test_a_store_that_is_not_there_and_credentials_that_are_not(stores, filled):
    env = {**stores.env(), **filled, "AWS_ENDPOINT_URL": "https://127.0.0.1:1", "AWS_CA_BUNDLE": "/nonexistent"}
    assert check(env).status in (3, 7)
    alone = {"DB": filled["DB"], "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    assert check(alone).status == 0, "offline"
    assert check(alone, "--online").status == 6


def test_a_store_that_refuses_connections_is_given_up_and_said_once(stores, filled):
    """Well before the end of what a slow store is waited for, and not after a single attempt."""
    env = {**stores.env(), "A": "ssm:/a", "B": "ssm:/b", "C": "ssm:/c", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = check({**env, "VESTRY_DEADLINE_MS": "300"}, "--json")
    assert done.status == 7, done.said
    function = function_of(done)
    assert 1 < function["calls"]["ssm"] < 40, function["calls"]
    said = [row["problem"] for row in function["references"]]
    assert len(said) == 3 and all("at the deadline" not in problem["why"] for problem in said)
    assert all("VESTRY_DEADLINE_MS" not in problem["advice"] for problem in said), said
    table = " ".join(check({**env, "VESTRY_DEADLINE_MS": "300"}).out.split())
    assert table.count("check the region, the endpoint and the network path") == 1, table
    assert table.count("✗ as for A") == 2 and "INIT would be refused: Vestry.Unavailable, 3 problems" in table


def test_a_thousand_references(stores):
    for n in range(500):
        stores.parameter(f"/many/{n}", "v")
    for n in range(500):
        stores.secret(f"many/{n}", "v")
    lists = {
        "VESTRY_PARAMETERS": ",".join(f"P{n}=/many/{n}" for n in range(500)),
        "VESTRY_SECRETS": ",".join(f"S{n}=many/{n}" for n in range(500)),
    }
    done = check({**stores.env(), **lists}, "--json", "--fetch")
    # Past the 4 KB of variables, which is told besides; a manifest has no such limit.
    assert done.status == 3
    function = function_of(done)
    assert sum(reference["found"] for reference in function["references"]) == 1000
    assert (function["calls"]["ssm"], function["calls"]["secretsmanager"]) == (50, 25)


def test_a_thousand_references_of_a_manifest(stores, tmp_path):
    variables = "".join(f'P{n} = "ssm:/many/{n}"\n' for n in range(1000))
    (tmp_path / "vestry.toml").write_text(f"[variables]\n{variables}")
    for n in range(1000):
        stores.parameter(f"/many/{n}", "v")
    done = check(stores.env(), "--json", cwd=tmp_path)
    assert done.status == 0, done.said[-500:]
    assert function_of(done)["calls"]["ssm"] == 100


# The policy

POLICY = """\
package vestry.resolve

deny contains {"msg": "no plain text", "variable": ref.variable, "id": "secure"} if {
	some ref in input.references
	ref.type == "String"
}
"""
OF_DECLARED = """\
package vestry.declare

deny contains {"msg": "not of prod", "variable": ref.variable} if {
	some ref in input.references
	not startswith(trim(ref.name, "/"), "prod/")
}
"""


def test_the_policy_on_what_is_declared_and_on_what_is_found(stores, filled, tmp_path):
    (tmp_path / "found.rego").write_text(POLICY)
    (tmp_path / "declared.rego").write_text(OF_DECLARED)
    found = check({**stores.env(), **filled}, "--json", "--policy", tmp_path)
    assert found.status == 4 and by_variable(found)["FLAGS_A"]["problem"]["id"] == "secure"
    assert function_of(found)["asked"] == "values", "a policy may ask for more than metadata"
    with Enforced(stores, EVERYTHING) as enforced:
        declared = check({**enforced.env(), **filled, "X": "ssm:/test/x"}, "--json", "--policy", tmp_path)
        assert declared.status == 4 and "not of prod" in by_variable(declared)["X"]["problem"]["why"]
        assert enforced.calls == [], "what is denied is not asked for"
    assert check({"X": "ssm:/test/x"}, "--policy", tmp_path).status == 4
    (tmp_path / "broken.rego").write_text("package")
    broken = check({"X": "ssm:/prod/x"}, "--policy", tmp_path)
    assert broken.status == 4 and "Vestry.PolicyInvalid" in broken.out
    assert check({"X": "ssm:/prod/x"}, "--policy", tmp_path / "nowhere").status == 2


# The environment and the manifest, offline


def test_everything_that_is_wrong_at_once():
    env = {"A": "smm:/x", "B": "ssm:/bad name", "GOOD": "ssm:/prod/x#key", "VESTRY_SECRET": "x", "VESTRY_SECRETS": "x/good"}
    done = check(env, "--json")
    assert done.status == 3
    function = function_of(done)
    told = {p["variable"] for p in function["problems"]} | {n for n, r in by_variable(done).items() if r["problem"]}
    assert {"A", "B", "VESTRY_SECRET", "GOOD"} <= told, "the last for two sources"
    assert by_variable(done)["A"]["reference"] == "-"
    text = check(env).out
    assert "did you mean ssm:" in text and "did you mean VESTRY_SECRETS?" in text


def test_the_size_of_a_file_of_variables(tmp_path):
    path = tmp_path / "function.env"
    for size, status in ((4096, 0), (4097, 3)):
        path.write_text(f"DB=ssm:/prod/x\nTEXT={'v' * (size - len('DBssm:/prod/xTEXT'))}\n")
        done = check({}, "--env-file", path, "--json")
        assert (done.status, function_of(done)["size"]["bytes"]) == (status, size)
    assert "Lambda takes 4096 for all of them" in done.out


def test_a_manifest(stores, tmp_path):
    stores.parameter("/prod/user", "u")
    stores.parameter("/prod/password", PARAMETER)
    manifest = tmp_path / "vestry.toml"
    manifest.write_text(
        """\
[references]
user = "ssm:/prod/user"
password = "ssm:/prod/password"
[variables]
URL = "postgres://${user}:${password | urlencode}@host/app"
[profile.test.variables]
EXTRA = "ssm:/test/extra"
"""
    )
    done = check({**stores.env(), "URL": "of the shell, which is no function"}, "--manifest", manifest, "--json")
    assert done.status == 0, done.said
    found = by_variable(done)
    assert found["URL"]["found"] and found["URL"]["reference"] == "composed of ${user} ${password}"
    assert check(stores.env(), "--manifest", manifest, "--profile", "test").status == 5
    wrong = check(stores.env(), "--manifest", manifest, "--profile", "tets")
    assert wrong.status == 3 and "test" in wrong.out
    assert check({}, "--manifest", tmp_path / "nothing.toml").status == 2
    manifest.write_text('[variables]\nA = "ssm:/prod/a"\nB = "plain"\n[varibles]\n')
    broken = check({"C": "ssm:/prod/c"}, cwd=tmp_path)
    assert broken.status == 3 and "vestry.toml:4" in broken.out and "vestry.toml:3" in broken.out
    assert "C         ssm:/prod/c" in broken.out


# Templates

HEAD = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String}
  LayerArn: {Type: String}
Conditions:
  Unheard: !Equals [!Ref Stage, x]
Resources:
"""
LAYER = "arn:aws:lambda:eu-west-1:111122223333:layer:vestry:1"
WRAPPER = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/vestry-exec"}


def template_of(tmp_path, properties: dict, variables: dict | None = None, layers: list | None = None, **more):
    """A template of one function F, JSON within YAML."""
    variables = {"DB": "ssm:/prod/db", **WRAPPER} if variables is None else variables
    whole = {"Runtime": "python3.13", "Handler": "app.handler", "Environment": {"Variables": variables}}
    if layers != []:
        whole["Layers"] = layers or [LAYER]
    resources = {"F": {"Type": "AWS::Serverless::Function", "Properties": {**whole, **properties}}, **more}
    path = tmp_path / "template.yaml"
    path.write_text(HEAD + "".join(f"  {name}: {json.dumps(resource)}\n" for name, resource in resources.items()))
    return path


def judged(path, *arguments) -> tuple[int, dict]:
    done = check({}, "--template", path, "--json", *arguments)
    return done.status, function_of(done)


def problems(function: dict) -> str:
    of_rows = [r["problem"] for r in function["references"] if r["problem"]]
    return "\n".join(f"{p.get('variable')}: {p['why']}" for p in function["problems"] + of_rows)


def test_a_function_that_would_start(tmp_path):
    status, function = judged(template_of(tmp_path, {}))
    assert (status, function["function"], function["problems"]) == (0, "F", [])


@pytest.mark.parametrize(
    "properties, variables, layers, said",
    [
        ({}, None, [], "Layers: no layer is attached"),
        ({}, None, ["arn:aws:lambda:eu-west-1:111122223333:layer:numpy:1"], "none of its layers"),
        ({}, {"DB": "ssm:/prod/db"}, None, "VESTRY_DELIVERY: nothing would read the values"),
        ({"Runtime": "provided.al2023"}, None, None, "AWS_LAMBDA_EXEC_WRAPPER: it has no effect on the OS-only runtime"),
        ({"Runtime": "provided.al2"}, {"DB": "ssm:/prod/db"}, None, "VESTRY_DELIVERY: nothing would read"),
        ({"PackageType": "Image"}, {"DB": "ssm:/prod/db", "VESTRY_DELIVERY": "socket"}, None, "Image takes no layers"),
        ({}, {**WRAPPER, "DB": "ssm:/prod/db", "X": "x" * 4096}, None, "the variables take 4"),
        ({}, {**WRAPPER, "DB": "smm:/prod/db"}, None, "DB: "),
        ({}, None, [LAYER] * 6, "Lambda takes 5 layers"),
        ({}, WRAPPER, [], "Layers: no layer is attached"),
    ],
)
def test_a_function_that_would_not(tmp_path, properties, variables, layers, said):
    status, function = judged(template_of(tmp_path, properties, variables, layers))
    assert status == 3 and said in problems(function), function


@pytest.mark.parametrize(
    "properties, variables, layers",
    [
        ({}, {"DB": "ssm:/prod/db", "VESTRY_DELIVERY": "file"}, None),
        ({"Runtime": "provided.al2023"}, {"DB": "ssm:/prod/db"}, [LAYER.replace("vestry", "vestry-provided")]),
        ({"PackageType": "Image"}, {"DB": "ssm:/prod/db", "VESTRY_DELIVERY": "socket"}, []),
        ({}, None, [{"Ref": "LayerArn"}]),
        ({}, None, [{"Fn::Sub": "arn:aws:lambda:${AWS::Region}:111122223333:layer:any:1"}]),
        ({"Layers": {"Fn::If": ["Unheard", [LAYER], {"Ref": "AWS::NoValue"}]}}, None, []),
        ({}, {}, []),
        ({}, {"PLAIN": "text"}, []),
        ({"Environment": {"Ref": "Stage"}}, None, None),
    ],
)
def test_what_is_right_or_not_known_is_no_error(tmp_path, properties, variables, layers):
    status, function = judged(template_of(tmp_path, properties, variables, layers))
    assert status == 0, problems(function)


def test_intrinsics_that_are_not_known_are_shown_and_never_misread(tmp_path):
    variables = {
        **WRAPPER,
        "DB": {"Fn::Sub": "ssm:/${Stage}/db"},
        "TABLE": {"Ref": "Table"},
        "ANY": {"Fn::ImportValue": "x"},
        "DYNAMIC": "{{resolve:ssm:/prod/x}}",
    }
    path = template_of(tmp_path, {}, variables, Table={"Type": "AWS::DynamoDB::Table"})
    status, function = judged(path)
    assert status == 0
    (reference,) = function["references"]
    assert (reference["variable"], reference["reference"], reference["found"]) == ("DB", "ssm:/…", None)
    assert f"the parameter Stage; give it with --parameter Stage=… ({path}:" in reference["note"]
    unknown = "\n".join(function["unknown"])
    assert "ANY is unknown" in unknown and "DYNAMIC is unknown" in unknown and "TABLE" not in unknown
    status, function = judged(path, "--parameter", "Stage=test")
    assert function["references"][0]["reference"] == "ssm:/test/db"


MISNAMED = [
    ("DB", {"Fn::Sub": "ssm:/${Stge}/db"}, "DB: the template has no parameter or resource Stge; did you mean Stage?"),
    ("KEY", {"Fn::Sub": "secretsmanager:${Databse}#p"}, "KEY: the template has no parameter or resource Databse; did you mean Database?"),
    ("KEY", {"Fn::Sub": ["secretsmanager:${It}", {"It": {"Ref": "Databse"}}]}, "did you mean Database?"),
    ("KEY", {"Fn::Join": ["", ["secretsmanager:", {"Fn::GetAtt": "Databse.Id"}]]}, "KEY: the template has no resource Databse;"),
    ("DB", {"Fn::If": ["Unherd", "ssm:/a", "ssm:/b"]}, "DB: the template has no condition Unherd; did you mean Unheard?"),
    ("X", {"Ref": "AWS::Regoin"}, "X: the template has no parameter or resource AWS::Regoin; did you mean AWS::Region?"),
    ("X", {"Ref": "SomethingElse"}, "X: the template has no parameter or resource SomethingElse; correct the name"),
]


@pytest.mark.parametrize("name, value, said", MISNAMED)
def test_a_name_that_the_template_does_not_have_is_a_problem(tmp_path, name, value, said):
    variables = {**WRAPPER, "PLAIN": "text", name: value}
    path = template_of(tmp_path, {}, variables, Database={"Type": "AWS::SecretsManager::Secret"})
    status, function = judged(path)
    of_rows = [row["problem"] for row in function["references"] if row["problem"]]
    (problem,) = function["problems"] + of_rows
    told = f"{problem['variable']}: {problem['why']}; {problem['advice']}"
    assert status == 3 and said in told and problem["type"] == "Vestry.InvalidDeclaration", told
    assert problem["place"].startswith(f"{path}:9:"), problem
    done = run([paths.VESTRY, "iam", "--template", path], {})
    assert (done.status, done.out) == (3, "") and problem["why"] in done.err and problem["place"] in done.err, done.said


def test_a_layer_or_a_condition_that_the_template_does_not_have(tmp_path):
    layer = {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "x", "LayerName": "vestry"}}
    path = template_of(tmp_path, {"Layers": [{"Ref": "VestryLyer"}]}, None, [], VestryLayer=layer)
    status, function = judged(path)
    assert status == 3 and "the template has no parameter or resource VestryLyer" in problems(function)
    done = check({}, "--template", path)
    assert done.status == 3 and "did you mean VestryLayer?" in " ".join(done.out.split())
    text = template_of(tmp_path, {}).read_text()
    path.write_text(text.replace("F: {", "F: {Condition: Unherd, ", 1))
    assert "the template has no condition Unherd" in problems(judged(path)[1])
    path.write_text(text.replace("!Ref Stage, x", "!Ref Stag, x"))
    assert "the template has no parameter or resource Stag" in problems(judged(path)[1])


@pytest.mark.parametrize(
    "transform, entry",
    [
        ("[AWS::Serverless-2016-10-31, AWS::LanguageExtensions]", ""),
        ("[Mine, AWS::Serverless-2016-10-31]", ""),
        ("{Name: AWS::Include, Parameters: {Location: s3://x/y}}", ""),
        ("AWS::Serverless-2016-10-31", '  Fn::Transform: {Name: AWS::Include, Parameters: {Location: "s3://x/y"}}\n'),
        ("AWS::Serverless-2016-10-31", '  Fn::ForEach::Loop: [N, [a], {"T${N}": {Type: "AWS::SNS::Topic"}}]\n'),
    ],
)
def test_a_name_that_a_macro_may_make_is_unknown(tmp_path, transform, entry):
    path = template_of(tmp_path, {}, {**WRAPPER, "DB": {"Fn::Sub": "ssm:/${Stge}/db"}})
    path.write_text(path.read_text().replace("AWS::Serverless-2016-10-31", transform) + entry)
    status, function = judged(path)
    assert status == 0 and "unknown: Stge, which is neither" in function["references"][0]["note"], function


def test_what_sam_makes_of_a_function_has_a_name(tmp_path):
    names = ["FRole", "FAliaslive", "F.Version", "FNightly", "ServerlessRestApi", "ApiStage"]
    variables = {**WRAPPER, **{f"V{i}": {"Ref": name} for i, name in enumerate(names)}}
    variables["SUB"] = {"Fn::Sub": "https://${ServerlessRestApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${!x}/${F.Arn}"}
    events = {"Nightly": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}}
    path = template_of(tmp_path, {"Events": events}, variables, Api={"Type": "AWS::Serverless::Api"})
    status, function = judged(path)
    assert status == 0, problems(function)


def test_what_the_template_makes_is_told_from_what_is_unknown(stores, tmp_path):
    variables = {
        **WRAPPER,
        "A": {"Fn::Sub": "secretsmanager:${Secret}#key"},
        "B": {"Fn::Join": ["", ["ssm:", {"Ref": "Nameless"}]]},
        "C": {"Fn::Sub": "ssm:${Named}"},
        "D": "secretsmanager:prod/made",
        "VESTRY_SECRETS": {"Fn::Join": [",", [{"Fn::Sub": "LISTED=${Secret}"}]]},
        "PLAIN": {"Ref": "Secret"},
        "VESTRY_PARAMETERS": {"Fn::Sub": "N=${Nameless},${Nameless},${Open}"},
    }
    made = {
        "Open": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": {"Fn::Sub": "/${Stage}/x"}}},
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "prod/made"}},
        "Nameless": {"Type": "AWS::SSM::Parameter"},
        "Named": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/prod/made"}},
    }
    path = template_of(tmp_path, {}, variables, **made)
    for online in ([], ["--online"]):
        done = check(stores.env() if online else {}, "--template", path, "--json", *online)
        assert done.status == 0, done.said
        found = by_variable(done)
        by = {name: reference["made_by_template"] for name, reference in found.items() if reference["made_by_template"]}
        not_asked = {"A": "Secret", "B": "Nameless", "LISTED": "Secret", "N": "Nameless", "${Nameless}": "Nameless", "${Open}": "Open"}
        # What has a name is asked for, for it may be there; that it is not is no problem.
        assert by == ({**not_asked, "C": "Named", "D": "Secret"} if online else not_asked)
        assert found["A"]["reference"] == "secretsmanager:${Secret}#key" and found["A"]["found"] is None
        assert f"made by this template: Secret ({path}:" in found["A"]["note"]
        assert "is not known: write NAME=${Open}" in found["${Open}"]["note"] and "write" not in found["N"]["note"]
        assert not any(stand_in in done.said for stand_in in ("0wnSfx", "made-by", "MADE_BY"))
    stores.parameter("/prod/made", PARAMETER)
    stores.secret("prod/made", SECRET)
    there = by_variable(check(stores.env(), "--template", path, "--json", "--online"))
    assert (there["C"]["found"], there["D"]["found"], there["D"]["made_by_template"]) == (True, True, None)


def test_what_is_wrong_has_its_place_in_the_template(stores, tmp_path):
    path = tmp_path / "template.yaml"
    path.write_text(
        """\
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: a.b
      Environment:
        Variables:
          NEAR: smm:/prod/db
          GONE: ssm:/prod/gone
          VESTRY_PARAMETERS: /ok, not ok
"""
    )
    _, function = judged(path)
    places = {problem.get("variable"): problem["place"] for problem in function["problems"]}
    places |= {r["variable"]: r["problem"]["place"] for r in function["references"] if r["problem"]}
    assert places["NEAR"] == f"{path}:9:17" and places["Layers"] == f"{path}:3:5", places
    assert any(name.startswith("VESTRY_PARAMETERS") and place == f"{path}:11:30" for name, place in places.items()), places
    sound = template_of(tmp_path, {}, {**WRAPPER, "GONE": "ssm:/prod/gone"})
    assert f"✗ {path}:9:" in " ".join(check({**stores.env(), "COLUMNS": "120"}, "--template", sound, "--online").out.split())


def test_what_the_template_makes_has_to_be_declared_right(stores, tmp_path):
    made = {"Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "prod/made"}}}
    path = template_of(tmp_path, {}, {**WRAPPER, "A": {"Fn::Sub": "secretsmanager:${Secret}?nonsense=1"}}, **made)
    done = check({}, "--template", path)
    assert done.status == 3 and "A  " in done.out and "made-by" not in done.said and "0wnSfx" not in done.said
    stores.secret("prod/made", '{"key": "x"}')
    path = template_of(tmp_path, {}, {**WRAPPER, "A": "secretsmanager:prod/made#nokey"}, **made)
    assert check(stores.env(), "--template", path, "--online").status == 5, "it is there, and its key is not"


@pytest.mark.parametrize("option", ["--template", "--env-file", "--manifest"])
def test_what_is_no_file_is_not_read(tmp_path, option):
    fifo = tmp_path / "fifo.toml"
    os.mkfifo(fifo)
    for path in ("/dev/zero", tmp_path, fifo):
        done = check({}, option, path)
        assert done.status == 2 or (option, path) == ("--env-file", fifo), done.said
        assert "panicked" not in done.said


def test_a_pipe_of_the_shell_is_read(tmp_path):
    path = template_of(tmp_path, {})
    command = 'exec "$0" check --offline --template <(cat "$1") --env-file <(echo DB=smm:/x)'
    both = run(["bash", "-c", command, paths.VESTRY, path], {})
    assert both.status == 2, "one or the other"
    of_template = run(["bash", "-c", 'exec "$0" check --offline --template <(sleep 0.2; cat "$1")', paths.VESTRY, path], {})
    assert of_template.status == 0 and "ssm:/prod/db" in of_template.out, of_template.said
    of_variables = run(["bash", "-c", 'exec "$0" check --offline --env-file <(echo DB=smm:/x)', paths.VESTRY], {})
    assert of_variables.status == 3 and "did you mean ssm:" in of_variables.out


def test_a_templates_references_in_the_stores(stores, tmp_path):
    stores.parameter("/prod/db", PARAMETER)
    variables = {**WRAPPER, "DB": "ssm:/prod/db", "GONE": "ssm:/prod/gone", "DC": {"Fn::Sub": "ssm:/${Stage}/x"}}
    path = template_of(tmp_path, {}, variables)
    done = check(stores.env(), "--template", path, "--online", "--json")
    found = by_variable(done)
    assert done.status == 5 and found["DB"]["found"] and not found["GONE"]["found"]
    assert found["DC"]["found"] is None and found["DC"]["problem"] is None
    assert check(stores.env(), "--template", path, "--offline").status == 0
    assert check({}, "--template", path).status == 0, "offline without credentials"


def test_the_layers_own_policy_and_the_packages_manifest(tmp_path):
    layer = {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "layer"}}
    (tmp_path / "layer/policy").mkdir(parents=True)
    (tmp_path / "layer/extensions").mkdir()
    (tmp_path / "layer/extensions/vestry").write_text("")
    (tmp_path / "layer/policy/p.rego").write_text(OF_DECLARED)
    (tmp_path / "code").mkdir()
    (tmp_path / "code/vestry.toml").write_text('[variables]\nX = "ssm:/test/x"\n')
    path = template_of(tmp_path, {"CodeUri": "code"}, WRAPPER, [{"Ref": "Anything"}], Anything=layer)
    status, function = judged(path)
    assert status == 4 and "X: not of prod" in problems(function)
    layer["Properties"]["CompatibleArchitectures"] = ["arm64"]
    path = template_of(tmp_path, {"CodeUri": "code"}, WRAPPER, [{"Ref": "Anything"}], Anything=layer)
    status, function = judged(path)
    assert "the function is x86_64, its layer Anything for arm64" in problems(function)
    (tmp_path / "layer/extensions/vestry").unlink()
    assert "none of its layers (Anything) is Vestry's" in problems(judged(path)[1])


OF_THE_REGION = """\
package vestry.declare
deny contains "no region" if not is_string(input.function.region)
deny contains "elsewhere" if input.function.region == "eu-north-1"
"""


def test_the_policy_is_told_the_region_that_is_asked(stores, tmp_path):
    stores.parameter("/prod/db", PARAMETER)
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy/p.rego").write_text(OF_THE_REGION)
    arguments = ["--template", template_of(tmp_path, {}), "--policy", tmp_path / "policy", "--online"]
    done = check(stores.env(), *arguments)
    assert done.status == 0, done.said
    home = tmp_path / "home/.aws"
    home.mkdir(parents=True)
    (home / "config").write_text("[default]\nregion = eu-north-1\n")
    env = {name: value for name, value in stores.env().items() if name not in ("AWS_REGION", "AWS_DEFAULT_REGION")}
    done = check({**env, "HOME": str(home.parent)}, *arguments)
    assert "elsewhere" in done.said and "no region" not in done.said


@pytest.mark.parametrize("nothing", [{"Ref": "AWS::NoValue"}, {"Fn::If": ["Never", "x", {"Ref": "AWS::NoValue"}]}])
def test_what_comes_to_nothing_takes_out_what_globals_have(tmp_path, nothing):
    of_all = {**WRAPPER, "DB": "ssm:/prod/db", "KEPT": "ssm:/prod/kept"}
    globals_ = {"Function": {"Runtime": "python3.13", "Layers": [LAYER], "Environment": {"Variables": of_all}}}

    def variables(environment) -> set[str]:
        own = {"Handler": "a.b", "Environment": environment}
        resources = {"F": {"Type": "AWS::Serverless::Function", "Properties": own}}
        conditions = {"Never": {"Fn::Equals": ["a", "b"]}}
        path = tmp_path / "template.yaml"
        path.write_text(json.dumps({"Globals": globals_, "Conditions": conditions, "Resources": resources}))
        return {reference["variable"] for reference in judged(path)[1]["references"]}

    assert variables({"Variables": {"DB": nothing}}) == {"KEPT"}
    assert variables({"Variables": nothing}) == set()
    assert variables(nothing) == set()
    assert variables({"Variables": {}}) == {"DB", "KEPT"}


def test_a_bootstrap_of_the_package_comes_before_ours(tmp_path):
    (tmp_path / "code").mkdir()
    properties = {"Runtime": "provided.al2023", "CodeUri": "code"}
    layers = [LAYER.replace("vestry", "vestry-provided")]
    variables = {"DB": "ssm:/prod/db"}
    assert judged(template_of(tmp_path, properties, variables, layers))[0] == 0
    (tmp_path / "code/bootstrap").write_text("")
    (tmp_path / "code/bootstrap").chmod(0o755)
    status, function = judged(template_of(tmp_path, properties, variables, layers))
    assert status == 3 and len(function["problems"]) == 1, function
    assert "CodeUri: the package has a bootstrap" in problems(function)
    # Its own program may read the file, or put vestry-exec before itself.
    for delivery in ("file", "socket"):
        path = template_of(tmp_path, properties, {**variables, "VESTRY_DELIVERY": delivery}, layers)
        assert judged(path)[0] == 0
    # A managed runtime starts none.
    path = template_of(tmp_path, {"CodeUri": "code"}, {**variables, **WRAPPER}, layers)
    assert judged(path)[0] == 0


@pytest.mark.parametrize(
    "properties, variables, said",
    [
        ({}, {"VESTRY_MANIFEST": "/opt/v.json"}, "VESTRY_MANIFEST is unknown: /opt/v.json is not on this machine"),
        ({}, {"VESTRY_MANIFEST": "/opt/v.json", "VESTRY_PROFILE": "prod"}, "VESTRY_MANIFEST is unknown: /opt/v.json"),
        ({"CodeUri": "s3://bucket/x.zip"}, {"VESTRY_PROFILE": "prod"}, "VESTRY_PROFILE is unknown: the package s3://bucket/x.zip"),
        ({"CodeUri": "nowhere"}, {}, "CodeUri is unknown: the package nowhere is no directory of this machine"),
        ({}, {}, "CodeUri is unknown: the package is no directory"),
    ],
)
@pytest.mark.parametrize("further", [{}, {"DC": {"Fn::Sub": "ssm:/${Stage}/x"}}])
def test_a_manifest_that_is_not_here_is_unknown(tmp_path, properties, variables, said, further):
    path = template_of(tmp_path, properties, {**WRAPPER, "DB": "ssm:/prod/db", **variables, **further})
    status, function = judged(path)
    assert (status, problems(function), function["warnings"]) == (0, "", [])
    assert said in "\n".join(function["unknown"])
    manifest = tmp_path / "vestry.toml"
    manifest.write_text('[profile.prod.variables]\nX = "ssm:/prod/x"\n')
    status, function = judged(path, "--manifest", manifest)
    assert status == 0 and not any("CodeUri" in unknown or "VESTRY_" in unknown for unknown in function["unknown"])


def test_the_package_of_a_function_of_cloudformation(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code/vestry.yaml").write_text("variables:\n  X: ssm:/prod/x\n")
    layer = {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": "layer"}}
    (tmp_path / "layer/extensions").mkdir(parents=True)
    (tmp_path / "layer/extensions/vestry").write_text("")
    path = template_of(tmp_path, {"Code": "code"}, WRAPPER, [{"Ref": "L"}], L=layer)
    path.write_text(path.read_text().replace("AWS::Serverless::Function", "AWS::Lambda::Function"))
    status, function = judged(path)
    assert (status, [r["variable"] for r in function["references"]], function["unknown"]) == (0, ["X"], [])


def test_no_manifest_here_for_the_profile(tmp_path):
    done = check({"VESTRY_PROFILE": "prod"}, "--json", cwd=tmp_path)
    assert done.status == 3 and "to choose it from in the current directory" in problems(function_of(done))


def test_the_same_policy_of_a_layer_and_of_the_command_line(tmp_path):
    layer = {"Type": "AWS::Serverless::LayerVersion", "Properties": {"LayerName": "policy", "ContentUri": "layer"}}
    for directory in ("policy", "layer/policy"):
        (tmp_path / directory).mkdir(parents=True)
        (tmp_path / directory / "p.rego").write_text(OF_DECLARED)
        (tmp_path / directory / "data.json").write_text('{"shop": {"a": 1}}')
    path = template_of(tmp_path, {}, None, [LAYER, {"Ref": "P"}], P=layer)
    status, function = judged(path, "--policy", tmp_path / "policy")
    assert status == 0, problems(function)
    (tmp_path / "layer/policy/data.json").write_text('{"shop": {"a": 2}}')
    assert judged(path, "--policy", tmp_path / "policy")[0] == 4


def test_a_layer_that_is_not_known_is_said(tmp_path):
    path = template_of(tmp_path, {}, None, [{"Ref": "LayerArn"}])
    status, function = judged(path)
    (said,) = [unknown for unknown in function["unknown"] if "a layer" in unknown]
    assert status == 0 and "the parameter LayerArn; give it with --parameter LayerArn=…" in said
    for arn, status in ((LAYER, 0), (LAYER.replace("vestry", "numpy"), 3)):
        found, function = judged(path, "--parameter", f"LayerArn={arn}")
        assert found == status and not any("a layer" in unknown for unknown in function["unknown"])


def test_what_is_not_looked_at_is_said(tmp_path):
    path = template_of(tmp_path, {}, Nested={"Type": "AWS::Serverless::Application", "Properties": {"Location": "n.yaml"}})
    loop = json.dumps(["Name", ["a"], {"F${Name}": {"Type": "AWS::Serverless::Function"}}])
    path.write_text(path.read_text() + f"  Fn::ForEach::Loop: {loop}\n")
    done = check({}, "--template", path)
    assert done.status == 0 and "Fn::ForEach::Loop is not looked at" in done.err and "Nested is not looked at" in done.err
    assert f"{path}:" in done.err and check({}, "--template", path, "--function", "F").err.count("looked at") == 0
    path.write_text(f"Resources:\n  Fn::ForEach::Loop: {loop}\n")
    assert check({}, "--template", path).status == 2
    variables = {**WRAPPER, "Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://x"}}, "DB": "ssm:/prod/db"}
    status, function = judged(template_of(tmp_path, {}, variables))
    assert status == 0 and "Environment is unknown: which variables Fn::Transform makes" in "\n".join(function["unknown"])


def test_a_list_is_given_as_a_list(tmp_path):
    path = template_of(tmp_path, {}, {**WRAPPER, "DB": {"Fn::Select": ["1", {"Ref": "Names"}]}})
    path.write_text(path.read_text().replace("Parameters:\n", "Parameters:\n  Names: {Type: CommaDelimitedList}\n"))
    status, function = judged(path, "--parameter", "Names=ssm:/a, ssm:/b")
    assert (status, function["references"][0]["reference"]) == (0, "ssm:/b")


@pytest.mark.parametrize(
    "properties, may",
    [
        ({"Runtime": "python3.13"}, True),
        ({"Runtime": "python3.9"}, False),
        ({"Runtime": "java21"}, True),
        ({"Runtime": "java8.al2"}, False),
        ({"Runtime": "dotnet8"}, True),
        ({"Runtime": "nodejs22.x"}, False),
        ({"Runtime": {"Ref": "Stage"}}, True),
    ],
)
def test_where_there_is_no_snapstart(tmp_path, properties, may):
    _, function = judged(template_of(tmp_path, {"SnapStart": {"ApplyOn": "PublishedVersions"}, **properties}))
    (said,) = [warning for warning in function["warnings"] if "SnapStart" in warning]
    assert ("Lambda refuses it" in said) != may, said


def test_a_deadline_past_the_end_of_init(tmp_path):
    variables = {**WRAPPER, "DB": "ssm:/prod/db", "VESTRY_DEADLINE_MS": "20000"}
    _, on_demand = judged(template_of(tmp_path, {}, variables))
    assert any("Lambda ends an INIT on demand after 10000 ms" in warning for warning in on_demand["warnings"])
    _, provisioned = judged(template_of(tmp_path, {"ProvisionedConcurrencyConfig": {"X": 1}}, variables))
    assert provisioned["warnings"] == []


def test_a_layer_that_is_not_built(tmp_path):
    layer = {"Type": "AWS::Serverless::LayerVersion", "Properties": {"LayerName": "vestry", "ContentUri": "built"}}
    (tmp_path / "built/extensions").mkdir(parents=True)
    path = template_of(tmp_path, {}, None, [{"Ref": "L"}], L=layer)
    status, function = judged(path)
    assert status == 3 and f"Layers: L: its directory {tmp_path}/built has no extensions/vestry" in problems(function)
    assert function["problems"][0]["advice"] == "build it (make layer)"


@pytest.mark.parametrize(
    "name, ours",
    [("harvestry-tools", False), ("vestry", True), ("vestry-provided", True), ("team_vestry", True), ("TeamVestry", True)],
)
def test_what_a_layer_is_called(tmp_path, name, ours):
    status, function = judged(template_of(tmp_path, {}, None, [LAYER.replace(":vestry:", f":{name}:")]))
    assert status == (0 if ours else 3), problems(function)


def test_globals_are_merged_and_snapstart_is_said(tmp_path):
    path = tmp_path / "template.yaml"
    globals_ = {"Function": {"Runtime": "python3.13", "Layers": [LAYER], "Environment": {"Variables": WRAPPER}}}
    own = {"Handler": "a.b", "SnapStart": {"ApplyOn": "PublishedVersions"}, "Environment": {"Variables": {"DB": "ssm:/prod/db"}}}
    resources = {name: {"Type": "AWS::Serverless::Function", "Properties": own} for name in ("One", "Two")}
    path.write_text(json.dumps({"Globals": globals_, "Resources": resources}))
    done = check({}, "--template", path, "--json")
    document = json.loads(done.out)
    assert done.status == 0 and [f["function"] for f in document["functions"]] == ["One", "Two"]
    assert all("SnapStart" in f["warnings"][0] for f in document["functions"])
    assert judged(path, "--function", "Two")[1]["function"] == "Two"


def test_the_shipped_template():
    assert check({}, "--template", paths.ROOT / "template.yaml").status == 0


def test_a_template_sends_nothing_to_the_terminal(tmp_path):
    hostile = "\x1b]0;owned\x07\nINIT would succeed"
    path = template_of(tmp_path, {"Layers": [hostile]}, {**WRAPPER, "DB": {"Fn::ImportValue": "x"}, hostile: "ssm:/prod/db"})
    for done in (check({}, "--template", path), run([paths.VESTRY, "iam", "--template", path], {})):
        assert "\x1b" not in done.said and not any(line.startswith("INIT would succeed") for line in done.said.splitlines())


def test_usage():
    for wrong in (["--template", "nowhere.yaml"], ["--online", "--offline"], ["--function", "F"], ["--nonsense"]):
        assert check({}, *wrong).status == 2
    shown = check({}, "--help").out
    assert "Exit codes" in shown and "Examples" in shown
