//! The rules as data.

/// What becomes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// It is left out.
    Allow,
    /// It is printed as a warning.
    Warn,
    /// It is printed as an error.
    Deny,
}

impl Level {
    /// Reads `allow`, `warn` or `deny`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        [Self::Allow, Self::Warn, Self::Deny].into_iter().find(|level| level.word() == text)
    }

    /// The word in settings.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// A rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The name in settings, allowances and output.
    pub(crate) id: &'static str,
    /// The level, unless the project sets another one.
    pub(crate) level: Level,
    /// The database systems on which it can find something.
    pub(crate) databases: &'static [&'static str],
    /// What it finds, in one line without a full stop.
    pub(crate) summary: &'static str,
}

impl Rule {
    /// The rule of an id that a user gives.
    pub(crate) fn find(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.id == id)
    }
}

const ALL: &[&str] = &["PostgreSQL", "MariaDB", "MySQL", "SQLite"];
const SERVERS: &[&str] = &["PostgreSQL", "MariaDB", "MySQL"];
const POSTGRES: &[&str] = &["PostgreSQL"];
const POSTGRES_AND_SQLITE: &[&str] = &["PostgreSQL", "SQLite"];
const POSTGRES_AND_MARIADB: &[&str] = &["PostgreSQL", "MariaDB"];
const MYSQL: &[&str] = &["MariaDB", "MySQL"];
const MYSQL_AND_SQLITE: &[&str] = &["MariaDB", "MySQL", "SQLite"];
const SQLITE: &[&str] = &["SQLite"];

const fn deny(id: &'static str, databases: &'static [&'static str], summary: &'static str) -> Rule {
    Rule { id, level: Level::Deny, databases, summary }
}

const fn warn(id: &'static str, databases: &'static [&'static str], summary: &'static str) -> Rule {
    Rule { id, level: Level::Warn, databases, summary }
}

const fn allow(id: &'static str, databases: &'static [&'static str], summary: &'static str) -> Rule {
    Rule { id, level: Level::Allow, databases, summary }
}

/// All rules, in the order of the book.
pub(crate) const RULES: &[Rule] = &[
    // What other sessions wait for.
    deny("index-blocks-writes", ALL, "an index is built while other sessions cannot write to its table"),
    allow("drop-index-blocks", POSTGRES, "an index is dropped under a lock that waits for all queries on its table"),
    deny("reindex-blocks", POSTGRES_AND_SQLITE, "an index is built again while other sessions cannot write"),
    allow("detach-partition-blocks", POSTGRES, "a partition is detached under a lock that waits for all queries"),
    deny("change-type-blocks", SERVERS, "a new type of a column needs each row to be read or written again"),
    deny("add-column-blocks", ALL, "the values of a new column are computed while other sessions wait"),
    deny("set-not-null-blocks", POSTGRES, "NOT NULL is checked in each row while other sessions wait"),
    deny("add-foreign-key-blocks", SERVERS, "a foreign key is checked in each row while other sessions wait"),
    deny("add-check-blocks", SERVERS, "a check is evaluated for each row while other sessions wait"),
    deny("add-unique-blocks", POSTGRES_AND_SQLITE, "the index of a unique key is built while other sessions wait"),
    deny("add-primary-key-blocks", POSTGRES, "the index of a primary key is built while other sessions wait"),
    deny("add-exclusion-blocks", POSTGRES, "the index of an exclusion constraint is built while other sessions wait"),
    deny("domain-constraint-blocks", POSTGRES, "a constraint of a domain is checked in each table that uses it"),
    deny("vacuum-full", POSTGRES_AND_SQLITE, "a table is written anew while other sessions can neither read nor write"),
    deny("rewrite-blocks", ALL, "another statement writes each row again while other sessions wait"),
    deny("scan-blocks", POSTGRES_AND_SQLITE, "another statement reads each row while other sessions wait"),
    deny("algorithm-copy", MYSQL, "the statement asks for a copy of the table, which blocks writers"),
    deny("lock-clause", MYSQL, "the statement asks for a lock that blocks writers"),
    deny("lock-held", POSTGRES, "a short lock becomes long, because a later statement of the transaction is slow"),
    warn("rows-and-schema", POSTGRES, "rows are changed while a lock of an earlier statement is held"),
    warn("merge-alter-tables", SERVERS, "several statements read or write each row of one table"),
    allow("lock-without-timeout", SERVERS, "a statement may wait for its lock for any time, and others wait behind it"),
    allow("statement-without-timeout", POSTGRES_AND_MARIADB, "a slow statement has no limit of time"),
    // Statements that do not do what they say, or not always.
    deny("refused-statement", ALL, "`up` refuses the statement"),
    deny("refused-in-transaction", POSTGRES_AND_SQLITE, "the database refuses the statement inside of a transaction"),
    deny("uncommitted-transaction", ALL, "a transaction is begun as text and not ended"),
    warn("several-statements", MYSQL, "several statements are sent as one text"),
    allow("not-rerunnable", ALL, "a statement outside of a transaction cannot be run twice"),
    deny("index-corruption", POSTGRES, "the server has an error that makes concurrently built indexes incomplete"),
    deny("references-ignored", MYSQL, "a foreign key is written, and the server ignores it"),
    warn("duplicate-assignment", MYSQL_AND_SQLITE, "a statement gives a column two values"),
    warn("permissive-sql-mode", MYSQL, "without the strict mode, the server changes values that do not fit"),
    warn("identifier-too-long", POSTGRES, "a name has more than 63 bytes, and the server cuts it"),
    // What is lost.
    deny("drop-schema", SERVERS, "a schema or a database is dropped with all that is in it"),
    warn("drop-table", ALL, "a table is dropped with its rows"),
    deny("recreate-table", ALL, "a table is dropped and created again without its rows"),
    deny("drop-table-cascades", SQLITE, "dropping a table deletes or changes the rows that refer to it"),
    warn("delete-all-rows", ALL, "all rows of a table are deleted"),
    deny("truncate-cascade", POSTGRES, "all rows of each table that refers to the table are deleted too"),
    warn("drop-column", ALL, "a column is dropped with its values"),
    warn("drop-constraint", ALL, "a constraint is dropped"),
    warn("drop-not-null", ALL, "a column may be NULL from then on"),
    warn("lossy-type", ALL, "the new type cannot hold all values of the old one"),
    warn("drop-enum-value", SERVERS, "an enumerated type loses a value, which rows may have"),
    warn("no-downgrade", ALL, "the revision changes the schema and has no downgrade"),
    allow("irreversible-down", ALL, "the downgrade cannot restore what the revision loses"),
    // What running programs miss.
    warn("rename-table", ALL, "a program that uses the old name of a table fails"),
    warn("rename-column", ALL, "a program that uses the old name of a column fails"),
    warn("rename-schema", POSTGRES, "a program that uses the old name of a schema fails"),
    warn("rename-enum-value", POSTGRES, "a program that uses the old name of a value of an enumerated type fails"),
    deny("add-required-column", ALL, "a new column is NOT NULL and has no default"),
    allow("change-default", ALL, "a program that omits the column inserts another value than before"),
    // What rows prevent.
    warn("set-not-null-on-rows", ALL, "the statement fails if a row has no value"),
    warn("add-unique-on-rows", ALL, "the statement fails if rows have the same key"),
    deny("fails-on-rows", ALL, "the connected database has rows on which the statement fails"),
    // Running versions.
    deny("breaks-running-code", ALL, "the entities of a version that runs fail after the revision"),
    warn("may-break-running-code", ALL, "the entities of a version that runs fail after the revision with some rows"),
    // Revisions.
    warn("several-heads", ALL, "the revisions have several heads that no label distinguishes"),
    warn("entity-in-revision", ALL, "the revision uses an entity, which changes when the service changes"),
    warn("unused-allowance", ALL, "the revision allows something that no rule finds"),
    // Style.
    allow("foreign-key-without-index", POSTGRES_AND_SQLITE, "no index begins with the columns of a foreign key"),
    allow("wide-index", ALL, "an index that is not unique has many columns"),
    allow("fixed-length-text", SERVERS, "a text has a fixed length, and is padded with spaces"),
    allow("limited-text", POSTGRES, "a text has a limit of characters, which is hard to change"),
    allow("small-key", SERVERS, "a primary key has fewer than eight bytes"),
    allow("serial-column", POSTGRES, "a column is numbered by `serial` and not by an identity"),
    allow("timestamp-without-zone", POSTGRES, "a moment is stored without its time zone"),
    allow("json-column", POSTGRES, "a column is of type `json`, which cannot be compared"),
    allow("new-enum", POSTGRES, "an enumerated type is created, whose values cannot be removed"),
    allow("enum-value-without-position", POSTGRES, "a value of an enumerated type is added without its position"),
    allow("domain-constraint", POSTGRES, "a domain has a constraint, which is hard to change"),
    allow("padded-columns", POSTGRES, "the order of the columns wastes bytes in each row"),
    allow("unqualified-table", POSTGRES, "a table is named without its schema"),
    allow("naming", ALL, "a name does not follow the rules of the project"),
];

/// The rule of an id in [`RULES`].
///
/// # Panics
///
/// There is no such rule: an error of this crate.
pub(crate) fn rule(id: &str) -> &'static Rule {
    Rule::find(id).unwrap_or_else(|| unreachable!("there is no rule `{id}`"))
}

#[cfg(test)]
mod tests {
    use super::{Level, RULES};

    #[test]
    fn each_rule_has_one_id_and_each_level_a_word() {
        let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
        assert!(RULES.iter().all(|rule| !rule.summary.ends_with('.') && !rule.databases.is_empty()));
        for level in [Level::Allow, Level::Warn, Level::Deny] {
            assert_eq!(Level::read(level.word()), Some(level));
        }
        assert_eq!(Level::read("error"), None);
    }
}
