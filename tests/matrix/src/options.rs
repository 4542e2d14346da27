//! Properties that a comparison ignores.

use std::collections::BTreeSet;

use seachange::schema::{KeptOptions, Schema};

/// The options of all tables and their parts, as text.
pub(crate) fn options(schema: &Schema) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, table) in &schema.tables {
        let mut add = |part: &str, options: &KeptOptions| {
            if !options.is_empty() {
                found.insert(format!("{name}.{part}: {}", options.0));
            }
        };
        add("", &table.options);
        table.columns.iter().for_each(|column| add(&column.name, &column.options));
        table.indexes.iter().for_each(|index| add(&index.name, &index.options));
        table.checks.iter().for_each(|check| add(check.name.as_deref().unwrap_or_default(), &check.options));
        table.foreign_keys.iter().for_each(|key| add(key.name.as_deref().unwrap_or_default(), &key.options));
    }
    found
}
