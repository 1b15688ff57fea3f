//! What a form drew and the page that it leads to shows, this once: a secret, or a link to hand on.

use std::time::Instant;

use usage_store::registry::SessionId;

use super::assets::COPY;
use super::layout::Layout;
use crate::account::Once;
use crate::app::App;

/// Keeps it for the page, in the browser that sent the form.
pub(super) fn keep(app: &App, session: SessionId, once: Once, secret: String) {
    let shown = &app.account.shown_once;
    shown.keep(session, once, secret, Instant::now());
}

/// What a page has to show of it.
pub(super) struct Shown {
    pub(super) secret: Option<String>,
    /// It was shown before.
    pub(super) before: bool,
    /// Where the script is that copies it.
    pub(super) script: String,
}

impl Shown {
    /// Takes out what the page is asked for. A page that shows it offers no theme: whoever came back with another
    /// one would find it gone.
    pub(super) fn on(
        page: &mut Layout,
        app: &App,
        session: SessionId,
        asked: Option<Once>,
    ) -> Shown {
        let shown = &app.account.shown_once;
        let secret = asked.and_then(|once| shown.take(session, once, Instant::now()));
        if secret.is_some() {
            page.at = None;
        }
        Shown {
            before: asked.is_some() && secret.is_none(),
            secret,
            script: format!("{}{}", page.base, COPY.path()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ACME_OWNER, House};

    /// By this form a page is made that shows something once.
    async fn offers_no_theme_this_once(house: &House, at: &str, to: &str, fields: &[(&str, &str)]) {
        let form = house.get(at).await;
        assert!(form.text.contains("/theme\""), "{at}");
        let page = house.post_and_follow(to, &form.filled(fields)).await;
        assert_eq!(page.status, 200, "{to}");
        assert!(!page.text.contains("/theme\""), "it would be lost: {to}");
        let again = house.get(&page.path).await;
        assert!(again.text.contains("shown before"), "{to}");
        assert!(again.text.contains("/theme\""), "{to}");
    }

    #[tokio::test]
    async fn where_something_is_shown_once_no_theme_is_offered_that_would_lose_it() {
        let house = House::with_customers();
        let acme = house.path_of("Acme");
        let (tokens, members) = (format!("{acme}/tokens"), format!("{acme}/members"));
        offers_no_theme_this_once(&house, &tokens, &tokens, &[("name", "a")]).await;
        let invitations = format!("{acme}/invitations");
        offers_no_theme_this_once(&house, &members, &invitations, &[("role", "member")]).await;
        let house = house.let_in("op@example.com");
        let hook = [
            ("name", "a"),
            ("url", "http://a.example/"),
            ("silent", "on"),
        ];
        for (at, to, fields) in [
            (
                "/api-keys",
                "/api-keys",
                &[("name", "a"), ("read", "on")][..],
            ),
            ("/webhooks", "/webhooks", &hook),
            ("/operators", "/operators/invite", &[("to", "operator")]),
            ("/operators", "/operators/reset", &[("email", ACME_OWNER)]),
        ] {
            offers_no_theme_this_once(&house, at, to, fields).await;
        }
    }
}
