//! The declared objects, as the database reports them.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use crate::autogenerate::declared_objects;
use crate::autogenerate::entities::{Entities, EntityObject};
use crate::autogenerate::error::{AutogenerateError, EntityError};
use crate::autogenerate::scratch::{ScratchSchema, WITH_NO_DATA, inert};
use crate::database_error::full_reason;
use crate::schema::{DatabaseObject, ObjectKind, ObjectName};
use crate::sql::{SqlDialect, significant, tokens};

/// The declared objects of a database system, which are built in a scratch schema.
pub(super) struct DeclaredObjects<'e> {
    scratch: &'e ScratchSchema,
    backend: DbBackend,
    /// All of them, each with its statement.
    statements: Vec<(&'e EntityObject, String)>,
    /// The positions of those that are not built yet.
    open: Vec<usize>,
}

impl<'e> DeclaredObjects<'e> {
    pub(super) fn of(scratch: &'e ScratchSchema, entities: &'e Entities) -> Self {
        let backend = scratch.executor().get_database_backend();
        let statements: Vec<_> = entities.objects(backend).collect();
        let open = (0..statements.len()).collect();
        Self { scratch, backend, statements, open }
    }

    /// Builds what columns can use: types, domains, sequences, extensions, and on PostgreSQL the functions that need no
    /// table.
    pub(super) async fn build_before_tables(&mut self) -> Result<(), AutogenerateError> {
        if self.backend != DbBackend::Postgres {
            return Ok(());
        }
        for at in std::mem::take(&mut self.open) {
            match first_kind(&self.statements[at].1).as_str() {
                "extension" | "type" | "domain" | "sequence" => self.build(at).await?,
                "function" => {
                    self.scratch.savepoint().await?;
                    if self.send(at).await.is_err() {
                        self.scratch.rollback_to_savepoint().await?;
                        self.open.push(at);
                    }
                }
                _ => self.open.push(at),
            }
        }
        Ok(())
    }

    /// Builds the others, and returns all as the database reports them.
    pub(super) async fn build_and_read(mut self) -> Result<Vec<DatabaseObject>, AutogenerateError> {
        if self.statements.is_empty() {
            return Ok(Vec::new());
        }
        // Default privileges and the like give every new table such objects.
        let attached = |object: &DatabaseObject| object.name.kind.is_attached();
        let by_default: BTreeSet<ObjectName> = match self.backend {
            DbBackend::Postgres => self.read().await?.into_iter().filter(attached).map(|own| own.name).collect(),
            _ => BTreeSet::new(),
        };
        for at in std::mem::take(&mut self.open) {
            self.build(at).await?;
        }
        let mut objects = self.read().await?;
        objects.retain(|object| match object.name.kind {
            ObjectKind::Extension => self.declares_extension(&object.name.name.name),
            _ => !by_default.contains(&object.name),
        });
        let has_starts = self.statements.iter().any(|(_, sql)| sql.to_ascii_uppercase().contains("STARTS"));
        for object in &mut objects {
            let start = declared_objects::starts(object);
            if let Some(clause) = start.filter(|_| object.name.kind == ObjectKind::Event && !has_starts) {
                *object = declared_objects::without(object, &clause);
            }
            if let Some(first) = object.create.first_mut().filter(|first| first.starts_with("CREATE MATERIALIZED VIEW"))
            {
                *first = first.trim_end_matches(WITH_NO_DATA).to_owned();
            }
        }
        Ok(objects)
    }

    async fn read(&self) -> Result<Vec<DatabaseObject>, AutogenerateError> {
        self.scratch.objects().await.map_err(AutogenerateError::Inspect)
    }

    /// Whether one of the statements creates an extension of this name.
    fn declares_extension(&self, name: &str) -> bool {
        let of_extensions = self.statements.iter().filter(|(_, sql)| first_kind(sql) == "extension");
        let mut tokens = of_extensions.flat_map(|(_, sql)| tokens(sql, SqlDialect::Postgres));
        tokens.any(|token| token.is_name(name))
    }

    async fn build(&self, at: usize) -> Result<(), AutogenerateError> {
        let object = self.statements[at].0;
        let sent = self.send(at).await;
        sent.map_err(|source| {
            let (object, reason) = (object.title(self.backend), full_reason(&source));
            EntityError::RefusedObject { object, reason, source }.into()
        })
    }

    async fn send(&self, at: usize) -> Result<(), DbErr> {
        let statement = inert(self.statements[at].1.clone());
        self.scratch.executor().execute_unprepared(&statement).await.map(drop)
    }
}

/// The word after `CREATE` or `CREATE OR REPLACE` in a statement, in lower case.
fn first_kind(statement: &str) -> String {
    let tokens = tokens(statement, SqlDialect::Postgres);
    let words = significant(&tokens);
    let mut words =
        words.iter().skip_while(|word| ["create", "or", "replace"].iter().any(|skipped| word.is_word(skipped)));
    words.next().map(|word| word.text.to_ascii_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::first_kind;

    #[test]
    fn kinds() {
        assert_eq!(first_kind("/* a */ create OR replace Function f() …"), "function");
        assert_eq!(first_kind("CREATE DOMAIN d AS text"), "domain");
        assert_eq!(first_kind(""), "");
    }
}
