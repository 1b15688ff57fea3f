//! A browser of a test's own, and the wire to it: chromedriver as a process, WebDriver (HTTP and
//! JSON) to it, and through it the browser's own commands. What a person does with pages is in
//! `browser.rs`. Without a crate for it: what one would bring, some forty others, is here in a
//! few lines over the connection that the tests have anyway.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::Connection;
use crate::patience::{DEADLINE, until};
use crate::process::Process;
use crate::programs::program;

/// As root there is no sandbox; in a container there is hardly any `/dev/shm`. Nothing is looked
/// up or fetched beyond this machine, and everything looks the same everywhere.
const ARGUMENTS: [&str; 14] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-breakpad",
    "--no-first-run",
    "--lang=en-US",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE ::1, EXCLUDE [::1]",
];

/// How WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window, and its driver. Both end with it.
pub(crate) struct Driver {
    wire: Connection,
    session: String,
    browser_id: u32,
    // The driver ends before its folder is removed.
    _process: Process,
    _profile: TempDir,
}

/// How often the driver is started until it has a port.
const STARTS_MAX: u32 = 10;

/// Something on a page.
#[derive(Debug, Clone)]
pub(crate) struct Element(String);

/// What WebDriver refuses a command with.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Its name: `stale element reference`.
    pub(crate) error: String,
    pub(crate) message: String,
}

/// The driver and its port: one that is free in IPv6, and then the same in IPv4, where somebody else may have it. Then
/// it ends, and is started again.
fn on_a_port(command: &mut Command) -> (Process, u16) {
    let mut said = String::new();
    for _ in 0..STARTS_MAX {
        let mut process = Process::start(command, b"");
        let port = process.line_or_end("the driver's port", |line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        match port {
            Ok(port) => return (process, port),
            Err(why) => said = why,
        }
    }
    panic!("the driver doesn't start: {said}");
}

impl Driver {
    /// Starts a browser; `None` where there is none, which the test then says.
    pub(crate) fn start() -> Option<Driver> {
        let chromium = program("chromium", "chromium")?;
        let chromedriver = program("chromedriver", "chromium-driver")?;
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new(chromedriver);
        // What it leaves behind otherwise is gone with the profile.
        command.arg("--port=0").env("TMPDIR", profile.path());
        let (process, port) = on_a_port(&mut command);
        let wire = Connection::open(SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
        let mut driver = Driver {
            wire,
            session: String::new(),
            browser_id: 0,
            _process: process,
            _profile: profile,
        };
        driver.begin(&chromium.to_string_lossy());
        Some(driver)
    }

    fn begin(&mut self, chromium: &str) {
        let home = format!(
            "--user-data-dir={}",
            self._profile.path().join("profile").display()
        );
        let arguments: Vec<&str> = ARGUMENTS.into_iter().chain([home.as_str()]).collect();
        let milliseconds = DEADLINE.as_millis();
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": chromium, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"implicit": 0, "pageLoad": milliseconds, "script": milliseconds},
            // A dialog that nobody expects fails the test.
            "unhandledPromptBehavior": "dismiss and notify",
        }}});
        let begun = self.request("/session", &wanted).unwrap();
        self.session = begun["sessionId"].as_str().unwrap().to_owned();
        let id = &begun["capabilities"]["goog:processID"];
        self.browser_id = id.as_u64().unwrap().try_into().unwrap();
    }

    /// A WebDriver command of this session.
    pub(crate) fn command(&mut self, path: &str, body: &Value) -> Result<Value, Refused> {
        let target = format!("/session/{}{path}", self.session);
        self.request(&target, body)
    }

    /// A question to this session.
    pub(crate) fn ask(&mut self, path: &str) -> Result<Value, Refused> {
        let target = format!("/session/{}{path}", self.session);
        understood(self.wire.get(&target).json())
    }

    fn request(&mut self, target: &str, body: &Value) -> Result<Value, Refused> {
        let headers = [("Content-Type", "application/json")];
        let reply = self.wire.post(target, &headers, body.to_string());
        understood(reply.json())
    }

    /// A command of the browser's own protocol, for what WebDriver has no words for.
    pub(crate) fn browser_command(&mut self, name: &str, parameters: &Value) -> Value {
        let body = json!({"cmd": name, "params": parameters});
        self.command("/goog/cdp/execute", &body)
            .unwrap_or_else(|refused| panic!("{name}: {refused:?}"))
    }

    /// What a piece of script says in the page, whatever the page's policy. Promises are waited for.
    pub(crate) fn evaluate(&mut self, script: &str) -> Value {
        let parameters = json!({"expression": script, "awaitPromise": true, "returnByValue": true});
        let answer = self.browser_command("Runtime.evaluate", &parameters);
        assert!(answer["exceptionDetails"].is_null(), "{answer}");
        answer["result"]["value"].clone()
    }

    /// All that an XPath finds at this moment.
    pub(crate) fn find(&mut self, xpath: &str) -> Result<Vec<Element>, Refused> {
        let question = json!({"using": "xpath", "value": xpath});
        let found = self.command("/elements", &question)?;
        let found = found.as_array().unwrap().iter();
        let ids = found.map(|one| one[ELEMENT].as_str().unwrap().to_owned());
        Ok(ids.map(Element).collect())
    }
}

impl Element {
    /// The path of one of its commands.
    pub(crate) fn path(&self, what: &str) -> String {
        format!("/element/{}/{what}", self.0)
    }
}

fn understood(mut reply: Value) -> Result<Value, Refused> {
    let value = reply["value"].take();
    match value.get("error").and_then(Value::as_str) {
        None => Ok(value),
        Some(error) => Err(Refused {
            error: error.to_owned(),
            message: value["message"].as_str().unwrap_or_default().to_owned(),
        }),
    }
}

impl Drop for Driver {
    /// Also after a panic, so nothing here may panic again.
    fn drop(&mut self) {
        if self.browser_id == 0 {
            return;
        }
        let end = format!(
            "DELETE /session/{} HTTP/1.1\r\nHost: localhost\r\n\r\n",
            self.session
        );
        let _ = self.wire.exchange(end.as_bytes());
        let begin = Instant::now();
        let running = || std::path::Path::new(&format!("/proc/{}", self.browser_id)).exists();
        if !running() {
            return;
        }
        let kill = format!("kill -9 {}", self.browser_id);
        let _ = Command::new("sh").args(["-c", &kill]).status();
        // `until` panics at its deadline, so this ends before.
        until("the browser's end", || {
            (!running() || begin.elapsed() * 2 > DEADLINE).then_some(())
        });
    }
}
