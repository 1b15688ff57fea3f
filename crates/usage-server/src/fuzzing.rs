//! What must hold of whatever bytes strangers send, gathered from the rooms that read them. `fuzz/`
//! looks for bytes of which it doesn't; the tests below ask it of those that were found, and of some
//! of every kind, on every machine.

pub use crate::import::fuzzing::import;
pub use crate::ingest::fuzzing::{encoding, forget, request};

use usage_store::report::FieldErrors;

/// A message with its field: a path of some keys, and a few excerpts.
const MESSAGE_CHARS_MAX: usize = 4_000;

/// What is told to whoever sent it: something, not too much, and nothing that a terminal obeys.
pub(crate) fn readable(errors: &FieldErrors) {
    assert!(!errors.0.is_empty());
    for (field, texts) in &errors.0 {
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

    #[test]
    fn it_holds_of_the_whole_corpus() {
        let targets: [(&str, fn(&[u8])); 4] = [
            ("encoding", super::encoding),
            ("forget", super::forget),
            ("import", super::import),
            ("request", super::request),
        ];
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        for (target, holds) in targets {
            let mut files = 0;
            for file in std::fs::read_dir(corpus.join(target)).unwrap() {
                let path = file.unwrap().path();
                println!("{}", path.display());
                holds(&std::fs::read(path).unwrap());
                files += 1;
            }
            assert!(files > 10, "only {files} files for {target}");
        }
    }
}
