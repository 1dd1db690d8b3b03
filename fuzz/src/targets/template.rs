//! SAM and CloudFormation templates: read within bounds, and every function foreseen or not; no policy for one grants
//! everything.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use vestry::cli::fuzz::foresee;
use vestry::template::{OWN_ACCOUNT, OWN_REGION, Setting, Template as Read};

use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape, shape_of, text};

pub struct Template;

impl Target for Template {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = vec![seeds::file("template.yaml")];
        seeds.extend(seeds::texts(&[
            "Parameters: {S: {Type: String, Default: prod}}\nConditions: {P: !Equals [!Ref S, prod], N: !Not [Condition: P]}\n\
             Mappings: {M: {prod: {a: ssm:/x}}}\nGlobals: {Function: {Environment: {Variables: {G: !Sub 'ssm:/${S}/g'}}}}\n\
             Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Condition: P\n    Properties:\n      Runtime: python3.13\n\
             \x20     MemorySize: 256\n      Environment:\n        Variables:\n          A: !If [P, !FindInMap [M, !Ref S, a], !Ref AWS::NoValue]\n\
             \x20         B: !Join ['/', [ssm:, !Select [0, !Split [',', 'x,y']], !GetAtt X.Arn]]\n          C: {'Fn::Sub': ['${x}', {x: !ImportValue e}]}\n",
            r#"{"Resources":{"F":{"Type":"AWS::Lambda::Function","Properties":{"FunctionName":"f","Environment":{"Variables":{"A":{"Ref":"AWS::Region"},"B":"\ud83d\ude00"}}}}}}"#,
        ]));
        seeds.push(names_for_names().into_bytes());
        seeds
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "!Ref ",
            "!Sub ",
            "!If ",
            "!Join ",
            "!Select ",
            "!Split ",
            "!FindInMap ",
            "!GetAtt ",
            "Fn::Sub",
            "Fn::If",
            "Condition: ",
            "!Equals ",
            "!And ",
            "!Or ",
            "!Not ",
            "AWS::Region",
            "AWS::NoValue",
            "${S}",
            "${!x}",
            "${",
            "Resources:\n",
            "Properties:\n",
            "Type: AWS::Serverless::Function\n",
            "Environment:\n",
            "Variables:\n",
            "&a ",
            "*a",
            "<<: *a",
            "\n  ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            "Conditions: {P: Condition: P}",
            "!Sub '${AWS::Region}'",
            "Fn::ForEach::",
            "Transform: x",
            "{{resolve:ssm:/x:1}}",
        ]
    }

    fn longest(&self) -> usize {
        16 << 10
    }

    fn bound(&self) -> Duration {
        Duration::from_secs(3)
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let text = text(case);
        // As `vestry iam` has it, where nobody says where it is deployed to.
        let own = [("AWS::Region", OWN_REGION), ("AWS::AccountId", OWN_ACCOUNT)];
        let given = own.into_iter().filter(|_| case.len().is_multiple_of(2));
        let given: BTreeMap<_, _> = given.map(|(name, value)| (name.into(), value.into())).collect();
        let template = match Read::parse("template.yaml".into(), &text, given) {
            Ok(template) => template,
            Err(error) => return Ok(shape(&error.to_string())),
        };
        let functions = template.functions();
        for function in &functions {
            if template.function(&function.id).is_err() {
                return Err(format!("there is no function {}", function.id));
            }
        }
        let lost = template.resources().iter().find(|resource| template.resource(&resource.id).is_none());
        if let Some(lost) = lost {
            return Err(format!("there is no resource {}", lost.id));
        }
        let foreseen = foresee(template);
        if foreseen.len() != functions.len() {
            return Err(format!("{} of {} functions are foreseen", foreseen.len(), functions.len()));
        }
        for policy in foreseen.iter().filter_map(|foreseen| foreseen.policy.as_ref()) {
            is_narrow(policy)?;
        }
        let said: Vec<&String> = foreseen.iter().flat_map(|foreseen| &foreseen.said).take(3).collect();
        let settings = || functions.iter().flat_map(|function| &function.variables);
        let unknown = settings().find_map(|(_, setting)| match setting {
            Setting::Unknown(unknown) => Some(shape(&unknown.why)),
            Setting::Known(_) => None,
        });
        let count = settings().count().min(5);
        Ok(format!("{} {count} {unknown:?} {}", functions.len().min(3), shape_of(&said)))
    }
}

/// Every statement is of resources that are named; but for the one action that knows none.
fn is_narrow(policy: &Value) -> Result<(), Broken> {
    for statement in policy["Statement"].as_array().into_iter().flatten() {
        let resources = match &statement["Resource"] {
            Value::Array(resources) => resources.iter().filter_map(Value::as_str).collect(),
            one => Vec::from_iter(one.as_str()),
        };
        let named =
            |arn: &&str| arn.starts_with("arn:") && arn.split(':').nth(5).is_some_and(|name| name != "*");
        let is_batch = statement["Action"] == "secretsmanager:BatchGetSecretValue";
        if !is_batch && (resources.is_empty() || !resources.iter().all(named)) {
            return Err(format!("it grants too much: {statement}"));
        }
    }
    Ok(())
}

/// Names that stand for several others each, many times over; and roles, layers and statements that ask for them.
fn names_for_names() -> String {
    let mut text = String::from("Resources:\n");
    for level in 0..4 {
        let name = (0..6).map(|_| format!("!Ref P{}", level + 1)).collect::<Vec<_>>().join(", ");
        text += &format!(
            "  P{level}:\n    Type: AWS::SSM::Parameter\n    Properties: {{Name: !Join [x, [{name}]], Roles: [!Ref R]}}\n"
        );
    }
    text += "  R:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies:\n      - PolicyDocument:\n          Statement:\n";
    text += &"          - {Effect: Allow, Action: ssm:GetParameters, Resource: [!GetAtt P0.Arn, !GetAtt P1.Arn]}\n".repeat(8);
    for function in 0..8 {
        text += &format!(
            "  F{function}:\n    Type: AWS::Serverless::Function\n    Properties:\n      Role: !GetAtt R.Arn\n      \
             Layers: [!Ref P0, !Ref P1]\n      Environment: {{Variables: {{A: 'ssm:/x', B: !Ref P2}}}}\n"
        );
    }
    text
}
