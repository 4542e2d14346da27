//! Python files, read without running them: the assignments at the top level, as far as they are literals.

use std::collections::HashMap;

/// What a file of Python says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PythonFile {
    /// The text at the start of the file.
    pub(super) docstring: String,
    /// The values of the variables that were asked for.
    pub(super) values: HashMap<String, Value>,
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    None,
    Text(String),
    List(Vec<String>),
}

impl Value {
    /// The texts of the value.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::Text(text) => vec![text.clone()],
            Self::List(texts) => texts.clone(),
        }
    }
}

/// Why a file cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PythonError {
    /// The line, from 1.
    pub(super) line: usize,
    pub(super) message: String,
}

/// Reads the docstring, and the variables with these names.
///
/// # Errors
///
/// A variable of these whose value is not a literal, and texts that do not end.
pub(super) fn read(text: &str, names: &[&str]) -> Result<PythonFile, PythonError> {
    let tokens = tokens(text)?;
    let mut file = PythonFile::default();
    let mut known: HashMap<String, Value> = HashMap::new();
    for (at, line) in tokens.split(|token| token.kind == Kind::EndOfLine).filter(|line| !line.is_empty()).enumerate() {
        if let ([Token { kind: Kind::Text(docstring), .. }], 0) = (line, at) {
            file.docstring.clone_from(docstring);
        }
        let is_top_level = line.first().is_some_and(|token| token.column == 0);
        let Some((targets, value)) = assignment(line).filter(|_| is_top_level) else { continue };
        let wanted: Vec<&str> = targets.iter().copied().filter(|target| names.contains(target)).collect();
        match self::value(value, &known) {
            Some(value) => targets.iter().for_each(|target| _ = known.insert((*target).to_owned(), value.clone())),
            None if wanted.is_empty() => targets.iter().for_each(|target| _ = known.remove(*target)),
            None => {
                let line = line.first().map_or(1, |token| token.line);
                return Err(PythonError {
                    line,
                    message: format!("`{}` is not a literal: a text, a list of texts, or `None`", wanted.join("`, `")),
                });
            }
        }
    }
    file.values = known.into_iter().filter(|(name, _)| names.contains(&name.as_str())).collect();
    Ok(file)
}

/// The lines of the body of a function at the top level, without their common indentation.
pub(super) fn body(text: &str, function: &str) -> Vec<String> {
    let start = format!("def {function}(");
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&start));
    if lines.next().is_none() {
        return Vec::new();
    }
    let of_body: Vec<&str> = lines.take_while(|line| line.trim().is_empty() || line.starts_with([' ', '\t'])).collect();
    let indent = |line: &&&str| line.len() - line.trim_start().len();
    let common = of_body.iter().filter(|line| !line.trim().is_empty()).map(|line| indent(&line)).min().unwrap_or(0);
    let mut body: Vec<String> =
        of_body.iter().map(|line| line.get(common..).unwrap_or_default().trim_end().to_owned()).collect();
    while body.last().is_some_and(String::is_empty) {
        body.pop();
    }
    body
}

/// The targets and the value of an assignment, `a: str = b = VALUE`.
fn assignment(line: &[Token]) -> Option<(Vec<&str>, &[Token])> {
    let mut targets = Vec::new();
    let mut rest = line;
    while let [Token { kind: Kind::Name(name), .. }, after @ ..] = rest {
        let after = match after {
            // The annotation ends at the `=` outside of brackets.
            [Token { kind: Kind::Sign(':'), .. }, annotated @ ..] => &annotated[end_of_annotation(annotated)?..],
            after => after,
        };
        let [Token { kind: Kind::Sign('='), .. }, value @ ..] = after else { break };
        targets.push(name.as_str());
        rest = value;
    }
    (!targets.is_empty()).then_some((targets, rest))
}

fn end_of_annotation(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        match token.kind {
            Kind::Sign('(' | '[' | '{') => depth += 1,
            Kind::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.kind == Kind::Sign('=')
    })
}

/// The value of an expression: texts side by side are one, in brackets they are a list, if there is a comma.
fn value(tokens: &[Token], known: &HashMap<String, Value>) -> Option<Value> {
    match tokens {
        [Token { kind: Kind::Name(name), .. }] if name == "None" => Some(Value::None),
        [Token { kind: Kind::Name(name), .. }] => known.get(name).cloned(),
        [
            Token { kind: Kind::Sign(open @ ('(' | '[' | '{')), .. },
            inner @ ..,
            Token { kind: Kind::Sign(close), .. },
        ] if matches!((open, close), ('(', ')') | ('[', ']') | ('{', '}')) => {
            let items: Vec<&[Token]> = inner.split(|token| token.kind == Kind::Sign(',')).collect();
            if let ('(', [item]) = (open, items.as_slice()) {
                return if item.is_empty() { Some(Value::List(Vec::new())) } else { value(item, known) };
            }
            let mut texts = Vec::new();
            let last = items.len() - 1;
            for (at, item) in items.into_iter().enumerate() {
                match value(item, known) {
                    Some(Value::Text(text)) => texts.push(text),
                    _ if item.is_empty() && at == last => {}
                    _ => return None,
                }
            }
            Some(Value::List(texts))
        }
        [] => None,
        // A tuple needs no brackets.
        tokens if tokens.iter().any(|token| token.kind == Kind::Sign(',')) => {
            let items = tokens.split(|token| token.kind == Kind::Sign(',')).filter(|item| !item.is_empty());
            let texts: Option<Vec<String>> = items
                .map(|item| match value(item, known) {
                    Some(Value::Text(text)) => Some(text),
                    _ => None,
                })
                .collect();
            texts.map(Value::List)
        }
        texts => {
            let text = |token: &Token| match &token.kind {
                Kind::Text(text) => Some(text.clone()),
                _ => None,
            };
            texts.iter().map(text).collect::<Option<Vec<_>>>().map(|texts| Value::Text(texts.concat()))
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Token {
    kind: Kind,
    line: usize,
    column: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Name(String),
    /// A text; one with values in it (`f"..."`) or of bytes is a sign.
    Text(String),
    Sign(char),
    /// The end of a logical line: one outside of brackets, or a semicolon.
    EndOfLine,
}

fn tokens(text: &str) -> Result<Vec<Token>, PythonError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut tokens = Vec::new();
    let (mut rest, mut line, mut column, mut depth) = (text, 1, 0, 0_usize);
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '\n' => ((depth == 0).then_some(Kind::EndOfLine), 1),
            ';' if depth == 0 => (Some(Kind::EndOfLine), 1),
            '#' => (None, rest.find('\n').unwrap_or(rest.len())),
            '\\' if rest.starts_with("\\\n") => (None, 2),
            '\\' if rest.starts_with("\\\r\n") => (None, 3),
            first if first.is_whitespace() => (None, first.len_utf8()),
            '"' | '\'' => quoted(rest, "").map_err(|message| PythonError { line, message })?,
            first if first.is_alphanumeric() || first == '_' => {
                let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
                let is_prefix = end <= 2 && rest[end..].starts_with(['"', '\'']);
                match is_prefix.then(|| quoted(rest, &rest[..end])) {
                    Some(text) => text.map_err(|message| PythonError { line, message })?,
                    None => (Some(Kind::Name(rest[..end].to_owned())), end),
                }
            }
            sign => (Some(Kind::Sign(sign)), sign.len_utf8()),
        };
        match kind {
            Some(Kind::Sign('(' | '[' | '{')) => depth += 1,
            Some(Kind::Sign(')' | ']' | '}')) => depth = depth.saturating_sub(1),
            _ => {}
        }
        tokens.extend(kind.map(|kind| Token { kind, line, column }));
        let (done, left) = rest.split_at(length);
        line += done.matches('\n').count();
        column = match done.rfind('\n') {
            Some(at) => done.len() - at - 1,
            None => column + length,
        };
        rest = left;
    }
    Ok(tokens)
}

/// Reads a text with its prefix; returns its length in the file.
fn quoted(text: &str, prefix: &str) -> Result<(Option<Kind>, usize), String> {
    let after = &text[prefix.len()..];
    let quote = if after.starts_with("\"\"\"") || after.starts_with("'''") { &after[..3] } else { &after[..1] };
    let is_raw = prefix.contains(['r', 'R']);
    let mut content = String::new();
    let mut letters = after[quote.len()..].char_indices();
    loop {
        let Some((at, letter)) = letters.next() else { return Err("a text does not end".to_owned()) };
        let here = quote.len() + at;
        match letter {
            _ if after[here..].starts_with(quote) => {
                let length = prefix.len() + here + quote.len();
                let is_text = !prefix.contains(['f', 'F', 'b', 'B', 't', 'T']);
                return Ok((Some(if is_text { Kind::Text(content) } else { Kind::Sign('f') }), length));
            }
            '\n' if quote.len() == 1 => return Err("a text does not end in its line".to_owned()),
            '\\' => match letters.next() {
                Some((_, next)) if is_raw => content.extend(['\\', next]),
                Some((_, '\n')) => {}
                Some((_, 'n')) => content.push('\n'),
                Some((_, 't')) => content.push('\t'),
                Some((_, next @ ('\\' | '\'' | '"'))) => content.push(next),
                Some((_, next)) => content.extend(['\\', next]),
                None => {}
            },
            letter => content.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use proptest::prelude::*;

    use super::{PythonFile, Value, body, read};

    const NAMES: [&str; 4] = ["revision", "down_revision", "branch_labels", "depends_on"];

    fn list(texts: &[&str]) -> Value {
        Value::List(texts.iter().map(ToString::to_string).collect())
    }

    /// Checks the value of `down_revision` in a file that consists of its assignment.
    fn check(assignment: &str, expected: &Value) {
        let found = read(assignment, &NAMES);
        let values = found.as_ref().map(|file| file.values.get("down_revision"));
        assert_eq!(values, Ok(Some(expected)), "{assignment}");
    }

    #[test]
    fn values_are_literals() {
        let text = |text: &str| Value::Text(text.to_owned());
        check("down_revision = None", &Value::None);
        check("down_revision = 'ae10' # why", &text("ae10"));
        check("down_revision: Union[str, Sequence[str], None] = \"ae10\"", &text("ae10"));
        check("down_revision = ('ae' '10')", &text("ae10"));
        check("down_revision = 'ae' \\\n    r'10'\n", &text("ae10"));
        check("down_revision = (\n    'a',  # one\n    'b',\n)\n", &list(&["a", "b"]));
        check("down_revision = ['a', u'b']", &list(&["a", "b"]));
        check("down_revision = ('a',)", &list(&["a"]));
        check("down_revision = 'a', 'b'", &list(&["a", "b"]));
        check("down_revision = ()", &list(&[]));
        check("first = 'a'\ndown_revision = first\n", &text("a"));
        check("depends_on = down_revision = 'a'; x = f(1)", &text("a"));
        check(
            "if True:\n    down_revision = 'b'\ndown_revision = 'a'\ndef f():\n    down_revision = 'c'\n",
            &text("a"),
        );
        check("'''\ndown_revision = 'b'\n'''\ndown_revision = 'a'", &text("a"));
        check("down_revision = 'a\\'\\n'", &text("a'\n"));
    }

    #[test]
    fn what_has_to_be_run_is_refused_with_its_line() {
        let refused = |text: &str| {
            let error = read(text, &NAMES).map(|_| ()).unwrap_err();
            format!("{}: {}", error.line, error.message)
        };
        let message = "2: `down_revision` is not a literal: a text, a list of texts, or `None`";
        for value in ["f('a')", "'a' + 'b'", "f'{a}'", "['a', b]", "1", "", "'a' if x else 'b'", "('a', None)"] {
            assert_eq!(refused(&format!("x = 1\ndown_revision = {value}\n")), message, "{value}");
        }
        assert_eq!(refused("\n\nrevision = 'a\n"), "3: a text does not end in its line");
        assert_eq!(refused("\"\"\"a\n"), "1: a text does not end");
    }

    #[test]
    fn a_docstring_and_bodies() {
        let text = "\u{feff}# -*- coding -*-\n\"\"\"Add \"x\"\n\nCreate Date: 2023\n\"\"\"\nfrom a import b\n\n\ndef upgrade() -> None:\n    if a:\n        b()\n\n    c()\n\n\ndef downgrade():\n    pass\n";
        let PythonFile { docstring, values } = read(text, &NAMES).unwrap_or_default();
        assert_eq!(docstring, "Add \"x\"\n\nCreate Date: 2023\n");
        assert!(values.is_empty());
        assert_eq!(body(text, "upgrade"), ["if a:", "    b()", "", "c()"]);
        assert_eq!(body(text, "downgrade"), ["pass"]);
        assert!(body(text, "other").is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a-z=:'\"#\\\\(),\\[\\] \n;é]{0,60}") {
            let _ = read(&text, &["a"]);
            let _ = body(&text, "a");
        }

        #[test]
        fn lists_are_read_as_they_were_written(items in prop::collection::vec("[a-z0-9]{1,6}", 0..5)) {
            let text = format!("down_revision = {items:?}\n");
            let expected = Value::List(items);
            prop_assert_eq!(read(&text, &NAMES).ok().and_then(|file| file.values.get("down_revision").cloned()), Some(expected));
        }
    }
}
