//! What `alter` is about to get. Its own methods take precedence; this file goes when they are there.

use sea_orm::sea_query::IntoIden;

use crate::alter::{Alter, NewForeignKey};
use crate::schema::Deferrable;

pub(super) trait ToCome: Sized {
    fn drop_default(self, _column: impl IntoIden) -> Self {
        self
    }
    fn add_primary_key<C: IntoIden>(self, _name: impl IntoIden, _columns: impl IntoIterator<Item = C>) -> Self {
        self
    }
    fn drop_primary_key(self, _name: impl IntoIden) -> Self {
        self
    }
    fn comment(self, _text: impl Into<String>) -> Self {
        self
    }
    fn column_comment(self, _column: impl IntoIden, _text: impl Into<String>) -> Self {
        self
    }
}

impl ToCome for Alter<'_, '_> {}

pub(super) trait LateKey: Sized {
    fn deferrable(self, _when: Deferrable) -> Self {
        self
    }
}

impl LateKey for NewForeignKey {}
