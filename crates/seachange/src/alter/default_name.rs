//! The names that PostgreSQL gives to unnamed constraints.

/// The maximum length of a name on PostgreSQL, in bytes.
const LONGEST: usize = 63;

/// The name of a primary key.
pub(crate) fn primary_key(table: &str) -> String {
    made(table, "", "pkey")
}

/// The name of a unique constraint.
pub(crate) fn unique(table: &str, columns: &[String]) -> String {
    made(table, &columns.join("_"), "key")
}

/// The name of a foreign key.
pub(crate) fn foreign_key(table: &str, columns: &[String]) -> String {
    made(table, &columns.join("_"), "fkey")
}

/// The name of a check. `columns` has each column that the check mentions once.
pub(crate) fn check(table: &str, columns: &[String]) -> String {
    match columns {
        [column] => made(table, column, "check"),
        _ => made(table, "", "check"),
    }
}

/// Joins the parts, and cuts the longer of table and columns until the name is short enough.
fn made(table: &str, columns: &str, label: &str) -> String {
    let separators = if columns.is_empty() { 1 } else { 2 };
    let space = LONGEST - label.len() - separators;
    let (mut first, mut second) = (table.len(), columns.len());
    while first + second > space {
        *if first > second { &mut first } else { &mut second } -= 1;
    }
    let parts = [cut(table, first), cut(columns, second), label];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("_")
}

/// Cuts a text to at most `length` bytes, at a character boundary.
fn cut(text: &str, length: usize) -> &str {
    let mut length = length.min(text.len());
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    &text[..length]
}

#[cfg(test)]
mod tests {
    use super::{check, foreign_key, primary_key, unique};

    /// The expected names are those of PostgreSQL 15.
    #[test]
    fn names_as_postgresql_gives_them() {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(unique("posts", &owned(&["email"])), "posts_email_key");
        assert_eq!(unique("posts", &owned(&["Email", "b c"])), "posts_Email_b c_key");
        assert_eq!(check("posts", &owned(&["age"])), "posts_age_check");
        assert_eq!(check("posts", &owned(&["age", "b"])), "posts_check");
        let long = "a_very_long_table_name_of_forty_characters_";
        let column = owned(&["a_long_column_name_of_thirty_two_"]);
        assert_eq!(unique(long, &column), "a_very_long_table_name_of_for_a_long_column_name_of_thirty__key");
        assert_eq!(check(long, &column), "a_very_long_table_name_of_fo_a_long_column_name_of_thirty_check");
        assert_eq!(check(long, &[]), "a_very_long_table_name_of_forty_characters__check");
        let accents = owned(&["éééééééééééééééééééééééééééééé"]);
        assert_eq!(unique(long, &accents), "a_very_long_table_name_of_for_éééééééééééééé_key");
        assert_eq!(primary_key("posts"), "posts_pkey");
        assert_eq!(foreign_key("posts", &owned(&["owner_id"])), "posts_owner_id_fkey");
    }
}
