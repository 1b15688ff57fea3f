//! `/start` as a customer's browser finds it, and as somebody would who means them ill.

mod given;

use usage_store::registry::Grant;
use usage_store::registry::register::Scope;

use super::super::testing::{ACME_MEMBER, ACME_OWNER, Answer, HOSTILE, House, UMBRELLA_OWNER};
use super::*;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const NEARBY: &str = "/start?cluster_id=c1&product=jambox&redirect_url=http%3A%2F%2F127.0.0.1%3A8888%2Fcb%3Fa%3D1%26token%3Dold%23top";
const SHOWN: &str = "/start?cluster_id=c1&product=jambox";
const PUBLIC: &str =
    "/start?cluster_id=c1&product=jambox&redirect_url=https%3A%2F%2Fconsole.example%2Fcb";

fn with_code() -> String {
    format!("{NEARBY}&state=s%20t&code_challenge={CHALLENGE}&code_challenge_method=S256")
}

/// The page's form as it stands, and what the person adds.
fn filled(page: &Answer, added: &[(&str, &str)]) -> Vec<(String, String)> {
    let hidden = ["csrf", "asked", "organization"];
    let hidden = hidden.iter().filter(|name| {
        page.text
            .contains(&format!("type=\"hidden\" name=\"{name}\""))
    });
    let mut fields: Vec<(String, String)> = hidden
        .map(|name| ((*name).to_owned(), page.field(name)))
        .collect();
    for (name, value) in added {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}

impl House {
    async fn press(&self, page: &Answer, added: &[(&str, &str)]) -> Answer {
        let mut fields = vec![("answer", "approve")];
        fields.extend(added);
        self.post_form("/start", &filled(page, &fields)).await
    }

    fn grant(&self, token: &str) -> Option<Grant> {
        self.app.store.authenticate(token.as_bytes()).unwrap()
    }

    /// How many tokens the cluster has in an organization.
    fn tokens(&self, organization: &str) -> usize {
        let scope = Scope {
            organization: self.organization(organization),
            product: "jambox",
            cluster: "c1",
        };
        self.app.store.cluster_tokens(&scope).unwrap().len()
    }
}

/// The token that a browser is sent away with.
fn token_of(answer: &Answer, before: &str, after: &str) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    let to = answer.header("location");
    let token = to
        .strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(after));
    token.unwrap_or_else(|| panic!("{to}")).to_owned()
}

#[tokio::test]
async fn a_customer_who_is_new_registers_and_the_token_goes_to_the_program() {
    let house = House::new();
    let hello = house.get(NEARBY).await;
    assert_eq!(hello.status, 200);
    for named in ["jambox", "c1", "127.0.0.1:8888"] {
        assert!(hello.text.contains(named), "{named}");
    }
    let form = house.get(&hello.link_with("/sign-up?next=")).await;
    let entered = form.filled(&[
        ("organization", "Acme"),
        ("email", ACME_OWNER),
        ("password", "correct horse battery"),
    ]);
    let back = house
        .post_form("/sign-up", &entered)
        .await
        .header("location");
    assert_eq!(back, NEARBY, "with all parameters");

    let page = house.get(&back).await;
    for named in ["jambox", "c1", "127.0.0.1:8888", "Acme"] {
        assert!(page.text.contains(named), "{named}");
    }
    assert_eq!(house.tokens("Acme"), 0, "nothing happens by itself");
    let sent = house.press(&page, &[]).await;
    let token = token_of(&sent, "http://127.0.0.1:8888/cb?a=1&token=", "#top");
    assert_eq!(sent.header("referrer-policy"), "no-referrer");
    assert_eq!(sent.header("cache-control"), "no-store");
    let grant = house.grant(&token).unwrap();
    assert_eq!(grant.organization, house.organization("Acme"));
    assert_eq!(grant.product.as_deref(), Some("jambox"));
    assert_eq!(grant.cluster.as_deref(), Some("c1"));
}

#[tokio::test]
async fn who_has_an_account_signs_in_and_comes_back() {
    let house = House::with_operator("ada@example.com", "correct horse battery");
    let hello = house.get(&with_code()).await;
    let form = house.get(&hello.link_with("/sign-in?next=")).await;
    let entered = form.filled(&[
        ("email", "ada@example.com"),
        ("password", "correct horse battery"),
    ]);
    let back = house
        .post_form("/sign-in", &entered)
        .await
        .header("location");
    assert_eq!(back, with_code());
    let page = house.get(&back).await;
    assert!(page.text.contains("You belong to no organization"));
    assert!(!page.text.contains("value=\"approve\""));
    let forced = [("organization", "1")];
    assert_eq!(house.press(&page, &forced).await.status, 422);
}

#[tokio::test]
async fn the_longest_link_survives_the_way_through_signing_in() {
    let house = House::new();
    let query = format!("product=jambox&cluster_id={}&x=%C3%A9", "%2F".repeat(1_000));
    let hello = house.get(&format!("/start?{query}")).await;
    let form = house.get(&hello.link_with("/sign-up?next=")).await;
    let entered = form.filled(&[
        ("organization", "Acme"),
        ("email", ACME_OWNER),
        ("password", "correct horse battery"),
    ]);
    let back = house
        .post_form("/sign-up", &entered)
        .await
        .header("location");
    assert_eq!(back, format!("/start?{query}"));
    assert_eq!(house.get(&back).await.status, 200);
}

#[tokio::test]
async fn a_program_with_a_challenge_gets_a_code_and_never_a_token() {
    let house = House::with_customers();
    let page = house.get(&with_code()).await;
    let sent = house.press(&page, &[]).await;
    let code = token_of(
        &sent,
        "http://127.0.0.1:8888/cb?a=1&code=",
        "&state=s%20t#top",
    );
    assert_eq!((code.len(), house.tokens("Acme")), (43, 0));
    let exchange = |challenge: &str| {
        let now = Timestamp::now();
        let store = &house.app.store;
        store.exchange_register_code(code.as_bytes(), challenge, b"usage_test", now)
    };
    assert_ne!(VERIFIER, CHALLENGE);
    assert!(exchange(CHALLENGE).unwrap().is_some());
    assert!(exchange(CHALLENGE).unwrap().is_none());
    let page = house.get(&with_code()).await;
    let refused = house
        .post_form("/start", &filled(&page, &[("answer", "refuse")]))
        .await;
    assert_eq!(
        refused.header("location"),
        "http://127.0.0.1:8888/cb?a=1&error=access_denied&state=s%20t#top"
    );
    assert_eq!(house.tokens("Acme"), 1);
}

#[tokio::test]
async fn a_no_without_a_challenge_stays_here() {
    let house = House::with_customers();
    for link in [NEARBY, SHOWN] {
        let page = house.get(link).await;
        for answer in ["refuse", "", "yes"] {
            let refused = house
                .post_form("/start", &filled(&page, &[("answer", answer)]))
                .await;
            assert_eq!(refused.status, 200);
            assert!(refused.text.contains("Not registered"));
            assert_eq!(refused.header("location"), "");
        }
    }
    assert_eq!(house.tokens("Acme"), 0);
}

#[tokio::test]
async fn for_a_public_host_that_is_not_listed_the_person_ticks_a_box_that_names_it() {
    let house = House::with_customers();
    let page = house.get(PUBLIC).await;
    assert!(
        page.text
            .contains("name=\"host\" value=\"console.example\" required")
    );
    for host in [
        &[][..],
        &[("host", "")],
        &[("host", "on")],
        &[("host", "other.example")],
    ] {
        let answer = house.press(&page, host).await;
        assert_eq!(answer.status, 422, "{host:?}");
        assert!(answer.text.contains("Tick the box"));
        assert!(
            answer
                .header("content-security-policy")
                .contains("https://console.example;")
        );
    }
    assert_eq!(house.tokens("Acme"), 0);
    let sent = house.press(&page, &[("host", "console.example")]).await;
    token_of(&sent, "https://console.example/cb?token=", "");
    let now = Timestamp::now();
    let list = |product: &str| {
        let store = &house.app.store;
        store
            .add_redirect_host(product, "console.example", "ada@example.com", now)
            .unwrap();
    };
    list("otherbox");
    assert!(house.get(PUBLIC).await.text.contains("type=\"checkbox\""));
    list("jambox");
    let page = house.get(PUBLIC).await;
    assert!(!page.text.contains("type=\"checkbox\""));
    let sent = house.press(&page, &[("tokens", "keep")]).await;
    token_of(&sent, "https://console.example/cb?token=", "");
    assert!(!house.get(NEARBY).await.text.contains("type=\"checkbox\""));
}

#[tokio::test]
async fn who_registers_again_says_what_becomes_of_the_first_token() {
    let house = House::with_customers();
    let first = house.press(&house.get(NEARBY).await, &[]).await;
    let first = token_of(&first, "http://127.0.0.1:8888/cb?a=1&token=", "#top");
    let page = house.get(NEARBY).await;
    assert!(page.text.contains("has a token already"));
    assert!(page.text.contains(&first[..16]) && !page.text.contains(&first[..17]));
    let undecided = house.press(&page, &[]).await;
    assert_eq!(undecided.status, 422);
    assert!(undecided.text.contains("what becomes of the tokens"));
    let second = house.press(&page, &[("tokens", "keep")]).await;
    let second = token_of(&second, "http://127.0.0.1:8888/cb?a=1&token=", "#top");
    assert!(house.grant(&first).is_some() && house.grant(&second).is_some());
    let third = house.press(&page, &[("tokens", "replace")]).await;
    let third = token_of(&third, "http://127.0.0.1:8888/cb?a=1&token=", "#top");
    assert!(house.grant(&first).is_none() && house.grant(&second).is_none());
    assert!(house.grant(&third).is_some());
}

#[tokio::test]
async fn who_belongs_to_several_organizations_chooses_among_their_own() {
    let house = House::with_customers();
    let labs = house
        .app
        .store
        .add_organization("Labs", house.account_of(ACME_OWNER), Timestamp::now())
        .unwrap();
    let page = house.get(NEARBY).await;
    assert!(page.text.contains("<select") && !page.text.contains("Umbrella"));
    let umbrella = house.organization("Umbrella").0.to_string();
    for foreign in ["", "0", "-1", "x", umbrella.as_str()] {
        let answer = house.press(&page, &[("organization", foreign)]).await;
        assert_eq!(answer.status, 422, "{foreign}");
        assert!(answer.text.contains("Choose the organization."));
    }
    let labs = labs.0.to_string();
    let sent = house.press(&page, &[("organization", &labs)]).await;
    token_of(&sent, "http://127.0.0.1:8888/cb?a=1&token=", "#top");
    assert_eq!(
        (
            house.tokens("Labs"),
            house.tokens("Acme"),
            house.tokens("Umbrella")
        ),
        (1, 0, 0)
    );
    house.enter_as(UMBRELLA_OWNER);
    let page = house.get(NEARBY).await;
    assert!(
        !page.text.contains("has a token already"),
        "nothing of others is told"
    );
    house.enter_as(ACME_MEMBER);
    let page = house.get(NEARBY).await;
    assert_eq!(
        house.press(&page, &[]).await.status,
        303,
        "members may, too"
    );
}

#[tokio::test]
async fn a_form_of_another_site_or_person_registers_nothing() {
    let house = House::with_customers();
    let page = house.get(NEARBY).await;
    for csrf in ["", "guess"] {
        let answer = house.press(&page, &[("csrf", csrf)]).await;
        assert_eq!(answer.status, 403, "{csrf}");
    }
    let fields = filled(&page, &[("answer", "approve")]);
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        house
            .post_from("cross-site", "/start", &fields)
            .await
            .status,
        403
    );
    house.enter_as(UMBRELLA_OWNER);
    assert_eq!(house.press(&page, &[]).await.status, 403);
    assert_eq!((house.tokens("Acme"), house.tokens("Umbrella")), (0, 0));
    house.leave();
    let away = house.press(&page, &[]).await;
    assert_eq!(away.status, 303);
    let form = house.get(&away.header("location")).await;
    assert_eq!(
        form.field("next"),
        NEARBY,
        "who was signed out meanwhile comes back"
    );
}

#[tokio::test]
async fn nobody_is_sent_to_a_hostile_address() {
    let house = House::with_customers();
    let good = house.get(NEARBY).await;
    for hostile in [
        "javascript%3Aalert(1)",
        "%2F%2Fevil.example",
        "https%3A%2F%2Fgood.example%40evil.example",
        "http%3A%2F%2Fevil.example",
        "https%3A%2F%2Fevil.example%0D%0ASet-Cookie%3Ax",
        "https%3A%2F%2Fevil.example%2F%FF",
        "https%3A%5Cevil.example",
        "%3Cscript%3E",
    ] {
        let query = format!("cluster_id=c1&product=jambox&redirect_url={hostile}");
        let answer = house.get(&format!("/start?{query}")).await;
        let forced = house.press(&good, &[("asked", &query)]).await;
        for answer in [answer, forced] {
            assert_eq!(answer.status, 400, "{hostile}");
            assert!(answer.text.contains("redirect_url"));
            assert_eq!(answer.header("location"), "");
            assert!(!answer.text.contains("<script"));
            assert!(!answer.header("content-security-policy").contains("evil"));
        }
    }
    house.leave();
    let answer = house.get("/start").await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.text.contains("The product is missing.")
            && answer.text.contains("The cluster_id is missing.")
    );
    assert_eq!(house.tokens("Acme"), 0);
}

#[tokio::test]
async fn what_a_link_says_is_text_on_the_page() {
    let house = House::with_customers();
    let escaped = utf8_percent_encode(HOSTILE, NON_ALPHANUMERIC).to_string();
    let link = format!("/start?cluster_id={escaped}&product={escaped}");
    let page = house.get(&link).await;
    let sent = house.press(&page, &[]).await.header("location");
    let shown = house.get(&sent).await;
    let before = house.get(&sent).await;
    let again = house.get(&link).await;
    let refused = house
        .post_form("/start", &filled(&again, &[("answer", "refuse")]))
        .await;
    house.leave();
    let hello = house.get(&link).await;
    for page in [page, shown, before, again, refused, hello] {
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("<script>"), "{}", page.text);
        assert!(page.text.contains("&#60;script&#62;"));
    }
}

#[tokio::test]
async fn the_policy_lets_this_form_lead_to_the_program_and_no_other() {
    let house = House::with_customers();
    let policy = |page: &Answer| page.header("content-security-policy");
    let page = house.get(PUBLIC).await;
    assert!(policy(&page).contains("form-action 'self' https://console.example;"));
    assert!(policy(&page).contains("frame-ancestors 'none'"));
    let page = house.get(NEARBY).await;
    assert!(policy(&page).contains("form-action 'self' http://127.0.0.1:8888;"));
    for plain in [SHOWN, "/organizations"] {
        let page = house.get(plain).await;
        assert!(policy(&page).contains("form-action 'self';"), "{plain}");
    }
    house.leave();
    assert!(policy(&house.get(PUBLIC).await).contains("form-action 'self';"));
}

#[tokio::test]
async fn behind_a_proxys_subpath_all_of_it_stays_below() {
    let house = House::reached_at("https://example.com/usage");
    let hello = house.get(NEARBY).await;
    for path in [
        "/usage/sign-up?next=%2Fstart",
        "/usage/sign-in?next=%2Fstart",
    ] {
        assert!(
            hello.links().iter().any(|link| link.starts_with(path)),
            "{path}"
        );
    }
    house.customer("Acme", ACME_OWNER);
    house.enter_as(ACME_OWNER);
    let page = house.get(SHOWN).await;
    assert!(page.text.contains("action=\"/usage/start\""));
    let sent = house.press(&page, &[]).await.header("location");
    let shown = house.get(sent.strip_prefix("/usage").unwrap()).await;
    assert!(shown.text.contains("<script src=\"/usage/assets/copy-"));
    assert!(
        house
            .get("/device")
            .await
            .text
            .contains("action=\"/usage/device\"")
    );
    house.leave();
    let away = house.press(&page, &[]).await;
    assert!(
        away.header("location")
            .starts_with("/usage/sign-in?next=%2Fstart")
    );
}

#[tokio::test]
async fn where_nobody_may_sign_up_the_page_says_so() {
    for (policy, said) in [
        (SignUp::Invited, "by invitation"),
        (SignUp::Closed, "by the operators"),
    ] {
        let hello = House::where_sign_up_is(policy).get(NEARBY).await;
        assert!(hello.text.contains(said));
        assert!(!hello.text.contains("/sign-up"));
        assert!(hello.text.contains("/sign-in?next="));
    }
}
