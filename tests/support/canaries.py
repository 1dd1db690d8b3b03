"""Values that would be noticed anywhere, and the search for them in every dress that a leak could wear."""

import base64
import json
import secrets
import string
import urllib.parse
from dataclasses import dataclass

LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Canary:
    name: str
    value: bytes
    # Random, of letters and digits alone: quoting and escaping leave it as it is. The value holds it twice.
    core: str

    @property
    def text(self) -> str:
        return self.value.decode()


def make(name: str, around: str) -> Canary:
    """`around` is how the value looks; its `@`s are where the random part goes."""
    core = "".join(secrets.choice(LETTERS) for _ in range(32))
    return Canary(name, around.replace("@", core).encode(), core)


def of_every_shape() -> list[Canary]:
    return [
        make("PLAIN", "@@"),
        make("QUOTES", "a'@\"b`@\\"),
        make("DOLLAR", "$(touch @) ${HOME} $@ `@`"),
        make("LINES", "first @\nsecond @\r\n\tthird"),
        make("UNICODE", "pässwörd-@-🔑-@"),
        make("BASE64", "@+/@=="),
        make("URL", "https://user:@@host/?q=%20&x=@#f"),
        make("SPACES", "  @  @ "),
    ]


def dresses(value: bytes) -> set[bytes]:
    """One value as raw bytes, base64 at each alignment, hex, percent-encoded, escaped, and as wide characters."""
    found = {value, value.hex().encode(), value.hex().upper().encode()}
    for offset in range(3):
        # Without the characters at both ends that depend on the neighbours.
        encoded = base64.b64encode(bytes(offset) + value)[-(-offset * 8 // 6) :]
        settled = encoded[: (len(value) - 2) * 8 // 6]
        found |= {settled, settled.replace(b"+", b"-").replace(b"/", b"_")}
    text = value.decode(errors="surrogateescape")
    for escaped in (
        urllib.parse.quote_from_bytes(value, safe=""),
        urllib.parse.quote_plus(value),
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        repr(value)[2:-1],
    ):
        found.add(escaped.encode(errors="surrogateescape"))
    found.add(text.encode("utf-16-le", errors="surrogatepass"))
    return found


class Search:
    """Finds canaries, whole or in half, in any bytes."""

    def __init__(self, canaries: list[Canary]):
        self._needles: dict[bytes, str] = {}
        for canary in canaries:
            core = canary.core.encode()
            for part in (canary.value, core, core[:16], core[16:]):
                for dress in dresses(part):
                    self._needles.setdefault(dress, canary.name)

    def find(self, haystack: bytes | str) -> list[str]:
        """The names of the canaries in it."""
        if isinstance(haystack, str):
            haystack = haystack.encode(errors="surrogateescape")
        return sorted({name for needle, name in self._needles.items() if needle in haystack})
