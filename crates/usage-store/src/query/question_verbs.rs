//! The operator's questions, as the store's users ask them. Each counts the servers that the filter leaves.

use super::{
    Active, ActiveOf, Asked, Behind, By, Lifecycle, Part, Per, Release, Retained, Steadiness,
    Suspect, UpgradePath, Upgrades, Window, active, adoption, behind, ids, lifecycle, releases,
    retention, upgrades,
};
use crate::{Result, Store};

/// Questions about a product's servers.
impl Store {
    /// How many servers, clusters and organizations are active in each period of a window.
    pub fn active(&self, asked: &Asked, window: Window, per: Per) -> Result<Vec<Active>> {
        self.question(|ground| active::active(ground, asked, window, per))
    }

    /// The same by groups: the `top` largest, what is left as one, and who is in none.
    pub fn active_by(
        &self,
        asked: &Asked,
        window: Window,
        per: Per,
        by: &By,
        top: usize,
    ) -> Result<Vec<ActiveOf>> {
        self.question(|ground| active::active_by(ground, asked, (window, per), by, top))
    }

    /// The parts of the `top` largest groups, of what is left and of who is in none, each server once by its
    /// latest usage report in the window.
    pub fn parts(&self, asked: &Asked, window: Window, by: &By, top: usize) -> Result<Vec<Part>> {
        self.question(|ground| adoption::adoption(ground, asked, (&[window], Per::Day), by, top))
    }

    /// The same of each period of a window.
    pub fn adoption(
        &self,
        asked: &Asked,
        window: Window,
        per: Per,
        by: &By,
        top: usize,
    ) -> Result<Vec<Part>> {
        let periods = window.periods(per);
        self.question(|ground| adoption::adoption(ground, asked, (&periods, per), by, top))
    }

    /// The releases that a server had in a window, the newest first: since when they are there, and how long
    /// the servers took to move to each or beyond.
    pub fn releases(
        &self,
        asked: &Asked,
        window: Window,
        dimension: &str,
        limit: usize,
    ) -> Result<Vec<Release>> {
        self.question(|ground| releases::releases(ground, asked, window, dimension, limit))
    }

    /// How many releases behind the newest the servers are, each by its latest usage report in the window.
    pub fn behind(&self, asked: &Asked, window: Window, dimension: &str) -> Result<Vec<Behind>> {
        self.question(|ground| behind::behind(ground, asked, window, dimension))
    }

    /// How many servers went to a newer version in each period, and how many to an older one.
    pub fn upgrades(
        &self,
        asked: &Asked,
        window: Window,
        per: Per,
        dimension: &str,
    ) -> Result<Vec<Upgrades>> {
        self.question(|ground| upgrades::upgrades(ground, asked, (window, per), dimension))
    }

    /// From which version to which they went: the `top` ways that most went.
    pub fn upgrade_paths(
        &self,
        asked: &Asked,
        window: Window,
        per: Per,
        dimension: &str,
        top: usize,
    ) -> Result<Vec<UpgradePath>> {
        self.question(|ground| {
            upgrades::upgrade_paths(ground, asked, (window, per), dimension, top)
        })
    }

    /// Who is new, who came back and who is gone in each period.
    pub fn lifecycle(&self, asked: &Asked, window: Window, per: Per) -> Result<Vec<Lifecycle>> {
        self.question(|ground| lifecycle::lifecycle(ground, asked, window, per))
    }

    /// Of the servers that were first seen in each period, how many are active in it and in each later one.
    pub fn retention(&self, asked: &Asked, window: Window, per: Per) -> Result<Vec<Retained>> {
        self.question(|ground| retention::retention(ground, asked, window, per))
    }

    /// How many servers of each period are suspected clones, and how many reported once and never else.
    pub fn steadiness(&self, asked: &Asked, window: Window, per: Per) -> Result<Vec<Steadiness>> {
        self.question(|ground| ids::steadiness(ground, asked, window, per))
    }

    /// Suspected clones that were active in a window, the newest first.
    pub fn suspects(&self, asked: &Asked, window: Window, limit: usize) -> Result<Vec<Suspect>> {
        self.question(|ground| ids::suspects(ground, asked, window, limit))
    }
}
