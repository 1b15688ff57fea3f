//! What the page of a product's data dictionary shows of each name.

use std::collections::BTreeSet;

use usage_store::registry::Allowlist;
use usage_store::{EVERY_NAME, NAMES_PER_PRODUCT, Thing};

use super::note::Entered;
use crate::api::{Answered, Cell, Row};
use crate::pages::figures::Count;
use crate::pages::view::View;

pub(super) struct Entry {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) edit: String,
    pub(super) edited: bool,
    pub(super) servers: Option<Count>,
    pub(super) values: String,
    pub(super) sample: Option<String>,
    pub(super) description: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) sensitivity: Option<String>,
    pub(super) listed: bool,
}

/// Names of a kind that are not told apart, as there are too many.
pub(super) struct Others {
    pub(super) kind: String,
    pub(super) told_apart: Count,
    pub(super) names: Count,
    pub(super) more: bool,
    pub(super) servers: Count,
    pub(super) since: String,
}

/// The place of a name in the list, by its kind and itself: kinds in the order of the question's answer.
pub(super) fn key<'a>((kind, name): (&'a str, &'a str)) -> (usize, &'a str) {
    let kinds = Thing::ALL.iter().position(|thing| thing.name() == kind);
    (kinds.unwrap_or(usize::MAX), name)
}

/// What is on the list.
pub(super) struct Listed<'a>(BTreeSet<(&'static str, &'a str)>);

impl<'a> Listed<'a> {
    pub(super) fn new(list: &'a Allowlist) -> Listed<'a> {
        let allowed = list.allowed.iter();
        Listed(
            allowed
                .map(|(thing, name)| (thing.name(), name.as_str()))
                .collect(),
        )
    }

    pub(super) fn has(&self, kind: &str, name: &str) -> bool {
        self.0
            .iter()
            .any(|(one, listed)| *one == kind && (*listed == name || *listed == EVERY_NAME))
    }

    pub(super) fn every(&self) -> Vec<&'static str> {
        let every = self.0.iter().filter(|(_, name)| *name == EVERY_NAME);
        every.map(|(kind, _)| *kind).collect()
    }
}

/// Names on the list that nothing was reported or noted under.
pub(super) fn unreported(
    list: &Allowlist,
    known: &[Entry],
    link: &dyn Fn(&str, &str) -> String,
) -> Vec<Entry> {
    let known: BTreeSet<_> = known
        .iter()
        .map(|one| (one.kind.as_str(), one.name.as_str()))
        .collect();
    let new = list.allowed.iter().filter(|(thing, name)| {
        name != EVERY_NAME && !known.contains(&(thing.name(), name.as_str()))
    });
    new.map(|(thing, name)| Entry {
        kind: thing.name().to_owned(),
        name: name.clone(),
        edit: link(thing.name(), name),
        edited: false,
        servers: None,
        values: String::new(),
        sample: None,
        description: None,
        unit: None,
        owner: None,
        sensitivity: None,
        listed: true,
    })
    .collect()
}

/// The name that the address says is to be edited.
pub(super) fn edited(view: &View, entries: &[Entry]) -> Option<Entered> {
    let (kind, name) = (view.said("edit")?, view.said("name")?);
    let known = entries
        .iter()
        .find(|one| one.kind == kind && one.name == name);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut entered = Entered::about(kind, name);
    if let Some(one) = known {
        entered.description = text(&one.description);
        entered.unit = text(&one.unit);
        entered.owner = text(&one.owner);
        entered.sensitivity = text(&one.sensitivity);
        entered.listed = one.listed.then(|| "on".to_owned());
    }
    Some(entered)
}

impl Others {
    pub(super) fn new(answer: &Answered, row: &Row) -> Others {
        let count = |column| Count(answer.count(row, column).unwrap_or(0));
        let since = match answer.cell(row, "first_day") {
            Cell::Day(day) => day.to_string(),
            _ => String::new(),
        };
        Others {
            kind: answer.text(row, "kind").unwrap_or_default().to_owned(),
            told_apart: Count(NAMES_PER_PRODUCT as u64),
            names: count("values"),
            more: matches!(answer.cell(row, "more_values"), Cell::Flag(true)),
            servers: count("servers"),
            since,
        }
    }
}

impl Entry {
    pub(super) fn key(&self) -> (usize, &str) {
        key((&self.kind, &self.name))
    }

    pub(super) fn new(
        answer: &Answered,
        row: &Row,
        listed: &Listed<'_>,
        link: &dyn Fn(&str, &str) -> String,
    ) -> Entry {
        let text = |column| answer.text(row, column).map(str::to_owned);
        let (kind, name) = (
            text("kind").unwrap_or_default(),
            text("name").unwrap_or_default(),
        );
        let more = matches!(answer.cell(row, "more_values"), Cell::Flag(true));
        let values = match (answer.text(row, "type"), answer.count(row, "values")) {
            (Some(of), Some(1)) if !more => format!("{of}, 1 value"),
            (Some(of), Some(n)) if n > 0 => {
                format!(
                    "{of}, {}{} values",
                    Count(n),
                    if more { " and more" } else { "" }
                )
            }
            (Some(of), _) => of.to_owned(),
            _ => String::new(),
        };
        Entry {
            edit: link(&kind, &name),
            edited: false,
            servers: answer.count(row, "servers").map(Count),
            values,
            sample: text("sample"),
            description: text("description"),
            unit: text("unit"),
            owner: text("owner"),
            sensitivity: text("sensitivity"),
            listed: listed.has(&kind, &name),
            kind,
            name,
        }
    }

    pub(super) fn has(&self, search: &str) -> bool {
        let texts = [&self.description, &self.unit, &self.owner];
        let mut texts = texts.into_iter().flatten().chain([&self.name]);
        texts.any(|text| text.to_lowercase().contains(search))
    }

    /// Something of it is masked rather than left out.
    pub(super) fn is_text(&self) -> bool {
        self.kind == Thing::Dimension.name()
    }

    /// Always kept, whatever the list says.
    pub(super) fn is_version(&self) -> bool {
        self.kind != Thing::Stat.name() && self.name == usage_store::report::fields::VERSION
    }
}
