//! Registrations as they go: a person says yes, a program gets its token, once; and all the ways in
//! which it doesn't.

use jiff::{SignedDuration, Timestamp};
use usage_store::registry::register::limits::{
    CODE_LIFETIME_SECONDS, CODES_WAITING_MAX, DEVICES_WAITING_MAX, USER_CODE_TRIES_MAX,
};
use usage_store::registry::register::{Approval, DeviceBegun, NewCode, NewDevice, Polled, Scope};
use usage_store::registry::{AccountId, NewAccount, OrganizationId, Role};
use usage_store::{Error, Store, Writing};

/// A person in an organization, and a fresh store.
struct House {
    store: Store,
    organization: OrganizationId,
    account: AccountId,
    folder: tempfile::TempDir,
}

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn later(millis: i64) -> Timestamp {
    now() + SignedDuration::from_millis(millis)
}

const OVER: i64 = CODE_LIFETIME_SECONDS * 1_000;

impl House {
    fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Writing::Alone).unwrap();
        let ada = NewAccount {
            email: "ada@example.com",
            password_hash: "hash",
            verified: false,
            identity: None,
        };
        let (account, organization) = store.sign_up(&ada, "Acme", now()).unwrap();
        House {
            organization,
            account,
            store,
            folder,
        }
    }

    fn approval(&self, replaces: bool) -> Approval {
        Approval {
            organization: self.organization,
            account: self.account,
            replaces,
        }
    }

    fn code(&self, secret: &[u8], at: Timestamp) {
        let new = NewCode {
            secret,
            product: "jambox",
            cluster: "c1",
            challenge: "challenge",
            approval: self.approval(false),
        };
        self.store.add_register_code(&new, at).unwrap();
    }

    /// Whether the code was good for a token.
    fn exchange(&self, code: &[u8], challenge: &str, token: &[u8], at: Timestamp) -> bool {
        let granted = self
            .store
            .exchange_register_code(code, challenge, token, at);
        granted.unwrap().is_some()
    }

    fn device(&self, secret: &[u8], user_code: &str, at: Timestamp) -> DeviceBegun {
        let new = NewDevice {
            secret,
            user_code,
            product: "jambox",
            cluster: "c1",
        };
        self.store.add_device(&new, at).unwrap()
    }

    fn poll(&self, token: &[u8], millis: i64) -> Polled {
        self.store
            .poll_device(b"device", token, later(millis))
            .unwrap()
    }

    fn is_valid(&self, token: &[u8]) -> bool {
        self.store.authenticate(token).unwrap().is_some()
    }

    /// How many rows a table has.
    fn count(&self, table: &str) -> i64 {
        let db = rusqlite::Connection::open(self.folder.path().join("usage.db")).unwrap();
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get(0)
        })
        .unwrap()
    }

    fn audit(&self) -> Vec<(String, String, String)> {
        let db = rusqlite::Connection::open(self.folder.path().join("usage.db")).unwrap();
        let mut rows = db
            .prepare("SELECT actor, action, subject FROM audit ORDER BY id")
            .unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }
}

#[test]
fn a_code_is_good_once_and_only_with_its_proof() {
    let house = House::new();
    house.code(b"code", now());
    assert!(
        !house.is_valid(b"usage_one"),
        "no token before it is asked for"
    );
    assert!(!house.exchange(b"guess", "challenge", b"usage_one", now()));
    assert!(house.exchange(b"code", "challenge", b"usage_one", later(OVER - 1)));
    assert!(!house.exchange(b"code", "challenge", b"usage_two", now()));
    let grant = house.store.authenticate(b"usage_one").unwrap().unwrap();
    assert_eq!(grant.organization, house.organization);
    assert_eq!(grant.product.as_deref(), Some("jambox"));
    assert_eq!(grant.cluster.as_deref(), Some("c1"));
    assert!(!grant.may_forget && !house.is_valid(b"usage_two"));

    house.code(b"another", now());
    assert!(!house.exchange(b"another", "wrong", b"usage_three", now()));
    assert!(
        !house.exchange(b"another", "challenge", b"usage_three", now()),
        "used up"
    );
    house.code(b"old", now());
    assert!(!house.exchange(b"old", "challenge", b"usage_three", later(OVER)));
    assert!(!house.is_valid(b"usage_three"));
    assert_eq!(house.count("register_code"), 0);
}

#[test]
fn a_program_waits_for_a_person_and_gets_its_token_once() {
    let house = House::new();
    assert_eq!(house.device(b"device", "BCDFG", now()), DeviceBegun::Begun);
    assert_eq!(house.poll(b"usage_one", 0), Polled::Pending);
    assert_eq!(house.poll(b"usage_one", 5_000), Polled::Pending);
    let waiting = house
        .store
        .enter_user_code("BCDFG", later(6_000))
        .unwrap()
        .unwrap();
    assert_eq!(
        (waiting.product.as_str(), waiting.cluster.as_str()),
        ("jambox", "c1")
    );
    assert_eq!(waiting.asked_at, now());
    let approve = || {
        let approval = house.approval(false);
        house.store.approve_device("BCDFG", &approval, later(7_000))
    };
    approve().unwrap();
    assert!(matches!(approve(), Err(Error::NotFound(_))), "once");
    assert!(!house.is_valid(b"usage_one"));
    let polled = house.poll(b"usage_two", 7_500);
    assert!(matches!(polled, Polled::Granted(_)), "{polled:?}");
    assert!(house.is_valid(b"usage_two") && !house.is_valid(b"usage_one"));
    assert_eq!(house.poll(b"usage_three", 12_500), Polled::Expired);
    assert!(!house.is_valid(b"usage_three"));
}

#[test]
fn who_asks_too_often_waits_longer_from_then_on() {
    let house = House::new();
    house.device(b"device", "BCDFG", now());
    assert_eq!(house.poll(b"t", 0), Polled::Pending);
    assert_eq!(
        house.poll(b"t", 4_000),
        Polled::Pending,
        "a second is the network's"
    );
    assert_eq!(house.poll(b"t", 7_999), Polled::SlowDown);
    assert_eq!(
        house.poll(b"t", 16_998),
        Polled::SlowDown,
        "ten seconds now"
    );
    assert_eq!(house.poll(b"t", 30_998), Polled::Pending, "fifteen");
    assert_eq!(
        house.poll(b"t", 20_000),
        Polled::Pending,
        "the clock was set back"
    );
}

#[test]
fn a_no_stays_a_no_and_time_ends_all() {
    let house = House::new();
    house.device(b"device", "BCDFG", now());
    house
        .store
        .deny_device("BCDFG", house.account, now())
        .unwrap();
    assert_eq!(house.poll(b"t", 0), Polled::Denied);
    assert_eq!(house.poll(b"t", 1), Polled::Denied);
    let approval = house.approval(false);
    assert!(
        house
            .store
            .approve_device("BCDFG", &approval, now())
            .is_err()
    );
    assert_eq!(house.poll(b"t", OVER), Polled::Expired);
    assert_eq!(house.store.enter_user_code("BCDFG", now()).unwrap(), None);

    house.device(b"other", "HJKLM", now());
    assert_eq!(
        house.store.enter_user_code("HJKLM", later(OVER)).unwrap(),
        None
    );
    assert!(
        house
            .store
            .approve_device("HJKLM", &approval, later(OVER))
            .is_err()
    );
    assert!(!house.is_valid(b"t"));
}

#[test]
fn a_user_code_is_entered_a_few_times_and_is_one_programs() {
    let house = House::new();
    house.device(b"device", "BCDFG", now());
    assert_eq!(house.device(b"other", "BCDFG", now()), DeviceBegun::Taken);
    for _ in 0..USER_CODE_TRIES_MAX {
        assert!(
            house
                .store
                .enter_user_code("BCDFG", now())
                .unwrap()
                .is_some()
        );
    }
    assert_eq!(house.store.enter_user_code("BCDFG", now()).unwrap(), None);
    assert_eq!(
        house.device(b"later", "BCDFG", later(OVER)),
        DeviceBegun::Begun
    );
}

#[test]
fn a_new_token_takes_the_place_of_the_old_ones_if_asked_to() {
    let house = House::new();
    let scope = Scope {
        organization: house.organization,
        product: "jambox",
        cluster: "c1",
    };
    let register = |cluster: &str, token: &[u8], replaces| {
        let approval = house.approval(replaces);
        let granted = house
            .store
            .register_token(&approval, "jambox", cluster, token, now());
        granted.unwrap()
    };
    register("c2", b"usage_of_another_one", false);
    let one = register("c1", b"usage_1_of_it_or_more", false);
    let two = register("c1", b"usage_2_of_it_or_more", false);
    let known: Vec<_> = house.store.cluster_tokens(&scope).unwrap();
    assert_eq!(
        known.iter().map(|token| token.id).collect::<Vec<_>>(),
        [two, one]
    );
    assert_eq!(known[0].prefix, "usage_2_of_it_or");
    assert_eq!(known[0].created_at, now());
    assert!(house.is_valid(b"usage_1_of_it_or_more"));
    let three = register("c1", b"usage_3_of_it_or_more", true);
    assert!(!house.is_valid(b"usage_1_of_it_or_more") && !house.is_valid(b"usage_2_of_it_or_more"));
    assert!(house.is_valid(b"usage_3_of_it_or_more") && house.is_valid(b"usage_of_another_one"));
    let known = house.store.cluster_tokens(&scope).unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].id, three);
}

#[test]
fn a_yes_counts_only_as_long_as_its_person_belongs_there() {
    let house = House::new();
    house.code(b"code", now());
    house.device(b"device", "BCDFG", now());
    let approval = house.approval(true);
    house
        .store
        .approve_device("BCDFG", &approval, now())
        .unwrap();
    let (store, acme) = (&house.store, house.organization);
    store
        .register_token(&approval, "jambox", "c1", b"usage_one", now())
        .unwrap();
    let grace = NewAccount {
        email: "grace@example.com",
        password_hash: "hash",
        verified: false,
        identity: None,
    };
    let grace = store
        .add_account(&grace, "grace@example.com", now())
        .unwrap();
    store
        .add_member(acme, grace, Role::Owner, "ada@example.com", now())
        .unwrap();
    store
        .remove_member(acme, house.account, "grace@example.com", now())
        .unwrap();
    assert!(!house.exchange(b"code", "challenge", b"usage_two", now()));
    assert_eq!(house.poll(b"usage_two", 0), Polled::Denied);
    assert_eq!(house.poll(b"usage_two", 10_000), Polled::Expired);
    let refused = store.register_token(&approval, "jambox", "c1", b"usage_two", now());
    assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
    assert!(house.is_valid(b"usage_one"), "nothing took its place");
    assert!(!house.is_valid(b"usage_two"));
}

#[test]
fn who_said_what_is_written_down_without_any_secret() {
    let house = House::new();
    house.code(b"code-secret", now());
    house.exchange(
        b"code-secret",
        "challenge",
        b"usage_tokensecret_tokensecret",
        now(),
    );
    house.device(b"device", "BCDFG", now());
    house
        .store
        .approve_device("BCDFG", &house.approval(true), now())
        .unwrap();
    house.poll(b"usage_othersecret_othersecret", 0);
    house.device(b"device", "HJKLM", now());
    house
        .store
        .deny_device("HJKLM", house.account, now())
        .unwrap();
    let audit = house.audit();
    let done: Vec<&str> = audit
        .iter()
        .filter(|(actor, action, _)| actor == "ada@example.com" && !action.starts_with("add"))
        .map(|(_, action, _)| action.as_str())
        .collect();
    assert_eq!(
        done,
        [
            "approve registration",
            "issue token",
            "approve registration",
            "replace token",
            "issue token",
            "refuse registration"
        ]
    );
    let bytes = std::fs::read(house.folder.path().join("usage.db-wal")).unwrap();
    for secret in [
        &b"tokensecret_tokens"[..],
        b"code-secret",
        b"othersecret_others",
    ] {
        assert!(!bytes.windows(secret.len()).any(|part| part == secret));
    }
    assert!(
        bytes.windows(5).any(|part| part == b"HJKLM"),
        "looks where it is written"
    );
}

#[test]
fn a_yes_that_no_token_can_come_of_is_not_taken() {
    let house = House::new();
    house.code(b"before", now());
    house.device(b"device", "BCDFG", now());
    let db = rusqlite::Connection::open(house.folder.path().join("usage.db")).unwrap();
    let fill = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
        INSERT INTO token (organization, hash, prefix, product, cluster, created_at, may_forget, name)
        SELECT ?1, CAST(n AS BLOB), '', 'jambox', iif(n = 1, 'c1', 'c2'), 0, FALSE, '' FROM n";
    db.execute(fill, [house.organization.0]).unwrap();
    let full = |said: usage_store::Result<()>| matches!(said, Err(Error::TooMany { .. }));
    let new = NewCode {
        secret: b"code",
        product: "jambox",
        cluster: "c1",
        challenge: "challenge",
        approval: house.approval(false),
    };
    assert!(full(house.store.add_register_code(&new, now())));
    let approval = house.approval(false);
    assert!(full(house.store.approve_device("BCDFG", &approval, now())));
    assert_eq!(house.poll(b"usage_early", 0), Polled::Pending);
    // A yes from before counts no more; nothing was made or revoked for it.
    assert!(!house.exchange(b"before", "challenge", b"usage_late", now()));

    // In the place of another there is room.
    let approval = house.approval(true);
    house
        .store
        .approve_device("BCDFG", &approval, now())
        .unwrap();
    assert!(matches!(
        house.poll(b"usage_test", 6_000),
        Polled::Granted(_)
    ));
    let valid = "SELECT count(*) FROM token WHERE revoked_at IS NULL";
    let valid: i64 = db.query_row(valid, [], |row| row.get(0)).unwrap();
    assert_eq!(valid, 10_000);
}

#[test]
fn what_waits_is_bounded() {
    let house = House::new();
    let db = rusqlite::Connection::open(house.folder.path().join("usage.db")).unwrap();
    let fill = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
        INSERT INTO register_device (hash, user_code, product, cluster, asked_at, expires_at, interval_seconds)
        SELECT CAST(n AS BLOB), 'U' || n, 'p', 'c', ?2, ?2 + 600000, 5 FROM n";
    let at = now().as_millisecond();
    db.execute(fill, [DEVICES_WAITING_MAX, at]).unwrap();
    assert_eq!(house.device(b"device", "BCDFG", now()), DeviceBegun::Full);
    assert_eq!(
        house.device(b"device", "BCDFG", later(OVER)),
        DeviceBegun::Begun
    );
    assert_eq!(
        house.count("register_device"),
        1,
        "those that were over are gone"
    );

    let fill = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
        INSERT INTO register_code (hash, product, cluster, challenge, organization, account, replaces, expires_at)
        SELECT CAST(n AS BLOB), 'p', 'c', 'x', ?2, ?3, 0, ?4 - n FROM n";
    db.execute(
        fill,
        [
            CODES_WAITING_MAX,
            house.organization.0,
            house.account.0,
            at + OVER,
        ],
    )
    .unwrap();
    house.code(b"newest", now());
    assert_eq!(house.count("register_code"), CODES_WAITING_MAX);
    assert!(house.exchange(b"newest", "challenge", b"usage_one", now()));
    house.code(b"newer", later(OVER));
    assert_eq!(house.count("register_code"), 1);
}
