//! The graph as a picture: rows for a log on a terminal, and texts for documents.
//!
//! A [`GraphLayout`] puts the revisions in the order in which they are drawn, the newest first, and knows every line
//! between them. [`GraphLayout::mermaid`], [`GraphLayout::dot`] and [`GraphLayout::svg`] write it; a terminal uses
//! the rows directly. The graph knows neither messages nor what a database has applied: the caller gives both, as a
//! [`NodeLabel`] for each revision.
//!
//! Everything is linear in the number of revisions and pointers, except for a logarithm where lanes are assigned. No
//! function is recursive.
//!
//! ```
//! use seachange_graph::draw::{GraphLayout, NodeLabel};
//! use seachange_graph::{Graph, Revision};
//!
//! let graph = Graph::new([Revision::new("1975ea83b712"), Revision::new("ae1027a6acf4").after("1975ea83b712")])?;
//! let picture = GraphLayout::new(&graph, |revision| NodeLabel::new(format!("message of {}", revision.id)));
//! assert_eq!(picture.nodes()[0].revision.id, "ae1027a6acf4");
//! assert!(picture.dot().starts_with("digraph"));
//! # Ok::<(), seachange_graph::GraphErrors>(())
//! ```

mod dot;
mod lanes;
mod mermaid;
mod order;
mod svg;
mod text;

use crate::graph::Graph;
use crate::revision::Revision;

/// What a caller knows about a revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeLabel {
    /// What the revision does. It is drawn on one line, even if it contains line breaks.
    pub message: String,
    /// Whether a database has applied it; `None` if no database was read.
    pub is_applied: Option<bool>,
}

/// The state of a revision in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeState {
    /// It is not applied.
    Pending,
    /// It is applied, and so is a revision above it.
    Applied,
    /// It is applied, and nothing above it is.
    Current,
}

/// A revision in its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node<'a> {
    /// The revision.
    pub revision: &'a Revision,
    /// What the revision does, on one line, without control characters.
    pub message: String,
    /// Its state in the database; `None` if no database was read.
    pub state: Option<NodeState>,
    /// Whether the revision has no children.
    pub is_head: bool,
}

/// What a line between two revisions means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeKind {
    /// The upper revision comes after the lower one.
    Parent,
    /// The upper revision needs the lower one, which is not its parent.
    Dependency,
}

/// A line from a revision down to one that it points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The row of the revision that points.
    pub upper: usize,
    /// The row of the revision pointed at, always further down.
    pub lower: usize,
    /// What the line means.
    pub kind: EdgeKind,
}

/// Every revision in its own row, the newest first, and every line between them.
///
/// A revision is above all revisions that it points at. Where possible, the revisions of a branch are next to each
/// other. A branch is above the branches that it depends on. The order depends only on the set of revisions.
#[derive(Debug, Clone)]
pub struct GraphLayout<'a> {
    nodes: Vec<Node<'a>>,
    /// Sorted by the upper row; for each, parents as they are declared, then dependencies.
    edges: Vec<Edge>,
}

impl NodeLabel {
    /// A label without a state.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_applied: None }
    }

    /// Adds whether a database has applied the revision.
    #[must_use]
    pub fn applied(self, is_applied: bool) -> Self {
        Self { is_applied: Some(is_applied), ..self }
    }
}

impl Node<'_> {
    /// Whether the revision has no parent.
    pub fn is_base(&self) -> bool {
        self.revision.down_revision.is_empty()
    }

    /// Whether the revision has several parents.
    pub fn is_merge_point(&self) -> bool {
        self.revision.down_revision.len() > 1
    }

    /// The role of the revision in its graph and its state in the database, as words.
    pub fn labels(&self) -> impl Iterator<Item = &'static str> {
        let marks = [
            (self.is_base(), "base"),
            (self.is_merge_point(), "merge point"),
            (self.is_head, "head"),
            (self.state == Some(NodeState::Current), "current"),
        ];
        marks.into_iter().filter(|(holds, _)| *holds).map(|(_, mark)| mark)
    }
}

impl<'a> GraphLayout<'a> {
    /// Orders the revisions of a graph, and gets the label of each from `caption`.
    pub fn new(graph: &'a Graph, caption: impl Fn(&Revision) -> NodeLabel) -> Self {
        let rows = order::newest_first(graph);
        let captions: Vec<NodeLabel> = graph.iter().map(caption).collect();
        let states = states(graph, &captions, &rows);
        let node = |&position: &usize| Node {
            revision: graph.revision(position),
            message: text::one_line(&captions[position].message),
            state: states[position],
            is_head: graph.child_positions(position).is_empty(),
        };
        Self { nodes: rows.iter().map(node).collect(), edges: edges(graph, &rows) }
    }

    /// The part of the picture with the revisions for which `keeps` holds, and the lines between them.
    ///
    /// ```
    /// use seachange_graph::draw::{GraphLayout, NodeLabel};
    /// use seachange_graph::{Graph, Revision};
    ///
    /// let graph = Graph::new([Revision::new("a1"), Revision::new("b2").after("a1"), Revision::new("c3").after("b2")])?;
    /// let picture = GraphLayout::new(&graph, |_| NodeLabel::default()).only(|revision| revision.id != "a1");
    /// assert_eq!((picture.nodes().len(), picture.edges().len()), (2, 1));
    /// # Ok::<(), seachange_graph::GraphErrors>(())
    /// ```
    #[must_use]
    pub fn only(self, keeps: impl Fn(&Revision) -> bool) -> Self {
        let mut rows = Vec::with_capacity(self.nodes.len());
        let mut nodes = Vec::new();
        for node in self.nodes {
            let is_kept = keeps(node.revision);
            rows.push(is_kept.then_some(nodes.len()));
            if is_kept {
                nodes.push(node);
            }
        }
        let edge = |edge: &Edge| Some(Edge { upper: rows[edge.upper]?, lower: rows[edge.lower]?, kind: edge.kind });
        let edges = self.edges.iter().filter_map(edge).collect();
        Self { nodes, edges }
    }

    /// The revisions, a row each, the newest first.
    pub fn nodes(&self) -> &[Node<'a>] {
        &self.nodes
    }

    /// Every line once, in the order of the upper rows. A revision that is both parent and dependency is a parent.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The lines that go down from a row.
    pub fn edges_below(&self, row: usize) -> &[Edge] {
        let first = self.edges.partition_point(|edge| edge.upper < row);
        let count = self.edges[first..].partition_point(|edge| edge.upper == row);
        &self.edges[first..first + count]
    }

    /// Whether any revision depends on another.
    pub fn has_dependencies(&self) -> bool {
        self.edges.iter().any(|edge| edge.kind == EdgeKind::Dependency)
    }

    /// The picture as a [Mermaid](https://mermaid.js.org) flowchart, the newest revision on top.
    pub fn mermaid(&self) -> String {
        mermaid::write(self)
    }

    /// The picture in the language of [Graphviz](https://graphviz.org), the newest revision on top.
    pub fn dot(&self) -> String {
        dot::write(self)
    }

    /// The picture as an SVG document that needs no other file: lanes and rows as in a log, with light or dark
    /// colours as the reader's screen prefers.
    pub fn svg(&self) -> String {
        svg::write(self)
    }
}

/// Every pointer as a line between rows; `rows` lists the positions in the order of the rows.
fn edges(graph: &Graph, rows: &[usize]) -> Vec<Edge> {
    let mut row_of = vec![0; rows.len()];
    rows.iter().enumerate().for_each(|(row, &position)| row_of[position] = row);
    let row_of = &row_of;
    let edges_of = |(upper, &position): (usize, &usize)| {
        let edge = move |kind| move |&below: &usize| Edge { upper, lower: row_of[below], kind };
        let parents = graph.parent_positions(position).iter().map(edge(EdgeKind::Parent));
        parents.chain(graph.dependency_positions(position).iter().map(edge(EdgeKind::Dependency)))
    };
    rows.iter().enumerate().flat_map(edges_of).collect()
}

/// The state of each revision, from the top down. A revision that is not applied does not hide applied revisions
/// below it.
fn states(graph: &Graph, captions: &[NodeLabel], rows: &[usize]) -> Vec<Option<NodeState>> {
    let mut states = vec![None; rows.len()];
    let mut has_applied_above = vec![false; rows.len()];
    for &position in rows {
        let is_applied = |above: usize| captions[above].is_applied == Some(true);
        has_applied_above[position] =
            graph.above(position).iter().any(|&above| is_applied(above) || has_applied_above[above]);
        states[position] =
            captions[position].is_applied.map(|is_applied| match (is_applied, has_applied_above[position]) {
                (false, _) => NodeState::Pending,
                (true, true) => NodeState::Applied,
                (true, false) => NodeState::Current,
            });
    }
    states
}

#[cfg(test)]
mod tests;
