//! A plan: the actions of one to four revisions.

use std::fs;

use seachange_tests::Backend;
use serde_json::{Map, Value, json};

use super::plain::Grammar;

/// How many of a hundred plans are plain DDL and DML.
const PLAIN: usize = 40;

/// How many of a hundred steps of another plan are unusual.
const UNUSUAL: usize = 50;

/// Revisions as `scripted-migration` reads them. The first one makes the tables.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) entries: Value,
    /// Whether the whole plan is plain DDL and DML.
    pub(super) is_plain: bool,
    /// How many revisions do something, the first one included.
    pub(super) revisions: usize,
}

impl Plan {
    /// Makes the plan of a seed.
    pub(super) fn generate(seed: u64, backend: Backend) -> Self {
        let mut grammar = Grammar::new(seed, backend);
        let is_plain = grammar.random.chance(PLAIN);
        let count = 1 + grammar.random.below(4);
        let mut entries = Map::from_iter([("l1".to_owned(), json!({"up": grammar.foundation()}))]);
        for number in 2..2 + count {
            entries.insert(format!("l{number}"), revision(&mut grammar, is_plain));
        }
        Self { entries: entries.into(), is_plain, revisions: 1 + count }
    }

    /// Reads a plan that was printed before.
    pub(super) fn read(path: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let entries: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
        let revisions = entries.as_object().map_or(0, Map::len);
        Ok(Self { entries, is_plain: false, revisions })
    }
}

fn revision(grammar: &mut Grammar, is_plain: bool) -> Value {
    let is_outside = grammar.random.chance(55);
    let mut actions = Vec::new();
    for _ in 0..2 + grammar.random.below(4) {
        if !is_plain && grammar.random.chance(UNUSUAL) {
            actions.extend(grammar.unusual(is_outside || grammar.backend.is_like_mysql()));
        } else {
            actions.push(grammar.plain());
        }
    }
    if is_outside { json!({"use_transaction": false, "up": actions}) } else { json!({"up": actions}) }
}
