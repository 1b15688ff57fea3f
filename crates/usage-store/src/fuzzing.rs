//! What must hold of whatever bytes come. `fuzz/` looks for bytes of which it doesn't; the tests
//! below ask it of those that were found, and of some of every kind, on every machine.

use crate::allow::{MASKED, Thing, kept_of};
use crate::journal::{Packed, Packer, read_block, unpack};
use crate::report::limits::{ITEMS_MAX, MESSAGES_MAX};
use crate::report::{Decoded, Kind, check, compact, decode, decode_slowly, only_elements};

/// A message with its field: a path of some keys, and a few excerpts.
const MESSAGE_CHARS_MAX: usize = 1_000;

/// A report's body, after a byte that says of which kind.
pub fn report(bytes: &[u8]) {
    let Some((kind, body)) = bytes.split_first() else {
        return;
    };
    let kind = [Kind::Servers, Kind::Stats, Kind::Usage][usize::from(kind % 3)];
    let checked = check(kind, body);
    assert_eq!(decode(kind, body), decode_slowly(kind, body));
    let decoded = match decode(kind, body) {
        Ok(decoded) => decoded,
        Err(errors) => {
            assert_eq!(checked.as_ref(), Err(&errors));
            return readable(&errors.0);
        }
    };
    assert_eq!(checked.as_ref().map(ids), Ok(ids(&decoded)));
    assert_eq!(checked.as_ref().map(versions), Ok(versions(&decoded)));
    kept(kind, body, false);
    kept(kind, body, true);
    // What an export writes says the same, on one line, and compacting it again changes nothing.
    let compacted = compact(body);
    assert!(!compacted.contains(&b'\n') && !compacted.contains(&b'\r'));
    assert_eq!(compact(&compacted), compacted);
    assert_eq!(decode(kind, &compacted).as_ref(), Ok(&decoded));
    assert!(serde_json::from_slice::<&serde_json::value::RawValue>(&compacted).is_ok());
    // The part of it that an erasure keeps is a report, too.
    if kind == Kind::Usage && !decoded.observations.is_empty() {
        let elements = decoded.observations.len();
        assert!(elements <= ITEMS_MAX);
        let all = only_elements(body, &vec![true; elements]).unwrap_or_default();
        assert_eq!(decode(kind, &all).as_ref(), Ok(&decoded));
        let none = only_elements(body, &vec![false; elements]).unwrap_or_default();
        assert_eq!(none, b"[]");
    }
}

fn versions<'a>(decoded: &'a Decoded<'_>) -> Vec<Option<&'a str>> {
    let all = decoded.observations.iter();
    all.map(|one| one.version.as_deref()).collect()
}

/// A report's body, and what a list with two names on it leaves of it.
pub(crate) fn kept(kind: Kind, body: &[u8], masks: bool) {
    let Ok(came) = decode(kind, body) else {
        return;
    };
    let names = [(Thing::Dimension, "os"), (Thing::Value, "n")];
    let on_the_list =
        |thing: Thing, name: &str| name == "version" || names.contains(&(thing, name));
    let left = kept_of(kind, body, masks, &names).unwrap_or_default();
    let left = decode(kind, &left);
    assert_eq!(left.as_ref().map(ids), Ok(ids(&came)));
    let left = left.unwrap_or_default();
    assert_eq!(left.product, came.product);
    for (left, came) in left.observations.iter().zip(&came.observations) {
        assert_eq!(left.version, came.version);
        for (name, text) in &left.dimensions {
            assert!(on_the_list(Thing::Dimension, name) || masks && text == MASKED);
        }
        for (name, _) in &left.values {
            assert!(on_the_list(Thing::Value, name));
        }
        for one in &came.dimensions {
            assert!(!on_the_list(Thing::Dimension, &one.0) || left.dimensions.contains(one));
        }
        for one in &came.values {
            assert!(!on_the_list(Thing::Value, &one.0) || left.values.contains(one));
        }
    }
}

/// A block of the journal, not compressed: damaged on disk, or not ours.
pub fn block(bytes: &[u8]) {
    let Some(reports) = read_block(bytes) else {
        return;
    };
    for report in &reports {
        let _ = compact(&report.body);
    }
    let packer = Packer::new(1);
    let packed = packer.and_then(|mut packer| packer.pack(reports.iter().map(Packed::from)));
    let first = reports.first().map_or(0, |report| report.seq);
    assert_eq!(
        unpack(first, &packed.unwrap_or_default()).ok(),
        Some(reports)
    );
}

/// What checking a body finds, as reading it does.
fn ids<'a>(decoded: &'a Decoded<'_>) -> Vec<(Option<&'a str>, Option<&'a str>)> {
    let observations = decoded.observations.iter();
    observations
        .map(|one| (one.cluster_id.as_deref(), one.server_id.as_deref()))
        .collect()
}

fn readable(errors: &std::collections::BTreeMap<String, Vec<String>>) {
    assert!(!errors.is_empty());
    let messages: usize = errors.values().map(Vec::len).sum();
    assert!(messages <= MESSAGES_MAX + 1, "{messages} messages");
    for (field, texts) in errors {
        assert!(!texts.is_empty(), "{field}");
        for text in texts.iter().chain([field]) {
            assert!(!text.is_empty());
            assert!(!text.contains(char::is_control), "{text:?}");
            assert!(text.chars().count() <= MESSAGE_CHARS_MAX, "{text:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    fn replay(target: &str, holds: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        let mut files = 0;
        for file in std::fs::read_dir(corpus.join(target)).unwrap() {
            let path = file.unwrap().path();
            println!("{}", path.display());
            holds(&std::fs::read(path).unwrap());
            files += 1;
        }
        assert!(files > 10, "only {files} files for {target}");
    }

    #[test]
    fn it_holds_of_every_report_in_the_corpus() {
        replay("report", super::report);
    }

    #[test]
    fn it_holds_of_every_block_in_the_corpus() {
        replay("block", super::block);
    }
}
