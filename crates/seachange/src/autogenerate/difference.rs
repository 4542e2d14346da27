//! Differences in words, for people and for programs.

use std::fmt;

use super::operation::{Change, Operation};
use crate::schema::{
    Action, AutoIncrement, Check, Column, Deferrable, Enumeration, ForeignKey, Generated, Index, IndexKey, IndexPart,
    TableName, Unique,
};

/// One difference between a database and the entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What differs.
    pub kind: Kind,
    /// The table in which it does; for an enumerated type none.
    pub table: Option<TableName>,
    /// The name of what differs, where it has one: a column, an index, a constraint, a type.
    pub name: Option<String>,
    /// What the database has; `None` where it has nothing.
    pub database: Option<String>,
    /// What the entities ask for; `None` where they ask for nothing.
    pub entities: Option<String>,
}

/// What can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A table as a whole.
    Table,
    /// A column as a whole.
    Column,
    /// The type of a column.
    Type,
    /// Whether a column may be `NULL`.
    Nullability,
    /// The default of a column.
    Default,
    /// What computes a column.
    Generated,
    /// How rows are numbered.
    AutoIncrement,
    /// What a column is set to when its row changes.
    OnUpdate,
    /// The collation of a column.
    Collation,
    /// A comment.
    Comment,
    /// The primary key.
    PrimaryKey,
    /// A unique constraint.
    Unique,
    /// An index.
    Index,
    /// A foreign key.
    ForeignKey,
    /// A check.
    Check,
    /// An exclusion constraint.
    Exclusion,
    /// An enumerated type.
    Enumeration,
}

impl Kind {
    /// The word for it, the same in every version: `foreign_key`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Type => "type",
            Self::Nullability => "nullability",
            Self::Default => "default",
            Self::Generated => "generated",
            Self::AutoIncrement => "auto_increment",
            Self::OnUpdate => "on_update",
            Self::Collation => "collation",
            Self::Comment => "comment",
            Self::PrimaryKey => "primary_key",
            Self::Unique => "unique",
            Self::Index => "index",
            Self::ForeignKey => "foreign_key",
            Self::Check => "check",
            Self::Exclusion => "exclusion",
            Self::Enumeration => "enumeration",
        }
    }
}

/// The word for people: `foreign key`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word().replace('_', " "))
    }
}

/// Tells the differences that some operations would level.
#[must_use]
pub fn differences(operations: &[Operation]) -> Vec<Difference> {
    operations.iter().flat_map(of_operation).collect()
}

fn of_operation(operation: &Operation) -> Vec<Difference> {
    match operation {
        Operation::CreateEnumeration(new) => vec![enumeration(None, Some(new))],
        Operation::DropEnumeration(old) => vec![enumeration(Some(old), None)],
        Operation::AlterEnumeration { from, to, .. } => vec![enumeration(Some(from), Some(to))],
        Operation::CreateTable(table) => vec![whole_table(&table.name, None, Some(columns(&table.columns)))],
        Operation::DropTable(table) => vec![whole_table(&table.name, Some(columns(&table.columns)), None)],
        Operation::RenameTable { from, to } => {
            vec![whole_table(to, Some(from.to_string()), Some(to.to_string()))]
        }
        Operation::CreateIndex { table, index } => vec![In(table).index(None, Some(index))],
        Operation::DropIndex { table, index } => vec![In(table).index(Some(index), None)],
        Operation::Change { table, change } => In(table).change(change),
    }
}

fn whole_table(name: &TableName, database: Option<String>, entities: Option<String>) -> Difference {
    Difference { kind: Kind::Table, table: Some(name.clone()), name: None, database, entities }
}

fn enumeration(old: Option<&Enumeration>, new: Option<&Enumeration>) -> Difference {
    let values = |enumeration: &Enumeration| enumeration.values.join(", ");
    Difference {
        kind: Kind::Enumeration,
        table: None,
        name: new.or(old).map(|enumeration| enumeration.name.to_string()),
        database: old.map(values),
        entities: new.map(values),
    }
}

/// The table in which things differ.
#[derive(Clone, Copy)]
struct In<'a>(&'a TableName);

impl In<'_> {
    fn difference(
        self,
        kind: Kind,
        name: Option<&str>,
        database: Option<String>,
        entities: Option<String>,
    ) -> Difference {
        Difference { kind, table: Some(self.0.clone()), name: name.map(str::to_owned), database, entities }
    }

    fn change(self, change: &Change) -> Vec<Difference> {
        let one = |kind, name: Option<&str>, database, entities| vec![self.difference(kind, name, database, entities)];
        match change {
            Change::RenameColumn { from, to } => one(Kind::Column, Some(to), Some(from.clone()), Some(to.clone())),
            Change::AddColumn(new) => one(Kind::Column, Some(&new.name), None, Some(column(new))),
            Change::DropColumn(old) => one(Kind::Column, Some(&old.name), Some(column(old)), None),
            Change::ModifyColumn { from, to } => self.column(from, to),
            Change::AddPrimaryKey(key) => one(Kind::PrimaryKey, None, None, Some(list(&key.columns))),
            Change::DropPrimaryKey(key) => one(Kind::PrimaryKey, None, Some(list(&key.columns)), None),
            Change::AddUnique(new) => one(Kind::Unique, new.name.as_deref(), None, Some(unique(new))),
            Change::DropUnique(old) => one(Kind::Unique, old.name.as_deref(), Some(unique(old)), None),
            Change::AddForeignKey(new) => one(Kind::ForeignKey, new.name.as_deref(), None, Some(foreign_key(new))),
            Change::DropForeignKey(old) => one(Kind::ForeignKey, old.name.as_deref(), Some(foreign_key(old)), None),
            Change::AddCheck(new) => one(Kind::Check, new.name.as_deref(), None, Some(check(new))),
            Change::DropCheck(old) => one(Kind::Check, old.name.as_deref(), Some(check(old)), None),
            Change::AddExclusion(new) => one(Kind::Exclusion, Some(&new.name), None, Some(new.definition.clone())),
            Change::DropExclusion(old) => one(Kind::Exclusion, Some(&old.name), Some(old.definition.clone()), None),
            Change::Comment { from, to } => one(Kind::Comment, None, from.clone(), to.clone()),
        }
    }

    /// One difference for each property of a column.
    fn column(self, old: &Column, new: &Column) -> Vec<Difference> {
        let nullability = |column: &Column| Some(if column.nullable { "null" } else { "not null" }.to_owned());
        let default = |column: &Column| column.default.as_ref().map(|default| default.text.clone());
        let properties = [
            (Kind::Type, Some(old.column_type.text.clone()), Some(new.column_type.text.clone())),
            (Kind::Nullability, nullability(old), nullability(new)),
            (Kind::Default, default(old), default(new)),
            (Kind::Generated, old.generated.as_ref().map(generated), new.generated.as_ref().map(generated)),
            (
                Kind::AutoIncrement,
                old.auto_increment.as_ref().map(numbering),
                new.auto_increment.as_ref().map(numbering),
            ),
            (
                Kind::OnUpdate,
                old.on_update.as_ref().map(|value| value.text.clone()),
                new.on_update.as_ref().map(|value| value.text.clone()),
            ),
            (Kind::Collation, old.collation.clone(), new.collation.clone()),
            (Kind::Comment, old.comment.clone(), new.comment.clone()),
        ];
        let differing = properties.into_iter().filter(|(_, old, new)| old != new);
        differing
            .map(|(kind, old_value, new_value)| self.difference(kind, Some(&new.name), old_value, new_value))
            .collect()
    }

    fn index(self, old: Option<&Index>, new: Option<&Index>) -> Difference {
        let name = new.or(old).map(|index| index.name.as_str());
        self.difference(Kind::Index, name, old.map(index), new.map(index))
    }
}

fn columns(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
    list(&names)
}

fn list(names: &[String]) -> String {
    format!("({})", names.join(", "))
}

fn column(column: &Column) -> String {
    let nullability = if column.nullable { "null" } else { "not null" };
    let default = column.default.as_ref().map(|default| format!("default {}", default.text));
    let others = [default, column.generated.as_ref().map(generated), column.auto_increment.as_ref().map(numbering)];
    let words = [column.column_type.text.clone(), nullability.to_owned()];
    words.into_iter().chain(others.into_iter().flatten()).collect::<Vec<_>>().join(" ")
}

fn generated(generated: &Generated) -> String {
    let kind = if generated.stored { "stored" } else { "virtual" };
    format!("generated as ({}) {kind}", generated.expression.text)
}

fn numbering(numbering: &AutoIncrement) -> String {
    match numbering {
        AutoIncrement::Rowid { autoincrement: true } => "autoincrement".to_owned(),
        AutoIncrement::Rowid { autoincrement: false } => "rowid".to_owned(),
        AutoIncrement::Counter => "auto_increment".to_owned(),
        AutoIncrement::Serial => "serial".to_owned(),
        AutoIncrement::Identity { always, options } => {
            let when = if *always { "always" } else { "by default" };
            let numbers = [
                ("start with", options.start),
                ("increment by", options.increment),
                ("minvalue", options.minimum),
                ("maxvalue", options.maximum),
                ("cache", options.cache),
            ];
            let numbers = numbers.iter().filter_map(|(word, number)| number.map(|number| format!(" {word} {number}")));
            let cycle = if options.cycle { " cycle" } else { "" };
            format!("identity {when}{}{cycle}", numbers.collect::<String>())
        }
    }
}

fn unique(unique: &Unique) -> String {
    let nulls = if unique.nulls_not_distinct { " nulls not distinct" } else { "" };
    format!("{}{nulls}{}", list(&unique.columns), deferrable(unique.deferrable))
}

fn foreign_key(key: &ForeignKey) -> String {
    format!(
        "{} -> {} {}{}{}{}",
        list(&key.columns),
        key.referenced_table,
        list(&key.referenced_columns),
        action(" on delete", key.on_delete),
        action(" on update", key.on_update),
        deferrable(key.deferrable),
    )
}

fn action(clause: &str, action: Action) -> String {
    let action = match action {
        Action::NoAction => return String::new(),
        Action::Restrict => "restrict",
        Action::Cascade => "cascade",
        Action::SetNull => "set null",
        Action::SetDefault => "set default",
    };
    format!("{clause} {action}")
}

fn deferrable(deferrable: Option<Deferrable>) -> &'static str {
    match deferrable {
        None => "",
        Some(Deferrable::Immediate) => " deferrable",
        Some(Deferrable::Deferred) => " deferrable initially deferred",
    }
}

fn check(check: &Check) -> String {
    format!("({})", check.expression.text)
}

fn index(index: &Index) -> String {
    let unique = if index.unique { "unique " } else { "" };
    let method = index.method.as_ref().map(|method| format!("using {method} ")).unwrap_or_default();
    let parts: Vec<_> = index.parts.iter().map(part).collect();
    let include = if index.include.is_empty() { String::new() } else { format!(" include {}", list(&index.include)) };
    let nulls = if index.nulls_not_distinct { " nulls not distinct" } else { "" };
    let predicate = index.predicate.as_ref().map(|predicate| format!(" where {}", predicate.text)).unwrap_or_default();
    format!("{unique}{method}({}){include}{nulls}{predicate}", parts.join(", "))
}

fn part(part: &IndexPart) -> String {
    let key = match &part.key {
        IndexKey::Column(name) => name.clone(),
        IndexKey::Expression(expression) => format!("({})", expression.text),
    };
    let length = part.length.map(|length| format!("({length})")).unwrap_or_default();
    let collation = part.collation.as_ref().map(|name| format!(" collate {name}")).unwrap_or_default();
    let class = part.operator_class.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let order = if part.descending { " desc" } else { "" };
    let nulls = match part.nulls_first {
        None => "",
        Some(true) => " nulls first",
        Some(false) => " nulls last",
    };
    format!("{key}{length}{collation}{class}{order}{nulls}")
}
