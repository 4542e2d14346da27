//! Calls and their arguments.

use super::column::{column, cust};
use super::rust::{RustExpr, array, call, root_string, string, tuple, word};
use crate::autogenerate::code::{AlterCall, CreateTable, EnumValuePosition, NamedColumns, TableKey};
use crate::schema::{Deferrable, ForeignKey, Index, IndexKey, IndexPart, ReferentialAction, TableName};

/// Writes the name of a table or a type, with its schema if it has one.
pub(super) fn table_name(TableName { schema, name }: &TableName) -> RustExpr {
    match schema {
        Some(schema) => tuple(vec![string(schema), string(name)]),
        None => string(name),
    }
}

/// Writes a new statement: `Table::create()`.
pub(super) fn new(statement: &str) -> RustExpr {
    call(statement, Vec::new())
}

fn strings(texts: &[String]) -> RustExpr {
    array(texts.iter().map(|text| string(text)).collect())
}

/// Writes the statement that creates a table.
pub(super) fn create_table(new_table: &CreateTable) -> RustExpr {
    let mut table = new("Table::create").method("table", vec![table_name(&new_table.name)]);
    for new in &new_table.columns {
        table = table.method("col", vec![column(new)]);
    }
    table = table.method_with("primary_key", new_table.primary_key.as_ref().map(|primary| key(primary, false)));
    for unique in &new_table.uniques {
        table = table.method("index", vec![key(unique, true)]);
    }
    for key in &new_table.foreign_keys {
        table = table.method("foreign_key", vec![foreign_key(&new_table.name, key)]);
    }
    for (name, expression) in &new_table.checks {
        let expression = cust(expression);
        table = table.method(
            "check",
            vec![match name {
                Some(name) => tuple(vec![string(name), expression]),
                None => expression,
            }],
        );
    }
    let options = (!new_table.options.is_empty()).then(|| string(&new_table.options));
    let table = table.method_with("comment", new_table.comment.as_deref().map(string));
    table.method_with("extra", options).method("to_owned", Vec::new())
}

fn key(TableKey { name, columns, nulls_not_distinct }: &TableKey, unique: bool) -> RustExpr {
    let mut index = new("Index::create").method_with("name", name.as_deref().map(string));
    for column in columns {
        index = index.method("col", vec![string(column)]);
    }
    if *nulls_not_distinct {
        index = index.method("nulls_not_distinct", Vec::new());
    }
    if unique { index.method("unique", Vec::new()) } else { index }
}

/// Writes a foreign key.
fn foreign_key(table: &TableName, key: &ForeignKey) -> RustExpr {
    let mut statement = new("ForeignKey::create").method_with("name", key.name.as_deref().map(string));
    statement = match (key.columns.as_slice(), key.referenced_columns.as_slice()) {
        ([column], [referenced]) => statement
            .method("from", vec![table_name(table), string(column)])
            .method("to", vec![table_name(&key.referenced_table), string(referenced)]),
        (columns, referenced) => {
            let from = statement.method("from_tbl", vec![table_name(table)]);
            let from = columns.iter().fold(from, |from, column| from.method("from_col", vec![string(column)]));
            let to = from.method("to_tbl", vec![table_name(&key.referenced_table)]);
            referenced.iter().fold(to, |to, column| to.method("to_col", vec![string(column)]))
        }
    };
    statement.method_with("on_delete", action(key.on_delete)).method_with("on_update", action(key.on_update))
}

fn action(action: ReferentialAction) -> Option<RustExpr> {
    let action = match action {
        ReferentialAction::NoAction => return None,
        ReferentialAction::Restrict => "ForeignKeyAction::Restrict",
        ReferentialAction::Cascade => "ForeignKeyAction::Cascade",
        ReferentialAction::SetNull => "ForeignKeyAction::SetNull",
        ReferentialAction::SetDefault => "ForeignKeyAction::SetDefault",
    };
    Some(word(action))
}

/// Writes the statement that creates an index.
pub(super) fn create_index(table: &TableName, index: &Index) -> RustExpr {
    let name = vec![string(&index.name)];
    let mut statement = new("Index::create").method("name", name).method("table", vec![table_name(table)]);
    for part in &index.parts {
        statement = statement.method("col", vec![index_column(part)]);
    }
    if index.unique {
        statement = statement.method("unique", Vec::new());
    }
    statement = match index.method.as_deref() {
        None => statement,
        Some("hash") => statement.method("index_type", vec![word("IndexType::Hash")]),
        Some("fulltext") => statement.method("full_text", Vec::new()),
        Some(method) => {
            let method = root_string(method).method("into_iden", Vec::new());
            statement.method("index_type", vec![call("IndexType::Custom", vec![method])])
        }
    };
    for column in &index.include {
        statement = statement.method("include", vec![string(column)]);
    }
    if index.nulls_not_distinct {
        statement = statement.method("nulls_not_distinct", Vec::new());
    }
    let predicate = index.predicate.as_ref().map(|predicate| cust(&predicate.text));
    statement.method_with("and_where", predicate).method("to_owned", Vec::new())
}

fn index_column(part: &IndexPart) -> RustExpr {
    let mut parts = vec![match &part.key {
        IndexKey::Column(name) if part.operator_class.is_some() => root_string(name),
        IndexKey::Column(name) => string(name),
        IndexKey::Expression(expression) => cust(&expression.text),
    }];
    if matches!(part.key, IndexKey::Column(_)) {
        parts.extend(part.length.map(|length| word(length.to_string())));
    }
    parts.extend(part.descending.then(|| word("IndexOrder::Desc")));
    let only = if parts.len() == 1 { parts.pop() } else { None };
    let column = only.unwrap_or_else(|| tuple(parts));
    match &part.operator_class {
        Some(class) => {
            column.method("into_index_column", Vec::new()).method("with_operator_class", vec![string(class)])
        }
        None => column,
    }
}

/// Writes the statement that creates an enumerated type.
pub(super) fn create_type(name: &TableName, values: &[String]) -> RustExpr {
    new("extension::postgres::Type::create")
        .method("as_enum", vec![table_name(name)])
        .method("values", vec![strings(values)])
        .method("to_owned", Vec::new())
}

/// Writes the statement that drops an enumerated type.
pub(super) fn drop_type(name: &TableName) -> RustExpr {
    new("extension::postgres::Type::drop").method("name", vec![table_name(name)]).method("to_owned", Vec::new())
}

/// Writes the statement that adds a value to an enumerated type.
pub(super) fn new_value(name: &TableName, value: &str, place: &EnumValuePosition) -> RustExpr {
    let statement = new("extension::postgres::Type::alter").method("name", vec![table_name(name)]);
    let statement = statement.method("add_value", vec![string(value)]);
    match place {
        EnumValuePosition::Last => statement,
        EnumValuePosition::Before(other) => statement.method("before", vec![string(other)]),
        EnumValuePosition::After(other) => statement.method("after", vec![string(other)]),
    }
}

/// Adds a change to a chain.
pub(super) fn altered(chain: RustExpr, table: &TableName, change: &AlterCall) -> RustExpr {
    let one = |method: &str, text: &str| (method.to_owned(), vec![string(text)]);
    let two = |method: &str, first: &str, second: RustExpr| (method.to_owned(), vec![string(first), second]);
    let (method, arguments) = match change {
        AlterCall::AddColumn(new) => ("add_column".to_owned(), vec![column(new)]),
        AlterCall::ModifyColumn { new, keeps_type } => {
            let method = if *keeps_type { "modify_column_keeping_type" } else { "modify_column" };
            (method.to_owned(), vec![column(new)])
        }
        AlterCall::RenameColumn { from, to } => two("rename_column", from, string(to)),
        AlterCall::DropColumn(name) => one("drop_column", name),
        AlterCall::DropDefault(column) => one("drop_default", column),
        AlterCall::AddPrimaryKey(NamedColumns { name, columns }) => two("add_primary_key", name, strings(columns)),
        AlterCall::DropPrimaryKey(name) => one("drop_primary_key", name),
        AlterCall::AddUnique(NamedColumns { name, columns }) => two("add_unique", name, strings(columns)),
        AlterCall::DropUnique(name) => one("drop_unique", name),
        AlterCall::AddForeignKey(key) => ("add_foreign_key".to_owned(), vec![new_foreign_key(table, key)]),
        AlterCall::DropForeignKey(key) => ("drop_foreign_key".to_owned(), vec![foreign_key(table, key)]),
        AlterCall::AddCheck { name, expression } => two("add_check", name, cust(expression)),
        AlterCall::DropCheck(name) => one("drop_check", name),
        AlterCall::Comment(comment) => one("comment", comment),
        AlterCall::ColumnComment { column, comment } => two("column_comment", column, string(comment)),
    };
    chain.method(&method, arguments)
}

fn new_foreign_key(table: &TableName, key: &ForeignKey) -> RustExpr {
    let statement = foreign_key(table, key);
    let when = match key.deferrable {
        None => None,
        Some(Deferrable::Immediate) => Some("Deferrable::Immediate"),
        Some(Deferrable::Deferred) => Some("Deferrable::Deferred"),
    };
    if when.is_none() && key.on_delete_columns.is_empty() {
        return statement;
    }
    let mut new = call("NewForeignKey::from", vec![statement]);
    if let Some(when) = when {
        new = new.method("deferrable", vec![word(when)]);
    }
    if !key.on_delete_columns.is_empty() {
        new = new.method("on_delete_columns", vec![strings(&key.on_delete_columns)]);
    }
    new
}
