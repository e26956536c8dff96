//! What many states have in common is kept once, and copied when one of them changes it.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use litemap::LiteMap;

/// A value that is cheap to clone, and copied on the first change after that.
#[derive(Debug, Default, PartialOrd, Ord)]
pub struct Shared<T>(Rc<T>);

impl<T: Clone> Shared<T> {
    pub fn into_inner(self) -> T {
        Rc::unwrap_or_clone(self.0)
    }
}

impl<T> Shared<T> {
    /// Whether it is the very same one.
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Shared(Rc::new(value))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(self.0.clone())
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Rc::make_mut(&mut self.0)
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is(other) || self.0 == other.0
    }
}

impl<T: Eq> Eq for Shared<T> {}

impl<T: Hash> Hash for Shared<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

// What changes nothing copies nothing.

impl<K: Clone + Ord, V: Clone> Shared<LiteMap<K, V>> {
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        if self.contains_key(key) { (**self).remove(key) } else { None }
    }

    pub fn retain(&mut self, keep: impl Fn(&K, &V) -> bool) {
        if self.iter().all(|(key, value)| keep(key, value)) {
            return;
        }
        match Rc::get_mut(&mut self.0) {
            Some(map) => map.retain(keep),
            None => {
                let kept = self.iter().filter(|(key, value)| keep(key, value));
                *self = kept.map(|(key, value)| (key.clone(), value.clone())).collect::<LiteMap<_, _>>().into();
            }
        }
    }
}

impl<K: Clone + Ord> Shared<BTreeSet<K>> {
    pub fn remove(&mut self, key: &K) -> bool {
        self.contains(key) && (**self).remove(key)
    }

    pub fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        if !self.iter().all(&keep) {
            (**self).retain(keep);
        }
    }
}
