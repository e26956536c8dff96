//! Which items mention a name.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::Skimmed;
use super::outline::{Mention, Name};
use crate::source;

/// The mentions of all files.
#[derive(Default)]
pub(super) struct Mentions {
    /// By the lowest bits of their names.
    shards: Vec<Shard>,
    /// By the number of an item among those of all files: its file, and its number there.
    items: Vec<(u32, u32)>,
}

/// Mentions that are sorted into buckets by the next bits of their names.
struct Shard {
    /// Where each bucket begins.
    starts: Vec<u32>,
    all: Vec<Entry>,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    mention: Mention,
    item: u32,
}

/// Each is put in order by one thread.
const SHARDS: usize = 1 << 3;

const BUCKETS: usize = 1 << 13;

const ITEMS_AT_ONCE: usize = 1 << 10;

impl Mentions {
    /// Of those names that one of the files defines or that are `known`: nobody asks for another.
    pub(super) fn of(files: &[Skimmed], known: &[Name]) -> Mentions {
        let asked = Names::default();
        known.iter().for_each(|it| asked.add(*it));
        files.par_iter().with_max_len(source::AT_ONCE).for_each(|file| {
            for symbol in file.outline.all_defines() {
                asked.add(symbol.name);
                asked.add(symbol.owner);
            }
        });
        let mut items = Vec::new();
        for (file, skimmed) in files.iter().enumerate() {
            items.extend((0..skimmed.outline.items.len()).map(|item| (file as u32, item as u32)));
        }
        let chunks: Vec<[Vec<Entry>; SHARDS]> = items
            .par_chunks(ITEMS_AT_ONCE)
            .enumerate()
            .map(|(chunk, items)| {
                let mut shards = [const { Vec::new() }; SHARDS];
                for ((file, item), number) in items.iter().zip(chunk * ITEMS_AT_ONCE..) {
                    let mentions = files[*file as usize].outline.mentions(*item as usize).iter();
                    for mention in mentions.filter(|it| asked.has(it.name)) {
                        shards[shard(mention.name)].push(Entry { mention: *mention, item: number as u32 });
                    }
                }
                shards
            })
            .collect();
        let shards = (0..SHARDS).into_par_iter().with_max_len(1);
        let shards = shards.map(|shard| Shard::of(|| chunks.iter().flat_map(move |it| &it[shard]))).collect();
        Mentions { shards, items }
    }

    /// With the file and the item, by their numbers.
    pub(super) fn of_name(&self, name: Name) -> impl Iterator<Item = (Mention, usize, usize)> + '_ {
        let named = self.shards[shard(name)].bucket_of(name).iter().filter(move |it| it.mention.name == name);
        named.map(|it| {
            let (file, item) = self.items[it.item as usize];
            (it.mention, file as usize, item as usize)
        })
    }
}

impl Shard {
    fn of<'a, I: Iterator<Item = &'a Entry>>(entries: impl Fn() -> I) -> Shard {
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
        Shard { starts, all }
    }

    fn bucket_of(&self, name: Name) -> &[Entry] {
        let bucket = bucket(name);
        &self.all[self.starts[bucket] as usize..self.starts[bucket + 1] as usize]
    }
}

fn shard(name: Name) -> usize {
    name.0 as usize % SHARDS
}

fn bucket(name: Name) -> usize {
    name.0 as usize / SHARDS % BUCKETS
}

/// Very many names, and a few that are taken for one of them.
struct Names(Vec<AtomicU64>);

impl Default for Names {
    fn default() -> Self {
        Names((0..1 << 16).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Names {
    fn add(&self, name: Name) {
        let (word, bit) = self.place(name);
        // Most are there already, and nobody has to wait for a read.
        if !self.has(name) {
            self.0[word].fetch_or(bit, Ordering::Relaxed);
        }
    }

    fn has(&self, name: Name) -> bool {
        let (word, bit) = self.place(name);
        self.0[word].load(Ordering::Relaxed) & bit != 0
    }

    fn place(&self, name: Name) -> (usize, u64) {
        ((name.0 >> 6) as usize & (self.0.len() - 1), 1 << (name.0 & 63))
    }
}
