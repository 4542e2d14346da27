//! The questions as they are in the file.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Revision;

#[derive(Deserialize)]
pub(super) struct Suite {
    pub(super) graphs: Vec<Case>,
}

#[derive(Deserialize)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) revisions: Vec<Node>,
    #[serde(rename = "cases")]
    pub(super) questions: Vec<Question>,
    pub(super) facts: Facts,
}

#[derive(Deserialize)]
pub(super) struct Node {
    id: String,
    down: Vec<String>,
    depends_on: Vec<String>,
    labels: Vec<String>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Facts {
    pub(super) load_error: Option<serde_json::Value>,
    pub(super) heads: Vec<String>,
    pub(super) effective_heads: Vec<String>,
    pub(super) bases: Vec<String>,
    pub(super) branch_points: Vec<String>,
    pub(super) merge_points: Vec<String>,
    pub(super) member_labels: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Operation {
    Upgrade,
    Downgrade,
    Stamp,
    History,
    Resolve,
}

#[derive(Debug, Deserialize)]
pub(super) struct Question {
    #[serde(rename = "op")]
    pub(super) operation: Operation,
    #[serde(default)]
    pub(super) from: Vec<String>,
    target: OneOrMany,
    #[serde(default)]
    pub(super) expected_steps: Vec<String>,
    #[serde(default)]
    pub(super) expected_revisions: Vec<String>,
    #[serde(default)]
    pub(super) final_heads: Vec<String>,
    pub(super) order: Option<String>,
    pub(super) expected_error: Option<Refusal>,
    #[serde(default)]
    pub(super) warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    pub(super) cause: Option<String>,
    pub(super) class: String,
    pub(super) message: String,
    #[serde(default)]
    pub(super) internal: bool,
}

impl Node {
    pub(super) fn revision(&self) -> Revision {
        Revision {
            id: self.id.clone(),
            down_revision: self.down.clone(),
            depends_on: self.depends_on.clone(),
            branch_labels: self.labels.clone(),
            replaces: Vec::new(),
        }
    }
}

impl Question {
    pub(super) fn targets(&self) -> &[String] {
        match &self.target {
            OneOrMany::One(target) => std::slice::from_ref(target),
            OneOrMany::Many(targets) => targets,
        }
    }
}

impl Refusal {
    /// The class of the error, without the errors that Alembic's commands wrap around it.
    pub(super) fn cause(&self) -> &str {
        self.cause.as_deref().unwrap_or(&self.class)
    }
}
