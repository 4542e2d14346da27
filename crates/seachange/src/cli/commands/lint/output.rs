//! The format of the answer, and the file for it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use seachange_cli::{Diagnostic, output_file, terminal::write_raw};
use serde::Serialize;

use super::report::{self, Report};
use super::selection::Selection;
use super::{annotations, comment, deployment};
use crate::cli::context::Context;
use crate::impact::Levels;

/// The output format of `lint`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LintFormat {
    /// For people
    Text,
    /// A comment for a pull request: locks, forecasts, losses, findings, the order of deployment, the graph, and the SQL
    /// for each database system
    Markdown,
    /// One JSON document, with what was measured
    Json,
    /// Annotations of a pull request on GitHub
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// The file name extensions and their formats.
const EXTENSIONS: [(&str, LintFormat); 4] = [
    ("md", LintFormat::Markdown),
    ("markdown", LintFormat::Markdown),
    ("json", LintFormat::Json),
    ("sarif", LintFormat::Sarif),
];

/// The arguments about the answer.
#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// The format to write; by default that of the file name, or else text
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<LintFormat>,
    /// Write to a file as well, such as `comment.md`, replacing an existing one; the text is printed
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["explain", "list", "fix"])]
    output: Option<PathBuf>,
}

/// Where the answer goes.
pub(super) enum Answer<'a> {
    /// To the terminal.
    Terminal(LintFormat),
    /// To a file; the text goes to the terminal.
    File(&'a Path, LintFormat),
}

impl OutputArgs {
    /// Whether the answer is a document, for one database.
    pub(super) fn is_document(&self) -> bool {
        self.output.is_some()
            || self.format.is_some_and(|format| !matches!(format, LintFormat::Text | LintFormat::Github))
    }

    /// Where the answer goes. The extension of the file name says the format, unless the user does.
    ///
    /// # Errors
    ///
    /// A file without a format, or for text.
    pub(super) fn answer(&self) -> Result<Answer<'_>, Diagnostic> {
        let Some(file) = &self.output else { return Ok(Answer::Terminal(self.format.unwrap_or(LintFormat::Text))) };
        let of_name = || {
            let extension = file.extension().unwrap_or_default().to_ascii_lowercase();
            EXTENSIONS.iter().find(|(known, _)| extension == *known).map(|(_, format)| *format)
        };
        match self.format {
            Some(LintFormat::Text) => {
                Err(Diagnostic::usage("the text is printed, and `--output` writes another format")
                    .hint("leave `--format text` out"))
            }
            Some(format) => Ok(Answer::File(file, format)),
            None => of_name().map(|format| Answer::File(file, format)).ok_or_else(|| unknown_extension(file)),
        }
    }
}

impl Answer<'_> {
    /// Prints the reports, and writes the file.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(super) async fn give(
        &self,
        context: &Context,
        reports: &[Report<'_>],
        levels: &Levels,
        selection: &Selection,
    ) -> Result<(), Diagnostic> {
        if reports.is_empty() {
            context.terminal.status("no revision is pending");
        }
        match self {
            Self::Terminal(LintFormat::Text) => text(context, reports, levels),
            Self::Terminal(format) => write_raw(&document(*format, context, reports, levels, selection).await?),
            Self::File(path, format) => {
                let written = document(*format, context, reports, levels, selection).await?;
                text(context, reports, levels);
                output_file::write(path, &written)?;
                context.terminal.status(format!("wrote `{}`", path.display()));
            }
        }
        Ok(())
    }
}

/// The reports in a format for programs or for a page. For the text, which is printed, it is the comment.
async fn document(
    format: LintFormat,
    context: &Context,
    reports: &[Report<'_>],
    levels: &Levels,
    selection: &Selection,
) -> Result<String, Diagnostic> {
    match format {
        LintFormat::Json => json(&reports.iter().map(|own| report::json(own, levels)).collect::<Vec<_>>()),
        LintFormat::Sarif => json(&annotations::sarif(context, reports, levels)),
        LintFormat::Github => Ok(annotations::github(context, reports, levels).map(|line| line + "\n").collect()),
        LintFormat::Markdown | LintFormat::Text => comment::comment(context, reports, levels, selection).await,
    }
}

fn text(context: &Context, reports: &[Report<'_>], levels: &Levels) {
    if !reports.is_empty() {
        report::print(context, reports, levels);
        deployment::print(context, reports);
    }
}

fn json(value: &impl Serialize) -> Result<String, Diagnostic> {
    Ok(serde_json::to_string_pretty(value).map_err(Diagnostic::json)? + "\n")
}

fn unknown_extension(file: &Path) -> Diagnostic {
    let known = EXTENSIONS.map(|(extension, _)| format!("`.{extension}`")).join(", ");
    let extension = file.extension().map(OsStr::display);
    let what = extension.map_or_else(|| "a file without an extension".to_owned(), |own| format!("`.{own}`"));
    Diagnostic::usage(format!(
        "`lint` does not know which format {what} is, as in `{}`; it writes {known}",
        file.display()
    ))
    .hint("to write that file anyway, name the format: `lint --format markdown -o FILE`")
}
