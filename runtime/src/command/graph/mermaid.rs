//! The picture in the language of Mermaid, which code hosts draw inside a comment.

use super::{CableKind, End, Graph};

pub(super) fn draw(graph: &Graph) -> String {
    let mut text = String::from(
        "flowchart LR\n  classDef stray fill:#fde2e2,stroke:#c81e1e,color:#c81e1e\n  classDef down stroke-dasharray:3 3,color:#6b7785\n",
    );
    for (place, drawn) in graph.boxes.iter().enumerate() {
        text += &format!("  subgraph ns{place}[{}]\n", quoted(&[&drawn.title, &drawn.subtitle]));
        for (row, link) in drawn.rows.iter().enumerate() {
            let kind = if link.kind.is_empty() { String::new() } else { format!(" ({})", link.kind) };
            let loose = if link.loose { " (peer not seen)" } else { "" };
            let first = format!("{}{kind}{loose}", link.name);
            let lines: Vec<_> = [&first].into_iter().chain(&link.addresses).map(String::as_str).collect();
            let class = if link.up { "" } else { ":::down" };
            text += &format!("    {}[{}]{class}\n", node(End { place, row }), quoted(&lines));
        }
        for (number, stray) in drawn.strays.iter().chain(&drawn.dark).enumerate() {
            text += &format!("    stray{place}_{number}[{}]:::stray\n", quoted(&[stray]));
        }
        text += "  end\n";
    }
    for cable in &graph.cables {
        let line = if cable.kind == CableKind::Upon { "-.-" } else { "---" };
        text += &format!("  {} {line} {}\n", node(cable.ends[0]), node(cable.ends[1]));
    }
    text
}

fn node(end: End) -> String {
    format!("link{}_{}", end.place, end.row)
}

/// Mermaid writes characters of its own language as entities.
fn quoted(lines: &[impl AsRef<str>]) -> String {
    let safe: Vec<_> = lines
        .iter()
        .map(|it| it.as_ref().replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;"))
        .collect();
    format!("\"{}\"", safe.join("<br>"))
}
