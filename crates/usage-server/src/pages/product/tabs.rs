//! The pages of a product, as tabs. A tab keeps the window and the filter.

use super::super::view::{Choice, View};

/// A page of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Tab {
    Overview,
    Values,
    Retention,
    Servers,
    Clusters,
    Ids,
    Dictionary,
    Public,
    Settings,
}

/// Every tab, its name, and its path below the product's.
const TABS: &[(Tab, &str, &str)] = &[
    (Tab::Overview, "Overview", ""),
    (Tab::Values, "Values", "/values"),
    (Tab::Retention, "Retention", "/retention"),
    (Tab::Servers, "Servers", "/servers"),
    (Tab::Clusters, "Clusters", "/clusters"),
    (Tab::Ids, "Ids", "/ids"),
    (Tab::Dictionary, "Dictionary", "/dictionary"),
    (Tab::Public, "Public page", "/public"),
    (Tab::Settings, "Settings", "/settings"),
];

impl Tab {
    /// All of them, in their order.
    pub(in super::super) fn all() -> impl Iterator<Item = Tab> {
        TABS.iter().map(|(tab, ..)| *tab)
    }

    /// Whether it shows a window of days.
    pub(in super::super) fn has_window(self) -> bool {
        !matches!(self, Tab::Public | Tab::Settings)
    }

    #[cfg(test)]
    pub(in super::super) fn below(self) -> &'static str {
        let known = TABS.iter().find(|(tab, ..)| *tab == self);
        known.map_or("", |(_, _, below)| below)
    }
}

/// What tabs hand on to each other; the rest is a page's own.
fn kept(name: &str) -> bool {
    name.starts_with("filter[")
        || matches!(
            name,
            "from" | "to" | "days" | "per" | "who" | "organization" | "clones" | "once"
        )
}

/// The tabs of a product's page.
pub(in super::super) fn tabs(base: &str, product: i64, here: Tab, view: &View) -> Vec<Choice> {
    let link = view.keeping(kept).link();
    let tabs = TABS.iter().map(|(tab, name, below)| Choice {
        name: (*name).to_owned(),
        to: format!("{base}/products/{product}{below}{link}"),
        current: *tab == here,
    });
    tabs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_keep_window_and_filter_and_nothing_else() {
        let view = View::read(Some("days=7&by=os&filter%5Bos%5D=linux&before=3"));
        let tabs = tabs("/usage", 3, Tab::Overview, &view);
        assert_eq!(tabs[0].to, "/usage/products/3?days=7&filter%5Bos%5D=linux");
        assert!(tabs[0].current);
    }
}
