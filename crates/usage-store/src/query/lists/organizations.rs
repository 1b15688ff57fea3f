//! Organizations as a list, a row for each of their products: how many servers report, and since when none does.

use std::collections::BTreeMap;

use jiff::Timestamp;
use roaring::RoaringBitmap;

use super::paging::{self, Listed, Place};
use super::roster::Roster;
use super::{List, Sort, counted, sorting};
use crate::Result;
use crate::query::ProductId;
use crate::query::ground::Ground;
use crate::query::products;
use crate::registry::OrganizationId;
use crate::sqlite::{sql, timestamp};

/// An organization, and one of its products.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedOrganization {
    /// The organization.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// The product that reports for it; none where nothing ever did.
    pub product: Option<String>,
    /// Its servers that reported in the window.
    pub servers: u64,
    /// The clusters they are of.
    pub clusters: u64,
    /// The first report of any of its servers.
    pub first_seen: Option<Timestamp>,
    /// The last report of any.
    pub last_seen: Option<Timestamp>,
    /// Where it stands.
    pub place: Place,
}

/// What an organization's servers come to.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    servers: u64,
    clusters: u64,
    first_seen: Option<i64>,
    last_seen: Option<i64>,
}

/// A page of the list: of the list's product or, where that is 0, of all.
pub(crate) fn list(ground: &Ground<'_>, list: &List) -> Result<Listed<ListedOrganization>> {
    let roster = ground.roster()?;
    let wanted = list.asked.product;
    let mut sums: BTreeMap<(u32, i64), Sums> = BTreeMap::new();
    for (product, all) in &roster.products {
        if wanted != ProductId(0) && wanted != ProductId(*product) {
            continue;
        }
        let mut of_product = list.clone();
        of_product.asked.product = ProductId(*product);
        let counted = counted::servers(ground, &of_product)?;
        let mut kept = roster.kept();
        let of = kept.organizations(ProductId(*product), counted, |counted| {
            of_organizations(ground, &roster, all - ground.census.anonymous(), counted)
        });
        for (organization, sum) in (0_u32..).zip(of) {
            if sum.last_seen.is_some() {
                sums.insert((organization, *product), *sum);
            }
        }
    }
    let mut names: BTreeMap<i64, String> = BTreeMap::new();
    for product in sums.keys().map(|(_, product)| *product) {
        if let std::collections::btree_map::Entry::Vacant(place) = names.entry(product) {
            let name = products::name(ground.db, ProductId(product))?;
            place.insert(name.unwrap_or_default());
        }
    }
    let rows = rows(ground, list, sums, &names)?;
    let place_of: BTreeMap<&str, u64> = {
        let mut sorted: Vec<&str> = rows.iter().map(|row| &*row.name).collect();
        sorted.sort_unstable_by_key(|name| (name.to_lowercase(), *name));
        sorted.dedup();
        sorted.into_iter().zip((1..).step_by(2)).collect()
    };
    let by = |row: &ListedOrganization| match list.sort {
        Sort::Name => place_of.get(&*row.name).copied(),
        Sort::Servers => Some(row.servers),
        Sort::FirstSeen => row
            .first_seen
            .map(|at| sorting::instant(at.as_millisecond())),
        _ => row
            .last_seen
            .map(|at| sorting::instant(at.as_millisecond())),
    };
    let keys = rows.iter().map(|row| {
        (
            sorting::directed(by(row), list.descending),
            row.place.number,
        )
    });
    let from = sorting::from(list, |place| match (&list.sort, &place.by) {
        (Sort::Name, Some(name)) => {
            let fold = |name: &str| (name.to_lowercase(), name.to_owned());
            let wanted = fold(name);
            let before = place_of.keys().filter(|name| fold(name) < wanted).count() as u64;
            let by = 2 * before + u64::from(place_of.contains_key(&**name));
            Some((sorting::directed(Some(by), list.descending), place.number))
        }
        _ => sorting::key(place, list, &roster),
    });
    let page = paging::page(keys, from, list.limit);
    let mut by_number: BTreeMap<u64, ListedOrganization> = rows
        .into_iter()
        .map(|row| (row.place.number, row))
        .collect();
    let shown = page
        .rows
        .iter()
        .filter_map(|(_, number)| by_number.remove(number));
    Ok(Listed {
        rows: shown.collect(),
        ahead: page.ahead,
        total: page.total,
    })
}

/// What a product's servers come to, by organization.
fn of_organizations(
    ground: &Ground<'_>,
    roster: &Roster,
    servers: RoaringBitmap,
    counted: &RoaringBitmap,
) -> Vec<Sums> {
    let mut sums: Vec<Sums> = Vec::new();
    let mut is_counted = vec![false; ground.census.clusters() + 1];
    for id in servers {
        let organization = ground.census.organization(id) as usize;
        let (true, Some(known)) = (organization != 0, roster.get(id)) else {
            continue;
        };
        if sums.len() <= organization {
            sums.resize(organization + 1, Sums::default());
        }
        let sum = &mut sums[organization];
        if counted.contains(id) {
            sum.servers += 1;
            // Each is of one organization.
            let is_counted = &mut is_counted[ground.census.cluster(id) as usize];
            sum.clusters += u64::from(!std::mem::replace(is_counted, true));
        }
        let first = [sum.first_seen, known.first_seen].into_iter().flatten();
        sum.first_seen = first.min();
        sum.last_seen = sum.last_seen.max(Some(known.last_seen));
    }
    sums
}

/// The rows that are searched for, each with its number.
fn rows(
    ground: &Ground<'_>,
    list: &List,
    mut sums: BTreeMap<(u32, i64), Sums>,
    products: &BTreeMap<i64, String>,
) -> Result<Vec<ListedOrganization>> {
    let part = list.search.trim().to_lowercase();
    let mut query = ground.db.prepare_cached(sql!("lists/organizations"))?;
    let mut found = query.query([])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let (id, name): (u32, String) = (row.get(0)?, row.get(1)?);
        let left_out = list
            .asked
            .filter
            .organization
            .is_some_and(|only| only.0 != i64::from(id));
        if left_out || !name.to_lowercase().contains(&part) {
            continue;
        }
        let mut own = sums.split_off(&(id, 0));
        let mut rest = own.split_off(&(id + 1, 0));
        sums.append(&mut rest);
        let any = !own.is_empty();
        let each = own.into_iter().map(|((_, product), sum)| (product, sum));
        let nothing = (!any && list.asked.product == ProductId(0)).then(|| (0, Sums::default()));
        for (product, sum) in each.chain(nothing) {
            let by = match list.sort {
                Sort::Name => Some(name.clone()),
                Sort::Servers => Some(sum.servers.to_string()),
                Sort::FirstSeen => sum.first_seen.map(sorting::written),
                _ => sum.last_seen.map(sorting::written),
            };
            rows.push(ListedOrganization {
                id: OrganizationId(i64::from(id)),
                name: name.clone(),
                product: products.get(&product).cloned(),
                servers: sum.servers,
                clusters: sum.clusters,
                first_seen: sum.first_seen.map(timestamp),
                last_seen: sum.last_seen.map(timestamp),
                place: Place {
                    number: (u64::from(id) << 32) | product as u64,
                    by,
                },
            });
        }
    }
    Ok(rows)
}
