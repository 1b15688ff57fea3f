//! Facts about the system, each only where the product asks for it. What is not known is left out.

use std::ops::BitOr;

use crate::core::Environment;
use crate::{UsageData, Value};

/// Facts to add to usage reports. None is added unless asked for.
///
/// ```
/// use usage_client::Facts;
///
/// let facts = Facts::OS | Facts::ARCH | Facts::CPUS;
/// assert!(facts.contains(Facts::ARCH) && !facts.contains(Facts::MEMORY));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts(u16);

impl Facts {
    /// None.
    pub const NONE: Self = Self(0);
    /// Tag `os`: `linux`, `darwin`, `windows`, ..., as the field's programs name them.
    pub const OS: Self = Self(1);
    /// Tag `arch`: `amd64`, `arm64`, ..., as the field's programs name them.
    pub const ARCH: Self = Self(1 << 1);
    /// Value `num_cpus`: how many threads can run at once here; in a container, those it may use.
    pub const CPUS: Self = Self(1 << 2);
    /// Value `memory_bytes`: the machine's memory, rounded down to GiB where there is one at least. Known
    /// on Linux only.
    pub const MEMORY: Self = Self(1 << 3);
    /// Value `container`: whether this runs in one, as far as it can be told (Docker, Podman, Kubernetes).
    pub const CONTAINER: Self = Self(1 << 4);
    /// Value `kubernetes`: whether this runs in a pod.
    pub const KUBERNETES: Self = Self(1 << 5);
    /// Value `ci`: whether this is a build server.
    pub const CI: Self = Self(1 << 6);
    /// Value `ephemeral`: whether the install's ids could not be kept, so that the next start is another
    /// install.
    pub const EPHEMERAL: Self = Self(1 << 7);
    /// All of them.
    pub const ALL: Self = Self(0xFF);

    /// Whether all of `other` are among these.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Adds these facts to `data`. What the product says itself stays.
    pub(super) fn add(self, data: &mut UsageData, environment: &Environment, ephemeral: bool) {
        let mut tag = |fact, key: &str, text: &str| {
            if self.contains(fact) {
                data.tags
                    .get_or_insert_default()
                    .entry(key.to_owned())
                    .or_insert_with(|| text.to_owned());
            }
        };
        tag(Self::OS, "os", os());
        tag(Self::ARCH, "arch", arch());

        let mut value = |fact, key: &str, known: &dyn Fn() -> Option<Value>| {
            if let Some(known) = self.contains(fact).then(known).flatten() {
                let values = data.values.get_or_insert_default();
                values.entry(key.to_owned()).or_insert(known);
            }
        };
        let pod = environment.get_filled("KUBERNETES_SERVICE_HOST").is_some();
        value(Self::CPUS, "num_cpus", &|| {
            std::thread::available_parallelism()
                .ok()
                .map(|count| count.get().into())
        });
        value(Self::MEMORY, "memory_bytes", &|| {
            memory_bytes().map(Value::from)
        });
        value(Self::CONTAINER, "container", &|| {
            Some((pod || in_container(environment)).into())
        });
        value(Self::KUBERNETES, "kubernetes", &|| Some(pod.into()));
        value(Self::CI, "ci", &|| Some(environment.is_ci().into()));
        value(Self::EPHEMERAL, "ephemeral", &|| Some(ephemeral.into()));
    }
}

impl BitOr for Facts {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The protocol's programs are Go programs, and so are their names for things.
fn os() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    }
}

fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64",
        arch => arch,
    }
}

/// Coarse: the exact number would tell one machine from another.
fn memory_bytes() -> Option<u64> {
    const GIB: u64 = 1 << 30;
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let bytes = kib.checked_mul(1024)?;
    Some(if bytes < GIB {
        bytes
    } else {
        bytes / GIB * GIB
    })
}

fn in_container(environment: &Environment) -> bool {
    // Docker, Podman, and systemd's word for all of them.
    let marks = ["/.dockerenv", "/run/.containerenv"];
    marks.iter().any(|path| std::path::Path::new(path).exists())
        || environment.get_filled("container").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values;

    #[test]
    fn only_what_is_asked_for_is_told_and_the_product_knows_better() {
        let environment = Environment::from([("CI", "1"), ("KUBERNETES_SERVICE_HOST", "10.0.0.1")]);
        let mut data = UsageData::new();
        Facts::NONE.add(&mut data, &environment, true);
        assert_eq!(data, UsageData::new());

        let mut data = UsageData::new().values(values! { "num_cpus" => 1000 });
        let asked = Facts::OS | Facts::CPUS | Facts::KUBERNETES | Facts::CI;
        asked.add(&mut data, &environment, true);
        assert_eq!(
            data.values,
            Some(values! { "num_cpus" => 1000, "kubernetes" => true, "ci" => true })
        );
        assert_eq!(data.tags.map(|tags| tags.len()), Some(1));

        let mut data = UsageData::new();
        Facts::ALL.add(&mut data, &Environment::default(), true);
        let values = data.values.unwrap();
        assert_eq!(values["ephemeral"], true.into());
        assert_eq!(values["kubernetes"], false.into());
        #[cfg(target_os = "linux")]
        assert!(values.contains_key("memory_bytes"));
    }
}
