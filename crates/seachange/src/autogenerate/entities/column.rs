//! Columns of entities, converted for a statement.

use sea_orm::DbBackend;
use sea_orm::sea_query::{Alias, ColumnDef, ColumnType};

use crate::alter::clause::{self, quoted};
use crate::autogenerate::error::EntityError;

/// A column to build, its comment, and its former name.
pub(super) struct BuiltColumn {
    pub(super) definition: ColumnDef,
    pub(super) comment: Option<String>,
    pub(super) renamed_from: Option<String>,
}

/// Converts a column of SeaORM, which puts the former name of a column into its comment.
///
/// # Errors
///
/// The database does not have the type of the column; sea-query would panic.
pub(super) fn build(
    backend: DbBackend,
    table: &str,
    column: &ColumnDef,
    kind: Option<&ColumnType>,
) -> Result<BuiltColumn, EntityError> {
    let spec = column.get_column_spec();
    let (comment, renamed_from) = spec.comment.as_deref().map(split_comment).unwrap_or_default();
    let mut definition = match column.get_column_type() {
        Some(column_type) => ColumnDef::new_with_type(
            Alias::new(column.get_column_name()),
            fitting(backend, kind.unwrap_or(column_type), column_type),
        ),
        None => ColumnDef::new(Alias::new(column.get_column_name())),
    };
    if let Some(nullable) = spec.nullable {
        if nullable {
            definition.null()
        } else {
            definition.not_null()
        };
    }
    if let Some(default) = &spec.default {
        definition.default(default.clone());
    }
    for (is_set, set) in [
        (spec.auto_increment, ColumnDef::auto_increment as fn(&mut ColumnDef) -> &mut ColumnDef),
        (spec.unique, ColumnDef::unique_key),
        (spec.primary_key, ColumnDef::primary_key),
    ] {
        if is_set {
            set(&mut definition);
        }
    }
    if let Some(generated) = &spec.generated {
        definition.generated(generated.expr.clone(), generated.stored);
    }
    if let Some(extra) = &spec.extra {
        definition.extra(extra.clone());
    }
    if let Some(comment) = &comment {
        definition.comment(comment.clone());
    }
    // Called only for its error: the database may not have the type.
    clause::column(backend, table, &definition).map_err(EntityError::Column)?;
    Ok(BuiltColumn { definition, comment, renamed_from })
}

/// Quotes enumerated types, which SeaORM writes as they are. PostgreSQL converts a name without quotes to lower case,
/// and MySQL reads the values as literals.
fn fitting(backend: DbBackend, kind: &ColumnType, built: &ColumnType) -> ColumnType {
    match kind {
        ColumnType::Enum { name, .. } if backend == DbBackend::Postgres => {
            ColumnType::Custom(Alias::new(quoted(backend, &name.to_string())).into())
        }
        ColumnType::Enum { variants, .. } if backend == DbBackend::MySql => {
            let values: Vec<_> = variants.iter().map(|value| clause::literal(backend, &value.to_string())).collect();
            ColumnType::Custom(Alias::new(format!("ENUM({})", values.join(", "))).into())
        }
        ColumnType::Array(element) if backend == DbBackend::Postgres => match &**element {
            ColumnType::Enum { name, .. } => {
                ColumnType::Custom(Alias::new(format!("{}[]", quoted(backend, &name.to_string()))).into())
            }
            _ => built.clone(),
        },
        _ => built.clone(),
    }
}

/// Splits `comment; renamed_from "name"`, either part of which may be missing.
fn split_comment(comment: &str) -> (Option<String>, Option<String>) {
    let Some((before, name)) = comment.strip_suffix('"').and_then(|rest| rest.rsplit_once("renamed_from \"")) else {
        return (Some(comment.to_owned()), None);
    };
    let before = if before.is_empty() { Some("") } else { before.strip_suffix("; ") };
    match before {
        None => (Some(comment.to_owned()), None),
        Some(before) => (Some(before.to_owned()).filter(|before| !before.is_empty()), Some(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use sea_orm::DbBackend;
    use sea_orm::sea_query::{Alias, ColumnDef};

    use super::{build, split_comment};
    use crate::alter::clause;

    #[test]
    fn values_of_an_enumeration_are_literals_on_mysql() {
        let values = ["it's", "a\\b"].map(Alias::new);
        let column = ColumnDef::new("mood").enumeration("mood", values).to_owned();
        let built = build(DbBackend::MySql, "people", &column, None).unwrap();
        let written = clause::column(DbBackend::MySql, "people", &built.definition).unwrap();
        assert_eq!(written, r"`mood` ENUM('it\'s', 'a\\b')");
    }

    fn check(comment: &str, text: Option<&str>, renamed_from: Option<&str>) {
        assert_eq!(split_comment(comment), (text.map(str::to_owned), renamed_from.map(str::to_owned)));
    }

    #[test]
    fn the_old_name_of_a_column_is_no_comment() {
        check("a number", Some("a number"), None);
        check("renamed_from \"tel\"", None, Some("tel"));
        check("a number; renamed_from \"tel\"", Some("a number"), Some("tel"));
        check("not renamed_from \"tel\"", Some("not renamed_from \"tel\""), None);
    }
}
