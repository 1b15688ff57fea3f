//! What a person gets who says yes: a token that is shown once, or why there is none.

use super::*;

#[tokio::test]
async fn without_a_redirect_the_token_is_shown_once() {
    let house = House::with_customers();
    let page = house.get(SHOWN).await;
    assert!(page.text.contains("Register, and show the token"));
    let sent = house.press(&page, &[]).await.header("location");
    assert!(sent.starts_with("/start/token?issued="), "{sent}");
    let shown = house.get(&sent).await;
    assert_eq!(shown.status, 200);
    let (_, field) = shown.text.split_once("id=\"token\"").unwrap();
    let (_, value) = field.split_once("value=\"").unwrap();
    let token = value.split('"').next().unwrap();
    assert!(house.grant(token).is_some());
    assert!(field.split('>').next().unwrap().contains("readonly"));
    assert_eq!(shown.header("cache-control"), "no-store");
    let (_, script) = shown.text.split_once("<script src=\"").unwrap();
    let script = house.get(script.split('"').next().unwrap()).await;
    assert_eq!(
        script.header("content-type"),
        "text/javascript; charset=utf-8"
    );
    let again = house.get(SHOWN).await;
    assert!(!again.text.contains(token), "never again");
    assert!(again.text.contains(&token[..16]), "but its beginning");

    // A reload, and whoever else has the address.
    let reloaded = house.get(&sent).await;
    assert!(reloaded.text.contains("was shown before") && !reloaded.text.contains("usage_"));
    let back = reloaded.link_with("/start?product=jambox&cluster_id=c1");
    assert_eq!(house.get(&back).await.status, 200);
    assert_eq!(house.tokens("Acme"), 1, "and no other is made");
    let second = house.press(&again, &[("tokens", "keep")]).await;
    let sent = second.header("location");
    for email in [ACME_MEMBER, UMBRELLA_OWNER] {
        house.enter_as(email);
        assert!(!house.get(&sent).await.text.contains("usage_"), "{email}");
    }
    assert_eq!(house.get(&sent).await.status, 404, "not Umbrella's");
    house.leave();
    assert_eq!(house.get(&sent).await.status, 303);
}

#[tokio::test]
async fn who_has_no_room_for_a_token_hears_it_on_the_page_and_can_replace_one() {
    let house = House::with_customers();
    let first = house.press(&house.get(NEARBY).await, &[]).await;
    token_of(&first, "http://127.0.0.1:8888/cb?a=1&token=", "#top");
    house.fill_with_tokens("Acme");
    for link in [NEARBY, SHOWN, &with_code()] {
        let page = house.get(link).await;
        let full = house.press(&page, &[("tokens", "keep")]).await;
        assert_eq!(full.status, 422, "{link}");
        assert!(full.text.contains("the most there may be"), "{link}");
        let replaced = house.press(&page, &[("tokens", "replace")]).await;
        assert_eq!(replaced.status, 303, "{link}");
    }
}
