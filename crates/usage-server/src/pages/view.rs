//! What part of a fleet a page shows: the window and the filter, which are its query string. The names are the
//! query API's, so a page is a link like any other. Whatever a page doesn't know of it stays in its links.

use form_urlencoded::Serializer;

use crate::api;

/// Windows to choose, in days.
const PRESETS: [u32; 4] = [7, 30, 90, 365];

/// The one where nothing is said: what the questions mean by it.
const PRESET: u32 = 30;

/// From this many days on, weeks are what people want to see first.
const WEEKS_FROM_DAYS: u32 = 180;

/// Groups that a page tells apart where nothing is said: as many as there are colours.
const TOP: &str = "8";

/// The same of what lies on each other over time: there a colour may come again, and a release that has only just
/// begun must not be lost among the others.
const TOP_OVER_TIME: &str = "12";

/// How `filter[os]` and its value are said in one field of a form: `os=linux`.
const ONLY: &str = "only";

/// Names of filters that aren't a dimension's, and how they read.
const OTHER_FILTERS: [&str; 4] = ["who", "organization", "clones", "once"];

/// A query string, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct View {
    pairs: Vec<(String, String)>,
}

impl View {
    /// What was said.
    pub(super) fn read(query: Option<&str>) -> View {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        View {
            pairs: pairs.into_owned().collect(),
        }
    }

    /// The same as a link that can be kept, where a form said it in its own way: without what was left empty, and
    /// with filters under their names.
    pub(super) fn tidied(&self) -> Option<View> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in &self.pairs {
            let pair = match (name.as_str(), value.split_once('=')) {
                (ONLY, Some((dimension, value))) => {
                    (format!("filter[{dimension}]"), value.to_owned())
                }
                (ONLY, None) => continue,
                (name, _) if value.is_empty() && !is_dimension(name) => continue,
                _ => (name.clone(), value.clone()),
            };
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        // The days of the form count where it has some.
        if pairs.iter().any(|(name, _)| name == "from") {
            pairs.retain(|(name, _)| name != "days");
        }
        (pairs != self.pairs).then_some(View { pairs })
    }

    /// What was said under a name.
    pub(super) fn said(&self, name: &str) -> Option<&str> {
        let pair = self.pairs.iter().find(|(one, _)| one == name);
        pair.map(|(_, value)| value.as_str())
    }

    /// All that was said.
    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// The same with these said otherwise, or not at all.
    pub(super) fn with(&self, changes: &[(&str, Option<&str>)]) -> View {
        let kept = self.pairs.iter().filter(|(name, _)| {
            let mut changed = changes.iter();
            !changed.any(|(change, _)| change == name)
        });
        let mut pairs: Vec<(String, String)> = kept.cloned().collect();
        for (name, value) in changes {
            if let Some(value) = value {
                pairs.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        View { pairs }
    }

    /// The same and this filter; twice is once.
    pub(super) fn and(&self, name: &str, value: &str) -> View {
        let mut view = self.clone();
        let pair = (name.to_owned(), value.to_owned());
        if !view.pairs.contains(&pair) {
            view.pairs.push(pair);
        }
        view
    }

    /// The part of it whose names are these.
    pub(super) fn keeping(&self, is: impl Fn(&str) -> bool) -> View {
        let pairs = self.pairs.iter().filter(|(name, _)| is(name));
        View {
            pairs: pairs.cloned().collect(),
        }
    }

    /// The same without this value of a name.
    fn without(&self, pair: &(String, String)) -> View {
        let pairs = self.pairs.iter().filter(|one| *one != pair);
        View {
            pairs: pairs.cloned().collect(),
        }
    }

    /// Without the place in a list, which is another in another view.
    fn at_the_top(&self) -> View {
        self.with(&[("before", None), ("after", None), ("page", None)])
    }

    /// As a link's end: `?from=...`, or nothing.
    pub(super) fn link(&self) -> String {
        match self.pairs.is_empty() {
            true => String::new(),
            false => format!("?{}", encoded(&self.pairs)),
        }
    }
}

/// A query string.
pub(super) fn encoded(pairs: &[(String, String)]) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(pairs);
    query.finish()
}

fn is_dimension(name: &str) -> bool {
    dimension(name).is_some()
}

/// The dimension in `filter[os]`.
fn dimension(name: &str) -> Option<&str> {
    name.strip_prefix("filter[")?.strip_suffix(']')
}

/// The form at a page's top, its links, and what is filtered.
#[derive(Debug, Clone, Default)]
pub(super) struct Controls {
    /// Where the page is.
    pub(super) action: String,
    pub(super) windows: Vec<Choice>,
    pub(super) periods: Vec<Choice>,
    /// What the form doesn't ask for.
    pub(super) kept: Vec<(String, String)>,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) who: Vec<Choice>,
    pub(super) clones: Vec<Choice>,
    pub(super) once: Vec<Choice>,
    /// Each dimension's values, for one more filter.
    pub(super) values: Vec<(String, Vec<String>)>,
    pub(super) chips: Vec<Chip>,
    /// Without any filter.
    pub(super) all: String,
}

/// One of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) name: String,
    /// In a form its value, else where it leads.
    pub(super) to: String,
    pub(super) current: bool,
}

/// A filter, and where it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chip {
    pub(super) name: String,
    pub(super) without: String,
}

impl Controls {
    /// For a page at this path (with the base before it), with choices of periods where it has some that are drawn.
    pub(super) fn new(view: &View, action: String, has_periods: bool) -> Controls {
        let view = view.at_the_top();
        let link = |view: View| format!("{action}{}", view.link());
        let own = view.said("from").is_some() || view.said("to").is_some();
        let windows = PRESETS.map(|preset| {
            let said = preset.to_string();
            let per = (preset >= WEEKS_FROM_DAYS && has_periods).then_some("week");
            let days = Some(said.as_str()).filter(|_| preset != PRESET);
            let with = [("from", None), ("to", None), ("days", days), ("per", per)];
            Choice {
                name: format!("{preset} days"),
                to: link(view.with(&with)),
                current: !own
                    && view.said("days").map_or(PRESET.to_string(), str::to_owned) == said,
            }
        });
        let per = view.said("per").unwrap_or("day");
        let periods = [("Days", "day"), ("Weeks", "week"), ("Months", "month")];
        let periods = periods.map(|(name, said)| Choice {
            name: name.to_owned(),
            to: link(view.with(&[("per", Some(said).filter(|said| *said != "day"))])),
            current: per == said,
        });
        let asked_for = ["from", "to", "who", "clones", "once"];
        let mut kept: Vec<(String, String)> = view.pairs.clone();
        kept.retain(|(name, _)| !asked_for.contains(&name.as_str()));
        let select = |name: &str, words: &[(&str, &str)]| -> Vec<Choice> {
            let said = view.said(name).unwrap_or_default();
            let choices = words.iter().map(|(word, value)| Choice {
                name: (*word).to_owned(),
                to: (*value).to_owned(),
                current: *value == said,
            });
            choices.collect()
        };
        Controls {
            windows: windows.into(),
            periods: if has_periods {
                periods.into()
            } else {
                Vec::new()
            },
            kept,
            from: view.said("from").unwrap_or_default().to_owned(),
            to: view.said("to").unwrap_or_default().to_owned(),
            who: select(
                "who",
                &[
                    ("Everybody", ""),
                    ("Anonymous", "anonymous"),
                    ("With a token", "organizations"),
                ],
            ),
            clones: select("clones", &[("Counted", ""), ("Left out", "out")]),
            once: select("once", &[("Counted", ""), ("Left out", "out")]),
            values: Vec::new(),
            chips: chips(&view, &action),
            all: link(view.keeping(|name| !is_filter(name))),
            action,
        }
    }

    /// With values to filter by.
    pub(super) fn with_values(mut self, values: Vec<(String, Vec<String>)>) -> Controls {
        self.values = values;
        self
    }
}

fn is_filter(name: &str) -> bool {
    is_dimension(name) || OTHER_FILTERS.contains(&name)
}

fn chips(view: &View, action: &str) -> Vec<Chip> {
    let filters = view.pairs.iter().filter(|(name, _)| is_filter(name));
    let chips = filters.filter_map(|pair| {
        let (name, value) = (pair.0.as_str(), pair.1.as_str());
        let name = match (name, value) {
            ("who", "anonymous") => "anonymous only".to_owned(),
            ("who", "organizations") => "with a token only".to_owned(),
            ("clones", "out") => "no suspected clones".to_owned(),
            ("once", "out") => "no ids seen once".to_owned(),
            ("organization", id) => format!("organization {id}"),
            (name, "") => format!("{} is blank", dimension(name)?),
            (name, value) => match dimension(name) {
                Some(dimension) => format!("{dimension} is {value}"),
                None => format!("{name} is {value}"),
            },
        };
        Some(Chip {
            name,
            without: format!("{action}{}", view.without(pair).link()),
        })
    });
    chips.collect()
}

/// What to ask of the API for a page's panel: the product, of the page's view what the question understands, and
/// what the panel itself says, which counts more.
pub(super) fn call(
    question: &str,
    product: &str,
    view: &View,
    own_window: bool,
    fixed: &[(&str, &str)],
) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    if !product.is_empty() && api::takes(question, "product") {
        pairs.push(("product".to_owned(), product.to_owned()));
    }
    let said = view.pairs().iter().filter(|(name, value)| {
        let of_window = own_window && (name == "from" || name == "days");
        let empty = value.is_empty() && !is_dimension(name);
        name != "product" && !of_window && !empty && api::takes(question, name)
    });
    let overruled = |name: &str| fixed.iter().any(|(one, _)| *one == name);
    pairs.extend(said.filter(|(name, _)| !overruled(name)).cloned());
    if api::takes(question, "top") && view.said("top").is_none() && !overruled("top") {
        let top = match question {
            "active" | "adoption" => TOP_OVER_TIME,
            _ => TOP,
        };
        pairs.push(("top".to_owned(), top.to_owned()));
    }
    let fixed = fixed.iter().filter(|(name, _)| api::takes(question, name));
    pairs.extend(fixed.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(query: &str) -> View {
        View::read(Some(query))
    }

    #[test]
    fn links_keep_what_the_page_does_not_know() {
        let view = view("x=1&filter%5Bos%5D=linux&from=2026-11-01");
        let link = view.with(&[("from", None), ("per", Some("week"))]).link();
        assert_eq!(link, "?x=1&filter%5Bos%5D=linux&per=week");
        assert_eq!(View::default().link(), "");
    }

    #[test]
    fn what_a_form_says_becomes_a_link_to_keep() {
        let said = view("from=&to=&who=&only=os%3Dlinux&days=7&filter%5Bos%5D=");
        let tidied = said.tidied().unwrap();
        let wanted = "?filter%5Bos%5D=linux&days=7&filter%5Bos%5D=";
        assert_eq!(tidied.link(), wanted);
        assert_eq!(tidied.tidied(), None);
        let dated = view("days=7&from=2026-11-01").tidied().unwrap();
        assert_eq!(dated.link(), "?from=2026-11-01");
        assert_eq!(view("only=").tidied().unwrap().link(), "");
    }

    #[test]
    fn each_filter_is_a_chip_that_leads_to_the_page_without_it() {
        let view = view("filter%5Bos%5D=linux&filter%5Bos%5D=&who=anonymous&days=7&before=3");
        let controls = Controls::new(&view, "/products/1".to_owned(), true);
        let names: Vec<&str> = controls
            .chips
            .iter()
            .map(|chip| chip.name.as_str())
            .collect();
        assert_eq!(names, ["os is linux", "os is blank", "anonymous only"]);
        let without = &controls.chips[0].without;
        assert_eq!(without, "/products/1?filter%5Bos%5D=&who=anonymous&days=7");
        assert_eq!(controls.all, "/products/1?days=7");
    }

    #[test]
    fn windows_lead_to_days_and_long_ones_to_weeks() {
        let controls = Controls::new(&view("days=90"), String::new(), true);
        let to: Vec<&str> = controls.windows.iter().map(|one| one.to.as_str()).collect();
        assert_eq!(to, ["?days=7", "", "?days=90", "?days=365&per=week"]);
        assert!(controls.windows[2].current && controls.periods[0].current);
        let controls = Controls::new(&view("from=2026-11-01"), String::new(), false);
        assert!(controls.windows.iter().all(|one| !one.current));
        assert!(controls.periods.is_empty());
    }

    #[test]
    fn a_question_hears_only_what_it_understands() {
        let view = view("days=90&per=week&by=os&filter%5Bos%5D=linux&before=3&product=x&who=");
        let said = |question, own, fixed| encoded(&call(question, "p", &view, own, fixed));
        assert_eq!(
            said("active", false, &[]),
            "product=p&days=90&per=week&by=os&filter%5Bos%5D=linux&top=12"
        );
        assert_eq!(
            said("shares", true, &[("by", "arch"), ("per", "day")]),
            "product=p&filter%5Bos%5D=linux&top=8&by=arch"
        );
    }
}
