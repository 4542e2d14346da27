// The tables of a service in its old and its new version. The crate under test and the test itself include this file.

/// A table in one of the versions.
pub(crate) struct VersionTable {
    pub(crate) statement: TableCreateStatement,
    pub(crate) indexes: Vec<IndexCreateStatement>,
}

/// What changes between the versions.
pub(crate) struct TableChange {
    pub(crate) name: &'static str,
    pub(crate) old: Option<VersionTable>,
    pub(crate) new: Option<VersionTable>,
}

/// A table with an id and these columns.
fn table(name: &'static str, columns: Vec<ColumnDef>) -> VersionTable {
    let mut statement = Table::create();
    statement.table(name).col(ColumnDef::new("id").integer().not_null().primary_key());
    for column in columns {
        statement.col(column);
    }
    VersionTable { statement: statement.to_owned(), indexes: Vec::new() }
}

fn indexed(mut table: VersionTable, name: &'static str, column: &'static str, is_unique: bool) -> VersionTable {
    let of = table.statement.get_table_name().cloned().expect("the name of a table");
    let mut index = Index::create();
    index.name(name).table(of).col(column);
    if is_unique {
        index.unique();
    }
    table.indexes.push(index.to_owned());
    table
}

fn text(name: &'static str, length: u32) -> ColumnDef {
    ColumnDef::new(name).string_len(length).to_owned()
}

fn number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().to_owned()
}

fn required(mut column: ColumnDef) -> ColumnDef {
    column.not_null().to_owned()
}

fn defaulted(mut column: ColumnDef, default: i32) -> ColumnDef {
    column.not_null().default(default).to_owned()
}

/// A table that numbers its rows, by numbers of eight bytes or of four.
fn numbered(name: &'static str, is_big: bool, columns: Vec<ColumnDef>) -> VersionTable {
    let mut id = ColumnDef::new("id");
    let id = if is_big { id.big_integer() } else { id.integer() };
    let mut statement = Table::create();
    statement.table(name).col(id.not_null().auto_increment().primary_key());
    for column in columns {
        statement.col(column);
    }
    VersionTable { statement: statement.to_owned(), indexes: Vec::new() }
}

/// A numbered table whose rows refer to those of another one, and to those of the same table.
fn family(name: &'static str, parents: &'static str, is_big: bool) -> VersionTable {
    let number = |name: &'static str| {
        let mut column = ColumnDef::new(name);
        if is_big { column.big_integer().to_owned() } else { column.integer().to_owned() }
    };
    let mut table = numbered(name, is_big, vec![number("parent_id"), number("number_first")]);
    for (column, referenced) in [("parent_id", parents), ("number_first", name)] {
        let mut key = ForeignKey::create();
        key.name(format!("fk-{name}-{column}")).from(name, column).to(referenced, "id");
        table.statement.foreign_key(&mut key);
    }
    indexed(indexed(table, "family_by_parent", "parent_id", false), "family_by_first", "number_first", false)
}

/// A table of rows below those of `parents`, with an index for the checks of the foreign key.
fn below_parents(name: &'static str, index: &'static str) -> VersionTable {
    indexed(table(name, vec![number("parent_id")]), index, "parent_id", false)
}

/// As [`below_parents`], with the foreign key.
fn referring(name: &'static str, index: &'static str) -> VersionTable {
    let mut table = below_parents(name, index);
    let mut key = ForeignKey::create();
    key.name(format!("fk-{name}")).from(name, "parent_id").to("parents", "id");
    table.statement.foreign_key(&mut key);
    table
}

/// All changes. Columns whose names begin with `number` hold numbers in both versions, whatever their types are.
pub(crate) fn changes() -> Vec<TableChange> {
    let change = |name, old: Vec<ColumnDef>, new: Vec<ColumnDef>| TableChange {
        name,
        old: Some(table(name, old)),
        new: Some(table(name, new)),
    };
    let big = |name: &'static str| ColumnDef::new(name).big_integer().to_owned();
    let decimal = |digits, places| ColumnDef::new("number_price").decimal_len(digits, places).to_owned();
    vec![
        change("parents", vec![text("a", 40)], vec![text("a", 40)]),
        change("renamed", vec![text("title", 40)], vec![text("headline", 40)]),
        change("renamed_required", vec![required(text("name", 40))], vec![required(text("full_name", 40))]),
        change("renamed_typed", vec![defaulted(number("number_old"), 0)], vec![defaulted(big("number_new"), 0)]),
        change("wider_number", vec![defaulted(number("number_a"), 0)], vec![defaulted(big("number_a"), 0)]),
        change("wider_text", vec![text("a", 20)], vec![text("a", 100)]),
        change("to_text", vec![text("a", 20)], vec![ColumnDef::new("a").text().to_owned()]),
        change("number_to_text", vec![number("number_a")], vec![text("number_a", 20)]),
        change("precise", vec![decimal(8, 2)], vec![decimal(12, 4)]),
        change("split", vec![required(text("whole", 40))], vec![required(text("of_turn", 20)), text("of_id", 20)]),
        change("merged", vec![text("of_turn", 20), required(text("of_id", 20))], vec![required(text("whole", 40))]),
        change("added", vec![text("a", 20)], vec![text("a", 20), text("b", 20)]),
        change("added_default", vec![text("a", 20)], vec![text("a", 20), defaulted(number("number_b"), 7)]),
        change("added_required", vec![text("a", 20)], vec![text("a", 20), required(text("b", 20))]),
        change("dropped", vec![text("a", 20), text("b", 20)], vec![text("a", 20)]),
        change("dropped_required", vec![text("a", 20), required(number("number_b"))], vec![text("a", 20)]),
        change("becomes_required", vec![text("a", 20)], vec![required(text("a", 20))]),
        change("becomes_optional", vec![required(text("a", 20))], vec![text("a", 20)]),
        change("other_default", vec![defaulted(number("number_a"), 1)], vec![defaulted(number("number_a"), 2)]),
        TableChange {
            name: "index_added",
            old: Some(table("index_added", vec![text("a", 20)])),
            new: Some(indexed(table("index_added", vec![text("a", 20)]), "added_by_a", "a", false)),
        },
        TableChange {
            name: "unique_added",
            old: Some(table("unique_added", vec![text("a", 20)])),
            new: Some(indexed(table("unique_added", vec![text("a", 20)]), "unique_by_a", "a", true)),
        },
        TableChange {
            name: "index_dropped",
            old: Some(indexed(table("index_dropped", vec![text("a", 20)]), "dropped_by_a", "a", false)),
            new: Some(table("index_dropped", vec![text("a", 20)])),
        },
        TableChange {
            name: "refers",
            old: Some(below_parents("refers", "refers_by_parent")),
            new: Some(referring("refers", "refers_by_parent")),
        },
        TableChange {
            name: "grows",
            old: Some(numbered("grows", false, vec![text("a", 20)])),
            new: Some(numbered("grows", true, vec![text("a", 20)])),
        },
        TableChange {
            name: "grows_below",
            old: Some(family("grows_below", "grows", false)),
            new: Some(family("grows_below", "grows", true)),
        },
        TableChange { name: "created", old: None, new: Some(referring("created", "created_by_parent")) },
        TableChange { name: "table_dropped", old: Some(table("table_dropped", vec![text("a", 20)])), new: None },
    ]
}
