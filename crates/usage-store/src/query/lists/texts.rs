//! Texts that many servers share, each once, by number; and their order.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Texts by number. None is ever taken out.
#[derive(Default)]
pub(super) struct Texts {
    all: String,
    /// Where each ends in `all`.
    ends: Vec<usize>,
    /// By hash; where that is taken, by the next one.
    numbers: HashMap<u64, u32>,
    hasher: RandomState,
    /// Of each text its place in the order, as far as that is worked out.
    ranks: Vec<u32>,
    /// The texts in their order.
    order: Vec<u32>,
}

impl Texts {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A text.
    pub(super) fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let begin = match number {
            0 => 0,
            number => self.ends.get(number - 1).copied().unwrap_or_default(),
        };
        let end = self.ends.get(number).copied().unwrap_or(begin);
        &self.all[begin..end]
    }

    /// A text's number; a new one where it has none.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        let mut hash = self.hasher.hash_one(text);
        while let Some(number) = self.numbers.get(&hash) {
            if self.get(*number) == text {
                return *number;
            }
            hash = hash.wrapping_add(1);
        }
        let number = self.ends.len() as u32;
        self.all.push_str(text);
        self.ends.push(self.all.len());
        self.numbers.insert(hash, number);
        number
    }

    /// Works the order out, where there are texts that it doesn't have.
    pub(super) fn put_in_order<K: Ord>(&mut self, key: impl Fn(&str) -> K) {
        if self.ranks.len() == self.len() {
            return;
        }
        let mut new: Vec<u32> = (self.order.len() as u32..self.len() as u32).collect();
        new.sort_by_cached_key(|number| key(self.get(*number)));
        // Few come between many.
        let mut order = Vec::with_capacity(self.len());
        let mut left = &self.order[..];
        for number in new {
            let wanted = key(self.get(number));
            let (before, after) =
                left.split_at(left.partition_point(|other| key(self.get(*other)) < wanted));
            order.extend_from_slice(before);
            order.push(number);
            left = after;
        }
        order.extend_from_slice(left);
        self.ranks = vec![0; order.len()];
        for (rank, number) in order.iter().enumerate() {
            self.ranks[*number as usize] = rank as u32;
        }
        self.order = order;
    }

    /// Whether the order has all.
    pub(super) fn is_in_order(&self) -> bool {
        self.ranks.len() == self.len()
    }

    /// A text's place in the order, odd.
    pub(super) fn rank(&self, number: u32) -> u64 {
        2 * u64::from(self.ranks.get(number as usize).copied().unwrap_or(u32::MAX)) + 1
    }

    /// The place of any text: that of one that is there, or an even one between two.
    pub(super) fn place<K: Ord>(&self, text: &str, key: impl Fn(&str) -> K) -> u64 {
        let wanted = key(text);
        match self
            .order
            .binary_search_by(|number| key(self.get(*number)).cmp(&wanted))
        {
            Ok(at) => 2 * at as u64 + 1,
            Err(at) => 2 * at as u64,
        }
    }

    /// All, by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|number| self.get(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_one_number_and_its_place_in_the_order() {
        let mut texts = Texts::default();
        let numbers: Vec<u32> = ["pear", "", "apple", "pear", "fig"]
            .iter()
            .map(|text| texts.number(text))
            .collect();
        assert_eq!(numbers, [0, 1, 2, 0, 3]);
        assert_eq!(
            texts.iter().collect::<Vec<_>>(),
            ["pear", "", "apple", "fig"]
        );
        texts.put_in_order(str::to_owned);
        assert_eq!([0, 1, 2, 3].map(|number| texts.rank(number)), [7, 1, 3, 5]);
        assert_eq!(texts.number("banana"), 4);
        assert!(!texts.is_in_order());
        texts.put_in_order(str::to_owned);
        assert_eq!(texts.rank(4), 5);
        assert_eq!(texts.place("banana", str::to_owned), 5);
        assert_eq!(texts.place("cherry", str::to_owned), 6);
        assert_eq!(texts.place("zebra", str::to_owned), 10);
    }
}
