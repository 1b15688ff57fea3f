//! Versions in their order, as products write them: `1.10` is newer than `1.9`, `v1.8` is `1.8.0`, what
//! comes before a release (`2.0.0-rc.1`) is older than it. What is no version isn't put in any order.

use std::cmp::Ordering;

/// Digits and dots before which a `v` may stand, then maybe what it comes before, then maybe what it was built
/// of, which is no part of the order (semver.org, 2.0.0, sections 10 and 11). More than semver: any number of
/// parts, what is missing is 0; `~` for `-` as in Debian's versions; and `1.8rc1` as in Python's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    /// Without zeros at the end.
    numbers: Vec<u64>,
    stage: Stage,
}

/// Of the same numbers, which comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Before(Vec<Word>),
    Release,
}

/// Numbers are older than words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    Number(u64),
    Text(String),
}

/// What may stand right behind a number.
const STAGES: [&str; 5] = ["alpha", "beta", "dev", "pre", "rc"];

impl Version {
    /// The version that a text is; `None` where it is none.
    pub(crate) fn read(text: &str) -> Option<Version> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let end = text
            .find(|c: char| c != '.' && !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        let mut numbers = numbers
            .split('.')
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u64>>>()?;
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        let stage = match rest.strip_prefix(['-', '~']) {
            None if rest.is_empty() => Stage::Release,
            None if STAGES.iter().any(|stage| rest.starts_with(stage)) => words(rest)?,
            None => return None,
            Some(rest) => words(rest)?,
        };
        Some(Version { numbers, stage })
    }

    /// Whether it is none that comes before a release.
    pub(crate) fn is_release(&self) -> bool {
        self.stage == Stage::Release
    }
}

fn words(text: &str) -> Option<Stage> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '~' | '_');
    let word = |word: &str| {
        (!word.is_empty() && word.chars().all(is_part)).then(|| match word.parse() {
            Ok(number) => Word::Number(number),
            Err(_) => Word::Text(word.to_owned()),
        })
    };
    Some(Stage::Before(
        text.split('.').map(word).collect::<Option<Vec<Word>>>()?,
    ))
}

/// Whether a text is a version that can be put in order.
pub fn is_version(text: &str) -> bool {
    Version::read(text).is_some()
}

/// The order of two texts as versions; `None` where one is none.
pub fn compare(one: &str, other: &str) -> Option<Ordering> {
    Some(Version::read(one)?.cmp(&Version::read(other)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_ordered_as_their_makers_mean_them() {
        let in_order = [
            "0",
            "0.9",
            "v1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0",
            "1.0.1",
            "1.8",
            "v1.8.1",
            "1.9",
            "1.10.0~rc1",
            "1.10rc2",
            "1.10",
            "1.10.0.1",
            "V2",
            "10.0",
            "18446744073709551615.1",
        ];
        for pair in in_order.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Some(Ordering::Less), "{pair:?}");
        }
        for (one, same) in [
            ("1.8", "v1.8.0"),
            ("1.8.0+linux", "1.8.0+20261123-abc"),
            ("1.8-rc.1+a", "1.8~rc.1"),
            ("1.08", "1.8"),
            ("0", "v0.0.0"),
        ] {
            assert_eq!(compare(one, same), Some(Ordering::Equal), "{one} {same}");
        }
        assert!(Version::read("1.8").unwrap().is_release());
        assert!(!Version::read("1.8-rc1").unwrap().is_release());
    }

    #[test]
    fn what_is_no_version_is_none() {
        for text in [
            "",
            "v",
            "dev",
            "nightly",
            "HEAD",
            "unknown",
            ".",
            "1.",
            ".1",
            "1..2",
            "1.x",
            "1.8-",
            "1.8-a..b",
            "1.8 beta",
            "1.8k",
            "-1",
            "vv1",
            "4e15a77",
            "1.8-ü",
            "١.٢",
            "99999999999999999999999.1",
            " 1.8",
        ] {
            assert_eq!(Version::read(text), None, "{text:?}");
        }
    }

    /// A version, and the texts that mean it.
    fn any_version() -> impl Strategy<Value = (Vec<u64>, Option<(String, u64)>, String)> {
        let numbers = proptest::collection::vec(0u64..12, 1..5);
        let stage = proptest::option::of(("[a-z]{1,4}", 0u64..12));
        (
            numbers,
            stage,
            any::<bool>(),
            0usize..3,
            proptest::option::of("[0-9A-Za-z.-]{1,8}"),
        )
            .prop_map(|(numbers, stage, v, zeros, build)| {
                let parts = numbers.iter().map(u64::to_string);
                let parts: Vec<String> = parts.chain(vec!["0".to_owned(); zeros]).collect();
                let mut text = format!("{}{}", if v { "v" } else { "" }, parts.join("."));
                if let Some((word, number)) = &stage {
                    text += &format!("-{word}.{number}");
                }
                if let Some(build) = build {
                    text += &format!("+{build}");
                }
                (numbers, stage, text)
            })
    }

    /// The order as it is told to people, part by part.
    fn told(
        (a, a_stage): (&[u64], &Option<(String, u64)>),
        (b, b_stage): (&[u64], &Option<(String, u64)>),
    ) -> Ordering {
        for n in 0..a.len().max(b.len()) {
            let part = |all: &[u64]| all.get(n).copied().unwrap_or(0);
            if part(a) != part(b) {
                return part(a).cmp(&part(b));
            }
        }
        match (a_stage, b_stage) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some((a, a_n)), Some((b, b_n))) => a.cmp(b).then(a_n.cmp(b_n)),
        }
    }

    proptest! {
        #[test]
        fn however_it_is_written_the_order_is_the_one_that_is_told(
            (a, a_stage, a_text) in any_version(),
            (b, b_stage, b_text) in any_version(),
        ) {
            let expected = told((&a, &a_stage), (&b, &b_stage));
            prop_assert_eq!(compare(&a_text, &b_text), Some(expected), "{} {}", a_text, b_text);
            prop_assert_eq!(compare(&b_text, &a_text), Some(expected.reverse()));
        }

        #[test]
        fn any_texts_that_are_versions_can_be_sorted(texts in proptest::collection::vec("v?[0-9.]{0,4}[-~+]?[0-9a-z.~-]{0,4}", 3)) {
            let mut read: Vec<Version> = texts.iter().filter_map(|text| Version::read(text)).collect();
            read.sort();
            for (n, one) in read.iter().enumerate() {
                for later in &read[n..] {
                    prop_assert!(one <= later);
                    prop_assert_eq!(one == later, one.cmp(later) == Ordering::Equal);
                }
            }
        }
    }
}
