//! The paths that a source text uses.

/// Every path of the text, with its line: the expanded paths of `use` items, and those in code. Unit tests at the end
/// of the text are ignored.
pub(super) fn used_paths(text: &str) -> Vec<(usize, String)> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut import: Option<(usize, String)> = None;
    for (number, line) in code.lines().enumerate().map(|(index, line)| (index + 1, without_comment(line))) {
        if let Some((_, text)) = &mut import {
            text.push_str(line);
        } else if let Some(tree) = imported(line) {
            import = Some((number, tree.to_owned()));
        } else {
            found.extend(paths_in(line).map(|path| (number, path.to_owned())));
        }
        if let Some((start, tree)) = import.take_if(|(_, tree)| tree.contains(';')) {
            let mut paths = Vec::new();
            spell_out("", tree.split(';').next().unwrap_or_default(), &mut paths);
            found.extend(paths.into_iter().map(|path| (start, path)));
        }
    }
    found
}

fn without_comment(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// The tree of a line that begins a `use` item, public or not.
fn imported(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(')')?.1,
        Some(rest) => rest,
        None => line,
    };
    line.trim_start().strip_prefix("use ")
}

/// Runs of path characters that hold `::`.
fn paths_in(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !(character.is_alphanumeric() || "_:".contains(character)))
        .filter(|word| word.contains("::"))
}

/// Turns `a::{b, c::{d, self}}` into `a::b`, `a::c::d` and `a::c::self`.
fn spell_out(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        found.push(format!("{prefix}{}", tree.split(" as ").next().unwrap_or_default()));
        return;
    };
    let prefix = format!("{prefix}{}", head.trim());
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    for branch in branches(inner) {
        spell_out(&prefix, branch, found);
    }
}

/// Splits at the commas outside of braces.
fn branches(text: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (index, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    found.push(&text[start..]);
    found.retain(|branch| !branch.trim().is_empty());
    found
}
