//! Indexes.

use super::read::StoredIndex;
use crate::schema::{Column, Expression, Index, IndexKey, IndexPart};
use crate::sqlite_ddl::expression::expression;
use crate::sqlite_ddl::index_text::IndexText;
use crate::sqlite_ddl::key_part::KeyPart;
use crate::sqlite_ddl::same;

/// Builds an index from its text.
pub(super) fn index(stored: StoredIndex, columns: &[Column], names: &[String]) -> Option<Index> {
    let text = IndexText::parse(&stored.sql)?;
    let predicate = text.predicate.map(|predicate| expression(&predicate, names));
    Some(Index {
        name: stored.name,
        unique: text.unique,
        method: None,
        parts: text.parts.into_iter().map(|part| index_part(part, columns, names)).collect(),
        include: Vec::new(),
        predicate: predicate.map(|(text, normal)| Expression { text, normal }),
        nulls_not_distinct: false,
    })
}

fn index_part(part: KeyPart, columns: &[Column], names: &[String]) -> IndexPart {
    let name = part.name.as_deref();
    let column = name.and_then(|name| columns.iter().find(|column| same(&column.name, name)));
    let own = column.map(|column| column.collation.as_deref().unwrap_or("BINARY"));
    let collation = part.collation.map(|collation| collation.to_ascii_uppercase());
    let key = match column {
        Some(column) => IndexKey::Column(column.name.clone()),
        None => {
            let (text, normal) = expression(&part.text, names);
            IndexKey::Expression(Expression { text, normal })
        }
    };
    IndexPart {
        key,
        descending: part.descending,
        collation: collation.filter(|collation| own != Some(collation)),
        ..IndexPart::column("")
    }
}
