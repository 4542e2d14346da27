//! The cells of rows, as values that do not depend on the database.

use seachange::prelude::sea_orm::{QueryResult, TryGetable};
use serde_json::Value;

use crate::variables::text;

/// The columns of a row and their values, in their order.
pub(crate) fn cells(row: &QueryResult) -> Vec<(String, Value)> {
    let names = row.column_names();
    names
        .into_iter()
        .enumerate()
        .map(|(index, name)| (name, cell(row, index)))
        .collect()
}

/// A row as `column=value column=value`.
pub(crate) fn line(cells: &[(String, Value)]) -> String {
    let cells = cells
        .iter()
        .map(|(name, value)| format!("{name}={}", text(value)));
    cells.collect::<Vec<_>>().join(" ")
}

/// The values of a row, with spaces in between.
pub(crate) fn values(row: &QueryResult) -> String {
    cells(row)
        .iter()
        .map(|(_, value)| text(value))
        .collect::<Vec<_>>()
        .join(" ")
}

/// The value of a cell, of the first type that the driver gives it as.
fn cell(row: &QueryResult, index: usize) -> Value {
    const READERS: [fn(&QueryResult, usize) -> Option<Value>; 11] = [
        read::<i64>,
        read::<i32>,
        read::<i16>,
        read::<u64>,
        read::<u32>,
        read::<i8>,
        read::<f64>,
        read::<f32>,
        read::<String>,
        read::<bool>,
        read_bytes,
    ];
    let value = READERS.iter().find_map(|reader| reader(row, index));
    value.unwrap_or_else(|| Value::from("<of another type>"))
}

/// Null, or a value of this type; nothing when it is of another one.
fn read<T: TryGetable + Into<Value>>(row: &QueryResult, index: usize) -> Option<Value> {
    let value: Option<T> = row.try_get_by_index(index).ok()?;
    Some(value.map_or(Value::Null, Into::into))
}

fn read_bytes(row: &QueryResult, index: usize) -> Option<Value> {
    let value: Option<Vec<u8>> = row.try_get_by_index(index).ok()?;
    Some(value.map_or(Value::Null, |bytes| {
        String::from_utf8_lossy(&bytes).into_owned().into()
    }))
}
