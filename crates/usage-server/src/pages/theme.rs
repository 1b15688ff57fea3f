//! `/theme`: light or dark by choice, from the foot of every page. The choice is in a cookie and decides which
//! style sheet a page links to, so that nothing flashes and no script is needed; whoever chose nothing has what
//! their system prefers.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::Failure;
use super::sign_in::go_to;
use crate::account::{SignedIn, cookie, local_path};
use crate::app::App;

const COOKIE_NAME: &str = "usage_theme";
/// As long as browsers keep one, some 400 days; each choice begins it anew.
const COOKIE_SECONDS: u64 = 400 * 86_400;

/// Which colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Theme {
    /// Those that the reader's system prefers.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub(super) const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// Its word in the form, the cookie and the page.
    pub(super) fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// Its name on the button.
    pub(super) fn label(self) -> &'static str {
        match self {
            Theme::System => "System",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        }
    }

    /// What a browser is told of the page's colours.
    pub(super) fn scheme(self) -> &'static str {
        match self {
            Theme::System => "light dark",
            chosen => chosen.name(),
        }
    }

    fn named(name: &str) -> Theme {
        let named = Theme::ALL.into_iter().find(|theme| theme.name() == name);
        named.unwrap_or_default()
    }

    /// What the cookie says.
    pub(super) fn chosen(headers: &HeaderMap, tls: bool) -> Theme {
        cookie::read(headers, COOKIE_NAME, tls).map_or(Theme::System, Theme::named)
    }

    fn cookie(self, tls: bool) -> Option<HeaderValue> {
        let seconds = match self {
            Theme::System => 0,
            Theme::Light | Theme::Dark => COOKIE_SECONDS,
        };
        cookie::write(COOKIE_NAME, self.name(), seconds, tls)
    }
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Entered {
    csrf: String,
    theme: String,
    /// Where the reader was, escaped.
    back: String,
}

/// `POST /theme`. Nobody is harmed by a theme: of whoever isn't signed in no token is asked, which would take a
/// cookie on every page.
pub(super) async fn choose(
    State(app): State<Arc<App>>,
    person: Option<SignedIn>,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    if let Some(person) = person {
        person.check(&entered.csrf)?;
    }
    let cookie = Theme::named(&entered.theme).cookie(app.settings.tls);
    let back = percent_decode_str(&entered.back).decode_utf8_lossy();
    Ok(go_to(&app, cookie, local_path(&back)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ACME_OWNER, House};

    fn theme_of(html: &str) -> &str {
        let (_, after) = html.split_once("<html lang=\"en\"").unwrap();
        after.split('>').next().unwrap()
    }

    async fn choose(house: &House, at: &str, theme: &str) -> String {
        let page = house.get(at).await;
        let fields = page.filled(&[("theme", theme), ("back", &page.field("back"))]);
        let answer = house.post_form("/theme", &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.header("location")
    }

    #[tokio::test]
    async fn a_theme_is_chosen_on_any_page_and_holds_on_all() {
        let house = House::signed_in();
        let before = house.get("/reports").await.text;
        assert_eq!(theme_of(&before), "");
        assert!(before.contains(r#"name="color-scheme" content="light dark""#));
        let at = "/quarantine?before=7&x=%C3%A4";
        assert_eq!(choose(&house, at, "dark").await, at);
        let dark = house.get("/reports").await.text;
        assert_eq!(theme_of(&dark), " data-theme=\"dark\"");
        assert!(dark.contains(r#"name="color-scheme" content="dark""#));
        assert!(
            dark.contains(r#"value="dark" aria-pressed="true""#),
            "{dark}"
        );
        let sheet = |page: &str| {
            let (_, after) = page.split_once("rel=\"stylesheet\" href=\"").unwrap();
            after.split('"').next().unwrap().to_owned()
        };
        let sheets = [sheet(&before), sheet(&dark)];
        assert_ne!(sheets[0], sheets[1]);
        let text = house.get(&sheets[1]).await.text;
        assert!(text.contains("@media all {") && !text.contains("prefers-color-scheme"));
        // Error pages, too.
        assert_eq!(
            theme_of(&house.get("/nowhere").await.text),
            " data-theme=\"dark\""
        );
        choose(&house, "/", "light").await;
        let light = house.get("/").await.text;
        assert_eq!(theme_of(&light), " data-theme=\"light\"");
        let text = house.get(&sheet(&light)).await.text;
        assert!(text.contains("@media not all {") && !text.contains("prefers-color-scheme"));
        choose(&house, "/", "system").await;
        assert_eq!(theme_of(&house.get("/").await.text), "");
    }

    #[tokio::test]
    async fn it_is_there_for_strangers_and_leads_nobody_elsewhere() {
        let house = House::new();
        assert_eq!(
            choose(&house, "/sign-in?next=%2Freports", "dark").await,
            "/sign-in?next=%2Freports"
        );
        let page = house.get("/sign-in").await;
        assert_eq!(theme_of(&page.text), " data-theme=\"dark\"");
        for back in [
            "https://evil.example",
            "%2F%2Fevil.example",
            "%252F",
            "//evil.example",
            "/\\evil.example",
            "",
        ] {
            let answer = house
                .post("/theme", &[("theme", "dark"), ("back", back)])
                .await;
            assert_eq!(answer.header("location"), "/", "{back}");
        }
        let answer = house.post("/theme", &[("theme", "\"><script>")]).await;
        assert!(
            answer
                .header("set-cookie")
                .contains("usage_theme=system; Path=/; Max-Age=0")
        );
        let answer = house
            .post_from("cross-site", "/theme", &[("theme", "light")])
            .await;
        assert_eq!(answer.status, 403);
    }

    #[tokio::test]
    async fn nobody_elses_form_chooses_for_who_is_signed_in() {
        let house = House::with_customers();
        let mine = house.cookies();
        for csrf in ["", "guess"] {
            let fields = [("csrf", csrf), ("theme", "dark")];
            assert_eq!(house.post("/theme", &fields).await.status, 403);
        }
        assert_eq!(house.cookies(), mine);
        assert_eq!(
            choose(&house, "/organizations", "dark").await,
            "/organizations"
        );
        assert!(house.get("/account").await.text.contains(ACME_OWNER));
    }

    #[tokio::test]
    async fn a_page_that_no_link_leads_to_again_offers_none() {
        let house = House::with_operator("op@example.com", "right");
        let page = house.get("/sign-in").await;
        let wrong = page.filled(&[("email", "op@example.com"), ("password", "wrong")]);
        let again = house.post_form("/sign-in", &wrong).await;
        assert!(again.text.contains("</main>") && !again.text.contains("/theme"));
    }

    #[tokio::test]
    async fn behind_tls_the_cookie_is_bound_to_host_and_tls() {
        let house = House::reached_at("https://example.com/usage");
        let answer = house
            .post("/theme", &[("theme", "dark"), ("back", "/sign-in")])
            .await;
        assert_eq!(answer.header("location"), "/usage/sign-in");
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-usage_theme=dark;") && cookie.ends_with("; Secure"));
        assert_eq!(
            theme_of(&house.get("/sign-in").await.text),
            " data-theme=\"dark\""
        );
    }
}
