//! The queries for what belongs to a table and is not part of its definition: partitions, inheritance, storage, comments
//! of constraints and indexes, privileges. The rows are those of [`object_queries`](super::object_queries).

use super::object_queries::{FROM_TABLE, of_table, properties};
use super::scope::CatalogScope;
use super::sequences::is_default;

/// Partitions, with what they do not inherit: defaults, `NOT NULL`, constraints, indexes, comments.
pub(super) fn partitions(place: &CatalogScope) -> String {
    let is_own_index =
        place.since(110_000, "NOT EXISTS (SELECT FROM pg_inherits j WHERE j.inhrelid = i.indexrelid)", "true");
    let is_no_copy = place.is_no_copy();
    let is_no_generated = place.since(120_000, "a.attgenerated = '' AND", "");
    let columns_of_both = "FROM pg_attribute a
                    JOIN pg_attribute b ON b.attrelid = c.oid AND b.attname = a.attname AND a.attrelid = p.oid
                        AND a.attnum > 0 AND NOT a.attisdropped";
    format!(
        "SELECT 'pg_class', p.oid::int8, 'partition', p.relnamespace::int8, x.nspname::text, p.relname::text,
            c.relnamespace::int8, n.nspname::text, c.relname::text, NULL::text,
            array_to_json(ARRAY[format('CREATE TABLE %s PARTITION OF %s %s%s', p.oid::regclass, c.oid::regclass,
                    pg_get_expr(p.relpartbound, p.oid), ' PARTITION BY ' || pg_get_partkeydef(p.oid))]
                || ARRAY(SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I %s', p.oid::regclass, a.attname,
                        coalesce('SET DEFAULT ' || pg_get_expr(own.adbin, own.adrelid), 'DROP DEFAULT'))
                    {columns_of_both}
                    LEFT JOIN pg_attrdef own ON own.adrelid = p.oid AND own.adnum = a.attnum
                    LEFT JOIN pg_attrdef of_parent ON of_parent.adrelid = c.oid AND of_parent.adnum = b.attnum
                    WHERE {is_no_generated}
                        pg_get_expr(own.adbin, own.adrelid) IS DISTINCT FROM pg_get_expr(of_parent.adbin, of_parent.adrelid)
                    ORDER BY a.attnum)
                || ARRAY(SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I SET NOT NULL', p.oid::regclass, a.attname)
                    {columns_of_both} WHERE a.attnotnull AND NOT b.attnotnull
                        AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conrelid = p.oid AND o.contype = 'p'
                            AND a.attnum = ANY (o.conkey))
                    ORDER BY a.attnum)
                || ARRAY(SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', p.oid::regclass, o.conname,
                        pg_get_constraintdef(o.oid))
                    FROM pg_constraint o WHERE o.conrelid = p.oid AND o.contype IN ('c', 'p', 'u', 'f', 'x')
                        AND o.conislocal AND o.coninhcount = 0 AND {is_no_copy}
                    ORDER BY array_position(ARRAY['c', 'p', 'u', 'x', 'f'], o.contype::text), o.conname)
                || ARRAY(SELECT pg_get_indexdef(i.indexrelid, 0, true) FROM pg_index i
                    WHERE i.indrelid = p.oid AND {is_own_index}
                        AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid)
                    ORDER BY i.indexrelid)
                || ARRAY(SELECT format('COMMENT ON %s IS %L', CASE d.objsubid WHEN 0
                        THEN format('TABLE %s', p.oid::regclass)
                        ELSE format('COLUMN %s.%I', p.oid::regclass, a.attname) END, d.description)
                    FROM pg_description d LEFT JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum = d.objsubid
                        AND d.objsubid > 0
                    WHERE d.classoid = 'pg_class'::regclass AND d.objoid = p.oid ORDER BY d.objsubid))::text,
            format('DROP TABLE %s', p.oid::regclass)
        FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhrelid JOIN pg_namespace x ON x.oid = p.relnamespace
        JOIN pg_class c ON c.oid = h.inhparent {FROM_TABLE}
        WHERE p.relispartition AND p.relkind IN ('r', 'p')"
    )
}

pub(super) fn inheritance() -> String {
    format!(
        "SELECT 'pg_inherits:' || h.inhparent, c.oid::int8, 'inheritance',
            p.relnamespace::int8, x.nspname::text, p.relname::text,
            c.relnamespace::int8, n.nspname::text, c.relname::text, NULL::text,
            array_to_json(ARRAY[format('ALTER TABLE %s INHERIT %s', c.oid::regclass, p.oid::regclass)])::text,
            format('ALTER TABLE %s NO INHERIT %s', c.oid::regclass, p.oid::regclass)
        FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace x ON x.oid = p.relnamespace
        JOIN pg_class c ON c.oid = h.inhrelid {FROM_TABLE}
        WHERE c.relkind = 'r' AND NOT c.relispartition"
    )
}

/// The type of typed tables, how tables and the indexes of their keys are stored, their replica identity, and an owner other
/// than the current user.
pub(super) fn storage() -> String {
    format!(
        "SELECT * FROM (SELECT 'storage', c.oid::int8, 'storage', {},
            array_to_json(
                ARRAY(SELECT format('ALTER TABLE %s OF %s', c.oid::regclass, c.reloftype::regtype) WHERE c.reloftype <> 0)
                || ARRAY(SELECT format('ALTER TABLE %s SET UNLOGGED', c.oid::regclass) WHERE c.relpersistence = 'u')
                || ARRAY(SELECT format('ALTER TABLE %s SET (%s)', c.oid::regclass, string_agg(o.option, ', '))
                    FROM (SELECT unnest(c.reloptions) AS option
                        UNION ALL SELECT 'toast.' || unnest(t.reloptions) FROM pg_class t WHERE t.oid = c.reltoastrelid) o
                    HAVING count(*) > 0)
                || ARRAY(SELECT format('ALTER TABLE %s SET TABLESPACE %I', c.oid::regclass, s.spcname)
                    FROM pg_tablespace s WHERE s.oid = c.reltablespace)
                || ARRAY(SELECT format('ALTER INDEX %s %s', x.oid::regclass, p.property)
                    FROM pg_constraint o JOIN pg_class x ON x.oid = o.conindid
                    CROSS JOIN LATERAL (
                        SELECT format('SET (%s)', array_to_string(x.reloptions, ', ')) WHERE x.reloptions IS NOT NULL
                        UNION ALL
                        SELECT format('SET TABLESPACE %I', s.spcname) FROM pg_tablespace s WHERE s.oid = x.reltablespace
                    ) p (property)
                    WHERE o.conrelid = c.oid AND o.contype IN ('p', 'u', 'x') ORDER BY x.relname, p.property)
                || ARRAY(SELECT format('ALTER TABLE %s REPLICA IDENTITY %s', c.oid::regclass,
                        CASE c.relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END) WHERE c.relreplident IN ('f', 'n'))
                || ARRAY(SELECT format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', c.oid::regclass, x.relname)
                    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
                    WHERE i.indrelid = c.oid AND i.indisreplident)
                || ARRAY(SELECT format('ALTER TABLE %s CLUSTER ON %I', c.oid::regclass, x.relname)
                    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
                    WHERE i.indrelid = c.oid AND i.indisclustered)
                || ARRAY(SELECT format('ALTER TABLE %s OWNER TO %I', c.oid::regclass, pg_get_userbyid(c.relowner))
                    WHERE c.relowner <> (SELECT u.oid FROM pg_roles u WHERE u.rolname = current_user)))::text AS statements,
            ''
        FROM pg_class c {FROM_TABLE}
        WHERE c.relkind IN ('r', 'p')) s WHERE s.statements <> '[]'",
        of_table("c.relname")
    )
}

/// How columns are stored, where it differs from the default of their types.
pub(super) fn column_storage(place: &CatalogScope) -> String {
    let compression = place.since(
        140_000,
        "|| ARRAY(SELECT format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION %s', c.oid::regclass, a.attname,
                CASE a.attcompression WHEN 'l' THEN 'lz4' ELSE 'pglz' END) WHERE a.attcompression IN ('l', 'p'))",
        "",
    );
    format!(
        "SELECT * FROM (SELECT 'storage:' || a.attnum, c.oid::int8, 'storage', NULL::int8, NULL::text, c.relname::text,
            c.relnamespace::int8, n.nspname::text, c.relname::text, a.attname::text,
            array_to_json(
                ARRAY(SELECT format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', c.oid::regclass, a.attname,
                        a.attstattarget) WHERE a.attstattarget >= 0)
                || ARRAY(SELECT format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE %s', c.oid::regclass, a.attname,
                        CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
                            ELSE 'EXTENDED' END) WHERE a.attstorage <> t.typstorage)
                {compression}
                || ARRAY(SELECT format('ALTER TABLE %s ALTER COLUMN %I SET (%s)', c.oid::regclass, a.attname,
                        array_to_string(a.attoptions, ', ')) WHERE a.attoptions IS NOT NULL))::text AS statements,
            ''
        FROM pg_class c {FROM_TABLE} JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
        WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped) s WHERE s.statements <> '[]'"
    )
}

/// The names and options of the sequences of `serial` columns, where they differ from those of a new one, their comments and
/// privileges and those of identity columns, and the other sequences that columns own. The owner is that of the table.
pub(super) fn owned_sequences(place: &CatalogScope) -> String {
    let is_default = is_default(place);
    let of = "format('SEQUENCE %s', q.oid::regclass)";
    let owner = "(SELECT u.oid FROM pg_roles u WHERE u.rolname = current_user)";
    let properties = properties("pg_class", "q", of, Some((of, owner, "q.relacl")));
    format!(
        "SELECT * FROM (SELECT 'storage:sequence:' || s.seqrelid, c.oid::int8, 'storage', NULL::int8, NULL::text,
            q.relname::text, c.relnamespace::int8, n.nspname::text, c.relname::text, a.attname::text,
            array_to_json(
                ARRAY(SELECT format('DO %L', format('BEGIN IF NOT EXISTS (SELECT FROM pg_class q JOIN pg_class t '
                        'ON t.relnamespace = q.relnamespace WHERE t.oid = %L::regclass AND q.relname = %L) THEN '
                        'EXECUTE ''ALTER SEQUENCE '' || pg_get_serial_sequence(%L, %L) || %L; END IF; END',
                        c.oid::regclass, q.relname, c.oid::regclass, a.attname, format(' RENAME TO %I', q.relname)))
                    WHERE s.is_default AND q.relname <> format('%s_%s_seq', c.relname, a.attname))
                || ARRAY(SELECT CASE WHEN q.relname = format('%s_%s_seq', c.relname, a.attname)
                        THEN format('ALTER SEQUENCE %s%s', q.oid::regclass, x.options)
                        ELSE format('DO %L', format('BEGIN EXECUTE ''ALTER SEQUENCE '' || pg_get_serial_sequence(%L, %L) || %L; END',
                            c.oid::regclass, a.attname, x.options)) END
                    FROM (SELECT concat(
                        CASE WHEN s.seqtypid <> a.atttypid THEN ' AS ' || format_type(s.seqtypid, NULL) END,
                        CASE WHEN s.seqincrement <> 1 THEN ' INCREMENT BY ' || s.seqincrement END,
                        CASE WHEN s.seqmin <> 1 THEN ' MINVALUE ' || s.seqmin END,
                        CASE WHEN s.seqmax <> s.most THEN ' MAXVALUE ' || s.seqmax END,
                        CASE WHEN s.seqstart <> 1
                            THEN format(' START WITH %s RESTART', s.seqstart) END,
                        CASE WHEN s.seqcache <> 1 THEN ' CACHE ' || s.seqcache END,
                        CASE WHEN s.seqcycle THEN ' CYCLE' END) AS options) x
                    WHERE s.is_default AND a.attidentity = '' AND x.options <> '')
                || ARRAY(SELECT format('ALTER SEQUENCE %s OWNED BY %s.%I', q.oid::regclass, c.oid::regclass, a.attname)
                    WHERE NOT s.is_default)
                || CASE WHEN s.is_default THEN {properties} ELSE ARRAY[]::text[] END)::text AS statements,
            ''
        FROM (
            SELECT s.*, d.refobjid, d.refobjsubid, d.deptype = 'i' OR {is_default} AS is_default,
                CASE s.seqtypid WHEN 'int2'::regtype THEN 32767::int8 WHEN 'int4'::regtype THEN 2147483647
                    ELSE 9223372036854775807 END AS most
            FROM pg_sequence s
            JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.objsubid = 0
                AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
        ) s
        JOIN pg_class q ON q.oid = s.seqrelid JOIN pg_class c ON c.oid = s.refobjid {FROM_TABLE}
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = s.refobjsubid
        WHERE c.relkind IN ('r', 'p') AND q.relpersistence <> 't') s WHERE s.statements <> '[]'"
    )
}

/// The comments of constraints and of indexes that implement none.
pub(super) fn comments() -> String {
    let columns = |name: &str| of_table(name);
    format!(
        "SELECT 'pg_constraint', o.oid::int8, 'object_comment', {},
            array_to_json(ARRAY[format('COMMENT ON CONSTRAINT %I ON %s IS %L', o.conname, c.oid::regclass,
                d.description)])::text,
            format('COMMENT ON CONSTRAINT %I ON %s IS NULL', o.conname, c.oid::regclass)
        FROM pg_description d JOIN pg_constraint o ON d.classoid = 'pg_constraint'::regclass AND o.oid = d.objoid
        JOIN pg_class c ON c.oid = o.conrelid {FROM_TABLE}
        UNION ALL
        SELECT 'pg_index', x.oid::int8, 'object_comment', {},
            array_to_json(ARRAY[format('COMMENT ON INDEX %s IS %L', x.oid::regclass, d.description)])::text,
            format('COMMENT ON INDEX %s IS NULL', x.oid::regclass)
        FROM pg_description d JOIN pg_class x ON d.classoid = 'pg_class'::regclass AND x.oid = d.objoid
        JOIN pg_index i ON i.indexrelid = x.oid JOIN pg_class c ON c.oid = i.indrelid {FROM_TABLE}
        WHERE d.objsubid = 0 AND NOT c.relispartition AND c.relkind IN ('r', 'p')",
        columns("o.conname"),
        columns("x.relname")
    )
}

/// The privileges on tables and their columns, one object for each role. Those of the owner are left out.
pub(super) fn grants() -> String {
    let role = "CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END";
    let name = "CASE WHEN g.grantee = 0 THEN 'public' ELSE pg_get_userbyid(g.grantee)::text END";
    format!(
        "SELECT 'grant:' || g.grantee, c.oid::int8, 'grant', NULL::int8, NULL::text, {name},
            c.relnamespace::int8, n.nspname::text, c.relname::text, NULL::text,
            array_to_json(ARRAY(SELECT format('GRANT %s ON %s TO %s%s',
                    string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type), c.oid::regclass, {role},
                    CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END)
                FROM aclexplode(c.relacl) x WHERE x.grantee = g.grantee GROUP BY x.is_grantable
                ORDER BY x.is_grantable))::text,
            format('REVOKE ALL ON %s FROM %s', c.oid::regclass, {role})
        FROM pg_class c {FROM_TABLE}
        CROSS JOIN LATERAL (SELECT DISTINCT x.grantee FROM aclexplode(c.relacl) x WHERE x.grantee <> c.relowner) g
        WHERE c.relkind IN ('r', 'p') AND c.relacl IS NOT NULL
        UNION ALL
        SELECT 'grant:' || g.grantee || ':' || a.attnum, c.oid::int8, 'grant', NULL::int8, NULL::text, {name},
            c.relnamespace::int8, n.nspname::text, c.relname::text, a.attname::text,
            array_to_json(ARRAY(SELECT format('GRANT %s ON %s TO %s%s',
                    string_agg(format('%s (%I)', x.privilege_type, a.attname), ', ' ORDER BY x.privilege_type),
                    c.oid::regclass, {role}, CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END)
                FROM aclexplode(a.attacl) x WHERE x.grantee = g.grantee GROUP BY x.is_grantable
                ORDER BY x.is_grantable))::text,
            format('REVOKE ALL (%I) ON %s FROM %s', a.attname, c.oid::regclass, {role})
        FROM pg_class c {FROM_TABLE} JOIN pg_attribute a ON a.attrelid = c.oid
        CROSS JOIN LATERAL (SELECT DISTINCT x.grantee FROM aclexplode(a.attacl) x) g
        WHERE c.relkind IN ('r', 'p') AND a.attacl IS NOT NULL AND NOT a.attisdropped"
    )
}
