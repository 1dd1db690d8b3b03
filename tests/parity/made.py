"""Policies made by dice from a grammar, to be held against OPA's results: odd in what they say, not in how they are written.

A seed always makes the same policy. Its `deny` says as JSON what every other rule came to, so that one decision tells it all.
"""

import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field

DATA = {
    "pool": {
        "rows": [{"n": "a", "v": 1, "o": {"a": "x"}}, {"n": "b", "v": 2, "o": {"b": False}}, {"n": "a", "v": 3}],
        "map": {"a": 1, "b": [1, 2], "c": False, "d": None},
        "lists": [[1, 2], [3], []],
        "tree": {"a": {"a": {"b": 1}}, "c": [{"a": 1}]},
        "some": [1, "a", None, False, [1, 2], {"a": 1}, [], {}, "ab", {"a": 2, "b": "b"}],
        "numbers": [0, 1, 2, 3],
        "texts": ["a", "b", "ab", ""],
        "no": [],
        "off": False,
    }
}

INPUT = {
    "stage": "declare",
    "function": {"name": "orders", "version": "7", "region": None, "memory_mb": 128, "initialization_type": None, "account": None},
    "references": [
        {"variable": "A", "store": "ssm", "name": "/a", "arn": None, "selector": {"version": "3"}, "key": None, "optional": False, "has_default": True},
        {"variable": "B", "store": "secretsmanager", "name": "b", "arn": None, "selector": None, "key": "k", "optional": True, "has_default": False, "role_arn": "r"},
    ],
    "delivery": "socket",
    "variables": ["A", "B"],
    "now": "2026-11-22T14:30:00.250Z",
    "now_ns": 1795357800250000000,
}

# What stands behind `@` is one of its own lines; how often, by the number before it. `@name`, `@open`, `@new`, `@rule`,
# `@function`, `@within` and `@every` are the author's, who knows what is in scope. `@new1` is the same name wherever it stands
# in a line.
GRAMMAR = {
    "scalar": ['4 @number', '3 @text', "1 true", "1 false", "1 null"],
    "number": ["1 0", "1 1", "1 2", "1 3", "1 -1"],
    "text": ['2 "a"', '1 "b"', '1 ""', "1 `ab`"],
    # Of no type that OPA would know before it evaluates, and some of them undefined or false.
    "leaf": [
        "1 input.function.name", "1 input.references[0].key", "1 input.references[1].role_arn", "1 input.references[0].role_arn", "3 @base",
    ],
    "base": [
        "2 data.pool.map.a", "1 data.pool.map.b", "2 data.pool.map.c", "1 data.pool.map.d", "2 data.pool.none", "1 data.pool.off",
        "1 data.pool.rows[0].o", "1 data.pool.rows[2].o", "1 data.pool.lists[0][1]", "1 data.pool.tree.a",
    ],
    "loose": ["6 @open", "2 @leaf", "1 @rule", "1 @open@step", "1 @base@step"],
    "step": ["2 .a", "1 .b", "1 .n", "1 .o", "2 [0]", '1 ["a"]', "1 [_]", "1 [@name]"],
    "element": ['2 ["a"]', "1 [0]", "2 [_]", "3 [@name]"],
    "collection": [
        "3 data.pool.rows", "2 data.pool.map", "2 data.pool.lists", "2 data.pool.some", "1 data.pool.tree", "1 data.pool.no", "1 data.pool.none",
        "1 input.references", "1 input.variables", "1 data.pool.rows[_].o", "1 [1, 2, 3]", '1 {"a", "b"}', '1 {"a": 1, "b": 2}', "4 @rule", "2 @name", "2 @within",
        "1 @rule@step",
    ],
    "plain": ["2 data.pool.rows", "1 data.pool.map", "1 data.pool.lists", "1 data.pool.some", "1 data.pool.no"],
    "operator": ["1 |", "1 &", "1 -"],
    # Of sets and objects Vestry has another order, which is documented.
    "ordered": ["1 <", "1 >="],
    "compared": ["4 ==", "2 !="],
    "expression": [
        "6 @name", "2 @name@step", "3 @scalar", "3 @leaf", "2 @rule", "2 [@expression, @expression]", "1 [@expression]", '1 {"a": @expression}',
        '1 {@text: @expression, "c": @expression}', "1 {@expression}", "3 @within", "3 @call", "2 @collection", "1 (@loose @compared @expression)",
        "1 (@loose in @collection)", "1 (@number + count(@collection))", "1 (@number * @number)",
        '1 ({"a", "b"} @operator {x | some x in @plain})',
    ],
    "call": [
        "6 @function", "1 count(@collection)", "1 json.marshal(@expression)", "1 type_name(@expression)", "1 is_string(@loose)", "1 is_number(@loose)",
        '1 sprintf("%v-%v", [@expression, @scalar])', '1 object.get(@collection, "a", @expression)', "1 object.get(data.pool.map, @text, @expression)",
        "1 array.concat([@expression], [@scalar])", "1 startswith(data.pool.texts[_], @text)", "1 object.keys(data.pool.map)", "1 to_number(@text)",
        '1 object.union(data.pool.map, {"b": @expression})', "1 numbers.range(@number, @number)", '1 $"{@loose}!"', "1 union({{@expression}, {@scalar}})",
        "1 max([@number, @number])", "1 ({@expression} | {@scalar})",
    ],
    "pattern": ["6 [@new, @new]", "2 [@new]", '1 {"a": @new}', '1 [@new, {"a": @new}]', "2 [@scalar, @new]", "1 [@name, @new]", "1 [_, @new]"],
    "newcomer": ["1 @new"],
    "statement": [
        "4 some @new in @collection", "3 some @new, @new in @collection", "1 some @pattern in @collection", "1 some @text, @new in @collection", "1 some @number, @new in @collection",
        "5 @new := @expression", "2 @pattern = @loose", "1 @loose = @pattern", "1 [@new, @new] := @loose", '1 {"a": @new} := @loose', "1 @pattern = [@expression, @expression]",
        "2 some @new1; @collection[@new1]", "2 some @new1; @collection[@new1] = @new2", "1 @collection[@new]", "1 @collection[@new] == @expression",
        "2 @new1 = @collection[@new2]", "2 walk(@collection, [@new, @new])", "3 @every", "6 @condition", "5 not @condition", "1 @new = @expression",
    ],
    "condition": [
        "6 @loose @compared @expression", "2 @expression @compared @loose", "1 @loose @ordered @number", "3 @loose in @collection", "2 @expression in @collection", '1 @text, @loose in {"a": 1, "b": @expression}', "1 @number, @loose in [1, 2, 3]",
        "3 @loose", "2 @rule", "3 @call", "1 @collection",
    ],
    "with": [
        "2 with input.function.name as @expression", "1 with input.references as @collection", '1 with input as {"function": {"name": @expression}}',
        "1 with data.pool.map as @expression", "2 with data.pool.map.a as @expression", "1 with data.pool.none as @expression", "1 with data.pool.off as @expression",
    ],
}
PLAIN = {"expression": "loose", "collection": "plain", "loose": "open", "call": "leaf", "within": "leaf", "condition": "loose", "every": "condition"}
DEEPEST = 4


@dataclass
class Rule:
    """One that later ones may name."""

    package: str
    name: str
    kind: str
    arity: int = 0


@dataclass
class Scope:
    names: list[str] = field(default_factory=list)
    # Of them, those of whose type OPA cannot know much.
    open: list[str] = field(default_factory=list)
    # Of the statement that is being written: in scope when it is.
    coming: list[str] = field(default_factory=list)

    def inner(self) -> "Scope":
        return Scope(list(self.names), list(self.open))


class Author:
    def __init__(self, seed: int) -> None:
        self.dice, self.made = random.Random(seed), 0
        self.rules: list[Rule] = []
        self.package, self.imports = "", {}

    def likely(self, chance: float) -> bool:
        return self.dice.random() < chance

    def write(self, what: str, scope: Scope, depth: int = 0) -> str:
        """One line of the grammar, with everything in it written."""
        what = PLAIN.get(what, what) if depth >= DEEPEST else what
        if what in ("name", "open", "rule", "function", "within", "every"):
            return getattr(self, what)(scope, depth)
        lines = [line.split(" ", 1) for line in GRAMMAR[what]]
        [(_, line)] = self.dice.choices(lines, [int(weight) for weight, _ in lines])
        labels: dict[str, str] = {}

        def part(found: re.Match) -> str:
            word, label = found.groups()
            if word != "new":
                return self.write(word, scope, depth + 1)
            name = labels.get(label) or self.new()
            if label:
                labels[label] = name
            scope.coming.append(name)
            return name

        return re.sub(r"@([a-z]+)(\d?)", part, line)

    def new(self) -> str:
        self.made += 1
        return f"{self.dice.choice('xyzvwkije')}{self.made}"

    def name(self, scope: Scope, depth: int) -> str:
        return self.dice.choice(scope.names) if scope.names else self.write("leaf", scope, depth)

    def open(self, scope: Scope, depth: int) -> str:
        return self.dice.choice(scope.open) if scope.open else self.write("base", scope, depth)

    def called(self, rule: Rule) -> str:
        """The name of a rule, in the package that is being written."""
        if rule.package == self.package and self.likely(0.8):
            return rule.name
        if rule.package in self.imports and self.likely(0.7):
            return f"{self.imports[rule.package]}.{rule.name}"
        return f"data.{rule.package}.{rule.name}"

    def rule(self, scope: Scope, depth: int) -> str:
        rules = [rule for rule in self.rules if rule.kind != "function"]
        if not rules:
            return self.write("leaf", scope, depth)
        rule = self.dice.choice(rules)
        if self.likely(0.05) and rule.package != self.package:
            return f"data.{rule.package}" + (self.write("step", scope, depth + 1) if self.likely(0.5) else "")
        step = "element" if rule.kind == "set" else "step"
        is_of_parts = rule.kind in ("set", "object", "deep")
        return self.called(rule) + (self.write(step, scope, depth + 1) if self.likely(0.5 if is_of_parts else 0.05) else "")

    def function(self, scope: Scope, depth: int) -> str:
        functions = [rule for rule in self.rules if rule.kind == "function"]
        if not functions:
            return self.write("leaf", scope, depth)
        rule = self.dice.choice(functions)
        return f"{self.called(rule)}({', '.join(self.write('expression', scope, depth + 1) for _ in range(rule.arity))})"

    def within(self, scope: Scope, depth: int) -> str:
        """A comprehension."""
        inner = scope.inner()
        body = "; ".join(self.body(inner, self.dice.randint(1, 2), depth + 1))
        head = self.write("expression", inner, depth + 2)
        return self.dice.choice([f"[{head} | {body}]", f"{{{head} | {body}}}", f"{{{self.write('scalar', inner, depth)}: {head} | {body}}}"])

    def every(self, scope: Scope, depth: int) -> str:
        inner, names = scope.inner(), [self.new() for _ in range(self.dice.choice([1, 1, 2]))]
        collection = self.write("collection", scope, depth + 1)
        inner.names += names
        inner.open += names
        return f"every {', '.join(names)} in {collection} {{ {'; '.join(self.body(inner, self.dice.randint(1, 2), depth + 1))} }}"

    def body(self, scope: Scope, statements: int, depth: int = 0) -> list[str]:
        body = [self.statement(scope, depth) for _ in range(statements)]
        # The order is the reader's alone.
        if self.likely(0.1):
            self.dice.shuffle(body)
        return body

    def statement(self, scope: Scope, depth: int) -> str:
        text = self.write("statement", scope, depth)
        if self.likely(0.12) and not text.startswith("some"):
            text += f" {self.replacement(scope, depth)}"
        scope.names += scope.coming
        scope.open += [] if " = " in text or " := " in text else scope.coming
        scope.coming = []
        return text

    def replacement(self, scope: Scope, depth: int) -> str:
        if self.rules and self.likely(0.4):
            rule = self.dice.choice(self.rules)
            path = f"data.{rule.package}.{rule.name}"
            return f"with {self.called(rule) if rule.kind == 'function' else path} as {self.write('expression', scope, depth + 2)}"
        return self.write("with", scope, depth)

    def rule_of(self, kind: str, name: str, arity: int, is_first: bool) -> str:
        scope = Scope()
        arguments = [self.argument(scope) for _ in range(arity)]
        body = self.body(scope, self.dice.randint(1, 3) if kind in ("truth", "deep") else self.dice.randint(0, 3))
        value = lambda: self.write("expression", scope, 2)
        key = lambda: self.dice.choice([self.write("name", scope), self.write("name", scope), self.write("text", scope)])
        match kind:
            case "set":
                head = f"{name} contains {value()}"
            case "object":
                head = f"{name}[{key()}] := {value()}"
            case "deep":
                steps = [f".a[{key()}] :=", f"[{key()}].b :=", f"[{key()}] contains", ".c contains", f"[{key()}][{key()}] :="]
                head = f"{name}{self.dice.choice(steps)} {value()}"
            case "truth":
                head = name
            case "function":
                head = f"{name}({', '.join(arguments)}) := {value()}"
            case _:
                head = f"{name} := {value()}"
        text = head + block(body)
        if kind in ("value", "function"):
            before = f"default {name}{'(' + ', '.join('_' * arity) + ')' if arity else ''} := {self.write('scalar', scope)}\n\n"
            text = (before if is_first and self.likely(0.25) else "") + text
            while self.likely(0.3) and body:
                scope = Scope([name for name in scope.names if name in arguments], [name for name in scope.open if name in arguments])
                body = self.body(scope, self.dice.randint(1, 2))
                text += f" else := {self.write('expression', scope, 2)}{block(body)}"
        return without_unused(text)

    def argument(self, scope: Scope) -> str:
        text = self.write(self.dice.choices(["newcomer", "pattern", "scalar"], [8, 2, 1])[0], scope)
        scope.names += scope.coming
        scope.open += scope.coming
        scope.coming = []
        return text

    def policy(self) -> dict[str, str]:
        """The text of each file."""
        packages = [name for name in ("lib", "vestry.declare.sub") if self.likely(0.35)] + ["vestry.declare"]
        files = {}
        for number, self.package in enumerate(packages):
            others = [name for name in packages[:number] if self.likely(0.6)]
            self.imports = {name: self.dice.choice([name.rsplit(".")[-1], f"im{at}"]) for at, name in enumerate(others)}
            head = f"package {self.package}\n\n" + "".join(imported(path, name) for path, name in self.imports.items()) + "\n"
            texts = [text for _ in range(self.dice.randint(1, 3)) for text in self.rules_of_one_name()]
            at = self.dice.randint(1, len(texts)) if self.likely(0.2) else len(texts)
            for part, some in (("a", texts[:at]), ("b", texts[at:])):
                if some:
                    files[f"{number}{part}.rego"] = head + "\n\n".join(some) + "\n"
        files["deny.rego"] = "package vestry.declare\n\n" + "\n\n".join(map(told, self.rules)) + "\n"
        return files

    def rules_of_one_name(self) -> list[str]:
        kind = self.dice.choice(["set", "set", "object", "deep", "value", "value", "truth", "function", "function"])
        name, arity = f"{kind}{len(self.rules)}", self.dice.choice([1, 1, 2]) if kind == "function" else 0
        texts = [self.rule_of(kind, name, arity, number == 0) for number in range(1 if kind == "value" else self.dice.choice([1, 1, 2]))]
        self.rules.append(Rule(self.package, name, kind, arity))
        return texts


def without_unused(text: str) -> str:
    """OPA refuses what `some` and `every` declare and nothing uses."""
    times = Counter(re.findall(r"\b[a-z]\d+\b", text))
    return re.sub(r"\b[a-z]\d+\b(?! :=)", lambda found: found[0] if times[found[0]] > 1 else "_", text)


def block(body: list[str]) -> str:
    return " if {\n\t" + "\n\t".join(body) + "\n}" if body else ""


def imported(path: str, name: str) -> str:
    return f"import data.{path}{'' if path.endswith(name) else f' as {name}'}\n"


def told(rule: Rule) -> str:
    """What a rule came to, as a denial."""
    path, name = f"data.{rule.package}.{rule.name}", json.dumps(rule.name)
    match rule.kind:
        case "object" | "deep":
            return f"deny contains json.marshal([{name}, k, v]) if some k, v in {path}"
        case "function":
            names = ["x", "y"][: rule.arity]
            asked = "; ".join(f"some {x} in data.pool.some" for x in names)
            return f"deny contains json.marshal([{name}, {', '.join(names)}, {path}({', '.join(names)})]) if {{ {asked} }}"
        case _:
            return f"deny contains json.marshal([{name}, {path}])"
