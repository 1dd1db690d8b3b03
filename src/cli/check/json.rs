//! The reports as one document.

use serde_json::{Value, json};

use super::judge::Report;
use super::row::Row;
use crate::preflight::LIMIT;
use crate::resolve::Ask;

/// `{outcome, exit_code, online, functions: [{function, file, outcome, error_type, references, problems, warnings,
/// unknown, size, policy, calls}]}`
pub(super) fn document(reports: &[Report], online: bool, code: u8) -> Value {
    json!({
        "outcome": outcome(code == 0),
        "exit_code": code,
        "online": online,
        "functions": reports.iter().map(function).collect::<Vec<_>>(),
    })
}

fn outcome(ready: bool) -> &'static str {
    if ready { "ready" } else { "refused" }
}

fn function(report: &Report) -> Value {
    let error_type = report.error_type();
    json!({
        "function": report.name,
        "file": report.path,
        "outcome": outcome(error_type.is_none()),
        "error_type": error_type,
        "references": report.rows.iter().map(reference).collect::<Vec<_>>(),
        "problems": report.problems,
        "warnings": report.warnings,
        "unknown": report.unknown,
        "size": report.bytes.map(|(bytes, at_least)| json!({"bytes": bytes, "at_least": at_least, "limit": LIMIT})),
        "policy": report.policy,
        "asked": report.asked.map(|asked| match asked {
            Ask::Metadata => "metadata",
            Ask::Values => "values",
        }),
        "calls": {
            "ssm": report.calls.ssm,
            "secretsmanager": report.calls.secretsmanager,
            "sts": report.calls.sts,
            "retries": report.calls.retries,
        },
    })
}

fn reference(row: &Row) -> Value {
    let of = |field: fn(&crate::resolved::Record) -> &Option<String>| {
        row.record.as_ref().and_then(|r| field(r).clone())
    };
    json!({
        "variable": row.variable,
        "reference": row.reference,
        "found": row.found.as_bool(),
        "name": of(|record| &record.name),
        "arn": of(|record| &record.arn),
        "version": of(|record| &record.version),
        "type": row.record.as_ref().and_then(|record| record.value_type),
        "created": of(|record| &record.created),
        "last_changed": of(|record| &record.last_modified),
        "stages": row.record.as_ref().map(|record| &record.stages),
        "problem": row.problem,
        "note": row.note,
        "made_by_template": row.made,
        "region": row.region,
        "role_arn": row.role,
    })
}
