//! Findings for programs that show them beside the code.

use std::fs;
use std::path::PathBuf;

use seachange_cli::project::shown;
use serde_json::{Value, json};

use super::report::Report;
use crate::cli::context::Context;
use crate::impact::{Finding, Level, Levels, RULES, RevisionImpact, level};

/// The URL of the schema that the format SARIF 2.1.0 states.
const SARIF: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// How much of the first line of a statement is looked for in the file of its revision, in characters.
const SOUGHT: usize = 40;

/// The place of a finding in the file of a revision.
pub(super) struct Place {
    /// The file, relative to the working directory if it is below it.
    pub(super) file: String,
    /// The line, from 1: that of the statement if the file has its text, else that of `fn up`.
    pub(super) line: usize,
}

/// Finds the place of a statement. A file that cannot be read has one line.
pub(super) fn place(context: &Context, impact: &RevisionImpact, statement: Option<usize>) -> Place {
    let path: PathBuf = context.project.manifest_dir.join(impact.script.path());
    let source = fs::read_to_string(&path).unwrap_or_default();
    let text = statement.and_then(|at| impact.statements.get(at)).map_or("", |own| own.text.trim());
    let sought: String = text.lines().next().unwrap_or_default().chars().take(SOUGHT).collect();
    let position = |part: &str| source.lines().position(|line| line.contains(part));
    let found = (!sought.is_empty()).then(|| position(&sought)).flatten();
    let line = found.or_else(|| position("fn up")).map_or(1, |line| line + 1);
    Place { file: shown(&path), line }
}

/// Prints the commands of a workflow on GitHub that annotate lines.
pub(super) fn github(context: &Context, reports: &[Report<'_>], levels: &Levels) {
    for (impact, finding) in reports.iter().flat_map(Report::findings) {
        let Place { file, line } = place(context, impact, finding.statement);
        let word = if is_error(finding, levels) { "error" } else { "warning" };
        let (file, message) = (property(&file), data(&text(finding)));
        let title = finding.rule.id;
        context.terminal.answer_raw(format!("::{word} file={file},line={line},title={title}::{message}"));
    }
}

/// The findings as a document of SARIF 2.1.0.
pub(super) fn sarif(context: &Context, reports: &[Report<'_>], levels: &Levels) -> Value {
    let result = |(impact, finding): (&RevisionImpact, &Finding)| {
        let Place { file, line } = place(context, impact, finding.statement);
        json!({
            "ruleId": finding.rule.id,
            "level": if is_error(finding, levels) { "error" } else { "warning" },
            "message": { "text": text(finding) },
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": { "uri": file.replace('\\', "/").replace(' ', "%20") },
                    "region": { "startLine": line },
                },
            }],
        })
    };
    let results: Vec<Value> = reports.iter().flat_map(Report::findings).map(result).collect();
    let rules: Vec<Value> = RULES.iter().map(|rule| json!({ "id": rule.id })).collect();
    let driver = json!({ "name": "seachange", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    json!({ "version": "2.1.0", "$schema": SARIF, "runs": [{ "tool": { "driver": driver }, "results": results }] })
}

fn is_error(finding: &Finding, levels: &Levels) -> bool {
    level(finding.rule, levels) == Level::Deny
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
