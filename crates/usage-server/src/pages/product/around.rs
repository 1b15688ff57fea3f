//! What stands around each of a product's pages that are lists: its name, its tabs, the window and the filter.

use jiff::Timestamp;
use usage_store::query::ProductId;

use super::super::Failure;
use super::super::layout::{Layout, Section};
use super::super::view::{Choice, Controls, View};
use super::tabs::{Tab, tabs};
use crate::account::Operator;
use crate::app::App;

pub(super) struct Around {
    pub(super) page: Layout,
    pub(super) name: String,
    pub(super) adopted: bool,
    pub(super) tabs: Vec<Choice>,
    pub(super) controls: Controls,
    /// Where the page is, base and all.
    pub(super) at: String,
    /// The same without the base.
    pub(super) path: String,
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
        let product = app.store.product(ProductId(id), now)?;
        let product = product.ok_or(Failure::NotFound)?;
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
}
