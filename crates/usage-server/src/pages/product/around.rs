//! What stands around each of a product's pages that are lists: its name, its tabs, the window and the filter.

use std::rc::Rc;

use jiff::Timestamp;

use super::super::Failure;
use super::super::layout::{Layout, Section};
use super::super::listing::{Kind, Listing};
use super::super::panel::Desk;
use super::super::view::{Choice, Controls, View};
use super::tabs::{Tab, tabs};
use crate::account::Operator;
use crate::api::Answered;
use crate::app::App;

pub(super) struct Around {
    pub(super) page: Layout,
    pub(super) name: String,
    pub(super) adopted: bool,
    pub(super) tabs: Vec<Choice>,
    pub(super) controls: Controls,
    /// Where the page is, base and all.
    at: String,
    /// The same without the base.
    path: String,
}

impl Around {
    /// Of a page below the product's.
    pub(super) fn new(
        app: &App,
        operator: &Operator,
        (id, below, tab): (i64, &str, Tab),
        view: &View,
        now: Timestamp,
    ) -> Result<Around, Failure> {
        let page = Layout::new(app, operator, Section::Products, now)?;
        let product = super::super::listed(app, id)?;
        let path = format!("/products/{id}{below}");
        let at = format!("{}{path}", page.base);
        Ok(Around {
            name: product.name,
            adopted: product.adopted,
            tabs: tabs(&page.base, id, tab, view),
            controls: Controls::new(view, at.clone(), false),
            at,
            path,
            page,
        })
    }

    /// Where the page's panels are asked for.
    pub(super) fn desk<'a>(&'a self, app: &'a App, view: &'a View, now: Timestamp) -> Desk<'a> {
        Desk::new(app, &self.page.base, &self.path, &self.name, view, now)
    }

    /// What stands around a list of the page's.
    pub(super) fn listing(
        &self,
        kind: &Kind,
        view: &View,
        answer: &Result<Rc<Answered>, String>,
    ) -> Listing {
        let place = (self.page.base.as_str(), self.at.as_str());
        Listing::new(kind, place, &self.name, view, answer)
    }
}
