"""The manifest that each page of docs/moving ends with, against moto: it gives what the page's own store gives."""

import json
import re
import tomllib

import pytest

from support import paths
from support.programs import exec_, run, seen

PAGES = sorted(page for page in (paths.ROOT / "docs/moving").glob("*.md") if page.name != "README.md")


def block(page, name: str) -> str:
    """The last block of a page that is this file."""
    return re.findall(rf"^```\w+ {re.escape(name)}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)[-1]


def fill(stores, store: dict) -> dict[str, str]:
    """Puts what a store file has into moto; answers the ARNs of the secrets by their names."""
    for name, said in store.get("parameters", {}).items():
        said = said if isinstance(said, dict) else {"value": said}
        older = {version["version"]: version["value"] for version in said.get("older", [])}
        for version in range(1, said.get("version", 1)):
            stores.parameter(name, older.get(version, "an older one"))
        stores.parameter(name, said["value"])
    arns = {}
    for name, said in store.get("secrets", {}).items():
        said = said if isinstance(said, dict) else {"value": said}
        text = said["value"] if isinstance(said["value"], str) else json.dumps(said["value"])
        arns[name] = stores.secret(name, said.get("previous", text))
        if "previous" in said:
            stores.secrets.put_secret_value(SecretId=name, SecretString=text)
    return arns


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_manifest_that_a_page_ends_with(stores, short_tmp, page):
    manifest, store = block(page, "vestry.toml"), block(page, "store.toml")
    (short_tmp / "store.toml").write_text(store)
    arns = fill(stores, tomllib.loads(store))

    def with_secrets(arn_of) -> str:
        """The suffix of an ARN is random: none in the file of a store, each time another in moto."""
        arn = r"arn:aws:secretsmanager:[^:]+:\d+:secret:([\w/]+)-\w{6}"
        path = short_tmp / "vestry.toml"
        path.write_text(re.sub(arn, lambda found: arn_of(found[0], found[1]), manifest))
        return str(path)

    there = with_secrets(lambda _, name: arns[name])
    of_moto = seen(exec_({**stores.env(), "VESTRY_MANIFEST": there}, short_tmp))
    here = with_secrets(lambda arn, _: arn[: -len("-AbCdEf")])
    of_store = seen(exec_({"VESTRY_MANIFEST": here}, short_tmp, "--store", str(short_tmp / "store.toml")))
    delivered = {name: value for name, value in of_store.items() if not name.startswith(("AWS_", "VESTRY_"))}
    assert {name: of_moto.get(name) for name in delivered} == delivered
    declared = tomllib.loads(manifest).get("variables", {})
    assert set(declared) <= set(delivered) and all(delivered[name] for name in declared)
    assert declared or tomllib.loads(manifest)["trees"]


def test_every_page_ends_with_a_manifest_that_checks(short_tmp):
    assert len(PAGES) > 9
    for page in PAGES:
        (short_tmp / "vestry.toml").write_text(block(page, "vestry.toml"))
        ran = run([paths.VESTRY, "check", "--offline", "--manifest", str(short_tmp / "vestry.toml")], {}, cwd=short_tmp)
        assert ran.status == 0, f"{page.name}: {ran.said}"
