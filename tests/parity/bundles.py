#!/usr/bin/env python3
"""Bundles signed by OPA and verified by Vestry, the other way round, and altered ones refused by both.

    bundles.py OPA VESTRY [POLICY]

OPA and VESTRY are the programs, POLICY a policy directory (policy/ of this project). Needs openssl. Prints every
combination; the exit code is 1 where the two differ in a way that EXPLAINED does not know.
"""

import base64
import hashlib
import hmac
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

KEYS = {
    "RS256": ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ES256": ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ES384": ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "HS256": None,
}

# What OPA takes and Vestry refuses, and why.
EXPLAINED = {
    "a file hashed with MD5": "a signed file could be exchanged for another of the same hash",
    "a hidden file that is signed": "Vestry does not load hidden files, and leaves nothing out in silence",
    "a second gzip member": "a reader of one member would see another bundle",
}


def run(*command: object, cwd: Path | None = None) -> bool:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    run.said = done.stdout + done.stderr
    return done.returncode == 0


def must(*command: object, cwd: Path | None = None) -> None:
    if not run(*command, cwd=cwd):
        sys.exit(f"{command}: {run.said}")


class Parity:
    def __init__(self, opa: Path, vestry: Path, policy: Path, directory: Path) -> None:
        self.opa, self.vestry, self.policy, self.directory = opa, vestry, policy, directory
        self.rows, self.wrong = 0, 0
        for algorithm, command in KEYS.items():
            private, public = self.key(algorithm)
            if command is None:
                private.write_text("a shared secret, for tests\n")
            else:
                must(*command, "-out", private)
                must("openssl", "pkey", "-in", private, "-pubout", "-out", public)

    def key(self, algorithm: str) -> tuple[Path, Path]:
        private = self.directory / f"{algorithm}.pem"
        return private, private if algorithm == "HS256" else private.with_suffix(".pub")

    def opa_takes(self, path: Path, algorithm: str, scope: str = "") -> bool:
        options = ["--verification-key", self.key(algorithm)[1], "--signing-alg", algorithm, "--scope", scope]
        # A directory's names have its path before them, as it is given.
        return run(self.opa, "build", "-b", path.name, *options, "-o", self.directory / "out.tar.gz", cwd=path.parent)

    def vestry_takes(self, path: Path, algorithm: str, scope: str = "") -> bool:
        options = ["--key", self.key(algorithm)[1], "--alg", algorithm, "--scope", scope]
        return run(self.vestry, "policy", "verify", *options, path.name, cwd=path.parent)

    def row(self, what: str, path: Path, algorithm: str, expected: bool, scope: str = "") -> None:
        taken = [self.opa_takes(path, algorithm, scope), self.vestry_takes(path, algorithm, scope)]
        words = ["taken" if one else "refused" for one in taken]
        verdict = ""
        if what in EXPLAINED and taken == [True, False]:
            verdict = EXPLAINED[what]
        elif taken != [expected, expected]:
            verdict = f"WRONG, to be {'taken' if expected else 'refused'}: {run.said.strip()[:200]}"
            self.wrong += 1
        self.rows += 1
        print(f"{algorithm}  {what:<44} opa {words[0]:<8} vestry {words[1]:<8} {verdict}".rstrip())

    def made(self, algorithm: str) -> dict[str, Path]:
        """Two bundles and two directories, each signed by the one and by the other."""
        private, _ = self.key(algorithm)
        place = self.directory / algorithm
        place.mkdir()
        packed = {maker: place / f"{maker}.tar.gz" for maker in ("opa", "vestry")}
        must(self.opa, "build", "-b", self.policy, "--signing-key", private, "--signing-alg", algorithm, "-r", "r1", "-o", packed["opa"])
        must(self.vestry, "policy", "bundle", self.policy, "-o", packed["vestry"], "--revision", "r1")
        must(self.vestry, "policy", "sign", "--key", private, "--alg", algorithm, packed["vestry"])
        made = {f"bundle of {maker}": path for maker, path in packed.items()}
        for maker in packed:
            path = place / f"{maker}-directory"
            shutil.copytree(self.policy, path)
            if maker == "opa":
                must(self.opa, "sign", "--signing-key", private, "--signing-alg", algorithm, "-b", path.name, "-o", path.name, cwd=place)
            else:
                must(self.vestry, "policy", "sign", "--key", private, "--alg", algorithm, path.name, cwd=place)
            made[f"directory of {maker}"] = path
        return made

    def altered(self, algorithm: str, bundle: Path) -> None:
        files = unpacked(bundle)
        rego = next(name for name in files if name.endswith(".rego"))
        data = json.loads(files["data.json"])

        def case(what: str, change: dict[str, bytes | None], expected: bool = False, tail: bytes = b"") -> None:
            path = bundle.with_name("altered.tar.gz")
            kept = {name: text for name, text in (files | change).items() if text is not None}
            path.write_bytes(packed(kept) + tail)
            self.row(what, path, algorithm, expected)

        def token(change) -> bytes:
            return json.dumps({"signatures": [self.resigned(algorithm, files, change)]}).encode()

        case("nothing", {}, expected=True)
        case("data written otherwise", {"data.json": json.dumps(data, indent=3, sort_keys=True).encode()}, expected=True)
        case("a rule", {rego: files[rego] + b"\n"})
        case("a datum", {"data.json": json.dumps(data | {"more": 1}).encode()})
        case("the manifest", {".manifest": files[".manifest"].replace(b"r1", b"r2")})
        case("a file more", {"more.rego": b"package more\n"})
        case("a file less", {rego: None})
        case("no signature", {".signatures.json": None})
        case("two tokens", {".signatures.json": json.dumps({"signatures": json.loads(files[".signatures.json"])["signatures"] * 2}).encode()})
        case("a second gzip member", {}, expected=True, tail=packed({"a.rego": b"package a\n"}))
        for alg in ("none", "HS256"):
            forged = {".signatures.json": self.forged(algorithm, files, alg)}
            if alg != algorithm:
                case(f"a token with alg {alg}", forged)
        if algorithm == "HS256":
            case("the token, signed again", {".signatures.json": token(lambda claims: None)}, expected=True)
            case("a scope", {".signatures.json": token(lambda claims: claims.update(scope="write"))})
            case("a file hashed with MD5", {".signatures.json": token(lambda claims: md5(claims, rego, files[rego]))})
            hidden = {"name": ".hidden.rego", "algorithm": "SHA-256", "hash": hashlib.sha256(b"package hidden\n").hexdigest()}
            signed = token(lambda claims: claims["files"].append(hidden))
            case("a hidden file that is signed", {".hidden.rego": b"package hidden\n", ".signatures.json": signed})
            missing = token(lambda claims: claims["files"].append(hidden | {"name": "missing.rego"}))
            case("a listed file that is missing", {".signatures.json": missing})

    def resigned(self, algorithm: str, files: dict[str, bytes], change) -> str:
        claims = json.loads(unb64(json.loads(files[".signatures.json"])["signatures"][0].split(".")[1]))
        change(claims)
        signed = f"{b64(json.dumps({'alg': algorithm}).encode())}.{b64(json.dumps(claims).encode())}"
        secret = self.key(algorithm)[0].read_bytes()
        return f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256'))}"

    def forged(self, algorithm: str, files: dict[str, bytes], alg: str) -> bytes:
        """The public key as the secret of an HMAC, or no signature at all."""
        payload = json.loads(files[".signatures.json"])["signatures"][0].split(".")[1]
        signed = f"{b64(json.dumps({'alg': alg}).encode())}.{payload}"
        tag = hmac.digest(self.key(algorithm)[1].read_bytes(), signed.encode(), "sha256") if alg == "HS256" else b""
        return json.dumps({"signatures": [f"{signed}.{b64(tag)}"]}).encode()

    def all(self) -> None:
        for algorithm in KEYS:
            made = self.made(algorithm)
            for what, path in made.items():
                self.row(what, path, algorithm, expected=True)
                self.row(f"{what}, another scope", path, algorithm, expected=False, scope="other")
            others = [other for other in KEYS if other != algorithm]
            for other in others:
                self.row(f"bundle of vestry, {algorithm}, against another key", made["bundle of vestry"], other, expected=False)
            for maker in ("opa", "vestry"):
                print(f"       altered in the bundle of {maker}:")
                self.altered(algorithm, made[f"bundle of {maker}"])


def md5(claims: dict, name: str, text: bytes) -> None:
    entry = next(entry for entry in claims["files"] if entry["name"] == name)
    entry.update(algorithm="MD5", hash=hashlib.md5(text).hexdigest())


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def unpacked(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {entry.name.lstrip("/"): archive.extractfile(entry).read() for entry in archive if entry.isfile()}


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return out.getvalue()


def main() -> None:
    opa, vestry = (Path(path).resolve() for path in sys.argv[1:3])
    policy = Path(sys.argv[3] if len(sys.argv) > 3 else Path(__file__).parents[2] / "policy").resolve()
    with tempfile.TemporaryDirectory() as directory:
        parity = Parity(opa, vestry, policy, Path(directory))
        parity.all()
    print(f"{parity.rows} combinations, {parity.wrong} wrong")
    sys.exit(1 if parity.wrong else 0)


if __name__ == "__main__":
    main()
