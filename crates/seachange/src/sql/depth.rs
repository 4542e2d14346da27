//! Limits the depth of a statement's tree, and provides a stack for it: the parser and the functions that walk a tree
//! are recursive.

use super::{Token, TokenKind};

/// The maximum weight of a tree that can be walked on any thread: the smallest stacks have 2 MiB, and a program may be
/// built without optimisation.
const SHALLOW: usize = 80;

/// The maximum weight of a tree that is walked at all.
const DEEP: usize = 3000;

/// The stack for a deep tree, in bytes.
const STACK: usize = 64 << 20;

/// Runs a function that walks the tree of some tokens, on a stack that is large enough. Returns nothing if there is no
/// such stack.
pub(super) fn with_stack<T: Send>(tokens: &[Token<'_>], walk: impl FnOnce() -> Option<T> + Send) -> Option<T> {
    match weight(tokens) {
        ..=SHALLOW => walk(),
        weight if weight > DEEP => None,
        _ => std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, walk).ok()?;
            thread.join().ok()?
        }),
    }
}

/// Whether the tree of some tokens can be walked on any thread.
pub(super) fn is_shallow(tokens: &[Token<'_>]) -> bool {
    weight(tokens) <= SHALLOW
}

/// The maximum weight of a position in the tree of some tokens. Operators that follow each other nest, and so do
/// parentheses.
fn weight(tokens: &[Token<'_>]) -> usize {
    const HEAVY: [&str; 4] = ["NOT", "CASE", "JOIN", "UNION"];
    const LIGHT: [&str; 12] =
        ["AND", "OR", "EXCEPT", "INTERSECT", "XOR", "DIV", "MOD", "LIKE", "IN", "IS", "COLLATE", "BETWEEN"];
    let is_any = |token: &Token<'_>, words: &[&str]| words.iter().any(|word| token.is_word(word));
    let mut open = vec![0_usize];
    let (mut total, mut greatest) = (0, 0);
    for token in tokens {
        let own = match token.kind {
            TokenKind::Open => {
                open.push(0);
                10
            }
            TokenKind::Close if open.len() > 1 => {
                total -= open.pop().unwrap_or(0);
                0
            }
            TokenKind::Comma => {
                // The parentheses themselves stay open.
                let kept = if open.len() > 1 { 10 } else { 0 };
                let ended = open.last_mut().map_or(0, |last| std::mem::replace(last, kept));
                total -= ended - kept;
                0
            }
            // For SQLite the token is the name of a placeholder, but the parser reads casts in it.
            TokenKind::Placeholder => 1 + token.text.matches(':').count(),
            TokenKind::Operator | TokenKind::Other | TokenKind::Dot => 1,
            TokenKind::Word if is_any(token, &HEAVY) => 10,
            TokenKind::Word if is_any(token, &LIGHT) => 1,
            _ => 0,
        };
        total += own;
        open.last_mut().into_iter().for_each(|last| *last += own);
        greatest = greatest.max(total);
    }
    greatest
}
