//! What a statement does to each table, as a table with aligned columns.

use seachange_cli::{printable, wrap};

use crate::autogenerate::{DataLoss, losses};
use crate::impact::{Forecast, RevisionImpact, TableCost, TableImpact, TableSize};

/// The columns, each with whether it holds numbers, which are aligned to the right.
pub(super) const COLUMNS: [(&str, bool); 8] = [
    ("table", false),
    ("lock", false),
    ("blocks", false),
    ("cost", false),
    ("rows", true),
    ("size", true),
    ("forecast", true),
    ("loss", false),
];

/// What is printed for a value that is unknown, and for none.
const UNKNOWN: &str = "?";
const NONE: &str = "-";

/// The lines for a statement: a header, and a line for each table with its size. A `forecast` is left out if there is
/// none.
pub(super) fn lines(
    impact: &RevisionImpact,
    number: usize,
    sizes: &[TableSize],
    forecast: Option<&Forecast>,
) -> Vec<String> {
    aligned(&cells(impact, number, sizes, forecast))
}

/// The cells of [`COLUMNS`] for each table that a statement locks.
pub(super) fn cells(
    impact: &RevisionImpact,
    number: usize,
    sizes: &[TableSize],
    forecast: Option<&Forecast>,
) -> Vec<[String; COLUMNS.len()]> {
    let tables = impact.statements.get(number).map_or(&[][..], |statement| &statement.tables);
    let row = |(own, size): (&TableImpact, &TableSize)| {
        [
            printable::name(&own.table).into_owned(),
            own.lock.replace("ALGORITHM=", ""),
            blocks(own).to_owned(),
            cost(own.cost).to_owned(),
            rows(size),
            bytes(size),
            forecast.map_or_else(String::new, time),
            short_losses(impact, number, &own.table),
        ]
    };
    tables.iter().zip(sizes).map(row).collect()
}

/// What a statement loses for good, in words; `None` stands for the changes that several statements make.
pub(super) fn loss_sentences(impact: &RevisionImpact, statement: Option<usize>) -> Vec<String> {
    lost(impact, statement).iter().map(ToString::to_string).collect()
}

fn lost(impact: &RevisionImpact, statement: Option<usize>) -> Vec<DataLoss> {
    let changes = impact.changes.iter().filter(|change| change.statement == statement);
    changes.flat_map(|change| losses(&change.operations, impact.backend)).collect()
}

/// The losses of a table in a few words.
fn short_losses(impact: &RevisionImpact, number: usize, table: &str) -> String {
    let words = lost(impact, Some(number)).into_iter().filter_map(|loss| match loss {
        DataLoss::Rows(name) if name.to_string() == table => Some("all rows".to_owned()),
        DataLoss::Column { table: name, column } if name.to_string() == table => Some(format!("`{column}`")),
        DataLoss::Conversion { table: name, column, .. } if name.to_string() == table => {
            Some(format!("parts of `{column}`"))
        }
        _ => None,
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() { NONE.to_owned() } else { printable::name(&words.join(", ")).into_owned() }
}

/// A header, and the rows. A column without a value is left out; so is the space at the end of a line.
fn aligned(rows: &[[String; COLUMNS.len()]]) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let header = COLUMNS.map(|(name, _)| name.to_owned());
    let used: Vec<usize> =
        (0..COLUMNS.len()).filter(|column| rows.iter().any(|row| !row[*column].is_empty())).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&header]).map(|row| wrap::columns(&row[column]));
        cells.max().unwrap_or_default()
    };
    let line = |row: &[String; COLUMNS.len()]| {
        let cells = used.iter().map(|column| {
            let space = " ".repeat(width(*column).saturating_sub(wrap::columns(&row[*column])));
            if COLUMNS[*column].1 { format!("{space}{}", row[*column]) } else { format!("{}{space}", row[*column]) }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    [&header].into_iter().chain(rows).map(line).collect()
}

fn blocks(own: &TableImpact) -> &'static str {
    match (own.blocks_reads, own.blocks_writes) {
        (true, _) => "reads, writes",
        (false, true) => "writes",
        (false, false) => NONE,
    }
}

/// What a statement does with the rows of a table, in the words of the JSON document.
pub(super) fn cost(cost: Option<TableCost>) -> &'static str {
    match cost {
        Some(TableCost::Catalogue) => "catalogue",
        Some(TableCost::Scan) => "scan",
        Some(TableCost::Rewrite) => "rewrite",
        None => "unknown",
    }
}

/// A number of rows with three digits, as in `1,230,000`: it is an estimate.
fn rows(size: &TableSize) -> String {
    let Ok(estimate) = &size.rows else { return UNKNOWN.to_owned() };
    let mut unit = 1;
    while estimate.rows / unit >= 1_000 {
        unit *= 10;
    }
    let rounded = (estimate.rows + unit / 2) / unit * unit;
    let digits = rounded.to_string();
    let mut text = if estimate.is_upper_bound { "≤ ".to_owned() } else { String::new() };
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The bytes of a table with its indexes.
fn bytes(size: &TableSize) -> String {
    let Some(bytes) = size.bytes.map(|bytes| bytes + size.index_bytes.unwrap_or(0)) else { return UNKNOWN.to_owned() };
    let units = ["kB", "MB", "GB", "TB"];
    #[expect(clippy::cast_precision_loss, reason = "two digits are printed")]
    let mut number = bytes as f64 / 1_000.0;
    let mut unit = 0;
    while number >= 999.5 && unit + 1 < units.len() {
        number /= 1_000.0;
        unit += 1;
    }
    let digits = usize::from(number < 9.95 && number > 0.0);
    format!("{number:.digits$} {}", units[unit])
}

/// A forecast with one or two digits: it is right within a factor of two.
fn time(forecast: &Forecast) -> String {
    let (seconds, before, after) = match forecast {
        Forecast::Seconds { seconds, is_upper_bound: false } => (*seconds, "", ""),
        Forecast::Seconds { seconds, is_upper_bound: true } => (*seconds, "≤ ", ""),
        Forecast::PerMillionRows(seconds) => (*seconds, "", "/million"),
        Forecast::Unknown(_) => return UNKNOWN.to_owned(),
    };
    let text = match seconds {
        ..0.95 => return format!("< 1 s{after}"),
        ..99.5 => format!("{seconds:.0} s"),
        ..5_970.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.0} h", seconds / 3_600.0),
    };
    format!("{before}{text}{after}")
}

#[cfg(test)]
mod tests {
    use super::{aligned, bytes, rows, time};
    use crate::impact::{Forecast, RowEstimate, TableSize};

    fn size(rows: u64, is_upper_bound: bool, bytes: u64) -> TableSize {
        TableSize { rows: Ok(RowEstimate { rows, is_upper_bound }), bytes: Some(bytes), index_bytes: Some(bytes / 4) }
    }

    #[test]
    fn numbers_have_as_many_digits_as_they_are_worth() {
        for (size, expected) in [
            (size(0, false, 0), ["0", "0 kB"]),
            (size(999, false, 6_500), ["999", "8.1 kB"]),
            (size(1_234_567, false, 98_765_432), ["1,230,000", "123 MB"]),
            (size(999_999, true, 800_000_000), ["≤ 1,000,000", "1.0 GB"]),
            (size(1_000_000_000, false, 160_000_000_000), ["1,000,000,000", "200 GB"]),
            (TableSize::unknown("no table"), ["?", "?"]),
        ] {
            assert_eq!([rows(&size), bytes(&size)], expected);
        }
    }

    #[test]
    fn times_have_as_many_digits_as_they_are_worth() {
        let seconds = |seconds, is_upper_bound| Forecast::Seconds { seconds, is_upper_bound };
        for (forecast, expected) in [
            (seconds(0.3, true), "< 1 s"),
            (seconds(1.2, false), "1 s"),
            (seconds(95.0, true), "≤ 95 s"),
            (seconds(100.0, false), "2 min"),
            (seconds(7_000.0, false), "2 h"),
            (Forecast::PerMillionRows(3.4), "3 s/million"),
            (Forecast::Unknown("it fails".to_owned()), "?"),
        ] {
            assert_eq!(time(&forecast), expected);
        }
    }

    fn row(cells: [&str; 8]) -> [String; 8] {
        cells.map(str::to_owned)
    }

    #[test]
    fn columns_are_aligned() {
        let lines = aligned(&[
            row(["users", "ACCESS EXCLUSIVE", "reads, writes", "rewrite", "5,000,000", "480 MB", "12 s", "`age`"]),
            row(["accounts", "SHARE ROW EXCLUSIVE", "writes", "catalogue", "1,230,000,000", "?", "12 s", "-"]),
        ]);
        insta::assert_snapshot!(lines.join("\n"), @"
        table     lock                 blocks         cost                rows    size  forecast  loss
        users     ACCESS EXCLUSIVE     reads, writes  rewrite        5,000,000  480 MB      12 s  `age`
        accounts  SHARE ROW EXCLUSIVE  writes         catalogue  1,230,000,000       ?      12 s  -
        ");
        assert!(lines.iter().all(|line| line.chars().count() <= 96), "with the indentation, the limit is 100");
    }

    #[test]
    fn a_column_without_values_is_left_out() {
        let lines = aligned(&[row(["posts", "SHARE", "writes", "scan", "40", "16 kB", "", "-"])]);
        insta::assert_snapshot!(lines.join("\n"), @"
        table  lock   blocks  cost  rows   size  loss
        posts  SHARE  writes  scan    40  16 kB  -
        ");
    }
}
