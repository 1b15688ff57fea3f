//! What must hold of whatever bytes strangers send, gathered from the rooms that read them. `fuzz/`
//! looks for bytes of which it doesn't; the tests below ask it of those that were found, and of some
//! of every kind, on every machine.

pub use crate::import::fuzzing::import;
pub use crate::ingest::fuzzing::{encoding, forget, request};
pub use crate::register::fuzzing::register;

use usage_store::report::FieldErrors;

/// A message with its field: a path of some keys, and a few excerpts.
const MESSAGE_CHARS_MAX: usize = 1_000;

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
    fn it_holds_of_every_encoded_body_in_the_corpus() {
        replay("encoding", super::encoding);
    }

    #[test]
    fn it_holds_of_every_request_to_be_forgotten_in_the_corpus() {
        replay("forget", super::forget);
    }

    #[test]
    fn it_holds_of_every_file_in_the_corpus() {
        replay("import", super::import);
    }

    #[test]
    fn it_holds_of_every_registration_in_the_corpus() {
        replay("register", super::register);
    }

    #[test]
    fn it_holds_of_every_request_in_the_corpus() {
        replay("request", super::request);
    }

    #[test]
    fn each_target_is_one_that_plain_tests_replay() {
        let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
        let mut names: Vec<String> = std::fs::read_dir(targets)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        // Two of them are the store's.
        let known = [
            "block.rs",
            "encoding.rs",
            "forget.rs",
            "import.rs",
            "register.rs",
            "report.rs",
            "request.rs",
        ];
        assert_eq!(names, known);
    }
}
