"""What `make demo` shows, and what it must not."""

from support import paths
from support.programs import run


SECRETS = ["correct horse battery staple", "made-up-key-0000", "made-up-key-before", "a password of another stage"]


def test_the_demo_shows_one_start_and_one_refusal():
    store = (paths.ROOT / "examples/python/store.toml").read_text()
    demo = run([paths.ROOT / "examples/python/demo.sh"], {"VESTRY": str(paths.VESTRY), "PYTHON": str(paths.PYTHON)})
    assert demo.status == 0, demo.said
    started, refused = demo.out.split("\n2. ")
    has = '"has": ["DB_PASSWORD", "STRIPE_KEY", "FLAG_BETA"], "placeholders": 0, "in_children_too": true'
    assert "INVOKE" in started and has in started
    assert "Vestry.PolicyDenied" in refused and "INVOKE" not in refused
    assert "app.py: imported" in started and "app.py" not in refused
    assert "\x1b" not in demo.out, "no colour where there is no terminal"
    for secret in SECRETS:
        assert secret in store
        assert secret not in demo.said
