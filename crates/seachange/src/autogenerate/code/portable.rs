//! Which databases support a piece of code.

use sea_orm::DbBackend;
use sea_orm::sea_query::ColumnType;

use super::{CodeNode, ColumnDefinition, ColumnOption, DefaultValue};

/// The databases that support a piece of code, and the feature that the others lack.
pub(super) type BackendRequirement = (&'static [DbBackend], &'static str);

pub(super) const POSTGRES: &[DbBackend] = &[DbBackend::Postgres];
pub(super) const MYSQL: &[DbBackend] = &[DbBackend::MySql];
pub(super) const SQLITE: &[DbBackend] = &[DbBackend::Sqlite];

/// Puts code under a condition, if there is one.
pub(super) fn under(needs: Option<BackendRequirement>, code: CodeNode) -> CodeNode {
    match needs {
        Some((databases, lacking)) => CodeNode::Only { databases, lacking, code: vec![code] },
        None => code,
    }
}

/// The requirement of code in the words of one database system.
pub(super) const fn own(backend: DbBackend, lacking: &'static str) -> BackendRequirement {
    match backend {
        DbBackend::Postgres => (POSTGRES, lacking),
        DbBackend::MySql => (MYSQL, lacking),
        _ => (SQLITE, lacking),
    }
}

/// A common name for two features that these databases have and others lack.
pub(super) fn both(databases: &[DbBackend], first: &'static str, second: &'static str) -> &'static str {
    match databases {
        _ if first == second => first,
        [DbBackend::Postgres] => "definitions of PostgreSQL",
        [DbBackend::MySql] => "definitions of MySQL",
        [DbBackend::Sqlite] => "definitions of SQLite",
        _ => first,
    }
}

/// The requirement of a column definition, or `None` if every database accepts it.
pub(super) fn column(column: &ColumnDefinition, backend: DbBackend) -> Option<BackendRequirement> {
    kind(&column.kind, backend).or_else(|| column.settings.iter().find_map(|setting| self::setting(setting, backend)))
}

fn kind(kind: &ColumnType, backend: DbBackend) -> Option<BackendRequirement> {
    Some(match kind {
        ColumnType::Array(_) => (POSTGRES, "arrays"),
        ColumnType::Vector(_) => (POSTGRES, "vectors"),
        ColumnType::Cidr | ColumnType::Inet | ColumnType::MacAddr => (POSTGRES, "network addresses"),
        ColumnType::LTree => (POSTGRES, "label trees"),
        ColumnType::Interval(..) => (POSTGRES, "intervals"),
        ColumnType::Year => (MYSQL, "years"),
        ColumnType::Bit(_) | ColumnType::VarBit(_) => (&[DbBackend::Postgres, DbBackend::MySql], "bit strings"),
        ColumnType::Custom(_) => backend_specific(backend, "types of PostgreSQL", "types of MySQL", "types of SQLite"),
        _ => return None,
    })
}

fn setting(setting: &ColumnOption, backend: DbBackend) -> Option<BackendRequirement> {
    match setting {
        ColumnOption::Extra(_) => Some(backend_specific(
            backend,
            "column options of PostgreSQL",
            "column options of MySQL",
            "column options of SQLite",
        )),
        ColumnOption::Default(DefaultValue::Expression(text) | DefaultValue::Keyword(text)) => {
            expression(text, backend)
        }
        ColumnOption::Generated { expression: text, .. } => expression(text, backend),
        _ => None,
    }
}

/// The requirement of an expression, if its text shows one: `::` or `now()` for PostgreSQL, a backtick for MySQL.
pub(super) fn expression(text: &str, backend: DbBackend) -> Option<BackendRequirement> {
    let is_local = match backend {
        // SQLite has no `now()`, and refuses it only when a row needs the default.
        DbBackend::Postgres => text.contains("::") || text.contains("now()"),
        DbBackend::MySql => text.contains('`'),
        _ => false,
    };
    is_local.then(|| {
        backend_specific(backend, "expressions of PostgreSQL", "expressions of MySQL", "expressions of SQLite")
    })
}

fn backend_specific(
    backend: DbBackend,
    postgres: &'static str,
    mysql: &'static str,
    sqlite: &'static str,
) -> BackendRequirement {
    match backend {
        DbBackend::Postgres => (POSTGRES, postgres),
        DbBackend::MySql => (MYSQL, mysql),
        _ => (SQLITE, sqlite),
    }
}
