"""`vestry iam`: with its policy everything resolves, with any part of it taken away something does not."""

import copy
import json

import boto3
import pytest
from parliament import analyze_policy_string

from support import paths
from support.permissions import Enforced, allows, listed
from support.programs import exec_, run, seen
from support.stores import ACCOUNT, REGION, client

ROLE = "arn:aws:iam::210987654321:role/reader"


def iam(env: dict[str, str], *arguments):
    return run([paths.VESTRY, "iam", *arguments], env)


@pytest.fixture
def declared(stores, tmp_path) -> dict[str, str]:
    """References of every kind, of each kind of call."""
    stores.parameter("/prod/db/password", "one")
    stores.parameter("flat", "two")
    for name in ("a", "b/c"):
        stores.parameter(f"/prod/flags/{name}", "on")
    arn = stores.secret("prod/by-arn", "three")
    stores.secret("prod/stripe", '{"key": "four"}')
    stores.secret("prod/previous", "five")
    sts = client("sts", stores.url).assume_role(RoleArn=ROLE, RoleSessionName="test")["Credentials"]
    keys = {"aws_access_key_id": sts["AccessKeyId"], "aws_secret_access_key": sts["SecretAccessKey"]}
    elsewhere = boto3.client("ssm", region_name=REGION, endpoint_url=stores.url, aws_session_token=sts["SessionToken"], **keys)
    elsewhere.put_parameter(Name="/elsewhere", Value="six", Type="SecureString")
    manifest = tmp_path / "vestry.toml"
    manifest.write_text(f'[variables]\nELSEWHERE = {{ ref = "ssm:/elsewhere", role_arn = "{ROLE}" }}\n')
    return {
        "VESTRY_MANIFEST": str(manifest),
        "DB": "ssm:/prod/db/password",
        "FLAT": "ssm:flat:1",
        "BY_ARN": f"ssm:arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/prod/db/password",
        "VESTRY_PARAMETERS": "FLAGS=/prod/flags/*",
        "STRIPE": "secretsmanager:prod/stripe#key",
        "SECRET_BY_ARN": f"secretsmanager:{arn}",
        "STAGED": "secretsmanager:prod/previous?stage=AWSCURRENT",
    }


def policy_of(declared: dict[str, str], *arguments) -> dict:
    done = iam(declared, "--region", REGION, "--account", ACCOUNT, *arguments)
    assert (done.status, done.err) == (0, ""), done.said
    return json.loads(done.out)


def resolves(stores, document: dict, declared: dict[str, str], tmp):
    with Enforced(stores, document) as enforced:
        return exec_({**enforced.env(), **declared}, tmp), enforced.calls


def test_with_the_policy_everything_resolves(stores, short_tmp, declared):
    ran, calls = resolves(stores, policy_of(declared), declared, short_tmp)
    environment = seen(ran)
    assert environment["DB"] == environment["BY_ARN"] == b"one"
    assert (environment["FLAT"], environment["FLAGS_B_C"], environment["STRIPE"]) == (b"two", b"on", b"four")
    assert (environment["SECRET_BY_ARN"], environment["STAGED"]) == (b"three", b"five")
    assert environment["ELSEWHERE"] == b"six"
    assert {"AssumeRole", "GetParameters", "GetParametersByPath", "BatchGetSecretValue", "GetSecretValue"} == set(calls)


KEYS_READ = """package vestry.resolve

deny contains "unknown" if {
	some reference in input.references
	not reference.kms_key_id
}
"""


def test_a_policy_that_reads_the_keys_needs_two_permissions_more(stores, short_tmp, tmp_path, declared):
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy/keys.rego").write_text(KEYS_READ)
    # What is asked for as somebody else is allowed elsewhere.
    declared = {**declared, "VESTRY_POLICY": str(tmp_path / "policy")}
    whole = policy_of(declared, "--kms-key-ids")
    assert [s for s in whole["Statement"] if s not in policy_of(declared)["Statement"]] == [
        s for s in whole["Statement"] if s["Sid"] in ("KeysOfParameters", "KeysOfSecrets")
    ]
    assert analyze_policy_string(json.dumps(whole)).findings == []
    ran, calls = resolves(stores, whole, declared, short_tmp)
    assert seen(ran)["DB"] == b"one"
    assert calls.count("DescribeParameters") == 1 and calls.count("DescribeSecret") == 3
    for sid, action in {"KeysOfParameters": "ssm:DescribeParameters", "KeysOfSecrets": "secretsmanager:DescribeSecret"}.items():
        rest = {**whole, "Statement": [s for s in whole["Statement"] if s["Sid"] != sid]}
        ran, _ = resolves(stores, rest, declared, short_tmp)
        assert ran.status == 3 and f"allow {action} on " in ran.said, ran.said
        assert f"because {tmp_path}/policy/keys.rego reads kms_key_id" in ran.said
    of_role = policy_of(declared, "--role", ROLE, "--kms-key-ids")["Statement"]
    assert [s["Sid"] for s in of_role] == ["Parameters", "KeysOfParameters", "ParameterKeys"]


def test_without_any_statement_something_does_not(stores, short_tmp, declared):
    whole = policy_of(declared)
    assert {s["Sid"] for s in whole["Statement"]} == {
        "Parameters", "Trees", "Secrets", "SecretsInBatches", "Roles", "ParameterKeys", "SecretKeys",
    }  # fmt: skip
    for i, statement in enumerate(whole["Statement"]):
        rest = {**whole, "Statement": whole["Statement"][:i] + whole["Statement"][i + 1 :]}
        ran, calls = resolves(stores, rest, declared, short_tmp)
        if statement["Sid"] == "SecretsInBatches":
            # Nothing resolves by batches any more: one by one it still does, which the log says.
            assert ran.status == 0 and "BatchGetSecretValue is denied" in ran.err, ran.said
            assert calls.count("GetSecretValue") == 3
        else:
            assert ran.status == 3 and "AccessDenied" in ran.said, (statement["Sid"], ran.said)


def test_without_any_resource_or_condition_value_something_does_not(stores, short_tmp, declared):
    """No ARN is there for nothing."""
    whole = policy_of(declared)

    def parts(statement):
        yield statement, "Resource"
        for keys in statement.get("Condition", {}).values():
            yield from ((keys, key) for key in keys)

    taken = 0
    for i, statement in enumerate(whole["Statement"]):
        for p, (holder, key) in enumerate(parts(statement)):
            for v, value in enumerate(listed(holder[key])):
                if len(listed(holder[key])) == 1:
                    continue
                rest = copy.deepcopy(whole)
                holder_of_rest, _ = list(parts(rest["Statement"][i]))[p]
                del holder_of_rest[key][v]
                ran, _ = resolves(stores, rest, declared, short_tmp)
                assert ran.status == 3 and "AccessDenied" in ran.said, (value, ran.said)
                taken += 1
    assert taken >= 10


def test_the_policy_of_a_role_that_is_assumed(declared):
    statements = policy_of(declared, "--role", ROLE)["Statement"]
    assert [s["Sid"] for s in statements] == ["Parameters", "ParameterKeys"]
    assert statements[0]["Resource"] == f"arn:aws:ssm:{REGION}:210987654321:parameter/elsewhere"
    (own,) = [s for s in policy_of(declared)["Statement"] if s["Sid"] == "Roles"]
    assert (own["Action"], own["Resource"]) == ("sts:AssumeRole", ROLE)
    assert iam(declared, "--role", "arn:aws:iam::210987654321:role/other").status == 2


def test_nothing_else_is_allowed(declared):
    document = policy_of(declared)
    account = f"{REGION}:{ACCOUNT}"
    for action, resource in [
        ("ssm:GetParameters", f"arn:aws:ssm:{account}:parameter/prod/db/password2"),
        ("ssm:GetParameters", f"arn:aws:ssm:{account}:parameter/prod/flags/a"),
        ("ssm:GetParametersByPath", f"arn:aws:ssm:{account}:parameter/prod"),
        ("ssm:GetParametersByPath", f"arn:aws:ssm:{account}:parameter/prod/flagship"),
        ("ssm:PutParameter", f"arn:aws:ssm:{account}:parameter/prod/db/password"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{account}:secret:prod/stripe-live-AbCdEf"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{account}:secret:prod/by-arn-ZyXwVu"),
        ("kms:Decrypt", f"arn:aws:kms:{account}:key/1234"),
    ]:
        assert not allows(document, action, resource, {}), (action, resource)


@pytest.mark.parametrize("exact", [True, False])
def test_aws_knows_every_word_of_it(declared, exact):
    """Actions, resources' forms and condition keys, against AWS's own list of them."""
    where = ["--region", REGION, "--account", ACCOUNT] if exact else []
    done = iam(declared, *where)
    assert done.status == 0
    assert ("--region and --account would make it exact" in done.err) == (not exact)
    findings = analyze_policy_string(done.out).findings
    assert [finding.issue for finding in findings] == []


def test_the_keys_of_ones_own_and_none(declared):
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/abc"
    keys = [s for s in policy_of(declared, "--key", key)["Statement"] if s["Action"] == "kms:Decrypt"]
    assert [s["Resource"] for s in keys] == [key, key]
    assert all("kms:ViaService" in str(s["Condition"]) for s in keys)
    actions = {s["Action"] for s in policy_of(declared, "--no-kms", "--no-batch")["Statement"]}
    assert actions == {
        "ssm:GetParameters", "ssm:GetParametersByPath", "secretsmanager:GetSecretValue", "sts:AssumeRole",
    }  # fmt: skip
    assert iam(declared, "--key", 'x" }').status == 2
    alias = iam(declared, "--key", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/mine")
    assert alias.status == 2 and "IAM knows a key by its own ARN" in alias.err


FUNCTION = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      InlineCode: "def handler(event, context): pass"
      Layers: ["arn:aws:lambda:eu-west-1:111122223333:layer:vestry:1"]
      Environment:
        Variables:
          AWS_LAMBDA_EXEC_WRAPPER: /opt/vestry-exec
          DB: ssm:/prod/db
          FLAGS: ssm:/prod/flags/*
          KEY: secretsmanager:prod/stripe#key
"""


def indented(snippet: str) -> str:
    return "".join(f"      {line}\n" for line in snippet.splitlines())


def test_the_sam_snippet_is_valid_and_all_that_is_needed(tmp_path):
    template = tmp_path / "template.yaml"
    template.write_text(FUNCTION)
    snippet = iam({}, "--template", template, "--format", "sam")
    assert snippet.status == 0 and "Orders: missing: ssm:GetParameters on" in snippet.err
    template.write_text(FUNCTION + indented(snippet.out))
    lint = run([paths.PYTHON.with_name("cfn-lint"), "--non-zero-exit-code", "informational", template], {"HOME": str(tmp_path)})
    assert lint.status == 0, lint.said
    again = iam({}, "--template", template, "--check")
    assert again.status == 0 and "Orders: its role has what INIT needs, and no more" in again.err, again.said
    env = {"HOME": str(tmp_path), "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": REGION}
    done = run([paths.sam("bin/sam"), "validate", "--lint", "--template", template], env, seconds=300)
    assert done.status == 0, done.said


def test_the_shipped_template_has_exactly_what_it_needs():
    done = iam({}, "--template", paths.ROOT / "template.yaml", "--check")
    assert done.status == 0 and "Sample: its role has what INIT needs, and no more" in done.err, done.said


def comparison(tmp_path, policies: str, *arguments):
    template = tmp_path / "template.yaml"
    template.write_text(FUNCTION + indented(policies))
    return iam({}, "--template", template, *arguments)


def test_what_a_role_lacks_and_has_besides(tmp_path):
    done = comparison(
        tmp_path,
        """\
Policies:
  - AWSLambdaBasicExecutionRole
  - SSMParameterReadPolicy:
      ParameterName: prod/db
  - AmazonSSMReadOnlyAccess
  - Statement:
      - Effect: Allow
        Action: [secretsmanager:GetSecretValue, dynamodb:GetItem]
        Resource: "*"
      - Effect: Allow
        Action: ssm:GetParametersByPath
        Resource: !Sub arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/test/*
  - !ImportValue shared-policy
""",
        "--check",
    )
    assert done.status == 6
    said = done.err
    assert "Orders: missing: secretsmanager:BatchGetSecretValue on * (without it, secrets are fetched one by one)" in said
    assert "missing: ssm:" not in said, "AmazonSSMReadOnlyAccess allows all of it"
    unsure = comparison(tmp_path, "Policies:\n  - !ImportValue shared-policy\n").err
    assert "missing: ssm:GetParameters on arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/prod/db (unless what is not" in unsure
    assert "superfluous, wider than INIT needs: secretsmanager:GetSecretValue on * (Policies[3])" in said
    assert "superfluous: ssm:GetParametersByPath on arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/test/*" in said
    assert "superfluous: ssm:DescribeParameters on * (SSMParameterReadPolicy)" in said
    assert "superfluous, wider than INIT needs: ssm:Get* on * (AmazonSSMReadOnlyAccess)" in said
    assert "not looked at: Policies[4]" in said
    assert "dynamodb" not in said and "AWSLambdaBasicExecutionRole" not in said


def test_a_role_of_the_template(tmp_path):
    template = tmp_path / "template.yaml"
    role = """\
  Its:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
      ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::aws:policy/AmazonSSMReadOnlyAccess"]
  Attached:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: p
      Roles: [!Ref Its]
      PolicyDocument:
        Version: "2012-10-17"
        Statement: {Effect: Allow, Action: "secretsmanager:*GetSecretValue", Resource: "*"}
"""
    template.write_text(FUNCTION + "      Role: !GetAtt Its.Arn\n" + role)
    done = iam({}, "--template", template)
    assert done.status == 0 and "missing" not in done.err, done.said
    assert "(Attached)" in done.err and "(AmazonSSMReadOnlyAccess)" in done.err.replace("arn:aws:iam::aws:policy/", "")
    template.write_text(FUNCTION + "      Role: arn:aws:iam::111122223333:role/elsewhere\n")
    done = iam({}, "--template", template)
    assert "not looked at: Role: arn:aws:iam::111122223333:role/elsewhere" in done.err
    assert "missing" not in done.err, "nobody has looked at what it has"
    parameter = FUNCTION.replace("Resources:", "Parameters:\n  Is: {Type: String}\nResources:")
    template.write_text(parameter + "      Role: !Ref Is\n")
    assert "not looked at: Role: the parameter Is; give it with --parameter Is=…" in iam({}, "--template", template).err
    template.write_text(FUNCTION + '      Role: !Sub "arn:aws:iam::${AWS::AccountId}:role/elsewhere"\n')
    assert "not looked at: Role: arn:aws:iam::${AWS::AccountId}:role/elsewhere" in iam({}, "--template", template).err


WHOLE = """\
Policies:
  - Statement:
      - {Effect: Allow, Action: "ssm:GetParameters", Resource: !Sub "arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/prod/db"}
      - Effect: Allow
        Action: ssm:GetParametersByPath
        Resource:
          - !Sub arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/prod/flags
          - !Sub arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/prod/flags/*
      - Effect: Allow
        Action: secretsmanager:GetSecretValue
        Resource: !Sub arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:prod/stripe-??????
      - {Effect: Allow, Action: "secretsmanager:BatchGetSecretValue", Resource: "*"}
"""
MINE = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
FITS = "Orders: its role has what INIT needs, and no more"


def with_keys(effect: str, resource: str, action: str = "kms:Decrypt") -> str:
    return WHOLE + f"      - {{Effect: {effect}, Action: '{action}', Resource: {resource}}}\n"


def test_a_key_that_a_role_may_not_use(tmp_path):
    def judged(policies: str, *arguments) -> tuple[int, str]:
        done = comparison(tmp_path, policies, "--check", *arguments)
        return done.status, done.err

    unjudged = judged(WHOLE)
    assert unjudged[0] == 0 and f"{FITS}; " in unjudged[1], unjudged
    assert "kms:Decrypt" in unjudged[1] and "not judged" in unjudged[1] and "--key ARN" in unjudged[1]
    none = judged(WHOLE, "--no-kms")
    assert none[0] == 0 and f"{FITS}\n" in none[1] and "not judged" not in none[1]
    lacks = judged(WHOLE, "--key", MINE)
    assert lacks[0] == 6 and f"Orders: missing: kms:Decrypt on {MINE}\n" in lacks[1], lacks
    assert lacks[1].count("missing: kms:Decrypt") == 1 and "not judged" not in lacks[1]
    own = "!Sub 'arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/1234abcd-12ab-34cd-56ef-1234567890ab'"
    for resource in (MINE, own):
        has = judged(with_keys("Allow", resource), "--key", MINE)
        assert has[0] == 0 and f"{FITS}\n" in has[1], has
    another = judged(with_keys("Allow", MINE.replace("1234abcd", "9999abcd")), "--key", MINE)
    assert another[0] == 6 and f"missing: kms:Decrypt on {MINE}" in another[1]


@pytest.mark.parametrize("resource, shown", [("'*'", "*"), (MINE, MINE)])
@pytest.mark.parametrize("arguments", [[], ["--key", MINE]])
def test_a_denial_of_the_key_is_told(tmp_path, resource, shown, arguments):
    for action in ("kms:Decrypt", "kms:*", "*") if resource == MINE else ("kms:Decrypt", "kms:*"):
        done = comparison(tmp_path, with_keys("Deny", resource, action), "--check", *arguments)
        what = MINE if arguments else shown
        assert done.status == 6 and f"Orders: missing: kms:Decrypt on {what} (denied by Policies[0])" in done.err, done.said
        assert FITS not in done.err


def test_a_denial_of_another_key_is_not(tmp_path):
    another = MINE.replace("1234abcd", "9999abcd")
    both = with_keys("Allow", MINE) + f"      - {{Effect: Deny, Action: 'kms:Decrypt', Resource: {another}}}\n"
    assert comparison(tmp_path, both, "--check", "--key", MINE).status == 0
    assert comparison(tmp_path, with_keys("Deny", another), "--check", "--no-kms").status == 0
    assert comparison(tmp_path, with_keys("Deny", "'*'"), "--check", "--no-kms").status == 6


def test_what_of_a_role_only_a_deployment_tells_is_said(tmp_path):
    template = tmp_path / "template.yaml"
    role = """\
  Its:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      Policies:
        - !If [Unheard, {PolicyName: a, PolicyDocument: {}}, !Ref AWS::NoValue]
        - PolicyName: b
          PolicyDocument: !If [Unheard, {}, {Statement: []}]
        - PolicyName: c
          PolicyDocument:
            Statement:
              - !If [Unheard, {Effect: Allow, Action: "*", Resource: "*"}, !Ref AWS::NoValue]
              - {Effect: Allow, Action: !ImportValue x, Resource: "*"}
              - {Effect: Allow, Action: "ssm:GetParameters", Resource: !ImportValue x}
"""
    template.write_text(FUNCTION + "      Role: !GetAtt Its.Arn\n" + role)
    said = iam({}, "--template", template).err
    for i in (0, 1, 2):
        assert f"Orders: not looked at: Its.Policies[{i}]: what only a deployment tells (" in said
    assert "an action that only a deployment tells" in said and "a resource that only a deployment tells" in said
    assert said.count("Orders: not looked at: ") == 5


def test_what_takes_the_values_is_no_matter_of_permissions(tmp_path):
    template = tmp_path / "template.yaml"
    bare = "".join(line for line in FUNCTION.splitlines(True) if "Layers" not in line and "WRAPPER" not in line)
    template.write_text(bare)
    done = iam({}, "--template", template)
    assert done.status == 0 and "parameter/prod/db" in done.out, done.said
    template.write_text(bare.replace("DB: ssm:", "DB: smm:"))
    wrong = iam({}, "--template", template)
    assert wrong.status == 3 and f"InvalidDeclaration: {template}:" in wrong.err and "VESTRY_DELIVERY" not in wrong.err


def test_the_shells_region_is_not_in_what_is_good_for_any():
    for form in ("sam", "terraform"):
        done = iam({"DB": "ssm:/prod/db", "AWS_REGION": "eu-west-1"}, "--format", form)
        assert "eu-west-1" not in done.out and done.status == 0
        assert "eu-west-1" in iam({"DB": "ssm:/prod/db"}, "--format", form, "--region", "eu-west-1").out


def test_several_functions_are_one_document(tmp_path):
    template = tmp_path / "template.yaml"
    second = FUNCTION.split("Resources:\n")[1].replace("Orders", "Import").replace("ssm:/prod/db", "!Sub 'ssm:/${Stage}/db'")
    parameters = 'Parameters:\n  Stage: {Type: String}\n'
    template.write_text(FUNCTION.replace("Resources:", parameters + "Resources:") + second)
    done = iam({}, "--template", template)
    document = json.loads(done.out)
    orders, other = document["functions"]
    assert (orders["function"], other["function"], done.status) == ("Orders", "Import", 4)
    assert orders["policy"]["Statement"][0]["Resource"] == "arn:aws:ssm:*:*:parameter/prod/db"
    assert {"action": "ssm:GetParametersByPath", "resource": "arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/prod/flags"} in orders["missing"]
    assert "not in the policy, for it is unknown: DB (ssm:/…): the parameter Stage" in done.err
    line = next(i for i, line in enumerate(template.read_text().splitlines(), 1) if "${Stage}/db" in line)
    assert f"--parameter Stage=… ({template}:{line}:" in done.err
    alone = iam({}, "--template", template, "--function", "Import", "--parameter", "Stage=test")
    assert json.loads(alone.out)["Statement"][0]["Resource"] == "arn:aws:ssm:*:*:parameter/test/db"


def test_conditions_on_the_region_are_not_decided_by_a_stand_in(tmp_path):
    template = tmp_path / "template.yaml"
    conditions = 'Conditions:\n  Here: !Equals [!Ref "AWS::Region", eu-west-1]\n'
    text = FUNCTION.replace("Resources:", conditions + "Resources:")
    template.write_text(text.replace("DB: ssm:/prod/db", "DB: !If [Here, ssm:/prod/db, ssm:/elsewhere/db]"))
    unknown = iam({}, "--template", template)
    assert unknown.status == 4 and "/elsewhere/db" not in unknown.out and "parameter/prod/db" not in unknown.out
    known = iam({}, "--template", template, "--region", "eu-west-1")
    assert known.status == 0 and "parameter/prod/db" in known.out, known.said


MADE = """\
  Named: {Type: AWS::SecretsManager::Secret, Properties: {Name: prod/named, GenerateSecretString: {}}}
  Nameless: {Type: AWS::SecretsManager::Secret, Properties: {GenerateSecretString: {}}}
  Staged: {Type: AWS::SSM::Parameter, Properties: {Name: !Sub "/${AWS::StackName}/p", Type: String, Value: x}}
  CalledSo: {Type: AWS::SSM::Parameter, Properties: {Name: /prod/called, Type: String, Value: x}}
  Uncalled: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}
"""


def with_made(variables: str, policies: str = "") -> str:
    """FUNCTION with these variables in place of its own, and what they refer to."""
    head = FUNCTION[: FUNCTION.index("          DB:")]
    lines = "".join(f"          {line}\n" for line in variables.strip().splitlines())
    return head + lines + indented(policies) + MADE


EVERY_FORM = """
A: !Sub "secretsmanager:${Named}#key"
B: !Join ["", ["secretsmanager:", !Ref Nameless]]
C: !Join [":", [secretsmanager, !GetAtt Nameless.Id, password, "", ""]]
D: !Sub "ssm:${Staged}"
E: !Sub ["ssm:${Name}:2", {Name: !Ref Uncalled}]
F: !Sub "ssm:${CalledSo}"
VESTRY_SECRETS: !Sub "LISTED=${Named},AGAIN=${Nameless}"
"""


def test_what_the_template_makes_is_referred_to(tmp_path):
    template = tmp_path / "template.yaml"
    template.write_text(with_made(EVERY_FORM))
    snippet = iam({}, "--template", template, "--format", "sam")
    assert snippet.status == 0 and "not in the policy" not in snippet.err, snippet.said
    for written in ("- !Ref Named\n", "- !Ref Nameless\n", ":parameter${Staged}", ":parameter/${Uncalled}", ":parameter/prod/called"):
        assert snippet.out.count(written) == 2, "on the value, and in the context of its key"
    assert "Orders: missing: secretsmanager:GetSecretValue on ${Nameless}" in snippet.err
    template.write_text(with_made(EVERY_FORM, snippet.out))
    lint = run([paths.PYTHON.with_name("cfn-lint"), "--non-zero-exit-code", "error", template], {"HOME": str(tmp_path)})
    assert lint.status == 0, lint.said
    again = iam({}, "--template", template, "--check")
    assert again.status == 0 and "Orders: its role has what INIT needs, and no more" in again.err, again.said
    in_region = iam({"AWS_REGION": "cn-north-1"}, "--template", template, "--check", "--account", ACCOUNT)
    assert in_region.status == 0, in_region.said


@pytest.mark.parametrize("form", ["json", "terraform"])
def test_what_has_no_name_yet_is_in_no_document_that_is_not_the_templates(tmp_path, form):
    template = tmp_path / "template.yaml"
    template.write_text(with_made(EVERY_FORM))
    done = iam({}, "--template", template, "--format", form)
    assert done.status == 4
    for name in ("Nameless", "Staged", "Uncalled"):
        assert name not in done.out and f"Orders: not in the policy: the name of {name} ({template}:" in done.err
    assert "secret:prod/named-??????" in done.out and "parameter/prod/called" in done.out
    assert "made-by" not in done.said and "0wnSfx" not in done.said and "own-region" not in done.said
    if form == "json":
        assert [finding.issue for finding in analyze_policy_string(done.out).findings] == []
    template.write_text(with_made('A: !Sub "secretsmanager:${Nameless}"'))
    alone = iam({}, "--template", template, "--format", form)
    # What is left of it knows no resources.
    assert alone.status == 4 and "GetSecretValue" not in alone.out.replace("BatchGetSecretValue", "") and "Decrypt" not in alone.out
    template.write_text(with_made('A: !Sub "secretsmanager:${Named}"'))
    assert iam({}, "--template", template, "--format", form).status == 0


def test_a_policy_template_of_what_is_made(tmp_path):
    template = tmp_path / "template.yaml"
    policies = """\
Policies:
  - SSMParameterWithSlashPrefixReadPolicy: {ParameterName: !Ref Staged}
  - AWSSecretsManagerGetSecretValuePolicy: {SecretArn: !Ref Nameless}
  - Statement: {Effect: Allow, Action: "secretsmanager:BatchGetSecretValue", Resource: "*"}
"""
    template.write_text(with_made('A: !Sub "secretsmanager:${Nameless}"\nD: !Sub "ssm:${Staged}"', policies))
    for where in ([], ["--region", REGION, "--account", ACCOUNT], ["--parameter", "AWS::Region=us-gov-west-1"]):
        done = iam({}, "--template", template, *where)
        assert "missing" not in done.err and "GetSecretValue" not in done.err, done.said


def test_terraform_has_words_for_its_own_account():
    done = iam({"DB": "ssm:/prod/db", "B": "ssm:/prod/b"}, "--format", "terraform")
    assert (done.status, done.err) == (0, "")
    own = "arn:${data.aws_partition.current.partition}:ssm:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
    assert f'"{own}:parameter/prod/db",' in done.out
    for source in ("aws_partition", "aws_region", "aws_caller_identity"):
        assert done.out.count(f'data "{source}" "current" {{}}') == 1
    assert done.out.count("{") == done.out.count("}") and done.out.count("[") == done.out.count("]")


def test_a_wrong_declaration_prints_no_policy():
    done = iam({"DB": "smm:/prod/db"})
    assert (done.status, done.out) == (3, "") and "InvalidDeclaration" in done.err
