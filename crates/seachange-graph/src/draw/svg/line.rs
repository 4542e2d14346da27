//! The path of a line from a revision to one below.

use std::fmt::Write;

use super::{x, y};
use crate::draw::Edge;
use crate::draw::lanes::Lanes;

/// Bends from the upper revision into the lane of the line, runs down in it, and bends out of it to the lower revision.
pub(super) fn path(edge: &Edge, lane: usize, lanes: &Lanes) -> String {
    let [upper, lower] = [lanes.nodes[edge.upper], lanes.nodes[edge.lower]];
    let mut path = format!("M{} {}", x(upper), y(edge.upper));
    if edge.lower == edge.upper + 1 {
        run(&mut path, upper, lower, edge.lower);
        return path;
    }
    // A straight line is written in one stroke.
    if upper != lane {
        run(&mut path, upper, lane, edge.upper + 1);
    }
    if lane == lower {
        run(&mut path, lane, lower, edge.lower);
    } else {
        run(&mut path, lane, lane, edge.lower - 1);
        run(&mut path, lane, lower, edge.lower);
    }
    path
}

/// Continues to a row: straight down, or, over the height of one row, into another lane.
fn run(path: &mut String, from: usize, to: usize, row: usize) {
    let end = y(row);
    let middle = end - super::ROW / 2;
    let _ = if from == to {
        write!(path, "V{end}")
    } else {
        write!(path, "C{} {middle} {} {middle} {} {end}", x(from), x(to), x(to))
    };
}
