//! Every page that links lead to.

use std::collections::BTreeSet;

use crate::browser::Browser;

/// More pages than a test needs: past it, pages make links without end.
const PAGES_MAX: usize = 400;

/// Goes from the front page to whatever links lead to, each once, and looks at it; what programs
/// read is opened, too, and not looked at; what is saved isn't. The addresses that were looked at.
pub(crate) fn crawl(
    browser: &mut Browser,
    server: &str,
    mut look: impl FnMut(&mut Browser, &str),
) -> BTreeSet<String> {
    let root = format!("{server}/");
    let mut known = BTreeSet::from([root.clone()]);
    let mut waiting = vec![root.clone()];
    let mut looked_at = BTreeSet::new();
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
        let links = browser
            .driver
            .evaluate("[...document.querySelectorAll('a')].map(one => one.href)");
        for link in links.as_array().unwrap() {
            let link = link.as_str().unwrap().split('#').next().unwrap();
            assert!(link.starts_with(&root), "{link:?} leads elsewhere");
            if known.insert(link.to_owned()) {
                waiting.push(link.to_owned());
            }
        }
        looked_at.insert(link);
        assert!(known.len() < PAGES_MAX, "no end of links: {known:?}");
    }
    looked_at
}
