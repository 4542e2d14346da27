//! `ALTER TABLE` in parts: what is before the actions, and each action.

use crate::sql::text::items;
use crate::sql::{SqlDialect, Token, TokenKind, joined, tokens};

/// A statement `ALTER TABLE name action, action`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AlterTable<'a> {
    /// `ALTER TABLE`, the table, and the words between them.
    pub(super) head: String,
    /// The actions, as they are written.
    pub(super) actions: Vec<&'a str>,
}

/// Divides a statement; `None` if it is another one.
pub(super) fn alter_table(text: &str, grammar: SqlDialect) -> Option<AlterTable<'_>> {
    let all = tokens(text, grammar);
    let mut rest = Significant { tokens: &all, next: 0 };
    if !rest.eats("ALTER") || !rest.eats("TABLE") {
        return None;
    }
    let _ = rest.eats("IF") && rest.eats("EXISTS");
    let _ = rest.eats("ONLY");
    rest.name()?;
    while rest.eats_kind(TokenKind::Dot) {
        rest.name()?;
    }
    let (head, actions) = all.split_at(rest.next);
    let start = joined(head).len();
    let end = joined(actions).trim_end().trim_end_matches(';').len();
    let actions = items(text.get(start..start + end)?, grammar);
    let is_whole = actions.iter().all(|action| !action.is_empty());
    is_whole.then(|| AlterTable { head: joined(head).trim().to_owned(), actions })
}

/// Tokens without white space and comments, from a place on.
struct Significant<'t, 'a> {
    tokens: &'t [Token<'a>],
    next: usize,
}

impl Significant<'_, '_> {
    /// The place of the next token.
    fn place(&self) -> Option<usize> {
        let found = self.tokens.get(self.next..)?.iter().position(|token| !token.is_trivia())?;
        Some(self.next + found)
    }

    fn eats(&mut self, word: &str) -> bool {
        self.eats_if(|token| token.is_word(word))
    }

    fn eats_kind(&mut self, kind: TokenKind) -> bool {
        self.eats_if(|token| token.kind == kind)
    }

    fn name(&mut self) -> Option<()> {
        self.eats_if(|token| token.name().is_some()).then_some(())
    }

    fn eats_if(&mut self, is_wanted: impl Fn(&Token<'_>) -> bool) -> bool {
        match self.place().filter(|place| is_wanted(&self.tokens[*place])) {
            Some(place) => {
                self.next = place + 1;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::alter_table;
    use crate::sql::SqlDialect;

    #[test]
    fn actions_are_divided_at_commas() {
        let found = |text| alter_table(text, SqlDialect::Postgres).map(|own| (own.head, own.actions.join(" | ")));
        let said = |head: &str, actions: &str| Some((head.to_owned(), actions.to_owned()));
        assert_eq!(
            found("ALTER TABLE ONLY a.\"b c\" ADD CHECK (d IN (1, 2)), DROP e;"),
            said("ALTER TABLE ONLY a.\"b c\"", "ADD CHECK (d IN (1, 2)) | DROP e")
        );
        assert_eq!(
            found("alter table if exists a -- x\n add b int"),
            said("alter table if exists a", "-- x\n add b int")
        );
        assert_eq!(found("ALTER INDEX a RENAME TO b"), None);
        assert_eq!(found("ALTER TABLE a"), None);
    }
}
