//! Where the boxes go: dagre places what is connected, shelves take the rest.

use std::collections::{HashMap, VecDeque};

use dagre::{
    EdgeLabel, LayoutOptions, NodeLabel, RankDir,
    graph::{Graph as Dagre, GraphOptions},
    layout,
};

use super::{Cable, Graph};

const GAP: f64 = 36.0;
/// Room for the cables between two columns.
const COLUMN_GAP: f64 = 110.0;
/// The same between the boxes of a row.
const ROW_GAP: f64 = 44.0;

/// A rectangle, by its upper left corner.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Rectangle {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) boxes: Vec<Rectangle>,
    /// Points that a cable goes through on its way between two boxes, from its first end to its second.
    pub(super) ways: HashMap<[usize; 2], Vec<(f64, f64)>>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Each connected part beside the others, and under them the boxes without cables.
pub(super) fn place(graph: &Graph, sizes: &[(f64, f64)]) -> Layout {
    let mut placed = Layout { boxes: vec![Rectangle::default(); sizes.len()], ..Layout::default() };
    let links = between_boxes(&graph.cables);
    let (mut connected, alone): (Vec<_>, Vec<_>) = parts(sizes.len(), &links).into_iter().partition(|it| it.len() > 1);
    connected.sort_by_key(|it| std::cmp::Reverse(it.len()));
    for part in connected {
        placed.add_part(&part, &links, sizes);
    }
    let wide = placed.width.max((alone.len() as f64).sqrt().ceil() * 280.0);
    placed.add_shelves(&alone.concat(), sizes, wide);
    placed
}

/// Pairs of boxes with a cable between them, each once.
fn between_boxes(cables: &[Cable]) -> Vec<[usize; 2]> {
    let mut links: Vec<_> = cables.iter().map(|it| it.ends.map(|end| end.place)).filter(|[a, b]| a != b).collect();
    let mut known = std::collections::HashSet::new();
    links.retain(|it| known.insert(*it));
    links
}

fn parts(count: usize, links: &[[usize; 2]]) -> Vec<Vec<usize>> {
    let mut left: Vec<bool> = vec![true; count];
    let mut parts = Vec::new();
    for start in 0..count {
        if !std::mem::take(&mut left[start]) {
            continue;
        }
        let mut part = vec![start];
        let mut at = 0;
        while let Some(&here) = part.get(at) {
            at += 1;
            for there in next_to(here, links) {
                if std::mem::take(&mut left[there]) {
                    part.push(there);
                }
            }
        }
        parts.push(part);
    }
    parts
}

fn next_to(here: usize, links: &[[usize; 2]]) -> impl Iterator<Item = usize> {
    links.iter().filter_map(move |it| match *it {
        [a, b] if a == here => Some(b),
        [a, b] if b == here => Some(a),
        _ => None,
    })
}

/// What dagre places as one: a box, or a row of boxes that hang on one other box each by one cable. A host with sixty
/// pods so becomes a page and not a ribbon.
struct Block {
    places: Vec<usize>,
    /// In front of the boxes of a row, the cables of the farther ones pass above.
    lanes: f64,
    width: f64,
    height: f64,
}

const LANE: f64 = 8.0;

impl Block {
    fn of(places: Vec<usize>, sizes: &[(f64, f64)]) -> Self {
        let lanes = LANE * (places.len() - 1) as f64;
        let width = places.iter().map(|it| sizes[*it].0).sum::<f64>() + ROW_GAP * (places.len() - 1) as f64;
        let height = places.iter().map(|it| sizes[*it].1).fold(0.0, f64::max) + lanes;
        Self { places, lanes, width, height }
    }
}

impl Layout {
    fn add_part(&mut self, part: &[usize], links: &[[usize; 2]], sizes: &[(f64, f64)]) {
        let blocks = blocks(part, links, sizes);
        let home: HashMap<usize, usize> =
            blocks.iter().enumerate().flat_map(|(at, it)| it.places.iter().map(move |place| (*place, at))).collect();
        let options = GraphOptions { directed: true, multigraph: false, compound: false };
        let mut dagre: Dagre<NodeLabel, EdgeLabel> = Dagre::with_options(options);
        for (at, Block { width, height, .. }) in blocks.iter().enumerate() {
            let label = NodeLabel { width: *width, height: *height, ..NodeLabel::default() };
            dagre.set_node(at.to_string(), Some(label));
        }
        for [from, to] in outward(part, links) {
            let ends = [from, to].map(|it| home[&it].to_string());
            dagre.set_edge(&ends[0], &ends[1], Some(EdgeLabel::default()), None);
        }
        let options = LayoutOptions {
            rankdir: RankDir::LR,
            nodesep: GAP,
            edgesep: 10.0,
            ranksep: COLUMN_GAP,
            // Of equally good orders, that of the rows.
            tie_keep_first: true,
            ..LayoutOptions::default()
        };
        layout(&mut dagre, Some(options));
        let corner = |at: usize| {
            let node = dagre.node(&at.to_string())?;
            Some((node.x? - node.width / 2.0, node.y? - node.height / 2.0))
        };
        let corners: Vec<_> = (0..blocks.len()).map(|it| corner(it).unwrap_or_default()).collect();
        let left = corners.iter().map(|it| it.0).fold(f64::INFINITY, f64::min);
        let top = corners.iter().map(|it| it.1).fold(f64::INFINITY, f64::min);
        let below = if self.height > 0.0 { self.height + GAP } else { 0.0 };
        for (block, (x, y)) in blocks.iter().zip(&corners) {
            self.add_block(block, (x - left, y - top + below), links, sizes);
        }
        for edge in dagre.edges() {
            let Some(label) = dagre.edge(&edge.v, &edge.w, None) else { continue };
            let ends = [&edge.v, &edge.w].map(|it| &blocks[it.parse::<usize>().unwrap_or_default()].places);
            if let [&[from], &[to]] = ends.map(|it| &it[..]) {
                // The first and the last point are on the boxes.
                let inner = label.points.iter().skip(1).take(label.points.len().saturating_sub(2));
                self.ways.insert([from, to], inner.map(|it| (it.x - left, it.y - top + below)).collect());
            }
        }
    }

    fn add_block(&mut self, block: &Block, (left, top): (f64, f64), links: &[[usize; 2]], sizes: &[(f64, f64)]) {
        let mut x = left;
        for (column, place) in block.places.iter().enumerate() {
            let (width, height) = sizes[*place];
            let rectangle = Rectangle { x, y: top + block.lanes, width, height };
            self.grow(rectangle);
            self.boxes[*place] = rectangle;
            // The nearest passes lowest, so that nothing crosses where a cable comes down.
            let lane = top + block.lanes - LANE * column as f64;
            if let Some(hub) = next_to(*place, links).next().filter(|_| column > 0) {
                self.ways.insert([hub, *place], vec![(left, lane), (x - ROW_GAP * 0.8, lane)]);
            }
            x += width + ROW_GAP;
        }
    }

    fn add_shelves(&mut self, places: &[usize], sizes: &[(f64, f64)], wide: f64) {
        let (mut x, mut y) = (0.0, if self.height > 0.0 { self.height + GAP } else { 0.0 });
        for place in places {
            let (width, height) = sizes[*place];
            if x > 0.0 && x + width > wide {
                (x, y) = (0.0, self.height + GAP);
            }
            let rectangle = Rectangle { x, y, width, height };
            self.grow(rectangle);
            self.boxes[*place] = rectangle;
            x += width + GAP;
        }
    }

    fn grow(&mut self, by: Rectangle) {
        self.width = self.width.max(by.x + by.width);
        self.height = self.height.max(by.y + by.height);
    }
}

/// Rows of leaves where a box has many of them; everything else by itself.
fn blocks(part: &[usize], links: &[[usize; 2]], sizes: &[(f64, f64)]) -> Vec<Block> {
    let hub = |place: usize| {
        let mut others = next_to(place, links);
        others.next().filter(|_| others.next().is_none())
    };
    let mut blocks = Vec::new();
    for place in part {
        let leaves: Vec<_> = next_to(*place, links).filter(|it| hub(*it) == Some(*place)).collect();
        if hub(*place).is_none_or(|it| hub(it) == Some(*place)) {
            blocks.push(Block::of(vec![*place], sizes));
            // Two boxes that have only each other are each a block of their own.
            if hub(*place).is_none() {
                let rows = leaves.chunks(columns(&leaves, sizes));
                blocks.extend(rows.map(|it| Block::of(it.to_vec(), sizes)));
            }
        }
    }
    blocks
}

/// The links, directed away from the box with most of them.
fn outward(part: &[usize], links: &[[usize; 2]]) -> Vec<[usize; 2]> {
    let degree = |place: usize| next_to(place, links).count();
    let root = part.iter().copied().max_by_key(|it| (degree(*it), std::cmp::Reverse(*it))).unwrap_or(0);
    let mut depth = HashMap::from([(root, 0)]);
    let mut queue = VecDeque::from([root]);
    while let Some(here) = queue.pop_front() {
        for there in next_to(here, links) {
            if !depth.contains_key(&there) {
                depth.insert(there, depth[&here] + 1);
                queue.push_back(there);
            }
        }
    }
    let mut directed: Vec<_> = links.iter().filter(|it| depth.contains_key(&it[0])).copied().collect();
    for ends in &mut directed {
        if depth[&ends[0]] > depth[&ends[1]] {
            ends.reverse();
        }
    }
    directed
}

/// So many that the whole is about as high as it is wide.
fn columns(leaves: &[usize], sizes: &[(f64, f64)]) -> usize {
    let height: f64 = leaves.iter().map(|it| sizes[*it].1 + GAP).sum();
    let width = leaves.iter().map(|it| sizes[*it].0 + ROW_GAP).fold(0.0, f64::max);
    ((height / width.max(1.0)).sqrt().round() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Box, CableKind, End},
        *,
    };

    /// One host and its pods, some namespaces alone.
    fn star(pods: usize, alone: usize) -> Graph {
        let end = |place, row| End { place, row };
        let cable = |pod| Cable { ends: [end(0, pod), end(pod, 0)], kind: CableKind::Pair };
        Graph { boxes: vec![Box::default(); 1 + pods + alone], cables: (1..=pods).map(cable).collect() }
    }

    #[test]
    fn no_box_lies_on_another() {
        for (pods, alone) in [(0, 1), (2, 0), (3, 2), (59, 0), (0, 60), (40, 20)] {
            let graph = star(pods, alone);
            let mut sizes = vec![(220.0, 90.0); graph.boxes.len()];
            sizes[0].1 = 60.0 + 18.0 * pods as f64;
            let placed = place(&graph, &sizes);
            for (at, one) in placed.boxes.iter().enumerate() {
                for other in &placed.boxes[at + 1..] {
                    let apart = one.x + one.width <= other.x
                        || other.x + other.width <= one.x
                        || one.y + one.height <= other.y
                        || other.y + other.height <= one.y;
                    assert!(apart, "{pods} pods, {alone} alone: {one:?} on {other:?}");
                }
            }
            // Few boxes have no shape to speak of.
            let shape = if graph.boxes.len() < 10 { 1.0 } else { placed.width / placed.height };
            assert!((0.2..=5.0).contains(&shape), "{pods} pods, {alone} alone: {} x {}", placed.width, placed.height);
        }
    }
}
