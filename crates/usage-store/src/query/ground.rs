//! What every question stands on: one snapshot of the data, the census, and what is kept of earlier answers.

use std::sync::RwLockReadGuard;

use rusqlite::Connection;

use super::asked::{Asked, Per, Window};
use super::census::{Census, Censuses};
use super::cluster_names::ClusterNames;
use super::counted::Cut;
use super::last_seen::{LastSeen, Looking};
use super::lists::roster::{Roster, Rosters};
use super::memo::{Memo, Series};
use crate::{Result, Store};

/// What a store keeps in memory for questions.
#[derive(Default)]
pub(crate) struct Answering {
    censuses: Censuses,
    memo: Memo,
    rosters: Rosters,
    last_seen: LastSeen,
    cluster_names: ClusterNames,
}

/// One question's ground.
pub(crate) struct Ground<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) census: &'a Census,
    memo: &'a Memo,
    rosters: &'a Rosters,
    last_seen: &'a LastSeen,
    cluster_names: &'a ClusterNames,
}

impl Store {
    /// Answers in one snapshot of the data.
    pub(crate) fn question<T>(&self, answer: impl FnOnce(&Ground<'_>) -> Result<T>) -> Result<T> {
        self.readers.read(|db| {
            let census = self.answering.censuses.current(db)?;
            answer(&Ground {
                db,
                census: &census,
                memo: &self.answering.memo,
                rosters: &self.answering.rosters,
                last_seen: &self.answering.last_seen,
                cluster_names: &self.answering.cluster_names,
            })
        })
    }
}

impl Answering {
    /// How many answers weren't in memory when they were asked for.
    pub(crate) fn worked_out(&self) -> u64 {
        self.memo.worked_out()
    }
}

impl<'a> Ground<'a> {
    /// What is kept of a question's answers about the whole periods of a window. `about` is all that they
    /// depend on besides.
    pub(crate) fn series(
        &self,
        question: &'static str,
        about: String,
        asked: &'a Asked,
        (window, per): (Window, Per),
    ) -> Result<Series<'a>> {
        let whole = Window {
            from: per.around(window.from).from,
            to: per.around(window.to).to,
        };
        self.memo.series(self.db, question, about, asked, whole)
    }

    /// What lists sort and search by.
    pub(crate) fn roster(&self) -> Result<RwLockReadGuard<'a, Roster>> {
        self.rosters.current(self.db)
    }

    /// When servers were last heard of.
    pub(crate) fn last_seen(&self) -> Result<Looking<'a>> {
        self.last_seen.current(self.db)
    }

    /// A cluster's id and its organization's name.
    pub(crate) fn cluster_name(&self, cluster: u32) -> Result<(String, Option<String>)> {
        self.cluster_names.name(self.db, cluster)
    }

    /// The filter, looked up when first needed: what is kept needs none.
    pub(crate) fn cut(&self, asked: &'a Asked) -> LazyCut<'_> {
        LazyCut {
            ground: self,
            asked,
            cut: None,
        }
    }
}

/// A filter that is made ready when first needed.
pub(crate) struct LazyCut<'a> {
    ground: &'a Ground<'a>,
    asked: &'a Asked,
    cut: Option<Cut>,
}

impl LazyCut<'_> {
    pub(crate) fn get(&mut self) -> Result<&Cut> {
        let cut = match self.cut.take() {
            Some(cut) => cut,
            None => Cut::new(self.ground.db, self.ground.census, self.asked)?,
        };
        Ok(self.cut.insert(cut))
    }
}
