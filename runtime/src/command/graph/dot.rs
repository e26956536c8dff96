//! The picture in the language of Graphviz.

use super::{Box, CableKind, End, Graph, Row};

pub(super) fn draw(graph: &Graph) -> String {
    let mut dot = String::from(
        "graph namespaces {\n  rankdir=LR\n  node [shape=box, fontname=monospace, fontsize=10]\n  graph [fontname=monospace, fontsize=11, style=rounded]\n",
    );
    for (place, drawn) in graph.boxes.iter().enumerate() {
        dot += &cluster(place, drawn);
    }
    for cable in &graph.cables {
        let style = if cable.kind == CableKind::Upon { " [style=dashed]" } else { "" };
        dot += &format!("  {} -- {}{style}\n", node(cable.ends[0]), node(cable.ends[1]));
    }
    dot + "}\n"
}

fn cluster(place: usize, drawn: &Box) -> String {
    let colour = if drawn.strays.is_empty() { "gray40" } else { "red" };
    let label = quoted(&[drawn.title.clone(), drawn.subtitle.clone()]);
    let mut dot = format!("  subgraph cluster_{place} {{\n    label={label}\n    color={colour}\n");
    for (row, link) in drawn.rows.iter().enumerate() {
        let colour = if link.up { "black" } else { "gray60" };
        dot += &format!("    {} [label={}, color={colour}]\n", node(End { place, row }), quoted(&lines(link)));
    }
    for (number, text) in drawn.strays.iter().chain(&drawn.dark).enumerate() {
        dot += &format!(
            "    stray_{place}_{number} [label={}, color=red, fontcolor=red]\n",
            quoted(std::slice::from_ref(text))
        );
    }
    // An empty cluster is not drawn.
    if drawn.rows.is_empty() && drawn.strays.is_empty() && drawn.dark.is_none() {
        dot += &format!("    empty_{place} [shape=point, style=invis]\n");
    }
    dot + "  }\n"
}

fn lines(link: &Row) -> Vec<String> {
    let kind = if link.kind.is_empty() { String::new() } else { format!(" ({})", link.kind) };
    let loose = if link.loose { " (peer not seen)" } else { "" };
    [format!("{}{kind}{loose}", link.name)].into_iter().chain(link.addresses.iter().cloned()).collect()
}

fn node(end: End) -> String {
    format!("link_{}_{}", end.place, end.row)
}

fn quoted(lines: &[String]) -> String {
    let safe: Vec<_> = lines.iter().map(|it| it.replace('\\', "\\\\").replace('"', "\\\"")).collect();
    format!("\"{}\"", safe.join("\\n"))
}
