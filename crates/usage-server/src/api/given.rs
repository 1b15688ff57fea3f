//! What was said with a question: read from the query string, checked, and what wasn't said filled in. All
//! that is wrong is told at once, each with what would be right.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use usage_store::query::limits::{TOP_MAX, WINDOW_MAX_DAYS};
use usage_store::query::{Asked, By, Filter, Per, ProductId, ServerId, Who, Window};
use usage_store::registry::OrganizationId;
use usage_store::report::{FieldErrors, quoted};
use usage_store::{Day, Store};

use super::listed::Listing;
use super::parameter::Parameter;
use crate::ingest::Refusal;

/// Names that a message lists.
const NAMES_LISTED: usize = 20;

/// What was said, and what is meant where nothing was.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// The product, and which servers count.
    pub(crate) asked: Asked,
    /// The product's name.
    pub(crate) product: String,
    /// The days.
    pub(crate) window: Window,
    /// A row for each day, week or month.
    pub(crate) per: Per,
    /// Groups.
    pub(crate) by: Option<By>,
    /// How many.
    pub(crate) top: usize,
    /// A dimension's name.
    pub(crate) dimension: String,
    /// A value's name.
    pub(crate) value: String,
    /// Hours of silence.
    pub(crate) hours: u32,
    /// Rows at most.
    pub(crate) limit: usize,
    /// One server.
    pub(crate) server: ServerId,
    /// One cluster.
    pub(crate) cluster: String,
    /// Which part of a list, and of which.
    pub(crate) listing: Listing,
    /// A report's number.
    pub(crate) before: Option<u64>,
    /// Reports refused alike; empty: all.
    pub(crate) group: String,
    /// When it was asked.
    pub(crate) now: Timestamp,
}

#[derive(Clone, Copy, Default)]
enum Cohorts {
    #[default]
    Weeks,
    Months,
}

/// The query string, as far as it isn't read yet.
pub(super) struct Said {
    pairs: BTreeMap<String, Vec<String>>,
    wrong: BTreeMap<String, String>,
}

impl Given {
    /// Reads a query string for a question that takes these.
    pub(super) fn read(
        store: &Store,
        takes: &[Parameter],
        query: &str,
        now: Timestamp,
    ) -> Result<Given, Refusal> {
        let mut said = Said::of(query);
        let today = Day::of(now);
        let mut given = Given {
            asked: Asked::all(ProductId(0)),
            product: String::new(),
            window: Window::last(1, today.plus(-1)),
            per: Per::Day,
            by: None,
            top: 0,
            dimension: String::new(),
            value: String::new(),
            hours: 0,
            limit: 0,
            server: ServerId(0),
            cluster: String::new(),
            listing: Listing::default(),
            before: None,
            group: String::new(),
            now,
        };
        for parameter in takes {
            given.take(*parameter, store, &mut said, today)?;
        }
        said.none_left(takes);
        match said.wrong.is_empty() {
            true => Ok(given),
            false => Err(told(said.wrong)),
        }
    }

    fn take(
        &mut self,
        parameter: Parameter,
        store: &Store,
        said: &mut Said,
        today: Day,
    ) -> Result<(), Refusal> {
        match parameter {
            Parameter::Product => self.take_product(store, said)?,
            Parameter::AnyProduct if said.pairs.contains_key("product") => {
                self.take_product(store, said)?;
            }
            Parameter::AnyProduct => {}
            Parameter::AnyName => self.product = said.once("product").unwrap_or_default(),
            Parameter::Window { days } => self.window = window(said, days, today),
            Parameter::Filter => self.take_filter(store, said)?,
            Parameter::Per => {
                let words = [
                    ("day", Per::Day),
                    ("week", Per::Week),
                    ("month", Per::Month),
                ];
                self.per = said.one_of("per", &words);
            }
            Parameter::Cohorts => {
                let words = [("week", Cohorts::Weeks), ("month", Cohorts::Months)];
                self.per = match said.one_of("per", &words) {
                    Cohorts::Weeks => Per::Week,
                    Cohorts::Months => Per::Month,
                };
            }
            Parameter::By => self.take_by(store, said)?,
            Parameter::Groups { or } => {
                self.by = Some(By::Dimension(or.to_owned()));
                self.take_by(store, said)?;
            }
            Parameter::Top { most } => {
                self.top = said.number("top", TOP_MAX as u64, most as u64) as usize
            }
            Parameter::Dimension { or } => {
                self.dimension = said.needed("dimension", or);
                if self.dimension != or {
                    let name = self.dimension.clone();
                    self.known_dimension(store, said, "dimension", &name)?;
                }
            }
            Parameter::Value => self.value = said.needed("value", ""),
            Parameter::Hours { or } => {
                self.hours = said.number("hours", 24 * 366, u64::from(or)) as u32
            }
            Parameter::Limit { or } => {
                self.limit = said.number("limit", TOP_MAX as u64, or as u64) as usize
            }
            Parameter::Server => {
                let none = 0;
                self.server = ServerId(said.number("server", u64::from(u32::MAX), none) as u32);
                if self.server.0 == 0 {
                    said.is_wrong("server", "is needed: the server's number".to_owned());
                }
            }
            Parameter::Cluster => self.cluster = said.needed("cluster", ""),
            Parameter::AnyCluster => self.listing.cluster = said.once("cluster"),
            Parameter::List { by } => self.listing.take(said, by),
            Parameter::State => self.listing.take_state(said),
            Parameter::Group => self.group = said.once("group").unwrap_or_default(),
            Parameter::Before => {
                self.before = said
                    .pairs
                    .contains_key("before")
                    .then(|| said.number("before", i64::MAX as u64, 1));
            }
        }
        Ok(())
    }

    fn take_by(&mut self, store: &Store, said: &mut Said) -> Result<(), Refusal> {
        match said.once("by") {
            None => {}
            Some(word) if word == "@organization" => self.by = Some(By::Organization),
            Some(word) if word == "@who" => self.by = Some(By::Who),
            Some(name) => {
                self.known_dimension(store, said, "by", &name)?;
                self.by = Some(By::Dimension(name));
            }
        }
        Ok(())
    }

    fn take_product(&mut self, store: &Store, said: &mut Said) -> Result<(), Refusal> {
        self.product = said.needed("product", "");
        match store.product_named(&self.product)? {
            Some(id) => self.asked.product = id,
            None if self.product.is_empty() => {}
            None => {
                let known = store.product_names()?;
                said.is_wrong("product", unknown("product", &self.product, &known));
            }
        }
        Ok(())
    }

    fn take_filter(&mut self, store: &Store, said: &mut Said) -> Result<(), Refusal> {
        let who = [
            ("all", Who::All),
            ("anonymous", Who::Anonymous),
            ("organizations", Who::Organizations),
        ];
        let counts = [("in", false), ("out", true)];
        let mut filter = Filter {
            who: said.one_of("who", &who),
            without_clones: said.one_of("clones", &counts),
            without_once: said.one_of("once", &counts),
            ..Filter::default()
        };
        match said.number("organization", u64::from(u32::MAX), 0) {
            0 => {}
            id => {
                let organization = OrganizationId(id as i64);
                if store.organization_name(organization)?.is_none() {
                    let message = "no organization has this number; `organizations` lists them";
                    said.is_wrong("organization", message.to_owned());
                }
                filter.organization = Some(organization);
            }
        }
        filter.cluster = said.once("cluster");
        let product = self.asked.product;
        if let Some(cluster) = &filter.cluster
            && product != ProductId(0)
            && !store.has_cluster(product, cluster)?
        {
            let message = format!("no cluster has the id {}", quoted(cluster));
            said.is_wrong("cluster", message);
        }
        let dimensions: Vec<String> = said
            .pairs
            .keys()
            .filter(|name| dimension_of(name).is_some())
            .cloned()
            .collect();
        for field in dimensions {
            let values = said.pairs.remove(&field).unwrap_or_default();
            let name = dimension_of(&field).unwrap_or_default().to_owned();
            self.known_dimension(store, said, &field, &name)?;
            filter.dimensions.push((name, values));
        }
        self.asked.filter = filter;
        Ok(())
    }

    fn known_dimension(
        &self,
        store: &Store,
        said: &mut Said,
        field: &str,
        name: &str,
    ) -> Result<(), Refusal> {
        if self.asked.product == ProductId(0) {
            return Ok(());
        }
        let known = store.dimensions(self.asked.product)?;
        if !known.iter().any(|one| one == name) {
            said.is_wrong(field, unknown("dimension", name, &known));
        }
        Ok(())
    }
}

/// The dimension in `filter[os]`.
fn dimension_of(name: &str) -> Option<&str> {
    name.strip_prefix("filter[")?.strip_suffix(']')
}

fn window(said: &mut Said, days: i32, today: Day) -> Window {
    let to = said.day("to").unwrap_or(today);
    let both = ["from", "days"].map(|name| said.pairs.contains_key(name));
    if both == [true, true] {
        said.is_wrong("days", "is said beside `from`; say one of them".to_owned());
    }
    let days = said.number("days", WINDOW_MAX_DAYS as u64, days as u64) as i32;
    let from = said.day("from").unwrap_or(to.plus(1 - days));
    if from > to {
        said.is_wrong("from", format!("{from} is after `to`, {to}"));
    }
    if to.0.saturating_sub(from.0) >= WINDOW_MAX_DAYS {
        said.is_wrong("from", format!("at most {WINDOW_MAX_DAYS} days at once"));
    }
    Window { from, to }
}

fn unknown(what: &str, name: &str, known: &[String]) -> String {
    let name = quoted(name);
    if known.is_empty() {
        return format!("no {what} is named {name}; nothing was reported yet");
    }
    let listed: Vec<&str> = known
        .iter()
        .take(NAMES_LISTED)
        .map(String::as_str)
        .collect();
    let more = match known.len() > listed.len() {
        true => ", ...",
        false => "",
    };
    format!(
        "no {what} is named {name}; there is: {}{more}",
        listed.join(", ")
    )
}

fn told(wrong: BTreeMap<String, String>) -> Refusal {
    let errors = wrong
        .into_iter()
        .map(|(field, message)| (field, vec![message]));
    Refusal::Fields(FieldErrors(errors.collect()))
}

impl Said {
    fn of(query: &str) -> Said {
        let mut pairs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            // What is left empty in a form isn't said; of a filter it is a value like others.
            if !value.is_empty() || dimension_of(&name).is_some() {
                pairs
                    .entry(name.into_owned())
                    .or_default()
                    .push(value.into_owned());
            }
        }
        // Read with the headers.
        let formats = pairs.remove("format").unwrap_or_default();
        let mut said = Said {
            pairs,
            wrong: BTreeMap::new(),
        };
        if formats.len() > 1 {
            said.is_wrong("format", "is said more than once".to_owned());
        }
        said
    }

    pub(super) fn is_wrong(&mut self, field: &str, message: String) {
        self.wrong.entry(field.to_owned()).or_insert(message);
    }

    pub(super) fn once(&mut self, name: &str) -> Option<String> {
        let values = self.pairs.remove(name)?;
        if values.len() > 1 {
            self.is_wrong(name, "is said more than once".to_owned());
        }
        values.into_iter().next()
    }

    fn needed(&mut self, name: &str, or: &str) -> String {
        let said = self.once(name).unwrap_or_else(|| or.to_owned());
        if said.is_empty() {
            self.is_wrong(name, "is needed".to_owned());
        }
        said
    }

    fn day(&mut self, name: &str) -> Option<Day> {
        let text = self.once(name)?;
        match text.parse::<Date>() {
            Ok(date) if text.len() == "2026-11-23".len() => Some(Day::on(date)),
            _ => {
                self.is_wrong(name, format!("{} is no day like 2026-11-23", quoted(&text)));
                None
            }
        }
    }

    fn number(&mut self, name: &str, most: u64, or: u64) -> u64 {
        let Some(text) = self.once(name) else {
            return or;
        };
        match text.parse() {
            Ok(number) if (1..=most).contains(&number) => number,
            _ => {
                let got = quoted(&text);
                self.is_wrong(name, format!("{got} is no whole number from 1 to {most}"));
                or
            }
        }
    }

    pub(super) fn one_of<T: Copy + Default>(&mut self, name: &str, words: &[(&str, T)]) -> T {
        let Some(text) = self.once(name) else {
            return T::default();
        };
        if let Some((_, meant)) = words.iter().find(|(word, _)| *word == text) {
            return *meant;
        }
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let got = quoted(&text);
        self.is_wrong(name, format!("{got} is none of: {}", words.join(", ")));
        T::default()
    }

    /// What is left was not understood.
    fn none_left(&mut self, takes: &[Parameter]) {
        let known: BTreeSet<&str> = takes.iter().flat_map(|one| one.names()).copied().collect();
        let known: Vec<&str> = known.into_iter().chain(["format"]).collect();
        for name in std::mem::take(&mut self.pairs).into_keys() {
            let message = format!("is not understood here; there is: {}", known.join(", "));
            self.is_wrong(&name, message);
        }
    }
}
