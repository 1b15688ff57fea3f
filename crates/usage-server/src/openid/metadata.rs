//! What a provider says of itself (OpenID Connect Discovery 1.0).

use serde::Deserialize;

use super::address;

/// Where its doors are.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    pub(super) userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// Where it says so.
pub(super) fn address_of(issuer: &str) -> String {
    let issuer = issuer.trim_end_matches('/');
    format!("{issuer}/.well-known/openid-configuration")
}

impl Metadata {
    /// What is wrong with it.
    pub(super) fn check(&self, issuer: &str) -> Result<(), String> {
        if self.issuer != issuer {
            // Quoted, so that nothing in it changes the log's lines.
            return Err(format!(
                "the provider calls itself {:?}; set openid-issuer to exactly that, if it is the right one",
                self.issuer.chars().take(200).collect::<String>()
            ));
        }
        let here = address::is_loopback(issuer);
        let doors = [
            ("authorization_endpoint", Some(&self.authorization_endpoint)),
            ("token_endpoint", Some(&self.token_endpoint)),
            ("jwks_uri", Some(&self.jwks_uri)),
            ("userinfo_endpoint", self.userinfo_endpoint.as_ref()),
        ];
        for (name, url) in doors {
            let Some(url) = url else { continue };
            let fine = address::host(url).is_some() && !url.contains('#');
            if !fine || !(here || url.starts_with("https://")) {
                return Err(format!("the provider's {name} is no https address"));
            }
        }
        Ok(())
    }

    /// Whether our secret goes into the form and not into a header.
    pub(super) fn wants_secret_in_form(&self) -> bool {
        let known = &self.token_endpoint_auth_methods_supported;
        let has = |method: &str| known.iter().any(|known| known == method);
        has("client_secret_post") && !has("client_secret_basic")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(change: impl FnOnce(&mut serde_json::Value)) -> Metadata {
        let mut value = json!({
            "issuer": "https://id.example",
            "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://api.id.example/token",
            "jwks_uri": "https://id.example/keys",
            "userinfo_endpoint": "https://id.example/me",
        });
        change(&mut value);
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_provider_is_who_was_configured_and_all_its_doors_are_safe() {
        let ours = "https://id.example";
        metadata(|_| ()).check(ours).unwrap();
        let other = metadata(|it| it["issuer"] = json!("https://id.example/")).check(ours);
        assert!(other.unwrap_err().contains("calls itself"));
        for door in [
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "userinfo_endpoint",
        ] {
            for url in [
                "http://id.example/a",
                "http://127.0.0.1/a",
                "javascript:alert(1)",
                "https://a/#b",
            ] {
                let wrong = metadata(|it| it[door] = json!(url)).check(ours);
                assert!(wrong.unwrap_err().contains(door), "{door} {url}");
            }
        }
        let here = "http://127.0.0.1:9400";
        let with_http = |it: &mut serde_json::Value| {
            it["issuer"] = json!(here);
            it["jwks_uri"] = json!("http://127.0.0.1:9400/keys");
        };
        metadata(with_http).check(here).unwrap();
    }

    #[test]
    fn the_secret_goes_where_the_provider_reads_it() {
        let with = |methods: serde_json::Value| {
            metadata(|it| it["token_endpoint_auth_methods_supported"] = methods)
                .wants_secret_in_form()
        };
        assert!(with(json!(["client_secret_post", "private_key_jwt"])));
        assert!(!with(json!(["client_secret_post", "client_secret_basic"])));
        assert!(!with(json!([])) && !metadata(|_| ()).wants_secret_in_form());
    }

    #[test]
    fn a_provider_below_a_path_says_so_there() {
        for issuer in ["https://id.example/a", "https://id.example/a/"] {
            assert_eq!(
                address_of(issuer),
                "https://id.example/a/.well-known/openid-configuration"
            );
        }
    }
}
