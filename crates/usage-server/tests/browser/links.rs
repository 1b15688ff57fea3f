//! Every page that links lead to.

use std::collections::BTreeSet;

use crate::browser::Browser;

/// More pages than a test needs: past it, pages make links without end.
const PAGES_MAX: usize = 400;

const LINKS: &str = "[...document.querySelectorAll('a')].map(one => [one.href, one.rel])";

/// What a view of a page says of it, whatever that is: its path, and the names in its query string.
fn kind_of_view(link: &str) -> String {
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let names: BTreeSet<&str> = query
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .collect();
    format!("{path} {names:?}")
}

/// Goes from the front page to whatever links lead to, each once, and looks at it; what programs
/// read is opened, too, and not looked at; what is saved isn't. Of a page's other views, which are as many
/// as their combinations, one of each kind. The addresses that were looked at.
pub(crate) fn crawl(
    browser: &mut Browser,
    server: &str,
    mut look: impl FnMut(&mut Browser, &str),
) -> BTreeSet<String> {
    let root = format!("{server}/");
    let mut known = BTreeSet::from([root.clone()]);
    let mut waiting = vec![root.clone()];
    let mut looked_at = BTreeSet::new();
    let mut kinds = BTreeSet::new();
    while let Some(link) = waiting.pop() {
        browser.driver.evaluate("window.stays = true");
        browser.open(&link);
        if browser.driver.evaluate("window.stays") == true {
            // It was saved, not shown.
            continue;
        }
        browser.has_no_complaints();
        if browser.driver.evaluate("document.contentType") != "text/html" {
            continue;
        }
        look(browser, &link);
        let links = browser.driver.evaluate(LINKS);
        for found in links.as_array().unwrap() {
            let (to, rel) = (found[0].as_str().unwrap(), &found[1]);
            let to = to.split('#').next().unwrap();
            assert!(to.starts_with(&root), "{to:?} leads elsewhere");
            let is_view = rel == "nofollow";
            if is_view && (link.contains('?') || !kinds.insert(kind_of_view(to))) {
                continue;
            }
            if known.insert(to.to_owned()) {
                waiting.push(to.to_owned());
            }
        }
        looked_at.insert(link);
        assert!(known.len() < PAGES_MAX, "no end of links: {known:?}");
    }
    looked_at
}
