//! What is said of a new API key, on the page and on the command line: its name, and its last day.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::organization_name;

/// The name as it is kept, or what is wrong with it.
pub(crate) fn name(entered: &str) -> Result<String, String> {
    let name = organization_name::tidy(entered);
    if name.is_empty() {
        return Err("Enter a name, such as the program that uses it.".to_owned());
    }
    match organization_name::objection(&name) {
        None => Ok(name),
        Some(wrong) => Err(wrong),
    }
}

/// The end of the last day, which is in UTC; `None` where none was entered.
pub(crate) fn expiry(entered: &str, now: Timestamp) -> Result<Option<Timestamp>, String> {
    let entered = entered.trim();
    if entered.is_empty() {
        return Ok(None);
    }
    let read = entered.parse::<Date>().ok();
    let end = read
        .and_then(|day| day.checked_add(1.day()).ok())
        .and_then(|next| next.to_zoned(TimeZone::UTC).ok());
    match end.map(|end| end.timestamp()) {
        None => Err("Enter a day as YYYY-MM-DD.".to_owned()),
        Some(end) if end <= now => Err("This day is over. Enter a later one.".to_owned()),
        end => Ok(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_valid_to_the_end_of_its_last_day() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        assert_eq!(expiry(" ", now), Ok(None));
        let end = "2026-11-24T00:00:00Z".parse().unwrap();
        assert_eq!(expiry("2026-11-23", now), Ok(Some(end)));
        for wrong in [
            "2026-11-22",
            "soon",
            "2026-02-30",
            "9999-12-31",
            "-009999-01-01",
        ] {
            assert!(expiry(wrong, now).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_has_a_name() {
        assert_eq!(name("  Grafana  \t 2 ").unwrap(), "Grafana 2");
        assert!(name(" ").unwrap_err().contains("program"));
        assert!(name("a\u{200b}b").is_err());
    }
}
