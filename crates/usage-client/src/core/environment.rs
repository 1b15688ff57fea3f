//! The environment as an argument: the process's own, or one that a test made up.

use std::collections::BTreeMap;
use std::fmt;

/// Environment variables.
///
/// ```
/// use usage_client::core::Environment;
///
/// let environment = Environment::from([("DO_NOT_TRACK", "1")]);
/// assert!(environment.is_on("DO_NOT_TRACK"));
/// assert!(!environment.is_on("CI"));
/// ```
#[derive(Clone)]
pub struct Environment(Variables);

#[derive(Clone)]
enum Variables {
    Process,
    Made(BTreeMap<String, String>),
}

impl Environment {
    /// The process's environment, read anew at each question.
    pub fn process() -> Self {
        Self(Variables::Process)
    }

    /// A variable's value. What is not UTF-8 is shown as best it can be, but it is there.
    pub fn get(&self, name: &str) -> Option<String> {
        match &self.0 {
            Variables::Made(variables) => variables.get(name).cloned(),
            Variables::Process => {
                std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
            }
        }
    }

    /// A variable's value, unless it is blank: an empty variable is how scripts unset one.
    pub(crate) fn get_filled(&self, name: &str) -> Option<String> {
        self.get(name).filter(|value| !value.trim().is_empty())
    }

    /// Whether this looks like a build server. Most set `CI`; the others have names of their own.
    pub fn is_ci(&self) -> bool {
        const NAMED: [&str; 12] = [
            "GITHUB_ACTIONS",
            "GITLAB_CI",
            "BUILDKITE",
            "CIRCLECI",
            "TRAVIS",
            "APPVEYOR",
            "TF_BUILD",
            "JENKINS_URL",
            "TEAMCITY_VERSION",
            "BITBUCKET_BUILD_NUMBER",
            "CODEBUILD_BUILD_ID",
            "DRONE",
        ];
        self.is_on("CI") || NAMED.iter().any(|name| self.is_on(name))
    }

    /// Whether a variable says yes: set, and not to nothing, `0` or `false`.
    pub fn is_on(&self, name: &str) -> bool {
        self.get_filled(name).is_some_and(|value| {
            let value = value.trim();
            value != "0" && !value.eq_ignore_ascii_case("false")
        })
    }
}

/// Nothing is set.
impl Default for Environment {
    fn default() -> Self {
        Self(Variables::Made(BTreeMap::new()))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let owned = |(name, value): (K, V)| (name.into(), value.into());
        Self(Variables::Made(variables.into_iter().map(owned).collect()))
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Environment {
    fn from(variables: [(K, V); N]) -> Self {
        variables.into_iter().collect()
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Variables::Made(variables) => f.debug_set().entries(variables.keys()).finish(),
            Variables::Process => f.write_str("the process's environment"),
        }
    }
}
