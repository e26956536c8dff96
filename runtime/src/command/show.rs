//! `show` and `diff`: one snapshot, or two beside each other.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Failure, Outcome, cli,
    cli::Section,
    print::{self, Report, Screen, Tone, as_text},
    snapshot::{Entry, Snapshot},
    spelling::Spelling,
};

#[derive(Serialize)]
struct Shown {
    namespace: String,
    #[serde(serialize_with = "as_text")]
    id: Option<std::num::NonZeroU64>,
    inode: u64,
    proof: String,
    complete: bool,
    missing: Vec<String>,
    #[serde(flatten)]
    sections: BTreeMap<String, Vec<Entry>>,
    #[serde(skip)]
    with_proof: bool,
    #[serde(skip)]
    order: Vec<Section>,
}

pub(crate) fn show(arguments: &cli::Show, screen: Screen) -> Result<Outcome, Failure> {
    let order = Section::chosen(&arguments.what);
    let Snapshot { netns, proof, sections, missing } = Snapshot::take(arguments.netns.open()?, &order)?;
    let shown = Shown {
        namespace: netns.to_string(),
        id: netns.id().kernel(),
        inode: netns.id().inode().number,
        proof: proof.to_string(),
        complete: missing.is_empty(),
        missing,
        sections: sections.into_iter().map(|(section, entries)| (section.name(), entries)).collect(),
        with_proof: arguments.proof,
        order,
    };
    print::report(&shown, arguments.output.format, screen)?;
    Ok(if shown.complete { Outcome::Clean } else { Outcome::Incomplete })
}

impl Report for Shown {
    const NAME: &'static str = "show";

    fn text(&self, screen: Screen) -> String {
        let mut text = String::new();
        if self.with_proof {
            text += &format!("{}: {}\n\n", self.namespace, self.proof);
        }
        for section in &self.order {
            let entries = &self.sections[&section.name()];
            text += &format!("{} ({})\n", screen.tint(&section.name().to_uppercase(), Tone::Strong), entries.len());
            // A column that nothing has is no column.
            let fields = entries.first().into_iter().flat_map(|it| it.0.iter().map(|it| it.0));
            let heads: Vec<_> = fields.filter(|it| entries.iter().any(|entry| !entry.text(it).is_empty())).collect();
            let rows = entries.iter().map(|entry| {
                let cell = |head| Some(entry.text(head)).filter(|it| !it.is_empty()).unwrap_or_else(|| "-".to_owned());
                heads.iter().map(|head| (cell(head), Tone::Plain)).collect()
            });
            text += &screen.table(&heads.iter().map(|it| it.to_uppercase()).collect::<Vec<_>>(), rows);
            text += "\n";
        }
        text + &not_read(&self.missing, screen)
    }
}

fn not_read(missing: &[String], screen: Screen) -> String {
    missing.iter().map(|it| format!("{} {it}\n", screen.tint("not seen:", Tone::Warning))).collect()
}

/// What one side has and the other has not.
#[derive(Serialize)]
struct Diff {
    left: String,
    right: String,
    same: bool,
    complete: bool,
    missing: Vec<String>,
    sections: BTreeMap<String, Sides>,
}

#[derive(Serialize, Default)]
struct Sides {
    only_left: Vec<Entry>,
    only_right: Vec<Entry>,
}

pub(crate) fn diff(arguments: &cli::Diff, screen: Screen) -> Result<Outcome, Failure> {
    let mut what = Section::chosen(&arguments.what);
    if arguments.what.is_empty() {
        // Sockets come and go with every client.
        what.retain(|it| *it != Section::Sockets);
    }
    let take = |spelling: &Spelling| Snapshot::take(spelling.open()?, &what);
    let (left, right) = (take(&arguments.left)?, take(&arguments.right)?);
    let missing: Vec<_> = left.missing.into_iter().chain(right.missing).collect();
    let both = left.sections.into_iter().zip(right.sections);
    let sections: BTreeMap<_, _> =
        both.map(|((section, left), (_, right))| (section.name(), Sides::of(&left, &right))).collect();
    let diff = Diff {
        left: left.netns.to_string(),
        right: right.netns.to_string(),
        same: sections.values().all(|it| it.only_left.is_empty() && it.only_right.is_empty()),
        complete: missing.is_empty(),
        missing,
        sections,
    };
    print::report(&diff, arguments.output.format, screen)?;
    Ok(match diff {
        Diff { same: false, .. } => Outcome::Found,
        Diff { complete: false, .. } => Outcome::Incomplete,
        _ => Outcome::Clean,
    })
}

impl Sides {
    /// As bags: two addresses may look alike once their indexes are gone.
    fn of(left: &[Entry], right: &[Entry]) -> Self {
        let mut only_left: Vec<_> = left.iter().map(Entry::steady).collect();
        let mut only_right: Vec<_> = right.iter().map(Entry::steady).collect();
        only_left.retain(|entry| match only_right.iter().position(|it| it == entry) {
            Some(twin) => {
                only_right.swap_remove(twin);
                false
            }
            None => true,
        });
        for side in [&mut only_left, &mut only_right] {
            side.sort_by_key(ToString::to_string);
        }
        Self { only_left, only_right }
    }
}

impl Report for Diff {
    const NAME: &'static str = "diff";

    fn text(&self, screen: Screen) -> String {
        let mut text = String::new();
        if !self.same {
            text += &format!(
                "{}\n{}\n",
                screen.tint(&format!("--- {}", self.left), Tone::Bad),
                screen.tint(&format!("+++ {}", self.right), Tone::Good)
            );
        }
        for (section, sides) in &self.sections {
            if sides.only_left.is_empty() && sides.only_right.is_empty() {
                continue;
            }
            text += &format!("{}\n", screen.tint(section, Tone::Strong));
            for (sign, entries, tone) in [("-", &sides.only_left, Tone::Bad), ("+", &sides.only_right, Tone::Good)] {
                text.extend(entries.iter().map(|it| screen.tint(&format!("{sign} {it}"), tone) + "\n"));
            }
        }
        text + &not_read(&self.missing, screen)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn link(name: &str, index: u32, mtu: u32) -> Entry {
        Entry(vec![("name", json!(name)), ("index", json!(index)), ("mtu", json!(mtu))])
    }

    #[test]
    fn what_differs_is_not_the_index() {
        let left = [link("lo", 1, 65_536), link("eth0", 2, 1500), link("eth1", 3, 1500)];
        let right = [link("eth0", 7, 1500), link("lo", 1, 65_536), link("eth1", 8, 9000)];
        let sides = Sides::of(&left, &right);
        let lines = |side: &[Entry]| side.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(lines(&sides.only_left), ["eth1 mtu 1500"]);
        assert_eq!(lines(&sides.only_right), ["eth1 mtu 9000"]);
    }
}
