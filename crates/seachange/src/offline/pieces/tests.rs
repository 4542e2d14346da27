use super::{Piece, pieces};
use crate::backend::dialect::Quoting;

const SQLITE: Quoting =
    Quoting { backslashes: false, backticks: true, brackets: true, dollars: false, hashes: false, numbered: false };
const POSTGRES: Quoting = Quoting { backticks: false, brackets: false, dollars: true, numbered: true, ..SQLITE };
const MYSQL: Quoting = Quoting { backslashes: true, brackets: false, hashes: true, ..SQLITE };

/// The text with quoted pieces as `Q` and comments as `C`.
fn check(sql: &str, quoting: Quoting, expected: &str) {
    let all = pieces(sql, quoting);
    assert_eq!(all.iter().map(|piece| piece.text()).collect::<String>(), sql);
    let shown = all.iter().map(|piece| match piece {
        Piece::Code(code) => code,
        Piece::Quoted(_) => "Q",
        Piece::Comment(_) => "C",
    });
    assert_eq!(shown.collect::<String>(), expected, "{sql}");
}

#[test]
fn quotes_end_where_the_system_ends_them() {
    check(r"a 'b''c;' d", SQLITE, "a Q d");
    check(r"a 'b\' d", SQLITE, "a Q d");
    check(r"a 'b\' c' d", MYSQL, "a Q d");
    check(r"a 'b\' d", POSTGRES, "a Q d");
    check(r"a E'b\' c' d", POSTGRES, "a EQ d");
    check(r"a name'b\' d", POSTGRES, "a nameQ d");
    check("a `b;` [c;] d", SQLITE, "a Q Q d");
    check("a[1] ARRAY[$1]", POSTGRES, "a[1] ARRAY[$1]");
    check("a 'unended;", SQLITE, "a Q");
    check("é 'ü' ö", SQLITE, "é Q ö");
}

#[test]
fn dollar_quotes_are_postgres_own() {
    check("AS $$ a; $b$ ; $$ c", POSTGRES, "AS Q c");
    check("AS $b$ a; $$ ; $b$ c", POSTGRES, "AS Q c");
    check("WHERE a = $1 AND b = $2", POSTGRES, "WHERE a = $1 AND b = $2");
    check("a$b$c", POSTGRES, "a$b$c");
    check("$$ ; $$", MYSQL, "$$ ; $$");
}

#[test]
fn comments_end_where_the_system_ends_them() {
    check("a -- b'\nc", SQLITE, "a C\nc");
    check("a /* b ' */ c", SQLITE, "a C c");
    check("a /* b /* */ c */ d", POSTGRES, "a C d");
    check("a /* b /* */ c", MYSQL, "a C c");
    check("a # b'\nc", MYSQL, "a C\nc");
    check("a # b", POSTGRES, "a # b");
    check("5--3", MYSQL, "5--3");
    check("5--3", POSTGRES, "5C");
    check("a /* b", SQLITE, "a C");
}
