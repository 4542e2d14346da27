//! The contents of the documents.

use super::{EVERYTHING, everything, graph, picture};

#[test]
fn mermaid_shows_everything() {
    insta::assert_snapshot!(everything(&graph(EVERYTHING)).mermaid(), @r#"
    flowchart BT
        accTitle: Revision graph
        r_e["e (head)<br/>add a column"]:::pending
        r_d["d (merge point)"]:::pending
        r_c["c<br/>add a column"]:::pending
        r_b["b (current)<br/>add a column"]:::current
        r_a["a (base)<br/>create #34;posts#34; #38; #60;users#62;"]:::applied
        r_z["z (head)<br/>add a column"]:::pending
        r_y["y<br/>add a column"]:::pending
        r_x["x (base) (current) #91;side#93;<br/>add a column"]:::current
        r_d --> r_e
        r_y -. dependency .-> r_e
        r_b --> r_d
        r_c --> r_d
        r_a --> r_c
        r_a --> r_b
        r_y --> r_z
        r_x --> r_y
        classDef applied stroke:#2da44e,stroke-width:2px
        classDef pending stroke-dasharray:4 3
        classDef current stroke:#2da44e,stroke-width:4px
    "#);
}

#[test]
fn dot_shows_everything() {
    insta::assert_snapshot!(everything(&graph(EVERYTHING)).dot(), @r##"
    digraph revisions {
        rankdir=BT;
        node [shape=box, style=rounded, fontname="Helvetica,Arial,sans-serif", fontsize=11];
        edge [fontname="Helvetica,Arial,sans-serif", fontsize=9, color="#57606a"];
        "e" [label="e (head)\nadd a column", style="rounded,dashed"];
        "d" [label="d (merge point)", style="rounded,dashed"];
        "c" [label="c\nadd a column", style="rounded,dashed"];
        "b" [label="b (current)\nadd a column", style="rounded,filled", fillcolor="#aceebb", penwidth=2];
        "a" [label="a (base)\ncreate \"posts\" &amp; <users>", style="rounded,filled", fillcolor="#dafbe1"];
        "z" [label="z (head)\nadd a column", style="rounded,dashed"];
        "y" [label="y\nadd a column", style="rounded,dashed"];
        "x" [label="x (base) (current) [side]\nadd a column", style="rounded,filled", fillcolor="#aceebb", penwidth=2];
        "d" -> "e";
        "y" -> "e" [style=dashed, label="dependency"];
        "b" -> "d";
        "c" -> "d";
        "a" -> "c";
        "a" -> "b";
        "y" -> "z";
        "x" -> "y";
    }
    "##);
}

#[test]
fn svg_shows_everything() {
    let svg = everything(&graph(EVERYTHING)).svg();
    let (start, drawing) = svg.split_once("</style>\n").unwrap();
    insta::assert_snapshot!(start.split_once("<style>").unwrap().0, @r#"
    <svg xmlns="http://www.w3.org/2000/svg" width="693" height="284" viewBox="0 0 693 284" role="img" aria-labelledby="seachange-title seachange-desc">
    <title id="seachange-title">Revision graph</title>
    <desc id="seachange-desc">8 revisions, 2 heads, 2 bases; the newest is on top</desc>
    "#);
    insta::assert_snapshot!(drawing, @r#"
    <rect class="page" width="693" height="284" rx="8"/>
    <path class="c0" d="M25 30V58"/>
    <path class="needs" d="M25 30C25 44 43 44 43 58V170C43 184 25 184 25 198"/>
    <path class="c0" d="M25 58V114"/>
    <path class="c2" d="M25 58C25 72 61 72 61 86"/>
    <path class="c2" d="M61 86V114C61 128 25 128 25 142"/>
    <path class="c0" d="M25 114V142"/>
    <path class="c0" d="M25 170V198"/>
    <path class="c0" d="M25 198V226"/>
    <g><title>e, pending: add a column</title>
    <circle class="empty c0" cx="25" cy="30" r="5"/>
    <text class="id" x="77" y="34" textLength="8">e</text>
    <g class="badge head"><rect x="93" y="21" width="41" height="18" rx="9"/><text x="100" y="34" textLength="27">head</text></g>
    <text x="142" y="34">add a column</text>
    </g>
    <g><title>d, pending</title>
    <circle class="empty c0" cx="25" cy="58" r="5"/>
    <text class="id" x="77" y="62" textLength="8">d</text>
    <g class="badge mark"><rect x="93" y="49" width="87" height="18" rx="9"/><text x="100" y="62" textLength="73">merge point</text></g>
    </g>
    <g><title>c, pending: add a column</title>
    <circle class="empty c2" cx="61" cy="86" r="5"/>
    <text class="id" x="77" y="90" textLength="8">c</text>
    <text x="93" y="90">add a column</text>
    </g>
    <g><title>b, applied, current: add a column</title>
    <circle class="f0" cx="25" cy="114" r="5"/>
    <circle class="c0" cx="25" cy="114" r="9"/>
    <text class="id" x="77" y="118" textLength="8">b</text>
    <g class="badge current"><rect x="93" y="105" width="61" height="18" rx="9"/><text x="100" y="118" textLength="47">current</text></g>
    <text x="162" y="118">add a column</text>
    </g>
    <g><title>a, applied: create "posts" &amp; &lt;users&gt;</title>
    <circle class="f0" cx="25" cy="142" r="5"/>
    <text class="id" x="77" y="146" textLength="8">a</text>
    <g class="badge mark"><rect x="93" y="133" width="41" height="18" rx="9"/><text x="100" y="146" textLength="27">base</text></g>
    <text x="142" y="146">create "posts" &amp; &lt;users&gt;</text>
    </g>
    <g><title>z, pending: add a column</title>
    <circle class="empty c0" cx="25" cy="170" r="5"/>
    <text class="id" x="77" y="174" textLength="8">z</text>
    <g class="badge head"><rect x="93" y="161" width="41" height="18" rx="9"/><text x="100" y="174" textLength="27">head</text></g>
    <text x="142" y="174">add a column</text>
    </g>
    <g><title>y, pending: add a column</title>
    <circle class="empty c0" cx="25" cy="198" r="5"/>
    <text class="id" x="77" y="202" textLength="8">y</text>
    <text x="93" y="202">add a column</text>
    </g>
    <g><title>x, applied, current: add a column</title>
    <circle class="f0" cx="25" cy="226" r="5"/>
    <circle class="c0" cx="25" cy="226" r="9"/>
    <text class="id" x="77" y="230" textLength="8">x</text>
    <g class="badge mark"><rect x="93" y="217" width="41" height="18" rx="9"/><text x="100" y="230" textLength="27">base</text></g>
    <g class="badge current"><rect x="142" y="217" width="61" height="18" rx="9"/><text x="149" y="230" textLength="47">current</text></g>
    <g class="badge label"><rect x="211" y="217" width="41" height="18" rx="9"/><text x="218" y="230" textLength="27">side</text></g>
    <text x="260" y="230">add a column</text>
    </g>
    <text class="legend" x="77" y="258">dashed line: a dependency; full circle: applied, empty: pending, ringed: current</text>
    </svg>
    "#);
}

#[test]
fn nothing_is_drawn_of_nothing() {
    let graph = graph("");
    let picture = picture(&graph);
    insta::assert_snapshot!(picture.mermaid(), @"
    flowchart BT
        accTitle: Revision graph
    ");
    insta::assert_snapshot!(picture.dot(), @r##"
    digraph revisions {
        rankdir=BT;
        node [shape=box, style=rounded, fontname="Helvetica,Arial,sans-serif", fontsize=11];
        edge [fontname="Helvetica,Arial,sans-serif", fontsize=9, color="#57606a"];
    }
    "##);
    roxmltree::Document::parse(&picture.svg()).unwrap();
}

#[test]
fn states_are_marked_only_where_a_database_was_asked() {
    let graph = graph("a, a -> b");
    let [mermaid, dot, svg] = [picture(&graph).mermaid(), picture(&graph).dot(), picture(&graph).svg()];
    assert!(!mermaid.contains("classDef") && !mermaid.contains(":::"), "{mermaid}");
    assert!(!dot.contains("fillcolor"), "{dot}");
    assert!(!svg.contains("legend\" x") && !svg.contains("pending"), "{svg}");
}
