//! What is accepted comes out of the export as it went in, whatever senders write: the body to the
//! byte but for white space between tokens, in order, with all that the request said around it.

use std::collections::HashSet;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

use super::*;
use crate::cli::{DataDir, ExportReports, Format};
use crate::import::{Attribution, Importer};

/// JSON as tokens: between any two there may be white space.
type Tokens = Vec<String>;

fn one(token: &str) -> Tokens {
    vec![token.to_owned()]
}

/// A string as a sender may write it: as it is, or with escapes that needn't be.
fn text() -> impl Strategy<Value = String> {
    let raw = any::<char>().prop_map(|char| match char {
        '"' | '\\' => format!("\\{char}"),
        '\0'..='\x1f' => format!("\\u{:04X}", u32::from(char)),
        char => char.to_string(),
    });
    let escaped = any::<char>().prop_map(|char| {
        let mut units = [0; 2];
        let units = char.encode_utf16(&mut units).iter();
        units.map(|unit| format!("\\u{unit:04x}")).collect()
    });
    let short = select(&["\\n", "\\/", "\\\"", "\\\\", " ", "  ", ",", ":", "}", "a"][..]);
    let part = prop_oneof![4 => raw, 1 => escaped, 2 => short.prop_map(str::to_owned)];
    vec(part, 0..12).prop_map(|parts| format!("\"{}\"", parts.concat()))
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        "-?(0|[1-9][0-9]{0,40})",
        "-?(0|[1-9][0-9]{0,9})\\.[0-9]{1,25}",
        "-?[1-9](\\.[0-9]{1,5})?[eE][+-]?[0-9]{1,2}",
    ]
}

fn value() -> impl Strategy<Value = Tokens> {
    let leaf = prop_oneof![
        2 => number().prop_map(|number| one(&number)),
        2 => text().prop_map(|text| one(&text)),
        1 => select(&["null", "true", "false"][..]).prop_map(one),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(array),
            object(inner, 0..4)
        ]
    })
}

fn array(items: Vec<Tokens>) -> Tokens {
    list("[", items, "]")
}

fn list(open: &str, items: Vec<Tokens>, close: &str) -> Tokens {
    let mut tokens = one(open);
    for (n, item) in items.into_iter().enumerate() {
        if n > 0 {
            tokens.push(",".to_owned());
        }
        tokens.extend(item);
    }
    tokens.push(close.to_owned());
    tokens
}

/// Keys may repeat.
fn object(
    value: impl Strategy<Value = Tokens>,
    entries: Range<usize>,
) -> impl Strategy<Value = Tokens> {
    let key = prop_oneof![3 => text(), 1 => select(&["\"os\"", "\"x\"", "\"version\""][..]).prop_map(str::to_owned)];
    let entry = (key, value).prop_map(|(key, value)| pair(&key, value));
    vec(entry, entries).prop_map(|entries| list("{", entries, "}"))
}

fn pair(key: &str, value: Tokens) -> Tokens {
    [one(key), one(":"), value].concat()
}

fn id() -> impl Strategy<Value = Tokens> {
    let text = text().prop_map(|text| format!("\"i{}", &text[1..]));
    prop_oneof![text, number()].prop_map(|id| one(&id))
}

fn element() -> impl Strategy<Value = Tokens> {
    let tag = text().prop_map(|text| one(&text));
    let tags = prop_oneof![1 => Just(one("null")), 3 => object(tag, 0..5)];
    let values = prop_oneof![1 => Just(one("null")), 3 => object(value(), 0..5)];
    let (cluster, extra) = (prop::option::of(id()), prop::option::of(value()));
    (tags, values, cluster, extra).prop_map(|(tags, values, cluster, extra)| {
        let mut fields = vec![pair("\"tags\"", tags)];
        fields.extend(extra.map(|extra| pair("\"extra\"", extra)));
        fields.push(pair("\"values\"", values));
        // Of repeated keys the last counts: these values stand for those above.
        fields.extend(cluster.map(|id| {
            pair(
                "\"values\"",
                list("{", vec![pair("\"cluster_id\"", id)], "}"),
            )
        }));
        list("{", fields, "}")
    })
}

fn body(kind: &'static str) -> BoxedStrategy<Tokens> {
    let named = |fields: &'static [&'static str], rest: BoxedStrategy<Tokens>| {
        (vec(id(), 2), vec(text(), fields.len()), rest).prop_map(|(ids, texts, rest)| {
            let mut all: Vec<Tokens> = std::iter::zip(["\"cluster_id\"", "\"server_id\""], ids)
                .map(|(key, id)| pair(key, id))
                .collect();
            for (field, text) in fields.iter().zip(texts) {
                all.push(pair(field, one(&format!("\"t{}", &text[1..]))));
            }
            all.push(rest);
            list("{", all, "}")
        })
    };
    match kind {
        "servers" => {
            let fields = &["\"host\"", "\"product\"", "\"version\""];
            named(
                fields,
                value().prop_map(|extra| pair("\"extra\"", extra)).boxed(),
            )
            .boxed()
        }
        "stats" => {
            let stats = vec(element(), 0..4).prop_map(|all| pair("\"stats\"", array(all)));
            named(&[], stats.boxed()).boxed()
        }
        _ => prop_oneof![1 => Just(one("null")), 9 => vec(element(), 0..4).prop_map(array)].boxed(),
    }
}

/// A request that has to be accepted.
#[derive(Debug, Clone)]
struct Sent {
    kind: &'static str,
    product: String,
    tokens: Tokens,
    spaces: Vec<&'static str>,
    encoding: &'static str,
    key: Option<[u8; 16]>,
    late: Option<i64>,
    with_token: bool,
}

fn sent() -> impl Strategy<Value = Sent> {
    let body = select(&["servers", "stats", "usage"][..])
        .prop_flat_map(|kind| body(kind).prop_map(move |tokens| (kind, tokens)));
    let product = "\\PC{1,20}".prop_filter("blank", |name| !name.trim().is_empty());
    let spaces = vec(select(&["", "", "", " ", "\n", "\t\r\n  "][..]), 1..9);
    let encoding = select(&["identity", "gzip", "zstd"][..]);
    let key = prop::option::of(any::<[u8; 16]>());
    let late = prop::option::of(0i64..6 * 86_400_000);
    (body, product, spaces, encoding, key, late, any::<bool>()).prop_map(
        |((kind, tokens), product, spaces, encoding, key, late, with_token)| Sent {
            kind,
            product,
            tokens,
            spaces,
            encoding,
            key,
            late,
            with_token,
        },
    )
}

impl Sent {
    fn body(&self) -> Vec<u8> {
        let spaces = self.spaces.iter().cycle();
        let spaced = self.tokens.iter().zip(spaces);
        spaced
            .flat_map(|(token, space)| [space.as_bytes(), token.as_bytes()].concat())
            .collect()
    }

    fn packed(&self) -> Vec<u8> {
        match self.encoding {
            "gzip" => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(&self.body()).unwrap();
                encoder.finish().unwrap()
            }
            "zstd" => zstd::encode_all(&self.body()[..], 1).unwrap(),
            _ => self.body(),
        }
    }

    fn key(&self) -> Option<String> {
        let hex = data_encoding::HEXLOWER.encode(&self.key?);
        let (a, b, c, d, e) = (
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        );
        Some(format!("{a}-{b}-{c}-{d}-{e}"))
    }

    async fn post(&self, house: &House) {
        let product: String = self
            .product
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect();
        let path = match self.kind {
            "servers" => "/api/v1/servers".to_owned(),
            kind => format!("/api/v1/{kind}/{product}"),
        };
        let sent_at = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
        let date = sent_at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let mut headers = vec![
            ("Content-Encoding", self.encoding.to_owned()),
            ("Date", date),
        ];
        headers.extend(self.key().map(|key| ("Idempotency-Key", key)));
        let at = |late| (sent_at - SignedDuration::from_millis(late)).to_string();
        headers.extend(self.late.map(|late| ("X-Reported-At", at(late))));
        if self.with_token {
            headers.push(("X-Authorization", "t".to_owned()));
        }
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let answer = house.post(&path, &headers, self.packed()).await;
        answer.must_be(if self.kind == "servers" { 201 } else { 200 });
    }

    /// Compares with a line of the export.
    fn came_out(&self, line: &str) {
        #[derive(serde::Deserialize)]
        struct Line<'a> {
            kind: &'a str,
            product: String,
            organization: Option<&'a str>,
            received_at: Timestamp,
            reported_at: Option<Timestamp>,
            idempotency_key: Option<&'a str>,
            #[serde(borrow)]
            body: &'a serde_json::value::RawValue,
        }
        let line: Line<'_> = serde_json::from_str(line).unwrap();
        let body = self.tokens.concat();
        assert_eq!((line.kind, line.body.get()), (self.kind, body.as_str()));
        let product = match self.kind {
            "servers" => serde_json::from_str::<Value>(&body).unwrap()["product"]
                .as_str()
                .unwrap()
                .to_owned(),
            _ => self.product.clone(),
        };
        assert_eq!(line.product, product);
        assert_eq!(line.organization, self.with_token.then_some("Example"));
        assert_eq!(line.idempotency_key, self.key().as_deref());
        let late = line
            .reported_at
            .map(|at| line.received_at.duration_since(at).as_millis());
        assert_eq!(late, self.late.map(i128::from));
    }
}

fn export(folder: &std::path::Path) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    let options = ExportReports {
        data: DataDir {
            data_dir: folder.to_owned(),
        },
        format: Format::Jsonl,
        output: Some(file.path().to_owned()),
        kind: None,
        product: None,
        organization: None,
        organization_id: None,
        from: None,
        to: None,
        resume: false,
    };
    crate::command::export_reports(&options).unwrap();
    std::fs::read_to_string(file.path()).unwrap()
}

proptest! {
    // A server for each.
    #![proptest_config(Config { cases: 24, max_shrink_iters: 200, ..Config::default() })]
    #[test]
    fn what_is_accepted_comes_out_as_it_went_in(all in vec(sent(), 1..20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (exported, stored) = runtime.block_on(async {
            let house = House::new().await;
            house.token("t", None, None);
            for one in &all {
                one.post(&house).await;
            }
            (export(house._folder.path()), house.stored())
        });
        prop_assert_eq!(stored.len(), all.len());
        for (stored, sent) in stored.iter().zip(&all) {
            prop_assert_eq!(&stored.body, &sent.body(), "to the byte");
        }
        prop_assert_eq!(exported.lines().count(), all.len());
        for (line, sent) in exported.lines().zip(&all) {
            sent.came_out(line);
        }

        // And so it does out of another server, into which that was imported.
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path(), Writing::Alone).unwrap());
        let by = Attribution::AsWritten;
        let mut importer = Importer::new(store, by, "test".to_owned(), Timestamp::now());
        importer.take(exported.as_bytes()).unwrap();
        importer.end_of_file().unwrap();
        prop_assert_eq!(importer.refusals(), Vec::new());
        // Alike to the millisecond, two are one.
        let mut seen = HashSet::new();
        let lines: Vec<&str> = exported.lines().filter(|line| seen.insert(*line)).collect();
        let there = export(folder.path());
        prop_assert_eq!(there.lines().collect::<Vec<_>>(), lines);
    }
}
