//! What is answered from memory is what a program that was just started would answer, whatever came, left
//! and was asked in between.

use std::fmt::Debug;

use proptest::prelude::*;
use usage_store::erasure::Whose;
use usage_store::query::lists::{List, Listed, Place, Sort, State, Turn};
use usage_store::query::{Asked, By, Filter, Order, Per, ServerId, Window};
use usage_store::report::Kind;
use usage_store::{Day, NewReport, Result, Store, Tier, Writing};

use crate::erasing::erase;
use crate::fleet::*;
use crate::leaving::erase_all;

#[derive(Debug, Clone)]
enum Event {
    Report(Said),
    Forget(u8),
    Pack,
    Rebuild,
    Leave,
    /// Another process takes it in.
    Elsewhere(Said),
    /// All before a day leaves the journal, or a tier.
    Retire(i64),
    Age(Tier, i64),
    Ask(Question),
}

/// What a report says: few servers and days, so that they meet often.
#[derive(Debug, Clone)]
struct Said {
    server: u8,
    day: i64,
    hour: i64,
    late: Option<i64>,
    load: &'static str,
    version: &'static str,
    registered: bool,
}

impl Said {
    fn report(&self) -> NewReport {
        let at = noon(self.day) + hours(self.hour);
        let body = format!(
            r#"[{{"tags":{{"version":"{}"}},"values":{{"cluster_id":"c{}","server_id":"s{}","load":{}}}}}]"#,
            self.version,
            self.server / 2,
            self.server,
            self.load
        );
        let report = report(Kind::Usage, "kapacitor", body.into_bytes(), at);
        match self.late {
            Some(days) => made(report, at - hours(24 * days)),
            None => report,
        }
    }
}

#[derive(Debug, Clone)]
struct Question {
    from: i64,
    days: i64,
    /// Hours after the first noon.
    since: i64,
    version: Option<&'static str>,
    limit: usize,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => any_said().prop_map(Event::Report),
        1 => (0u8..3).prop_map(Event::Forget),
        2 => Just(Event::Pack),
        1 => Just(Event::Rebuild),
        1 => Just(Event::Leave),
        2 => any_said().prop_map(Event::Elsewhere),
        1 => (0i64..12).prop_map(Event::Retire),
        1 => (proptest::sample::select(&[Tier::Days, Tier::Cells][..]), 0i64..12)
            .prop_map(|(tier, before)| Event::Age(tier, before)),
        12 => any_question().prop_map(Event::Ask),
    ]
}

fn any_said() -> impl Strategy<Value = Said> {
    // Whole, not, below zero, larger than an i64 holds, and what floats lose in a sum.
    const LOADS: &[&str] = &["7", "3", "0.5", "-2", "18446744073709551615", "1e17"];
    let load = proptest::sample::select(LOADS);
    let late = proptest::option::weighted(0.2, 1i64..6);
    let version = proptest::sample::select(&["1.9", "2.0", "2.1"][..]);
    let said = (0u8..6, 0i64..14, 0i64..12, late, load, version);
    (said, any::<bool>()).prop_map(
        |((server, day, hour, late, load, version), registered)| Said {
            server,
            day,
            hour,
            late,
            load,
            version,
            registered,
        },
    )
}

fn any_question() -> impl Strategy<Value = Question> {
    // Few windows, so that many are asked again; some that reach into another month.
    let weeks = proptest::sample::select(&[0i64, 1, 2, 6][..]);
    let window = (proptest::sample::select(&[0i64, 2, 7, -20][..]), weeks);
    let version = proptest::sample::select(&[None, None, Some("2.0")][..]);
    (window, 0i64..330, version, 0usize..4).prop_map(|((from, weeks), since, version, limit)| {
        Question {
            from,
            days: weeks * 7,
            since,
            version,
            limit,
        }
    })
}

/// All that is remembered, as text.
fn answers(store: &Store, question: &Question) -> Vec<String> {
    let mut asked = Asked::all(store.product_named("kapacitor").unwrap().unwrap());
    if let Some(version) = question.version {
        asked.filter = Filter {
            dimensions: vec![("version".to_owned(), vec![version.to_owned()])],
            ..Filter::default()
        };
    }
    let window = Window {
        from: Day::of(noon(question.from)),
        to: Day::of(noon(question.from + question.days)),
    };
    let since = noon(0) + hours(question.since);
    let by = By::Dimension("version".to_owned());
    let limit = question.limit;
    let now = since + hours(36);
    let mut all = listed(store, &asked, window, question);
    all.extend([
        told(store.products(now)),
        told(store.dictionary(&asked, "kapacitor", window)),
        told(store.silent_clusters(&asked, window, since, limit)),
        told(store.clusters_by(&asked, "load", window, Order::Largest, limit)),
        told(store.clusters_by(&asked, "load", window, Order::Growing, limit)),
        told(store.spread(&asked, "load", window, None)),
        told(store.spread(&asked, "load", window, Some((&by, limit)))),
        told(store.values(&asked, "load", window, None)),
        told(store.values(&asked, "load", window, Some((&by, limit)))),
        told(store.server_days(ServerId(1), window)),
        told(store.server_days(ServerId(2), window)),
        told(store.cluster_days(&asked, "c0", window)),
        told(store.cluster_days(&asked, "c1", window)),
        told(store.parts(&asked, window, &by, limit)),
        told(store.adoption(&asked, window, Per::Week, &by, limit)),
        told(store.behind(&asked, window, "version")),
        told(store.releases(&asked, window, "version", limit)),
        told(store.upgrades(&asked, window, Per::Week, "version")),
        told(store.upgrade_paths(&asked, window, Per::Month, "version", limit)),
    ]);
    all
}

/// The lists in every order, from the first page to the last, as text.
fn listed(store: &Store, asked: &Asked, window: Window, question: &Question) -> Vec<String> {
    let sorts = [
        Sort::LastSeen,
        Sort::FirstSeen,
        Sort::Version,
        Sort::Host,
        Sort::Servers,
        Sort::Name,
        Sort::Value("load".to_owned()),
    ];
    let states = [State::All, State::Active, State::Silent];
    let searches = ["", "", "", "c1", "2.", "acm"];
    let mut all = Vec::new();
    for (n, sort) in sorts.into_iter().enumerate() {
        let turn = question.since as usize + n;
        let list = List {
            asked: asked.clone(),
            window,
            search: searches[turn % searches.len()].to_owned(),
            state: states[turn % states.len()],
            cluster: None,
            sort,
            descending: turn % 2 == 1,
            turn: Turn::First,
            limit: 1 + question.limit,
            now: noon(0) + hours(question.since + 36),
        };
        let by_time = matches!(list.sort, Sort::LastSeen | Sort::FirstSeen);
        if !matches!(list.sort, Sort::Servers | Sort::Name) {
            all.extend(pages(
                &list,
                |list| store.list_servers(list),
                |row| &row.place,
            ));
        }
        if !matches!(list.sort, Sort::Host | Sort::Name) {
            all.extend(pages(
                &list,
                |list| store.list_clusters(list),
                |row| &row.place,
            ));
        }
        if by_time || matches!(list.sort, Sort::Servers | Sort::Name) {
            all.extend(pages(
                &list,
                |list| store.list_organizations(list),
                |row| &row.place,
            ));
        }
    }
    all
}

fn pages<T: Debug>(
    list: &List,
    ask: impl Fn(&List) -> Result<Listed<T>>,
    place: impl Fn(&T) -> &Place,
) -> Vec<String> {
    let (mut list, mut all) = (list.clone(), Vec::new());
    loop {
        let page = ask(&list);
        let last = page.as_ref().ok().and_then(|page| page.rows.last());
        let next = last.map(|row| Turn::After(place(row).clone()));
        all.push(told(page));
        match next {
            Some(next) => list.turn = next,
            None => return all,
        }
    }
}

fn told<T: Debug>(answer: Result<T>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(e) => e.to_string(),
    }
}

/// Takes all in. Names that another process gave meanwhile are found at the second try.
fn follow(world: &World) {
    let _second_try = world.store.apply();
    world.apply_all();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn what_is_remembered_is_what_a_new_program_would_answer(
        history in proptest::collection::vec(any_event(), 10..60),
    ) {
        let world = World::new();
        let organization = world.store.organization("Acme", noon(0)).unwrap();
        world.append(usage("c0", "s0", "1.9", noon(0)));
        for event in history {
            match event {
                Event::Report(said) => {
                    let report = said.report();
                    world.append(match said.registered {
                        true => under(report, organization),
                        false => report,
                    });
                }
                Event::Forget(cluster) => {
                    follow(&world);
                    erase(&world, &format!("c{cluster}"), None, Whose::Everybodys);
                }
                Event::Pack => {
                    follow(&world);
                    world.pack_all();
                }
                Event::Rebuild => world.store.rebuild(|_, _| ()).unwrap(),
                Event::Leave => {
                    follow(&world);
                    erase_all(&world, organization);
                }
                Event::Elsewhere(said) => {
                    world.append(said.report());
                    let other = Store::open(world.path(), Writing::Beside).unwrap();
                    while other.apply().unwrap() > 0 {}
                }
                Event::Retire(day) => {
                    follow(&world);
                    while world.store.retire(noon(day)).unwrap() {}
                }
                Event::Age(tier, before) => {
                    follow(&world);
                    world.age_all(tier, before);
                }
                Event::Ask(question) => {
                    follow(&world);
                    let new = Store::open(world.path(), Writing::Beside).unwrap();
                    prop_assert_eq!(answers(&world.store, &question), answers(&new, &question));
                }
            }
        }
    }
}
