//! A schema as a text that a reader can compare with the statements that made it.

use std::fmt::Write;

use seachange::schema::{
    AutoIncrement, Column, Deferrable, Expression, ForeignKey, Index, IndexKey, IndexPart, ReferentialAction, Schema,
    Table,
};

/// All objects of a schema, one line for each.
pub(super) fn describe(schema: &Schema) -> String {
    let mut lines = Vec::new();
    for enumeration in schema.enumerations.values() {
        lines.push(format!(
            "type {} {:?}{}",
            enumeration.name,
            enumeration.values,
            named("comment", &enumeration.comment)
        ));
    }
    for table in schema.tables.values() {
        lines.push(format!("table {}{}", table.name, named("comment", &table.comment)));
        lines.extend(contents(table).into_iter().map(|line| format!("    {line}")));
    }
    lines.join("\n")
}

fn contents(table: &Table) -> Vec<String> {
    let mut lines: Vec<String> = table.columns.iter().map(column).collect();
    lines.extend(table.primary_key.iter().map(|key| format!("primary key {:?} {:?}", key.name, key.columns)));
    lines.extend(table.uniques.iter().map(|unique| {
        let nulls = if unique.nulls_not_distinct { " nulls not distinct" } else { "" };
        format!("unique {:?} {:?}{nulls}{}", unique.name, unique.columns, deferrable(unique.deferrable))
    }));
    lines.extend(table.foreign_keys.iter().map(foreign_key));
    lines.extend(table.checks.iter().map(|check| format!("check {:?} {}", check.name, expression(&check.expression))));
    lines.extend(table.exclusions.iter().map(|exclusion| format!("{} {}", exclusion.name, exclusion.definition)));
    lines.extend(table.indexes.iter().map(index));
    lines
}

fn column(column: &Column) -> String {
    let mut line = format!("{:?} {} = {:?}", column.name, column.column_type.text, column.column_type.kind);
    line.push_str(if column.nullable { "" } else { " not null" });
    if let Some(default) = &column.default {
        let _ = write!(line, " default {}", expression(default));
    }
    if let Some(generated) = &column.generated {
        let stored = if generated.stored { "stored" } else { "virtual" };
        let _ = write!(line, " {stored} as {}", expression(&generated.expression));
    }
    match &column.auto_increment {
        None => {}
        Some(AutoIncrement::Identity { always, options }) => {
            let _ = write!(line, " identity always: {always} {options:?}");
        }
        Some(other) => {
            let _ = write!(line, " {other:?}");
        }
    }
    if let Some(on_update) = &column.on_update {
        let _ = write!(line, " on update {}", expression(on_update));
    }
    line + &named("collation", &column.collation) + &named("comment", &column.comment)
}

fn foreign_key(key: &ForeignKey) -> String {
    let action = |word: &str, action: ReferentialAction| match action {
        ReferentialAction::NoAction => String::new(),
        other => format!(" on {word} {other:?}"),
    };
    format!(
        "foreign key {:?} {:?} -> {} {:?}{}{}{}",
        key.name,
        key.columns,
        key.referenced_table,
        key.referenced_columns,
        action("delete", key.on_delete),
        action("update", key.on_update),
        deferrable(key.deferrable)
    )
}

fn index(index: &Index) -> String {
    let parts: Vec<String> = index.parts.iter().map(part).collect();
    let mut line =
        format!("{}index {:?} ({})", if index.unique { "unique " } else { "" }, index.name, parts.join(", "));
    line.push_str(&named("using", &index.method));
    if !index.include.is_empty() {
        let _ = write!(line, " include {:?}", index.include);
    }
    if index.nulls_not_distinct {
        line.push_str(" nulls not distinct");
    }
    if let Some(predicate) = &index.predicate {
        let _ = write!(line, " where {}", expression(predicate));
    }
    line
}

fn part(part: &IndexPart) -> String {
    let key = match &part.key {
        IndexKey::Column(name) => format!("{name:?}"),
        IndexKey::Expression(key) => expression(key),
    };
    let length = part.length.map(|length| format!("({length})")).unwrap_or_default();
    let nulls = part.nulls_first.map(|first| if first { " nulls first" } else { " nulls last" }).unwrap_or_default();
    let order = if part.descending { " desc" } else { "" };
    key + &length + &named("collation", &part.collation) + &named("class", &part.operator_class) + order + nulls
}

/// The text that is written, and the compared text where it differs.
fn expression(expression: &Expression) -> String {
    if expression.text == expression.normal {
        format!("«{}»", expression.text)
    } else {
        format!("«{}» = «{}»", expression.text, expression.normal)
    }
}

fn deferrable(deferrable: Option<Deferrable>) -> String {
    deferrable.map(|when| format!(" deferrable {when:?}")).unwrap_or_default()
}

fn named(word: &str, value: &Option<String>) -> String {
    value.as_ref().map(|value| format!(" {word} {value:?}")).unwrap_or_default()
}
