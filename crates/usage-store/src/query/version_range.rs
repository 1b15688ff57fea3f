//! Which versions something is about, as advisories say it: `<1.8.4`, `>=2.0, <2.3.1 || =1.9.0`, `*`. Compared in the
//! order of [`Version`], so that `2.3.1-rc.1` comes before `2.3.1`. What is no version is in no known place.

use std::cmp::Ordering;

use super::version::Version;

/// Ranges of versions, of which one is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRange(Vec<Vec<Bound>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    relation: Relation,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Below,
    UpTo,
    Above,
    From,
    Exactly,
}

/// Longer ones first, as they begin alike.
const RELATIONS: [(&str, Relation); 6] = [
    ("<=", Relation::UpTo),
    (">=", Relation::From),
    ("==", Relation::Exactly),
    ("<", Relation::Below),
    (">", Relation::Above),
    ("=", Relation::Exactly),
];

/// Stands for every version.
const EVERY: &str = "*";

impl VersionRange {
    /// Reads `<1.8.4`, `>=2.0, <2.3.1 || 1.9.0`, `*`. A version alone is that one.
    ///
    /// # Errors
    ///
    /// What can't be read, and what to write.
    pub fn read(text: &str) -> Result<VersionRange, String> {
        let ranges: Result<Vec<_>, String> = text.split("||").map(range).collect();
        Ok(VersionRange(ranges?))
    }

    /// Whether a version is in it; `None` where the text is no version, unless every one is.
    pub fn has(&self, version: &str) -> Option<bool> {
        if self.0.iter().any(Vec::is_empty) {
            return Some(true);
        }
        let version = Version::read(version.trim())?;
        let in_range = |range: &Vec<Bound>| range.iter().all(|bound| bound.allows(&version));
        Some(self.0.iter().any(in_range))
    }
}

impl Bound {
    fn allows(&self, version: &Version) -> bool {
        let order = version.cmp(&self.version);
        match self.relation {
            Relation::Below => order == Ordering::Less,
            Relation::UpTo => order != Ordering::Greater,
            Relation::Above => order == Ordering::Greater,
            Relation::From => order != Ordering::Less,
            Relation::Exactly => order == Ordering::Equal,
        }
    }
}

/// Bounds that hold together; none for all versions.
fn range(text: &str) -> Result<Vec<Bound>, String> {
    let mut rest = text.trim();
    if rest == EVERY {
        return Ok(Vec::new());
    }
    let mut bounds = Vec::new();
    loop {
        let found = RELATIONS.iter().find(|(sign, _)| rest.starts_with(sign));
        let (sign, relation) = found.copied().unwrap_or(("", Relation::Exactly));
        let from = rest[sign.len()..].trim_start();
        let end = from
            .find(|c: char| c == ',' || c.is_whitespace())
            .unwrap_or(from.len());
        let (version, further) = from.split_at(end);
        let Some(version) = Version::read(version) else {
            let part = format!("{sign}{version}");
            return Err(format!(
                "{part:?} can't be read; write ranges such as <1.8.4, or >=2.0, <2.3.1 || 1.9.0, or {EVERY} for every version"
            ));
        };
        bounds.push(Bound { relation, version });
        let further = further.trim_start();
        rest = match further.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if further.is_empty() => return Ok(bounds),
            None => further,
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn has(range: &str, version: &str) -> Option<bool> {
        VersionRange::read(range).unwrap().has(version)
    }

    #[test]
    fn a_range_has_the_versions_that_its_writer_means() {
        for (range, inside, outside) in [
            (
                "<1.8.4",
                "1.8.3 v1.8 0.9 1.8.4-rc.1",
                "1.8.4 1.8.4.1 2 1.10",
            ),
            ("<= 1.8.4", "1.8.4 1.8.4+linux", "1.8.5"),
            (">1.8", "1.8.1 1.10", "1.8.0 1.8-beta"),
            (">=2.0, <2.3.1", "2 2.3.0 2.3.1-rc1", "1.9 2.3.1 2.0-alpha"),
            (">=2.0 <2.3.1", "2 2.3.0", "2.3.1"),
            (">= 2.0 , < 2.3.1", "2.1", "2.3.1"),
            ("1.9.0", "1.9 v1.9.0", "1.9.1"),
            ("=1.9", "1.9.0", "1.9.1"),
            ("==1.9", "1.9.0", "1.9.1"),
            (">=2, <3 || 1.9.0||<1", "2.5 1.9 0.3", "3 1.8"),
            ("*", "0 7 1.2-rc.1", ""),
            ("<1 || *", "9", ""),
        ] {
            for version in inside.split_whitespace() {
                assert_eq!(has(range, version), Some(true), "{version} in {range}");
            }
            for version in outside.split_whitespace() {
                assert_eq!(has(range, version), Some(false), "{version} in {range}");
            }
        }
    }

    #[test]
    fn what_is_no_version_is_in_no_known_place() {
        for version in ["", "nightly", "unknown", "1.x"] {
            assert_eq!(has("<1.8.4", version), None, "{version:?}");
            assert_eq!(has("*", version), Some(true), "{version:?}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for text in [
            "",
            " ",
            "||",
            "<1 ||",
            "<",
            "<>1",
            "^1.2",
            "~1.2",
            "1.x",
            "<1.8,",
            "<1.8,,>1",
            "!=1",
            "1.2 - 1.5",
            "all",
            "< 1.8 or 2",
            "**",
            "* <1",
            "=>1",
            "<1;>0",
        ] {
            let why = VersionRange::read(text).unwrap_err();
            assert!(why.contains("write ranges such as"), "{text:?}: {why}");
        }
        let why = VersionRange::read(">=1, <nightly").unwrap_err();
        assert!(why.starts_with("\"<nightly\" can't be read"), "{why}");
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[<>=|, *0-9a-z.~-]{0,40}", version in "[v0-9a-z.~+-]{0,12}") {
            if let Ok(range) = VersionRange::read(&text) {
                let _ = range.has(&version);
            }
        }

        /// Each version is below, at or above another, and never two of these.
        #[test]
        fn the_relations_cut_all_versions(a in "[0-9]{1,2}(\\.[0-9]{1,2}){0,3}", b in "[0-9]{1,2}(\\.[0-9]{1,2}){0,3}(-rc\\.[0-9])?") {
            let is = |sign: &str| has(&format!("{sign}{a}"), &b).unwrap();
            prop_assert_eq!([is("<"), is("="), is(">")].iter().filter(|is| **is).count(), 1);
            prop_assert_eq!(is("<="), is("<") || is("="));
            prop_assert_eq!(is(">="), is(">") || is("="));
            prop_assert_eq!(has(&format!("<{a} || >{a}"), &b).unwrap(), !is("="));
        }
    }
}
