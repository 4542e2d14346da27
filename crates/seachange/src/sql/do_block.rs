//! The statements inside of a `DO` block of PostgreSQL, as far as its text shows them.
//!
//! Not every fragment that is found is a statement: conditions and assignments are among them. Text that the block
//! computes and runs (`EXECUTE`) is read where its beginning is a literal; the computed parts become names.

use std::borrow::Cow;

use super::{SqlDialect, Syntax, Token, TokenKind, significant, tokens};

/// Stands for a part of a text that the block computes.
pub(super) const COMPUTED: &str = "seachange_computed_name";

/// Stands for a part that is computed from the name of the database of the connection.
pub(super) const OWN_DATABASE: &str = "seachange_own_database";

/// What a block contains.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct BlockStatements {
    /// Its statements and other fragments, and the texts that it runs.
    pub(super) texts: Vec<String>,
    /// Whether there is a statement whose beginning the text does not show, or the block is in another language.
    pub(super) has_unread: bool,
}

/// Reads a `DO` statement, given without white space and comments.
pub(super) fn statements(statement: &[Token<'_>]) -> BlockStatements {
    let is_language = |place: usize| place > 0 && statement[place - 1].is_word("LANGUAGE");
    let languages = (1..statement.len()).filter(|place| is_language(*place)).map(|place| statement[place]);
    let is_plpgsql = |token: Token<'_>| token.spelled().is_some_and(|name| name.eq_ignore_ascii_case("plpgsql"));
    let is_body = |place: &usize| statement[*place].kind == TokenKind::Text && !is_language(*place);
    let bodies: Option<Vec<_>> = (1..statement.len()).filter(is_body).map(|place| content(statement[place])).collect();
    match bodies {
        Some(bodies) if !bodies.is_empty() && languages.into_iter().all(is_plpgsql) => of_body(&bodies.concat()),
        _ => BlockStatements { has_unread: true, ..BlockStatements::default() },
    }
}

/// Reads the code between the quotes.
fn of_body(body: &str) -> BlockStatements {
    let mut found = BlockStatements::default();
    for fragment in fragments(&lexed(body)) {
        let executes = (0..fragment.len()).filter(|place| is_execute(&fragment, *place));
        for place in executes {
            match executed(&fragment[place + 1..]) {
                Some(text) if !begins_computed(&text) => found.texts.push(text),
                _ => found.has_unread = true,
            }
        }
        found.texts.push(spaced(&fragment));
    }
    found
}

/// The tokens of a text. A string after a line end is a token of its own.
fn lexed(text: &str) -> Vec<Token<'_>> {
    significant(&tokens(text, Syntax { continues_strings: false, ..Syntax::from(SqlDialect::Postgres) }))
}

/// Splits code at semicolons, and behind the words after which a statement begins.
fn fragments<'a>(code: &[Token<'a>]) -> Vec<Vec<Token<'a>>> {
    const BEFORE_STATEMENTS: [&str; 4] = ["BEGIN", "THEN", "ELSE", "LOOP"];
    let (mut found, mut current, mut depth) = (Vec::new(), Vec::new(), 0_usize);
    for token in code {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_end = token.kind == TokenKind::Semicolon;
        if is_end || depth == 0 && BEFORE_STATEMENTS.iter().any(|word| token.is_word(word)) {
            found.push(std::mem::take(&mut current));
        } else {
            current.push(*token);
        }
        if is_end {
            depth = 0;
        }
    }
    found.push(current);
    found.retain(|fragment| !fragment.is_empty());
    found
}

/// Whether a word runs a text; `GRANT EXECUTE ON` and `EXECUTE FUNCTION` of a trigger do not.
fn is_execute(fragment: &[Token<'_>], place: usize) -> bool {
    let is_privilege = fragment[0].is_word("GRANT") || fragment[0].is_word("REVOKE");
    let next = fragment.get(place + 1);
    let is_trigger = next.is_some_and(|next| next.is_word("FUNCTION") || next.is_word("PROCEDURE"));
    fragment[place].is_word("EXECUTE") && !is_privilege && !is_trigger
}

/// The text that `EXECUTE` runs, with names in the place of what is computed. `tokens` follow the word.
fn executed(tokens: &[Token<'_>]) -> Option<String> {
    let is_end = |token: &Token<'_>| token.is_word("INTO") || token.is_word("USING");
    let end = places_outside(tokens, is_end).first().copied().unwrap_or(tokens.len());
    let is_own = tokens[..end].iter().any(|token| token.is_word("current_database"));
    value(&tokens[..end], if is_own { OWN_DATABASE } else { COMPUTED })
}

/// The value of an expression of texts. `name` stands for each part that is not a literal.
fn value(tokens: &[Token<'_>], name: &str) -> Option<String> {
    if let Some(inner) = in_parentheses(tokens) {
        return value(inner, name);
    }
    let parts = split(tokens, |token| token.text == "||");
    if parts.len() > 1 {
        let parts: Option<Vec<String>> = parts.into_iter().map(|part| value(part, name)).collect();
        return Some(parts?.concat());
    }
    let arguments = tokens.split_first().and_then(|(first, rest)| Some((first, in_parentheses(rest)?)));
    match (tokens, arguments) {
        (texts @ [_, ..], _) if texts.iter().all(|token| token.kind == TokenKind::Text) => {
            let texts: Option<Vec<_>> = texts.iter().map(|token| content(*token)).collect();
            Some(texts?.concat())
        }
        (_, Some((function, arguments))) if function.is_word("format") => {
            let first = split(arguments, |token| token.kind == TokenKind::Comma).into_iter().next()?;
            Some(formatted(&value(first, name)?, name))
        }
        (_, Some((function, arguments))) if function.is_word("concat") => {
            let arguments = split(arguments, |token| token.kind == TokenKind::Comma);
            let values: Option<Vec<String>> = arguments.into_iter().map(|own| value(own, name)).collect();
            Some(values?.concat())
        }
        _ => Some(name.to_owned()),
    }
}

/// The tokens between parentheses around the whole.
fn in_parentheses<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<&'t [Token<'a>]> {
    match tokens {
        [first, inner @ .., last] if first.kind == TokenKind::Open && last.kind == TokenKind::Close => {
            // `(a) || (b)` is not in parentheses as a whole.
            let is_whole = places_outside(&tokens[..tokens.len() - 1], |_| true) == [0];
            is_whole.then_some(inner)
        }
        _ => None,
    }
}

/// Replaces what `format` replaces by a name.
fn formatted(text: &str, name: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        found.push_str(before);
        // `%1$-10s`
        let options = behind.find(|next: char| !next.is_ascii_digit() && !matches!(next, '$' | '-' | '*'));
        let options = options.unwrap_or(behind.len());
        let kind = behind[options..].chars().next();
        found.push_str(if kind == Some('%') { "%" } else { name });
        rest = &behind[options + kind.map_or(0, char::len_utf8)..];
    }
    found + rest
}

/// Whether what a text does is among its computed parts: its first word, or the kind of an object.
fn begins_computed(text: &str) -> bool {
    let is_computed = |token: Option<&Token<'_>>| {
        token.is_none_or(|token| token.text.contains(COMPUTED) || token.text.contains(OWN_DATABASE))
    };
    let statements = super::statements(text, SqlDialect::Postgres);
    statements.is_empty()
        || statements.iter().any(|statement| {
            let tokens = significant(&statement.tokens);
            let is_definition = ["CREATE", "ALTER", "DROP"].iter().any(|word| tokens[0].is_word(word));
            let kind = if tokens.get(1).is_some_and(|token| token.is_word("OR")) { 3 } else { 1 };
            is_computed(tokens.first()) || is_definition && is_computed(tokens.get(kind))
        })
}

/// The places of tokens outside of parentheses. A parenthesis that opens counts as outside.
fn places_outside(tokens: &[Token<'_>], is_sought: impl Fn(&Token<'_>) -> bool) -> Vec<usize> {
    let (mut found, mut depth) = (Vec::new(), 0_usize);
    for (place, token) in tokens.iter().enumerate() {
        if token.kind == TokenKind::Close {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 && token.kind != TokenKind::Close && is_sought(token) {
            found.push(place);
        }
        if token.kind == TokenKind::Open {
            depth += 1;
        }
    }
    found
}

/// Splits at tokens outside of parentheses.
fn split<'t, 'a>(tokens: &'t [Token<'a>], is_separator: impl Fn(&Token<'_>) -> bool) -> Vec<&'t [Token<'a>]> {
    let (mut found, mut start) = (Vec::new(), 0);
    for place in places_outside(tokens, is_separator) {
        found.push(&tokens[start..place]);
        start = place + 1;
    }
    found.push(&tokens[start..]);
    found
}

fn spaced(tokens: &[Token<'_>]) -> String {
    tokens.iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
}

/// The content of a string; `None` for one whose prefix is not read.
fn content(token: Token<'_>) -> Option<Cow<'_, str>> {
    let text = token.text;
    if token.kind != TokenKind::Text {
        return None;
    }
    match text.as_bytes().first()? {
        b'\'' => token.spelled(),
        b'$' => {
            let tag = &text[..text[1..].find('$')? + 2];
            text.strip_prefix(tag)?.strip_suffix(tag).map(Cow::Borrowed)
        }
        b'e' | b'E' => escaped(&text[1..]).map(Cow::Owned),
        _ => None,
    }
}

/// The content of `E'...'`, if it has none of the numbers of characters.
fn escaped(text: &str) -> Option<String> {
    let mut found = String::new();
    let mut characters = text.strip_prefix('\'')?.strip_suffix('\'')?.chars();
    while let Some(character) = characters.next() {
        found.push(match character {
            '\\' => match characters.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' | 'f' => ' ',
                'x' | 'u' | 'U' | '0'..='9' => return None,
                other => other,
            },
            '\'' => characters.next()?,
            other => other,
        });
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::{COMPUTED, OWN_DATABASE, lexed, statements};

    /// The fragments that begin with one of the words, and whether there are others that cannot be read.
    fn check(text: &str, expected: &[&str], has_unread: bool) {
        let found = statements(&lexed(text));
        let expected: Vec<String> =
            expected.iter().map(|own| own.replace("NAME", COMPUTED).replace("OWN", OWN_DATABASE)).collect();
        let is_shown = |own: &&String| ["ALTER", "DROP", "CREATE"].iter().any(|word| own.starts_with(word));
        let shown: Vec<&String> = found.texts.iter().filter(is_shown).collect();
        assert_eq!((shown, found.has_unread), (expected.iter().collect(), has_unread), "{text}");
    }

    #[test]
    fn statements_of_a_block_are_found() {
        let role = ["ALTER ROLE a"];
        check("DO $$ BEGIN ALTER ROLE a; END $$", &role, false);
        check("DO LANGUAGE plpgsql $x$ DECLARE n INT := 1; BEGIN NULL; ALTER ROLE a; END $x$", &role, false);
        check("DO 'BEGIN ALTER ROLE a; END' LANGUAGE 'plpgsql'", &role, false);
        check("DO E'BEGIN\\nALTER ROLE a; END'", &role, false);
        check("DO 'BEGIN '\n'ALTER ROLE a; END'", &role, false);
        check(
            "DO $$ BEGIN IF a > 1 THEN ALTER ROLE a; ELSE DROP ROLE b; END IF; END $$",
            &[role[0], "DROP ROLE b"],
            false,
        );
        check("DO $$ BEGIN FOR i IN 1..3 LOOP ALTER ROLE a; END LOOP; END $$", &role, false);
        check("DO $$ BEGIN NULL; EXCEPTION WHEN others THEN ALTER ROLE a; END $$", &role, false);
        check("DO $$ BEGIN RAISE NOTICE 'ALTER ROLE a'; -- ALTER ROLE b;\nEND $$", &[], false);
        check("DO $$ BEGIN GRANT EXECUTE ON FUNCTION f TO a; END $$", &[], false);
        check("DO LANGUAGE plpython3u $$ pass $$", &[], true);
        check("DO U&'BEGIN END'", &[], true);
    }

    #[test]
    fn texts_that_a_block_runs_are_read_as_far_as_they_are_literal() {
        let block = |code: &str| format!("DO $$ BEGIN {code}; END $$");
        for (code, text) in [
            ("EXECUTE 'ALTER ROLE a'", "ALTER ROLE a"),
            ("EXECUTE $x$ALTER ROLE a$x$ USING 1", "ALTER ROLE a"),
            ("EXECUTE ('ALTER TABLE ' || quote_ident(n)) INTO m", "ALTER TABLE NAME"),
            (
                "EXECUTE format('ALTER TABLE %I.%2$I ADD CHECK (a %% 2 = 0)', a, b)",
                "ALTER TABLE NAME.NAME ADD CHECK (a % 2 = 0)",
            ),
            ("EXECUTE concat('DROP TABLE ', n, '_old')", "DROP TABLE NAME_old"),
            ("EXECUTE format('ALTER DATABASE %I SET a = 1', current_database())", "ALTER DATABASE OWN SET a = 1"),
            ("FOR r IN EXECUTE 'ALTER ' || 'ROLE a' LOOP NULL; END LOOP", "ALTER ROLE a"),
        ] {
            check(&block(code), &[text], false);
        }
        for code in [
            "EXECUTE n",
            "EXECUTE (n || 'x')",
            "EXECUTE format(n, 'ALTER')",
            "EXECUTE format('%s ROLE a', n)",
            "EXECUTE 'DROP ' || n",
            "EXECUTE 'SELECT 1; ' || n",
            "EXECUTE ''",
            "EXECUTE",
        ] {
            check(&block(code), &[], true);
        }
        check(&block("EXECUTE format('UPDATE %I SET a = 1', n)"), &[], false);
    }
}
