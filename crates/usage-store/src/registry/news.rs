//! What replies tell the programs of a product: its latest version, advisories about versions, and when to
//! report next, as operators say it. A change holds from the next commit of reports on, in every process.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::audit;
use super::limits::{
    ADVISORIES_PER_PRODUCT_MAX, ADVISORY_AFFECTED_MAX_BYTES, ADVISORY_ID_MAX_BYTES,
    ADVISORY_LINK_MAX_BYTES, ADVISORY_TITLE_MAX_BYTES, LATEST_VERSION_MAX_BYTES,
    REPORT_INTERVAL_MAX_SECONDS, REPORT_INTERVAL_MIN_SECONDS,
};
use crate::query::VersionRange;
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result, Store};

/// How much an advisory matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Low,
    /// Worth an update soon.
    Medium,
    /// Worth an update now.
    High,
    /// Stop and act.
    Critical,
}

impl Severity {
    /// All of them, the least first.
    pub const ALL: [Severity; 4] = [
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];

    /// As it is said, told and kept.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// The severity of this name.
    pub fn named(name: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// What users of some versions of a product should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advisory {
    /// What it is called by: `CVE-2026-1234`, `JB-7`. One of a product.
    pub id: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about, in a line.
    pub title: String,
    /// Which versions, as [`VersionRange`] reads it.
    pub affected: String,
    /// Where more is said: an https address, or empty.
    pub link: String,
}

/// What is wrong with something that an operator entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Which part: `id`, `title`, `affected`, `link`.
    pub field: &'static str,
    /// What to enter instead.
    pub message: String,
}

impl Advisory {
    /// All that is wrong with it; none is saved with anything wrong.
    pub fn objections(&self) -> Vec<Objection> {
        let mut objections = Vec::new();
        let mut object = |field, message: Option<String>| {
            objections.extend(message.map(|message| Objection { field, message }));
        };
        let id = text_objection(&self.id, ADVISORY_ID_MAX_BYTES);
        let spaced = self.id.contains(char::is_whitespace);
        object(
            "id",
            id.or(spaced.then(|| "must have no spaces, such as CVE-2026-1234".to_owned())),
        );
        object(
            "title",
            text_objection(&self.title, ADVISORY_TITLE_MAX_BYTES),
        );
        let affected = text_objection(&self.affected, ADVISORY_AFFECTED_MAX_BYTES);
        let unread = || VersionRange::read(&self.affected).err();
        object("affected", affected.or_else(unread));
        object("link", link_objection(&self.link));
        objections
    }
}

/// What is wrong with a latest version; a text that can't be put in order is fine.
pub fn latest_version_objection(version: &str) -> Option<String> {
    text_objection(version, LATEST_VERSION_MAX_BYTES)
}

/// What is wrong with a report interval.
pub fn report_interval_objection(seconds: u32) -> Option<String> {
    let followed = REPORT_INTERVAL_MIN_SECONDS..=REPORT_INTERVAL_MAX_SECONDS;
    (!followed.contains(&seconds)).then(|| {
        format!(
            "must be from {} hour to {} days, which is what clients follow",
            REPORT_INTERVAL_MIN_SECONDS / 3_600,
            REPORT_INTERVAL_MAX_SECONDS / 86_400
        )
    })
}

fn text_objection(text: &str, max_bytes: usize) -> Option<String> {
    if text.trim().is_empty() {
        return Some("must not be blank".to_owned());
    }
    if text.len() > max_bytes {
        return Some(format!("must have at most {max_bytes} bytes"));
    }
    let breaks = text.chars().any(char::is_control);
    breaks.then(|| "must be one line without control characters".to_owned())
}

/// Programs may show it as a link: nothing but https, no way to look like another host.
fn link_objection(link: &str) -> Option<String> {
    if link.is_empty() {
        return None;
    }
    if link.len() > ADVISORY_LINK_MAX_BYTES {
        return Some(format!("must have at most {ADVISORY_LINK_MAX_BYTES} bytes"));
    }
    let rest = link.strip_prefix("https://");
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let of_a_host = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b':');
    let right = host.is_some_and(|host| {
        !host.is_empty() && host.bytes().all(of_a_host) && !host.starts_with(['.', '-', ':'])
    }) && link
        .bytes()
        .all(|c| c.is_ascii_graphic() && !matches!(c, b'\\' | b'"' | b'<' | b'>'));
    (!right).then(|| {
        "must be an address such as https://example.com/advisories/7, or be left out".to_owned()
    })
}

/// What replies tell of a product.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProductNews {
    /// Its newest version.
    pub latest_version: Option<String>,
    /// Seconds until its programs report next; as the server is configured without.
    pub report_interval: Option<u32>,
    /// Each with when it was changed last; those that matter most first, then the newest.
    pub advisories: Vec<(Advisory, Timestamp)>,
}

/// The same of all products of which something is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct News {
    /// By name.
    pub products: HashMap<String, ProductNews>,
}

/// What replies tell.
impl Store {
    /// As of the last commit of reports: asks nobody, so it may be had for each reply.
    pub fn news(&self) -> Arc<News> {
        let news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&news)
    }

    /// What is told of a product from the next commit of reports on.
    pub fn news_of(&self, product: &str) -> Result<ProductNews> {
        self.readers.read(|db| of(db, product))
    }

    /// The same of all products.
    pub fn all_news(&self) -> Result<News> {
        self.readers.read(all)
    }

    /// Says what a product's latest version is; `None`: nothing is told.
    pub fn set_latest_version(
        &self,
        product: &str,
        version: Option<&str>,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        let subject = format!("{product}: {}", version.unwrap_or("none"));
        self.change(product, ("set latest version", &subject), by, now, |news| {
            news.latest_version = version.map(str::to_owned);
        })
    }

    /// Says when a product's programs report next, in seconds; `None`: as the server is configured.
    pub fn set_report_interval(
        &self,
        product: &str,
        seconds: Option<u32>,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        let said = seconds.map(|seconds| format!("{seconds} s"));
        let subject = format!("{product}: {}", said.as_deref().unwrap_or("as configured"));
        self.change(
            product,
            ("set report interval", &subject),
            by,
            now,
            |news| {
                news.report_interval = seconds;
            },
        )
    }

    fn change(
        &self,
        product: &str,
        (action, subject): (&str, &dyn Display),
        by: &str,
        now: Timestamp,
        change: impl FnOnce(&mut ProductNews),
    ) -> Result<()> {
        self.write(|db| {
            let before = settings(db, product)?;
            let mut after = before.clone();
            change(&mut after);
            if after == before {
                return Ok(());
            }
            match after == ProductNews::default() {
                true => db
                    .prepare_cached(sql!("news/forget_settings"))?
                    .execute([product])?,
                false => db
                    .prepare_cached(sql!("news/save_settings"))?
                    .execute(params![
                        product,
                        after.latest_version.as_deref().unwrap_or_default(),
                        after.report_interval,
                    ])?,
            };
            bump(db)?;
            audit::write(db, now, by, action, &subject.to_string())
        })
    }

    /// Adds an advisory, or changes the one of its id; whether it is new. It must be without
    /// [objections](Advisory::objections).
    pub fn save_advisory(
        &self,
        product: &str,
        advisory: &Advisory,
        by: &str,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(|db| {
            let known = of(db, product)?.advisories;
            let known = known.iter().find(|(known, _)| known.id == advisory.id);
            if known.is_some_and(|(known, _)| known == advisory) {
                return Ok(false);
            }
            db.prepare_cached(sql!("news/save_advisory"))?
                .execute(params![
                    product,
                    advisory.id,
                    advisory.severity.name(),
                    advisory.title,
                    advisory.affected,
                    advisory.link,
                    millis(now),
                ])?;
            let all: u32 = db
                .prepare_cached(sql!("news/count_advisories"))?
                .query_row([product], |row| row.get(0))?;
            if all > ADVISORIES_PER_PRODUCT_MAX {
                return Err(Error::TooMany {
                    what: "advisories of a product",
                    most: ADVISORIES_PER_PRODUCT_MAX,
                });
            }
            bump(db)?;
            let action = match known {
                None => "add advisory",
                Some(_) => "change advisory",
            };
            let (id, affected) = (&advisory.id, &advisory.affected);
            let subject = format!("{product}: {id}, {}, {affected}", advisory.severity.name());
            audit::write(db, now, by, action, &subject)?;
            Ok(known.is_none())
        })
    }

    /// Removes an advisory; whether there was one of this id.
    pub fn remove_advisory(
        &self,
        product: &str,
        id: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(|db| {
            let removed = db
                .prepare_cached(sql!("news/remove_advisory"))?
                .execute([product, id])?;
            if removed == 0 {
                return Ok(false);
            }
            bump(db)?;
            audit::write(db, now, by, "remove advisory", &format!("{product}: {id}"))?;
            Ok(true)
        })
    }
}

fn bump(db: &Connection) -> Result<()> {
    db.prepare_cached(sql!("allow/bump_version"))?.execute([])?;
    Ok(())
}

/// All but the advisories.
fn settings(db: &Connection, product: &str) -> Result<ProductNews> {
    let found = db
        .prepare_cached(sql!("news/settings"))?
        .query_row([product], |row| said(row, 0))
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn of(db: &Connection, product: &str) -> Result<ProductNews> {
    let mut news = settings(db, product)?;
    let mut query = db.prepare_cached(sql!("news/advisories"))?;
    let mut rows = query.query([product])?;
    while let Some(row) = rows.next()? {
        news.advisories.extend(advisory(row)?);
    }
    news.sort();
    Ok(news)
}

/// What is told of all products.
pub(crate) fn all(db: &Connection) -> Result<News> {
    let mut news = News::default();
    let mut query = db.prepare_cached(sql!("news/all_settings"))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        news.products.insert(row.get(0)?, said(row, 1)?);
    }
    let mut query = db.prepare_cached(sql!("news/all_advisories"))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let product = news.products.entry(row.get(0)?).or_default();
        product.advisories.extend(advisory(row)?);
    }
    news.products.values_mut().for_each(ProductNews::sort);
    Ok(news)
}

impl ProductNews {
    fn sort(&mut self) {
        self.advisories.sort_by(|(a, a_changed), (b, b_changed)| {
            let order = b.severity.cmp(&a.severity).then(b_changed.cmp(a_changed));
            order.then_with(|| a.id.cmp(&b.id))
        });
    }
}

fn said(row: &Row<'_>, from: usize) -> rusqlite::Result<ProductNews> {
    let latest_version: String = row.get(from)?;
    Ok(ProductNews {
        latest_version: Some(latest_version).filter(|version| !version.is_empty()),
        report_interval: row.get(from + 1)?,
        advisories: Vec::new(),
    })
}

/// `None` for one of a severity that this program doesn't know.
fn advisory(row: &Row<'_>) -> rusqlite::Result<Option<(Advisory, Timestamp)>> {
    let severity: String = row.get(2)?;
    let Some(severity) = Severity::named(&severity) else {
        return Ok(None);
    };
    let advisory = Advisory {
        id: row.get(1)?,
        severity,
        title: row.get(3)?,
        affected: row.get(4)?,
        link: row.get(5)?,
    };
    Ok(Some((advisory, timestamp(row.get(6)?))))
}
