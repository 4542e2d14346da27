//! The queries for objects. The server writes the statements that create an object, because only it knows how to quote
//! a name and how to print a definition.
//!
//! A row has: the catalogue and the number of the object, its kind, its schema and name, the schema and name of the
//! table that it belongs to, its arguments, the statements as a JSON array, and the statement that drops it. A name is
//! qualified unless the search path finds it.

use super::scope::CatalogScope;
use super::{table_queries, type_queries};

/// The query for the objects.
pub(super) fn objects(place: &CatalogScope) -> String {
    let schemas = place.schema_numbers();
    let selects = [
        views(),
        routines(place, &schemas),
        triggers(place),
        rules(),
        row_level_security(),
        policies(),
        statistics(place, &schemas),
        published_tables(place),
        type_queries::extensions(),
        type_queries::types(place, &schemas),
        type_queries::domains(&schemas),
        type_queries::sequences(place, &schemas),
        table_queries::partitions(place),
        table_queries::inheritance(),
        table_queries::storage(),
        table_queries::column_storage(place),
        table_queries::owned_sequences(place),
        table_queries::comments(),
        table_queries::grants(),
    ];
    format!(
        "WITH RECURSIVE readable(oid) AS (
            SELECT c.oid FROM pg_class c
            WHERE c.relnamespace IN ({schemas}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {}
            UNION
            SELECT r.ev_class FROM readable t
            JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
                AND d.classid = 'pg_rewrite'::regclass
            JOIN pg_rewrite r ON r.oid = d.objid
        )
        {}",
        not_of_extension("pg_class", "c.oid"),
        selects.join("\nUNION ALL\n")
    )
}

/// The query for what objects depend on. A row has: the catalogue and the number of the object, the same of what it
/// depends on, the schema and name of the table of that, the column, and the constraint. What belongs to an extension
/// stands for the extension, an array for the type of its elements.
pub(super) fn dependencies(place: &CatalogScope) -> String {
    let published = place.since(150_000, "'pg_publication_rel'::regclass,", "");
    let sources = format!(
        "{published} 'pg_rewrite'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_proc'::regclass,
            'pg_statistic_ext'::regclass, 'pg_type'::regclass"
    );
    format!(
        "SELECT DISTINCT
            CASE WHEN r.rulename = '_RETURN' THEN 'pg_class' WHEN s.oid IS NOT NULL OR k.contypid <> 0 THEN 'pg_type'
                ELSE d.classid::regclass::text END,
            CASE WHEN r.rulename = '_RETURN' THEN r.ev_class ELSE coalesce(s.reltype, nullif(k.contypid, 0), d.objid)
                END::int8,
            {TARGET_COLUMNS},
            c.relnamespace::int8, n.nspname::text, c.relname::text, a.attname::text, o.conname::text
        FROM pg_depend d
        LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
        LEFT JOIN pg_class s ON d.classid = 'pg_class'::regclass AND s.oid = d.objid AND s.relkind = 'c'
        LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
        {TARGETS}
        LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attribute a ON d.refclassid = 'pg_class'::regclass AND a.attrelid = c.oid
            AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
        WHERE d.objid >= 16384 AND d.deptype IN ('n', 'a')
            AND (d.classid IN ({sources}) OR s.oid IS NOT NULL OR k.contypid <> 0)
            AND (e.refobjid IS NOT NULL OR d.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass,
                'pg_constraint'::regclass, 'pg_type'::regclass))"
    )
}

/// The query for what the columns, constraints and indexes of tables use. A row has: the schema and name of the table, the
/// catalogue and the number of what it uses.
pub(super) fn uses(place: &CatalogScope) -> String {
    format!(
        "SELECT DISTINCT u.relnamespace::int8, n.nspname::text, u.relname::text, {TARGET_COLUMNS}
        FROM pg_depend d
        LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
        LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
        LEFT JOIN pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
        JOIN pg_class u ON u.oid = coalesce(f.adrelid, nullif(k.conrelid, 0), i.indrelid,
            CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid END)
        JOIN pg_namespace n ON n.oid = u.relnamespace
        {TARGETS}
        WHERE u.relnamespace IN ({}) AND u.relkind IN ('r', 'p') AND d.deptype IN ('n', 'a')
            AND (e.refobjid IS NOT NULL OR d.refclassid IN ('pg_proc'::regclass, 'pg_type'::regclass)
                OR d.refclassid = 'pg_class'::regclass AND c.relkind = 'S')",
        place.schema_numbers()
    )
}

/// The catalogue and the number of what a row of `pg_depend` refers to.
const TARGET_COLUMNS: &str = "CASE WHEN e.refobjid IS NOT NULL THEN 'pg_extension'
        WHEN c.oid IS NOT NULL AND t.oid IS NOT NULL THEN 'pg_class' ELSE d.refclassid::regclass::text END,
    CASE WHEN e.refobjid IS NOT NULL THEN e.refobjid WHEN c.oid IS NOT NULL AND t.oid IS NOT NULL THEN c.oid
        WHEN t.typelem <> 0 AND t.typlen = -1 AND t.typtype = 'b' THEN t.typelem ELSE d.refobjid END::int8";

/// What a row of `pg_depend` refers to: the type `t`, the constraint `o`, the relation `c`, the extension in `e`.
const TARGETS: &str = "LEFT JOIN pg_depend e ON e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e'
    LEFT JOIN pg_constraint o ON d.refclassid = 'pg_constraint'::regclass AND o.oid = d.refobjid
    LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
    LEFT JOIN pg_class c ON c.oid = CASE d.refclassid
        WHEN 'pg_class'::regclass THEN d.refobjid
        WHEN 'pg_constraint'::regclass THEN o.conrelid
        WHEN 'pg_type'::regclass THEN t.typrelid END AND c.relkind <> 'c'";

/// The condition that an object does not belong to an extension; for a function also that the server did not create it with
/// a range type.
pub(super) fn not_of_extension(catalogue: &str, oid: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalogue}'::regclass AND e.objid = {oid}
            AND (e.deptype = 'e' OR e.deptype = 'i' AND e.classid = 'pg_proc'::regclass))"
    )
}

/// The statements that set the comment, the owner and the privileges of an object, as items of an array. `of` is the
/// object in the words of `COMMENT ON`, and `rights` in the words of `GRANT ON`; both are SQL expressions.
pub(super) fn properties(catalogue: &str, row: &str, of: &str, rights: Option<(&str, &str, &str)>) -> String {
    let comment = format!(
        "ARRAY(SELECT format('COMMENT ON %s IS %L', {of}, x.description) FROM pg_description x
            WHERE x.classoid = '{catalogue}'::regclass AND x.objoid = {row}.oid AND x.objsubid = 0)"
    );
    let Some((rights, owner, privileges)) = rights else { return comment };
    format!(
        "{comment}
        || ARRAY(SELECT format('ALTER %s OWNER TO %I', {of}, pg_get_userbyid({owner}))
            WHERE {owner} <> (SELECT u.oid FROM pg_roles u WHERE u.rolname = current_user))
        || ARRAY(SELECT format('REVOKE ALL ON %s FROM PUBLIC', {rights})
            WHERE '{catalogue}' = 'pg_proc' AND {privileges} IS NOT NULL
                AND NOT EXISTS (SELECT FROM aclexplode({privileges}) x WHERE x.grantee = 0))
        || ARRAY(SELECT format('GRANT %s ON %s TO %s%s', string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type),
                {rights}, CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
                CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
            FROM aclexplode({privileges}) x
            WHERE x.grantee <> {owner} AND NOT ('{catalogue}' = 'pg_proc' AND x.grantee = 0)
            GROUP BY x.grantee, x.is_grantable ORDER BY x.grantee, x.is_grantable)"
    )
}

/// Views, with the defaults and comments of their columns, and the indexes of those that store rows.
fn views() -> String {
    let kind = "CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END";
    let properties = properties(
        "pg_class",
        "c",
        &format!("format('%s %s', {kind}, c.oid::regclass)"),
        Some(("c.oid::regclass::text", "c.relowner", "c.relacl")),
    );
    format!(
        "SELECT 'pg_class', c.oid::int8, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized_view' END,
            c.relnamespace::int8, n.nspname::text, c.relname::text, NULL::int8, NULL::text, NULL::text, NULL::text,
            array_to_json(
                ARRAY[format('CREATE %s %s%s AS%s%s%s', {kind}, c.oid::regclass,
                    ' WITH (' || array_to_string(c.reloptions, ', ') || ')', chr(10),
                    rtrim(pg_get_viewdef(c.oid), ';'),
                    CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN ' WITH NO DATA' ELSE '' END)]
                || ARRAY(SELECT pg_get_indexdef(i.indexrelid, 0, true) FROM pg_index i
                    WHERE i.indrelid = c.oid ORDER BY i.indexrelid)
                || ARRAY(SELECT format('ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s', c.oid::regclass, a.attname,
                        pg_get_expr(x.adbin, x.adrelid))
                    FROM pg_attrdef x JOIN pg_attribute a ON a.attrelid = x.adrelid AND a.attnum = x.adnum
                    WHERE x.adrelid = c.oid ORDER BY x.adnum)
                || ARRAY(SELECT format('COMMENT ON COLUMN %s.%I IS %L', c.oid::regclass, a.attname, x.description)
                    FROM pg_description x JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.objsubid
                    WHERE x.classoid = 'pg_class'::regclass AND x.objoid = c.oid AND x.objsubid > 0
                    ORDER BY x.objsubid)
                || {properties}
                || ARRAY(SELECT format('GRANT %s (%I) ON %s TO %s', x.privilege_type, a.attname, c.oid::regclass,
                        CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END)
                    FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = c.oid
                    ORDER BY a.attnum, x.grantee, x.privilege_type)
            )::text,
            format('DROP %s %s', {kind}, c.oid::regclass)
        FROM readable JOIN pg_class c ON c.oid = readable.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('v', 'm') AND {}",
        not_of_extension("pg_class", "c.oid")
    )
}

/// Functions and procedures. Aggregates have no definition that the server prints.
fn routines(place: &CatalogScope, schemas: &str) -> String {
    let kind = place.since(110_000, "CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END", "'FUNCTION'");
    let is_printable = place.since(110_000, "p.prokind <> 'a'", "NOT p.proisagg");
    let signature = "p.oid::regprocedure";
    let properties = properties(
        "pg_proc",
        "p",
        &format!("format('%s %s', {kind}, {signature})"),
        Some((&format!("format('%s %s', {kind}, {signature})"), "p.proowner", "p.proacl")),
    );
    format!(
        "SELECT 'pg_proc', p.oid::int8, lower({kind}), p.pronamespace::int8, n.nspname::text, p.proname::text,
            NULL::int8, NULL::text, NULL::text, pg_get_function_identity_arguments(p.oid),
            array_to_json(ARRAY[rtrim({}, chr(10))] || {properties})::text,
            format('DROP %s %s', {kind}, {signature})
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.pronamespace IN ({schemas}) AND {is_printable} AND {}",
        unqualified(
            "pg_get_functiondef(p.oid)",
            &format!("format('CREATE OR REPLACE %s ', {kind})"),
            ("n.nspname", "p.proname"),
            "pg_function_is_visible(p.oid)"
        ),
        not_of_extension("pg_proc", "p.oid")
    )
}

/// Removes the schema from the name in a definition that begins with `start`, if the search path finds the name.
fn unqualified(definition: &str, start: &str, (schema, name): (&str, &str), is_visible: &str) -> String {
    format!(
        "CASE WHEN {is_visible}
            THEN {start} || quote_ident({name}) || substr({definition},
                length({start}) + length(quote_ident({schema}) || '.' || quote_ident({name})) + 1)
            ELSE {definition} END"
    )
}

/// The columns that name the table `c` of an object, in the schema `n`, and those that name the object.
pub(super) fn of_table(name: &str) -> String {
    format!("NULL::int8, NULL::text, {name}::text, c.relnamespace::int8, n.nspname::text, c.relname::text, NULL::text")
}

pub(super) const FROM_TABLE: &str =
    "JOIN readable ON readable.oid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace";

fn triggers(place: &CatalogScope) -> String {
    let is_no_copy = place.since(130_000, "t.tgparentid = 0", "true");
    let comment = properties("pg_trigger", "t", "format('TRIGGER %I ON %s', t.tgname, c.oid::regclass)", None);
    format!(
        "SELECT 'pg_trigger', t.oid::int8, 'trigger', {},
            array_to_json(ARRAY[pg_get_triggerdef(t.oid, true)]
                || ARRAY(SELECT format('ALTER TABLE %s %s TRIGGER %I', c.oid::regclass, CASE t.tgenabled
                    WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname)
                    WHERE t.tgenabled <> 'O')
                || {comment})::text,
            format('DROP TRIGGER %I ON %s', t.tgname, c.oid::regclass)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid {FROM_TABLE}
        WHERE NOT t.tgisinternal AND {is_no_copy} AND {}",
        of_table("t.tgname"),
        not_of_extension("pg_trigger", "t.oid")
    )
}

fn rules() -> String {
    let comment = properties("pg_rewrite", "r", "format('RULE %I ON %s', r.rulename, c.oid::regclass)", None);
    format!(
        "SELECT 'pg_rewrite', r.oid::int8, 'rule', {},
            array_to_json(ARRAY[rtrim(pg_get_ruledef(r.oid, true), ';')]
                || ARRAY(SELECT format('ALTER TABLE %s %s RULE %I', c.oid::regclass, CASE r.ev_enabled
                    WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, r.rulename)
                    WHERE r.ev_enabled <> 'O')
                || {comment})::text,
            format('DROP RULE %I ON %s', r.rulename, c.oid::regclass)
        FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class {FROM_TABLE}
        WHERE r.rulename <> '_RETURN' AND {}",
        of_table("r.rulename"),
        not_of_extension("pg_rewrite", "r.oid")
    )
}

fn row_level_security() -> String {
    format!(
        "SELECT 'row_level_security', c.oid::int8, 'row_level_security', {},
            array_to_json(
                ARRAY(SELECT format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', c.oid::regclass)
                    WHERE c.relrowsecurity)
                || ARRAY(SELECT format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', c.oid::regclass)
                    WHERE c.relforcerowsecurity))::text,
            format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', c.oid::regclass)
        FROM pg_class c {FROM_TABLE}
        WHERE c.relrowsecurity OR c.relforcerowsecurity",
        of_table("c.relname")
    )
}

fn policies() -> String {
    let comment = properties("pg_policy", "p", "format('POLICY %I ON %s', p.polname, c.oid::regclass)", None);
    format!(
        "SELECT 'pg_policy', p.oid::int8, 'policy', {},
            array_to_json(ARRAY[format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.polname, c.oid::regclass,
                CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                    WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                (SELECT string_agg(CASE WHEN x = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x)) END, ', ')
                    FROM unnest(p.polroles) x),
                ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')]
                || {comment})::text,
            format('DROP POLICY %I ON %s', p.polname, c.oid::regclass)
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid {FROM_TABLE}",
        of_table("p.polname")
    )
}

fn statistics(place: &CatalogScope, schemas: &str) -> String {
    let target = place.since(
        130_000,
        "|| ARRAY(SELECT format('ALTER STATISTICS %s SET STATISTICS %s', s.name, s.stxstattarget)
            WHERE s.stxstattarget >= 0)",
        "",
    );
    let column = place.since(130_000, "s.stxstattarget,", "");
    let comment = properties("pg_statistic_ext", "s", "format('STATISTICS %s', s.name)", None);
    format!(
        "SELECT 'pg_statistic_ext', s.oid::int8, 'statistics', s.stxnamespace::int8, s.nspname::text, s.stxname::text,
            c.relnamespace::int8, n.nspname::text, c.relname::text, NULL::text,
            array_to_json(ARRAY[{}] {target} || {comment})::text,
            format('DROP STATISTICS %s', s.name)
        FROM (
            SELECT s.oid, s.stxnamespace, s.stxname, {column} s.stxrelid, x.nspname,
                CASE WHEN pg_statistics_obj_is_visible(s.oid) THEN quote_ident(s.stxname)
                    ELSE quote_ident(x.nspname) || '.' || quote_ident(s.stxname) END AS name
            FROM pg_statistic_ext s JOIN pg_namespace x ON x.oid = s.stxnamespace
            WHERE s.stxnamespace IN ({schemas})
        ) s JOIN pg_class c ON c.oid = s.stxrelid {FROM_TABLE}
        WHERE {}",
        unqualified(
            "pg_get_statisticsobjdef(s.oid)",
            "'CREATE STATISTICS '::text",
            ("s.nspname", "s.stxname"),
            "pg_statistics_obj_is_visible(s.oid)"
        ),
        not_of_extension("pg_statistic_ext", "s.oid")
    )
}

/// The tables that publications list by name.
fn published_tables(place: &CatalogScope) -> String {
    let columns = place.since(
        150_000,
        "(SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')' FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum = ANY (p.prattrs))",
        "NULL::text",
    );
    let condition = place.since(150_000, "' WHERE (' || pg_get_expr(p.prqual, c.oid) || ')'", "NULL::text");
    format!(
        "SELECT 'pg_publication_rel', p.oid::int8, 'publication', {},
            array_to_json(ARRAY[format('ALTER PUBLICATION %I ADD TABLE %s%s%s', b.pubname, c.oid::regclass,
                {columns}, {condition})])::text,
            format('ALTER PUBLICATION %I DROP TABLE %s', b.pubname, c.oid::regclass)
        FROM pg_publication_rel p JOIN pg_publication b ON b.oid = p.prpubid
        JOIN pg_class c ON c.oid = p.prrelid {FROM_TABLE}",
        of_table("b.pubname")
    )
}
