//! What the pages of lists have in common: the form that searches and sorts, heads that sort, and the links to
//! the rows before and behind. The list itself is a question of the query API, and its place part of the address.

use super::figures::Count;
use super::view::{Choice, View, call, encoded};
use crate::api::{self, Answered};

/// Rows on one page.
pub(super) const ROWS_SHOWN: &str = "50";

/// Names that the form says, or that are another place in another order.
const OWN: [&str; 7] = [
    "search", "state", "sort", "order", "value", "after", "before",
];

/// A column to sort by.
pub(super) struct By {
    /// As the API has it.
    pub(super) word: &'static str,
    pub(super) name: &'static str,
    /// The largest first where nothing else is said.
    pub(super) descending: bool,
}

/// What a list is of.
pub(super) struct Kind {
    pub(super) question: &'static str,
    /// One and many.
    pub(super) names: (&'static str, &'static str),
    /// What is searched.
    pub(super) searched: &'static str,
    /// The first is what the list is sorted by where nothing is said.
    pub(super) by: &'static [By],
    pub(super) states: &'static [(&'static str, &'static str)],
}

/// States as a form offers them.
pub(super) const STATES: &[(&str, &str)] = &[
    ("All", ""),
    ("Active", "active"),
    ("Silent", "silent"),
    ("Suspected clones", "clones"),
    ("Seen once", "once"),
];

/// Around a list's rows.
#[derive(Default)]
pub(super) struct Listing {
    pub(super) action: String,
    pub(super) kept: Vec<(String, String)>,
    pub(super) search: String,
    pub(super) searched: &'static str,
    pub(super) states: Vec<Choice>,
    pub(super) sorts: Vec<Choice>,
    pub(super) orders: Vec<Choice>,
    pub(super) values: Vec<Choice>,
    /// The value that rows are sorted by.
    pub(super) value: Option<String>,
    pub(super) heads: Vec<Head>,
    /// `51–100 of 119 000 servers`.
    pub(super) range: String,
    pub(super) first: Option<String>,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
    /// Something was searched for or left out.
    pub(super) is_part: bool,
    pub(super) refused: Option<String>,
    pub(super) csv: String,
    pub(super) api: String,
}

/// A column's head: a link that sorts.
pub(super) struct Head {
    pub(super) word: &'static str,
    pub(super) name: &'static str,
    pub(super) to: String,
    /// As `aria-sort` has it.
    pub(super) sorted: Option<&'static str>,
}

impl Listing {
    /// For a page at this path, base and all, of a product.
    pub(super) fn new(
        kind: &Kind,
        (base, at): (&str, &str),
        product: &str,
        view: &View,
        answer: &Result<std::rc::Rc<Answered>, String>,
    ) -> Listing {
        let said = |name: &str| view.said(name).unwrap_or_default();
        let sort = match said("sort") {
            "" => kind.by[0].word,
            sort => sort,
        };
        let usual = kind.by.iter().find(|by| by.word == sort);
        let usual = usual.is_none_or(|by| by.descending);
        let descending = match said("order") {
            "asc" => false,
            "desc" => true,
            _ => usual,
        };
        let top = view.with(&[("after", None), ("before", None)]);
        let link = |view: View| format!("{at}{}", view.link());
        let choice = |name: &str, to: &str, said: &str| Choice {
            name: name.to_owned(),
            to: to.to_owned(),
            current: to == said,
        };
        let heads = kind.by.iter().map(|by| {
            let is = by.word == sort;
            // Once more is the other way round.
            let down = if is { !descending } else { by.descending };
            let order = (down != by.descending).then_some(if down { "desc" } else { "asc" });
            let word = Some(by.word).filter(|word| *word != kind.by[0].word);
            Head {
                word: by.word,
                name: by.name,
                to: link(top.with(&[("sort", word), ("order", order)])),
                sorted: is.then_some(if descending {
                    "descending"
                } else {
                    "ascending"
                }),
            }
        });
        let mut listing = Listing {
            action: at.to_owned(),
            kept: view.keeping(|name| !OWN.contains(&name)).pairs().to_vec(),
            search: said("search").to_owned(),
            searched: kind.searched,
            states: kind
                .states
                .iter()
                .map(|(name, word)| choice(name, word, said("state")))
                .collect(),
            sorts: kind
                .by
                .iter()
                .map(|by| choice(by.name, by.word, sort))
                .collect(),
            orders: [("Usual", ""), ("Upwards", "asc"), ("Downwards", "desc")]
                .map(|(name, word)| choice(name, word, said("order")))
                .into(),
            value: (sort == "value").then(|| said("value").to_owned()),
            heads: heads.collect(),
            is_part: view
                .pairs()
                .iter()
                .any(|(name, _)| name.starts_with("filter["))
                || ["search", "state", "who", "organization", "clones", "once"]
                    .iter()
                    .any(|name| !said(name).is_empty()),
            ..Listing::default()
        };
        let pairs = call(kind.question, product, &top, false, &[]);
        let path = api::path(kind.question).unwrap_or_default();
        listing.api = format!("{base}{path}?{}", encoded(&pairs));
        listing.csv = format!("{}&format=csv", listing.api);
        match answer {
            Err(why) => listing.refused = Some(why.clone()),
            Ok(answer) => {
                let (one, many) = kind.names;
                let first_row = answer.rows.first();
                let last_row = answer.rows.last();
                let number = |row, column| answer.count(row, column).unwrap_or(0);
                if let (Some(first), Some(last)) = (first_row, last_row) {
                    let (from, to) = (number(first, "row"), number(last, "row"));
                    let rows = number(last, "rows");
                    let names = if rows == 1 { one } else { many };
                    listing.range =
                        format!("{}–{} of {} {names}", Count(from), Count(to), Count(rows));
                    let place = |row, name: &str| {
                        let place = answer.text(row, "place");
                        link(top.with(&[(name, place)]))
                    };
                    listing.previous = (from > 1).then(|| place(first, "before"));
                    listing.next = (to < rows).then(|| place(last, "after"));
                    listing.first = (from > 1).then(|| link(top.clone()));
                } else if view.said("after").or(view.said("before")).is_some() {
                    listing.first = Some(link(top.clone()));
                }
            }
        }
        listing
    }

    /// With numeric values to sort by.
    pub(super) fn with_values(mut self, names: Vec<String>) -> Listing {
        let chosen = self.value.clone().unwrap_or_default();
        self.values = names
            .into_iter()
            .map(|name| Choice {
                current: name == chosen,
                to: name.clone(),
                name,
            })
            .collect();
        self
    }

    /// A column's head.
    pub(super) fn head(&self, word: &str) -> Option<&Head> {
        self.heads.iter().find(|head| head.word == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind {
        question: "servers",
        names: ("server", "servers"),
        searched: "",
        by: &[
            By {
                word: "last_seen",
                name: "Last report",
                descending: true,
            },
            By {
                word: "host",
                name: "Host",
                descending: false,
            },
        ],
        states: STATES,
    };

    fn listing(query: &str) -> Listing {
        let view = View::read(Some(query));
        Listing::new(&KIND, ("", "/s"), "p", &view, &Err("no".to_owned()))
    }

    #[test]
    fn a_head_sorts_and_once_more_the_other_way_round() {
        let to = |query: &str| {
            listing(query)
                .heads
                .into_iter()
                .map(|head| head.to)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            to("days=7&after=3"),
            ["/s?days=7&order=asc", "/s?days=7&sort=host"]
        );
        assert_eq!(to("sort=host"), ["/s", "/s?sort=host&order=desc"]);
        assert_eq!(to("sort=host&order=desc"), ["/s", "/s?sort=host"]);
        let sorted = listing("sort=host&order=desc");
        assert_eq!(sorted.head("host").unwrap().sorted, Some("descending"));
        assert_eq!(sorted.head("last_seen").unwrap().sorted, None);
    }

    #[test]
    fn the_form_keeps_what_it_does_not_ask_for() {
        let listing = listing("days=7&search=x&before=3&filter%5Bos%5D=linux");
        let kept: Vec<&str> = listing.kept.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(kept, ["days", "filter[os]"]);
        assert!(listing.is_part);
        assert_eq!(
            listing.csv,
            "/api/v1/query/servers?product=p&days=7&search=x&filter%5Bos%5D=linux&format=csv"
        );
    }
}
