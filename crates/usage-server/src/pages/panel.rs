//! Panels, of which pages are made: one question of the query API and one way to draw its answer, with title,
//! summary, table, and links to the same as CSV, as SVG, and by the API.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::Failure;
use super::panels::PANELS;
use super::view::{View, call, encoded};
use crate::account::Operator;
use crate::api::{self, Answered};
use crate::app::App;
use crate::chart::{Drawing, Theme, Time};
use crate::ingest::Refusal;

/// Rows of a table that a page shows; the CSV has all.
const ROWS_SHOWN: usize = 100;

/// A question and how its answer is drawn. All of them are in `panels/`.
pub(super) struct Panel {
    /// In addresses and ids.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What is asked; the first is what CSV and API links lead to.
    pub(super) asks: &'static [Ask],
    /// The answers, in order, as title, summary, drawing and table.
    pub(super) draw: fn(&[Rc<Answered>]) -> Drawn,
}

/// One question of a panel.
pub(super) struct Ask {
    /// Its name in the API.
    pub(super) question: &'static str,
    pub(super) window: Days,
    /// What is said with it whatever the page says.
    pub(super) fixed: &'static [(&'static str, &'static str)],
}

/// Which days a panel is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Days {
    /// The page's.
    OfPage,
    /// As many as the question means by itself, up to the last of the page's: what is now, and not over the window.
    UpToItsEnd,
}

/// A panel's answer, drawn.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawn {
    /// In place of the panel's.
    pub(super) title: Option<String>,
    /// What it shows, in one sentence.
    pub(super) summary: String,
    pub(super) drawing: Drawing,
    pub(super) table: Table,
    /// The page shows the table with gauges in place of the drawing.
    pub(super) gauges: bool,
    /// The page shows the table in place of the drawing: how strong each cell of each row is shaded, from 0 to 10.
    pub(super) as_table: Option<Vec<Vec<u8>>>,
    /// What to do to see something, where there is nothing; then nothing else is shown.
    pub(super) empty: Option<String>,
}

impl Drawn {
    /// Nothing to see, and what would change that.
    pub(super) fn nothing(why: &str) -> Drawn {
        Drawn {
            empty: Some(why.to_owned()),
            ..Drawn::default()
        }
    }
}

/// The same numbers as a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Table {
    pub(super) head: Vec<Head>,
    pub(super) rows: Vec<TableRow>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) name: String,
    /// To the right.
    pub(super) number: bool,
}

/// A row; its first cell names it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TableRow {
    pub(super) cells: Vec<String>,
    /// How much of the whole, in percent, where there are gauges.
    pub(super) gauge: f64,
    /// The filter that shows only these: a name and its value.
    pub(super) only: Option<(String, String)>,
}

impl Table {
    /// With this head: names, and whether numbers are below.
    pub(super) fn new(head: &[(&str, bool)]) -> Table {
        let head = head.iter().map(|(name, number)| Head {
            name: (*name).to_owned(),
            number: *number,
        });
        Table {
            head: head.collect(),
            rows: Vec::new(),
        }
    }

    /// One more row.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(TableRow {
            cells,
            ..TableRow::default()
        });
    }

    /// A row for each period, the newest first, and a column for each series; `alone` names one that has no name.
    pub(super) fn of_time(time: &Time, alone: &str) -> Table {
        let mut head = vec![("Period", false)];
        head.extend(time.series.iter().map(|one| match one.name.as_str() {
            "" => (alone, true),
            name => (name, true),
        }));
        let mut table = Table::new(&head);
        for at in (0..time.periods.len()).rev() {
            let values = time.series.iter().map(|one| match one.values.get(at) {
                Some(Some(n)) => time.unit.exact(*n),
                _ => "–".to_owned(),
            });
            table.row([time.label(at)].into_iter().chain(values).collect());
        }
        table
    }
}

/// Where a page's panels are asked; each question once.
pub(super) struct Desk<'a> {
    app: &'a App,
    /// The product's name; empty on pages about all.
    product: &'a str,
    view: &'a View,
    /// Before links.
    base: String,
    /// Where the page is, for links to a part of it.
    page: String,
    now: Timestamp,
    known: RefCell<BTreeMap<String, Result<Rc<Answered>, String>>>,
    shown: Cell<usize>,
}

/// A panel as a page shows it. In a template: `{{ panel|safe }}`.
#[derive(Template, Default)]
#[template(path = "panel.html")]
pub(super) struct Shown {
    /// Begins the ids of its elements.
    id: String,
    title: String,
    summary: String,
    svg: String,
    drawing: Drawing,
    table: Table,
    gauges: bool,
    as_table: Option<Vec<Vec<u8>>>,
    /// Rows that only the CSV has.
    more_rows: usize,
    empty: Option<String>,
    refused: Option<String>,
    csv: String,
    file: String,
    api: String,
    /// The page, with the query string so far, for links that filter.
    view: View,
    page: String,
}

impl<'a> Desk<'a> {
    /// For a page at this path below the base.
    pub(super) fn new(
        app: &'a App,
        base: &str,
        path: &str,
        product: &'a str,
        view: &'a View,
        now: Timestamp,
    ) -> Desk<'a> {
        Desk {
            app,
            product,
            view,
            base: base.to_owned(),
            page: format!("{base}{path}"),
            now,
            known: RefCell::default(),
            shown: Cell::new(0),
        }
    }

    /// The answer to a question, said as the page's view and these say; asked once a page.
    pub(super) fn ask(&self, ask: &Ask, also: &[(&str, &str)]) -> Result<Rc<Answered>, String> {
        let query = encoded(&self.said(ask, also));
        let key = format!("{}?{query}", ask.question);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let answer = api::ask(&self.app.store, ask.question, &query, self.now);
        let answer = answer.map(Rc::new).map_err(|refusal| words(&refusal));
        self.known.borrow_mut().insert(key, answer.clone());
        answer
    }

    /// Where a question's answer is a CSV.
    pub(super) fn csv(&self, ask: &Ask) -> String {
        let path = api::path(ask.question).unwrap_or_default();
        let query = encoded(&self.said(ask, &[]));
        format!("{}{path}?{query}&format=csv", self.base)
    }

    fn said(&self, ask: &Ask, also: &[(&str, &str)]) -> Vec<(String, String)> {
        let own_window = ask.window == Days::UpToItsEnd;
        let fixed = [also, ask.fixed].concat();
        call(ask.question, self.product, self.view, own_window, &fixed)
    }

    /// A panel; `also` says more than the page does, such as which dimension.
    pub(super) fn show(&self, panel: &'static Panel, also: &[(&str, &str)]) -> Shown {
        self.shown.set(self.shown.get() + 1);
        let id = match also.is_empty() {
            true => panel.name.to_owned(),
            false => format!("{}-{}", panel.name, self.shown.get()),
        };
        let (drawn, refused) = match self.drawn(panel, also) {
            Ok(drawn) => (drawn, None),
            Err(why) => (Drawn::default(), Some(why)),
        };
        let api = panel.asks.first().map_or(String::new(), |first| {
            let path = api::path(first.question).unwrap_or_default();
            format!("{}{path}?{}", self.base, encoded(&self.said(first, also)))
        });
        let (title_id, summary_id) = (format!("{id}-title"), format!("{id}-summary"));
        let mut table = drawn.table;
        let more_rows = table.rows.len().saturating_sub(ROWS_SHOWN);
        table.rows.truncate(ROWS_SHOWN);
        Shown {
            title: drawn.title.unwrap_or_else(|| panel.title.to_owned()),
            summary: drawn.summary,
            svg: match drawn.gauges || drawn.as_table.is_some() {
                true => String::new(),
                false => drawn.drawing.in_page(&title_id, &summary_id),
            },
            drawing: drawn.drawing,
            table,
            gauges: drawn.gauges,
            as_table: drawn.as_table,
            more_rows,
            empty: drawn.empty,
            refused,
            csv: format!("{api}&format=csv"),
            file: self.file(panel, also),
            api,
            id,
            view: self.view.with(&[("before", None), ("after", None)]),
            page: self.page.clone(),
        }
    }

    fn drawn(&self, panel: &Panel, also: &[(&str, &str)]) -> Result<Drawn, String> {
        let answers = panel.asks.iter().map(|one| self.ask(one, also));
        let answers: Vec<Rc<Answered>> = answers.collect::<Result<_, _>>()?;
        let mut drawn = (panel.draw)(&answers);
        if let Some(day) = answers.iter().filter_map(|one| one.lacks_before()).max() {
            let told = drawn.empty.as_mut().unwrap_or(&mut drawn.summary);
            told.push_str(&format!(" What was before {day} is no longer kept."));
        }
        Ok(drawn)
    }

    /// Where the panel is a file of its own.
    fn file(&self, panel: &Panel, also: &[(&str, &str)]) -> String {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for ask in panel.asks {
            // What the page says, for each of the panel's questions; the rest the panel says itself.
            let of_page = call(ask.question, self.product, self.view, false, also);
            for pair in of_page {
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
        format!(
            "{}/charts/{}.svg?{}",
            self.base,
            panel.name,
            encoded(&pairs)
        )
    }
}

impl Shown {
    /// One that no question of the page was asked for; `files` are the addresses of its CSV and SVG, or empty.
    pub(super) fn drawn(name: &str, title: &str, drawn: Drawn, files: (String, String)) -> Shown {
        let (title_id, summary_id) = (format!("{name}-title"), format!("{name}-summary"));
        Shown {
            title: title.to_owned(),
            summary: drawn.summary,
            svg: match drawn.gauges || drawn.as_table.is_some() {
                true => String::new(),
                false => drawn.drawing.in_page(&title_id, &summary_id),
            },
            drawing: drawn.drawing,
            table: drawn.table,
            gauges: drawn.gauges,
            as_table: drawn.as_table,
            empty: drawn.empty,
            csv: files.0,
            file: files.1,
            id: name.to_owned(),
            ..Shown::default()
        }
    }

    /// The values that the rows of gauges stand for.
    pub(super) fn values(&self) -> Vec<String> {
        let rows = self.table.rows.iter();
        rows.filter_map(|row| Some(row.only.as_ref()?.1.clone()))
            .collect()
    }

    /// A cell's class for its shade.
    fn shade(&self, row: &usize, at: &usize) -> String {
        let shades = self.as_table.as_ref().and_then(|rows| rows.get(*row));
        match shades.and_then(|row| row.get(*at)) {
            Some(shade) if *shade > 0 => format!(" h{shade}"),
            _ => String::new(),
        }
    }

    /// Whether there are numbers in a column.
    fn is_number(&self, column: &usize) -> bool {
        self.table.head.get(*column).is_some_and(|head| head.number)
    }

    /// Where only these are shown.
    fn only(&self, row: &TableRow) -> Option<String> {
        let (name, value) = row.only.as_ref()?;
        Some(format!(
            "{}{}",
            self.page,
            self.view.and(name, value).link()
        ))
    }
}

/// Works out a page with panels, when it is its turn: its questions are as heavy as those of programs.
pub(super) async fn ask<T: Send + 'static>(
    app: &Arc<App>,
    page: impl FnOnce(&App) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let turn = app.questions.acquire().await.map_err(|_| Failure::Busy)?;
    let page = super::ask(app, page).await;
    drop(turn);
    page
}

/// What the API would say, as a person reads it.
fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Fields(errors) => {
            let told = errors.0.iter().map(|(field, messages)| {
                let messages: Vec<&str> = messages.iter().map(|one| one.as_ref()).collect();
                format!("{field}: {}", messages.join("; "))
            });
            told.collect::<Vec<_>>().join(". ")
        }
        _ => "The server failed at this question. The log has the cause.".to_owned(),
    }
}

/// `GET /charts/{panel}.svg`: a panel as a file.
pub(super) async fn file(
    State(app): State<Arc<App>>,
    _: Operator,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let name = file.strip_suffix(".svg").ok_or(Failure::NotFound)?;
    let panel = PANELS.iter().find(|panel| panel.name == name);
    let panel: &'static Panel = panel.ok_or(Failure::NotFound)?;
    let now = Timestamp::now();
    let svg = self::ask(&app, move |app| {
        let view = View::read(query.as_deref());
        let theme = match view.said("theme") {
            Some("dark") => Theme::Dark,
            _ => Theme::Light,
        };
        let product = view.said("product").unwrap_or_default();
        let desk = Desk::new(app, "", "", product, &view, now);
        let drawn = desk
            .drawn(panel, &[])
            .unwrap_or_else(|why| Drawn::nothing(&why));
        let title = drawn.title.unwrap_or_else(|| panel.title.to_owned());
        let title = match product.is_empty() {
            true => title,
            false => format!("{product}: {title}"),
        };
        let summary = drawn.empty.unwrap_or(drawn.summary);
        Ok(drawn.drawing.alone(&title, &summary, theme))
    });
    let svg = svg.await?;
    let kind = HeaderValue::from_static("image/svg+xml");
    let named = format!("attachment; filename=\"{}.svg\"", panel.name);
    Ok((
        [
            (header::CONTENT_TYPE, kind),
            (
                header::CONTENT_DISPOSITION,
                HeaderValue::try_from(named).map_err(|e| Failure::Broken(e.to_string()))?,
            ),
        ],
        svg,
    )
        .into_response())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::testing::House;
    use super::*;

    #[test]
    fn every_panel_asks_what_can_be_asked_and_has_a_name_of_its_own() {
        let mut names = BTreeSet::new();
        for panel in PANELS {
            assert!(names.insert(panel.name), "{} is taken", panel.name);
            assert!(!panel.asks.is_empty(), "{} asks nothing", panel.name);
            for one in panel.asks {
                assert!(api::path(one.question).is_some(), "{}", one.question);
                for (said, _) in one.fixed {
                    assert!(api::takes(one.question, said), "{} {said}", panel.name);
                }
            }
        }
    }

    #[tokio::test]
    async fn a_panel_says_from_which_day_on_it_has_all() {
        let house = House::signed_in();
        house.settle_demo_fleet(20, 10);
        let day = usage_store::Day::of(Timestamp::now()).plus(-4);
        let told = format!("What was before {day} is no longer kept.");
        let file = |days| format!("/charts/active.svg?product=tidewater&days={days}");
        assert!(!house.get(&file(10)).await.text.contains(&told));
        while house.app.store.age(usage_store::Tier::Cells, day).unwrap() {}
        assert!(house.get(&file(10)).await.text.contains(&told));
        let later = house.get(&file(2)).await;
        assert!(!later.text.contains("is no longer kept"), "{}", later.text);
    }

    #[tokio::test]
    async fn every_panel_is_a_file_of_a_living_fleet() {
        let house = House::signed_in();
        house.settle_demo_fleet(20, 10);
        for panel in PANELS {
            for theme in ["light", "dark"] {
                let path = format!("/charts/{}.svg?product=tidewater&theme={theme}", panel.name);
                let answer = house.get(&path).await;
                assert_eq!(answer.status, 200, "{path}");
                assert_eq!(answer.header("content-type"), "image/svg+xml", "{path}");
                assert!(
                    answer
                        .header("content-disposition")
                        .starts_with("attachment")
                );
                assert!(answer.text.contains("tidewater: "), "{}", answer.text);
                assert!(!answer.text.contains("NaN") && !answer.text.contains("inf"));
            }
        }
        assert_eq!(house.get("/charts/none.svg").await.status, 404);
        assert_eq!(house.get("/charts/active").await.status, 404);
    }
}
