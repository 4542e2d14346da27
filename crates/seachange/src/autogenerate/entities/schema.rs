//! The statements that build the tables of the entities in an empty schema.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;
use sea_orm::sea_query::{
    Alias, ColumnType, Expr, ForeignKeyCreateStatement, IndexCreateStatement, IntoTableRef, MysqlQueryBuilder,
    PostgresQueryBuilder, SchemaName, SqliteQueryBuilder, Table, TableCreateStatement, TableForeignKey, TableRef,
    extension::postgres::Type,
};

use super::column::{self, BuiltColumn};
use super::foreign_key_names;
use super::plan::{self, TablePlan};
use super::table::{EntityDefinition, EntityTable};
use crate::alter::operation::table_name;
use crate::alter::{NewForeignKey, clause};
use crate::autogenerate::error::EntityError;
use crate::autogenerate::hints::EntityHints;
use crate::schema::{ForeignKey, TableName};

/// The schemas that entities name, and the scratch schemas in which their tables are built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::autogenerate) struct SchemaMapping {
    pub(in crate::autogenerate) schemas: BTreeMap<String, String>,
    /// The current schema of the compared database. Names of its tables do not include it.
    pub(in crate::autogenerate) home: Option<String>,
}

/// How to build the tables of entities in an empty schema.
#[derive(Debug, Default)]
pub(in crate::autogenerate) struct SchemaDefinition {
    /// The statements that come before any table: they create types.
    pub(in crate::autogenerate) first: Vec<String>,
    pub(in crate::autogenerate) tables: Vec<TablePlan>,
    /// Whether an entity declares SQL statements. Only the database can report their effect.
    pub(in crate::autogenerate) has_own_statements: bool,
    pub(in crate::autogenerate) wishes: EntityHints,
    /// The types of columns, as the entities declare them.
    pub(in crate::autogenerate) kinds: BTreeMap<(TableName, String), ColumnType>,
    /// The texts of checks, as the entities declare them, by name.
    pub(in crate::autogenerate) checks: BTreeMap<(TableName, String), String>,
}

pub(super) fn build(
    tables: &[EntityTable],
    backend: DbBackend,
    placement: &SchemaMapping,
) -> Result<SchemaDefinition, EntityError> {
    let mut builder = SchemaBuilder {
        backend,
        placement,
        seen: BTreeSet::new(),
        enumerations: BTreeMap::new(),
        blueprint: SchemaDefinition::default(),
    };
    for table in tables {
        builder.table(table)?;
    }
    Ok(builder.blueprint)
}

struct SchemaBuilder<'a> {
    backend: DbBackend,
    placement: &'a SchemaMapping,
    seen: BTreeSet<TableName>,
    enumerations: BTreeMap<String, Vec<String>>,
    blueprint: SchemaDefinition,
}

impl SchemaBuilder<'_> {
    fn table(&mut self, table: &EntityTable) -> Result<(), EntityError> {
        self.require_new(table.name())?;
        let described = table.describe(self.backend);
        self.require_short(&table.name().name)?;
        described.table.get_columns().iter().try_for_each(|column| self.require_short(&column.get_column_name()))?;
        for (column, kind) in &described.kinds {
            self.enumeration(kind)?;
            self.blueprint.kinds.insert((table.name().clone(), column.clone()), kind.clone());
        }
        let mut plan = TablePlan::new(table.name());
        let mut create = Table::create();
        create.table(self.placed(table.name()));
        let comment = table.declarations.comment.as_ref().or(described.table.get_comment());
        self.comment(&mut plan, comment, &mut create);
        self.columns(table, &described, &mut plan, &mut create)?;
        described.table.get_indexes().iter().for_each(|index| self.key(index, &mut plan, &mut create));
        self.constraints(table, &mut plan, &mut create);
        self.foreign_keys(described.table.get_foreign_key_create_stmts(), &mut plan, &mut create)?;
        plan.statements.insert(0, self.written(&create));
        self.indexes(table, described.indexes, &mut plan)?;
        let own = table.declarations.statements.iter().filter(|(backend, _)| *backend == self.backend);
        plan.own.extend(own.map(|(_, statement)| statement.clone()));
        self.blueprint.has_own_statements |= !plan.own.is_empty();
        if let Some(old) = &table.declarations.renamed_from {
            self.blueprint.wishes.renamed_tables.insert(table.name().clone(), old.clone());
        }
        self.blueprint.tables.push(plan);
        Ok(())
    }

    fn require_new(&mut self, table: &TableName) -> Result<(), EntityError> {
        if !self.seen.insert(table.clone()) {
            return Err(EntityError::Duplicate { table: table.clone() });
        }
        Ok(())
    }

    /// PostgreSQL cuts longer names, and SeaORM's queries then name what was cut. So they are refused.
    fn require_short(&self, name: &str) -> Result<(), EntityError> {
        const LIMIT: usize = 63;
        match self.backend {
            DbBackend::Postgres if name.len() > LIMIT => {
                Err(EntityError::NameTooLong { name: name.to_owned(), limit: LIMIT })
            }
            _ => Ok(()),
        }
    }

    /// Adds the statement that creates an enumerated type, which only PostgreSQL needs.
    fn enumeration(&mut self, kind: &ColumnType) -> Result<(), EntityError> {
        match kind {
            ColumnType::Array(element) => self.enumeration(element),
            ColumnType::Enum { name, variants } if self.backend == DbBackend::Postgres => {
                let name = name.to_string();
                self.require_short(&name)?;
                let values: Vec<String> = variants.iter().map(ToString::to_string).collect();
                let known = self.enumerations.insert(name.clone(), values.clone());
                match known {
                    Some(known) if known != values => Err(EntityError::Enumeration { name }),
                    Some(_) => Ok(()),
                    None => {
                        let values = values.iter().map(|value| Alias::new(value.clone()));
                        let create = Type::create().as_enum(Alias::new(name)).values(values).to_owned();
                        self.blueprint.first.push(create.to_string(PostgresQueryBuilder));
                        Ok(())
                    }
                }
            }
            _ => Ok(()),
        }
    }

    fn columns(
        &mut self,
        table: &EntityTable,
        described: &EntityDefinition,
        plan: &mut TablePlan,
        create: &mut TableCreateStatement,
    ) -> Result<(), EntityError> {
        for column in described.table.get_columns() {
            let name = column.get_column_name();
            let BuiltColumn { mut definition, comment, renamed_from } =
                column::build(self.backend, &table.name().to_string(), column, described.kinds.get(&name))?;
            let declared = table.declarations.column_comments.iter().find(|(column, _)| *column == name);
            if let Some(comment) = declared.map(|(_, comment)| comment.clone()).or(comment) {
                definition.comment(comment.clone());
                let column = format!("COLUMN {}.{}", self.quoted_table(table.name()), self.quoted(&name));
                plan.statements.extend(self.comment_on(&column, &comment));
            }
            if let Some(old) = renamed_from {
                self.blueprint.wishes.renamed_columns.insert((table.name().clone(), name), old);
            }
            plan.column(&definition);
            create.col(definition);
        }
        Ok(())
    }

    /// Adds a primary key or a unique constraint that is part of the table.
    fn key(&self, index: &IndexCreateStatement, plan: &mut TablePlan, create: &mut TableCreateStatement) {
        create.index(&mut index.clone());
        if index.is_primary_key() {
            plan.primary_key = plan::columns(index);
            return;
        }
        let name = index.get_index_spec().get_name();
        let plain = plan::unique_index(name, &plan::columns(index));
        let inside = |index: &IndexCreateStatement| self.written(Table::create().table("t").index(&mut index.clone()));
        plan.is_intricate |= inside(index) != inside(&plain);
        plan.uniques.push(plan::unique(name, plan::columns(index)));
    }

    fn constraints(&mut self, table: &EntityTable, plan: &mut TablePlan, create: &mut TableCreateStatement) {
        let placed = clause::quoted_table(self.backend, &self.placed_name(&plan.name));
        let hints = &mut self.blueprint.wishes;
        for (name, expression) in &table.declarations.checks {
            hints.names.insert((table.name().clone(), name.clone()));
            self.blueprint.checks.insert((table.name().clone(), name.clone()), expression.clone());
            create.check((Alias::new(name.clone()), Expr::cust(expression.clone())));
            plan.is_intricate = true;
        }
        for (name, columns) in &table.declarations.uniques {
            hints.names.insert((table.name().clone(), name.clone()));
            hints.uniques.insert((table.name().clone(), name.clone()));
            if self.backend == DbBackend::Postgres {
                // PostgreSQL omits a constraint of a new table that repeats another one.
                let (name, columns) = (clause::quoted(self.backend, name), clause::quoted_list(self.backend, columns));
                plan.statements.push(format!("ALTER TABLE {placed} ADD CONSTRAINT {name} UNIQUE ({columns})"));
            } else {
                create.index(&mut plan::unique_index(Some(name), columns));
            }
            plan.uniques.push(plan::unique(Some(name), columns.clone()));
        }
    }

    /// Adds foreign keys. SQLite cannot add a foreign key to an existing table, but accepts one to a table that is
    /// created later.
    fn foreign_keys(
        &mut self,
        keys: &[ForeignKeyCreateStatement],
        plan: &mut TablePlan,
        create: &mut TableCreateStatement,
    ) -> Result<(), EntityError> {
        self.remember_names(&plan.name, keys);
        for statement in &foreign_key_names::distinct(&plan.name, keys) {
            let key = statement.get_foreign_key();
            let known = plan::foreign_key(key, self.backend == DbBackend::MySql);
            let referenced_table = self.local(known.referenced_table);
            plan.foreign_keys.push(ForeignKey { referenced_table, ..known });
            if self.backend == DbBackend::Sqlite {
                create.foreign_key(&mut statement.clone());
                continue;
            }
            let placed = self.placed_name(&plan.name);
            let key = NewForeignKey::from(self.placed_key(key));
            let clause = clause::foreign_key(self.backend, &placed, &key).map_err(EntityError::Column)?;
            plan.late_keys.push(format!("ALTER TABLE {} ADD {clause}", clause::quoted_table(self.backend, &placed)));
        }
        Ok(())
    }

    /// Records the names of foreign keys, without those that SeaORM generates.
    fn remember_names(&mut self, table: &TableName, keys: &[ForeignKeyCreateStatement]) {
        for key in keys.iter().map(ForeignKeyCreateStatement::get_foreign_key) {
            if let Some(name) = key.get_name().filter(|name| *name != foreign_key_names::generated(table, key)) {
                self.blueprint.wishes.names.insert((table.clone(), name.to_owned()));
            }
        }
    }

    fn indexes(
        &mut self,
        table: &EntityTable,
        of_entity: Vec<IndexCreateStatement>,
        plan: &mut TablePlan,
    ) -> Result<(), EntityError> {
        for index in of_entity {
            self.index(index, plan);
        }
        for index in &table.declarations.indexes {
            let Some(name) = index.get_index_spec().get_name() else {
                return Err(EntityError::UnnamedIndex { table: table.name().clone() });
            };
            self.blueprint.wishes.names.insert((table.name().clone(), name.to_owned()));
            self.index(index.clone(), plan);
        }
        Ok(())
    }

    fn index(&self, mut index: IndexCreateStatement, plan: &mut TablePlan) {
        index.table(self.placed(&plan.name));
        let known = plan::plain_index(&index);
        let mut plain = plan::index_of(&known);
        plain.table(self.placed(&plan.name));
        let statement = self.written_index(&index);
        plan.is_intricate |= statement != self.written_index(&plain);
        plan.statements.push(statement);
        plan.indexes.push(known);
    }

    fn comment(&self, plan: &mut TablePlan, comment: Option<&String>, create: &mut TableCreateStatement) {
        if let Some(comment) = comment {
            create.comment(comment);
            plan.comment = Some(comment.clone()).filter(|_| self.backend != DbBackend::Sqlite);
            plan.statements.extend(self.comment_on(&format!("TABLE {}", self.quoted_table(&plan.name)), comment));
        }
    }

    /// The statement that sets a comment on PostgreSQL, for which sea-query writes none.
    fn comment_on(&self, object: &str, comment: &str) -> Option<String> {
        let comment = clause::literal(self.backend, comment);
        (self.backend == DbBackend::Postgres).then(|| format!("COMMENT ON {object} IS {comment}"))
    }

    fn written_index(&self, index: &IndexCreateStatement) -> String {
        match self.backend {
            DbBackend::MySql => index.to_string(MysqlQueryBuilder),
            DbBackend::Postgres => index.to_string(PostgresQueryBuilder),
            // sea-query panics on an expression for SQLite. SQLite accepts the text for PostgreSQL.
            _ if has_expressions(index) => index.to_string(PostgresQueryBuilder),
            _ => index.to_string(SqliteQueryBuilder),
        }
    }

    fn written(&self, create: &TableCreateStatement) -> String {
        match self.backend {
            DbBackend::MySql => create.to_string(MysqlQueryBuilder),
            DbBackend::Postgres => create.to_string(PostgresQueryBuilder),
            _ => create.to_string(SqliteQueryBuilder),
        }
    }

    fn quoted(&self, name: &str) -> String {
        clause::quoted(self.backend, name)
    }

    fn quoted_table(&self, table: &TableName) -> String {
        clause::quoted_table(self.backend, &self.placed_name(table))
    }

    fn local(&self, mut table: TableName) -> TableName {
        table.unqualify(self.placement.home.as_deref());
        table
    }

    fn placed(&self, table: &TableName) -> TableRef {
        self.placed_name(table).into_table_ref()
    }

    fn placed_name(&self, table: &TableName) -> sea_orm::sea_query::TableName {
        let schema = table.schema.as_ref().map(|schema| self.placement.schemas.get(schema).unwrap_or(schema));
        let schema = schema.map(|schema| SchemaName(None, Alias::new(schema.clone()).into()));
        sea_orm::sea_query::TableName(schema, Alias::new(table.name.clone()).into())
    }

    fn placed_key(&self, key: &TableForeignKey) -> TableForeignKey {
        let mut key = key.clone();
        let name = |table: &TableRef| table_name(table).map(|table| self.local(table.into()));
        if let Some(table) = key.get_table().and_then(name) {
            key.from_tbl(self.placed(&table));
        }
        if let Some(parent) = key.get_ref_table().and_then(name) {
            key.to_tbl(self.placed(&parent));
        }
        key
    }
}

/// Whether an index has expressions. The parts of an index are private in sea-query, so this function searches the
/// `Debug` text. A column whose name contains `IndexColumnExpr` does no harm, because PostgreSQL and SQLite have the
/// same text for its index.
fn has_expressions(index: &IndexCreateStatement) -> bool {
    format!("{:?}", index.get_index_spec()).contains("IndexColumnExpr")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use sea_orm::DbBackend;
    use sea_orm::sea_query::{ColumnDef, Expr, Index, Table};

    use super::SchemaMapping;
    use crate::autogenerate::{Entities, EntityTable};

    #[test]
    fn an_index_over_an_expression_on_sqlite() {
        let table = Table::create().table("t").col(ColumnDef::new("a").text()).to_owned();
        let index = Index::create().name("i").col(Expr::cust("lower(a)")).to_owned();
        let entities = Entities::new().with(EntityTable::stated(&table).index(index));
        let blueprint = entities.blueprint(DbBackend::Sqlite, &SchemaMapping::default()).unwrap();
        assert_eq!(blueprint.tables[0].statements[1], "CREATE INDEX \"i\" ON \"t\" ((lower(a)))");
    }
}
