
/// The old version of tables whose keys grow, on PostgreSQL.
pub(crate) const KEYS: &str = r#"
CREATE TABLE "Odd keys" (
    "Id %" serial PRIMARY KEY,
    "it's" integer,
    CONSTRAINT "once only" UNIQUE ("it's")
);
CREATE TABLE key_pairs (
    odd integer NOT NULL,
    kind smallint NOT NULL,
    weight integer NOT NULL DEFAULT 1 CHECK (weight > 0),
    CONSTRAINT pairs_pk PRIMARY KEY (odd, kind),
    CONSTRAINT pairs_of_odd FOREIGN KEY (odd) REFERENCES "Odd keys" ("Id %") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE key_notes (
    id integer GENERATED ALWAYS AS IDENTITY (INCREMENT BY 5) PRIMARY KEY,
    odd integer,
    kind smallint,
    other integer,
    CONSTRAINT notes_of_pair FOREIGN KEY (odd, kind) REFERENCES key_pairs (odd, kind) ON DELETE CASCADE,
    CONSTRAINT notes_of_it FOREIGN KEY (other) REFERENCES "Odd keys" ("it's") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX notes_by_odd ON key_notes (odd);
CREATE UNIQUE INDEX notes_once ON key_notes (kind, other, odd);
"#;

/// The new version of these tables.
pub(crate) fn keys() -> Vec<VersionTable> {
    let big = |name: &'static str| ColumnDef::new(name).big_integer().to_owned();
    let small = |name: &'static str| ColumnDef::new(name).small_integer().to_owned();
    let mut odd = Table::create();
    odd.table("Odd keys").col(big("Id %").not_null().auto_increment().primary_key()).col(big("it's"));
    odd.index(Index::create().name("once only").unique().col("it's"));
    let mut pairs = Table::create();
    pairs.table("key_pairs").col(big("odd").not_null()).col(small("kind").not_null());
    pairs.col(defaulted(number("weight"), 1));
    pairs.primary_key(Index::create().name("pairs_pk").col("odd").col("kind").primary());
    let cascade = ForeignKeyAction::Cascade;
    let mut of_odd = ForeignKey::create();
    of_odd.name("pairs_of_odd").from("key_pairs", "odd").to("Odd keys", "Id %").on_delete(cascade).on_update(cascade);
    pairs.foreign_key(&mut of_odd);
    let mut notes = Table::create();
    notes.table("key_notes").col(big("id").not_null().auto_increment().primary_key());
    notes.col(big("odd")).col(small("kind")).col(big("other"));
    let mut of_pair = ForeignKey::create();
    of_pair.name("notes_of_pair").from_tbl("key_notes").from_col("odd").from_col("kind");
    of_pair.to_tbl("key_pairs").to_col("odd").to_col("kind").on_delete(cascade);
    let mut of_it = ForeignKey::create();
    of_it.name("notes_of_it").from("key_notes", "other").to("Odd keys", "it's");
    notes.foreign_key(&mut of_pair).foreign_key(&mut of_it);
    let index = |name: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.name(name).table("key_notes");
        for column in columns {
            index.col(*column);
        }
        index.to_owned()
    };
    let by_odd = index("notes_by_odd", &["odd"]);
    let once = index("notes_once", &["kind", "other", "odd"]).unique().to_owned();
    let plain = |statement: TableCreateStatement| VersionTable { statement, indexes: Vec::new() };
    vec![plain(odd), plain(pairs), VersionTable { statement: notes, indexes: vec![by_odd, once] }]
}
