//! The queries for what columns can use: extensions, composite and range types, domains, sequences that no column owns.
//! The rows are those of [`object_queries`](super::object_queries).

use super::object_queries::{not_of_extension, properties};
use super::scope::CatalogScope;
use super::sequences::is_default;

/// The columns that name an object without a table, whose catalogue row is `row`, in the schema `n`.
fn in_schema(catalogue: &str, row: &str, kind: &str, [schema, name]: [&str; 2]) -> String {
    format!(
        "'{catalogue}', {row}.oid::int8, '{kind}', {row}.{schema}::int8, n.nspname::text, {row}.{name}::text,
            NULL::int8, NULL::text, NULL::text, NULL::text"
    )
}

/// The extensions of the database. The schema of an extension is stated unless the search path contains it.
pub(super) fn extensions() -> String {
    let is_visible = "n.nspname = ANY (current_schemas(false)) OR n.nspname = 'pg_catalog'";
    format!(
        "SELECT 'pg_extension', x.oid::int8, 'extension', NULL::int8, NULL::text, x.extname::text,
            NULL::int8, NULL::text, NULL::text, NULL::text,
            array_to_json(
                ARRAY(SELECT format('CREATE SCHEMA IF NOT EXISTS %I', n.nspname) WHERE NOT ({is_visible}))
                || ARRAY[format('CREATE EXTENSION IF NOT EXISTS %I%s', x.extname,
                    CASE WHEN {is_visible} THEN '' ELSE format(' WITH SCHEMA %I', n.nspname) END)])::text,
            format('DROP EXTENSION %I', x.extname)
        FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE x.extname <> 'plpgsql'"
    )
}

/// Composite types and range types.
pub(super) fn types(place: &CatalogScope, schemas: &str) -> String {
    let properties = properties(
        "pg_type",
        "t",
        "format('TYPE %s', t.oid::regtype)",
        Some(("format('TYPE %s', t.oid::regtype)", "t.typowner", "t.typacl")),
    );
    let multirange =
        place.since(140_000, "format(', MULTIRANGE_TYPE_NAME = %s', r.rngmultitypid::regtype)", "NULL::text");
    format!(
        "SELECT {},
            array_to_json(ARRAY[CASE WHEN t.typtype = 'c' THEN format('CREATE TYPE %s AS (%s)', t.oid::regtype,
                    (SELECT string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod), {}), ', '
                        ORDER BY a.attnum)
                    FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid
                    WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
                ELSE (SELECT format('CREATE TYPE %s AS RANGE (SUBTYPE = %s%s%s%s%s)', t.oid::regtype,
                    format_type(r.rngsubtype, NULL),
                    (SELECT format(', SUBTYPE_OPCLASS = %s.%I', quote_ident(m.nspname), o.opcname) FROM pg_opclass o
                        JOIN pg_namespace m ON m.oid = o.opcnamespace WHERE o.oid = r.rngsubopc AND NOT o.opcdefault),
                    (SELECT format(', COLLATION = %s.%I', quote_ident(m.nspname), o.collname) FROM pg_collation o
                        JOIN pg_namespace m ON m.oid = o.collnamespace JOIN pg_type b ON b.oid = r.rngsubtype
                        WHERE o.oid = r.rngcollation AND o.oid <> b.typcollation),
                    CASE WHEN r.rngsubdiff <> 0 THEN format(', SUBTYPE_DIFF = %s', r.rngsubdiff) END, {multirange})
                    FROM pg_range r WHERE r.rngtypid = t.oid) END]
                || {properties})::text,
            format('DROP TYPE %s', t.oid::regtype)
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
        WHERE t.typnamespace IN ({schemas}) AND (t.typtype = 'c' AND c.relkind = 'c' OR t.typtype = 'r') AND {}",
        in_schema("pg_type", "t", "user_defined_type", ["typnamespace", "typname"]),
        collation("a.attcollation"),
        not_of_extension("pg_type", "t.oid")
    )
}

/// The collation of a column or a domain whose type is the row `b` of `pg_type`, if it is not that of the type.
fn collation(of: &str) -> String {
    format!(
        "(SELECT format(' COLLATE %s.%I', quote_ident(m.nspname), o.collname) FROM pg_collation o
            JOIN pg_namespace m ON m.oid = o.collnamespace WHERE o.oid = {of} AND o.oid <> b.typcollation)"
    )
}

/// Domains. A check that existing values were not proven by is one of a new domain as any other.
pub(super) fn domains(schemas: &str) -> String {
    let properties = properties(
        "pg_type",
        "t",
        "format('DOMAIN %s', t.oid::regtype)",
        Some(("format('DOMAIN %s', t.oid::regtype)", "t.typowner", "t.typacl")),
    );
    format!(
        "SELECT {},
            array_to_json(ARRAY[format('CREATE DOMAIN %s AS %s%s%s%s%s', t.oid::regtype,
                    format_type(t.typbasetype, t.typtypmod), {},
                    ' DEFAULT ' || coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault),
                    CASE WHEN t.typnotnull THEN ' NOT NULL' END,
                    (SELECT string_agg(format(' CONSTRAINT %I %s', o.conname,
                        regexp_replace(pg_get_constraintdef(o.oid), ' NOT VALID$', '')), '' ORDER BY o.conname)
                        FROM pg_constraint o WHERE o.contypid = t.oid AND o.contype = 'c'))]
                || {properties})::text,
            format('DROP DOMAIN %s', t.oid::regtype)
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_type b ON b.oid = t.typbasetype
        WHERE t.typnamespace IN ({schemas}) AND t.typtype = 'd' AND {}",
        in_schema("pg_type", "t", "domain", ["typnamespace", "typname"]),
        collation("t.typcollation"),
        not_of_extension("pg_type", "t.oid")
    )
}

/// Sequences that are not part of a column, as those of `serial` and identity columns are. One that a column owns is not
/// dropped on its own: it ends with the column.
pub(super) fn sequences(place: &CatalogScope, schemas: &str) -> String {
    let is_default = is_default(place);
    let properties = properties(
        "pg_class",
        "c",
        "format('SEQUENCE %s', c.oid::regclass)",
        Some(("format('SEQUENCE %s', c.oid::regclass)", "c.relowner", "c.relacl")),
    );
    format!(
        "SELECT {},
            array_to_json(ARRAY[format(
                    'CREATE SEQUENCE %s AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s',
                    c.oid::regclass, format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqstart,
                    s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' END)]
                || {properties})::text,
            CASE WHEN NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype = 'a')
                THEN format('DROP SEQUENCE %s', c.oid::regclass) ELSE '' END
        FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relnamespace IN ({schemas}) AND c.relkind = 'S' AND c.relpersistence <> 't'
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
                AND (d.deptype = 'i' OR d.deptype = 'a' AND {is_default}))
            AND {}",
        in_schema("pg_class", "c", "sequence", ["relnamespace", "relname"]),
        not_of_extension("pg_class", "c.oid")
    )
}
