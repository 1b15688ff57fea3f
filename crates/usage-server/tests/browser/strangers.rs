//! What other sites and whoever reports may try, and what only a browser can tell.

use crate::browser::Browser;
use crate::fleet::sign_in;
use crate::folder::Folder;
use crate::listener::Listener;

#[test]
fn nobody_frames_our_pages() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    for page in [
        "/sign-in",
        "/start?product=p&cluster_id=c",
        "/device",
        "/nowhere",
    ] {
        let framing = format!(
            "<p>Win a prize</p><iframe src='{}{page}'></iframe>",
            server.url()
        );
        let elsewhere = Listener::with_page(&framing);
        browser.open(&elsewhere.elsewhere());
        browser.sees("Win a prize");
        let complaints = browser.complaints().join("\n");
        assert!(
            complaints.contains("frame-ancestors 'none'"),
            "{page}: {complaints}"
        );
    }
    server.stop();
}

#[test]
fn a_form_on_another_site_does_nothing() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    sign_in(&mut browser, &folder, &server);
    let form = format!(
        "<form method=post action='{}/sign-out'><input type=hidden name=csrf value=x>\
         <button>Win a prize</button></form>",
        server.url()
    );
    let elsewhere = Listener::with_page(&form);
    browser.open(&elsewhere.elsewhere());
    browser.click("Win a prize");
    browser.sees("Please send the form again");
    browser.was_refused(403);
    browser.open(&server.url());
    browser.sees("Sign out");
    server.stop();
}

#[test]
fn scripts_see_no_cookie() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    sign_in(&mut browser, &folder, &server);
    assert_eq!(browser.driver.evaluate("document.cookie"), "");
    let cookies = browser.driver.ask("/cookie").unwrap();
    let cookies = cookies.as_array().unwrap();
    assert!(!cookies.is_empty());
    for cookie in cookies {
        assert_eq!(cookie["httpOnly"], true, "{cookie}");
        assert_eq!(cookie["path"], "/", "{cookie}");
        assert!(
            ["Lax", "Strict"].contains(&cookie["sameSite"].as_str().unwrap()),
            "{cookie}"
        );
    }
    server.stop();
}

#[test]
fn no_address_is_told_to_where_a_link_leads() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    let elsewhere = Listener::with_page("<p>Elsewhere</p>");
    browser.without_policies();
    browser.open(&format!("{}/welcome/SECRET", server.url()));
    browser.sees("This link is over");
    let leave = format!(
        "const a = document.createElement('a'); a.href = '{}left'; a.textContent = 'Leave';
         document.querySelector('h1').append(a); true",
        elsewhere.elsewhere()
    );
    browser.driver.evaluate(&leave);
    browser.click("Leave");
    let came = elsewhere.request_for("/left");
    assert_eq!(came.header("referer"), None, "{:?}", came.headers);
    server.stop();
}
