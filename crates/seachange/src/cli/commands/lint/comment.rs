//! A comment for a pull request: what the revisions do, for those who review them.

use seachange_cli::{Diagnostic, describe, printable};
use seachange_graph::draw::{GraphLayout, NodeLabel};

use super::deployment;
use super::markdown::{block, cell, code, line};
use super::report::{Report, tally, word};
use super::selection::Selection;
use super::source::Place;
use super::statement_table;
use crate::cli::context::Context;
use crate::cli::revision_scope;
use crate::impact::Levels;
use crate::offline::{PlainStatements, ScriptWriter};
use crate::revision::RegisteredRevision;
use crate::settings::{DatabaseSettings, Driver};

/// How many characters GitHub accepts in a comment.
const MOST: usize = 65_536;

/// How many of them are kept for the lines that say what is left out.
const RESERVE: usize = 1_000;

/// How much of a statement a table shows, in characters.
const SHOWN: usize = 60;

/// The statements of the revisions for a database system, by the revisions' order.
struct SystemStatements {
    system: String,
    statements: Vec<PlainStatements>,
}

/// Writes the comment.
///
/// # Errors
///
/// The graph of the revisions is not valid.
pub(super) async fn comment(
    context: &Context,
    reports: &[Report<'_>],
    levels: &Levels,
    selection: &Selection,
) -> Result<String, Diagnostic> {
    let mut text = heading(reports);
    let mut left_out = Vec::new();
    let mut later = 0;
    for report in reports {
        let own = revision(context, report, levels);
        if later == 0 && length(&text) + length(&own) < MOST - RESERVE {
            text.push_str(&own);
        } else {
            later += 1;
        }
    }
    if later > 0 {
        left_out.push(format!("the last {later} of {} revisions", reports.len()));
    }
    let mut parts = vec![
        ("the order of deployment".to_owned(), orders(reports)),
        ("the graph".to_owned(), graph(context, reports)?),
    ];
    for own in statements(context, reports, selection).await? {
        parts.push((format!("the SQL for {}", own.system), sql(reports, &own)));
    }
    for (name, part) in parts {
        if length(&text) + length(&part) < MOST - RESERVE {
            text.push_str(&part);
        } else {
            left_out.push(name);
        }
    }
    if !left_out.is_empty() {
        text.push_str(&format!(
            "\nLeft out, because a comment has at most {MOST} characters: {}.\n",
            left_out.join(", ")
        ));
    }
    Ok(text)
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// A line that a program finds again, to replace the comment, and a summary.
fn heading(reports: &[Report<'_>]) -> String {
    let system = reports.first().map(|own| format!(" Measured on {}.", own.impact.server.version.system()));
    let count = describe::revisions(reports.len());
    format!(
        "<!-- seachange lint -->\n## {count}, {}\n\nWhat the revisions of this change do.{}\n",
        tally(reports),
        system.unwrap_or_default()
    )
}

fn revision(context: &Context, report: &Report<'_>, levels: &Levels) -> String {
    let script = report.impact.script;
    let message = line(&printable::name(script.message));
    let mut text = format!("\n### {} {message}\n\n{}\n", code(script.revision.id), code(script.file));
    text.push_str(&table(report));
    let mut items = Vec::new();
    for (Place { file, line: number }, finding) in report.findings(context) {
        let help = finding.help.as_ref().map(|help| format!("; {}", line(help))).unwrap_or_default();
        let (word, rule, message) = (word(finding, levels), finding.rule.id, line(&printable::name(&finding.message)));
        items.push(format!(
            "**{word}** [`{rule}`]({}): {message}{help} ({})",
            super::explain::page(finding.rule),
            code(&format!("{file}:{number}"))
        ));
    }
    items.extend(report.losses().iter().map(|loss| format!("**lost for good**: {}", line(&printable::name(loss)))));
    items.extend(report.unknowns().map(|(_, reason)| format!("**unknown**: {}", line(&printable::name(reason)))));
    if items.is_empty() {
        items.push("no findings".to_owned());
    }
    text.push('\n');
    items.iter().for_each(|item| text.push_str(&format!("- {item}\n")));
    text
}

/// A table with a line for each table that a statement locks. A column without a value is left out.
fn table(report: &Report<'_>) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (number, statement) in report.impact.statements.iter().enumerate() {
        let shown = code(&printable::name(&printable::one_line(&statement.text, SHOWN))).replace('|', "\\|");
        let cells = statement_table::cells(report.impact, number, report.sizes(number), report.forecast(number));
        let count = rows.len();
        rows.extend(cells.into_iter().enumerate().map(|(index, cells)| {
            let first = if index == 0 { shown.clone() } else { String::new() };
            [first].into_iter().chain(cells.iter().map(|text| cell(text))).collect()
        }));
        if rows.len() == count {
            rows.push([shown].into_iter().chain(statement_table::COLUMNS.iter().map(|_| String::new())).collect());
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let names = ["statement"].into_iter().chain(statement_table::COLUMNS.iter().map(|(name, _)| *name));
    let is_used = |column: &usize| rows.iter().any(|row| !row[*column].is_empty());
    let used: Vec<usize> = (0..=statement_table::COLUMNS.len()).filter(is_used).collect();
    let names: Vec<&str> = names.collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
    let mut text = String::from("\n");
    text.push_str(&line(&mut used.iter().map(|column| names[*column])));
    let is_number = |column: usize| column > 0 && statement_table::COLUMNS[column - 1].1;
    text.push_str(&line(&mut used.iter().map(|column| if is_number(*column) { "---:" } else { "---" })));
    for row in &rows {
        text.push_str(&line(&mut used.iter().map(|column| row[*column].as_str())));
    }
    text
}

/// When each revision may run; empty if no version of the service is given.
fn orders(reports: &[Report<'_>]) -> String {
    let mut text = String::new();
    for report in reports {
        let Some(own) = &report.deployment else { continue };
        let id = code(report.impact.script.revision.id);
        text.push_str(&format!("- {id}: {}\n", deployment::sentence(own.order)));
        own.reasons.iter().for_each(|reason| text.push_str(&format!("  - {}\n", line(&printable::name(reason)))));
    }
    if text.is_empty() { text } else { format!("\n### Order of deployment\n\n{text}") }
}

/// The new revisions, those that they come after, and what else comes after these.
fn graph(context: &Context, reports: &[Report<'_>]) -> Result<String, Diagnostic> {
    if reports.is_empty() {
        return Ok(String::new());
    }
    let graph = context.graph()?;
    let is_new = |id: &str| reports.iter().any(|own| own.impact.script.revision.id == id);
    let new = graph.iter().filter(|revision| is_new(&revision.id));
    let below: Vec<&str> = new
        .flat_map(|revision| revision.down_revision.iter().chain(&revision.depends_on))
        .map(String::as_str)
        .collect();
    let picture = GraphLayout::new(graph, |revision| {
        let label = NodeLabel::new(context.project.migrations.get(&revision.id).map_or("", |own| own.message));
        if is_new(&revision.id) { label.applied(false) } else { label }
    });
    let picture = picture.only(|revision| {
        let is_beside = revision.down_revision.iter().any(|id| below.contains(&id.as_str()));
        is_new(&revision.id) || below.contains(&revision.id.as_str()) || is_beside
    });
    Ok(format!("\n### Graph\n\nNew revisions have dashed outlines.\n\n{}\n", block("mermaid", &picture.mermaid())))
}

/// The statements for each database system that the program has: the measured ones, and for other systems those that
/// the code sends there.
async fn statements(
    context: &Context,
    reports: &[Report<'_>],
    selection: &Selection,
) -> Result<Vec<SystemStatements>, Diagnostic> {
    let Some(first) = reports.first() else { return Ok(Vec::new()) };
    let measured = reports.iter().map(|own| match &own.impact.unknown {
        Some(reason) if own.impact.statements.is_empty() => Err(reason.clone()),
        _ => Ok(own.impact.statements.iter().map(|statement| statement.text.clone()).collect()),
    });
    let mut all = vec![SystemStatements {
        system: first.impact.server.version.system().to_owned(),
        statements: measured.collect(),
    }];
    let connected = context.settings()?.driver();
    let ids = |scripts: &[&'static RegisteredRevision]| -> Vec<&'static str> {
        scripts.iter().map(|script| script.revision.id).collect()
    };
    let (below, revisions) = (ids(&selection.below), ids(&selection.revisions));
    let others = [Driver::Postgres, Driver::MySql, Driver::Sqlite];
    for driver in others.into_iter().filter(|driver| *driver != connected && driver.is_built()) {
        let Ok(settings) = DatabaseSettings::of_system(driver) else { continue };
        let writer = ScriptWriter::new(context.project.migrations, &settings)?;
        let statements = revision_scope::writing_script(writer.statements(&below, &revisions)).await;
        let system = if driver == Driver::MySql { "MySQL and MariaDB".to_owned() } else { driver.to_string() };
        all.push(SystemStatements { system, statements });
    }
    Ok(all)
}

fn sql(reports: &[Report<'_>], own: &SystemStatements) -> String {
    let mut text = String::new();
    for (report, statements) in reports.iter().zip(&own.statements) {
        let script = report.impact.script;
        text.push_str(&format!("-- {} {}\n", script.revision.id, script.message.replace(['\n', '\r'], " ")));
        match statements {
            Ok(statements) => {
                for statement in statements {
                    let statement = statement.trim_end();
                    text.push_str(statement);
                    text.push_str(if statement.ends_with(';') { "\n" } else { ";\n" });
                }
            }
            Err(reason) => text.push_str(&format!("-- unknown: {}\n", reason.replace(['\n', '\r'], " "))),
        }
    }
    let block = block("sql", &printable::lines(&text));
    format!("\n<details>\n<summary>SQL for {}</summary>\n\n{block}\n\n</details>\n", own.system)
}
