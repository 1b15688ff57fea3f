//! A provider that believes everybody: the code says who it is.

use crate::openid::{Journey, OpenId, Person, Provider};

pub(in crate::pages) const ISSUER: &str = "https://id.example";

struct Believer;

/// The provider "Example".
pub(super) fn believer() -> OpenId {
    OpenId::new("Example", ISSUER, Box::new(Believer)).unwrap()
}

impl Provider for Believer {
    fn door(&self, journey: &Journey) -> Result<String, String> {
        Ok(format!("{ISSUER}/authorize?state={}", journey.state()))
    }

    /// `subject`, or `subject:address`, or `fail`.
    fn who(&self, _: &Journey, code: &str) -> Result<Person, String> {
        if code == "fail" {
            return Err("it failed, as asked".to_owned());
        }
        let (subject, email) = match code.split_once(':') {
            Some((subject, email)) => (subject, Some(email.to_owned())),
            None => (code, None),
        };
        Ok(Person {
            subject: subject.to_owned(),
            verified_email: email,
        })
    }
}
