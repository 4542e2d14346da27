//! Small graphs, as a terminal shows them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use seachange_graph::draw::{GraphLayout, NodeLabel};
use seachange_graph::{Graph, Revision};

use super::{Glyphs, LogCanvas, draw};

const UNICODE: LogCanvas = LogCanvas { glyphs: Glyphs::Unicode, width: None };

/// Reads a graph: `a, a -> b, a -> c (b), b c -> d [x]` makes `c` depend on `b`, and `d`, labelled `x`, the merge point
/// of `b` and `c`.
fn graph(text: &str) -> Graph {
    Graph::new(text.split(',').map(str::trim).map(revision)).unwrap()
}

fn revision(line: &str) -> Revision {
    let (parents, rest) = line.split_once("->").unwrap_or(("", line));
    let mut words = rest.split_whitespace();
    let start = parents.split_whitespace().fold(Revision::new(words.next().unwrap()), Revision::after);
    words.fold(start, |revision, word| {
        let name = word.trim_matches(['(', ')', '[', ']']);
        if word.starts_with('(') { revision.depending_on(name) } else { revision.labelled(name) }
    })
}

fn caption(revision: &Revision) -> NodeLabel {
    NodeLabel::new(format!("message of {}", revision.id))
}

/// Draws with both sets of glyphs, without colours.
fn drawn(picture: &GraphLayout<'_>, is_drawn: impl Fn(&str) -> bool) -> String {
    let log = |glyphs| draw(picture, LogCanvas { glyphs, width: None }, &is_drawn, |_| Vec::new());
    let both = [log(Glyphs::Unicode), log(Glyphs::Ascii)].join("--\n");
    anstream::adapter::strip_str(&both).to_string()
}

fn plain(text: &str) -> String {
    drawn(&GraphLayout::new(&graph(text), caption), |_| true)
}

#[test]
fn long_messages_leave_the_lines_whole() {
    let graph = graph("a, a -> b, b -> c, a -> d");
    let caption = |revision: &Revision| NodeLabel::new(format!("add the column `{}` to every table", revision.id));
    let canvas = LogCanvas { glyphs: Glyphs::Unicode, width: Some(30) };
    let log = draw(&GraphLayout::new(&graph, caption), canvas, |_| true, |_| Vec::new());
    insta::assert_snapshot!(anstream::adapter::strip_str(&log).to_string(), @"
    •  d (head), add the column
    │  `d` to every table
    │ •  c (head), add the
    │ │  column `c` to every
    │ │  table
    │ •  b, add the column `b`
    ├─╯  to every table
    •  a (base), add the column
       `a` to every table
    ");
}

#[test]
fn line() {
    insta::assert_snapshot!(plain("a, a -> b, b -> c"), @"
    •  c (head), message of c
    •  b, message of b
    •  a (base), message of a
    --
    *  c (head), message of c
    *  b, message of b
    *  a (base), message of a
    ");
}

#[test]
fn fork() {
    insta::assert_snapshot!(plain("a, a -> b, b -> c, a -> d, d -> e"), @"
    •  e (head), message of e
    •  d, message of d
    │ •  c (head), message of c
    │ •  b, message of b
    ├─╯
    •  a (base), message of a
    --
    *  e (head), message of e
    *  d, message of d
    | *  c (head), message of c
    | *  b, message of b
    |/
    *  a (base), message of a
    ");
}

#[test]
fn diamond() {
    insta::assert_snapshot!(plain("a, a -> b, a -> c, b c -> d, d -> e"), @r"
    •  e (head), message of e
    •    d (merge point), message of d
    ├─╮
    │ •  c, message of c
    • │  b, message of b
    ├─╯
    •  a (base), message of a
    --
    *  e (head), message of e
    *    d (merge point), message of d
    |\
    | *  c, message of c
    * |  b, message of b
    |/
    *  a (base), message of a
    ");
}

#[test]
fn forest() {
    insta::assert_snapshot!(plain("a, a -> b, x, x -> y"), @"
    •  y (head), message of y
    •  x (base), message of x

    •  b (head), message of b
    •  a (base), message of a
    --
    *  y (head), message of y
    *  x (base), message of x

    *  b (head), message of b
    *  a (base), message of a
    ");
}

#[test]
fn dependency() {
    insta::assert_snapshot!(plain("a, a -> b (x), b -> c, x, x -> y, y -> z"), @r"
    •  c (head), message of c
    •    b (needs x), message of b
    ├─╮
    │ ┆
    • ┆  a (base), message of a
      ┆
    • ┆  z (head), message of z
    • ┆  y, message of y
    ├─╯
    •  x (base), message of x

    ┆ leads to a dependency
    --
    *  c (head), message of c
    *    b (needs x), message of b
    |\
    | .
    * .  a (base), message of a
      .
    * .  z (head), message of z
    * .  y, message of y
    |/
    *  x (base), message of x

    . leads to a dependency
    ");
}

#[test]
fn dependency_on_a_shared_line() {
    insta::assert_snapshot!(plain("a, a -> b, a -> c, b -> d, c -> e (b)"), @r"
    •    e (head) (needs b), message of e
    ├─╮
    │ ┆
    • ┆  c, message of c
    │ ┆ •  d (head), message of d
    │ ╭─╯
    │ •  b, message of b
    ├─╯
    •  a (base), message of a

    ┆ leads to a dependency
    --
    *    e (head) (needs b), message of e
    |\
    | .
    * .  c, message of c
    | . *  d (head), message of d
    | ./
    | *  b, message of b
    |/
    *  a (base), message of a

    . leads to a dependency
    ");
}

#[test]
fn labels() {
    insta::assert_snapshot!(plain("a [trunk], a -> b [billing] [payments], a -> c"), @"
    •  c (head), message of c
    │ •  b (head) [billing] [payments], message of b
    ├─╯
    •  a (base) [trunk], message of a
    --
    *  c (head), message of c
    | *  b (head) [billing] [payments], message of b
    |/
    *  a (base) [trunk], message of a
    ");
}

#[test]
fn octopus() {
    insta::assert_snapshot!(plain("a, a -> b, a -> c, a -> d, a -> e, b c d e -> f"), @"
    •        f (merge point) (head), message of f
    ├─┬─┬─╮
    │ │ │ •  e, message of e
    │ │ • │  d, message of d
    │ │ ├─╯
    │ • │  c, message of c
    │ ├─╯
    • │  b, message of b
    ├─╯
    •  a (base), message of a
    --
    *        f (merge point) (head), message of f
    +-+-+-.
    | | | *  e, message of e
    | | * |  d, message of d
    | | |/
    | * |  c, message of c
    | |/
    * |  b, message of b
    |/
    *  a (base), message of a
    ");
}

#[test]
fn states() {
    let graph = graph("a, a -> b, a -> c, b c -> d, d -> e, x, x -> y");
    let applied = ["a", "b", "x", "y"];
    let picture = GraphLayout::new(&graph, |revision| caption(revision).applied(applied.contains(&&*revision.id)));
    insta::assert_snapshot!(drawn(&picture, |_| true), @r"
    ◉  y (head) (current), message of y
    ●  x (base), message of x

    ○  e (head), message of e
    ○    d (merge point), message of d
    ├─╮
    │ ○  c, message of c
    ◉ │  b (current), message of b
    ├─╯
    ●  a (base), message of a
    --
    @  y (head) (current), message of y
    x  x (base), message of x

    o  e (head), message of e
    o    d (merge point), message of d
    |\
    | o  c, message of c
    @ |  b (current), message of b
    |/
    x  a (base), message of a
    ");
}

#[test]
fn lines_to_what_is_not_drawn_go_on() {
    let graph = graph("a, a -> b, b -> c, b -> d (x), c d -> e, x, x -> y");
    let picture = GraphLayout::new(&graph, caption);
    insta::assert_snapshot!(drawn(&picture, |id| "cdey".contains(id)), @r"
    •    e (merge point) (head), message of e
    ├─╮
    │ •    d (needs x), message of d
    │ ├─╮
    │ │ │
    │ ~ ~
    │
    •  c, message of c
    │
    ~

    •  y (head), message of y
    │
    ~
    --
    *    e (merge point) (head), message of e
    |\
    | *    d (needs x), message of d
    | |\
    | | |
    | ~ ~
    |
    *  c, message of c
    |
    ~

    *  y (head), message of y
    |
    ~
    ");
}

#[test]
fn details_stand_beside_the_lines() {
    let graph = graph("a, a -> b, a -> c");
    let picture = GraphLayout::new(&graph, caption);
    let details = |node: &super::Node<'_>| vec![format!("file {}.rs", node.revision.id), "created".to_owned()];
    let log = draw(&picture, UNICODE, |_| true, details);
    insta::assert_snapshot!(anstream::adapter::strip_str(&log), @"
    •  c (head), message of c
    │  file c.rs
    │  created
    │ •  b (head), message of b
    ├─╯  file b.rs
    │    created
    •  a (base), message of a
       file a.rs
       created
    ");
}

#[test]
fn colors_stand_around_glyphs_and_names() {
    let graph = graph("a [x]");
    let picture = GraphLayout::new(&graph, |revision| caption(revision).applied(true));
    let log = draw(&picture, UNICODE, |_| true, |_| Vec::new());
    insta::assert_snapshot!(log.replace('\u{1b}', "ESC"), @"ESC[1mESC[32m◉ESC[0m  ESC[33maESC[0m (base) (head) (current) [ESC[35mxESC[0m], message of a");
}

#[test]
fn the_locale_chooses_the_characters() {
    let check = |set: &[(&str, &str)], glyphs| {
        let variable = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(Glyphs::of_locale(variable), glyphs, "{set:?}");
    };
    check(&[("LANG", "en_GB.UTF-8")], Glyphs::Unicode);
    check(&[("LANG", "C.utf8")], Glyphs::Unicode);
    check(&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "C")], Glyphs::Ascii);
    check(&[("LANG", "C"), ("LC_ALL", ""), ("LC_CTYPE", "UTF-8")], Glyphs::Unicode);
    check(&[("LANG", "de_DE.ISO-8859-1")], Glyphs::Ascii);
    #[cfg(not(windows))]
    check(&[], Glyphs::Ascii);
}

#[test]
fn a_dependency_next_to_each_other_is_seen() {
    insta::assert_snapshot!(plain("b (a), b -> c, a"), @"
    •  c (head), message of c
    •  b (base) (needs a), message of b
    ┆
    •  a (base) (head), message of a

    ┆ leads to a dependency
    --
    *  c (head), message of c
    *  b (base) (needs a), message of b
    .
    *  a (base) (head), message of a

    . leads to a dependency
    ");
}

#[test]
fn trees_are_parted_beside_other_lines() {
    insta::assert_snapshot!(plain("a, a -> b (x), x, x -> y, y -> z, a -> c, c -> d, q (x), k"), @"
    •  q (base) (head) (needs x), message of q
    ┆
    ┆ •  b (head) (needs x), message of b
    ╭─┤
    ┆ │
    ┆ │ •  d (head), message of d
    ┆ │ •  c, message of c
    ┆ ├─╯
    ┆ •  a (base), message of a
    ┆
    ┆ •  z (head), message of z
    ┆ •  y, message of y
    ╭─╯
    •  x (base), message of x

    •  k (base) (head), message of k

    ┆ leads to a dependency
    --
    *  q (base) (head) (needs x), message of q
    .
    . *  b (head) (needs x), message of b
    ./|
    . |
    . | *  d (head), message of d
    . | *  c, message of c
    . |/
    . *  a (base), message of a
    .
    . *  z (head), message of z
    . *  y, message of y
    ./
    *  x (base), message of x

    *  k (base) (head), message of k

    . leads to a dependency
    ");
}

/// The graph in the README.
#[test]
fn everything_at_once() {
    let messages = [
        ("376e48470d72", "create posts table"),
        ("5fc4a7d24971", "index the titles"),
        ("9a3b7c5d1e2f", "create votes table"),
        ("c1d24e5f6a70", "merge search and votes"),
        ("3f1e7d60a2b4", "bill for posts"),
        ("b7a90c4410de", "create accounts table"),
        ("e05fb6c2d811", "send invoices"),
    ];
    let graph = graph(
        "376e48470d72, 376e48470d72 -> 5fc4a7d24971 [search], 376e48470d72 -> 9a3b7c5d1e2f, \
         5fc4a7d24971 9a3b7c5d1e2f -> c1d24e5f6a70, c1d24e5f6a70 -> 3f1e7d60a2b4 (b7a90c4410de), \
         b7a90c4410de, b7a90c4410de -> e05fb6c2d811 [billing]",
    );
    let picture = GraphLayout::new(&graph, |revision| {
        let place = messages.iter().position(|(id, _)| *id == revision.id).unwrap();
        NodeLabel::new(messages[place].1).applied(place < 4)
    });
    let log = draw(&picture, UNICODE, |_| true, |_| Vec::new());
    insta::assert_snapshot!(anstream::adapter::strip_str(&log), @"
    ○    3f1e7d60a2b4 (head) (needs b7a90c4410de), bill for posts
    ├─╮
    │ ┆
    ◉ ┆    c1d24e5f6a70 (merge point) (current), merge search and votes
    ├───╮
    │ ┆ ●  9a3b7c5d1e2f, create votes table
    ● ┆ │  5fc4a7d24971 [search], index the titles
    ├───╯
    ● ┆  376e48470d72 (base), create posts table
      ┆
    ○ ┆  e05fb6c2d811 (head) [billing], send invoices
    ├─╯
    ○  b7a90c4410de (base), create accounts table

    ┆ leads to a dependency
    ");
}
