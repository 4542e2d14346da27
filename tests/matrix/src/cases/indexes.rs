//! Indexes.

use sea_orm::sea_query::{ConditionalStatement, Expr, Index, IndexCreateStatement, IndexOrder, IndexType};
use seachange::autogenerate::EntityTable;

use super::build::{MySql, POSTGRES, SQLITE_AND_POSTGRES, index, integer, keyed, people, string, string_len, text};
use crate::Case;

/// The first major version of PostgreSQL whose indexes include columns.
const INCLUDE: i32 = 11;

pub(super) fn cases() -> Vec<Case> {
    let of = |index: IndexCreateStatement| with([index]);
    let change = |name: &'static str, before: IndexCreateStatement, after: IndexCreateStatement| {
        Case::new(name, [of(before)], [of(after)])
    };
    let plain = || index("i", &["a"]);
    vec![
        Case::new("add index", [with([])], [of(plain())]),
        Case::new("drop index", [of(plain())], [with([])]),
        change("index columns", plain(), index("i", &["a", "b"])),
        change("order of the columns of an index", index("i", &["a", "b"]), index("i", &["b", "a"])),
        change("index unique flag", plain(), index("i", &["a"]).unique().to_owned()),
        change("index renamed", plain(), index("j", &["a"])),
        change("index partial WHERE changed", partial("b > 0"), partial("b > 1")).on(SQLITE_AND_POSTGRES),
        change("index partial WHERE added", plain(), partial("b > 0")).on(SQLITE_AND_POSTGRES),
        change("index method btree->hash", plain(), index("i", &["a"]).index_type(IndexType::Hash).to_owned())
            .on(POSTGRES),
        change("index INCLUDE added", plain(), index("i", &["a"]).include("b").to_owned()).on(POSTGRES).since(INCLUDE),
        change("index DESC", plain(), descending()),
        change("expression index changed", expression("lower(a)"), expression("upper(a)")).on(SQLITE_AND_POSTGRES),
        Case::new("expression index added", [with([])], [of(expression("lower(a)"))]).on(SQLITE_AND_POSTGRES),
        Case::new("full text index", [words([])], [words([index("i", &["a"]).full_text().to_owned()])]).on(&[MySql]),
        Case::new("index on the beginning of a text", [words([index("i", &["b"])])], [words([beginning()])])
            .on(&[MySql]),
        Case::new(
            "add several indexes",
            [with([])],
            [with([index("i", &["a"]), index("j", &["b"]), index("k", &["b", "a"])])],
        ),
        Case::new(
            "swap the names of indexes",
            [with([index("i", &["a"]), index("j", &["b"])])],
            [with([index("i", &["b"]), index("j", &["a"])])],
        ),
        Case::new(
            "index on an added column",
            [with([])],
            [keyed("people", [string("a"), integer("b"), integer("c").default(0).to_owned()])
                .index(index("i", &["c"]))],
        ),
        Case::new(
            "indexes with one name on two tables",
            [people([integer("a")]), keyed("pets", [integer("a")])],
            [
                people([integer("a")]).index(index("people_a", &["a"])),
                keyed("pets", [integer("a")]).index(index("pets_a", &["a"])),
            ],
        ),
    ]
}

fn with(indexes: impl IntoIterator<Item = IndexCreateStatement>) -> EntityTable {
    indexes.into_iter().fold(people([string("a"), integer("b")]), EntityTable::index)
}

fn words(indexes: impl IntoIterator<Item = IndexCreateStatement>) -> EntityTable {
    indexes.into_iter().fold(people([text("a"), string_len("b", 100)]), EntityTable::index)
}

fn partial(predicate: &'static str) -> IndexCreateStatement {
    index("i", &["a"]).and_where(Expr::cust(predicate)).to_owned()
}

fn descending() -> IndexCreateStatement {
    Index::create().name("i").col(("a", IndexOrder::Desc)).to_owned()
}

fn beginning() -> IndexCreateStatement {
    Index::create().name("i").col(("b", 10)).to_owned()
}

fn expression(expression: &'static str) -> IndexCreateStatement {
    Index::create().name("i").col(Expr::cust(expression)).to_owned()
}
