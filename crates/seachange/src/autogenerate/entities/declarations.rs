//! Declarations of the kinds of objects that PostgreSQL has, in the words of Rust.

use sea_orm::DbBackend;

use super::object::EntityObject;
use crate::alter::clause::quoted;
use crate::schema::TableName;

fn name(name: &str) -> String {
    quoted(DbBackend::Postgres, name)
}

fn table(TableName { schema, name: table }: &TableName) -> String {
    match schema {
        Some(schema) => format!("{}.{}", name(schema), name(table)),
        None => name(table),
    }
}

fn list<N: Into<String>>(names: impl IntoIterator<Item = N>) -> String {
    names.into_iter().map(|own| name(&own.into())).collect::<Vec<_>>().join(", ")
}

/// An object of PostgreSQL, with the name that messages use.
fn only_postgres(title: String, statement: String) -> EntityObject {
    EntityObject::only(DbBackend::Postgres, statement).titled(title)
}

/// An extension of PostgreSQL. Only whether the database has it is compared.
///
/// ```
/// use seachange::autogenerate::{Entities, Extension};
///
/// let entities = Entities::new().object(Extension::new("citext"));
/// # let _ = entities;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    name: String,
    schema: Option<String>,
}

impl Extension {
    /// Declares an extension in the current schema of the connection.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), schema: None }
    }

    /// Creates the extension in this schema.
    #[must_use]
    pub fn schema(self, schema: impl Into<String>) -> Self {
        Self { schema: Some(schema.into()), ..self }
    }
}

impl From<Extension> for EntityObject {
    fn from(extension: Extension) -> Self {
        let place = extension.schema.map(|schema| format!(" WITH SCHEMA {}", name(&schema))).unwrap_or_default();
        let statement = format!("CREATE EXTENSION IF NOT EXISTS {}{place}", name(&extension.name));
        only_postgres(format!("extension `{}`", extension.name), statement)
    }
}

/// A domain of PostgreSQL: a type with conditions.
///
/// ```
/// use seachange::autogenerate::{Domain, Entities};
///
/// let entities = Entities::new().object(Domain::new("email", "text").check("email_has_at", "VALUE LIKE '%@%'"));
/// # let _ = entities;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    name: TableName,
    definition: String,
}

impl Domain {
    /// Declares a domain over a type, which is written as in SQL: `numeric(10, 2)`.
    #[must_use]
    pub fn new(name: impl Into<TableName>, of_type: impl Into<String>) -> Self {
        Self { name: name.into(), definition: of_type.into() }
    }

    /// Sets the default, an expression of SQL.
    #[must_use]
    pub fn default(self, expression: &str) -> Self {
        self.with(&format!("DEFAULT {expression}"))
    }

    /// Refuses `NULL`.
    #[must_use]
    pub fn not_null(self) -> Self {
        self.with("NOT NULL")
    }

    /// Adds a condition, an expression over `VALUE`.
    #[must_use]
    pub fn check(self, constraint: &str, expression: &str) -> Self {
        self.with(&format!("CONSTRAINT {} CHECK ({expression})", name(constraint)))
    }

    fn with(self, clause: &str) -> Self {
        Self { definition: format!("{} {clause}", self.definition), ..self }
    }
}

impl From<Domain> for EntityObject {
    fn from(domain: Domain) -> Self {
        let statement = format!("CREATE DOMAIN {} AS {}", table(&domain.name), domain.definition);
        only_postgres(format!("domain `{}`", domain.name), statement)
    }
}

/// A sequence of PostgreSQL that no column owns.
///
/// ```
/// use seachange::autogenerate::{Entities, Sequence};
///
/// let entities = Entities::new().object(Sequence::new("invoice_numbers").start(1000).increment(10));
/// # let _ = entities;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    name: TableName,
    options: String,
}

impl Sequence {
    /// Declares a sequence of `bigint` that begins with 1.
    #[must_use]
    pub fn new(name: impl Into<TableName>) -> Self {
        Self { name: name.into(), options: String::new() }
    }

    /// Sets the first number.
    #[must_use]
    pub fn start(self, number: i64) -> Self {
        self.with(&format!("START WITH {number}"))
    }

    /// Sets the distance between two numbers.
    #[must_use]
    pub fn increment(self, by: i64) -> Self {
        self.with(&format!("INCREMENT BY {by}"))
    }

    /// Sets the least and the greatest number.
    #[must_use]
    pub fn range(self, minimum: i64, maximum: i64) -> Self {
        self.with(&format!("MINVALUE {minimum} MAXVALUE {maximum}"))
    }

    /// Begins again after the last number.
    #[must_use]
    pub fn cycle(self) -> Self {
        self.with("CYCLE")
    }

    fn with(self, option: &str) -> Self {
        Self { options: format!("{} {option}", self.options), ..self }
    }
}

impl From<Sequence> for EntityObject {
    fn from(sequence: Sequence) -> Self {
        let statement = format!("CREATE SEQUENCE {}{}", table(&sequence.name), sequence.options);
        only_postgres(format!("sequence `{}`", sequence.name), statement)
    }
}

/// The privileges that a role has on a table of PostgreSQL. All privileges of the role on the table are compared.
///
/// ```
/// use seachange::autogenerate::{Entities, Grant};
///
/// let entities = Entities::new().object(Grant::new(["SELECT", "INSERT"], "orders", "app"));
/// # let _ = entities;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    privileges: Vec<String>,
    table: TableName,
    role: String,
    columns: Vec<String>,
}

impl Grant {
    /// Declares privileges, such as `SELECT`. The role `public` stands for all roles.
    #[must_use]
    pub fn new<P: Into<String>>(
        privileges: impl IntoIterator<Item = P>,
        table: impl Into<TableName>,
        role: impl Into<String>,
    ) -> Self {
        let privileges = privileges.into_iter().map(Into::into).collect();
        Self { privileges, table: table.into(), role: role.into(), columns: Vec::new() }
    }

    /// Restricts the privileges to columns.
    #[must_use]
    pub fn columns<C: Into<String>>(self, columns: impl IntoIterator<Item = C>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), ..self }
    }
}

impl From<Grant> for EntityObject {
    fn from(Grant { privileges, table: on, role, columns }: Grant) -> Self {
        let columns = if columns.is_empty() { String::new() } else { format!(" ({})", list(columns)) };
        let privileges: Vec<String> = privileges.iter().map(|privilege| format!("{privilege}{columns}")).collect();
        let to = if role == "public" { "PUBLIC".to_owned() } else { name(&role) };
        let statement = format!("GRANT {} ON {} TO {to}", privileges.join(", "), table(&on));
        only_postgres(format!("grant to `{role}` on `{on}`"), statement)
    }
}

/// A policy of row-level security on PostgreSQL, which takes effect where the table has row-level security enabled:
/// `EntityObject::only(DbBackend::Postgres, "ALTER TABLE … ENABLE ROW LEVEL SECURITY")`.
///
/// ```
/// use seachange::autogenerate::{Entities, Policy};
///
/// let own_rows = Policy::new("own_rows", "orders").command("SELECT").to(["app"]).using("owner = current_user");
/// let entities = Entities::new().object(own_rows);
/// # let _ = entities;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    name: String,
    table: TableName,
    is_restrictive: bool,
    command: Option<String>,
    roles: Vec<String>,
    conditions: String,
}

impl Policy {
    /// Declares a permissive policy for all commands and all roles.
    #[must_use]
    pub fn new(name: impl Into<String>, table: impl Into<TableName>) -> Self {
        Self {
            name: name.into(),
            table: table.into(),
            is_restrictive: false,
            command: None,
            roles: Vec::new(),
            conditions: String::new(),
        }
    }

    /// Makes the policy restrictive: its condition has to hold beside those of other policies.
    #[must_use]
    pub fn restrictive(self) -> Self {
        Self { is_restrictive: true, ..self }
    }

    /// Restricts the policy to a command: `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    #[must_use]
    pub fn command(self, command: impl Into<String>) -> Self {
        Self { command: Some(command.into()), ..self }
    }

    /// Restricts the policy to roles.
    #[must_use]
    pub fn to<R: Into<String>>(self, roles: impl IntoIterator<Item = R>) -> Self {
        Self { roles: roles.into_iter().map(Into::into).collect(), ..self }
    }

    /// The condition for rows that are read, an expression of SQL.
    #[must_use]
    pub fn using(self, expression: &str) -> Self {
        Self { conditions: format!("{} USING ({expression})", self.conditions), ..self }
    }

    /// The condition for rows that are written, an expression of SQL.
    #[must_use]
    pub fn with_check(self, expression: &str) -> Self {
        Self { conditions: format!("{} WITH CHECK ({expression})", self.conditions), ..self }
    }
}

impl From<Policy> for EntityObject {
    fn from(policy: Policy) -> Self {
        let restrictive = if policy.is_restrictive { " AS RESTRICTIVE" } else { "" };
        let command = policy.command.map(|command| format!(" FOR {command}")).unwrap_or_default();
        let roles = if policy.roles.is_empty() { String::new() } else { format!(" TO {}", list(policy.roles)) };
        let statement = format!(
            "CREATE POLICY {} ON {}{restrictive}{command}{roles}{}",
            name(&policy.name),
            table(&policy.table),
            policy.conditions
        );
        only_postgres(format!("policy `{}` of `{}`", policy.name, policy.table), statement)
    }
}

/// A function, declared by the statement that creates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function(EntityObject);

/// A trigger, declared by the statement that creates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger(EntityObject);

macro_rules! by_statement {
    ($($kind:ident),*) => {$(
        impl $kind {
            /// Declares it on every database with the same statement.
            #[must_use]
            pub fn new(statement: impl Into<String>) -> Self {
                Self(EntityObject::new(statement))
            }

            /// Declares it on one database system only.
            #[must_use]
            pub fn only(backend: DbBackend, statement: impl Into<String>) -> Self {
                Self(EntityObject::only(backend, statement))
            }

            /// Declares another statement for one database system.
            #[must_use]
            pub fn on(self, backend: DbBackend, statement: impl Into<String>) -> Self {
                Self(self.0.on(backend, statement))
            }
        }

        impl From<$kind> for EntityObject {
            fn from($kind(object): $kind) -> Self {
                object
            }
        }
    )*};
}

by_statement!(Function, Trigger);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(object: impl Into<EntityObject>, title: &str, statement: &str) {
        let object = object.into();
        assert_eq!(object.title(DbBackend::Postgres), title);
        assert_eq!(object.statement(DbBackend::Postgres).as_deref(), Some(statement));
        assert_eq!(object.statement(DbBackend::Sqlite), None, "only PostgreSQL has it");
    }

    #[test]
    fn declarations_are_statements() {
        check(Extension::new("citext"), "extension `citext`", "CREATE EXTENSION IF NOT EXISTS \"citext\"");
        check(
            Extension::new("hstore").schema("a\"b"),
            "extension `hstore`",
            "CREATE EXTENSION IF NOT EXISTS \"hstore\" WITH SCHEMA \"a\"\"b\"",
        );
        check(
            Domain::new("email", "text").default("''").not_null().check("at", "VALUE LIKE '%@%'"),
            "domain `email`",
            "CREATE DOMAIN \"email\" AS text DEFAULT '' NOT NULL CONSTRAINT \"at\" CHECK (VALUE LIKE '%@%')",
        );
        check(
            Sequence::new(TableName::within("s", "n")).start(5).increment(-1).range(-9, 9).cycle(),
            "sequence `s.n`",
            "CREATE SEQUENCE \"s\".\"n\" START WITH 5 INCREMENT BY -1 MINVALUE -9 MAXVALUE 9 CYCLE",
        );
        check(
            Grant::new(["SELECT", "UPDATE"], "t", "app").columns(["a", "b"]),
            "grant to `app` on `t`",
            "GRANT SELECT (\"a\", \"b\"), UPDATE (\"a\", \"b\") ON \"t\" TO \"app\"",
        );
        check(Grant::new(["ALL"], "t", "public"), "grant to `public` on `t`", "GRANT ALL ON \"t\" TO PUBLIC");
        check(
            Policy::new("own", "t").restrictive().command("UPDATE").to(["x"]).using("a").with_check("b"),
            "policy `own` of `t`",
            "CREATE POLICY \"own\" ON \"t\" AS RESTRICTIVE FOR UPDATE TO \"x\" USING (a) WITH CHECK (b)",
        );
    }

    #[test]
    fn a_function_has_variants() {
        let function =
            Function::only(DbBackend::Postgres, "CREATE FUNCTION f …").on(DbBackend::MySql, "CREATE FUNCTION g …");
        let object = EntityObject::from(function);
        assert_eq!(object.statement(DbBackend::MySql).as_deref(), Some("CREATE FUNCTION g …"));
        assert_eq!(object.statement(DbBackend::Sqlite), None);
    }
}
