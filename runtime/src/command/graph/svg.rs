//! The picture as SVG, which needs no program to look at but a browser.

use std::fmt::Write;

use super::{
    Box, CableKind, End, Graph, Row,
    layout::{Layout, Rectangle, place},
};

const MARGIN: f64 = 24.0;
const ROW: f64 = 18.0;
const HEAD: f64 = 40.0;
const PAD: f64 = 10.0;
/// The width of a character of the font, in its size of 12.
const CHARACTER: f64 = 7.25;

const STYLE: &str = "text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#1f2933}\
.title{font-weight:bold;font-size:13px}.faint{fill:#6b7785}.down{fill:#9aa5b1}.stray{fill:#c81e1e;font-weight:bold}\
.box{fill:#fff;stroke:#7b8794;stroke-width:1.2}.box.bad{stroke:#c81e1e;stroke-width:2.4}\
.bar{fill:#e4ebf3}.bar.bad{fill:#fde2e2}.cable{fill:none;stroke:#2c6fbb;stroke-width:1.6}\
.upon{stroke:#6b7785;stroke-dasharray:5 4}.plug{fill:#2c6fbb}.page{fill:#f7f9fb}";

pub(super) fn draw(graph: &Graph, unseen: &[String]) -> String {
    let sizes: Vec<_> = graph.boxes.iter().map(size).collect();
    let layout = place(graph, &sizes);
    let notes = unseen.len() as f64 * ROW;
    let shortest = unseen.iter().map(|it| text_width(it) + 80.0).fold(0.0, f64::max);
    let (width, height) = (layout.width.max(shortest) + 2.0 * MARGIN, layout.height + 2.0 * MARGIN + notes);
    let mut svg = String::new();
    let mut line = |text: &str| {
        svg.push_str(text);
        svg.push('\n');
    };
    line(&format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" role="img">"#
    ));
    line("<title>Network namespaces and the links between them</title>");
    line(&format!("<style>{STYLE}</style>"));
    line(r#"<rect class="page" width="100%" height="100%"/>"#);
    line(&format!(r#"<g transform="translate({MARGIN} {MARGIN})">"#));
    for cable in &graph.cables {
        let class = if cable.kind == CableKind::Pair { "cable" } else { "cable upon" };
        line(&format!(r#"<path class="{class}" d="{}"/>"#, path(cable.ends, graph, &layout)));
    }
    for (drawn, at) in graph.boxes.iter().zip(&layout.boxes) {
        line(&boxed(drawn, *at));
    }
    for (number, text) in unseen.iter().enumerate() {
        let y = layout.height + MARGIN + number as f64 * ROW;
        line(&format!(r#"<text class="stray" x="0" y="{y:.1}">not seen: {}</text>"#, escaped(text)));
    }
    line("</g>\n</svg>");
    svg
}

fn size(drawn: &Box) -> (f64, f64) {
    let rows = drawn.rows.iter().map(|it| text_width(&row_text(it)));
    let others = drawn.strays.iter().chain(&drawn.dark).chain([&drawn.title, &drawn.subtitle]).map(|it| text_width(it));
    let width = rows.chain(others).fold(150.0, f64::max) + 2.0 * PAD;
    let lines = drawn.rows.len() + drawn.strays.len() + usize::from(drawn.dark.is_some());
    (width, HEAD + lines as f64 * ROW + PAD)
}

fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * CHARACTER
}

fn row_text(row: &Row) -> String {
    let mut text = if row.indented { "  ".to_owned() } else { String::new() };
    text += &row.name;
    // A veth says so with its cable.
    if !row.kind.is_empty() && row.kind != "veth" {
        text += &format!(" ({})", row.kind);
    }
    if row.loose {
        text += " (peer not seen)";
    }
    for address in &row.addresses {
        text += &format!(" {address}");
    }
    text
}

fn boxed(drawn: &Box, at: Rectangle) -> String {
    let Rectangle { x, y, width, height } = at;
    let bad = if drawn.strays.is_empty() { "" } else { " bad" };
    let mut svg = String::new();
    let head = HEAD - 4.0;
    let _ = writeln!(
        svg,
        r#"<g transform="translate({x:.1} {y:.1})"><rect class="box{bad}" width="{width:.1}" height="{height:.1}" rx="6"/><path class="bar{bad}" d="M1 7a6 6 0 0 1 6 -6h{:.1}a6 6 0 0 1 6 6v{:.1}h-{:.1}z"/>"#,
        width - 14.0,
        head - 7.0,
        width - 2.0,
    );
    let mut text = |class: &str, line: f64, words: &str| {
        let _ = writeln!(
            svg,
            r#"<text class="{class}" x="{PAD}" y="{line:.1}" xml:space="preserve">{}</text>"#,
            escaped(words)
        );
    };
    text("title", 16.0, &drawn.title);
    text("faint", 30.0, &drawn.subtitle);
    let mut line = HEAD + 12.0;
    for row in &drawn.rows {
        text(if row.up { "row" } else { "row down" }, line, &row_text(row));
        line += ROW;
    }
    for words in drawn.strays.iter().chain(&drawn.dark) {
        text("stray", line, words);
        line += ROW;
    }
    svg + "</g>"
}

/// From the edge of one box, at the height of the link, to that of the other.
fn path(ends: [End; 2], graph: &Graph, layout: &Layout) -> String {
    let [from, to] = ends;
    if from.place == to.place {
        return loop_path(ends, layout);
    }
    let (ends, way) = match layout.ways.get(&[from.place, to.place]) {
        Some(way) => ([from, to], way),
        None => ([to, from], layout.ways.get(&[to.place, from.place]).unwrap_or(const { &Vec::new() })),
    };
    let boxes = ends.map(|it| layout.boxes[it.place]);
    let [y0, y1] = [0, 1].map(|it| boxes[it].y + row_middle(ends[it]));
    let rightward = boxes[0].x + boxes[0].width <= boxes[1].x;
    let (x0, x1) =
        if rightward { (boxes[0].x + boxes[0].width, boxes[1].x) } else { (boxes[0].x, boxes[1].x + boxes[1].width) };
    // Two cables between the same boxes take different ways, as their rows lie.
    let lanes = graph.cables.iter().filter(|it| it.ends.map(|end| end.place) == [from.place, to.place]).count();
    let shift = if lanes > 1 { (from.row as f64 - to.row as f64).clamp(-4.0, 4.0) } else { 0.0 };
    let mut points = vec![(x0, y0)];
    points.extend(way.iter().map(|(x, y)| (*x, y + shift)));
    points.push((x1, y1));
    smooth(&points)
}

fn row_middle(end: End) -> f64 {
    HEAD + end.row as f64 * ROW + ROW / 2.0 - 1.0
}

fn loop_path(ends: [End; 2], layout: &Layout) -> String {
    let at = layout.boxes[ends[0].place];
    let right = at.x + at.width;
    let [y0, y1] = ends.map(|it| at.y + row_middle(it));
    let out = right + 14.0 + (y1 - y0).abs().min(60.0) / 4.0;
    format!("M{right:.1} {y0:.1}C{out:.1} {y0:.1} {out:.1} {y1:.1} {right:.1} {y1:.1}")
}

/// Level where it leaves and arrives.
fn smooth(points: &[(f64, f64)]) -> String {
    let mut path = format!("M{:.1} {:.1}", points[0].0, points[0].1);
    for pair in points.windows(2) {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
        let middle = f64::midpoint(x0, x1);
        let _ = write!(path, "C{middle:.1} {y0:.1} {middle:.1} {y1:.1} {x1:.1} {y1:.1}");
    }
    path
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML has no way to write most of these.
            it if it.is_control() => safe.push('\u{fffd}'),
            it => safe.push(it),
        }
    }
    safe
}
