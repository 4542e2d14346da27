//! The databases in scope, and their names in the result.

use sea_orm::{ConnectionTrait, DbErr};

use crate::inspect::InspectScope;
use crate::inspect::cells::{RowReader, rows};
use crate::schema::TableName;

/// Where to read, and from which kind of server.
pub(super) struct CatalogScope {
    /// The databases, each with its name in the result. It is `None` for the first, whose tables are unqualified.
    databases: Vec<(String, Option<String>)>,
    /// The server.
    pub(super) server: ServerFlavor,
    /// Whether an index can be ignored (MariaDB since 10.6).
    pub(super) has_ignored_indexes: bool,
}

/// The kinds of server that differ in their catalogues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerFlavor {
    /// MariaDB since 10.2: the catalogue has defaults as SQL, and checks with their table.
    MariaDb,
    /// MySQL since 8.0.16: the catalogue has checks, and indexes of expressions.
    MySql,
    /// Older MySQL, with neither of these.
    OldMySql,
}

impl CatalogScope {
    /// Reads which kind of server it is, and which database the connection works in.
    pub(super) async fn find(connection: &impl ConnectionTrait, scope: &InspectScope) -> Result<Self, DbErr> {
        let mut place = Self { databases: Vec::new(), server: ServerFlavor::MariaDb, has_ignored_indexes: false };
        for row in rows(connection, "SELECT VERSION(), DATABASE()", []).await? {
            let mut cells = RowReader::of(&row);
            let version: String = cells.take()?;
            place.server = ServerFlavor::of(&version);
            place.has_ignored_indexes = place.server == ServerFlavor::MariaDb && numbers(&version) >= (10, 6);
            let current: Option<String> = cells.take()?;
            place.databases.extend(scope.schema.clone().or(current).map(|main| (main, None)));
        }
        let others = scope.others.iter().map(|(name, answer)| (name.clone(), Some(answer.clone())));
        place.databases.extend(others);
        Ok(place)
    }

    /// The names of the databases on the server.
    pub(super) fn databases(&self) -> impl Iterator<Item = &str> {
        self.databases.iter().map(|(name, _)| name.as_str())
    }

    /// The name of a table in the result.
    pub(super) fn name(&self, database: &str, name: String) -> TableName {
        let found = self.databases.iter().find(|(known, _)| known == database);
        TableName { schema: found.map_or_else(|| Some(database.to_owned()), |(_, answer)| answer.clone()), name }
    }
}

impl ServerFlavor {
    fn of(version: &str) -> Self {
        let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        match major {
            _ if version.contains("MariaDB") => Self::MariaDb,
            Some(8..) => Self::MySql,
            _ => Self::OldMySql,
        }
    }
}

/// The major and minor version of a MariaDB server. Some prefix it with the version of an old MySQL.
fn numbers(version: &str) -> (u32, u32) {
    let own = version.strip_prefix("5.5.5-").unwrap_or(version);
    let mut parts = own.split(['.', '-']).map(|part| part.parse().unwrap_or_default());
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_mariadb() {
        assert_eq!(numbers("5.5.5-10.11.19-MariaDB"), (10, 11));
        assert_eq!(numbers("11.4.2-MariaDB-log"), (11, 4));
    }

    #[test]
    fn servers_are_told_apart() {
        assert_eq!(ServerFlavor::of("10.11.19-MariaDB-0+deb12u1"), ServerFlavor::MariaDb);
        assert_eq!(ServerFlavor::of("5.5.5-10.11.19-MariaDB"), ServerFlavor::MariaDb);
        assert_eq!(ServerFlavor::of("8.0.36"), ServerFlavor::MySql);
        assert_eq!(ServerFlavor::of("9.1.0-commercial"), ServerFlavor::MySql);
        assert_eq!(ServerFlavor::of("5.7.44-log"), ServerFlavor::OldMySql);
    }
}
