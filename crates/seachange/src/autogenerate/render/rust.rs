//! A tree of Rust code, with only the expressions and statements that a revision needs.

use proc_macro2::Literal;

/// An expression.
#[derive(Debug, Clone)]
pub(super) enum RustExpr {
    /// A path, a name or a literal, which is never broken into lines.
    Word(String),
    /// A bracketed list, after the callee if there is one.
    List(DelimitedList),
    /// A chain of method calls.
    Chain {
        /// What the first method is called on.
        root: Box<RustExpr>,
        /// The calls, `.await` among them.
        links: Vec<ChainLink>,
    },
}

/// Expressions between brackets.
#[derive(Debug, Clone)]
pub(super) struct DelimitedList {
    pub(super) callee: String,
    pub(super) open: char,
    pub(super) close: char,
    pub(super) items: Vec<RustExpr>,
}

/// One link of a chain.
#[derive(Debug, Clone)]
pub(super) enum ChainLink {
    /// A method.
    Method(DelimitedList),
    /// `.await`, with or without a question mark.
    Await {
        /// Whether an error is passed on.
        question: bool,
    },
}

/// A statement.
#[derive(Debug, Clone)]
pub(super) enum Statement {
    /// A comment. It may contain any text.
    Comment(String),
    /// `let name = value;`
    Let {
        /// The variable.
        name: String,
        /// The value.
        value: RustExpr,
    },
    /// An expression whose value is not used.
    Run(RustExpr),
    /// The value of the block.
    Value(RustExpr),
    /// A line before a block, and its statements.
    Block {
        /// The text before the opening brace.
        head: String,
        /// The statements of the block.
        body: Vec<Statement>,
    },
    /// Returns an error from the method: the database, in the variable `other`, lacks a feature.
    Error {
        /// The feature.
        lacking: String,
    },
}

/// A name, a path, or another text that is Rust already.
pub(super) fn word(text: impl Into<String>) -> RustExpr {
    RustExpr::Word(text.into())
}

/// A string literal. It is raw if quotes, backslashes or line breaks of the text would have to be escaped.
pub(super) fn string(text: &str) -> RustExpr {
    let plain = text.chars().all(|character| character == '\n' || !has_to_be_escaped(character));
    if !plain || !text.contains(['"', '\n', '\\']) {
        return word(Literal::string(text).to_string());
    }
    let hashes = "#".repeat(hashes_needed(text));
    word(format!("r{hashes}\"{text}\"{hashes}"))
}

/// Whether a raw literal cannot contain a character: a control character, or one that changes the direction of text,
/// which rustc refuses in literals and in comments (`text_direction_codepoint_in_literal`).
pub(super) fn has_to_be_escaped(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A string literal on which a method is called. It is never raw, because rustfmt measures a chain wrongly that begins
/// with a raw literal.
pub(super) fn root_string(text: &str) -> RustExpr {
    word(Literal::string(text).to_string())
}

/// Counts the hashes that a raw literal needs, so that it does not end inside the text.
fn hashes_needed(text: &str) -> usize {
    let after_quotes = text.split('"').skip(1);
    let longest = after_quotes.map(|rest| rest.chars().take_while(|character| *character == '#').count()).max();
    longest.map_or(0, |longest| longest + 1)
}

/// A call of a function.
pub(super) fn call(function: impl Into<String>, items: Vec<RustExpr>) -> RustExpr {
    RustExpr::List(parenthesised(function, items))
}

/// An array.
pub(super) fn array(items: Vec<RustExpr>) -> RustExpr {
    RustExpr::List(DelimitedList { callee: String::new(), open: '[', close: ']', items })
}

/// A tuple of at least two.
pub(super) fn tuple(items: Vec<RustExpr>) -> RustExpr {
    call("", items)
}

fn parenthesised(callee: impl Into<String>, items: Vec<RustExpr>) -> DelimitedList {
    DelimitedList { callee: callee.into(), open: '(', close: ')', items }
}

impl RustExpr {
    /// Calls a method.
    pub(super) fn method(self, name: &str, items: Vec<Self>) -> Self {
        self.link(ChainLink::Method(parenthesised(format!(".{name}"), items)))
    }

    /// Calls a method if there is an argument.
    pub(super) fn method_with(self, name: &str, item: Option<Self>) -> Self {
        match item {
            Some(item) => self.method(name, vec![item]),
            None => self,
        }
    }

    /// Awaits, and returns an error to the caller with `?`.
    pub(super) fn awaited(self) -> Self {
        self.link(ChainLink::Await { question: true })
    }

    fn link(self, link: ChainLink) -> Self {
        let (root, mut links) = match self {
            Self::Chain { root, links } => (root, links),
            root => (Box::new(root), Vec::new()),
        };
        links.push(link);
        Self::Chain { root, links }
    }

    /// Removes the `?` after the last `.await`, so that the value is the `Result`.
    pub(super) fn into_result(mut self) -> Self {
        if let Self::Chain { links, .. } = &mut self
            && let Some(ChainLink::Await { question }) = links.last_mut()
        {
            *question = false;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{RustExpr, string};

    fn check(text: &str, expect: &str) {
        let RustExpr::Word(literal) = string(text) else { unreachable!("a literal is a word") };
        assert_eq!(literal, expect);
    }

    #[test]
    fn a_character_that_turns_text_is_never_raw() {
        check("say \"hi\"", "r#\"say \"hi\"\"#");
        check("plain", "\"plain\"");
        // rustc refuses these characters without an escape, in raw and in other literals.
        check("a\u{202e}b", r#""a\u{202e}b""#);
        check("say \"\u{202e}hi\u{2066}\"", r#""say \"\u{202e}hi\u{2066}\"""#);
        check("one\ntwo\u{2069}", r#""one\ntwo\u{2069}""#);
    }
}
