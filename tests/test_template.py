"""template.yaml: what the tools say of it, and what they do not look at."""

from cfnlint.decode.cfn_yaml import loads

from support import paths
from support.programs import exec_, run, seen

TEMPLATE = paths.ROOT / "template.yaml"


def statements() -> list[dict]:
    resources = loads(TEMPLATE.read_text())["Resources"]
    found = resources["Sample"]["Properties"]["Policies"][0]["Statement"]
    return [s["Fn::If"][1] if "Fn::If" in s else s for s in found]


def test_cfn_lint(tmp_path):
    done = run([paths.PYTHON.with_name("cfn-lint"), "--non-zero-exit-code", "informational", TEMPLATE], {"HOME": str(tmp_path)})
    assert done.status == 0, done.said


def test_sam_validate(tmp_path):
    env = {"HOME": str(tmp_path), "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-west-1"}
    done = run([paths.sam("bin/sam"), "validate", "--lint", "--template", TEMPLATE], env, seconds=300)
    assert done.status == 0, done.said


def test_least_privilege():
    """Every statement names its resource; the one action that knows no resources stands alone."""
    for statement in statements():
        assert "*" not in str(statement["Action"]), statement
        if statement["Resource"] == "*":
            assert statement["Action"] == "secretsmanager:BatchGetSecretValue"
        else:
            assert "*" not in str(statement["Resource"]), statement
    key = next(s for s in statements() if s["Action"] == "kms:Decrypt")
    assert "kms:ViaService" in key["Condition"]["StringEquals"]


def test_what_the_layers_are_made_of_is_there():
    resources = loads(TEMPLATE.read_text())["Resources"]
    layers = {r["Properties"]["ContentUri"] for r in resources.values() if r["Type"] == "AWS::Serverless::LayerVersion"}
    assert layers == {"target/layer/vestry", "target/layer/policy"}
    assert (paths.LAYER / "extensions/vestry").is_file()
    assert list((paths.LAYER_POLICY / "policy").rglob("*.rego")), "files land in /opt/policy"
    assert not list(paths.LAYER_POLICY.rglob("*_test.rego"))


def test_the_sample_passes_the_shipped_policy(stores, short_tmp):
    """The very references of the template, in the stage that it defaults to, against the policy that it ships."""
    variables = loads(TEMPLATE.read_text())["Resources"]["Sample"]["Properties"]["Environment"]["Variables"]
    names = {"${Flag}": "/prod/shop/flags/beta", "${Stage}": "prod"}
    env = {}
    for name, value in variables.items():
        text = value["Fn::Sub"] if isinstance(value, dict) else value
        for placeholder, real in names.items():
            text = text.replace(placeholder, real)
        env[name] = text
    assert env.pop("AWS_LAMBDA_EXEC_WRAPPER") == "/opt/vestry-exec"
    stores.parameter("/prod/shop/flags/beta", "on", kind="String")
    stores.secret("prod/shop/db", '{"username": "shop", "password": "of-the-shop"}')
    policy = ["--policy", str(paths.LAYER_POLICY / "policy")]
    found = seen(exec_({**stores.env(), "AWS_LAMBDA_FUNCTION_NAME": "shop-prod", **env}, short_tmp, *policy))
    assert (found["FLAG_BETA"], found["DB_PASSWORD"]) == (b"on", b"of-the-shop")
