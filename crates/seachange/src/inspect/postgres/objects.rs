//! What is neither a table nor part of one, each object with the statements that create it and with what it depends on
//! (`pg_depend`).

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ConnectionTrait, DbErr};

use super::object_queries;
use super::scope::{CatalogScope, Oid};
use crate::inspect::cells::{RowReader, rows};
use crate::schema::{DatabaseObject, Dependency, ObjectKind, ObjectName, TableName};

/// The catalogue that has an object, and its number there.
type ObjectKey = (String, Oid);

/// Reads the objects of the schemas in scope, and the views elsewhere that read tables in scope. Objects of extensions
/// are excluded.
pub(in crate::inspect) async fn read(
    connection: &impl ConnectionTrait,
    place: &CatalogScope,
) -> Result<Vec<DatabaseObject>, DbErr> {
    let mut objects = Vec::new();
    let mut places = HashMap::new();
    for row in rows(connection, &object_queries::objects(place), []).await? {
        let mut cells = RowReader::of(&row);
        let key: ObjectKey = (cells.take()?, cells.take()?);
        let name = ObjectName {
            kind: kind(&cells.take::<String>()?)?,
            name: named(place, cells.take()?, cells.take()?, cells.take()?).unwrap_or_default(),
            owner: named(place, cells.take()?, cells.take()?, cells.take()?),
            arguments: cells.take()?,
        };
        let create: Vec<String> =
            serde_json::from_str(&cells.take::<String>()?).map_err(|error| DbErr::Type(error.to_string()))?;
        places.insert(key, objects.len());
        let described = described_part(&name);
        let (drop, used_by) = (cells.take()?, BTreeSet::new());
        objects.push(DatabaseObject { name, create, drop, depends_on: described.into_iter().collect(), used_by });
    }
    if !objects.is_empty() {
        add_dependencies(connection, place, &places, &mut objects).await?;
        add_uses(connection, place, &places, &mut objects).await?;
    }
    objects.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(objects)
}

async fn add_dependencies(
    connection: &impl ConnectionTrait,
    place: &CatalogScope,
    places: &HashMap<ObjectKey, usize>,
    objects: &mut [DatabaseObject],
) -> Result<(), DbErr> {
    for row in rows(connection, &object_queries::dependencies(place), []).await? {
        let mut cells = RowReader::of(&row);
        let key: ObjectKey = (cells.take()?, cells.take()?);
        let Some(&dependent) = places.get(&key) else { continue };
        let target: ObjectKey = (cells.take()?, cells.take()?);
        let table = named(place, cells.take()?, cells.take()?, cells.take()?);
        let (column, constraint): (Option<String>, Option<String>) = (cells.take()?, cells.take()?);
        let dependency = match (places.get(&target), table) {
            (Some(&target), _) if target == dependent => continue,
            (Some(&target), _) => Dependency::Object(objects[target].name.clone()),
            (None, Some(table)) => match (column, constraint) {
                (Some(column), _) => Dependency::Column(table, column),
                (None, Some(constraint)) => Dependency::Constraint(table, constraint),
                (None, None) => Dependency::Table(table),
            },
            (None, None) => continue,
        };
        objects[dependent].depends_on.insert(dependency);
    }
    Ok(())
}

async fn add_uses(
    connection: &impl ConnectionTrait,
    place: &CatalogScope,
    places: &HashMap<ObjectKey, usize>,
    objects: &mut [DatabaseObject],
) -> Result<(), DbErr> {
    for row in rows(connection, &object_queries::uses(place), []).await? {
        let mut cells = RowReader::of(&row);
        let table = named(place, cells.take()?, cells.take()?, cells.take()?);
        let target: ObjectKey = (cells.take()?, cells.take()?);
        if let Some((&at, table)) = places.get(&target).zip(table) {
            objects[at].used_by.insert(table);
        }
    }
    Ok(())
}

/// The part of a table that an object describes.
fn described_part(object: &ObjectName) -> Option<Dependency> {
    let owner = object.owner.clone()?;
    match (object.kind, &object.arguments) {
        (ObjectKind::Storage | ObjectKind::Grant, Some(column)) => Some(Dependency::Column(owner, column.clone())),
        (ObjectKind::Comment, _) => Some(Dependency::Constraint(owner, object.name.name.clone())),
        (ObjectKind::Inheritance, _) => Some(Dependency::Table(object.name.clone())),
        _ => None,
    }
}

/// The name of an object in the result; `None` if the object has none.
fn named(
    place: &CatalogScope,
    schema: Option<Oid>,
    schema_name: Option<String>,
    name: Option<String>,
) -> Option<TableName> {
    let name = name?;
    Some(match schema {
        Some(schema) => place.name(schema, schema_name.unwrap_or_default(), name),
        None => TableName::new(name),
    })
}

fn kind(word: &str) -> Result<ObjectKind, DbErr> {
    const KINDS: [ObjectKind; 19] = [
        ObjectKind::Extension,
        ObjectKind::Type,
        ObjectKind::Domain,
        ObjectKind::Sequence,
        ObjectKind::Function,
        ObjectKind::Procedure,
        ObjectKind::Partition,
        ObjectKind::Inheritance,
        ObjectKind::View,
        ObjectKind::MaterializedView,
        ObjectKind::Rule,
        ObjectKind::Trigger,
        ObjectKind::RowLevelSecurity,
        ObjectKind::Policy,
        ObjectKind::Statistics,
        ObjectKind::PublishedTable,
        ObjectKind::Storage,
        ObjectKind::Comment,
        ObjectKind::Grant,
    ];
    let kind = KINDS.into_iter().find(|kind| kind.word() == word);
    kind.ok_or_else(|| DbErr::Type(format!("the catalogue has an object of the unknown kind `{word}`")))
}
