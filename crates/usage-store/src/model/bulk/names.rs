//! What a batch calls things, and the ids that the database has given them.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::batch::{Batch, NewServer};
use crate::Result;
use crate::model::cells::{POSTED, Place};
use crate::model::chunk::twins;
use crate::model::dictionary::{Dictionary, add_server};
use crate::model::tiers::Tiers;
use crate::query::{ProductId, ServerId};
use crate::report::Kind;

/// Those of products and servers hold for all batches.
#[derive(Default)]
pub(super) struct Names {
    products: Vec<Option<ProductId>>,
    /// `None` where the product isn't listed.
    servers: Vec<Option<ServerId>>,
    /// Servers whose ids others have too, that are anonymous where they aren't, or the other way round.
    twins: HashMap<ServerId, Twins>,
}

#[derive(Default)]
pub(super) struct Twins {
    pub(super) anonymous: bool,
    pub(super) others: Vec<ServerId>,
}

/// The ids of what a batch says, in its order; empty where nobody asks.
pub(super) struct Saids {
    /// The cells that it puts its server in, sorted.
    pub(super) places: Vec<Vec<Place>>,
    /// The keys of numbers.
    pub(super) keys: Vec<Vec<u32>>,
}

impl Names {
    pub(super) fn product(&self, product: u32) -> Option<ProductId> {
        self.products[product as usize]
    }

    pub(super) fn server(&self, server: u32) -> Option<ServerId> {
        self.servers[server as usize]
    }

    pub(super) fn twins(&self, server: ServerId) -> Option<&Twins> {
        self.twins.get(&server)
    }

    /// Looks up what is new in a batch. What the database doesn't know is given an id, in the order in which it
    /// was met.
    pub(super) fn resolve(
        &mut self,
        db: &Connection,
        dictionary: &mut Dictionary,
        batch: &Batch,
        tiers: &Tiers,
    ) -> Result<Saids> {
        for name in &batch.new_products {
            self.products.push(dictionary.product(db, name)?);
        }
        if batch.forgets_servers {
            self.servers.clear();
            self.twins.clear();
        }
        for new in &batch.new_servers {
            let server = match self.product(new.product) {
                Some(product) => Some(self.meet(db, product, new)?),
                None => None,
            };
            self.servers.push(server);
        }
        self.said(db, dictionary, batch, tiers)
    }

    fn meet(&mut self, db: &Connection, product: ProductId, new: &NewServer) -> Result<ServerId> {
        let (cluster_id, server_id) = (&*new.cluster_id, &*new.server_id);
        let (mut own, mut others) = (None, Vec::new());
        let anonymous = new.organization == 0;
        for (id, organization) in twins(db, (product, cluster_id, server_id))? {
            if organization == new.organization {
                own = Some(id);
            } else if (organization == 0) != anonymous {
                others.push(id);
            }
        }
        let own = match own {
            Some(id) => id,
            None => {
                let organization = new.organization;
                let id = add_server(db, product.0, organization, cluster_id, server_id)?;
                // As in the dictionary.
                ServerId(id as u32)
            }
        };
        if !others.is_empty() {
            for other in &others {
                let of_other = self.twins.entry(*other).or_default();
                of_other.anonymous = !anonymous;
                if !of_other.others.contains(&own) {
                    of_other.others.push(own);
                }
            }
            self.twins.insert(own, Twins { anonymous, others });
        }
        Ok(own)
    }

    /// Only of usage on days that have rows; in the order in which it was said there.
    fn said(
        &self,
        db: &Connection,
        dictionary: &mut Dictionary,
        batch: &Batch,
        tiers: &Tiers,
    ) -> Result<Saids> {
        let mut saids = Saids {
            places: vec![Vec::new(); batch.said.len()],
            keys: vec![Vec::new(); batch.shapes.len()],
        };
        let mut met = HashSet::new();
        for seen in batch.seen.iter().filter(|seen| seen.kind == Kind::Usage) {
            let day = batch.days[seen.day as usize].day;
            if day < tiers.days || !met.insert((seen.said, seen.shape, seen.day)) {
                continue;
            }
            let (said, shape) = (batch.said_by(seen), &batch.shapes[seen.shape as usize]);
            let Some(product) = self.product(said.product) else {
                continue;
            };
            let mut places = Vec::with_capacity(1 + said.dimensions.len());
            places.push(POSTED);
            for (name, value) in &said.dimensions {
                places.push(dictionary.place(db, (product, day), (name, value))?);
            }
            places.sort_unstable();
            places.dedup();
            saids.places[seen.said as usize] = places;
            let mut keys = Vec::with_capacity(shape.keys.len());
            for (name, kind) in &shape.keys {
                let said = (&**name, kind.number(0));
                keys.push(dictionary.number_key(db, (product, day), said)?);
            }
            saids.keys[seen.shape as usize] = keys;
        }
        Ok(saids)
    }
}
