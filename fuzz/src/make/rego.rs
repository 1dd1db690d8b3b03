//! Rego that is mostly sound: modules of rules, with variables that are bound before they are used.

use crate::random::Random;

const PACKAGES: &[&str] = &[
    "vestry.declare",
    "vestry.resolve",
    "vestry.declare.a",
    "vestry.resolve.a.b",
    "lib",
    "lib.x",
    "vestry.lib",
    "system.log",
    "vestry.declare[\"x-y\"]",
    "data",
];
const HEADS: &[&str] =
    &["deny", "deny_a", "violation", "warn", "exception", "mask", "r0", "r1", "r2", "ok", "deny_b_c"];
const REFS: &[&str] = &[
    "input.references",
    "input.references[0]",
    "input.references[_].name",
    "input.function.name",
    "input.function.memory_mb",
    "input.variables",
    "input.now",
    "input.now_ns",
    "input.delivery",
    "input.stage",
    "input.refrences",
    "input[\"x\"]",
    "data.lib.r0",
    "data.lib",
    "data.vestry",
    "data.x.y",
    "r0",
    "r1",
    "r2",
    "input",
    "data",
];
/// Name and arguments; none that runs for as long as its argument says.
pub const CALLS: &[(&str, usize)] = &[
    ("abs", 1),
    ("ceil", 1),
    ("round", 1),
    ("count", 1),
    ("sum", 1),
    ("max", 1),
    ("sort", 1),
    ("product", 1),
    ("concat", 2),
    ("contains", 2),
    ("endswith", 2),
    ("startswith", 2),
    ("format_int", 2),
    ("indexof", 2),
    ("indexof_n", 2),
    ("lower", 1),
    ("replace", 3),
    ("split", 2),
    ("sprintf", 2),
    ("substring", 3),
    ("trim", 2),
    ("trim_left", 2),
    ("trim_space", 1),
    ("strings.count", 2),
    ("strings.reverse", 1),
    ("strings.any_prefix_match", 2),
    ("strings.replace_n", 2),
    ("strings.render_template", 2),
    ("array.concat", 2),
    ("array.slice", 3),
    ("array.reverse", 1),
    ("array.flatten", 1),
    ("object.get", 3),
    ("object.keys", 1),
    ("object.remove", 2),
    ("object.filter", 2),
    ("object.union", 2),
    ("object.union_n", 1),
    ("object.subset", 2),
    ("json.marshal", 1),
    ("json.unmarshal", 1),
    ("json.is_valid", 1),
    ("json.filter", 2),
    ("json.remove", 2),
    ("json.patch", 2),
    ("yaml.marshal", 1),
    ("yaml.unmarshal", 1),
    ("yaml.is_valid", 1),
    ("base64.encode", 1),
    ("base64.decode", 1),
    ("base64.is_valid", 1),
    ("base64url.decode", 1),
    ("hex.decode", 1),
    ("urlquery.decode", 1),
    ("urlquery.decode_object", 1),
    ("urlquery.encode_object", 1),
    ("regex.match", 2),
    ("regex.replace", 3),
    ("regex.split", 2),
    ("regex.find_n", 3),
    ("regex.is_valid", 1),
    ("regex.globs_match", 2),
    ("regex.template_match", 4),
    ("regex.find_all_string_submatch_n", 3),
    ("glob.match", 3),
    ("glob.quote_meta", 1),
    ("time.parse_rfc3339_ns", 1),
    ("time.parse_ns", 2),
    ("time.parse_duration_ns", 1),
    ("time.add_date", 4),
    ("time.diff", 2),
    ("time.date", 1),
    ("time.clock", 1),
    ("time.weekday", 1),
    ("time.format", 1),
    ("semver.compare", 2),
    ("semver.is_valid", 1),
    ("net.cidr_contains", 2),
    ("net.cidr_intersects", 2),
    ("net.cidr_merge", 1),
    ("net.cidr_contains_matches", 2),
    ("net.cidr_is_valid", 1),
    ("net.cidr_expand", 1),
    ("crypto.md5", 1),
    ("crypto.sha256", 1),
    ("crypto.hmac.sha256", 2),
    ("crypto.hmac.equal", 2),
    ("crypto.x509.parse_certificates", 1),
    ("io.jwt.decode", 1),
    ("io.jwt.decode_verify", 2),
    ("io.jwt.verify_hs256", 2),
    ("io.jwt.verify_rs256", 2),
    ("graph.reachable", 2),
    ("graph.reachable_paths", 2),
    ("walk", 1),
    ("units.parse", 1),
    ("units.parse_bytes", 1),
    ("uuid.parse", 1),
    ("to_number", 1),
    ("type_name", 1),
    ("is_string", 1),
    ("bits.and", 2),
    ("bits.negate", 1),
    ("bits.rsh", 2),
    ("union", 1),
    ("intersection", 1),
    ("numbers.range_step", 3),
    ("providers.aws.sign_req", 3),
    ("rego.metadata.rule", 0),
    ("rego.metadata.chain", 0),
    ("print", 1),
    ("any", 1),
    ("minus", 2),
    ("and", 2),
    ("cast_array", 1),
    ("glob.match", 2),
    ("unknown.function", 1),
    ("http.send", 1),
    ("json.match_schema", 2),
];
const LITERALS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "0.5",
    "1e3",
    "18446744073709551616",
    "true",
    "false",
    "null",
    "\"\"",
    "\"a\"",
    "\"/prod/x\"",
    "\"%s %d\"",
    "`a\\b`",
    "\"2026-12-31\"",
    "[]",
    "{}",
    "set()",
    "\"10.0.0.0/8\"",
    "\"é😀\"",
    "\"\\u0000\"",
    "\"a.*b\"",
    "[1, 2, 3]",
    "{\"a\": 1}",
    "{1, 2}",
    "[\"a\", [\"b\"]]",
    "{\"a\": {\"b\": [1]}}",
    "\"1h\"",
    "\"{{.a}}\"",
    "\"eyJhbGciOiJub25lIn0.e30.\"",
];

pub fn module(random: &mut Random) -> Vec<u8> {
    let mut text = format!("package {}\n\n", random.pick(PACKAGES));
    if random.once_in(4) {
        let import: &str = random.pick::<&str>(&[
            "import rego.v1\n",
            "import data.lib\n",
            "import input.references as refs\n",
            "import data.lib.x\n",
        ]);
        text += import;
    }
    for _ in 0..=random.few(6) {
        Rule { random, bound: Vec::new(), fresh: 0 }.write(&mut text);
    }
    text.into_bytes()
}

struct Rule<'a> {
    random: &'a mut Random,
    bound: Vec<String>,
    fresh: usize,
}

impl Rule<'_> {
    fn write(&mut self, text: &mut String) {
        if self.random.once_in(10) {
            *text += "# METADATA\n# title: x\n# custom:\n#   a: [1, {b: c}]\n";
        }
        let head = *self.random.pick(HEADS);
        match self.random.below(8) {
            0 => {
                let literal = self.random.pick(LITERALS);
                *text += &format!("default {head} := {literal}\n");
            }
            1 => {
                self.bound.push("x".into());
                let body = self.body(2);
                let value = self.expression(2);
                *text += &format!("f_{head}(x) := {value} if {{\n{body}}}\n");
            }
            2 => {
                let value = self.expression(3);
                *text += &format!("{head} := {value}\n");
            }
            3 => {
                let body = self.body(2);
                let value = self.expression(2);
                let otherwise = self.random.pick(LITERALS);
                *text += &format!("{head} := {value} if {{\n{body}}} else := {otherwise}\n");
            }
            4 => {
                let body = self.body(2);
                let (key, value) = (self.expression(1), self.expression(1));
                *text += &format!("{head}[{key}] := {value} if {{\n{body}}}\n");
            }
            _ => {
                let body = self.body(3);
                let message = match self.random.below(4) {
                    0 => self.expression(2),
                    1 => format!("{{\"msg\": {}, \"id\": \"x\"}}", self.expression(1)),
                    2 => format!("$\"x {{{}}} y\"", self.expression(1)),
                    _ => "\"no\"".into(),
                };
                *text += &format!("{head} contains {message} if {{\n{body}}}\n");
            }
        }
        text.push('\n');
    }

    fn body(&mut self, depth: usize) -> String {
        let mut body = String::new();
        for _ in 0..=self.random.few(3) {
            body += &format!("\t{}\n", self.statement(depth));
        }
        body
    }

    fn statement(&mut self, depth: usize) -> String {
        let expression = self.expression(depth);
        match self.random.below(10) {
            0 | 1 => {
                let name = self.fresh();
                let statement = format!("{name} := {expression}");
                self.bound.push(name);
                statement
            }
            2 | 3 => {
                let name = self.fresh();
                let statement = format!("some {name} in {expression}");
                self.bound.push(name);
                statement
            }
            4 => format!("not {expression}"),
            5 => {
                let (name, body) = (self.fresh(), self.expression(1));
                format!("every {name} in {expression} {{ {name} != {body} }}")
            }
            6 => format!("{expression} with input as {{\"references\": []}}"),
            7 => expression,
            _ => {
                let operator = *self.random.pick(&["==", "!=", "<", ">=", "in", "="]);
                format!("{expression} {operator} {}", self.expression(1))
            }
        }
    }

    fn fresh(&mut self) -> String {
        self.fresh += 1;
        format!("v{}", self.fresh)
    }

    fn expression(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 4 } else { 11 }) {
            0 => self.random.pick(LITERALS).to_string(),
            1 => self.random.pick(REFS).to_string(),
            2 | 3 if !self.bound.is_empty() => {
                let name = self.random.below(self.bound.len());
                self.bound[name].clone()
            }
            2 | 3 => self.random.pick(LITERALS).to_string(),
            4..=6 => self.call(depth),
            7 => {
                let operator = *self.random.pick(&["+", "-", "*", "/", "%", "|", "&"]);
                format!("{} {operator} {}", self.expression(depth - 1), self.expression(0))
            }
            8 => format!("[{}, {}]", self.expression(depth - 1), self.expression(0)),
            9 => format!("{{\"k\": {}, \"msg\": {}}}", self.expression(depth - 1), self.expression(0)),
            _ => {
                let (open, close) = *self.random.pick(&[("[", "]"), ("{", "}"), ("{\"k\": ", "}")]);
                let (before, name) = (self.bound.len(), self.fresh());
                let from = self.expression(depth - 1);
                self.bound.push(name.clone());
                let (value, test) = (self.expression(0), self.expression(0));
                self.bound.truncate(before);
                format!("{open}{value} | some {name} in {from}; {test}{close}")
            }
        }
    }

    fn call(&mut self, depth: usize) -> String {
        let (name, arity) = *self.random.pick(CALLS);
        let arguments: Vec<_> = (0..arity).map(|_| self.expression(depth - 1)).collect();
        format!("{name}({})", arguments.join(", "))
    }
}
