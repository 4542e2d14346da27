//! Changes of entities of SeaORM.

#![expect(unreachable_pub, reason = "SeaORM's macros make everything of a model public")]

mod models;

use seachange::autogenerate::{Entities, EntityTable};

use self::models as m;
use super::enumerations::ADDS_VALUES;
use crate::Case;

/// Two entities with `has_many` at each other, which SeaORM cannot describe.
#[must_use]
pub fn circle() -> Entities {
    Entities::new().with(m::plain::Entity).with(m::friends::Entity).with(m::groups::Entity)
}

pub(super) fn cases() -> Vec<Case> {
    let plain = || EntityTable::of(m::plain::Entity);
    let change = |name: &'static str, after: EntityTable| Case::new(name, [plain()], [after]);
    let pet = |pets: EntityTable| [EntityTable::of(m::plain::Entity), pets];
    vec![
        change("entity: renamed_from", m::renamed::Entity.into()),
        change("entity: unique", m::unique::Entity.into()),
        change("entity: indexed", m::indexed::Entity.into()),
        change("entity: unique_key over two columns", m::unique_key::Entity.into()),
        change("entity: default_value and default_expr", m::defaults::Entity.into()),
        change("entity: nullable", m::nullable::Entity.into()),
        change("entity: comment", m::commented::Entity.into()),
        change("entity: extra", m::extra::Entity.into()),
        change("entity: active enum", m::moody::Entity.into()),
        change("entity: types", m::typed::Entity.into()),
        Case::new("entity: active enum, value added", [m::moody::Entity.into()], [m::moodier::Entity.into()])
            .since(ADDS_VALUES),
        Case::new("entity: belongs_to", pet(m::pets::Entity.into()), pet(m::pets_of_people::Entity.into())),
        Case::new(
            "entity: belongs_to, action changed",
            pet(m::pets_of_people::Entity.into()),
            pet(m::pets_gone::Entity.into()),
        ),
        Case::new(
            "entity: two relations of one column",
            [plain(), m::homes::Entity.into(), m::pets::Entity.into()],
            [plain(), m::homes::Entity.into(), m::pets_of_two::Entity.into()],
        ),
        Case::new(
            "entity: a second relation of one column",
            [plain(), m::homes::Entity.into(), EntityTable::of(m::pets_of_people_only::Entity)],
            [plain(), m::homes::Entity.into(), m::pets_of_two::Entity.into()],
        ),
        Case::new(
            "entity: new table with two relations of one column",
            [plain(), m::homes::Entity.into()],
            [plain(), m::homes::Entity.into(), m::pets_of_two::Entity.into()],
        ),
        change("entity: primary key that is unique", m::unique_id::Entity.into()),
        Case::new(
            "entity: primary key that is unique stays",
            [m::unique_id::Entity.into()],
            [EntityTable::from(m::unique_id::Entity)],
        ),
        Case::new("entity: new table with a key of two columns", [plain()], [plain(), m::likes::Entity.into()]),
    ]
}
