//! A report's body under a list: what is not on it is left out or masked. What is left of a report that
//! was accepted is one, of the same servers.

use super::walk::{Is, Walk};
use super::{List, MASKED, Thing};
use crate::report::Kind;
use crate::report::fields::{
    CLUSTER_ID, HOST, NAME, PRODUCT, SERVER_ID, STATS, TAGS, VALUES, VERSION,
};

/// What a list made of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Treated {
    /// What is left; to the byte what came, where nothing was removed.
    pub(super) body: Vec<u8>,
    /// Tags, values, series and unknown members that were left out or masked.
    pub(super) removed: u64,
}

/// Treats a body that is JSON; `None` where it isn't. `off` hears the names that are not on the list.
pub(super) fn treat(
    list: &List,
    kind: Kind,
    body: &[u8],
    off: &mut dyn FnMut(Thing, &str),
) -> Option<Treated> {
    let mut treating = Treating {
        walk: Walk::new(std::str::from_utf8(body).ok()?),
        list,
        off,
        removed: 0,
        series_goes: false,
    };
    treating.walk.blanks();
    match kind {
        Kind::Servers => treating.check_in()?,
        Kind::Stats => treating.stats()?,
        Kind::Usage => treating.usage()?,
    }
    Some(Treated {
        removed: treating.removed,
        body: treating.walk.end()?,
    })
}

struct Treating<'a, 'l> {
    walk: Walk<'a>,
    list: &'l List,
    off: &'l mut dyn FnMut(Thing, &str),
    removed: u64,
    /// The series that is walked over has a name that is not on the list.
    series_goes: bool,
}

impl<'a> AsMut<Walk<'a>> for Treating<'a, '_> {
    fn as_mut(&mut self) -> &mut Walk<'a> {
        &mut self.walk
    }
}

impl Treating<'_, '_> {
    fn check_in(&mut self) -> Option<()> {
        if self.walk.is()? != Is::Object {
            return self.no_such_shape();
        }
        Walk::object(self, |it, key| match key {
            CLUSTER_ID | SERVER_ID | PRODUCT | VERSION => it.of_the_protocol(),
            HOST => it.host(),
            _ => it.unknown(),
        })
    }

    fn stats(&mut self) -> Option<()> {
        if self.walk.is()? != Is::Object {
            return self.no_such_shape();
        }
        Walk::object(self, |it, key| match key {
            CLUSTER_ID | SERVER_ID => it.of_the_protocol(),
            STATS => it.all_series().map(|()| true),
            _ => it.unknown(),
        })
    }

    fn all_series(&mut self) -> Option<()> {
        if self.walk.is()? != Is::Array {
            return self.no_such_shape();
        }
        Walk::array(self, |it| {
            let before = it.removed;
            it.series_goes = false;
            it.element(true)?;
            if it.series_goes {
                it.removed = before + 1;
            }
            Some(!it.series_goes)
        })
    }

    fn usage(&mut self) -> Option<()> {
        match self.walk.is()? {
            Is::Array => Walk::array(self, |it| it.element(false).map(|()| true)),
            // Refused, and what senders get wrong most often: an operator should see it.
            Is::Object => self.element(false),
            _ => self.no_such_shape(),
        }
    }

    /// `{name, tags, values}`.
    fn element(&mut self, named: bool) -> Option<()> {
        if self.walk.is()? != Is::Object {
            return self.no_such_shape();
        }
        Walk::object(self, |it, key| match key {
            TAGS => it.map(true),
            VALUES => it.map(false),
            NAME if named => it.series_name(),
            _ => it.unknown(),
        })
    }

    fn map(&mut self, tags: bool) -> Option<bool> {
        match self.walk.is()? {
            Is::Object => Walk::object(self, |it, key| match key {
                CLUSTER_ID | SERVER_ID | VERSION => it.of_the_protocol(),
                _ => it.entry(key, tags),
            })?,
            _ => self.no_such_shape()?,
        }
        Some(true)
    }

    fn entry(&mut self, key: &str, tags: bool) -> Option<bool> {
        let thing = match self.walk.is()? {
            Is::Text | Is::Flag => Thing::Dimension,
            Is::Number if tags => Thing::Dimension,
            Is::Number => Thing::Value,
            nameless => return self.nothing(key, nameless, tags),
        };
        if self.list.allows(thing, key) {
            return self.walk.keep().map(|()| true);
        }
        let masked = self.remove(thing, key)?;
        // On the list for another kind of value it may have come before, and of a key that comes twice the last
        // counts: not what this one took the place of. Tags are texts only.
        let nulled = !masked && !tags && self.knows(key, tags);
        if nulled {
            self.walk.put("null");
        }
        Some(masked || nulled)
    }

    /// Leaves a value out, or masks it: then it stays.
    fn remove(&mut self, thing: Thing, name: &str) -> Option<bool> {
        self.walk.skip()?;
        self.removed += 1;
        (self.off)(thing, name);
        let masked = self.list.masks && thing != Thing::Value;
        if masked {
            self.mask();
        }
        Some(masked)
    }

    /// Whether an entry of that name can be on the list, whatever it says. No tag is a number.
    fn knows(&self, name: &str, tags: bool) -> bool {
        self.list.allows(Thing::Dimension, name) || !tags && self.list.allows(Thing::Value, name)
    }

    fn mask(&mut self) {
        self.walk.put("\"");
        self.walk.put(MASKED);
        self.walk.put("\"");
    }

    /// A null, object or array counts as nothing. Of a name on the list a null stays in its place, as of a
    /// key that comes twice the last counts.
    fn nothing(&mut self, key: &str, is: Is, tags: bool) -> Option<bool> {
        if self.knows(key, tags) {
            return self.of_the_protocol();
        }
        self.walk.skip()?;
        self.removed += 1;
        if is != Is::Null {
            (self.off)(Thing::Dimension, key);
        }
        Some(false)
    }

    /// Stays whatever it says, if it says one thing.
    fn of_the_protocol(&mut self) -> Option<bool> {
        match self.walk.is()? {
            Is::Object | Is::Array => self.no_such_shape()?,
            _ => self.walk.keep()?,
        }
        Some(true)
    }

    /// A check-in without a host would be none, so where it may not stay it is masked in both modes.
    fn host(&mut self) -> Option<bool> {
        let is = self.walk.is()?;
        let may_stay = self.list.allows(Thing::Dimension, HOST);
        if may_stay || matches!(is, Is::Null | Is::Object | Is::Array) {
            return self.of_the_protocol();
        }
        let said = self.walk.skip()?;
        match said.get(1..said.len().saturating_sub(1)) {
            // Blank it is refused, and whoever looks for the reason should see that.
            Some(blank) if is == Is::Text && blank.trim().is_empty() => self.walk.put(said),
            _ => {
                self.removed += 1;
                (self.off)(Thing::Dimension, HOST);
                self.mask();
            }
        }
        Some(true)
    }

    fn series_name(&mut self) -> Option<bool> {
        if self.walk.is()? != Is::Text {
            return self.no_such_shape().map(|()| true);
        }
        let name = self.walk.text_ahead()?;
        if self.list.allows(Thing::Stat, &name) {
            return self.walk.keep().map(|()| true);
        }
        self.series_goes |= !self.list.masks;
        self.remove(Thing::Stat, &name)
    }

    /// A member that no report has.
    fn unknown(&mut self) -> Option<bool> {
        self.walk.skip()?;
        self.removed += 1;
        Some(false)
    }

    /// Something else than belongs here; a null may stand anywhere.
    fn no_such_shape(&mut self) -> Option<()> {
        if self.walk.is()? == Is::Null {
            return self.walk.keep();
        }
        self.walk.skip()?;
        self.removed += 1;
        self.walk.put("null");
        Some(())
    }
}
