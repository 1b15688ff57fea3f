//! `/organizations/{id}/delete`: its owners take back what was reported, of a server, of a cluster, or
//! everything: first the page says what will go, then it goes, and a page tells how far that is.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use usage_store::Day;
use usage_store::erasure::{About, ErasureRequest, OwnErasure, Toll, Whose};
use usage_store::query::{ProductId, ServerId, ServerPlace};

use super::super::figures::{Count, Moment};
use super::super::layout::{Layout, Part};
use super::super::{Failure, ask as ask_store, render};
use super::{go_to, home};
use crate::account::{Member, Secret};
use crate::app::App;

/// By when what was asked for is gone, as the pages promise. It takes seconds, or minutes after very
/// many reports; a server that is down or has no disk goes on when it can.
pub(super) const PROMISED_HOURS: i64 = 24;

/// Earlier deletions that the page lists.
const ERASURES_SHOWN: u32 = 10;

#[derive(Template)]
#[template(path = "organization/delete.html")]
struct Delete {
    page: Layout,
    home: String,
    csrf: String,
    name: String,
    subject: Subject,
    what: What,
    toll: TollView,
    problem: Option<&'static str>,
    erasures: Vec<ErasureRow>,
}

/// What is to be deleted, as the address and the form name it; neither a server nor a cluster is
/// everything.
#[derive(Deserialize, Default, Clone)]
pub(super) struct Subject {
    server: Option<u32>,
    product: Option<i64>,
    cluster: Option<String>,
}

/// The same as it is known.
enum What {
    Everything,
    Cluster {
        product: String,
        cluster_id: String,
    },
    Server {
        product: String,
        cluster_id: String,
        server_id: Option<String>,
    },
}

/// What will go, in words and numbers.
pub(super) struct TollView {
    pub(super) servers: Count,
    pub(super) reports: Count,
    pub(super) cut: Count,
    pub(super) days: Option<(Day, Day)>,
    pub(super) more: bool,
}

impl From<Toll> for TollView {
    fn from(toll: Toll) -> TollView {
        TollView {
            servers: Count(toll.servers),
            reports: Count(toll.reports),
            cut: Count(toll.cut),
            days: toll.days,
            more: toll.more,
        }
    }
}

struct ErasureRow {
    id: i64,
    about: String,
    requested_at: Moment,
    done: Option<(Moment, Count)>,
}

impl ErasureRow {
    fn new(erasure: OwnErasure, now: Timestamp) -> ErasureRow {
        let about = match erasure.about {
            // What was deleted must not live on in the record of its deletion.
            None => "deleted".to_owned(),
            Some(About::Everything) => "everything".to_owned(),
            Some(About::Cluster {
                product,
                cluster_id,
                server_id,
            }) => match server_id.filter(|id| !id.is_empty()) {
                Some(id) => format!("server {id} of {cluster_id}, {product}"),
                None => format!("{cluster_id}, {product}"),
            },
        };
        let reports = Count(erasure.status.reports);
        let done = erasure.status.done_at;
        ErasureRow {
            id: erasure.id,
            about,
            requested_at: Moment::new(erasure.status.requested_at, now),
            done: done.map(|at| (Moment::new(at, now), reports)),
        }
    }
}

impl Subject {
    /// Looks it up among the organization's own.
    fn what(&self, app: &App, member: &Member) -> Result<What, Failure> {
        let of = member.organization.id;
        if let Some(id) = self.server {
            let known = app.store.fleet_server(of, ServerId(id))?;
            let known = known.ok_or(Failure::NotFound)?.summary;
            return Ok(What::Server {
                product: known.product_name,
                cluster_id: known.cluster_id,
                server_id: known.server_id,
            });
        }
        let (product, cluster_id) = match (self.product, self.cluster.clone()) {
            (None, None) => return Ok(What::Everything),
            (Some(product), Some(cluster_id)) => (ProductId(product), cluster_id),
            _ => return Err(Failure::NotFound),
        };
        let place = ServerPlace {
            product,
            cluster_id,
            id: ServerId(0),
        };
        let servers = app.store.fleet_cluster(of, &place, 1)?.servers;
        let known = servers.into_iter().next().ok_or(Failure::NotFound)?;
        Ok(What::Cluster {
            product: known.product_name,
            cluster_id: known.cluster_id,
        })
    }
}

impl What {
    /// `None` for everything.
    fn request(&self, member: &Member) -> Option<ErasureRequest> {
        let (product, cluster_id, server_id) = match self {
            What::Everything => return None,
            What::Cluster {
                product,
                cluster_id,
            } => (product, cluster_id, None),
            What::Server {
                product,
                cluster_id,
                server_id,
            } => {
                // A blank one is the server of a cluster that names none.
                let server_id = server_id.clone().unwrap_or_default();
                (product, cluster_id, Some(server_id))
            }
        };
        Some(ErasureRequest {
            product: product.clone(),
            cluster_id: cluster_id.clone(),
            server_id,
            whose: Whose::Organizations(member.organization.id),
            actor: member.person.account.email.clone(),
        })
    }
}

/// `GET /organizations/{id}/delete`: what will go.
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    member: Member,
    Query(subject): Query<Subject>,
) -> Result<Html<String>, Failure> {
    member.must_own()?;
    page(&app, member, subject, None).await
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Entered {
    #[serde(default)]
    csrf: String,
    server: Option<u32>,
    product: Option<i64>,
    cluster: Option<String>,
    /// The ticked box of a server or a cluster.
    sure: Option<String>,
    /// The organization's name, typed, where everything is to go.
    #[serde(default)]
    name: String,
}

/// `POST /organizations/{id}/delete`
pub(super) async fn erase(
    State(app): State<Arc<App>>,
    member: Member,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    member.check(&entered.csrf)?;
    member.must_own()?;
    let subject = Subject {
        server: entered.server,
        product: entered.product,
        cluster: entered.cluster,
    };
    let everything = subject.server.is_none() && subject.product.is_none();
    let problem = match everything {
        true if !is_name(&entered.name, &member) => Some(TYPE_THE_NAME),
        false if entered.sure.is_none() => Some("Tick the box if you are sure."),
        _ => None,
    };
    if problem.is_some() {
        let page = page(&app, member, subject, problem).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let asked = ask_store(&app, move |app| {
        let request = subject.what(app, &member)?.request(&member);
        let (of, by) = (member.organization.id, &member.person.account.email);
        let (code, now) = (Secret::random()?.text(), Timestamp::now());
        let store = &app.store;
        let id = store.request_own_erasure(of, request.as_ref(), by, &code, now)?;
        Ok(go_to(app, &member, &format!("/delete/{id}")))
    });
    Ok(asked.await?.into_response())
}

/// What to do where the name doesn't match.
pub(super) const TYPE_THE_NAME: &str = "Type the organization’s name as it stands above.";

/// Whether the organization's name was typed, give or take blanks and capitals.
pub(super) fn is_name(typed: &str, member: &Member) -> bool {
    typed.trim().to_lowercase() == member.organization.name.to_lowercase()
}

async fn page(
    app: &Arc<App>,
    member: Member,
    subject: Subject,
    problem: Option<&'static str>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let page = ask_store(app, move |app| {
        let of = member.organization.id;
        let what = subject.what(app, &member)?;
        let toll = app.store.toll(of, what.request(&member).as_ref())?;
        let erasures = app.store.own_erasures(of, ERASURES_SHOWN)?;
        Ok(Delete {
            page: Layout::of_organization(app, &member, Part::Overview, now)?,
            home: home(app, &member),
            csrf: member.person.csrf,
            name: member.organization.name,
            subject,
            what,
            toll: toll.into(),
            problem,
            erasures: erasures
                .into_iter()
                .map(|erasure| ErasureRow::new(erasure, now))
                .collect(),
        })
    });
    render(&page.await?)
}

#[derive(Template)]
#[template(path = "organization/deletion.html")]
struct Deletion {
    page: Layout,
    home: String,
    erasure: ErasureRow,
    promised: Moment,
}

/// `GET /organizations/{id}/delete/{erasure}`: how far a deletion is.
pub(super) async fn status(
    State(app): State<Arc<App>>,
    member: Member,
    Path((_, erasure)): Path<(i64, i64)>,
) -> Result<Html<String>, Failure> {
    member.must_own()?;
    let now = Timestamp::now();
    let page = ask_store(&app, move |app| {
        let known = app.store.own_erasure(member.organization.id, erasure)?;
        let known = known.ok_or(Failure::NotFound)?;
        let within = SignedDuration::from_hours(PROMISED_HOURS);
        let promised = known.status.requested_at.saturating_add(within);
        Ok(Deletion {
            page: Layout::of_organization(app, &member, Part::Overview, now)?,
            home: home(app, &member),
            promised: Moment::new(promised.unwrap_or(Timestamp::MAX), now),
            erasure: ErasureRow::new(known, now),
        })
    });
    render(&page.await?)
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::{ACME_OWNER, House};
    use super::*;

    fn fill(house: &House) {
        for (organization, cluster, server) in [
            ("Acme", "mine", "s1"),
            ("Acme", "mine", "s2"),
            ("Acme", "other", "s1"),
            ("Umbrella", "mine", "s1"),
        ] {
            let body = format!(
                r#"[{{"tags":{{"version":"{organization}"}},"values":{{"cluster_id":"{cluster}","server_id":"{server}"}}}}]"#
            );
            house.append_for(organization, Kind::Usage, "influxdb", &body);
        }
    }

    fn left(house: &House) -> usize {
        house.app.store.reports_from(0).unwrap().len()
    }

    /// Sends a page's form, has the work done, and returns the pages that told of it.
    async fn delete(house: &House, path: &str, fields: &[(&str, &str)]) -> (String, String) {
        let page = house.get(path).await;
        let mut all = vec![];
        for hidden in ["server", "product", "cluster"] {
            if page.text.contains(&format!("name=\"{hidden}\"")) {
                all.push((hidden, page.field(hidden)));
            }
        }
        let mut filled = page.filled(fields);
        filled.extend(
            all.into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        let asked = house.post_form(&page.action(), &filled).await;
        assert_eq!(asked.status, 303, "{}", asked.text);
        let status = asked.header("location");
        let pending = house.get(&status).await;
        while house.app.store.erase_next(Timestamp::now()).unwrap() {}
        let done = house.get(&status).await;
        (pending.text, done.text)
    }

    #[tokio::test]
    async fn a_server_a_cluster_and_everything_go_when_their_owner_says_so() {
        let house = House::with_customers();
        fill(&house);
        let home = house.path_of("Acme");
        let servers = house.get(&format!("{home}/servers")).await;
        let server = house.get(&servers.link_with("/servers/")).await;
        let path = server.link_with("/delete?server=");
        let page = house.get(&path).await;
        assert!(page.text.contains("1 report, of <time") && page.text.contains("within 24 hours"));
        assert!(
            page.text
                .contains("server <span class=\"ids\">s1</span> of cluster")
        );
        let unsure = house
            .post_form(&page.action(), &page.filled(&[("server", "1")]))
            .await;
        assert_eq!(unsure.status, 422);
        assert!(unsure.text.contains("Tick the box") && left(&house) == 4);
        let (pending, done) = delete(&house, &path, &[("sure", "on")]).await;
        assert!(pending.contains("Being deleted") && pending.contains("server s1 of mine"));
        assert!(done.contains("It is gone") && done.contains("1 report was deleted"));
        assert_eq!(left(&house), 3);

        let clusters = house.get(&format!("{home}/clusters")).await;
        let path = clusters.link_with("/delete?product=");
        let page = house.get(&path).await;
        assert!(
            page.text
                .contains("cluster <span class=\"ids\">mine</span> of influxdb")
        );
        delete(&house, &path, &[("sure", "on")]).await;
        assert_eq!(left(&house), 2, "Umbrella's cluster of that name stays");

        let path = format!("{home}/delete");
        let page = house.get(&path).await;
        assert!(page.text.contains("1 report,") && page.text.contains("Deletions so far"));
        for typed in ["", "Umbrella", "on"] {
            let entered = page.filled(&[("name", typed), ("sure", "on")]);
            let answer = house.post_form(&path, &entered).await;
            assert_eq!(answer.status, 422, "{typed}");
            assert!(answer.text.contains("name as it stands above"));
        }
        assert_eq!(left(&house), 2);
        let (pending, done) = delete(&house, &path, &[("name", " acme")]).await;
        assert!(pending.contains("everything") && done.contains("It is gone"));
        assert_eq!(left(&house), 1);
        let overview = house.get(&home).await;
        assert!(overview.text.contains("No reports yet"));
        let log = house.get(&format!("{home}/log")).await;
        assert!(
            log.text.contains("request erasure of everything") && log.text.contains(ACME_OWNER)
        );
        assert!(log.text.contains("erasure done"));
        house.enter_as(super::super::super::testing::UMBRELLA_OWNER);
        let theirs = house
            .get(&format!("{}/servers", house.path_of("Umbrella")))
            .await;
        assert!(theirs.text.contains("mine"));
    }

    #[tokio::test]
    async fn what_is_not_ones_own_or_half_named_is_not_found() {
        let house = House::with_customers();
        fill(&house);
        let home = house.path_of("Acme");
        let form = house.get(&format!("{home}/delete")).await;
        let theirs = house
            .app
            .store
            .fleet_servers(house.organization("Umbrella"), "", None, 1);
        let theirs = theirs.unwrap().servers[0].id.0.to_string();
        for fields in [
            vec![("server", theirs.as_str())],
            vec![("product", "1")],
            vec![("cluster", "mine")],
            vec![("product", "1"), ("cluster", "nobodys")],
            vec![("product", "99"), ("cluster", "mine")],
        ] {
            let query: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let path = format!("{home}/delete?{}", query.join("&"));
            assert_eq!(house.get(&path).await.status, 404, "{path}");
            let mut entered = form.filled(&fields);
            entered.extend([("sure", "on"), ("name", "Acme")].map(|(k, v)| (k.into(), v.into())));
            let answer = house.post_form(&format!("{home}/delete"), &entered).await;
            assert_eq!(answer.status, 404, "{fields:?}");
        }
        assert!(
            house
                .app
                .store
                .own_erasures(house.organization("Acme"), 9)
                .unwrap()
                .is_empty()
        );
    }
}
