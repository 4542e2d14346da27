//! Sequences that columns own.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr};

use super::scope::{CatalogScope, Oid};
use crate::inspect::cells::{RowReader, rows};
use crate::schema::SequenceOptions;

/// The sequences of columns, by the number of the table and that of the column.
pub(super) type Sequences = HashMap<(Oid, i32), OwnedSequence>;

/// A sequence that a column owns.
pub(super) struct OwnedSequence {
    /// Whether the default of the column takes its values from the sequence.
    pub(super) is_default: bool,
    /// The options that differ from PostgreSQL's defaults.
    pub(super) options: SequenceOptions,
}

/// A row of `pg_sequence`.
struct SequenceRow {
    /// The name of the type.
    width: String,
    start: i64,
    increment: i64,
    minimum: i64,
    maximum: i64,
    cache: i64,
    cycle: bool,
}

/// The condition that the column `d.refobjsubid` of the table `d.refobjid` takes its default from the sequence `s`, as
/// `serial` does: an integer that is `NOT NULL`, not in a partition.
pub(super) fn is_default(place: &CatalogScope) -> String {
    // `CASE` keeps the server from printing the defaults of all schemas, where another session may drop a table meanwhile:
    // `pg_get_expr` then fails.
    format!(
        "(s.seqrelid, d.refobjid, d.refobjsubid) IN (SELECT u.refobjid, f.adrelid, f.adnum::int4
                FROM pg_attrdef f JOIN pg_depend u ON u.classid = 'pg_attrdef'::regclass AND u.objid = f.oid
                    AND u.refclassid = 'pg_class'::regclass
                JOIN pg_attribute n ON n.attrelid = f.adrelid AND n.attnum = f.adnum AND n.attnotnull
                    AND n.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
                JOIN pg_class k ON k.oid = f.adrelid AND NOT k.relispartition
                WHERE CASE WHEN k.relnamespace IN ({})
                    THEN pg_get_expr(f.adbin, f.adrelid) ~ '^nextval\\([^()+]*::regclass\\)$' END)",
        place.schema_numbers()
    )
}

/// Reads the sequences. A column may own several sequences; the result has the one that its default takes values from.
pub(super) async fn read(connection: &impl ConnectionTrait, place: &CatalogScope) -> Result<Sequences, DbErr> {
    // Without statistics, PostgreSQL would try each default for each sequence in a correlated subquery.
    let sql = format!(
        "SELECT d.refobjid::int8, d.refobjsubid,
            {} AS is_default,
            s.seqtypid::regtype::text, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle
        FROM pg_sequence s
        JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.objsubid = 0
            AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
        JOIN pg_class c ON c.oid = d.refobjid
        WHERE {} ORDER BY is_default",
        is_default(place),
        place.tables()
    );
    let mut sequences = Sequences::new();
    for row in rows(connection, &sql, []).await? {
        let mut cells = RowReader::of(&row);
        let column = (cells.take()?, cells.take()?);
        let is_default = cells.take()?;
        let options = SequenceRow::read(&mut cells)?.options();
        sequences.insert(column, OwnedSequence { is_default, options });
    }
    Ok(sequences)
}

impl SequenceRow {
    fn read(cells: &mut RowReader<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            width: cells.take()?,
            start: cells.take()?,
            increment: cells.take()?,
            minimum: cells.take()?,
            maximum: cells.take()?,
            cache: cells.take()?,
            cycle: cells.take()?,
        })
    }

    fn options(&self) -> SequenceOptions {
        let (least, most) = match self.width.as_str() {
            "smallint" => (i16::MIN.into(), i16::MAX.into()),
            "integer" => (i32::MIN.into(), i32::MAX.into()),
            _ => (i64::MIN, i64::MAX),
        };
        let rises = self.increment > 0;
        let (minimum, maximum) = if rises { (1, most) } else { (least, -1) };
        let first = if rises { self.minimum } else { self.maximum };
        let unless = |value: i64, usual: i64| (value != usual).then_some(value);
        SequenceOptions {
            start: unless(self.start, first),
            increment: unless(self.increment, 1),
            minimum: unless(self.minimum, minimum),
            maximum: unless(self.maximum, maximum),
            cache: unless(self.cache, 1),
            cycle: self.cycle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> SequenceRow {
        let maximum = i32::MAX.into();
        SequenceRow { width: "integer".to_owned(), start: 1, increment: 1, minimum: 1, maximum, cache: 1, cycle: false }
    }

    #[test]
    fn usual_options_are_not_told() {
        assert_eq!(numbers().options(), SequenceOptions::default());
        let falling = SequenceRow { increment: -1, start: -1, minimum: i32::MIN.into(), maximum: -1, ..numbers() };
        assert_eq!(falling.options(), SequenceOptions { increment: Some(-1), ..SequenceOptions::default() });
    }

    #[test]
    fn unusual_options_are_told() {
        let sequence = SequenceRow { start: 100, minimum: 10, cache: 5, cycle: true, ..numbers() };
        let options = SequenceOptions {
            start: Some(100),
            minimum: Some(10),
            cache: Some(5),
            cycle: true,
            ..SequenceOptions::default()
        };
        assert_eq!(sequence.options(), options);
    }
}
