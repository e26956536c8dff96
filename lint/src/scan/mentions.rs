//! Which items mention a name.

use super::Skimmed;
use super::outline::{Mention, Name};

/// The mentions of all files, sorted into buckets by the lower bits of their names.
pub(super) struct Mentions {
    /// Where each bucket begins.
    starts: Vec<u32>,
    all: Vec<Entry>,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    mention: Mention,
    file: u32,
    item: u32,
}

const BUCKETS: usize = 1 << 16;

impl Mentions {
    /// Of those files that are wanted.
    pub(super) fn of(files: &[Skimmed], wanted: &[bool]) -> Mentions {
        let each = |see: &mut dyn FnMut(Entry)| {
            for (file, skimmed) in files.iter().enumerate().filter(|it| wanted[it.0]) {
                for (item, it) in skimmed.outline.items.iter().enumerate() {
                    it.mentions.iter().for_each(|it| see(Entry { mention: *it, file: file as u32, item: item as u32 }));
                }
            }
        };
        let mut starts = vec![0; BUCKETS + 1];
        each(&mut |it| starts[bucket(it.mention.name) + 1] += 1);
        (0..BUCKETS).for_each(|it| starts[it + 1] += starts[it]);
        let mut all = vec![Entry::default(); starts[BUCKETS] as usize];
        let mut next = starts.clone();
        each(&mut |it| {
            let at = &mut next[bucket(it.mention.name)];
            all[*at as usize] = it;
            *at += 1;
        });
        Mentions { starts, all }
    }

    /// With the file and the item, by their numbers.
    pub(super) fn of_name(&self, name: Name) -> impl Iterator<Item = (Mention, usize, usize)> + '_ {
        let bucket = bucket(name);
        let entries = &self.all[self.starts[bucket] as usize..self.starts[bucket + 1] as usize];
        let named = entries.iter().filter(move |it| it.mention.name == name);
        named.map(|it| (it.mention, it.file as usize, it.item as usize))
    }
}

fn bucket(name: Name) -> usize {
    name.0 as usize & (BUCKETS - 1)
}
