//! From when to when: a day, which is in UTC and meant whole, or an instant.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The first instant that is meant, and the first that no longer is.
pub(crate) type Window = (Option<Timestamp>, Option<Timestamp>);

/// What `from` and `to` say; what is wrong with one, by its name.
pub(crate) fn window(
    from: Option<&str>,
    to: Option<&str>,
) -> Result<Window, (&'static str, String)> {
    let begin = from.map(|text| read(text, 0)).transpose();
    let begin = begin.map_err(|wrong| ("from", wrong))?;
    let end = to.map(|text| read(text, 1)).transpose();
    let end = end.map_err(|wrong| ("to", wrong))?;
    if let (Some(begin), Some(end)) = (begin, end)
        && begin >= end
    {
        return Err(("to", "must not be before from".to_owned()));
    }
    Ok((begin, end))
}

/// A day's beginning, or that of the day so much later; or the instant itself.
fn read(text: &str, days_later: i64) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let day = text.parse::<Date>().ok();
    let day = day.and_then(|day| day.checked_add(jiff::Span::new().days(days_later)).ok());
    let start = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    start.map(|start| start.timestamp()).ok_or_else(|| {
        format!("must be a day or a time, such as 2026-11-23 or 2026-11-23T10:30:00Z; got {text:?}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_meant_whole_and_instants_exactly() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!(window(None, None), Ok((None, None)));
        let day = window(Some("2026-11-23"), Some(" 2026-11-23 "));
        assert_eq!(
            day,
            Ok((at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z")))
        );
        let exact = window(
            Some("2026-11-23T10:30:00.5Z"),
            Some("2026-11-23T12:00:00+01:00"),
        );
        assert_eq!(
            exact,
            Ok((at("2026-11-23T10:30:00.5Z"), at("2026-11-23T11:00:00Z")))
        );
        for (from, to, wrong) in [
            ("yesterday", "2026-11-23", "from"),
            ("2026-11-23", "2026-02-30", "to"),
            ("2026-11-23", "2026-11-22", "to"),
            ("2026-11-23", "-inf", "to"),
        ] {
            assert_eq!(window(Some(from), Some(to)).unwrap_err().0, wrong);
        }
    }
}
