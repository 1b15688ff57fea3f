//! Device codes: a program shows a short code and asks until a person has entered it in a browser
//! anywhere (RFC 8628).

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::limits::{
    CODE_LIFETIME_SECONDS, DEVICE_INTERVAL_MAX_SECONDS, DEVICE_INTERVAL_SECONDS,
    DEVICES_WAITING_MAX, EARLY_MAX_MILLIS, SLOW_DOWN_SECONDS, USER_CODE_TRIES_MAX,
};
use super::{Approval, checked, grant_still, note};
use crate::registry::tokens::hash;
use crate::registry::{AccountId, OrganizationId, TokenId};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result};

/// A device code to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewDevice<'a> {
    /// The program's half; only its hash is kept.
    pub secret: &'a [u8],
    /// The person's half, as they are compared: in one spelling.
    pub user_code: &'a str,
    /// The product that asks.
    pub product: &'a str,
    /// The cluster.
    pub cluster: &'a str,
}

/// What became of a new device code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceBegun {
    /// The program may show it.
    Begun,
    /// The user code is another's: draw one more.
    Taken,
    /// Too many wait already.
    Full,
}

/// A program that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingDevice {
    /// The product that asks.
    pub product: String,
    /// The cluster.
    pub cluster: String,
    /// When it asked.
    pub asked_at: Timestamp,
}

/// What a program hears that asks for its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polled {
    /// Nobody has answered yet.
    Pending,
    /// The same, and it asks too often: some seconds more between questions from now on.
    SlowDown,
    /// The person said no.
    Denied,
    /// There is no such code, or no longer.
    Expired,
    /// The token given is valid now. The code is used up.
    Granted(TokenId),
}

const WAITING: i64 = 0;
const APPROVED: i64 = 1;
const DENIED: i64 = 2;

pub(super) fn add(db: &Connection, new: &NewDevice<'_>, now: Timestamp) -> Result<DeviceBegun> {
    db.prepare_cached(sql!("register/trim_devices"))?
        .execute([millis(now)])?;
    let waiting: i64 = db
        .prepare_cached(sql!("register/count_devices"))?
        .query_row([], |row| row.get(0))?;
    if waiting >= DEVICES_WAITING_MAX {
        return Ok(DeviceBegun::Full);
    }
    let added = db
        .prepare_cached(sql!("register/add_device"))?
        .execute(params![
            hash(new.secret),
            new.user_code,
            new.product,
            new.cluster,
            millis(now),
            millis(now) + CODE_LIFETIME_SECONDS * 1_000,
            DEVICE_INTERVAL_SECONDS,
        ])?;
    Ok(match added {
        0 => DeviceBegun::Taken,
        _ => DeviceBegun::Begun,
    })
}

/// Who waits for this code to be entered. Each look counts as a try.
pub(super) fn enter(
    db: &Connection,
    user_code: &str,
    now: Timestamp,
) -> Result<Option<WaitingDevice>> {
    Ok(db
        .prepare_cached(sql!("register/enter_user_code"))?
        .query_row(
            params![user_code, millis(now), USER_CODE_TRIES_MAX],
            waiting_device,
        )
        .optional()?)
}

/// Who waits for it; no try.
pub(super) fn waiting(
    db: &Connection,
    user_code: &str,
    now: Timestamp,
) -> Result<Option<WaitingDevice>> {
    Ok(db
        .prepare_cached(sql!("register/waiting_device"))?
        .query_row(params![user_code, millis(now)], waiting_device)
        .optional()?)
}

fn waiting_device(row: &Row<'_>) -> rusqlite::Result<WaitingDevice> {
    Ok(WaitingDevice {
        product: row.get(0)?,
        cluster: row.get(1)?,
        asked_at: timestamp(row.get(2)?),
    })
}

/// A person says yes.
pub(super) fn approve(
    db: &Connection,
    user_code: &str,
    approval: &Approval,
    now: Timestamp,
) -> Result<()> {
    let asking = waiting(db, user_code, now)?.ok_or_else(nobody_waits)?;
    checked(db, approval, &asking.product, &asking.cluster)?;
    let answered = answer(
        db,
        user_code,
        APPROVED,
        approval.account,
        Some(approval),
        now,
    )?;
    let (by, organization) = (approval.account, Some(approval.organization));
    note(db, by, "approve registration", &answered, organization, now)
}

/// A person says no.
pub(super) fn deny(db: &Connection, user_code: &str, by: AccountId, now: Timestamp) -> Result<()> {
    let answered = answer(db, user_code, DENIED, by, None, now)?;
    note(db, by, "refuse registration", &answered, None, now)
}

/// The product that waited.
fn answer(
    db: &Connection,
    user_code: &str,
    state: i64,
    account: AccountId,
    approval: Option<&Approval>,
    now: Timestamp,
) -> Result<String> {
    let answered = db
        .prepare_cached(sql!("register/answer_device"))?
        .query_row(
            params![
                user_code,
                millis(now),
                state,
                approval.map(|approval| approval.organization.0),
                account.0,
                approval.is_some_and(|approval| approval.replaces),
            ],
            |row| row.get(0),
        )
        .optional()?;
    answered.ok_or_else(nobody_waits)
}

fn nobody_waits() -> Error {
    Error::NotFound("a program that waits for this code".to_owned())
}

struct Device {
    state: i64,
    interval_seconds: i64,
    polled_at: Option<i64>,
    product: String,
    cluster: String,
    approval: Option<Approval>,
}

impl Device {
    fn read(row: &Row<'_>) -> rusqlite::Result<Device> {
        let (organization, account): (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
        let replaces = row.get(7)?;
        let by = organization.zip(account);
        Ok(Device {
            state: row.get(0)?,
            interval_seconds: row.get(1)?,
            polled_at: row.get(2)?,
            product: row.get(3)?,
            cluster: row.get(4)?,
            approval: by.map(|(organization, account)| Approval {
                organization: OrganizationId(organization),
                account: AccountId(account),
                replaces,
            }),
        })
    }

    /// Whether it asks before its time. A clock that was set back doesn't count.
    fn is_early(&self, now: Timestamp) -> bool {
        self.polled_at.is_some_and(|polled_at| {
            let waited = millis(now) - polled_at;
            (0..self.interval_seconds * 1_000 - EARLY_MAX_MILLIS).contains(&waited)
        })
    }
}

fn find(db: &Connection, device_code: &[u8], now: Timestamp) -> Result<Option<Device>> {
    Ok(db
        .prepare_cached(sql!("register/device"))?
        .query_row(params![hash(device_code), millis(now)], Device::read)
        .optional()?)
}

/// Whether there is such a code still.
pub(super) fn is_known(db: &Connection, device_code: &[u8], now: Timestamp) -> Result<bool> {
    Ok(find(db, device_code, now)?.is_some())
}

/// A program asks for its token.
pub(super) fn poll(
    db: &Connection,
    device_code: &[u8],
    token: &[u8],
    now: Timestamp,
) -> Result<Polled> {
    let Some(device) = find(db, device_code, now)? else {
        return Ok(Polled::Expired);
    };
    match (device.state, &device.approval) {
        (APPROVED, Some(approval)) => {
            db.prepare_cached(sql!("register/end_device"))?
                .execute([hash(device_code)])?;
            let (product, cluster) = (&device.product, &device.cluster);
            let granted = grant_still(db, approval, product, cluster, token, now)?;
            Ok(granted.map_or(Polled::Denied, Polled::Granted))
        }
        (WAITING, _) => {
            let early = device.is_early(now);
            let added = if early { SLOW_DOWN_SECONDS } else { 0 };
            let interval = (device.interval_seconds + added).min(DEVICE_INTERVAL_MAX_SECONDS);
            db.prepare_cached(sql!("register/polled"))?
                .execute(params![hash(device_code), millis(now), interval])?;
            Ok(match early {
                true => Polled::SlowDown,
                false => Polled::Pending,
            })
        }
        _ => Ok(Polled::Denied),
    }
}
