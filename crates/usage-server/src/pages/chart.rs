//! Bars per day, and bars of shares, as figures for inline SVG. Pure functions: the drawing is
//! in the templates, the numbers stand beside it as text and as a table.

use usage_store::Day;
use usage_store::query::Share;

use super::figures::Count;

/// Height of the drawing; its width is ten units a bar. Both stretch to the box on the page.
const HEIGHT: f64 = 100.0;
const STEP: usize = 10;
/// Values of a dimension that get a bar of their own; the others are summed up.
const SHARES_SHOWN: usize = 10;

/// One bar for each day.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DayBars {
    /// What the bars show, in one sentence.
    pub(super) summary: String,
    pub(super) bars: Vec<DayBar>,
    pub(super) width: usize,
    /// The value at the top line, a round number, and at the line in the middle.
    pub(super) top: Count,
    pub(super) middle: Count,
}

/// A day's bar.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DayBar {
    pub(super) day: Day,
    pub(super) count: Count,
    pub(super) x: usize,
    pub(super) y: String,
    pub(super) height: String,
    /// The day isn't over yet.
    pub(super) partial: bool,
}

impl DayBars {
    /// Bars from the first day to the last, a day without an answer counting none. The day
    /// `today` isn't over: it is drawn lighter and left out of the summary.
    pub(super) fn new(counts: &[(Day, u64)], from: Day, today: Day) -> DayBars {
        let days: Vec<(Day, u64)> = (from.0..=today.0)
            .map(|day| {
                (
                    Day(day),
                    counts
                        .iter()
                        .find(|(d, _)| d.0 == day)
                        .map_or(0, |&(_, n)| n),
                )
            })
            .collect();
        let top = round_up(days.iter().map(|&(_, n)| n).max().unwrap_or(0));
        let bars = days
            .iter()
            .enumerate()
            .map(|(i, &(day, count))| {
                let height = count as f64 / top as f64 * HEIGHT;
                DayBar {
                    day,
                    count: Count(count),
                    x: i * STEP,
                    y: format!("{:.2}", HEIGHT - height),
                    height: format!("{height:.2}"),
                    partial: day == today,
                }
            })
            .collect();
        DayBars {
            summary: summary(&days, today),
            bars,
            width: days.len() * STEP,
            top: Count(top),
            middle: Count(top / 2),
        }
    }

    /// The days to label below the drawing: first, middle, last.
    pub(super) fn ticks(&self) -> Vec<Day> {
        let last = self.bars.len().saturating_sub(1);
        let mut ticks: Vec<Day> = [0, last / 2, last]
            .iter()
            .filter_map(|&i| self.bars.get(i))
            .map(|bar| bar.day)
            .collect();
        ticks.dedup();
        ticks
    }
}

fn summary(days: &[(Day, u64)], today: Day) -> String {
    let past: Vec<(Day, u64)> = days
        .iter()
        .copied()
        .filter(|&(day, _)| day != today)
        .collect();
    let (Some(&(first, then)), Some(&(last, now))) = (past.first(), past.last()) else {
        return "No full day yet.".to_owned();
    };
    let Some(&(busiest, most)) = past
        .iter()
        .max_by_key(|&&(_, n)| n)
        .filter(|&&(_, n)| n > 0)
    else {
        return format!("None from {first} to {last}.");
    };
    format!(
        "{} on {first}, {} on {last}; the most were {} on {busiest}.",
        Count(then),
        Count(now),
        Count(most)
    )
}

/// The next round number: even, so that half of it is a whole number too.
fn round_up(most: u64) -> u64 {
    if let Some(small) = [2, 4, 6, 8].into_iter().find(|&top| top >= most) {
        return small;
    }
    let mut step: u64 = 10;
    loop {
        for tenths in [10, 12, 16, 20, 24, 30, 40, 50, 60, 80] {
            match (step / 10).checked_mul(tenths) {
                Some(top) if top >= most => return top,
                Some(_) => {}
                None => return u64::MAX,
            }
        }
        step = step.saturating_mul(10);
    }
}

/// How a dimension's values share the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shares {
    pub(super) dimension: String,
    pub(super) rows: Vec<ShareRow>,
    pub(super) total: Count,
}

/// One value's share; `value` is `None` for the sum of those that aren't shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShareRow {
    pub(super) value: Option<String>,
    /// How many values a sum stands for.
    pub(super) values: Count,
    pub(super) servers: Count,
    /// In percent of all, for the bar and for the text.
    pub(super) percent: String,
}

impl Shares {
    /// The largest shares, and the rest in one row.
    pub(super) fn new(dimension: String, shares: Vec<Share>) -> Shares {
        let total: u64 = shares.iter().map(|share| share.servers).sum();
        let percent = |servers: u64| format!("{:.1}", servers as f64 * 100.0 / total.max(1) as f64);
        let row = |value, values, servers| ShareRow {
            value,
            values: Count(values),
            servers: Count(servers),
            percent: percent(servers),
        };
        // A rest of one value is shown as itself.
        let shown = if shares.len() == SHARES_SHOWN + 1 {
            shares.len()
        } else {
            SHARES_SHOWN
        };
        let (hidden, rest) = shares
            .iter()
            .skip(shown)
            .fold((0, 0), |(n, sum), s| (n + 1, sum + s.servers));
        let mut rows: Vec<ShareRow> = shares
            .into_iter()
            .take(shown)
            .map(|share| row(Some(share.value), 1, share.servers))
            .collect();
        if hidden > 0 {
            rows.push(row(None, hidden, rest));
        }
        Shares {
            dimension,
            rows,
            total: Count(total),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(counts: &[u64]) -> DayBars {
        let days: Vec<(Day, u64)> = counts
            .iter()
            .enumerate()
            .map(|(i, &n)| (Day(20_000 + i as i32), n))
            .collect();
        DayBars::new(&days, Day(20_000), Day(20_000 + counts.len() as i32 - 1))
    }

    #[test]
    fn bars_reach_as_high_as_their_counts() {
        let chart = bars(&[10, 40, 5]);
        assert_eq!(
            (chart.top, chart.middle, chart.width),
            (Count(40), Count(20), 30)
        );
        let heights: Vec<&str> = chart.bars.iter().map(|bar| bar.height.as_str()).collect();
        assert_eq!(heights, ["25.00", "100.00", "12.50"]);
        assert_eq!(
            chart.summary,
            "10 on 2024-10-04, 40 on 2024-10-05; the most were 40 on 2024-10-05."
        );
        assert!(chart.bars[2].partial && !chart.bars[1].partial);
    }

    #[test]
    fn days_nobody_counted_are_drawn_as_none() {
        let chart = DayBars::new(&[(Day(3), 7)], Day(1), Day(4));
        let counts: Vec<u64> = chart.bars.iter().map(|bar| bar.count.0).collect();
        assert_eq!(counts, [0, 0, 7, 0]);
        assert_eq!(
            bars(&[0, 0, 0]).summary,
            "None from 2024-10-04 to 2024-10-05."
        );
        assert_eq!(bars(&[3]).summary, "No full day yet.");
        assert_eq!(bars(&[0, 0]).bars[0].height, "0.00");
    }

    #[test]
    fn the_scale_ends_on_a_round_number() {
        for (most, top) in [
            (0, 2),
            (1, 2),
            (7, 8),
            (9, 10),
            (11, 12),
            (41, 50),
            (131, 160),
            (168, 200),
            (1_001, 1_200),
        ] {
            assert_eq!(round_up(most), top, "{most}");
        }
        assert_eq!(round_up(u64::MAX), u64::MAX);
    }

    #[test]
    fn small_shares_are_summed_up() {
        let share = |i: u64| Share {
            value: format!("v{i}"),
            servers: 100 - i,
        };
        let many = Shares::new("version".to_owned(), (0..14).map(share).collect());
        assert_eq!(many.rows.len(), 11);
        let rest = many.rows.last().unwrap();
        assert_eq!((rest.value.as_deref(), rest.values), (None, Count(4)));
        assert_eq!(rest.servers, Count(90 + 89 + 88 + 87));
        let eleven = Shares::new("version".to_owned(), (0..11).map(share).collect());
        assert!(eleven.rows.iter().all(|row| row.value.is_some()));
        let two = vec![
            Share {
                value: "linux".to_owned(),
                servers: 3,
            },
            Share {
                value: "windows".to_owned(),
                servers: 1,
            },
        ];
        assert_eq!(Shares::new("os".to_owned(), two).rows[0].percent, "75.0");
    }
}
