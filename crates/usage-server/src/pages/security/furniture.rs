//! A house in which everything that a program or a person may say is one text: what reports and refused ones say,
//! what things are called and noted, and by whom.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use usage_store::quarantine::Refused;
use usage_store::registry::{Advisory, InvitedTo, NewApiKey, NewToken, Role, Scope, Severity};
use usage_store::report::Kind;
use usage_store::webhook::{Event, NewWebhook};
use usage_store::{Sender, Thing};

use super::super::testing::House;

/// So many servers that a page for anybody shows their version.
const SERVERS_SHOWN: usize = 25;

impl House {
    /// Says a text wherever something can be said, for an organization and as operators do.
    pub(super) fn furnish(&self, of: &str, text: &str) {
        self.report(of, text);
        let (store, now) = (&self.app.store, Timestamp::now());
        let organization = self.organization(of);
        let token = NewToken {
            secret: text.as_bytes(),
            drawn_here: true,
            organization,
            name: text,
            product: Some(text),
            cluster: Some(text),
            may_forget: true,
            by: text,
        };
        store.add_token(&token, now).unwrap();
        let later = now + SignedDuration::from_hours(1);
        for (n, to) in [
            InvitedTo::Organization(organization, Role::Member),
            InvitedTo::Operators,
        ]
        .into_iter()
        .enumerate()
        {
            let secret = format!("{n} {text}");
            let invited = store.invite(secret.as_bytes(), to, text, now, later);
            invited.unwrap();
        }
        let code = format!("code {text}");
        let erased = store.request_own_erasure(organization, None, text, &code, now);
        erased.unwrap();
        let key = NewApiKey {
            secret: text.as_bytes(),
            name: text,
            scopes: [Scope::Read].into_iter().collect(),
            expires_at: None,
            by: text,
        };
        store.add_api_key(&key, now).unwrap();
        let hook = NewWebhook {
            name: text,
            url: text,
            secret: text.as_bytes(),
            events: Event::ALL.into_iter().collect(),
            by: text,
        };
        store.add_webhook(&hook, now).unwrap();
        self.settings(text);
    }

    /// What operators say of a product.
    fn settings(&self, text: &str) {
        let (store, now) = (&self.app.store, Timestamp::now());
        store.add_redirect_host(text, text, text, now).unwrap();
        store
            .set_latest_version(text, Some(text), text, now)
            .unwrap();
        let advisory = Advisory {
            id: "A-1".to_owned(),
            severity: Severity::ALL[0],
            title: text.to_owned(),
            affected: "< 2".to_owned(),
            link: String::new(),
        };
        // Of a text that can be none, none is made.
        let _ = store.save_advisory(text, &advisory, text, now);
        for thing in Thing::ALL {
            store.allow(text, &[(thing, text)], text, now).unwrap();
            let note = |note: &mut usage_store::registry::Note| {
                text.clone_into(&mut note.description);
                text.clone_into(&mut note.unit);
                text.clone_into(&mut note.owner);
            };
            store
                .describe(text, (thing, text), note, text, now)
                .unwrap();
        }
    }

    /// Reports of all kinds, accepted and refused, now and some weeks ago.
    fn report(&self, of: &str, text: &str) {
        let now = Timestamp::now();
        let ids = json!({"cluster_id": text, "server_id": text});
        let mut values = ids.clone();
        values[text] = json!(-5);
        values[format!("{text} text")] = text.into();
        let usage = json!([{"tags": {text: text, "version": text, "os": text}, "values": values}]);
        let check_in = json!({
            "cluster_id": text, "server_id": text, "host": text, "product": text, "version": text,
        });
        let mut stats = ids;
        stats["stats"] = json!([{"name": text, "tags": {text: text}, "values": {text: -2.5}}]);
        for (kind, body) in [
            (Kind::Servers, check_in),
            (Kind::Usage, usage),
            (Kind::Stats, stats),
        ] {
            self.append(kind, text, &body.to_string());
            self.append_for(of, kind, text, &body.to_string());
        }
        let weeks_ago = now - SignedDuration::from_hours(24 * 21);
        for n in 0..SERVERS_SHOWN {
            let values = json!({"cluster_id": format!("c{n}")});
            let body = json!([{"tags": {"version": text, "os": text}, "values": values}]);
            let body = body.to_string();
            self.append_at(Sender::default(), Kind::Usage, text, &body, weeks_ago);
        }
        let errors = json!({text: [text]}).to_string();
        let body = json!({"cluster_id": text}).to_string();
        let refused = Refused {
            at: now,
            kind: Kind::Usage,
            product: Some(text.to_owned()),
            errors,
            body_bytes: body.len() as u64,
            body: body.into_bytes(),
        };
        self.app.store.quarantine(&[refused]).unwrap();
    }

    /// A product is shown to anybody.
    pub(super) async fn publish(&self, product: i64) {
        let at = format!("/products/{product}/public");
        let csrf = self.get(&at).await.field("csrf");
        let fields = [
            ("csrf", &*csrf),
            ("action", "show"),
            ("threshold", "10"),
            ("active", "1"),
            ("version", "1"),
            ("os", "1"),
            ("arch", "1"),
        ];
        let answer = self.post(&at, &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
    }
}
