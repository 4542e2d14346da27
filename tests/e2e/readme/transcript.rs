//! The blocks of a README, and a form of their texts that can be compared.

use std::collections::BTreeMap;

/// A block of code in a section.
pub(crate) enum Block {
    /// Commands with their outputs.
    Console(Vec<Step>),
    Rust(String),
    /// Lines as `diff` writes them.
    Diff(Vec<String>),
}

/// A command with its output.
#[derive(Default)]
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) output: String,
}

/// The `console`, `diff` and `rust` blocks of the section with this heading, in order.
pub(crate) fn blocks(readme: &str, heading: &str) -> Vec<Block> {
    let section = readme.split(heading).nth(1).unwrap_or_default();
    blocks_of(section.split("\n## ").next().unwrap_or_default())
}

/// The `console`, `diff` and `rust` blocks of a text, in order.
pub(crate) fn blocks_of(text: &str) -> Vec<Block> {
    // Fences come in pairs, so every second piece is inside a block.
    text.split("```").skip(1).step_by(2).filter_map(block).collect()
}

fn block(text: &str) -> Option<Block> {
    let (language, body) = text.split_once('\n')?;
    match language.split(',').next()? {
        "console" => Some(Block::Console(steps(body))),
        "diff" => Some(Block::Diff(body.lines().map(str::to_owned).collect())),
        "rust" => Some(Block::Rust(body.to_owned())),
        _ => None,
    }
}

fn steps(body: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in body.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), output: String::new() });
        } else if let Some(step) = steps.last_mut() {
            step.output.push_str(line);
            step.output.push('\n');
        }
    }
    steps
}

/// Replaces the parts of a text that differ from run to run.
#[derive(Default)]
pub(crate) struct Redaction {
    replaced: BTreeMap<String, String>,
}

impl Redaction {
    /// From now on, writes `sample` for `found`.
    pub(crate) fn replace(&mut self, found: &str, sample: &str) {
        self.replaced.insert(found.to_owned(), sample.to_owned());
    }

    /// Returns the words only, with times and dates as `#`, because the width of columns depends on their values.
    pub(crate) fn apply(&self, text: &str) -> String {
        let text = self.replaced.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        text.lines().map(|line| redacted(line) + "\n").collect()
    }
}

fn redacted(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let word = |n: usize| {
        let is_time = words.get(n + 1).is_some_and(|unit| ["ms", "s"].contains(&unit.trim_end_matches(';')));
        let is_moment =
            |word: &str| word.len() >= 8 && word.bytes().all(|b| b.is_ascii_digit() || b"-:TZ\",".contains(&b));
        match words[n] {
            number if is_time && number.parse::<f64>().is_ok() => "#".to_owned(),
            unit if n > 0 && ["ms", "s", "ms;", "s;"].contains(&unit) => unit.replace("ms", "s"),
            moment if is_moment(moment) => "#".to_owned(),
            path if path.contains("migration/src/versions/m") => path.replace(|c: char| c.is_ascii_digit(), "#"),
            other => other.to_owned(),
        }
    };
    (0..words.len()).map(word).collect::<Vec<_>>().join(" ")
}
