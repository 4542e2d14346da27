//! The rules in words.

use seachange_cli::{Diagnostic, Exit, commands::list::answer_json};
use serde_json::{Value, json};

use super::output::LintFormat;
use crate::cli::context::Context;
use crate::impact::{Levels, RULES, Rule, level};

/// The page of the book.
const PAGE: &str = include_str!("rules.md");

/// The address of the section about a rule.
pub(super) fn page(rule: &Rule) -> String {
    format!("{}/blob/main/docs/src/lint-rules.md#{}", env!("CARGO_PKG_REPOSITORY"), rule.id)
}

/// Prints the section of the book about a rule.
pub(super) fn explain(context: &Context, rule: &Rule) {
    let section = section(PAGE, rule.id).unwrap_or_else(|| format!("{}\n\n{}", rule.summary, page(rule)));
    context.terminal.print(section);
}

/// The section about a rule, with its heading. The words after `sql` at the beginning of an example are for tests.
fn section(page: &str, id: &str) -> Option<String> {
    let heading = format!("## `{id}`");
    let mut lines = page.lines().skip_while(|line| *line != heading);
    let first = lines.next()?;
    let rest = lines.take_while(|line| !line.starts_with("## ") && !line.starts_with("# "));
    let without_words = |line: &str| if line.starts_with("```sql,") { "```sql".to_owned() } else { line.to_owned() };
    let section: Vec<String> = [first].into_iter().chain(rest).map(without_words).collect();
    Some(section.join("\n").trim_end().to_owned())
}

/// Prints all rules.
pub(super) fn list(context: &Context, levels: &Levels, format: Option<LintFormat>) -> Result<Exit, Diagnostic> {
    if format == Some(LintFormat::Json) {
        let rule = |rule: &Rule| {
            json!({
                "rule": rule.id,
                "level": level(rule, levels).word(),
                "databases": rule.databases,
                "summary": rule.summary,
                "page": page(rule),
            })
        };
        answer_json(context.terminal, &RULES.iter().map(rule).collect::<Vec<Value>>())?;
        return Ok(Exit::Success);
    }
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    for rule in RULES {
        let level = level(rule, levels).word();
        context.terminal.print(format!("{:width$}  {level:5}  {}", rule.id, rule.summary));
    }
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::{PAGE, section};
    use crate::impact::RULES;

    #[test]
    fn each_rule_has_a_section_with_its_level_and_databases() {
        for rule in RULES {
            let text = section(PAGE, rule.id).unwrap_or_default();
            let databases = match rule.databases {
                [_, _, _, _] => "all databases".to_owned(),
                [one] => (*one).to_owned(),
                [before @ .., last] => format!("{} and {last}", before.join(", ")),
                [] => String::new(),
            };
            let begin = format!("## `{}`\n\nLevel: `{}`, on {databases}.", rule.id, rule.level.word());
            assert!(text.starts_with(&begin), "the book has to begin the section with\n{begin}\nand has\n{text}");
        }
        let headings = PAGE.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`'));
        let unknown: Vec<&str> = headings.filter(|id| !RULES.iter().any(|rule| rule.id == *id)).collect();
        assert_eq!(unknown, Vec::<&str>::new());
    }
}
