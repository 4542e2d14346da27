//! Names of foreign keys. SeaORM makes a name of the table and its columns, so two relations from the same columns get
//! one name, which a database refuses.

use std::collections::BTreeSet;

use sea_orm::sea_query::{ForeignKeyCreateStatement, TableForeignKey};

use super::plan;
use crate::alter::operation::table_name;
use crate::schema::{ForeignKey, TableName};

/// The longest name that every database accepts, in bytes.
const LIMIT: usize = 63;

/// The name that SeaORM gives to a foreign key.
pub(super) fn generated(table: &TableName, key: &TableForeignKey) -> String {
    format!("fk-{}-{}", table.name, key.get_columns().join("-"))
}

/// The foreign keys of a table, each with a name of its own: where several have one generated name, the referenced table
/// becomes part of their names. Of relations that describe the same foreign key, one stays.
pub(super) fn distinct(table: &TableName, keys: &[ForeignKeyCreateStatement]) -> Vec<ForeignKeyCreateStatement> {
    let mut all: Vec<ForeignKeyCreateStatement> = Vec::with_capacity(keys.len());
    for key in keys {
        let same = |own: &ForeignKeyCreateStatement| described(own) == described(key);
        if !all.iter().any(same) {
            all.push(key.clone());
        }
    }
    let has_generated = |key: &TableForeignKey| key.get_name() == Some(&generated(table, key));
    for at in 0..all.len() {
        let key = all[at].get_foreign_key();
        let base = generated(table, key);
        let is_same = |other: &&ForeignKeyCreateStatement| other.get_foreign_key().get_name() == Some(&base);
        let group: Vec<TableForeignKey> = all.iter().filter(is_same).map(|own| own.get_foreign_key().clone()).collect();
        if !has_generated(key) || group.len() < 2 {
            continue;
        }
        let others = all.iter().filter(|own| !is_same(own)).filter_map(|own| own.get_foreign_key().get_name());
        let others: BTreeSet<String> = others.map(str::to_owned).collect();
        let mut names = names(&base, &group, &others).into_iter();
        for own in all.iter_mut().filter(|own| own.get_foreign_key().get_name() == Some(&base)) {
            own.name(names.next().unwrap_or_default());
        }
    }
    all
}

fn described(key: &ForeignKeyCreateStatement) -> ForeignKey {
    plan::foreign_key(key.get_foreign_key(), false)
}

/// Distinct names for the foreign keys that have one name, none of which another foreign key has: with the referenced
/// table, or with its columns too, or with a number.
fn names(base: &str, group: &[TableForeignKey], others: &BTreeSet<String>) -> Vec<String> {
    let target = |key: &TableForeignKey| key.get_ref_table().and_then(table_name).map(TableName::from);
    let with_table = |key: &TableForeignKey| format!("{base}-{}", target(key).unwrap_or_default().name);
    let with_columns = |key: &TableForeignKey| format!("{}-{}", with_table(key), key.get_ref_columns().join("-"));
    let is_free = |name: &String| !others.contains(name) && name.len() <= LIMIT;
    for names in [group.iter().map(with_table).collect::<Vec<_>>(), group.iter().map(with_columns).collect()] {
        let distinct: BTreeSet<&String> = names.iter().collect();
        if distinct.len() == group.len() && names.iter().all(is_free) {
            return names;
        }
    }
    (1..).map(|number| numbered(base, number)).filter(is_free).take(group.len()).collect()
}

fn numbered(base: &str, number: usize) -> String {
    let number = format!("-{number}");
    let end = base.floor_char_boundary(base.len().min(LIMIT - number.len()));
    format!("{}{number}", &base[..end])
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Alias, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement};

    use super::{distinct, numbered};

    fn key(name: &str, column: &str, table: &str, referenced: &str) -> ForeignKeyCreateStatement {
        let mut key = ForeignKey::create();
        key.name(name).from_col(Alias::new(column)).to(Alias::new(table), Alias::new(referenced));
        key
    }

    fn check(keys: &[ForeignKeyCreateStatement], expected: &[&str]) {
        let found = distinct(&"pets".into(), keys);
        let names: Vec<_> = found.iter().filter_map(|key| key.get_foreign_key().get_name()).collect();
        assert_eq!(names, expected);
        assert!(names.iter().all(|name| name.len() <= 63));
    }

    #[test]
    fn only_names_that_clash_change() {
        let own = "fk-pets-owner_id";
        let (people, owners) = (key(own, "owner_id", "people", "id"), key(own, "owner_id", "owners", "id"));
        check(std::slice::from_ref(&people), &[own]);
        check(&[people.clone(), key("fk-pets-a", "a", "people", "id")], &[own, "fk-pets-a"]);
        check(&[people.clone(), owners.clone()], &["fk-pets-owner_id-people", "fk-pets-owner_id-owners"]);
        // A name that an entity declares stays.
        check(&[people.clone(), key("owns", "owner_id", "owners", "id")], &[own, "owns"]);
        // One relation, declared twice.
        check(&[people.clone(), people.clone()], &[own]);
    }

    #[test]
    fn a_target_may_clash_too() {
        let own = "fk-pets-owner_id";
        let (id, number) = (key(own, "owner_id", "people", "id"), key(own, "owner_id", "people", "number"));
        check(&[id.clone(), number], &["fk-pets-owner_id-people-id", "fk-pets-owner_id-people-number"]);
        let cascade = id.clone().on_delete(ForeignKeyAction::Cascade).to_owned();
        check(&[id, cascade], &["fk-pets-owner_id-1", "fk-pets-owner_id-2"]);
        let long = "c".repeat(50);
        let own = format!("fk-pets-{long}");
        let keys = [key(&own, &long, "people", "id"), key(&own, &long, "owners", "id")];
        check(&keys, &[&numbered(&own, 1), &numbered(&own, 2)]);
    }
}
