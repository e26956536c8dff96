//! Which items mention a name.

use rayon::prelude::*;

use super::Skimmed;
use super::outline::{Mention, Name};

/// The mentions of all files, sorted into buckets by the lower bits of their names.
pub(super) struct Mentions {
    /// Where each bucket begins.
    starts: Vec<u32>,
    all: Vec<Entry>,
    /// By the number of an item among those of all files: its file, and its number there.
    items: Vec<(u32, u32)>,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    mention: Mention,
    item: u32,
}

const BUCKETS: usize = 1 << 16;

const ITEMS_AT_ONCE: usize = 1 << 10;

impl Mentions {
    /// Of those files that are wanted, and of those names that one of the files defines or that are `known`:
    /// nobody asks for another.
    pub(super) fn of(files: &[Skimmed], wanted: &[bool], known: impl Iterator<Item = Name>) -> Mentions {
        let mut asked = Names::default();
        known.for_each(|it| asked.add(it));
        let mut items = Vec::new();
        for (file, skimmed) in files.iter().enumerate().filter(|it| wanted[it.0]) {
            for item in 0..skimmed.outline.items.len() {
                for symbol in skimmed.outline.defines(item) {
                    asked.add(symbol.name);
                    asked.add(symbol.owner);
                }
                items.push((file as u32, item as u32));
            }
        }
        let entries: Vec<Vec<Entry>> = items
            .par_chunks(ITEMS_AT_ONCE)
            .enumerate()
            .map(|(chunk, items)| {
                let mentions = items.iter().zip(chunk * ITEMS_AT_ONCE..).flat_map(|((file, item), number)| {
                    let mentions = files[*file as usize].outline.mentions(*item as usize).iter();
                    mentions.map(move |it| Entry { mention: *it, item: number as u32 })
                });
                mentions.filter(|it| asked.has(it.mention.name)).collect()
            })
            .collect();
        let entries = || entries.iter().flatten();
        let mut starts = vec![0; BUCKETS + 1];
        entries().for_each(|it| starts[bucket(it.mention.name) + 1] += 1);
        (0..BUCKETS).for_each(|it| starts[it + 1] += starts[it]);
        let mut all = vec![Entry::default(); starts[BUCKETS] as usize];
        let mut next = starts.clone();
        for entry in entries() {
            let at = &mut next[bucket(entry.mention.name)];
            all[*at as usize] = *entry;
            *at += 1;
        }
        Mentions { starts, all, items }
    }

    /// With the file and the item, by their numbers.
    pub(super) fn of_name(&self, name: Name) -> impl Iterator<Item = (Mention, usize, usize)> + '_ {
        let bucket = bucket(name);
        let entries = &self.all[self.starts[bucket] as usize..self.starts[bucket + 1] as usize];
        let named = entries.iter().filter(move |it| it.mention.name == name);
        named.map(|it| {
            let (file, item) = self.items[it.item as usize];
            (it.mention, file as usize, item as usize)
        })
    }
}

fn bucket(name: Name) -> usize {
    name.0 as usize & (BUCKETS - 1)
}

/// Very many names, and a few that are taken for one of them.
struct Names(Vec<u64>);

impl Default for Names {
    fn default() -> Self {
        Names(vec![0; 1 << 16])
    }
}

impl Names {
    fn add(&mut self, name: Name) {
        let (word, bit) = self.place(name);
        self.0[word] |= bit;
    }

    fn has(&self, name: Name) -> bool {
        let (word, bit) = self.place(name);
        self.0[word] & bit != 0
    }

    fn place(&self, name: Name) -> (usize, u64) {
        ((name.0 >> 6) as usize & (self.0.len() - 1), 1 << (name.0 & 63))
    }
}
