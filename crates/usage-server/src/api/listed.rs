//! What may be said of a list: what is searched for, how it is sorted, and which part of it is meant.

use serde_json::{Value, json};
use usage_store::query::lists::{List, Place, Sort, State, Turn};

use super::given::{Given, Said};
use super::parameter::in_query;

/// What was said.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) search: String,
    pub(crate) state: State,
    pub(crate) cluster: Option<String>,
    pub(crate) sort: Sort,
    pub(crate) descending: bool,
    pub(crate) turn: Turn,
}

impl Default for Listing {
    fn default() -> Listing {
        Listing {
            search: String::new(),
            state: State::All,
            cluster: None,
            sort: Sort::LastSeen,
            descending: true,
            turn: Turn::First,
        }
    }
}

const STATES: [(&str, State); 5] = [
    ("all", State::All),
    ("active", State::Active),
    ("silent", State::Silent),
    ("clones", State::Clones),
    ("once", State::Once),
];

#[derive(Clone, Copy, Default)]
enum Order {
    #[default]
    Unsaid,
    Ascending,
    Descending,
}

impl Listing {
    pub(super) fn take(&mut self, said: &mut Said, by: &'static [&'static str]) {
        self.search = said.once("search").unwrap_or_default();
        let value = match by.contains(&"value") {
            true => said.once("value"),
            false => None,
        };
        let sort = said.once("sort");
        let sort = sort.as_deref().unwrap_or(by[0]);
        if !by.contains(&sort) {
            said.is_wrong("sort", format!("is none of: {}", by.join(", ")));
        }
        self.sort = match (sort, value) {
            ("first_seen", _) => Sort::FirstSeen,
            ("version", _) => Sort::Version,
            ("host", _) => Sort::Host,
            ("servers", _) => Sort::Servers,
            ("name", _) => Sort::Name,
            ("value", Some(name)) => Sort::Value(name),
            ("value", None) => {
                said.is_wrong("value", "is needed: the value to sort by".to_owned());
                Sort::LastSeen
            }
            _ => Sort::LastSeen,
        };
        let orders = [("asc", Order::Ascending), ("desc", Order::Descending)];
        self.descending = match said.one_of("order", &orders) {
            Order::Unsaid => !matches!(self.sort, Sort::Host | Sort::Name),
            Order::Ascending => false,
            Order::Descending => true,
        };
        let mut place = |name: &str| {
            let text = said.once(name)?;
            let place = Place::read(&text);
            if place.is_none() {
                let message = "is no place: take it from the column `place` of a row";
                said.is_wrong(name, message.to_owned());
            }
            place
        };
        self.turn = match (place("after"), place("before")) {
            (Some(_), Some(_)) => {
                said.is_wrong(
                    "before",
                    "is said beside `after`; say one of them".to_owned(),
                );
                Turn::First
            }
            (Some(place), None) => Turn::After(place),
            (None, Some(place)) => Turn::Before(place),
            (None, None) => Turn::First,
        };
    }

    pub(super) fn take_state(&mut self, said: &mut Said) {
        self.state = said.one_of("state", &STATES);
    }
}

impl Given {
    /// The list that is meant.
    pub(crate) fn list(&self) -> List {
        let listing = self.listing.clone();
        List {
            asked: self.asked.clone(),
            window: self.window,
            search: listing.search,
            state: listing.state,
            cluster: listing.cluster,
            sort: listing.sort,
            descending: listing.descending,
            turn: listing.turn,
            limit: self.limit,
            now: self.now,
        }
    }
}

pub(super) fn names(by: &[&str]) -> &'static [&'static str] {
    match by.contains(&"value") {
        true => &["search", "sort", "order", "value", "after", "before"],
        false => &["search", "sort", "order", "after", "before"],
    }
}

pub(super) fn described(by: &[&str]) -> Vec<Value> {
    let text = || json!({"type": "string", "minLength": 1});
    let mut all = vec![
        in_query(
            "search",
            false,
            "Only what has this: ids that begin with it; hosts, versions and names of organizations with it in any place.",
            text(),
        ),
        in_query(
            "sort",
            false,
            &format!(
                "By what the rows are sorted. `{}` where nothing is said; what has no such thing comes last.",
                by[0]
            ),
            json!({"type": "string", "enum": by}),
        ),
        in_query(
            "order",
            false,
            "Hosts and names are in order of text where nothing is said; of all else the largest and newest comes first.",
            json!({"type": "string", "enum": ["asc", "desc"]}),
        ),
    ];
    if by.contains(&"value") {
        all.push(in_query(
            "value",
            false,
            "The numeric value’s name, with `sort=value`: the latest of the last seven days of the window.",
            text(),
        ));
    }
    all.push(in_query(
        "after",
        false,
        "Rows behind this place, which is the column `place` of a row; all pages are equally fast.",
        json!({"type": "string", "pattern": "^[0-9]+(\\..*)?$"}),
    ));
    all.push(in_query(
        "before",
        false,
        "Rows before this place, up to it.",
        json!({"type": "string", "pattern": "^[0-9]+(\\..*)?$"}),
    ));
    all
}

pub(super) fn state() -> Value {
    let words = STATES.map(|(word, _)| word);
    in_query(
        "state",
        false,
        "active: reported in the last 36 hours; silent: didn’t; clones: suspected ones; once: reported once and never else.",
        json!({"type": "string", "enum": words}),
    )
}
