//! `send` and `preview`: one report, from flags or standard input.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};
use usage_client::{Advisory, Client, Saveable, Server, Stats, Usage, UsageData};

use crate::arguments::{Common, Ids, ReportArguments};
use crate::said::{Failure, Said};
use crate::{input, install};

pub(crate) fn send(common: &Common, report: &ReportArguments) -> Result<Said, Failure> {
    install::check_consent(common, report.ids())?;
    let reply = client(common)?.save(&report.to_report()?)?;
    let mut text = match reply.latest_version() {
        Some(version) => format!("accepted; version {version} is out"),
        None => "accepted".to_owned(),
    };
    for advisory in reply.advisories() {
        text += &format!("\n{advisory}");
    }
    let advisories = reply.advisories().iter();
    let json = json!({
        "status": reply.status(),
        "latest_version": reply.latest_version(),
        "next_report_in": reply.next_report_in().map(|wait| wait.as_secs()),
        "advisories": advisories.map(advisory).collect::<Vec<_>>(),
    });
    Ok(Said::new(text, json))
}

fn advisory(one: &Advisory) -> Json {
    json!({
        "id": one.id,
        "severity": one.severity.name(),
        "title": one.title,
        "affected": one.affected,
        "link": one.link,
    })
}

/// The token is the one thing that isn't shown.
pub(crate) fn preview(common: &Common, report: &ReportArguments) -> Result<Said, Failure> {
    let request = client(common)?.preview(&report.to_report()?)?;
    let (scheme, authority) = (request.scheme(), request.authority());
    let url = format!("{scheme}://{authority}{}", request.target());
    let body = String::from_utf8_lossy(request.body()).into_owned();
    let (mut text, mut headers) = (format!("POST {url}\n"), Map::new());
    for (name, value) in request.headers() {
        let secret = matches!(*name, "X-Authorization" | "Authorization");
        let shown = String::from_utf8_lossy(if secret { b"***" } else { value });
        text += &format!("{name}: {shown}\n");
        headers.insert((*name).to_owned(), shown.into());
    }
    let json = json!({ "method": "POST", "url": url, "headers": headers, "body": body });
    Ok(Said::new(format!("{text}\n{body}"), json))
}

fn client(common: &Common) -> Result<Client, Failure> {
    let client = Client::new(install::token(common)?).with_timeout(common.timeout);
    Ok(match &common.url {
        Some(url) => client.with_url(url),
        None => client,
    })
}

impl ReportArguments {
    fn ids(&self) -> &Ids {
        match self {
            Self::Server { ids, .. } | Self::Stats { ids, .. } | Self::Usage { ids, .. } => ids,
        }
    }

    fn to_report(&self) -> Result<Report, Failure> {
        let Ids {
            product,
            cluster_id,
            server_id,
        } = self.ids();
        Ok(match self {
            Self::Server { host, version, .. } => Report::Server(
                Server::new(product, version)
                    .cluster_id(cluster_id)
                    .server_id(server_id)
                    .host(host),
            ),
            Self::Stats { name, data, .. } => {
                let points = match name {
                    Some(name) => vec![input::flags(name, data)],
                    None => input::standard_input()?,
                };
                let mut stats = Stats::new(product)
                    .cluster_id(cluster_id)
                    .server_id(server_id);
                stats.extend(points);
                Report::Stats(stats)
            }
            Self::Usage { data, .. } => {
                let points = if data.values.is_empty() {
                    input::standard_input()?
                } else {
                    vec![input::flags("", data)]
                };
                let mut usage = Usage::new(product);
                usage.extend(points.into_iter().map(|point| {
                    let values = point.values.unwrap_or_default();
                    let values = values
                        .with("cluster_id", cluster_id.as_str())
                        .with("server_id", server_id.as_str());
                    let observation = UsageData::new().values(values);
                    observation.tags(point.tags.unwrap_or_default())
                }));
                Report::Usage(usage)
            }
        })
    }
}

/// One of the three.
enum Report {
    Server(Server),
    Stats(Stats),
    Usage(Usage),
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Server(report) => report.serialize(serializer),
            Self::Stats(report) => report.serialize(serializer),
            Self::Usage(report) => report.serialize(serializer),
        }
    }
}

impl Saveable for Report {
    fn path(&self) -> Cow<'_, str> {
        match self {
            Self::Server(report) => report.path(),
            Self::Stats(report) => report.path(),
            Self::Usage(report) => report.path(),
        }
    }
}
