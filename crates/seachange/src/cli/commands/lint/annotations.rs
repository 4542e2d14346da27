//! Findings for programs that show them beside the code.

use serde_json::{Value, json};

use super::explain::page;
use super::report::{Report, word};
use super::source::Place;
use crate::cli::context::Context;
use crate::impact::{Finding, Level, Levels, RULES, Rule, level};

/// The URL of the schema that the format SARIF 2.1.0 states.
const SARIF: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The commands of a workflow on GitHub that annotate lines, a line each.
pub(super) fn github(context: &Context, reports: &[Report<'_>], levels: &Levels) -> impl Iterator<Item = String> {
    let findings = reports.iter().flat_map(|report| report.findings(context));
    findings.map(|(Place { file, line }, finding)| {
        let (word, title) = (word(finding, levels), finding.rule.id);
        let (file, message) = (property(&file), data(&text(finding)));
        format!("::{word} file={file},line={line},title={title}::{message}")
    })
}

/// The findings as a document of SARIF 2.1.0.
pub(super) fn sarif(context: &Context, reports: &[Report<'_>], levels: &Levels) -> Value {
    let result = |(Place { file, line }, finding): (Place, &Finding)| {
        json!({
            "ruleId": finding.rule.id,
            "level": word(finding, levels),
            "message": { "text": text(finding) },
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": { "uri": file.replace('\\', "/").replace(' ', "%20") },
                    "region": { "startLine": line },
                },
            }],
        })
    };
    let results: Vec<Value> = reports.iter().flat_map(|report| report.findings(context)).map(result).collect();
    let rules: Vec<Value> = RULES.iter().map(|rule| descriptor(rule, levels)).collect();
    let driver = json!({ "name": "seachange", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    json!({ "version": "2.1.0", "$schema": SARIF, "runs": [{ "tool": { "driver": driver }, "results": results }] })
}

/// What SARIF has of a rule.
fn descriptor(rule: &Rule, levels: &Levels) -> Value {
    let level = level(rule, levels);
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "helpUri": page(rule),
        "defaultConfiguration": {
            "enabled": level != Level::Allow,
            "level": if level == Level::Deny { "error" } else { "warning" },
        },
        "properties": { "databases": rule.databases },
    })
}

fn text(finding: &Finding) -> String {
    match &finding.help {
        Some(help) => format!("{}; help: {help}", finding.message),
        None => finding.message.clone(),
    }
}

/// Escapes the data of a command, as GitHub's toolkit for actions does.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn line_breaks_and_separators_do_not_end_a_command() {
        assert_eq!(data("100%\r\nof a: b, c"), "100%25%0D%0Aof a: b, c");
        assert_eq!(property("src/a,b:c.rs"), "src/a%2Cb%3Ac.rs");
    }
}
