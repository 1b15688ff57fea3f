//! Letters to a mail server, by SMTP. On the thread that mails, so it may block; a server that doesn't answer
//! is given up after a while.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Address, Message, SmtpTransport, Transport};

use super::{Carrier, Letter};
use crate::config::{MailConfig, MailTls};

/// For each step of a conversation with the mail server.
const PATIENCE: Duration = Duration::from_secs(30);
/// Mail servers are busy, or ask to come again: tries, and between two.
const TRIES: u32 = 3;
const BETWEEN: Duration = Duration::from_secs(5);

/// A mail server.
pub(crate) struct Smtp {
    transport: SmtpTransport,
    from: Address,
}

impl Smtp {
    /// Nothing is connected before the first letter.
    pub(crate) fn new(config: &MailConfig) -> Result<Smtp, String> {
        let tls = match config.tls {
            MailTls::Never => Tls::None,
            MailTls::Starttls => Tls::Required(parameters(config)?),
            MailTls::Always => Tls::Wrapper(parameters(config)?),
        };
        let builder = SmtpTransport::builder_dangerous(&config.host)
            .port(config.port)
            .tls(tls)
            .timeout(Some(PATIENCE));
        let builder = match config.credentials.clone() {
            Some((user, password)) => builder.credentials(Credentials::new(user, password)),
            None => builder,
        };
        let from = config.from.parse();
        Ok(Smtp {
            transport: builder.build(),
            from: from.map_err(|e| format!("mail-from: {e}"))?,
        })
    }
}

fn parameters(config: &MailConfig) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(config.host.clone());
    parameters = parameters.certificate_store(match config.authorities {
        None => CertificateStore::WebpkiRoots,
        Some(_) => CertificateStore::None,
    });
    if let Some(pem) = &config.authorities {
        let authority = Certificate::from_pem(pem).map_err(|e| format!("mail-ca-file: {e}"))?;
        parameters = parameters.add_root_certificate(authority);
    }
    parameters.build_rustls().map_err(|e| e.to_string())
}

/// As it travels. An address that could end a header is none.
fn message(from: &Address, letter: &Letter) -> Result<Message, String> {
    // Its message would name the address.
    let to: Address = letter.to.parse().map_err(|_| "no mail address")?;
    Message::builder()
        .from(from.clone().into())
        .to(to.into())
        .subject(letter.subject)
        // No out-of-office replies.
        .raw_header(lettre::message::header::HeaderValue::new(
            lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .header(ContentType::TEXT_PLAIN)
        .body(letter.text.clone())
        .map_err(|e| e.to_string())
}

impl Carrier for Smtp {
    fn carry(&self, letter: &Letter) -> Result<(), String> {
        let message = message(&self.from, letter)?;
        let mut tried = 1;
        loop {
            match self.transport.send(&message) {
                Ok(_) => return Ok(()),
                Err(e) if tried < TRIES && !e.is_permanent() => {
                    tried += 1;
                    std::thread::park_timeout(BETWEEN);
                }
                Err(e) => return Err(e.to_string()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(to: &str, text: &str) -> Letter {
        Letter {
            to: to.to_owned(),
            subject: "You are invited",
            text: text.to_owned(),
        }
    }

    /// Names of the headers of an encoded message.
    fn headers(message: &Message) -> Vec<String> {
        let text = String::from_utf8(message.formatted()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let lines = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']));
        let names = lines.map(|line| line.split(':').next().unwrap().to_lowercase());
        names.collect()
    }

    #[test]
    fn what_people_chose_makes_no_header() {
        let from = "usage@example.com".parse().unwrap();
        let plain = message(&from, &letter("ada@example.com", "hello")).unwrap();
        let usual = headers(&plain);
        assert!(usual.contains(&"to".to_owned()) && !usual.contains(&"bcc".to_owned()));
        for hostile in [
            "Acme\r\nBcc: eve@example.com\r\n\r\n",
            "\nBcc: eve@example.com",
            "\r\n.\r\nMAIL FROM:<eve@example.com>",
        ] {
            let sent = message(&from, &letter("ada@example.com", hostile)).unwrap();
            let names = headers(&sent);
            assert_eq!(names.iter().filter(|name| *name == "to").count(), 1);
            assert!(!names.contains(&"bcc".to_owned()), "{names:?}");
        }
        for hostile in [
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com, eve@example.com",
            "ada@example.com>\r\nRCPT TO:<eve@example.com",
            "Ada <ada@example.com>",
            "ada@exam ple.com",
            "\"a\r\nb\"@example.com",
        ] {
            assert!(
                message(&from, &letter(hostile, "hello")).is_err(),
                "{hostile}"
            );
        }
    }
}
