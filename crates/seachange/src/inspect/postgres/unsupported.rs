//! What a database has and the model does not.

use sea_orm::{ConnectionTrait, DbErr};

use super::scope::CatalogScope;
use crate::inspect::UnsupportedObject;
use crate::inspect::cells::{RowReader, rows};

/// Catalogues with the kind of their rows, the expression for the name, the column that has the schema, if there is one,
/// and a condition.
const CATALOGUES: &[(&str, &str, &str, Option<&str>, &str)] = &[
    ("pg_class", "foreign table", "x.relname::text", Some("x.relnamespace"), "x.relkind = 'f'"),
    ("pg_proc", "aggregate", "x.oid::regprocedure::text", Some("x.pronamespace"), "{aggregate}"),
    ("pg_operator", "operator", "x.oid::regoperator::text", Some("x.oprnamespace"), "true"),
    ("pg_opclass", "operator class", "x.opcname::text", Some("x.opcnamespace"), "true"),
    ("pg_opfamily", "operator family", "x.opfname::text", Some("x.opfnamespace"), "true"),
    ("pg_collation", "collation", "x.collname::text", Some("x.collnamespace"), "true"),
    ("pg_conversion", "conversion", "x.conname::text", Some("x.connamespace"), "true"),
    ("pg_type", "base type", "x.typname::text", Some("x.typnamespace"), "x.typtype = 'b' AND x.typelem = 0"),
    ("pg_ts_config", "text search configuration", "x.cfgname::text", Some("x.cfgnamespace"), "true"),
    ("pg_ts_dict", "text search dictionary", "x.dictname::text", Some("x.dictnamespace"), "true"),
    ("pg_ts_parser", "text search parser", "x.prsname::text", Some("x.prsnamespace"), "true"),
    ("pg_ts_template", "text search template", "x.tmplname::text", Some("x.tmplnamespace"), "true"),
    ("pg_cast", "cast", "format('%s as %s', x.castsource::regtype, x.casttarget::regtype)", None, "x.oid >= 16384"),
    ("pg_language", "language", "x.lanname::text", None, "x.oid >= 16384"),
    ("pg_event_trigger", "event trigger", "x.evtname::text", None, "true"),
    ("pg_publication", "publication", "x.pubname::text", None, "true"),
    ("pg_foreign_data_wrapper", "foreign data wrapper", "x.fdwname::text", None, "true"),
    ("pg_foreign_server", "foreign server", "x.srvname::text", None, "true"),
    ("pg_default_acl", "default privileges", "pg_get_userbyid(x.defaclrole)::text", None, "true"),
];

/// Reads the objects that are neither in a [`Schema`](crate::schema::Schema) nor among the objects, and the schemas that
/// are out of scope. What belongs to an extension is excluded.
pub(in crate::inspect) async fn read(
    connection: &impl ConnectionTrait,
    place: &CatalogScope,
) -> Result<Vec<UnsupportedObject>, DbErr> {
    let schemas = place.schema_numbers();
    let aggregate = place.since(110_000, "x.prokind = 'a'", "x.proisagg");
    let selects = CATALOGUES.iter().map(|(catalogue, kind, name, schema, condition)| {
        let is_in_scope = schema.map(|column| format!("{column} IN ({schemas}) AND ")).unwrap_or_default();
        format!(
            "SELECT '{kind}', {name} FROM {catalogue} x WHERE {is_in_scope}{}
                AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalogue}'::regclass AND e.objid = x.oid
                    AND e.deptype IN ('e', 'i'))",
            condition.replace("{aggregate}", aggregate)
        )
    });
    let schemas = format!(
        "SELECT 'schema', n.nspname::text FROM pg_namespace n WHERE n.oid NOT IN ({schemas})
            AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT LIKE 'seachange\\_scratch\\_%'
            AND n.nspname <> 'information_schema'
            AND EXISTS (
                SELECT FROM (
                    SELECT 'pg_class'::regclass, c.oid FROM pg_class c
                    WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
                    UNION ALL SELECT 'pg_proc'::regclass, p.oid FROM pg_proc p WHERE p.pronamespace = n.oid
                    UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t
                    WHERE t.typnamespace = n.oid AND t.typtype IN ('e', 'd', 'r')
                ) x (catalogue, oid)
                WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = x.catalogue AND e.objid = x.oid
                    AND e.deptype = 'e')
            )"
    );
    let subscriptions = "SELECT 'subscription', s.subname::text FROM pg_subscription s
        JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = current_database()";
    let selects: Vec<String> = selects.chain([schemas, subscriptions.to_owned()]).collect();
    let mut found = Vec::new();
    for row in rows(connection, &format!("{} ORDER BY 1, 2", selects.join("\nUNION ALL\n")), []).await? {
        let mut cells = RowReader::of(&row);
        found.push(UnsupportedObject { kind: cells.take()?, name: cells.take()? });
    }
    Ok(found)
}
