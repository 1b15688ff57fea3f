//! Tokens are kept, found again, and shown to nobody.

use usage_client::core::Token;
use usage_client::{EnvironmentToken, FileToken, MemoryToken, TokenStore};

fn load(store: &dyn TokenStore) -> Option<Vec<u8>> {
    store.load().unwrap().map(|token| token.expose().to_vec())
}

#[test]
fn a_file_keeps_a_token_for_this_user_only() {
    let scratch = tempfile::tempdir().unwrap();
    let store = FileToken::new(scratch.path().join("jambox").join("token"));
    assert_eq!(load(&store), None);
    store.forget().unwrap();

    for token in ["first", "second"] {
        store.save(&Token::from(token)).unwrap();
        assert_eq!(load(&store).unwrap(), token.as_bytes());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(store.path())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // Nothing is left of the files it was written by.
    let folder = store.path().parent().unwrap();
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);

    store.forget().unwrap();
    assert_eq!(load(&store), None);
}

#[test]
fn a_file_that_can_t_be_written_says_which() {
    let scratch = tempfile::tempdir().unwrap();
    let in_the_way = scratch.path().join("file");
    std::fs::write(&in_the_way, " by hand \n").unwrap();
    assert_eq!(load(&FileToken::new(&in_the_way)).unwrap(), b"by hand");

    let store = FileToken::new(in_the_way.join("token"));
    let error = store.save(&Token::from("secret")).unwrap_err().to_string();
    assert!(error.contains("file/token"), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn the_environment_is_read_and_left_alone() {
    let store = EnvironmentToken::new("TOKEN").with_environment([("TOKEN", " abc\n")]);
    assert_eq!(load(&store).unwrap(), b"abc");
    let error = store.save(&Token::from("def")).unwrap_err().to_string();
    assert!(error.contains("TOKEN") && !error.contains("def"), "{error}");
    assert!(store.forget().is_err());
    assert_eq!(
        load(&EnvironmentToken::new("TOKEN").with_environment([("TOKEN", " ")])),
        None
    );
}

#[test]
fn memory_holds_one_and_shows_none() {
    let store = MemoryToken::default();
    assert_eq!(load(&store), None);
    store.save(&Token::from("secret")).unwrap();
    assert_eq!(load(&store).unwrap(), b"secret");
    assert!(!format!("{store:?}").contains("secret"));
}
