//! Fleets, outages and odd clocks, on simulated time: months in a second. Nothing here sends anything.

use std::collections::BTreeMap;
use std::time::Duration;

use usage_client::core::{
    Action, Engine, Kind, Phase, Random, RawReply, State, Timing, UnixMillis, Wants, decode,
};
use usage_client::{Error, Reply, TransportError};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
const INTERVAL: Duration = Duration::from_secs(12 * 3600);
const START: UnixMillis = UnixMillis::new(1_800_000_000_000);
const FLEET: u64 = 100_000;

const CHECK_IN_AND_USAGE: Wants = Wants {
    check_in: true,
    usage: true,
    stats: None,
};

fn engine(install: u64, now: UnixMillis, state: State, wants: Wants) -> Engine {
    let phase = Phase::of(&["jambox", "clus1", &install.to_string()]);
    let random = Random::seeded(install ^ now.get());
    Engine::start(now, phase, "1.0", Timing::default(), wants, state, random)
}

fn accepted(body: &str) -> Reply {
    decode(RawReply::new(200).with_body(body)).unwrap()
}

fn away() -> Error {
    Error::Transport(TransportError::new("connection refused"))
}

fn busy(retry_after: &str) -> Error {
    decode(RawReply::new(503).with_header("Retry-After", retry_after)).unwrap_err()
}

/// One program, its queue, and a server that answers as `server` says.
struct Life {
    engine: Engine,
    now: UnixMillis,
    waiting: Vec<Kind>,
    /// Every attempt, and what it was about.
    attempts: Vec<(UnixMillis, Kind)>,
    accepted: Vec<(UnixMillis, Kind)>,
}

impl Life {
    fn new(install: u64, wants: Wants) -> Self {
        Self {
            engine: engine(install, START, State::default(), wants),
            now: START,
            waiting: Vec::new(),
            attempts: Vec::new(),
            accepted: Vec::new(),
        }
    }

    /// The program ends, and another of it begins.
    fn restart(&mut self, wants: Wants) {
        let state = State::from_json(&self.engine.state().to_json()).unwrap();
        self.engine = engine(self.now.get(), self.now, state, wants);
    }

    fn live_until(&mut self, end: UnixMillis, server: impl Fn(UnixMillis) -> Result<Reply, Error>) {
        loop {
            match self.engine.next_action(self.now, self.waiting.len()) {
                Action::Make(kind) => {
                    self.waiting.push(kind);
                    self.engine.on_made(self.now, kind);
                }
                Action::Send => {
                    self.attempts.push((self.now, self.waiting[0]));
                    match server(self.now) {
                        Ok(reply) => {
                            self.accepted.push((self.now, self.waiting.remove(0)));
                            self.engine.on_reply(self.now, &reply);
                        }
                        Err(error) => {
                            self.engine.on_failure(self.now, &error);
                        }
                    }
                }
                Action::Forget => unreachable!(),
                Action::Wait(until) => {
                    assert!(until > self.now, "waiting for nothing");
                    if until > end {
                        self.now = end;
                        return;
                    }
                    self.now = until;
                }
            }
        }
    }

    fn accepted(&self, kind: Kind) -> Vec<UnixMillis> {
        let of_kind = self.accepted.iter().filter(|(_, found)| *found == kind);
        of_kind.map(|(at, _)| *at).collect()
    }
}

/// How many there are in the fullest `width`, and how many on average over `span`.
fn peak_and_mean(times: &[UnixMillis], width: Duration, span: Duration) -> (usize, f64) {
    let mut full = BTreeMap::<_, usize>::new();
    for at in times {
        *full
            .entry(at.since(START).as_millis() / width.as_millis())
            .or_default() += 1;
    }
    let mean = times.len() as f64 / (span.as_secs_f64() / width.as_secs_f64());
    (full.values().copied().max().unwrap_or(0), mean)
}

/// What a fleet makes in the interval after it was restarted together.
fn restart_fleet(state: impl Fn(u64) -> State) -> (Vec<UnixMillis>, Vec<UnixMillis>) {
    let (mut check_ins, mut usage) = (Vec::new(), Vec::new());
    for install in 0..FLEET {
        let mut engine = engine(install, START, state(install), CHECK_IN_AND_USAGE);
        let mut now = START;
        while now.since(START) < INTERVAL {
            match engine.next_action(now, 0) {
                Action::Make(kind) => {
                    let times = if kind == Kind::Servers {
                        &mut check_ins
                    } else {
                        &mut usage
                    };
                    times.push(now);
                    engine.on_made(now, kind);
                }
                Action::Wait(until) => now = until,
                other => panic!("{other:?}"),
            }
        }
    }
    (check_ins, usage)
}

#[test]
fn a_fleet_restarted_together_doesn_t_report_together() {
    // New, and back after two days during which everybody missed their times.
    let missed = |install: u64| {
        let mut before = engine(
            install,
            START.before(DAY * 3),
            State::default(),
            CHECK_IN_AND_USAGE,
        );
        before.next_action(START.before(DAY * 3), 0);
        before.on_made(START.before(DAY * 3), Kind::Servers);
        before.state().clone()
    };
    for (fleet, (check_ins, usage)) in [
        ("new", restart_fleet(|_| State::default())),
        ("back after days", restart_fleet(missed)),
    ] {
        assert_eq!(
            (check_ins.len(), usage.len()),
            (FLEET as usize, FLEET as usize)
        );
        let (peak, mean) = peak_and_mean(&usage, MINUTE, INTERVAL);
        println!(
            "{fleet}: usage, peak {peak} a minute, mean {mean:.0} (unspread: {FLEET} in a second)"
        );
        assert!((peak as f64) < 2.0 * mean);
        for width in [MINUTE, Duration::from_secs(1)] {
            let (peak, mean) = peak_and_mean(&check_ins, width, MINUTE * 10);
            println!("{fleet}: check-ins, peak {peak} per {width:?}, mean {mean:.0}");
            assert!((peak as f64) < 2.0 * mean);
        }
        assert!(check_ins.iter().all(|at| at.since(START) <= MINUTE * 10));
    }
}

#[test]
fn a_fleet_that_found_nobody_comes_back_spread_out() {
    let retries: Vec<_> = (0..20_000)
        .map(|install| {
            let mut life = Life::new(install, CHECK_IN_AND_USAGE);
            life.live_until(START + MINUTE * 40, |_| Err(away()));
            let first_round = life.attempts.len();
            life.live_until(START + DAY, |_| Ok(accepted("")));
            life.attempts[first_round].0
        })
        .collect();
    let (peak, mean) = peak_and_mean(&retries, MINUTE, INTERVAL);
    println!("after an outage: peak {peak} a minute, mean {mean:.1}");
    // A fifth of the fleet, so chance weighs more.
    assert!((peak as f64) < 3.0 * mean);
}

#[test]
fn three_months_are_180_reports_at_times_of_its_own() {
    let mut life = Life::new(7, CHECK_IN_AND_USAGE);
    life.live_until(START + DAY * 90, |_| {
        Ok(accepted(r#"{"next_report_in":43200}"#))
    });
    assert_eq!(life.accepted(Kind::Servers).len(), 1);
    let usage = life.accepted(Kind::Usage);
    assert_eq!(usage.len(), 180);
    assert!(usage.windows(2).all(|two| two[1].since(two[0]) == INTERVAL));
}

#[test]
fn a_week_s_outage_costs_one_round_an_interval_and_no_report() {
    let back = START + DAY * 8;
    let server = |now: UnixMillis| {
        if now < START + DAY || now >= back {
            Ok(accepted(""))
        } else {
            Err(away())
        }
    };
    let minutely = Wants {
        stats: Some(MINUTE * 10),
        ..CHECK_IN_AND_USAGE
    };
    let mut life = Life::new(7, minutely);
    life.live_until(START + DAY * 10, server);

    let failed: Vec<_> = life
        .attempts
        .iter()
        .filter(|(at, _)| server(*at).is_err())
        .collect();
    let mut rounds: Vec<Vec<UnixMillis>> = Vec::new();
    for (at, _) in failed {
        match rounds.last_mut() {
            Some(round) if at.since(round[0]) < HOUR => round.push(*at),
            _ => rounds.push(vec![*at]),
        }
    }
    println!(
        "a week without a server: {} rounds, {:?} attempts",
        rounds.len(),
        rounds.iter().map(Vec::len).collect::<Vec<_>>()
    );
    assert!(rounds.len() <= 14 && rounds.len() >= 12);
    for round in &rounds {
        assert!(round.len() <= 5 && round.last().unwrap().since(round[0]) <= MINUTE * 15);
        assert!(
            round
                .windows(2)
                .all(|two| two[1].since(two[0]) >= Duration::from_secs(1))
        );
    }
    assert!(
        rounds
            .windows(2)
            .skip(1)
            .all(|two| two[1][0].since(two[0][0]) >= INTERVAL * 15 / 16)
    );
    // All that was made arrived, within an interval of the server's return.
    assert_eq!(life.accepted(Kind::Usage).len(), 20);
    let late = life.accepted.iter().find(|(at, _)| *at >= back).unwrap();
    assert!(late.0.since(back) <= INTERVAL);
}

#[test]
fn a_crash_loop_begins_no_round_of_its_own() {
    let mut life = Life::new(7, CHECK_IN_AND_USAGE);
    for _ in 0..7 * 24 * 60 {
        life.restart(CHECK_IN_AND_USAGE);
        life.live_until(life.now + MINUTE, |_| Err(away()));
    }
    // 15 intervals at most, five attempts each.
    assert!(life.attempts.len() <= 75, "{}", life.attempts.len());
    // And with a server that is there: a check-in an hour, not one a minute.
    let mut life = Life::new(7, CHECK_IN_AND_USAGE);
    for _ in 0..24 * 60 {
        life.restart(CHECK_IN_AND_USAGE);
        life.live_until(life.now + MINUTE, |_| Ok(accepted("")));
    }
    assert!((12..=24).contains(&life.accepted(Kind::Servers).len()));
}

#[test]
fn short_lived_processes_report_too() {
    let mut life = Life::new(7, CHECK_IN_AND_USAGE);
    for _ in 0..30 * 24 {
        // Two seconds at each hour.
        life.now = (life.now + HOUR).before(Duration::from_secs(2));
        life.restart(CHECK_IN_AND_USAGE);
        life.live_until(life.now + Duration::from_secs(2), |_| Ok(accepted("")));
    }
    let usage = life.accepted(Kind::Usage).len();
    assert!((30..=60).contains(&usage), "{usage} in 30 days");
    assert!(!life.accepted(Kind::Servers).is_empty());
}

#[test]
fn what_the_server_asks_for_is_followed_within_bounds() {
    for (asked, followed) in [
        (86_400, DAY),
        (7200, HOUR * 2),
        (1, HOUR),
        (31_536_000, DAY * 7),
    ] {
        let mut life = Life::new(7, CHECK_IN_AND_USAGE);
        let reply = format!(r#"{{"next_report_in":{asked}}}"#);
        life.live_until(START + DAY * 60, |_| Ok(accepted(&reply)));
        let usage = life.accepted(Kind::Usage);
        assert!(
            usage
                .windows(2)
                .skip(1)
                .all(|two| two[1].since(two[0]) == followed),
            "{asked}"
        );
        assert!(usage.len() > 5);
    }
}

#[test]
fn retry_after_is_honoured_as_seconds_and_as_a_date() {
    for (asked, seconds) in [("120", 120), ("90000", 90_000)] {
        let mut life = Life::new(7, CHECK_IN_AND_USAGE);
        life.live_until(START + DAY * 4, |_| Err(busy(asked)));
        let waits = life
            .attempts
            .windows(2)
            .map(|two| two[1].0.since(two[0].0).as_secs());
        assert!(waits.clone().all(|wait| wait >= seconds), "{asked}");
        assert!(waits.count() > 0);
    }
    let reply = RawReply::new(429)
        .with_header("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
        .with_header("Retry-After", "Sun, 06 Nov 1994 08:54:37 GMT");
    let mut life = Life::new(7, CHECK_IN_AND_USAGE);
    life.live_until(START + DAY, |_| Err(decode(reply.clone()).unwrap_err()));
    let wait = life.attempts[1].0.since(life.attempts[0].0);
    assert!(wait >= MINUTE * 5 && wait < MINUTE * 6, "{wait:?}");
}

#[test]
fn a_short_interval_shortens_no_wait_that_a_server_asks_for() {
    let mut timing = Timing::default();
    timing.interval = MINUTE;
    timing.longest_interval = MINUTE;
    let phase = Phase::of(&["jambox"]);
    let wants = Wants::default();
    let random = Random::seeded(1);
    let mut engine = Engine::start(START, phase, "1.0", timing, wants, State::default(), random);
    engine.on_failure(START, &busy("7200"));
    let Action::Wait(until) = engine.next_action(START, 1) else {
        panic!()
    };
    assert!(until.since(START) >= MINUTE * 120);
}

#[test]
fn clocks_that_jump_neither_silence_nor_loosen_it() {
    let year = DAY * 365;
    for ahead in [true, false] {
        let mut life = Life::new(7, CHECK_IN_AND_USAGE);
        life.live_until(START + DAY * 3, |_| Ok(accepted("")));
        let before = life.accepted.len();
        life.now = if ahead {
            life.now + year
        } else {
            life.now.before(year)
        };
        let jumped = life.now;
        life.live_until(jumped + DAY * 10, |_| Ok(accepted("")));
        let after = life.accepted.len() - before;
        assert!(
            (19..=21).contains(&after),
            "ahead: {ahead}, {after} reports in 10 days"
        );
    }
    // In the middle of an outage, there and back.
    let mut life = Life::new(7, CHECK_IN_AND_USAGE);
    life.live_until(START + DAY, |_| Err(away()));
    life.now = life.now + year;
    life.live_until(START + year + DAY * 2, |_| Err(away()));
    life.now = life.now.before(year);
    let (now, so_far) = (life.now, life.attempts.len());
    life.live_until(now + DAY * 2, |_| Err(away()));
    let rounds = life.attempts.len() - so_far;
    assert!((5..=25).contains(&rounds), "{rounds} attempts in 2 days");
}

#[test]
fn a_wrong_token_is_tried_once_an_interval_and_a_wrong_report_once() {
    let refused = |status| {
        move |_| {
            Err(
                decode(RawReply::new(status).with_body(r#"{"error":"no","errors":{}}"#))
                    .unwrap_err(),
            )
        }
    };
    let mut life = Life::new(7, CHECK_IN_AND_USAGE);
    life.live_until(START + DAY * 7, refused(401));
    assert!(life.attempts.len() <= 15, "{}", life.attempts.len());

    let mut engine = engine(7, START, State::default(), CHECK_IN_AND_USAGE);
    let verdict = engine.on_failure(START, &refused(422)(START).unwrap_err());
    assert_eq!(verdict, usage_client::core::Verdict::Drop);
    assert!(!engine.state().breaker.is_outage());
}

#[test]
fn forgetting_goes_before_everything_and_on_until_it_is_answered() {
    let mut engine = engine(7, START, State::default(), CHECK_IN_AND_USAGE);
    engine.forget();
    assert_eq!(engine.next_action(START, 3), Action::Forget);
    engine.on_failure(START, &away());
    let state = State::from_json(&engine.state().to_json()).unwrap();
    let mut engine = self::engine(7, START, state, CHECK_IN_AND_USAGE);
    let Action::Wait(until) = engine.next_action(START, 3) else {
        panic!()
    };
    assert_eq!(engine.next_action(until, 3), Action::Forget);
    // A report that was on its way when the wish came up is not the answer.
    engine.on_reply(until, &accepted(""));
    assert_eq!(engine.next_action(until, 0), Action::Forget);
    engine.on_reply(until, &accepted(r#"{"status_url":"/x"}"#));
    engine.on_forgotten();
    assert_ne!(engine.next_action(until, 0), Action::Forget);
}

#[test]
fn timings_that_make_no_sense_are_no_panic_and_no_tight_loop() {
    let mut timing = Timing::default();
    timing.interval = Duration::ZERO;
    timing.shortest_interval = DAY;
    timing.longest_interval = Duration::ZERO;
    let wants = Wants {
        stats: Some(Duration::ZERO),
        ..CHECK_IN_AND_USAGE
    };
    let phase = Phase::of(&["jambox"]);
    let random = Random::seeded(1);
    let mut engine = Engine::start(START, phase, "1.0", timing, wants, State::default(), random);
    let (mut now, mut made) = (START, 0);
    while now.since(START) < Duration::from_secs(1) {
        match engine.next_action(now, 0) {
            Action::Make(kind) => {
                made += 1;
                engine.on_made(now, kind);
            }
            Action::Wait(until) => now = until,
            other => panic!("{other:?}"),
        }
        engine.on_reply(now, &accepted(r#"{"next_report_in":0}"#));
    }
    assert!(made <= 1000, "{made} reports in a second");
}
