//! Which organization a command means: one of the operators' by its name, any by its id. A name that
//! somebody chose at sign-up never means theirs by accident.

use jiff::Timestamp;
use usage_store::registry::{Organization, OrganizationId};
use usage_store::{Error, Store};

use super::Failure;

/// A name that was given must say something.
pub(super) fn check(name: Option<&str>) -> Result<(), Failure> {
    match name.map(str::trim) {
        Some("") => Err(Failure::Usage(
            "--organization must not be blank".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// The organization that was named, made if new; `None` where none was.
pub(super) fn named_or_new(
    store: &Store,
    name: Option<&str>,
    id: Option<i64>,
    now: Timestamp,
) -> Result<Option<OrganizationId>, Failure> {
    match (name, id) {
        (Some(name), _) => match store.organization(name.trim(), now) {
            Err(Error::SelfRegistered(own)) => Err(by_id_please(&own)),
            found => Ok(Some(found?)),
        },
        (None, Some(id)) => Ok(Some(by_id(store, id)?.id)),
        (None, None) => Ok(None),
    }
}

/// The organization that was named and must be there; `None` where none was.
pub(super) fn known(
    store: &Store,
    name: Option<&str>,
    id: Option<i64>,
) -> Result<Option<Organization>, Failure> {
    match (name, id) {
        (Some(name), _) => match store.find_organization(name.trim())? {
            Some(own) if own.self_registered => Err(by_id_please(&own)),
            Some(known) => Ok(Some(known)),
            None => Err(Failure::Failed(format!(
                "there is no organization {name:?}"
            ))),
        },
        (None, Some(id)) => Ok(Some(by_id(store, id)?)),
        (None, None) => Ok(None),
    }
}

fn by_id(store: &Store, id: i64) -> Result<Organization, Failure> {
    let found = store.organization_by_id(OrganizationId(id))?;
    found.ok_or_else(|| Failure::Failed(format!("there is no organization with the id {id}")))
}

fn by_id_please(own: &Organization) -> Failure {
    Failure::Failed(format!(
        "the organization {:?} registered itself, so its name proves nothing; if you mean it, say --organization-id {}",
        own.name, own.id.0
    ))
}
