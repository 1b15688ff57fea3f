//! Programs print the addresses at which people register. Ours are the ones of the protocol's library, to
//! the byte; where that library crashes, ours says what is wrong.

use usage_client::{Client, Error, Registration, STAGING_URL, TargetError};

use crate::golden;

fn same_urls_as_go(file: &str) {
    for case in golden::lines(file) {
        let base = golden::bytes(&case["base"]);
        let registration = Registration::new(
            golden::bytes(&case["cluster_id"]),
            golden::bytes(&case["product"]),
        )
        .redirect_url(golden::bytes(&case["redirect_url"]));
        let ours = Client::new("")
            .with_url(&base)
            .registration_url(&registration);
        if let Some(message) = case["error"].as_str() {
            assert_eq!(ours.unwrap_err().to_string(), message, "{case}");
        } else if case["panic"].is_string() {
            assert!(matches!(ours, Err(Error::Url(_))), "{case}: {ours:?}");
        } else if case["url"]["b64"].is_string() {
            assert!(
                matches!(ours, Err(Error::Url(TargetError::NotText))),
                "{case}: {ours:?}"
            );
        } else {
            assert_eq!(ours.unwrap(), case["url"].as_str().unwrap(), "{case}");
        }
    }
}

#[test]
fn every_golden_address() {
    same_urls_as_go("golden/registration-urls.jsonl");
}

#[test]
fn every_address_recorded_for_odd_bases() {
    same_urls_as_go("vectors/registration-urls.jsonl");
}

#[test]
fn a_registration_needs_a_cluster_and_a_product() {
    let client = Client::new("").with_url(STAGING_URL);
    for (cluster, product) in [("", ""), ("clus1", ""), ("", "jambox")] {
        let registration = Registration::new(cluster, product);
        assert!(registration.validate().is_err());
        let error = client.registration_url(&registration).unwrap_err();
        assert!(matches!(error, Error::Registration(_)));
        assert_eq!(
            error.to_string(),
            "You must supply both a ClusterID and a Product!"
        );
    }
    assert!(Registration::new("clus1", "jambox").validate().is_ok());
}

#[test]
fn an_error_never_shows_the_password() {
    let client = Client::new("").with_url("https://me:secret@h:port");
    let error = client
        .registration_url(&Registration::new("clus1", "jambox"))
        .unwrap_err();
    assert!(!format!("{error} {error:?} {client:?}").contains("secret"));
}
