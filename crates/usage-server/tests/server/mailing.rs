//! Mail, by a real mail server on this machine: over TLS, from who signs in there. Customers sign up by it,
//! and choose a new password.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::authority::{Certified, pem};
use crate::folder::Folder;
use crate::patience::until;
use crate::process::Process;
use crate::programs::program;
use crate::signing_in::Browser;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/services/mail.py");

/// A mail server of one test.
struct MailServer {
    process: Process,
    port: u16,
    folder: tempfile::TempDir,
}

impl MailServer {
    /// `mode`: starttls or always. `None` where none is installed.
    fn start(mode: &str) -> Option<MailServer> {
        let install = "python3-venv, and in an environment pip install -r requirements.txt";
        let installed = program("aiosmtpd", install)?;
        let folder = tempfile::tempdir().unwrap();
        let certified = Certified::host("127.0.0.1");
        for (name, text) in [
            ("authority.pem", certified.authority_pem()),
            (
                "certificate.pem",
                pem("CERTIFICATE", &certified.certificate),
            ),
            ("key.pem", pem("PRIVATE KEY", &certified.key)),
            ("password", "open sesame\n".to_owned()),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut command = Command::new(installed.with_file_name("python3"));
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .args([SCRIPT, mode])
            .arg(folder.path().join("certificate.pem"))
            .arg(folder.path().join("key.pem"))
            .args(["usage", "open sesame"]);
        let mut process = Process::start(&mut command, b"");
        let port = process.line("the mail server's port", |line| {
            line.strip_prefix("listening on ")?.parse().ok()
        });
        Some(MailServer {
            process,
            port,
            folder,
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a server is told about it.
    fn settings(&self, mode: &str) -> Vec<String> {
        let path = |name: &str| self.file(name).to_str().unwrap().to_owned();
        vec![
            "--mail-host=127.0.0.1".to_owned(),
            format!("--mail-port={}", self.port),
            format!("--mail-tls={mode}"),
            format!("--mail-ca-file={}", path("authority.pem")),
            "--mail-user=usage".to_owned(),
            format!("--mail-password-file={}", path("password")),
            "--mail-from=usage@example.com".to_owned(),
        ]
    }

    /// The next mail: whom it is to, and the path of the link in it.
    fn next(&mut self) -> (String, String, String) {
        let mail: Value = self.process.line("a mail", |line| {
            line.starts_with('{')
                .then(|| serde_json::from_str(line).unwrap())
        });
        let to = mail["to"].as_array().unwrap();
        assert_eq!(to.len(), 1, "{mail}");
        assert_eq!(mail["from"], "usage@example.com");
        // Quoted-printable: long lines go on after an equals sign.
        let text = mail["text"].as_str().unwrap();
        let text = text.replace("=\r\n", "").replace("=3D", "=");
        let link = text.split_whitespace().find_map(|word| {
            let (_, path) = word.strip_prefix("http://127.0.0.1:")?.split_once('/')?;
            Some(format!("/{path}"))
        });
        let link = link.unwrap_or_else(|| panic!("no link: {text}"));
        (to[0].as_str().unwrap().to_owned(), link, text)
    }
}

#[test]
fn a_customer_signs_up_and_chooses_a_new_password_by_mail() {
    for mode in ["starttls", "always"] {
        let Some(mut mail) = MailServer::start(mode) else {
            return;
        };
        let folder = Folder::new();
        let settings = mail.settings(mode);
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let server = folder.serve_with(&settings);

        let mut browser = Browser::new(&server);
        let asked = browser.send("/sign-up", "email=ada%40acme.example");
        assert_eq!(asked.status(), 200, "{}", asked.text());
        let (to, link, text) = mail.next();
        assert_eq!(to, "ada@acme.example");
        assert!(text.contains("Subject: Go on with your sign-up"), "{text}");
        let inside = browser.send(&link, "organization=Acme&password=correct+horse+battery");
        assert_eq!(inside.status(), 303, "{}", inside.text());
        assert_eq!(browser.open("/account").status(), 200);

        let mut another = Browser::new(&server);
        let asked = another.send("/forgot", "email=ADA%40acme.example");
        assert_eq!(asked.status(), 200);
        let (_, link, _) = mail.next();
        let inside = another.send(&link, "password=another+horse+battery");
        assert_eq!(inside.status(), 303, "{}", inside.text());
        assert_eq!(browser.open("/account").status(), 303, "signed out by it");

        // Mail tells, the page doesn't.
        let asked = Browser::new(&server).send("/sign-up", "email=ada%40acme.example");
        assert!(asked.text().contains("Look into your mail"));
        let (_, link, text) = mail.next();
        assert!(text.contains("You have an account already"), "{text}");
        assert_eq!(link, "/sign-in");
        server.stop();
    }
}

#[test]
fn a_mail_server_that_nobody_vouches_for_gets_no_mail_and_no_password() {
    let Some(mail) = MailServer::start("starttls") else {
        return;
    };
    let folder = Folder::new();
    let mut settings = mail.settings("starttls");
    settings.retain(|setting| !setting.starts_with("--mail-ca-file"));
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let server = folder.serve_with(&settings);
    let asked = Browser::new(&server).send("/sign-up", "email=ada%40acme.example");
    assert_eq!(asked.status(), 200);
    until("the failure in the log", || {
        server.said().contains("a mail wasn't sent").then_some(())
    });
    let said = server.said();
    assert!(
        !said.contains("ada@acme.example") && !said.contains("sesame"),
        "{said}"
    );
    server.stop();
}

#[test]
fn what_is_wrong_with_the_settings_is_told_at_the_start() {
    let folder = Folder::new();
    let serve = |settings: &[&str]| {
        let args = [&["serve", "--listen", "127.0.0.1:0"], settings].concat();
        folder.run(&args).refused(2)
    };
    let said = serve(&["--mail-host=smtp.example.com"]);
    assert!(said.contains("mail-from"), "{said}");
    let said = serve(&[
        "--mail-host=smtp.example.com",
        "--mail-from=usage@example.com",
        "--mail-user=usage",
        "--mail-tls=never",
    ]);
    assert!(said.contains("readable"), "{said}");
    let file = folder.beside("usage.toml");
    std::fs::write(&file, "[mail]\nhost = \"smtp.example.com\"\nform = \"x\"\n").unwrap();
    let said = serve(&["--config", file.to_str().unwrap()]);
    assert!(said.contains("line 3") && said.contains("form"), "{said}");
}
