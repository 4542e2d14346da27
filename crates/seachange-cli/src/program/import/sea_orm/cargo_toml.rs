//! The manifest of a converted crate.

use std::collections::BTreeSet;

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, TableLike, Value};

use crate::scaffold::EngineSource;

/// The requirement for the engine's SeaORM.
const SEA_ORM: &str = "2.0";

/// What a converted crate depends on.
#[derive(Debug)]
pub(super) struct ConvertedManifest<'a> {
    /// Where the engine comes from.
    pub(super) engine: &'a EngineSource,
    /// The databases that are compiled in.
    pub(super) databases: &'a [&'a str],
    /// Whether the crate has more programs than `src/main.rs`, so that one has to be the usual one.
    pub(super) has_other_programs: bool,
    /// Whether the old crate uses SeaORM 1.
    pub(super) is_ported: bool,
    /// The workspace's declarations, which SeaORM 1 is taken from.
    pub(super) workspace: Option<&'a DocumentMut>,
}

impl ConvertedManifest<'_> {
    /// The text of the manifest of the crate: with the engine, the build script and the command line.
    ///
    /// # Errors
    ///
    /// The part that is not as cargo expects it.
    pub(super) fn convert(&self, manifest: &DocumentMut) -> Result<DocumentMut, String> {
        let mut document = manifest.clone();
        let name = text(&document, &["package", "name"]).unwrap_or_default();
        if self.is_ported {
            ["sea-orm", "sea-orm-migration"].iter().for_each(|package| self.port(&mut document, package));
        }
        let dependencies = table(&mut document, "dependencies")?;
        if !dependencies.contains_key("seachange") {
            let features: Array = self.databases.iter().copied().collect();
            let without_defaults = !matches!(self.engine, EngineSource::Workspace);
            let mut engine = self.requirement("seachange");
            if without_defaults {
                engine.insert("default-features", Value::from(false));
            }
            engine.insert("features", Value::Array(features));
            dependencies.insert("seachange", Item::Value(Value::InlineTable(engine)));
        }
        let build = table(&mut document, "build-dependencies")?;
        if !build.contains_key("seachange-source") {
            let requirement = self.requirement("seachange-source");
            build.insert("seachange-source", Item::Value(Value::InlineTable(requirement)));
        }
        add_feature(table(&mut document, "features")?)?;
        let program = add_program(&mut document, &name)?;
        if self.has_other_programs {
            let package = table(&mut document, "package")?;
            package.entry("default-run").or_insert(Item::Value(Value::from(program)));
        }
        Ok(document)
    }

    fn requirement(&self, package: &str) -> toml_edit::InlineTable {
        let text = format!("a = {{ {} }}", self.engine.requirement(package));
        let parsed = text.parse::<DocumentMut>().ok();
        let table = parsed.as_ref().and_then(|document| document.get("a")?.as_inline_table().cloned());
        let mut table = table.unwrap_or_default();
        table.fmt();
        table
    }

    /// Requires SeaORM 2, with the same features.
    fn port(&self, document: &mut DocumentMut, package: &str) {
        let inherited =
            self.workspace.and_then(|workspace| workspace.get("workspace")?.get("dependencies")?.get(package).cloned());
        let dependencies = document.get_mut("dependencies").and_then(Item::as_table_like_mut);
        let Some(dependencies) = dependencies else { return };
        let Some(item) = dependencies.get(package) else { return };
        let mut features: Vec<String> = features(item);
        let mut defaults = item.get("default-features").and_then(Item::as_bool);
        if item.get("workspace").and_then(Item::as_bool) == Some(true) {
            let inherited = inherited.unwrap_or_default();
            features.extend(self::features(&inherited));
            defaults = inherited.get("default-features").and_then(Item::as_bool);
        }
        let mut known = BTreeSet::new();
        let features = features.iter().map(|feature| tokio_feature(feature));
        let features: Array = features.filter(|feature| known.insert(feature.clone())).collect();
        let mut table = toml_edit::InlineTable::new();
        table.insert("version", Value::from(SEA_ORM));
        defaults.into_iter().for_each(|value| _ = table.insert("default-features", Value::from(value)));
        if !features.is_empty() {
            table.insert("features", Value::Array(features));
        }
        // A table of its own has a key of another shape.
        dependencies.remove(package);
        dependencies.insert(package, Item::Value(Value::InlineTable(table)));
    }
}

/// The features of a dependency.
fn features(item: &Item) -> Vec<String> {
    let features = item.get("features").and_then(Item::as_array).into_iter().flatten();
    features.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The feature for the runtime that the engine uses: two runtimes exclude each other.
fn tokio_feature(feature: &str) -> String {
    ["runtime-async-std", "runtime-actix"]
        .iter()
        .find_map(|old| feature.strip_prefix(old))
        .map_or_else(|| feature.to_owned(), |tls| format!("runtime-tokio{tls}"))
}

fn text(document: &DocumentMut, path: &[&str]) -> Option<String> {
    let item = path.iter().try_fold(document.as_item(), |item, key| item.get(key))?;
    item.as_str().map(str::to_owned)
}

/// A table at the top level, made if it is missing.
fn table<'a>(document: &'a mut DocumentMut, name: &str) -> Result<&'a mut dyn TableLike, String> {
    let item = document.entry(name).or_insert(Item::Table(Table::new()));
    item.as_table_like_mut().ok_or_else(|| format!("`{name}` is not a table"))
}

/// The feature `cli`, which is on by default.
fn add_feature(features: &mut dyn TableLike) -> Result<(), String> {
    for (name, value) in [("default", "cli"), ("cli", "seachange/cli")] {
        let list = features.entry(name).or_insert(Item::Value(Value::Array(Array::new())));
        let list = list.as_array_mut().ok_or_else(|| format!("the feature `{name}` is not a list"))?;
        if !list.iter().filter_map(Value::as_str).any(|own| own == value) {
            list.push(value);
        }
    }
    Ok(())
}

/// The program `src/main.rs` is built with the command line only. Returns its name.
fn add_program(document: &mut DocumentMut, package: &str) -> Result<String, String> {
    let programs = document.entry("bin").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let programs = programs.as_array_of_tables_mut().ok_or("`bin` is not a list of tables")?;
    let is_main = |table: &Table| {
        let path = table.get("path").and_then(Item::as_str);
        path.map_or_else(|| table.get("name").and_then(Item::as_str) == Some(package), |path| path == "src/main.rs")
    };
    if let Some(own) = programs.iter_mut().find(|table| is_main(table)) {
        own.entry("required-features").or_insert(Item::Value(Value::Array(["cli"].into_iter().collect())));
        return Ok(own.get("name").and_then(Item::as_str).unwrap_or(package).to_owned());
    }
    let mut own = Table::new();
    own.insert("name", Item::Value(Value::from(package)));
    own.insert("path", Item::Value(Value::from("src/main.rs")));
    own.insert("required-features", Item::Value(Value::Array(["cli"].into_iter().collect())));
    programs.push(own);
    Ok(package.to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::ConvertedManifest;
    use crate::scaffold::EngineSource;

    fn converted(text: &str, is_ported: bool) -> String {
        let workspace =
            "[workspace.dependencies]\nsea-orm-migration = { version = \"1.1\", features = [\"sqlx-sqlite\"] }\n";
        let workspace = workspace.parse().unwrap();
        let own = ConvertedManifest {
            engine: &EngineSource::Registry("crates-io".to_owned()),
            databases: &["sqlite"],
            has_other_programs: is_ported && text.contains("seed = []"),
            is_ported,
            workspace: Some(&workspace),
        };
        own.convert(&text.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_manifest_as_sea_orm_cli_writes_it() {
        let text = "[package]
name = \"migration\"
version = \"0.1.0\"
edition = \"2021\"

[lib]
name = \"migration\"
path = \"src/lib.rs\"

[dependencies]
tokio = { version = \"1\", features = [\"macros\"] }

[dependencies.sea-orm-migration]
version = \"1.1.0\"
features = [
    # the runtime
    \"runtime-async-std-rustls\",
    \"sqlx-postgres\",
]
";
        insta::assert_snapshot!(converted(text, true), @r#"
        [package]
        name = "migration"
        version = "0.1.0"
        edition = "2021"

        [lib]
        name = "migration"
        path = "src/lib.rs"

        [dependencies]
        tokio = { version = "1", features = ["macros"] }
        sea-orm-migration = { version = "2.0", features = ["runtime-tokio-rustls", "sqlx-postgres"] }
        seachange = { version = "0.1.0", default-features = false, features = ["sqlite"] }

        [build-dependencies]
        seachange-source = { version = "0.1.0" }

        [features]
        default = ["cli"]
        cli = ["seachange/cli"]

        [[bin]]
        name = "migration"
        path = "src/main.rs"
        required-features = ["cli"]
        "#);
    }

    #[test]
    fn what_is_there_stays() {
        let text = "[package]
name = \"db\"

[features]
default = [\"seed\"]
seed = []

[[bin]]
name = \"migrate\"
path = \"src/main.rs\"

[dependencies]
sea-orm-migration = { workspace = true, features = [\"with-uuid\"] } # ours
";
        insta::assert_snapshot!(converted(text, true), @r#"
        [package]
        name = "db"
        default-run = "migrate"

        [features]
        default = ["seed", "cli"]
        seed = []
        cli = ["seachange/cli"]

        [[bin]]
        name = "migrate"
        path = "src/main.rs"
        required-features = ["cli"]

        [dependencies]
        sea-orm-migration = { version = "2.0", features = ["with-uuid", "sqlx-sqlite"] }
        seachange = { version = "0.1.0", default-features = false, features = ["sqlite"] }

        [build-dependencies]
        seachange-source = { version = "0.1.0" }
        "#);
        assert!(
            converted(text, false)
                .contains("sea-orm-migration = { workspace = true, features = [\"with-uuid\"] } # ours")
        );
    }
}
