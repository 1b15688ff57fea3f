//! What the two pages have in common on which a person says yes to a program, `/start` and `/device`:
//! the choice of the organization, and of what becomes of the tokens that the cluster has.

use jiff::Timestamp;
use usage_store::registry::OrganizationId;
use usage_store::registry::register::{Approval, Scope};

use super::Failure;
use super::figures::Moment;
use crate::account::SignedIn;
use crate::app::App;

/// What can be chosen.
pub(super) struct Choice {
    pub(super) organizations: Vec<Candidate>,
    /// Whether the tokens that there are should be replaced, as far as it was said.
    pub(super) tokens: String,
}

/// One of the person's organizations.
pub(super) struct Candidate {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) chosen: bool,
    /// Those that the cluster has there already, the newest first.
    pub(super) tokens: Vec<Token>,
}

/// A token that the cluster has.
pub(super) struct Token {
    pub(super) prefix: String,
    pub(super) since: Moment,
}

/// What was chosen.
#[derive(Debug, Default, Clone)]
pub(super) struct Chosen {
    pub(super) organization: String,
    pub(super) tokens: String,
}

impl Choice {
    /// For a cluster of a product. Blocks on the store.
    pub(super) fn new(
        app: &App,
        person: &SignedIn,
        product: &str,
        cluster: &str,
        chosen: &Chosen,
        now: Timestamp,
    ) -> Result<Choice, Failure> {
        let mut organizations = Vec::new();
        for membership in &person.memberships {
            let organization = &membership.organization;
            let scope = Scope {
                organization: organization.id,
                product,
                cluster,
            };
            let known = app.store.cluster_tokens(&scope)?.into_iter();
            organizations.push(Candidate {
                id: organization.id.0,
                name: organization.name.clone(),
                chosen: chosen.organization == organization.id.0.to_string(),
                tokens: known
                    .map(|token| Token {
                        prefix: token.prefix,
                        since: Moment::new(token.created_at, now),
                    })
                    .collect(),
            });
        }
        Ok(Choice {
            organizations,
            tokens: chosen.tokens.clone(),
        })
    }

    /// Whether the cluster has tokens somewhere, so that there is more to choose.
    pub(super) fn has_tokens(&self) -> bool {
        self.organizations.iter().any(|one| !one.tokens.is_empty())
    }

    /// The person's yes.
    ///
    /// # Errors
    ///
    /// What is still to be chosen, in words for them.
    pub(super) fn approval(&self, person: &SignedIn) -> Result<Approval, &'static str> {
        let mut chosen = self.organizations.iter().filter(|one| one.chosen);
        let organization = chosen.next().ok_or("Choose the organization.")?;
        let replaces = match self.tokens.as_str() {
            _ if organization.tokens.is_empty() => false,
            "keep" => false,
            "replace" => true,
            _ => return Err("Choose what becomes of the tokens that the cluster has already."),
        };
        Ok(Approval {
            organization: OrganizationId(organization.id),
            account: person.account.id,
            replaces,
        })
    }
}
