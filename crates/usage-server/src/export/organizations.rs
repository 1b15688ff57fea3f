//! The names of organizations, looked up once each.

use std::collections::HashMap;
use std::sync::Arc;

use usage_store::registry::OrganizationId;
use usage_store::{Result, Store};

/// Names that are known already.
#[derive(Default)]
pub(crate) struct Organizations(HashMap<OrganizationId, Option<Arc<str>>>);

impl Organizations {
    /// The name of an organization, if there is one.
    pub(crate) fn name(
        &mut self,
        store: &Store,
        id: Option<OrganizationId>,
    ) -> Result<Option<Arc<str>>> {
        let Some(id) = id else { return Ok(None) };
        if let Some(name) = self.0.get(&id) {
            return Ok(name.clone());
        }
        let name: Option<Arc<str>> = store.organization_name(id)?.map(Arc::from);
        self.0.insert(id, name.clone());
        Ok(name)
    }
}
