"""The two programs, asked the same."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Programs:
    def __init__(self, opa: str, vestry: str) -> None:
        self.opa, self.vestry = Path(opa).resolve(), Path(vestry).resolve()

    @staticmethod
    def run(*command: object) -> subprocess.CompletedProcess:
        words = [str(word) for word in command]
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})

    def opa_json(self, *arguments: object) -> tuple[int, object]:
        return self._json(self.run(self.opa, *arguments))

    def vestry_json(self, *arguments: object) -> tuple[int, object]:
        return self._json(self.run(self.vestry, "policy", *arguments))

    @staticmethod
    def _json(done: subprocess.CompletedProcess) -> tuple[int, object]:
        try:
            return done.returncode, json.loads(done.stdout)
        except json.JSONDecodeError:
            return done.returncode, {"said": (done.stdout + done.stderr).strip()}


class Comparison:
    """Rows that are to be the same; those that are not are told, unless a reason is known."""

    def __init__(self, name: str) -> None:
        self.name, self.same, self.wrong, self.explained = name, 0, [], {}

    def row(self, what: str, opa: object, vestry: object, reason: str | None = None) -> None:
        if opa == vestry:
            self.same += 1
            # A reason that explains nothing has outlived its fault.
            if reason is not None:
                self.wrong.append(f"{what}: no longer differs, but is explained: {reason}")
        elif reason is not None:
            self.explained[what] = reason
        else:
            self.wrong.append(f"{what}\n    opa    {opa}\n    vestry {vestry}")

    def report(self) -> bool:
        print(f"{self.name}: {self.same} the same, {len(self.explained)} explained, {len(self.wrong)} wrong")
        for what, reason in self.explained.items():
            print(f"  differs: {what}: {reason}")
        for wrong in self.wrong:
            print(f"  WRONG {wrong}")
        return not self.wrong
