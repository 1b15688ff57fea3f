//! Flags, environment and file, and which of them wins; and the example file.

use super::*;

fn resolve(set: ServeOptions) -> Result<Config, ConfigError> {
    Config::resolve(set, "usage-data")
}

#[test]
fn nothing_set_is_safe() {
    let config = resolve(ServeOptions::default()).unwrap();
    assert!(config.listen.ip().is_loopback());
    assert_eq!(config.data_dir, Path::new("usage-data"));
    assert_eq!(config.trusted_proxies, []);
}

#[test]
fn flags_win_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.toml");
    std::fs::write(&path, "listen = \"127.0.0.1:1\"\nreport-interval = 60\n").unwrap();
    let set = ServeOptions {
        config: Some(path),
        listen: Some("127.0.0.1:2".to_owned()),
        ..ServeOptions::default()
    };
    let config = resolve(set).unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.report_interval, 60);
}

#[test]
fn a_mistake_names_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.toml");
    std::fs::write(&path, "# mine\nlistenn = \"127.0.0.1:1\"\n").unwrap();
    let set = ServeOptions {
        config: Some(path),
        ..ServeOptions::default()
    };
    let ConfigError(text) = resolve(set).unwrap_err();
    assert!(text.contains("line 2: unknown field `listenn`"), "{text}");
}

#[test]
fn the_example_file_says_what_is_true() {
    let uncommented: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix("#: ") {
            Some(entry) => format!("{entry}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let file: ServeOptions = toml::from_str(&uncommented).unwrap();
    let set = resolve(file).unwrap();
    let default = resolve(ServeOptions::default()).unwrap();
    assert_eq!(set.public_url.as_deref(), Some("https://usage.example.com"));
    assert_eq!(set.trusted_proxies, [("127.0.0.1".parse().unwrap(), 32)]);
    assert!(set.forward.as_ref().unwrap().is_here());
    assert!(set.metrics_listen.unwrap().ip().is_loopback());
    assert_eq!(
        set.max_connections,
        Some(crate::limits::CONNECTIONS_DEFAULT_MAX)
    );
    let shown = Config {
        public_url: None,
        trusted_proxies: Vec::new(),
        retention: Retention::default(),
        metrics_listen: None,
        forward: None,
        max_connections: None,
        ..set
    };
    assert_eq!(shown, default, "the example shows the defaults");
}

#[test]
fn wrong_values_are_refused() {
    let listen = |text: &str| ServeOptions {
        listen: Some(text.to_owned()),
        ..Default::default()
    };
    assert!(resolve(listen("localhost")).is_err());
    let proxies = |text: &str| ServeOptions {
        trusted_proxies: Some(vec![text.to_owned()]),
        ..Default::default()
    };
    for text in ["10.0.0.0/33", "example.com", "::1/129", ""] {
        assert!(resolve(proxies(text)).is_err(), "{text}");
    }
    let url = |text: &str| ServeOptions {
        public_url: Some(text.to_owned()),
        ..Default::default()
    };
    for text in ["usage.example.com", "ftp://x", "https://", "https://a@b"] {
        assert!(resolve(url(text)).is_err(), "{text}");
    }
    let slash = resolve(url("https://usage.example.com/")).unwrap();
    assert_eq!(
        slash.public_url.as_deref(),
        Some("https://usage.example.com")
    );
}
