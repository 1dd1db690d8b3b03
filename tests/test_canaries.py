"""The search itself, without which the leak tests would prove nothing."""

import base64
import json
import urllib.parse

import pytest

from support.canaries import Search, of_every_shape

CANARIES = of_every_shape()
LEAKS = {
    "raw": lambda v: b"x" + v + b"y",
    "base64": lambda v: base64.b64encode(b"x" + v + b"y"),
    "base64, one on": lambda v: base64.b64encode(b"xx" + v),
    "base64, two on": lambda v: base64.b64encode(b"xxx" + v + b"yy"),
    "base64 for URLs": lambda v: base64.urlsafe_b64encode(v),
    "percent": lambda v: urllib.parse.quote_from_bytes(v, safe="").encode(),
    "JSON": lambda v: json.dumps({"m": v.decode()}).encode(),
    "JSON in JSON": lambda v: json.dumps(json.dumps({"m": v.decode()})).encode(),
    "hex": lambda v: v.hex().encode(),
    "the first half": lambda v: v[: len(v) // 2 + 8],
    "the last half": lambda v: v[len(v) // 2 - 8 :],
    "lower case is another value": None,
}


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("canary", CANARIES, ids=lambda c: c.name)
def test_a_leak_is_found(canary, leak):
    search = Search(CANARIES)
    if LEAKS[leak] is None:
        assert search.find(canary.value.swapcase()) == []
    else:
        assert search.find(b"before " + LEAKS[leak](canary.value) + b" after") == [canary.name]


def test_nothing_is_found_where_nothing_is():
    assert Search(CANARIES).find(b"a plain line, c2VjcmV0, %20, and the name PLAIN") == []
