//! What a revision file imports: `use seachange::prelude::*;`.

pub use sea_orm_migration::prelude::*;
pub use sea_orm_migration::schema::*;
pub use sea_orm_migration::{self, sea_orm};

pub use crate::alter::{NewForeignKey, alter};
pub use crate::revision::Revision;
pub use crate::revision_sql;
pub use crate::revision_sql::RevisionSql;
pub use crate::run_arguments::{tag_argument, x_argument};
pub use crate::schema::Deferrable;
