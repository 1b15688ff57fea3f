//! What a question is about: which product, which days, and which of its servers count.

use jiff::civil::{Date, Weekday};

use super::ProductId;
use crate::Day;
use crate::registry::OrganizationId;

/// A product, and which of its servers count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The product.
    pub product: ProductId,
    /// Which of its servers.
    pub filter: Filter,
}

impl Asked {
    /// All servers of a product.
    pub fn all(product: ProductId) -> Asked {
        Asked {
            product,
            filter: Filter::default(),
        }
    }
}

/// Which servers count: those that fit everything said here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Dimensions, each with the values of which a server must have one that day.
    pub dimensions: Vec<(String, Vec<String>)>,
    /// Under a token or without.
    pub who: Who,
    /// Of this organization only.
    pub organization: Option<OrganizationId>,
    /// Of clusters with this id only, whatever the organization.
    pub cluster: Option<String>,
    /// Leave out suspected clones.
    pub without_clones: bool,
    /// Leave out ids that reported once and never again.
    pub without_once: bool,
}

/// Whether a server reports under a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Who {
    /// With or without.
    #[default]
    All,
    /// Without a token.
    Anonymous,
    /// In the name of an organization.
    Organizations,
}

/// Days, the first and the last included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
}

impl Window {
    /// So many days up to a day, that one included.
    pub fn last(days: i32, to: Day) -> Window {
        Window {
            from: to.plus(1 - days),
            to,
        }
    }

    /// Its days, the first first.
    pub fn days(self) -> impl DoubleEndedIterator<Item = Day> + Clone {
        (self.from.0..=self.to.0).map(Day)
    }

    /// Its days before one of them, and those from that one on.
    pub(crate) fn before_and_from(self, day: Day) -> (Window, Window) {
        let (to, from) = (day.plus(-1), day);
        (Window { to, ..self }, Window { from, ..self })
    }

    /// The whole periods that it touches, the first first: weeks and months are never cut.
    pub fn periods(self, per: Per) -> Vec<Window> {
        let mut periods = Vec::new();
        let mut day = self.from;
        while day <= self.to {
            let period = per.around(day);
            day = period.to.plus(1);
            periods.push(period);
        }
        periods
    }
}

/// What a series has a row for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Per {
    /// A UTC day.
    #[default]
    Day,
    /// An ISO week, from Monday on.
    Week,
    /// A calendar month.
    Month,
}

impl Per {
    /// The period that a day is in.
    pub fn around(self, day: Day) -> Window {
        match self {
            Per::Day => Window { from: day, to: day },
            Per::Week => {
                let from = day.plus(-i32::from(day.date().weekday().since(Weekday::Monday)));
                Window {
                    from,
                    to: from.plus(6),
                }
            }
            Per::Month => {
                let date = day.date();
                Window {
                    from: Day::on(date.first_of_month()),
                    to: Day::on(date.last_of_month()),
                }
            }
        }
    }

    /// Its name, in the singular.
    pub fn name(self) -> &'static str {
        match self {
            Per::Day => "day",
            Per::Week => "week",
            Per::Month => "month",
        }
    }
}

impl Day {
    /// The day of the calendar.
    pub fn date(self) -> Date {
        self.start().to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// The day that a date of the calendar is.
    pub fn on(date: Date) -> Day {
        let epoch = Date::constant(1970, 1, 1);
        Day(epoch.until(date).map_or(0, |span| span.get_days()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::on(text.parse().unwrap())
    }

    fn window(from: &str, to: &str) -> Window {
        Window {
            from: day(from),
            to: day(to),
        }
    }

    #[test]
    fn days_are_dates_and_back() {
        for (text, number) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2026-11-23", 20_780),
        ] {
            assert_eq!(day(text), Day(number), "{text}");
            assert_eq!(Day(number).date().to_string(), text);
        }
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first_and_none_is_cut() {
        let days = window("2026-11-29", "2026-12-01");
        assert_eq!(
            days.periods(Per::Week),
            [
                window("2026-11-23", "2026-11-29"),
                window("2026-11-30", "2026-12-06")
            ]
        );
        assert_eq!(
            days.periods(Per::Month),
            [
                window("2026-11-01", "2026-11-30"),
                window("2026-12-01", "2026-12-31")
            ]
        );
        assert_eq!(days.periods(Per::Day).len(), 3);
        assert_eq!(window("2026-12-02", "2026-12-01").periods(Per::Day), []);
    }
}
