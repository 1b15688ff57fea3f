//! Who this install is, and what a person decided for it: a small file that explains itself.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::chance;
use crate::core::{Answer, Token, UnixMillis};
use crate::{disk, limits};

const NAME: &str = "install.json";
const ABOUT: &str = "Who this install is when it reports its usage: random ids, drawn at its first start, \
                     and what was decided about reporting. Written by usage-client. Delete the file and \
                     the install is a new one. Don't copy it to another machine. The install key is a \
                     secret: it is the right to have what this install reported erased.";

pub(super) struct Identity {
    pub(super) cluster_id: String,
    pub(super) server_id: String,
    /// The right to have this install's anonymous reports erased.
    pub(super) install_key: Option<Token>,
    pub(super) person: Person,
    /// Where the server tells whether it has erased everything.
    pub(super) forget_status: Option<String>,
    /// Whether the next start finds the same.
    pub(super) kept: bool,
    path: Option<PathBuf>,
}

/// What a person decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) answer: Option<Answer>,
    pub(super) forgotten: bool,
}

/// Ids that the product knows itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    pub(super) cluster_id: Option<String>,
    pub(super) server_id: Option<String>,
}

impl Identity {
    /// From the file in `folder`; a new one where there is none. With what went wrong, if something did:
    /// then it is this process's only.
    pub(super) fn load(folder: Option<&Path>, given: &Given) -> (Self, Option<io::Error>) {
        let mut new = Self::new(given);
        let Some(folder) = folder else {
            new.kept = given.cluster_id.is_some() && given.server_id.is_some();
            return (new, None);
        };
        let path = folder.join(NAME);
        new.path = Some(path.clone());
        // Of two processes that start together one writes, and both read it.
        for _ in 0..2 {
            match read(&path) {
                Ok(Some(object)) => return (Self::of(&object, path, given), None),
                Ok(None) => {}
                Err(error) => return (new.unsure(), Some(error)),
            }
            let created =
                disk::create_folder(folder).and_then(|()| disk::create(&path, &new.to_json()));
            match created {
                Ok(true) => {
                    new.kept = true;
                    return (new, None);
                }
                Ok(false) => {}
                Err(error) => {
                    new.path = None;
                    return (new, Some(error));
                }
            }
        }
        (
            new.unsure(),
            Some(io::Error::other("its file comes and goes")),
        )
    }

    /// What a person decided meanwhile, as another process wrote it down.
    pub(super) fn look_again(&mut self) {
        let found = self.path.as_deref().map(read);
        if let Some(Ok(Some(object))) = found {
            self.person = person(&object);
        }
    }

    /// Keeps what changed.
    pub(super) fn keep(&self) -> io::Result<()> {
        match &self.path {
            Some(path) => disk::replace(path, &self.to_json()),
            None => Ok(()),
        }
    }

    fn new(given: &Given) -> Self {
        let id =
            |given: &Option<String>| given.clone().unwrap_or_else(|| chance::key().to_string());
        Self {
            cluster_id: id(&given.cluster_id),
            server_id: id(&given.server_id),
            install_key: chance::secret(),
            person: Person::default(),
            forget_status: None,
            kept: false,
            path: None,
        }
    }

    /// There is a file that can't be read. A person may have said no in it, so nothing is sent; and it
    /// isn't written over unless a person decides anew.
    fn unsure(mut self) -> Self {
        let no = Answer {
            granted: false,
            version: 0,
            at: UnixMillis::default(),
        };
        self.person.answer = Some(no);
        self
    }

    fn of(object: &Value, path: PathBuf, given: &Given) -> Self {
        let text = |key: &str| {
            object[key]
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let mut identity = Self::new(given);
        let id = |given: &Option<String>, key| given.clone().or_else(|| text(key));
        if let Some(id) = id(&given.cluster_id, "cluster_id") {
            identity.cluster_id = id;
        }
        if let Some(id) = id(&given.server_id, "server_id") {
            identity.server_id = id;
        }
        identity.person = person(object);
        identity.install_key = text("install_key")
            .map(Token::from)
            .or(identity.install_key);
        identity.forget_status = text("forget_status");
        identity.kept = true;
        identity.path = Some(path);
        identity
    }

    fn to_json(&self) -> Vec<u8> {
        let key = self
            .install_key
            .as_ref()
            .map(|key| String::from_utf8_lossy(key.expose()).into_owned());
        let answer = self.person.answer.map(|answer| {
            json!({ "granted": answer.granted, "version": answer.version, "at": answer.at.to_rfc3339() })
        });
        let identity = json!({
            "about": ABOUT,
            "cluster_id": self.cluster_id,
            "server_id": self.server_id,
            "install_key": key,
            "consent": answer,
            "forgotten": self.person.forgotten,
            "forget_status": self.forget_status,
        });
        format!("{identity:#}\n").into_bytes()
    }
}

fn person(object: &Value) -> Person {
    let answer = &object["consent"];
    let version = answer["version"].as_u64();
    let at = answer["at"].as_str();
    Person {
        answer: answer["granted"].as_bool().map(|granted| Answer {
            granted,
            version: version.and_then(|v| v.try_into().ok()).unwrap_or_default(),
            at: at.and_then(UnixMillis::from_rfc3339).unwrap_or_default(),
        }),
        forgotten: object["forgotten"].as_bool().unwrap_or_default(),
    }
}

/// The file's object; nothing where there is no file.
fn read(path: &Path) -> io::Result<Option<Value>> {
    use io::ErrorKind::{NotADirectory, NotFound};

    let bytes = match read_small(path) {
        // No file in no folder holds no answer.
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => return Ok(None),
        bytes => bytes?,
    };
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(object) if object.is_object() => Ok(Some(object)),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "{} is damaged: delete it, and the install is a new one",
                path.display()
            ),
        )),
    }
}

/// A file of ours, which is small.
pub(super) fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(limits::STATE_BYTES)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_install_is_the_same_at_each_start() {
        let folder = tempfile::tempdir().unwrap();
        let load = || Identity::load(Some(&folder.path().join("state")), &Given::default()).0;
        let mut first = load();
        first.person.forgotten = true;
        first.person.answer = Some(Answer {
            granted: true,
            version: 3,
            at: UnixMillis::new(1_800_000_000_000),
        });
        first.forget_status = Some("/forgotten/1".into());
        first.keep().unwrap();
        let second = load();
        assert!(second.kept);
        assert_eq!(second.to_json(), first.to_json());
        assert_eq!(second.person, first.person);

        let given = Given {
            cluster_id: Some("clus1".into()),
            server_id: None,
        };
        let third = Identity::load(Some(&folder.path().join("state")), &given).0;
        assert_eq!(
            (third.cluster_id.as_str(), &third.server_id),
            ("clus1", &first.server_id)
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = folder.path().join("state").join(NAME);
            assert_eq!(
                std::fs::metadata(file).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn processes_that_start_together_are_one_install() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let ids: Vec<_> = std::thread::scope(|scope| {
            let load = || Identity::load(Some(path), &Given::default()).0.server_id;
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(std::fs::read_dir(path).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_can_t_be_read_may_hold_a_no() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NAME), "\0\0").unwrap();
        let (identity, error) = Identity::load(Some(folder.path()), &Given::default());
        assert!(error.unwrap().to_string().contains("install.json"));
        assert!(!identity.person.answer.unwrap().granted && !identity.kept);
        assert_eq!(std::fs::read(folder.path().join(NAME)).unwrap(), b"\0\0");
    }
}
