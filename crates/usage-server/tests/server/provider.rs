//! A real provider of OpenID Connect on this machine, for one test, and servers that offer it.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::{Value, json};

use crate::folder::{Folder, Running};
use crate::http::{Connection, Message};
use crate::process::Process;
use crate::programs::program;

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/server/services/openid.py"
);

/// How the world reaches our servers, as far as the provider is told; tests take the path of it.
pub(crate) const URL: &str = "http://localhost";
const BACK: &str = "http://localhost/sign-in/openid/back";

/// A provider of one test.
pub(crate) struct Provider {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) client: Value,
    /// Where it sends people back to, if it is told before.
    url: Option<&'static str>,
}

impl Provider {
    /// One whose tokens are valid for so long; `None` where none is installed.
    pub(crate) fn start(seconds: i32) -> Option<Provider> {
        let mut provider = Provider::launch(&[&seconds.to_string()])?;
        let client = json!({"redirect_uris": [BACK]});
        let registered = provider.ask(
            "POST",
            "/oauth2/clients",
            "application/json",
            client.to_string(),
        );
        assert_eq!(registered.status(), 201, "{}", registered.text());
        provider.client = registered.json();
        provider.url = Some(URL);
        Some(provider)
    }

    /// One for a browser, which takes any client and has a button for this person.
    #[allow(dead_code, reason = "the browser's tests are another binary")]
    pub(crate) fn with_a_button(subject: &str) -> Option<Provider> {
        Provider::launch(&["3600", subject])
    }

    fn launch(args: &[&str]) -> Option<Provider> {
        let install = "python3-venv, and in an environment pip install -r requirements.txt";
        let installed = program("oidc-provider-mock", install)?;
        let mut command = Command::new(installed.with_file_name("python3"));
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(SCRIPT)
            .args(args);
        let mut process = Process::start(&mut command, b"");
        let port = process.line("the provider's port", |line| {
            line.strip_prefix("listening on ")?.parse::<u16>().ok()
        });
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Some(Provider {
            process,
            address,
            client: json!({"client_id": "usage", "client_secret": "any"}),
            url: None,
        })
    }

    /// Each on a connection of its own, which it closes.
    fn ask(&self, method: &str, target: &str, kind: &str, body: String) -> Message {
        let length = body.len();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}",
            self.address
        );
        let mut connection = Connection::open(self.address).unwrap();
        connection.exchange(request.as_bytes()).unwrap()
    }

    /// Somebody has an account there.
    pub(crate) fn knows(&self, subject: &str, email: &str, verified: bool) {
        let claims = json!({"email": email, "email_verified": verified});
        let path = format!("/users/{subject}");
        let made = self.ask("PUT", &path, "application/json", claims.to_string());
        assert_eq!(made.status(), 204, "{}", made.text());
    }

    /// A server that offers it.
    pub(crate) fn serve(&self, folder: &Folder, secret: &str) -> Running {
        let file = folder.beside("secret");
        std::fs::write(&file, format!("{secret}\n")).unwrap();
        let config = folder.beside("usage.toml");
        let id = self.client["client_id"].as_str().unwrap();
        let url = self.url.map(|url| format!("public-url = {url:?}\n"));
        let text = format!(
            "{}[openid]\nissuer = \"http://{}\"\nclient-id = \"{id}\"\nclient-secret-file = {file:?}\nname = \"Example\"\n",
            url.unwrap_or_default(),
            self.address
        );
        std::fs::write(&config, text).unwrap();
        let config = config.to_str().unwrap();
        folder.serve_with(&["--config", config, "--log", "debug"])
    }

    pub(crate) fn serve_well(&self, folder: &Folder) -> Running {
        self.serve(folder, self.client["client_secret"].as_str().unwrap())
    }

    /// Somebody signs in there, sent by our server to `url`; where that leads.
    pub(crate) fn signs_in(&self, url: &str, subject: &str) -> String {
        let target = url
            .strip_prefix(&format!("http://{}", self.address))
            .unwrap();
        let form = "application/x-www-form-urlencoded";
        let answer = self.ask("POST", target, form, format!("sub={subject}"));
        assert_eq!(answer.status(), 302, "{}", answer.text());
        let back = answer.header("location").unwrap();
        let path = back.strip_prefix(URL).unwrap();
        path.to_owned()
    }
}
