//! Pages before anybody asks for them: after a start nothing is remembered of earlier answers, and once a day is
//! over, windows are others. So operators' pages are asked then on a thread that gets what others leave of the
//! processor, one at a time, and nobody waits for the first look in the morning.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::thread::JoinHandle;
use std::time::Instant;

use axum::extract::{Path, Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};
use usage_store::Day;
use usage_store::registry::{Account, AccountId, SessionId};

use super::product::tabs::Tab;
use super::{overview, product, public, settings};
use crate::account::Operator;
use crate::api::{self, Answered, Cell, Row};
use crate::app::App;
use crate::jobs::{Manners, after_everybody_else};
use crate::limits::{AHEAD_LOOK_EVERY, AHEAD_PRODUCTS_MAX, AHEAD_REST_FOR_WORK};
use crate::outage::Outage;

/// What every page of a product opens with, and the windows that it offers.
const WINDOWS: [&str; 4] = ["", "days=7", "days=90", "days=365&per=week"];

/// The thread that asks.
pub(crate) struct Ahead {
    stop: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Ahead {
    /// Starts it. It gives way to ingest by these manners.
    pub(crate) fn start(app: &Arc<App>, manners: Manners) -> std::io::Result<Ahead> {
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(1)
            .on_thread_start(after_everybody_else)
            .build()?;
        let (stop, stops) = mpsc::sync_channel(1);
        let app = Arc::clone(app);
        let thread = std::thread::Builder::new().name("ahead".to_owned());
        let thread = thread.spawn(move || keep(&app, &runtime, &stops, manners))?;
        Ok(Ahead { stop, thread })
    }

    /// What lets the page that is asked be the last.
    pub(crate) fn end(&self) -> impl Fn() + Send + use<> {
        let stop = self.stop.clone();
        // Full means that it was told, gone that it has ended.
        move || {
            let _ = stop.try_send(());
        }
    }

    /// The same, and waits for that page.
    pub(crate) fn stop(self) {
        self.end()();
        // One that panicked has said so already.
        let _ = self.thread.join();
    }
}

/// Asks whenever days that are over have changed, or one more is over.
fn keep(app: &Arc<App>, runtime: &Runtime, stop: &Receiver<()>, mut manners: Manners) {
    let mut outage = Outage::of("finding out which days are over");
    let mut asked = None;
    loop {
        let began = Instant::now();
        let over = over(app);
        outage.note(&over);
        if let Ok(over) = over
            && asked != Some(over)
        {
            let Some(pages) = all(app, runtime, stop, &mut manners) else {
                return;
            };
            asked = Some(over);
            let millis = began.elapsed().as_millis() as u64;
            tracing::debug!(pages, millis, "pages were asked ahead");
        }
        let pause = (began.elapsed() * AHEAD_REST_FOR_WORK).max(AHEAD_LOOK_EVERY);
        if stop.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// Today, and the last step that changed a day before it.
fn over(app: &App) -> usage_store::Result<(Day, i64)> {
    let today = Day::of(Timestamp::now());
    Ok((today, app.store.days_changed_before(today)?))
}

fn is_told(stop: &Receiver<()>) -> bool {
    stop.try_recv() != Err(TryRecvError::Empty)
}

/// The numbers of those that operators adopted.
fn adopted(products: &Answered) -> impl Iterator<Item = i64> {
    let is_adopted = |row: &&Row| matches!(products.cell(row, "adopted"), Cell::Flag(true));
    let adopted = products.rows.iter().filter(is_adopted);
    let numbers = adopted.filter_map(|row| products.count(row, "number"));
    numbers.filter_map(|number| number.try_into().ok())
}

/// Asks all pages; how many, or `None` where it is to stop.
fn all(
    app: &Arc<App>,
    runtime: &Runtime,
    stop: &Receiver<()>,
    manners: &mut Manners,
) -> Option<usize> {
    if is_told(stop) {
        return None;
    }
    let mut pages = vec![(0, None, "")];
    let products = api::ask(&app.store, "products", "", Timestamp::now()).ok();
    let adopted = products.iter().flat_map(adopted);
    let adopted: Vec<i64> = adopted.take(AHEAD_PRODUCTS_MAX).collect();
    for window in WINDOWS {
        for id in &adopted {
            let tabs = Tab::all().filter(|tab| tab.has_window() || window.is_empty());
            pages.extend(tabs.map(|tab| (*id, Some(tab), window)));
        }
    }
    let asked = pages.len();
    for (id, tab, window) in pages {
        let began = Instant::now();
        if is_told(stop) {
            return None;
        }
        let answer = runtime.block_on(open(app, (id, tab, window)));
        if answer.status() != StatusCode::OK {
            let status = answer.status().as_u16();
            tracing::debug!(?tab, window, status, "a page could not be asked ahead");
        }
        let rest = manners.rest_after(began.elapsed());
        if !rest.is_zero() && stop.recv_timeout(rest) != Err(RecvTimeoutError::Timeout) {
            return None;
        }
    }
    Some(asked)
}

/// A page as an operator gets it, whom nobody is.
async fn open(app: &Arc<App>, (id, tab, window): (i64, Option<Tab>, &str)) -> Response {
    let operator = Operator {
        account: Account {
            id: AccountId(0),
            email: String::new(),
            operator: true,
            verified_at: None,
            has_password: false,
        },
        csrf: String::new(),
        session: SessionId(0),
    };
    let (app, id, said) = (
        State(Arc::clone(app)),
        Path(id),
        RawQuery(Some(window.to_owned())),
    );
    let Some(tab) = tab else {
        return overview::show(app, operator).await.into_response();
    };
    let page = match tab {
        Tab::Overview => product::show(app, operator, id, said).await,
        Tab::Values => product::values::show(app, operator, id, said).await,
        Tab::Retention => product::retention::show(app, operator, id, said).await,
        Tab::Servers => product::servers::show(app, operator, id, said).await,
        Tab::Clusters => product::clusters::show(app, operator, id, said).await,
        Tab::Ids => product::ids::show(app, operator, id, said).await,
        Tab::Dictionary => settings::dictionary::show(app, operator, id, said).await,
        Tab::Public => {
            let as_it_is = Query(Default::default());
            let page = public::settings::show(app, operator, id, as_it_is).await;
            page.map(IntoResponse::into_response)
        }
        Tab::Settings => settings::product::show(app, operator, id, said).await,
    };
    page.into_response()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use usage_store::Sender;
    use usage_store::report::Kind;

    use super::super::testing::House;
    use super::*;

    fn runtime() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    fn manners() -> Manners {
        Manners::towards(&Arc::default())
    }

    /// A house with a product that was adopted, and what it has asked ahead.
    fn house() -> House {
        let house = runtime().block_on(async {
            let house = House::signed_in();
            house.settle_demo_fleet(12, 9);
            house
        });
        let now = Timestamp::now();
        let products = house.app.store.products(now).unwrap();
        let names: Vec<&str> = products.iter().map(|one| &*one.name).collect();
        house.app.store.adopt_products(&names, now).unwrap();
        house
    }

    #[test]
    fn what_was_asked_ahead_is_answered_from_memory() {
        let today = Day::of(Timestamp::now());
        let house = house();
        let (_stop, stops) = mpsc::sync_channel(1);
        let asked = all(&house.app, &runtime(), &stops, &mut manners()).unwrap();
        assert!(asked > 2 * WINDOWS.len(), "{asked}");
        let worked_out = house.app.store.answers_worked_out();
        assert!(worked_out > 0);
        runtime().block_on(async {
            for window in WINDOWS {
                for tab in Tab::all() {
                    let below = tab.below();
                    let page = house.get(&format!("/products/1{below}?{window}")).await;
                    assert_eq!(page.status, 200, "{below} {window}");
                    if Day::of(Timestamp::now()) != today {
                        // Midnight has come in between, and all windows are others.
                        return;
                    }
                    let now = house.app.store.answers_worked_out();
                    assert_eq!(now, worked_out, "{below} {window}");
                }
            }
        });
    }

    #[test]
    fn a_report_of_today_is_no_reason_to_ask_again_and_a_late_one_is() {
        let house = house();
        let before = over(&house.app).unwrap();
        let body = r#"[{"values":{"cluster_id":"c1","server_id":"s1"}}]"#;
        let name = house.app.store.products(Timestamp::now()).unwrap()[0]
            .name
            .clone();
        house.append(Kind::Usage, &name, body);
        assert_eq!(over(&house.app).unwrap(), before);
        let earlier = Timestamp::now() - SignedDuration::from_hours(48);
        house.append_at(Sender::default(), Kind::Usage, &name, body, earlier);
        assert!(over(&house.app).unwrap() > before);
    }

    #[test]
    fn who_is_told_to_stop_asks_no_more() {
        let house = house();
        let (stop, stops) = mpsc::sync_channel(1);
        drop(stop);
        let worked_out = house.app.store.answers_worked_out();
        assert_eq!(all(&house.app, &runtime(), &stops, &mut manners()), None);
        assert_eq!(house.app.store.answers_worked_out(), worked_out);
    }

    #[test]
    fn it_stops_while_it_rests() {
        let house = house();
        let before = Arc::strong_count(&house.app);
        let ahead = Ahead::start(&house.app, manners()).unwrap();
        ahead.stop();
        assert_eq!(Arc::strong_count(&house.app), before);
    }
}
