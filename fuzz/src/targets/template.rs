//! SAM and CloudFormation templates: read within bounds, and every function foreseen or not.

use std::collections::BTreeMap;

use vestry::template::{Setting, Template as Read};

use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape, text};

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

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let text = text(case);
        let template = match Read::parse("template.yaml".into(), &text, BTreeMap::new()) {
            Ok(template) => template,
            Err(error) => return Ok(shape(&error.to_string())),
        };
        let functions = template.functions();
        for function in &functions {
            if template.function(&function.id).is_err() {
                return Err(format!("there is no function {}", function.id));
            }
        }
        let settings = || functions.iter().flat_map(|function| &function.variables);
        let unknown = settings().find_map(|(_, setting)| match setting {
            Setting::Unknown(unknown) => Some(shape(&unknown.why)),
            Setting::Known(_) => None,
        });
        Ok(format!("{} {} {unknown:?}", functions.len().min(3), settings().count().min(5)))
    }
}
