//! Differences as text, for people and for programs.

mod list;

use std::collections::BTreeMap;
use std::fmt;
use std::iter::successors;

pub use self::list::differences;
use super::operation::{SchemaOperation, TableChange};
use crate::schema::{
    AutoIncrement, Check, Column, DatabaseObject, Deferrable, EnumType, ForeignKey, Generated, Index, IndexKey,
    IndexPart, ObjectKind, ReferentialAction, TableName, Unique,
};

/// One difference between a database and the entities.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Difference {
    /// What differs.
    pub kind: DifferenceKind,
    /// The table that differs; `None` for an enumerated type.
    pub table: Option<TableName>,
    /// The name of the column, index, constraint or type that differs, if it has a name.
    pub name: Option<String>,
    /// What the database has; `None` if it has nothing.
    pub database: Option<String>,
    /// What the entities describe; `None` if they describe nothing.
    pub entities: Option<String>,
}

/// The object or property that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DifferenceKind {
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
    /// The expression of a generated column.
    Generated,
    /// How a column numbers rows.
    AutoIncrement,
    /// The value that a column gets when its row changes.
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
    /// An object that is neither a table nor part of one.
    Object(ObjectKind),
}

impl DifferenceKind {
    /// The word for programs, such as `foreign_key`. It is the same in every version.
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
            Self::Object(kind) => kind.word(),
        }
    }

    /// The kind that a [word](Self::word) names.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::all().find(|kind| kind.word() == word)
    }

    /// All kinds, in the order of their definition.
    pub fn all() -> impl Iterator<Item = Self> {
        successors(Some(Self::Table), |kind| kind.next())
    }

    /// The kind after this one. A new kind does not compile without a place in this order.
    const fn next(self) -> Option<Self> {
        Some(match self {
            Self::Table => Self::Column,
            Self::Column => Self::Type,
            Self::Type => Self::Nullability,
            Self::Nullability => Self::Default,
            Self::Default => Self::Generated,
            Self::Generated => Self::AutoIncrement,
            Self::AutoIncrement => Self::OnUpdate,
            Self::OnUpdate => Self::Collation,
            Self::Collation => Self::Comment,
            Self::Comment => Self::PrimaryKey,
            Self::PrimaryKey => Self::Unique,
            Self::Unique => Self::Index,
            Self::Index => Self::ForeignKey,
            Self::ForeignKey => Self::Check,
            Self::Check => Self::Exclusion,
            Self::Exclusion => Self::Enumeration,
            Self::Enumeration => Self::Object(ObjectKind::Extension),
            Self::Object(kind) => Self::Object(match kind {
                ObjectKind::Extension => ObjectKind::Type,
                ObjectKind::Type => ObjectKind::Domain,
                ObjectKind::Domain => ObjectKind::Sequence,
                ObjectKind::Sequence => ObjectKind::Function,
                ObjectKind::Function => ObjectKind::Procedure,
                ObjectKind::Procedure => ObjectKind::Partition,
                ObjectKind::Partition => ObjectKind::Inheritance,
                ObjectKind::Inheritance => ObjectKind::View,
                ObjectKind::View => ObjectKind::MaterializedView,
                ObjectKind::MaterializedView => ObjectKind::VirtualTable,
                ObjectKind::VirtualTable => ObjectKind::Rule,
                ObjectKind::Rule => ObjectKind::Trigger,
                ObjectKind::Trigger => ObjectKind::RowLevelSecurity,
                ObjectKind::RowLevelSecurity => ObjectKind::Policy,
                ObjectKind::Policy => ObjectKind::Statistics,
                ObjectKind::Statistics => ObjectKind::PublishedTable,
                ObjectKind::PublishedTable => ObjectKind::Storage,
                ObjectKind::Storage => ObjectKind::Comment,
                ObjectKind::Comment => ObjectKind::Grant,
                ObjectKind::Grant => ObjectKind::Event,
                ObjectKind::Event => return None,
            }),
        })
    }
}

/// Writes the difference for messages: ``type of `posts.title`: varchar(200) instead of varchar(255)``.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place: Vec<String> = self.table.iter().map(ToString::to_string).chain(self.name.clone()).collect();
        write!(f, "{} `{}`", self.kind, place.join("."))?;
        match (&self.database, &self.entities) {
            (Some(found), Some(expected)) => write!(f, ": {found} instead of {expected}"),
            (Some(found), None) => write!(f, ": {found}, which should not be there"),
            (None, Some(expected)) => write!(f, ": missing: {expected}"),
            (None, None) => Ok(()),
        }
    }
}

/// The word for people, such as `foreign key`.
impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word().replace('_', " "))
    }
}

/// The differences that each operation removes. The two operations that give an object another form have the same
/// difference.
pub(super) fn by_operation(operations: &[SchemaOperation]) -> Vec<Vec<Difference>> {
    let all = differences(operations);
    let objects = all.iter().filter(|difference| matches!(difference.kind, DifferenceKind::Object(_)));
    let objects: BTreeMap<_, _> = objects.map(|own| ((own.kind, &own.table, &own.name), own)).collect();
    let merged = |own: Difference| {
        let whole = objects.get(&(own.kind, &own.table, &own.name)).map(|whole| (*whole).clone());
        whole.unwrap_or(own)
    };
    operations.iter().map(|operation| of_operation(operation).into_iter().map(merged).collect()).collect()
}

fn of_operation(operation: &SchemaOperation) -> Vec<Difference> {
    match operation {
        SchemaOperation::CreateEnumeration(new) => vec![enumeration(None, Some(new))],
        SchemaOperation::DropEnumeration(old) => vec![enumeration(Some(old), None)],
        SchemaOperation::AlterEnumeration { from, to, .. } => vec![enumeration(Some(from), Some(to))],
        SchemaOperation::CreateTable(table) => vec![whole_table(&table.name, None, Some(columns(&table.columns)))],
        SchemaOperation::DropTable(table) => vec![whole_table(&table.name, Some(columns(&table.columns)), None)],
        SchemaOperation::RenameTable { from, to } => {
            vec![whole_table(to, Some(from.to_string()), Some(to.to_string()))]
        }
        SchemaOperation::CreateIndex { table, index } => vec![TableContext(table).index(None, Some(index))],
        SchemaOperation::DropIndex { table, index } => vec![TableContext(table).index(Some(index), None)],
        SchemaOperation::Change { table, change } => TableContext(table).change(change),
        SchemaOperation::CreateObject(new) => vec![object(None, Some(new))],
        SchemaOperation::DropObject(old) => vec![object(Some(old), None)],
        SchemaOperation::ReplaceObject { from, to } => vec![object(Some(from), Some(to))],
        SchemaOperation::SuspendObject(_) | SchemaOperation::RestoreObject(_) => Vec::new(),
    }
}

/// The difference between two definitions of an object, at least one of which is there.
pub(super) fn object(old: Option<&DatabaseObject>, new: Option<&DatabaseObject>) -> Difference {
    let name = new.or(old).map(|object| &object.name);
    let text = |object: &DatabaseObject| {
        let words: Vec<_> = object.create.iter().flat_map(|statement| statement.split_whitespace()).collect();
        words.join(" ")
    };
    Difference {
        kind: DifferenceKind::Object(name.map_or(ObjectKind::View, |name| name.kind)),
        table: name.and_then(|name| name.owner.clone()),
        name: name.map(|name| match &name.arguments {
            Some(arguments) => format!("{}({arguments})", name.name),
            None => name.name.to_string(),
        }),
        database: old.map(text),
        entities: new.map(text),
    }
}

fn whole_table(name: &TableName, database: Option<String>, entities: Option<String>) -> Difference {
    Difference { kind: DifferenceKind::Table, table: Some(name.clone()), name: None, database, entities }
}

fn enumeration(old: Option<&EnumType>, new: Option<&EnumType>) -> Difference {
    let values = |enumeration: &EnumType| enumeration.values.join(", ");
    Difference {
        kind: DifferenceKind::Enumeration,
        table: None,
        name: new.or(old).map(|enumeration| enumeration.name.to_string()),
        database: old.map(values),
        entities: new.map(values),
    }
}

/// The table that has the differences.
#[derive(Clone, Copy)]
struct TableContext<'a>(&'a TableName);

impl TableContext<'_> {
    fn difference(
        self,
        kind: DifferenceKind,
        name: Option<&str>,
        database: Option<String>,
        entities: Option<String>,
    ) -> Difference {
        Difference { kind, table: Some(self.0.clone()), name: name.map(str::to_owned), database, entities }
    }

    fn change(self, change: &TableChange) -> Vec<Difference> {
        let one = |kind, name: Option<&str>, database, entities| vec![self.difference(kind, name, database, entities)];
        match change {
            TableChange::RenameColumn { from, to } => {
                one(DifferenceKind::Column, Some(to), Some(from.clone()), Some(to.clone()))
            }
            TableChange::AddColumn(new) => one(DifferenceKind::Column, Some(&new.name), None, Some(column(new))),
            TableChange::DropColumn(old) => one(DifferenceKind::Column, Some(&old.name), Some(column(old)), None),
            TableChange::ModifyColumn { from, to } => self.column(from, to),
            TableChange::AddPrimaryKey(key) => one(DifferenceKind::PrimaryKey, None, None, Some(list(&key.columns))),
            TableChange::DropPrimaryKey(key) => one(DifferenceKind::PrimaryKey, None, Some(list(&key.columns)), None),
            TableChange::AddUnique(new) => one(DifferenceKind::Unique, new.name.as_deref(), None, Some(unique(new))),
            TableChange::DropUnique(old) => one(DifferenceKind::Unique, old.name.as_deref(), Some(unique(old)), None),
            TableChange::AddForeignKey(new) => {
                one(DifferenceKind::ForeignKey, new.name.as_deref(), None, Some(foreign_key(new)))
            }
            TableChange::DropForeignKey(old) => {
                one(DifferenceKind::ForeignKey, old.name.as_deref(), Some(foreign_key(old)), None)
            }
            TableChange::AddCheck(new) => one(DifferenceKind::Check, new.name.as_deref(), None, Some(check(new))),
            TableChange::DropCheck(old) => one(DifferenceKind::Check, old.name.as_deref(), Some(check(old)), None),
            TableChange::AddExclusion(new) => {
                one(DifferenceKind::Exclusion, Some(&new.name), None, Some(new.definition.clone()))
            }
            TableChange::DropExclusion(old) => {
                one(DifferenceKind::Exclusion, Some(&old.name), Some(old.definition.clone()), None)
            }
            TableChange::Comment { from, to } => one(DifferenceKind::Comment, None, from.clone(), to.clone()),
        }
    }

    /// One difference for each property of a column.
    fn column(self, old: &Column, new: &Column) -> Vec<Difference> {
        let nullability = |column: &Column| Some(if column.nullable { "null" } else { "not null" }.to_owned());
        let default = |column: &Column| column.default.as_ref().map(|default| default.text.clone());
        let properties = [
            (DifferenceKind::Type, Some(old.column_type.text.clone()), Some(new.column_type.text.clone())),
            (DifferenceKind::Nullability, nullability(old), nullability(new)),
            (DifferenceKind::Default, default(old), default(new)),
            (DifferenceKind::Generated, old.generated.as_ref().map(generated), new.generated.as_ref().map(generated)),
            (
                DifferenceKind::AutoIncrement,
                old.auto_increment.as_ref().map(numbering),
                new.auto_increment.as_ref().map(numbering),
            ),
            (
                DifferenceKind::OnUpdate,
                old.on_update.as_ref().map(|value| value.text.clone()),
                new.on_update.as_ref().map(|value| value.text.clone()),
            ),
            (DifferenceKind::Collation, old.collation.clone(), new.collation.clone()),
            (DifferenceKind::Comment, old.comment.clone(), new.comment.clone()),
        ];
        let differing = properties.into_iter().filter(|(_, old, new)| old != new);
        differing
            .map(|(kind, old_value, new_value)| self.difference(kind, Some(&new.name), old_value, new_value))
            .collect()
    }

    fn index(self, old: Option<&Index>, new: Option<&Index>) -> Difference {
        let name = new.or(old).map(|index| index.name.as_str());
        self.difference(DifferenceKind::Index, name, old.map(index), new.map(index))
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
        "{} -> {} {}{}{}{}{}",
        list(&key.columns),
        key.referenced_table,
        list(&key.referenced_columns),
        action(" on delete", key.on_delete),
        if key.on_delete_columns.is_empty() { String::new() } else { format!(" {}", list(&key.on_delete_columns)) },
        action(" on update", key.on_update),
        deferrable(key.deferrable),
    )
}

fn action(clause: &str, action: ReferentialAction) -> String {
    let action = match action {
        ReferentialAction::NoAction => return String::new(),
        ReferentialAction::Restrict => "restrict",
        ReferentialAction::Cascade => "cascade",
        ReferentialAction::SetNull => "set null",
        ReferentialAction::SetDefault => "set default",
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
    let invalid = if index.invalid { " (invalid: its concurrent build failed)" } else { "" };
    format!("{unique}{method}({}){include}{nulls}{predicate}{invalid}", parts.join(", "))
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
